package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/sandbox"
	"stepin/nudges"
	"stepin/store"
)

func TestParseDebrief(t *testing.T) {
	for text, want := range map[string]struct {
		l   line
		err error
	}{
		"debrief":                            {l: line{verb: "debrief"}},
		" DEBRIEF ":                          {l: line{verb: "debrief"}},
		"history":                            {l: line{verb: "history"}},
		"debrief <@U0SAM001>":                {l: line{verb: "debrief", boss: "U0SAM001"}},
		"Debrief <@U0SAM001|sam> Acme  deal": {l: line{verb: "debrief", boss: "U0SAM001", deal: "Acme deal"}},
		"debrief  <@W0SAM001> &lt;A&gt;":     {l: line{verb: "debrief", boss: "W0SAM001", deal: "<A>"}},
		"debrief Acme":                       {l: line{deal: "debrief Acme"}},
		"history Acme":                       {l: line{deal: "history Acme"}},
		"<@U0SAM001> debrief":                {l: line{rep: "U0SAM001", deal: "debrief"}},
		"debrief <@U0SAM001> <@U0LIOR01> x":  {err: errTwoWith},
		"debrief <@U0SAM001> @nobody":        {err: errRepUnknown},
		"debrief @nobody Acme":               {err: errRepUnknown},
		"ask <@U0SAM001> <@U0LIOR01> x":      {err: errTwoBosses},
		"debrief <@U0SAM001> " + strings.Repeat("x", maxDeal+1): {err: errDealLong},
	} {
		l, err := parseLine(text)
		if !errors.Is(err, want.err) || err == nil && l != want.l {
			t.Errorf("%q: %+v, %v", text, l, err)
		}
	}
}

func TestEndedOn(t *testing.T) {
	berlin := stage(t).zone
	now := time.Date(2026, 3, 4, 0, 30, 0, 0, berlin) // still the third in UTC
	for day, want := range map[string]string{
		"2026-03-04": "2026-03-04 00:30", "2026-03-03": "2026-03-03 12:00", "2026-01-04": "2026-01-04 12:00",
		"2026-03-05": "", "2026-01-02": "", "1970-01-01": "", "": "", "4 March": "",
	} {
		at, err := endedOn(day, now, berlin)
		if got := at.Format("2006-01-02 15:04"); want != "" && (err != nil || got != want) || want == "" && !errors.Is(err, nudges.ErrDay) {
			t.Errorf("%q: %s, %v", day, got, err)
		}
	}
}

