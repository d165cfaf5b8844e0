package bot

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/kit"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
)

// asksFirst leads to a rep who is asked what would help.
const asksFirst = "bond dana\nsam types /stepin @Dana DEAL\nsam presses Change\nsam fills Start = 23:00\nsam submits\n" +
	"sam presses Ask Dana first\nsam closes\ndana goes to stepin\n"

// windowsOf say how Sam gets to each window that has something to tap and can be submitted; DEAL is his call. A window
// without one fails TestTwoClicks.
var windowsOf = map[form.Screen][]string{
	form.CallScreen:   {"sam types /stepin @Dana DEAL"},
	form.FieldsScreen: {"sam types /stepin DEAL", "sam types /stepin @Dana DEAL\nsam presses Change"},
	form.FactsScreen: {
		"sam types /stepin @Dana DEAL\nsam submits",
		"sam types /stepin @Dana DEAL\nsam submits\nsam picks say would help? = Having me on it",
		asksFirst + "dana presses Some coaching\ndana closes\nsam goes to stepin\nsam presses I've changed my mind",
	},
	form.LaterScreen: {
		"sam types /stepin @Dana DEAL\nsam submits\nsam picks say would help? = To lead it alone\n" +
			"sam picks worst case? = A loss we'd get over\nsam submits",
	},
	form.RoleScreen: {"sam types /stepin @Dana DEAL\nsam submits\nsam picks Whose call? = Ours, as planned\nsam submits"},
	form.VerdictScreen: {
		"sam types /stepin @Dana DEAL\nsam submits\nsam submits",
		"sam types /stepin @Dana DEAL\nsam submits\nsam picks say would help? = Having me on it\nsam submits",
		"sam types /stepin @Dana DEAL\nsam submits\nsam picks say would help? = Having me on it\n" +
			"sam picks To do what? = Listen\nsam submits",
		"sam types /stepin @Dana DEAL\nsam submits\nsam submits\nsam picks Step in? = Take over",
		"team approver=priya\nsam types /stepin @Dana DEAL\nsam submits\nsam submits\nsam picks Step in? = Take over",
	},
	form.NowScreen: {
		"sam types /stepin @Dana DEAL\nsam submits\nsam picks say would help? = Having me on it\nsam closes\n" +
			"sam types /stepin now @Dana DEAL\nsam presses Yes",
		"sam types /stepin now @Dana DEAL", "team approver=priya\nsam types /stepin now @Dana DEAL",
	},
	form.MeantScreen: {"sam types /stepin history DEAL"},
	form.ClosingScreen: {
		"sam types /stepin @Dana DEAL\nsam presses I'll hold back",
		"sam types /stepin @Dana DEAL\nsam submits\n" +
			"sam picks worst case? = Illegal, dishonest or unsafe\nsam submits\nsam submits",
		"bond dana\nsam types /stepin @Dana DEAL\nsam presses Ask Dana first",
		asksFirst + "sam goes to stepin\nsam presses I've changed my mind\n" +
			"dana presses Please join\ndana closes\nsam presses I'll hold back",
		asksFirst + "sam goes to stepin\nsam presses I've changed my mind\n" +
			"dana presses Some coaching\ndana closes\nsam presses I'll hold back",
	},
	form.DebriefScreen:  {"sam types /stepin debrief @Dana DEAL"},
	form.LearningScreen: {"sam opens home\nsam goes to home\nsam presses Learning deals"},
}

// A pair is something to tap in a window, and its submission, as somebody does both at once.
type pair struct {
	screen   form.Screen
	way      string // to the window
	tap      string // action
	value    hands.Value
	tapFirst bool
	wrong    bool // the form is filled with what is refused
}

func (p pair) String() string {
	order := "submitted, then "
	if p.tapFirst {
		order = "submitted after "
	}
	return fmt.Sprintf("%s %s%s %s, wrong %v, by %q", p.screen, order, p.tap, p.value.Option, p.wrong, p.way)
}

// tapped are the actions of a view that are sent at once.
func tapped(blocks []any) (out []kit.Element) {
	return slices.DeleteFunc(kit.Elements(blocks), func(e kit.Element) bool { return !e.Dispatch })
}

