package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/store"
)

// Three weeks of a manager who pauses once on each working day and logs every other call. No morning has more than one
// message, and no call is named in two. With -v it prints each message as it came: read them as somebody who may
// switch stepin off.
func TestThreeWeeks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, sandbox.Config{KeepCalls: -1})
		defer r.end()
		r.options = store.Options{NoSync: true}
		r.ws.SetClock(time.Date(2026, 3, 2, 8, 50, 0, 0, samsZone)) // a Monday
		r.start()
		w := &weeks{rig: r, story: &story{r: r, hands: map[string]*hands.Hands{}}, seen: map[string]bool{}}
		w.does("team reps=dana channel=debriefs", "bond dana", "sam speaks en-US", "dana speaks en-US")
		for i, deal := range dealsOfThreeWeeks {
			w.day(i, deal)
		}
		w.mornings()
	})
}

var dealsOfThreeWeeks = []string{
	"Acme", "Globex", "Hooli", "Initech", "Umbrella", "Stark", "Wayne", "Wonka", "Soylent", "Tyrell", "Cyberdyne",
	"Aperture", "Vandelay", "Dunder", "Sterling",
}

// waysOfThreeWeeks are how Sam pauses, one a day in turn.
var waysOfThreeWeeks = [][]string{
	{"sam presses I'll hold back", "sam picks if it gets hard? = If it goes quiet, I'll count to ten.", "sam submits"},
	{"sam presses Ask Dana first", "sam closes", "+30s", "dana goes to stepin", "dana presses Please join", "dana closes"},
	{
		"sam submits", "sam picks say would help? = To lead it alone", "sam picks Whose call? = Dana's",
		"sam picks worst case? = A loss we'd get over", "sam submits", "sam picks way work? = Yes, just not mine",
		"sam picks trained for this? = Yes", "sam submits", "sam submits", "sam submits",
	},
	{
		"sam submits", "sam picks say would help? = Having me on it", "sam picks To do what? = Help out",
		"sam picks Whose call? = Dana's", "sam picks worst case? = A loss that hurts", "sam submits", "sam submits",
	},
	{"sam presses I'll hold back", "sam closes"},
}

// joins is the way on which Sam joins the call, so that its debrief is with Dana.
const joins = 3

// weeks are three weeks of Sam's.
type weeks struct {
	*rig
	story   *story
	seen    map[string]bool // timestamps
	today   []string        // what came in the morning, before the pause
	morning [][]string
	perDay  []int
}

func (w *weeks) does(lines ...string) {
	w.t.Helper()
	for _, l := range lines {
		if err := w.story.line(l); err != nil {
			w.t.Fatalf("%s: %v\n%s", l, err, w.as("sam").Reads())
		}
		w.look()
	}
}

// look notes what has come to Sam.
func (w *weeks) look() {
	dm := w.as("sam").DM()
	for _, p := range w.ws.Posts(who["sam"], dm) {
		if p.App && !w.seen[p.TS] {
			w.seen[p.TS] = true
			text := shown(w.t, p)
			w.t.Logf("%s\n%s", w.ws.Now().In(samsZone).Format("Mon 2 Jan 15:04"), text)
			w.today = append(w.today, text)
		}
	}
}

// day is one working day: the morning, a pause four minutes before a call, the call, and its debrief on every other.
func (w *weeks) day(i int, deal string) {
	w.does("at 09:10")
	w.morning = append(w.morning, w.today)
	before, where := len(w.seen)-len(w.today), "stepin"
	if i%len(waysOfThreeWeeks) == joins {
		where = "debriefs"
	}
	w.does("at 13:56", "sam types /stepin @Dana "+deal)
	w.does(waysOfThreeWeeks[i%len(waysOfThreeWeeks)]...)
	w.ws.Clear(who["sam"])
	w.does("at 14:45", "sam goes to "+where)
	if i%2 == 0 {
		w.logs(where)
	}
	w.does("at 18:00")
	w.perDay = append(w.perDay, len(w.seen)-before)
	w.today = nil
	if i%5 == 4 {
		w.does("+48h")
	}
}

// mornings checks what came before each pause: one message a morning, and no call in two of them.
func (w *weeks) mornings() {
	w.t.Helper()
	for i, all := range w.morning {
		if i > 0 && len(all) != 1 { // the first is before the first pause
			w.t.Errorf("morning %d has %d messages: %q", i+1, len(all), all)
		}
	}
	for _, deal := range dealsOfThreeWeeks {
		n := 0
		for _, all := range w.morning {
			if strings.Contains(strings.Join(all, "\n"), deal) {
				n++
			}
		}
		if n > 1 {
			w.t.Errorf("%s is named in %d mornings", deal, n)
		}
	}
	w.t.Logf("messages a day: %d", w.perDay)
	if most := slices.Max(w.perDay); most > 4 {
		w.t.Errorf("%d messages in one day", most)
	}
}

// shown is a message as somebody sees it: texts, and buttons in [ ].
func shown(t *testing.T, p hands.Post) string {
	t.Helper()
	type block struct {
		Type     string
		Text     struct{ Text string }
		Elements []struct {
			Type string
			Text json.RawMessage
		}
	}
	var blocks []block
	if err := json.Unmarshal(p.Blocks, &blocks); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, b := range blocks {
		var parts []string
		if b.Text.Text != "" {
			parts = append(parts, b.Text.Text)
		}
		for _, e := range b.Elements {
			var words string
			var button struct{ Text string }
			switch {
			case json.Unmarshal(e.Text, &words) == nil:
				parts = append(parts, words)
			case json.Unmarshal(e.Text, &button) == nil:
				parts = append(parts, fmt.Sprintf("[%s]", button.Text))
			default:
				parts = append(parts, "[…]")
			}
		}
		lines = append(lines, "    "+strings.ReplaceAll(strings.Join(parts, " "), "\n", "\n    "))
	}
	return strings.Join(lines, "\n")
}

// logs is one tap on an outcome below a message of one's own, and the window of the thread in a channel.
func (w *weeks) logs(where string) {
	if where == "stepin" {
		w.does("sam presses Moved forward")
		return
	}
	w.does("sam presses Log what happened", "sam picks How did it go? = Moved forward", "sam submits")
}