// What Slack's own limits would not let anybody type comes back on its field all the same, and nothing of
// the form is kept.
func TestLogOutOfBounds(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.options = store.Options{NoSync: true}
		r.start()
		s := &story{r: r, hands: map[string]*sandbox.Hands{}}
		for _, l := range []string{"sam types /stepin @Dana Acme", "sam presses I'll hold back", "sam closes", "at 09:40"} {
			if err := s.line(l); err != nil {
				t.Fatal(l, err)
			}
		}
		about := r.stored("sam")
		if len(about) == 0 {
			err := r.db.View(t.Context(), func(rd nudges.Reader) error {
				last, err := rd.LastRequest(nudges.UserID(who["sam"]))
				about = append(about, last)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		radio := func(action, value string) slack.Block {
			o := slack.NewOptionBlockObject(value, slack.NewTextBlockObject(slack.PlainTextType, value, false, false), nil)
			el := slack.NewRadioButtonsBlockElement(action, o)
			if el.InitialOption = o; value == "nothing" {
				el.InitialOption = nil
			}
			in := slack.NewInputBlock(block(action), o.Text, nil, el)
			in.Optional = true
			return in
		}
		text := func(action string, n int) slack.Block {
			el := slack.NewPlainTextInputBlockElement(nil, action)
			el.InitialValue = strings.Repeat("x", n)
			return slack.NewInputBlock(block(action), slack.NewTextBlockObject(slack.PlainTextType, action, false, false), nil, el)
		}
		for name, x := range map[string]struct {
			blocks []slack.Block
			want   string // the fields at fault
		}{
			"no outcome":      {[]slack.Block{radio(actOutcome, "nothing"), text(actLearned, 3)}, actOutcome},
			"another outcome": {[]slack.Block{radio(actOutcome, "great")}, actOutcome},
			"another route":   {[]slack.Block{radio(actOutcome, "won"), radio(actRoute, "maybe")}, actRoute},
			"a long lesson":   {[]slack.Block{radio(actOutcome, "won"), text(actLearned, nudges.MaxEntry+1)}, actLearned},
			"a long skill":    {[]slack.Block{radio(actOutcome, "won"), text(actCoached, nudges.MaxEntry+1)}, actCoached},
			"a long link":     {[]slack.Block{radio(actOutcome, "won"), text(actRecording, nudges.MaxEntry+1)}, actRecording},
			"no link":         {[]slack.Block{radio(actOutcome, "won"), text(actRecording, 3)}, actRecording},
			"much trust":      {[]slack.Block{radio(actOutcome, "won"), radio(actTrusted, "6")}, actTrusted},
		} {
			v, err := json.Marshal(slack.ModalViewRequest{
				Type: slack.VTModal, CallbackID: string(logScreen), PrivateMetadata: writeMetadata(about[0]), Blocks: slack.Blocks{BlockSet: x.blocks},
				Title:  slack.NewTextBlockObject(slack.PlainTextType, "Log", false, false),
				Submit: slack.NewTextBlockObject(slack.PlainTextType, "Save", false, false),
			})
			if err != nil {
				t.Fatal(err)
			}
			at, err := r.ws.PlantModal(who["sam"], v)
			if err != nil {
				t.Fatal(name, err)
			}
			errs, err := r.ws.Submit(t.Context(), who["sam"], at.View)
			r.settle()
			if err != nil || len(errs) != 1 || errs[block(x.want)] == "" {
				t.Errorf("%s: %v, %v", name, errs, err)
			}
			r.closeAll("sam")
			err = r.db.View(t.Context(), func(rd nudges.Reader) error {
				got, err := rd.Request(about[0].ID)
				if got.Debrief.Logged() {
					t.Errorf("%s: kept %+v", name, got.Debrief.Manager)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Whether a rep felt trusted is kept, and stands nowhere beside the call.
func TestTrustStandsApart(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.options = store.Options{NoSync: true}
		r.start()
		s := &story{r: r, hands: map[string]*sandbox.Hands{}}
		lines := func(all ...string) {
			t.Helper()
			for _, l := range all {
				if err := s.line(l); err != nil {
					t.Fatal(l, err)
				}
			}
		}
		lines("bond dana", "dana types /stepin debrief @Sam Acme", "dana submits", "dana closes", "dana opens home",
			"dana presses Log what happened", "dana picks What came of it? = Lost", "dana picks Did you feel trusted on this call? = 1, not at all", "dana submits",
			"sam types /stepin history", "sam does not read trusted", "sam closes")
		err := r.db.View(t.Context(), func(rd nudges.Reader) error {
			all, err := rd.SharedDebriefs(nudges.UserID(who["dana"]), time.Time{})
			if len(all) != 1 || !all[0].Debrief.Trusted {
				return fmt.Errorf("%d debriefs, %w", len(all), err)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	if digest(map[string]string{actOutcome: "won", actTrusted: "1"}) != digest(map[string]string{actOutcome: "won", actTrusted: "5"}) {
		t.Error("an envelope's identity tells whether somebody felt trusted")
	}
}

func TestHistoryPages(t *testing.T) {
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	var all []nudges.Request
	for i := range 25 {
		r := nudges.Request{ID: nudges.RequestID(fmt.Sprint(i)), Rep: "dana", Starts: now.Add(-time.Duration(i) * time.Hour), Phase: nudges.Done, Decision: nudges.Decided(nudges.Coach)}
		switch {
		case i%5 == 0:
			r.Rep, r.Debrief.Manager.Outcome = "lior", nudges.Won
		case i == 1:
			r.Phase = nudges.During
		case i == 2:
			r.Decision = nudges.Undecided // and nothing answered
		}
		all = append(all, r)
	}
	for name, x := range map[string]struct {
		glance      glance
		page, calls int
		first       nudges.RequestID
		more        bool
	}{
		"newest":     {glance{}, 0, 10, "0", true},
		"last":       {glance{Page: 2}, 2, 3, "22", false},
		"too far":    {glance{Page: 99}, 2, 3, "22", false},
		"rep":        {glance{Rep: "lior"}, 0, 5, "0", false},
		"won":        {glance{Outcome: "won"}, 0, 5, "0", false},
		"not logged": {glance{Outcome: notLogged, Page: 1}, 1, 8, "16", false},
		"none":       {glance{Outcome: "lost", Page: 3}, 0, 0, "", false},
		"both":       {glance{Rep: "dana", Outcome: "won"}, 0, 0, "", false},
	} {
		h := history{glance: x.glance}
		h.turn(append([]nudges.Request{}, all...))
		var first nudges.RequestID
		if len(h.page) > 0 {
			first = h.page[0].ID
		}
		if h.glance.Page != x.page || len(h.page) != x.calls || first != x.first || h.more != x.more || !h.any {
			t.Errorf("%s: page %d with %d from %q, more %v", name, h.glance.Page, len(h.page), first, h.more)
		}
	}
}
