package view

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
	"stepin/nudges"
	"stepin/nudges/words"
)

// TestViewsAreTaken holds everything that the bot can show against the sandbox's rules, which are not ours: as people
// have names and calls, with the longest names there can be, with none, and with some that would do harm.
func TestViewsAreTaken(t *testing.T) {
	for name, c := range sampleCalls(t) {
		t.Run(name, func(t *testing.T) { taken(t, shippedWords(t), c) })
	}
}

// taken says what of all samples the platform would refuse, as they are sent: shortened where they must be.
func taken(t *testing.T, words *words.Words, c sampleCall) {
	t.Helper()
	for _, d := range append(samples(words, c), fullHome(words, c)) {
		var bad []string
		switch v := d.what.(type) {
		case slack.ModalViewRequest:
			bad = foundWrong(t, fitModal(v), rules.Modal)
		case slack.HomeTabViewRequest:
			fit(v.Blocks.BlockSet)
			bad = foundWrong(t, v, rules.Home)
		case Message:
			v = FitMessage(v)
			if n := len([]rune(v.Text)); n == 0 || n > maxText {
				t.Errorf("%s: a text of %d characters", d.name, n)
			}
			bad = foundWrong(t, v, rules.Message)
		}
		if len(bad) > 0 {
			t.Errorf("%s: %q\n%s", d.name, bad, shownJSON(t, d.what))
		}
	}
}

// foundWrong is what the platform finds wrong with something that has blocks.
func foundWrong(tb testing.TB, v any, on rules.Surface) []string {
	tb.Helper()
	b, err := json.Marshal(v)
	var o kit.Obj
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil {
		tb.Fatal(err)
	}
	if on == rules.Message {
		blocks, _ := o["blocks"].([]any)
		return rules.Blocks(blocks, on)
	}
	bad := rules.View(o, on)
	if len(b) > rules.MaxView {
		bad = append(bad, "too many bytes")
	}
	return bad
}

// TestViewsErrorsHaveFields: a form's errors are keyed by the blocks of inputs that its
// screen has; any other is shown nowhere (docs.slack.dev/surfaces/modals).
func TestViewsErrorsHaveFields(t *testing.T) {
	drawn := map[string]sample{}
	for _, d := range samples(shippedWords(t), stage(t)) {
		drawn[d.name] = d
	}
	for errs, on := range map[string]string{
		"errors-rep-guest": "fields", "errors-past": "fields", "errors-rung": "verdict-coach",
		"errors-more": "verdict-more", "errors-now": "now", "errors-team-guest": "team", "errors-team-cycle": "team",
		"errors-team-two-teams": "team", "errors-team-dates": "team", "errors-team-skills-long": "team",
		"errors-reminder-err-zone": "reminder-on", "errors-reminder-err-no-days": "reminder-on",
		"errors-reminder-err-pause-date":  "reminder-on",
		"errors-reminder-err-time-of-day": "reminder-on", "errors-reminder-err-pick-one": "reminder-on",
		"errors-err-learn-deal": "fields", "errors-err-learn-long": "fields", "errors-err-learn-what": "learning",
		"errors-err-reason": "verdict-typed", "errors-err-manager-self": "pull",
		"errors-log-err-link": "log", "errors-log-err-long": "log", "errors-log-err-pick-one": "log",
		"errors-not-doing":  "not-doing",
		"errors-reschedule": "reschedule", "errors-debrief-err-with-self": "debrief-form",
		"errors-debrief-err-day":      "debrief-form",
		"errors-debrief-err-pick-one": "debrief-form", "errors-debrief-err-deal-long": "debrief-form",
	} {
		inputs := map[string]bool{}
		for _, b := range blocksOf(drawn[on]) {
			if in, ok := b.(*slack.InputBlock); ok {
				inputs[in.BlockID] = true
			}
		}
		for id := range drawn[errs].what.(FieldErrors) {
			if !inputs[id] {
				t.Errorf("%s: no input %q on the screen %s, which has %v", errs, id, on, inputs)
			}
		}
	}
}

