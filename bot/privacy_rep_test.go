package bot

import (
	"fmt"
	"strings"
	"testing"

	"stepin/bot/sandbox"
)

// TestTheRepReadsNothingOfTheWeighing: whatever a manager weighs between the rep's word and a decision, the rep reads
// the same as if it had not been weighed, in as many messages.
func TestTheRepReadsNothingOfTheWeighing(t *testing.T) {
	wish := "sam presses I've changed my mind; sam submits; sam picks Step in? = Take over; sam submits; sam closes"
	weighings := map[string]string{
		"a verdict that is read":            "sam presses I've changed my mind; sam submits; sam picks Step in? = Take over; sam closes",
		"an approval that is waited for":    wish,
		"a take-over that was declined":     wish + "; priya goes to stepin; priya presses Decline; priya closes",
		"a take-over, and coaching instead": wish + "; priya goes to stepin; priya presses Try coaching first; priya closes",
		"a cancelation that was not meant":  "sam presses I can't make this one; sam closes",
	}
	for word, ends := range map[string][]string{
		"I've got this": {"I'll hold back", "Join, Dana leads"},
		"Please join":   {"I'll hold back", "Join, Dana leads"},
	} {
		for _, end := range ends {
			without := whatDanaReads(t, word, "", end)
			told := "Sam will join. You lead."
			if end == "I'll hold back" {
				told = "Sam leaves this one to you. You lead."
			}
			if !strings.Contains(without, told) {
				t.Errorf("%s, %s: Dana reads\n%s", word, end, without)
			}
			for name, weighing := range weighings {
				if word == "I've got this" && name == "a cancelation that was not meant" {
					continue // it is not asked about
				}
				if with := whatDanaReads(t, word, weighing, end); with != without {
					t.Errorf("%s, %s, %s: Dana reads\n%s\nand without it\n%s", word, name, end, with, without)
				}
			}
		}
	}
}

// whatDanaReads is her conversation with stepin, after her word, what Sam weighs, and his decision.
func whatDanaReads(t *testing.T, word, weighing, end string) (reads string) {
	t.Helper()
	inBubble(t, sandbox.Config{KeepCalls: 1}, func(r *rig) {
		r.start()
		r.lines("team approver=priya reps=dana; bond dana; sam types /stepin @Dana Acme renewal; sam presses Change; " +
			"sam fills Start = 11:00; sam submits; sam picks worst case? = Illegal, dishonest or unsafe; " +
			"sam presses Ask Dana first; sam closes; dana goes to stepin; " +
			"dana presses " + word + "; dana closes")
		if weighing != "" {
			r.lines("sam goes to stepin; " + weighing)
		}
		r.lines("sam goes to stepin; sam presses " + end + "; sam closes")
		dana := r.as("dana")
		reads = fmt.Sprintf("%d messages\n%s", len(r.ws.Posts(who["dana"], dana.DM())), dana.In(dana.DM()).Reads())
	})
	return reads
}
