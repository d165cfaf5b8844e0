package decide

import (
	"strings"
	"testing"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
)

// joins is a request of Sam's that is decided for co-pilot, with Dana's yes that Sam is the manager.
func (d *desk) joins() nudges.Request {
	d.Helper()
	r := d.pauses()
	err := d.db.Update(d.Context(), func(tx storage.Tx) error { return tx.PutBond("UDANA", "USAM", nudges.Met) })
	if err != nil {
		d.Fatal(err)
	}
	for _, in := range []form.Input{taps("USAM", r, string(verdict.Q7)), taps("USAM", r, form.ActJoin)} {
		in.Form = map[string]string{string(verdict.Q7): string(verdict.AskedMeIn), string(verdict.QFor): string(verdict.ForCoPilot)}
		if _, r, err = d.does(in); err != nil {
			d.Fatal(err)
		}
	}
	return r
}

func tells(r nudges.Request, said string) form.Input {
	return form.Input{
		Kind: form.Submitted, User: "USAM", Request: r.ID, Seen: r.Seq, Callback: string(form.TellScreen),
		Form: map[string]string{form.ActTellText: said}, Shown: map[string]bool{form.ActTellText: true},
	}
}

// What keeps a sentence from going is said below its field. It goes once, whatever window it comes from.
func TestTell(t *testing.T) {
	d := newDesk(t, roster.Settings{})
	r := d.joins()
	for _, tt := range []struct {
		name, said, wrong string
		screen            form.Screen
	}{
		{"nothing", "", "err-tell-empty", form.NoScreen},
		{"blanks", " \n\t", "err-tell-empty", form.NoScreen},
		{"what nobody sees", "\u2800\u200b", "err-tell-empty", form.NoScreen},
		{"301 characters", strings.Repeat("é", 301), "err-long", form.NoScreen},
		{"300 characters", strings.Repeat("é", 300), "", form.DoneScreen},
		{"once more, from another window", "You lead.", "err-told", form.NoScreen},
	} {
		reply, is, err := d.does(tells(r, tt.said))
		if err != nil || reply.Errors[form.ActTellText] != tt.wrong || tt.wrong == "" && reply.Screen != tt.screen {
			t.Errorf("%s: %+v, %v", tt.name, reply, err)
		}
		if sent := is.Note == nudges.NoteSent; sent != (tt.wrong == "" || tt.wrong == "err-told") {
			t.Errorf("%s: the note is %q", tt.name, is.Note)
		}
	}
}

// A click that comes twice is answered as the first was, with what was typed.
func TestACoachingTwice(t *testing.T) {
	d := newDesk(t, roster.Settings{})
	in := tells(d.joins(), "")
	in.Callback, in.Identity, in.Form = string(form.CoachingScreen), "twice", map[string]string{form.ActGive: "Ana signs."}
	for range 2 {
		reply, r, err := d.does(in)
		if err != nil || reply.Screen != form.TellScreen || reply.Typed != "Ana signs." || r.Note != nudges.NoNote ||
			r.Decision != nudges.Decided(ladder.Coach) {
			t.Fatalf("%+v, %+v, %v", reply, r, err)
		}
	}
}