// Words that could call somebody, lead elsewhere or turn the text around are shown as words by everything that is
// drawn, in every field that people fill; and Slack is told to look for no names or links in any text of ours.
func TestNothingIsRaw(t *testing.T) {
	const evil = "<!channel> <@U0EVIL01> <https://x.example|y> <#C0EVIL01> & \u202e\u2066\u200fz</"
	shown := 0
	for field := range 7 {
		c := stage(t)
		*[]*string{&c.manager, &c.rep, &c.who, &c.deal, &c.plan, &c.words, &c.skill}[field] = evil
		for _, d := range append(samples(shippedWords(t), c), fullHome(shippedWords(t), c)) {
			if _, file := d.what.(File); file { // their own words as they are, in which Slack looks for nothing
				continue
			}
			var v any
			if err := json.Unmarshal(shownJSON(t, d.what), &v); err != nil {
				t.Fatal(err)
			}
			_, errs := d.what.(FieldErrors) // plain text
			var look func(v any, mrkdwn bool)
			look = func(v any, mrkdwn bool) {
				switch v := v.(type) {
				case map[string]any:
					kind, _ := v["type"].(string)
					if kind == "mrkdwn" && v["verbatim"] != true {
						t.Errorf("%s: not verbatim: %v", d.name, v)
					}
					for k, x := range v {
						if k == "initial_value" || k == "value" { // what they typed, to go on with, and opaque values
							continue
						}
						look(x, kind == "mrkdwn" || k == "text" && kind == "" && !errs) // or of a notification
					}
				case []any:
					for _, x := range v {
						look(x, false)
					}
				case string:
					if strings.Contains(v, "x.example") || strings.Contains(v, "EVIL") {
						shown++
					}
					if strings.ContainsAny(v, "\u202e\u2066\u200f") {
						t.Errorf("%s: turns the text around: %q", d.name, v)
					}
					if mrkdwn && (strings.Contains(v, "<!") || strings.Contains(v, "<@U0EVIL") ||
						strings.Contains(v, "<#C0EVIL") || strings.Contains(v, "<https://x.example") ||
						strings.Contains(v, "z</")) {
						t.Errorf("%s: raw: %q", d.name, v)
					}
				}
			}
			look(v, false)
		}
	}
	if shown < 500 {
		t.Errorf("the words are shown %d times: too few fields are looked at", shown)
	}
}

// Somebody who reads with 12 hours sees no time with 24, and nobody sees a month as a number. What programs read is no
// text: the values of pickers, and the moments in the file of an export.
func TestTimesAndDatesAsPeopleWriteThem(t *testing.T) {
	shown := regexp.MustCompile(`"text": "(.*)"`)
	times := regexp.MustCompile(`\d+:\d\d(–\d+:\d\d)?( [AP]M)?`)
	numbers := regexp.MustCompile(`\d{4}-\d\d|\d[/.]\d`)
	c := stage(t)
	c.hours = nudges.Hours12
	seen := 0
	for _, d := range samples(shippedWords(t), c) {
		for _, m := range shown.FindAllStringSubmatch(string(shownJSON(t, d.what)), -1) {
			if bad := numbers.FindString(m[1]); bad != "" {
				t.Errorf("%s: %q in %q", d.name, bad, m[1])
			}
			for _, at := range times.FindAllString(m[1], -1) {
				seen++
				if !strings.HasSuffix(at, "M") && at != "09:45" && at != "21:30" { // which are examples
					t.Errorf("%s: %q in %q", d.name, at, m[1])
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("%d times in all", seen)
	}
}

// TestEverybodyToldIsNamed: what is typed before a takeover names all who will read it, those who cover included.
func TestEverybodyToldIsNamed(t *testing.T) {
	c := sampleCalls(t)["usual"]
	both := []nudges.UserID{sampleApprover, sampleDelegate}
	for name, asked := range map[string][]nudges.UserID{"nobody asked yet": nil, "asked": both} {
		sc := c.scene(shippedWords(t), nudges.Request{Manager: sampleManager}, sampleManager)
		sc.Route = both
		sc.Names[sampleApprover], sc.Names[sampleDelegate] = "Priya", "Ines"
		sc.Request.Grant.Route = asked
		if got := sc.names(sc.told()); got != "Priya, Ines" {
			t.Errorf("%s: names %q", name, got)
		}
	}
}
