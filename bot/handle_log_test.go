package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store"
)

func TestParseDebrief(t *testing.T) {
	for text, want := range map[string]struct {
		l   form.Line
		err error
	}{
		"debrief":                            {l: form.Line{Verb: "debrief"}},
		" DEBRIEF ":                          {l: form.Line{Verb: "debrief"}},
		"history":                            {l: form.Line{Verb: "history"}},
		"debrief <@U0SAM001>":                {l: form.Line{Verb: "debrief", Boss: "U0SAM001"}},
		"Debrief <@U0SAM001|sam> Acme  deal": {l: form.Line{Verb: "debrief", Boss: "U0SAM001", Deal: "Acme deal"}},
		"debrief  <@W0SAM001> &lt;A&gt;":     {l: form.Line{Verb: "debrief", Boss: "W0SAM001", Deal: "<A>"}},
		"debrief Acme":                       {l: form.Line{Deal: "debrief Acme", Meant: "debrief"}},
		"history Acme":                       {l: form.Line{Deal: "history Acme", Meant: "history"}},
		"<@U0SAM001> debrief":                {l: form.Line{Rep: "U0SAM001", Deal: "debrief"}},
		"debrief <@U0SAM001> <@U0LIOR01> x":  {err: form.ErrTwoWith},
		"debrief <@U0SAM001> @nobody":        {err: form.ErrRepUnknown},
		"debrief @nobody Acme":               {err: form.ErrRepUnknown},
		"ask <@U0SAM001> <@U0LIOR01> x":      {err: form.ErrTwoBosses},
		"debrief <@U0SAM001> " + strings.Repeat("x", form.MaxDeal+1): {err: form.ErrDealLong},
	} {
		l, err := form.ParseLine(text)
		if !errors.Is(err, want.err) || err == nil && l != want.l {
			t.Errorf("%q: %+v, %v", text, l, err)
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
		s := &story{r: r, hands: map[string]*hands.Hands{}}
		for _, l := range []string{
			"sam types /stepin @Dana Acme", "sam presses I'll hold back", "sam closes",
			"at 09:40",
		} {
			if err := s.line(l); err != nil {
				t.Fatal(l, err)
			}
		}
		about := r.stored("sam")
		if len(about) == 0 {
			r.view(func(rd storage.Reader) error {
				last, err := rd.LastRequest(nudges.UserID(who["sam"]))
				about = append(about, last)
				return err
			})
		}
		radio := func(action, value string) slack.Block {
			o := slack.NewOptionBlockObject(value, slack.NewTextBlockObject(slack.PlainTextType, value, false, false),
				nil)
			el := slack.NewRadioButtonsBlockElement(action, o)
			if el.InitialOption = o; value == "nothing" {
				el.InitialOption = nil
			}
			in := slack.NewInputBlock(form.Block(action), o.Text, nil, el)
			in.Optional = true
			return in
		}
		text := func(action string, n int) slack.Block {
			el := slack.NewPlainTextInputBlockElement(nil, action)
			el.InitialValue = strings.Repeat("x", n)
			return slack.NewInputBlock(form.Block(action),
				slack.NewTextBlockObject(slack.PlainTextType, action, false, false), nil, el)
		}
		for name, x := range map[string]struct {
			blocks []slack.Block
			want   string // the fields at fault
		}{
			"no outcome": {
				[]slack.Block{radio(form.ActOutcome, "nothing"), text(form.ActLearned, 3)},
				form.ActOutcome,
			},
			"another outcome": {[]slack.Block{radio(form.ActOutcome, "great")}, form.ActOutcome},
			"another route": {
				[]slack.Block{radio(form.ActOutcome, "won"), radio(form.ActRoute, "maybe")},
				form.ActRoute,
			},
			"a long lesson": {
				[]slack.Block{radio(form.ActOutcome, "won"), text(form.ActLearned, nudges.MaxEntry+1)},
				form.ActLearned,
			},
			"a long skill": {
				[]slack.Block{radio(form.ActOutcome, "won"), text(form.ActCoached, nudges.MaxEntry+1)},
				form.ActCoached,
			},
			"a long link": {[]slack.Block{
				radio(form.ActOutcome, "won"),
				text(form.ActRecording, nudges.MaxEntry+1),
			}, form.ActRecording},
			"no link": {
				[]slack.Block{radio(form.ActOutcome, "won"), text(form.ActRecording, 3)},
				form.ActRecording,
			},
			"much trust": {
				[]slack.Block{radio(form.ActOutcome, "won"), radio(form.ActTrusted, "6")},
				form.ActTrusted,
			},
		} {
			v, err := json.Marshal(slack.ModalViewRequest{
				Type: slack.VTModal, CallbackID: string(form.LogScreen), PrivateMetadata: form.WriteMetadata(about[0]),
				Blocks: slack.Blocks{BlockSet: x.blocks},
				Title:  slack.NewTextBlockObject(slack.PlainTextType, "Log", false, false),
				Submit: slack.NewTextBlockObject(slack.PlainTextType, "Save", false, false),
			})
			if err != nil {
				t.Fatal(err)
			}
			at, err := r.ws.PlantView(who["sam"], v)
			if err != nil {
				t.Fatal(name, err)
			}
			errs, err := r.ws.Submit(t.Context(), who["sam"], at.View)
			r.settle()
			if err != nil || len(errs) != 1 || errs[form.Block(x.want)] == "" {
				t.Errorf("%s: %v, %v", name, errs, err)
			}
			r.closeAll("sam")
			r.view(func(rd storage.Reader) error {
				got, err := rd.Request(about[0].ID)
				if got.Debrief.Logged() {
					t.Errorf("%s: kept %+v", name, got.Debrief.Manager)
				}
				return err
			})
		}
	})
}

// Whether a rep felt trusted is kept, and stands nowhere beside the call.
func TestTrustStandsApart(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.options = store.Options{NoSync: true}
		r.start()
		s := &story{r: r, hands: map[string]*hands.Hands{}}
		lines := func(all ...string) {
			t.Helper()
			for _, l := range all {
				if err := s.line(l); err != nil {
					t.Fatal(l, err)
				}
			}
		}
		lines("bond dana", "dana types /stepin debrief @Sam Acme", "dana submits", "dana closes", "dana opens home",
			"dana presses Log what happened", "dana picks How did it go? = Lost",
			"dana picks Did you feel trusted on this call? = 1, not at all", "dana submits",
			"sam types /stepin history", "sam does not read trusted", "sam closes")
		r.view(func(rd storage.Reader) error {
			all, err := rd.SharedDebriefs(nudges.UserID(who["dana"]), time.Time{})
			if len(all) != 1 || !all[0].Debrief.Trusted {
				return fmt.Errorf("%d debriefs, %w", len(all), err)
			}
			return err
		})
	})
	if form.Digest(map[string]string{
		form.ActOutcome: "won",
		form.ActTrusted: "1",
	}) != form.Digest(map[string]string{form.ActOutcome: "won", form.ActTrusted: "5"}) {
		t.Error("an envelope's identity tells whether somebody felt trusted")
	}
}