// TestTwoClicks taps each thing in each window that can be submitted, and submits the window before it is drawn again,
// and the other way round. What is decided first stays; the second click is answered, and not by "We had some trouble
// connecting".
func TestTwoClicks(t *testing.T) {
	lessGarbageCollection()
	missing := map[string]bool{} // by screen and action
	for _, g := range goldens(t) {
		if g.kind != "modal" || g.modal.Submit == nil {
			continue
		}
		var v struct{ Blocks []any }
		if err := json.Unmarshal(g.json, &v); err != nil {
			t.Fatal(err)
		}
		for _, e := range tapped(v.Blocks) {
			missing[g.modal.CallbackID+" "+e.ID()] = true
		}
	}
	n := 0
	overNetwork(t, func(r *rig, _ *wire) {
		r.start()
		c := &twoClicks{rig: r, story: &story{r: r}}
		for _, screen := range slices.Sorted(maps.Keys(windowsOf)) {
			for _, way := range windowsOf[screen] {
				for _, p := range c.pairs(screen, way) {
					delete(missing, string(screen)+" "+p.tap)
					if n++; sampled(n, 5) {
						c.play(p)
					}
				}
			}
		}
	})
	t.Logf("%d pairs", n)
	for what := range missing {
		t.Errorf("no window has %s, of the goldens: see windowsOf", what)
	}
}

type twoClicks struct {
	*rig
	*story
	n int // windows opened
}

// A dialog is a window that is open, for a call of its own.
type dialog struct {
	hands.View
	deal   string
	about  nudges.RequestID // "" for none
	blocks []any
	values kit.Values
}

// open opens a window.
func (c *twoClicks) open(screen form.Screen, way string) dialog {
	c.rig.t.Helper()
	c.n++
	d := dialog{deal: fmt.Sprintf("Deal%d", c.n)}
	c.ws.Clear(who["sam"])
	err := c.update(func(tx storage.Tx) error {
		return tx.PutLearning(nudges.LearningDeal{
			Manager: nudges.UserID(who["sam"]), Rep: nudges.UserID(who["dana"]), Deal: d.deal, What: "price", At: c.ws.Now(),
		})
	})
	if err != nil {
		c.rig.t.Fatal(err)
	}
	c.hands = map[string]*hands.Hands{}
	for _, line := range append([]string{"team"}, strings.Split(strings.ReplaceAll(way, "DEAL", d.deal), "\n")...) {
		if err := c.line(line); err != nil {
			c.rig.t.Fatalf("%s: %v\n%s", line, err, c.log)
		}
	}
	open := c.ws.Modals(who["sam"])
	if len(open) != 1 || form.Screen(open[0].Callback) != screen {
		c.rig.t.Fatalf("%s does not lead to %s: %+v\n%s", way, screen, open, c.log)
	}
	var shown struct {
		Blocks   []any
		Metadata string `json:"private_metadata"`
		State    struct{ Values kit.Values }
	}
	if err := json.Unmarshal(open[0].JSON, &shown); err != nil {
		c.rig.t.Fatal(err)
	}
	d.View, d.blocks, d.values = open[0], shown.Blocks, shown.State.Values
	d.about, _ = form.ReadMetadata(shown.Metadata)
	return d
}

// pairs are all pairs of a window.
func (c *twoClicks) pairs(screen form.Screen, way string) (out []pair) {
	for _, e := range tapped(c.open(screen, way).blocks) {
		values := []hands.Value{{User: who["lior"]}}
		if options := kit.Options(e.Body); len(options) > 0 {
			values = nil
			for _, o := range options {
				values = append(values, hands.Value{Option: kit.Str(o["value"])})
			}
			plan := e.ID() == string(verdict.QPlan) || e.ID() == string(verdict.QHandBack)
			if e.ID() != form.ActRung && !plan { // one is as good as another
				values = values[len(values)-1:]
			}
		}
		for _, v := range values {
			for _, tapFirst := range []bool{true, false} {
				out = append(out, pair{screen, way, e.ID(), v, tapFirst, false}, pair{screen, way, e.ID(), v, tapFirst, true})
			}
		}
	}
	return out
}

// fill fills a form: what is missing, or, if it is to be wrong, each field with what the client takes and stepin does
// not, as far as there is such a thing.
func (c *twoClicks) fill(d dialog, wrong bool) {
	for _, e := range kit.Elements(d.blocks) {
		if !e.Input {
			continue
		}
		var value hands.Value
		switch kind := e.Kind(); {
		case kind == slack.OptTypeUser && wrong:
			value.User = who["sam"]
		case kind == slack.OptTypeUser:
			value.User = who["dana"]
		case kind == "plain_text_input" && wrong:
			value.Text = " "
		case e.ID() == form.ActDeal:
			value.Text = d.deal
		case kind == "plain_text_input":
			value.Text = "so"
		case kind == "datepicker" && wrong:
			value.Date = "2020-01-01"
		case kind == "radio_buttons" && d.values[e.BlockID][e.ID()]["selected_option"] == nil:
			value.Option = kit.Str(kit.Options(e.Body)[0]["value"])
		default:
			continue
		}
		if err := c.ws.Act(c.rig.t.Context(), who["sam"], hands.Place{View: d.ID}, e.BlockID, e.ID(), value); err != nil {
			c.rig.t.Fatal(err)
		}
		if e.Dispatch {
			c.settle()
		}
	}
}

// play does a pair, and looks at what came of it.
func (c *twoClicks) play(p pair) {
	t := c.rig.t
	t.Helper()
	d := c.open(p.screen, p.way)
	c.fill(d, p.wrong)
	tapped := tapped(d.blocks)
	e := tapped[slices.IndexFunc(tapped, func(e kit.Element) bool { return e.ID() == p.tap })]
	broken, before := len(c.ws.Violations()), len(c.decisions(d.about))
	tap := func() error {
		return c.ws.Act(t.Context(), who["sam"], hands.Place{View: d.ID}, e.BlockID, p.tap, p.value)
	}
	submit := func() error { _, err := c.ws.Submit(t.Context(), who["sam"], d.ID); return err }
	first, second := submit, tap
	if p.tapFirst {
		first, second = tap, submit
	}
	var wg sync.WaitGroup
	errs := make([]error, 2)
	wg.Go(func() { errs[0] = first() })
	time.Sleep(time.Millisecond) // both are on their way before either is answered
	wg.Go(func() { errs[1] = second() })
	wg.Wait()
	c.settle()
	if errs[0] != nil || errs[1] != nil || len(c.ws.Violations()) > broken {
		t.Errorf("%s: %v, %q", p, errs, c.ws.Violations()[broken:])
	}
	shows := form.NoScreen
	if open := c.ws.Modals(who["sam"]); len(open) > 0 {
		shows = form.Screen(open[0].Callback)
	}
	decided := c.decisions(d.about)[before:]
	by := map[string]ladder.Rung{form.ActHold: ladder.HoldBack, form.ActAsk: ladder.Coach}[p.tap]
	ends := []form.Screen{form.ClosingScreen, form.StatusScreen, form.NoteScreen, form.SettledScreen}
	switch {
	case len(decided) > 1, by != "" && len(decided) == 0, by != "" && p.tapFirst && decided[0] != nudges.Decided(by),
		len(decided) == 1 && !slices.Contains(ends, shows) && p.screen != form.ClosingScreen: // which submits to nothing
		t.Errorf("%s: decided %v, and shows %q", p, decided, shows)
	case shows != form.NoScreen && len(strings.Fields(c.as("sam").Reads())) < 5:
		t.Errorf("%s: reads %q", p, c.as("sam").Reads())
	}
}

// decisions are those about a request, in order.
func (c *twoClicks) decisions(id nudges.RequestID) (out []nudges.Decision) {
	c.view(func(rd storage.Reader) error {
		all, err := rd.History(id)
		for _, x := range all {
			if strings.HasPrefix(x.Why, "decide") || x.Why == "as-planned" {
				out = append(out, x.To.Decision)
			}
		}
		return err
	})
	return out
}
