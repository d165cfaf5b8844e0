package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/bot/form"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// debriefActions are the buttons of a debrief's messages.
var debriefActions = []string{
	form.ActLog, form.ActMoveOn, form.ActNotDoing, form.ActCallMoved, form.ActNever, form.ActReschedule, form.ActRepost,
	form.ActTogether,
	form.ActWhereChannel, form.ActWhereGroup, form.ActWhereNot, form.ActOutcome + "_lost",
}

// answered is what somebody reads after they have pressed a planted button: a small window, or a line that
// they alone read. Nobody else reads anything new.
func (d *debriefed) answered(id, action string, about nudges.Request, key string) string {
	d.t.Helper()
	at := d.plant(id, action, byMessage, string(mustEncode(form.Metadata{Request: about.ID, Seen: about.Seq, Key: key})))
	said := len(d.stands())
	calls := len(d.ws.Calls())
	if err := d.ws.Act(d.t.Context(), id, at, "b", action, hands.Value{}); err != nil {
		d.t.Errorf("%s presses %s: %v", id, action, err)
	}
	d.settle()
	if n := len(d.stands()); n != said {
		d.t.Errorf("%s presses %s, and something is said", id, action)
	}
	for _, c := range d.ws.Calls()[calls:] {
		if strings.HasPrefix(c.Method, "chat.") {
			d.t.Errorf("%s presses %s: %s %s", id, action, c.Method, c.Args)
		}
	}
	got := ""
	for _, v := range d.ws.Modals(id) {
		if form.Screen(v.Callback) != form.NoteScreen {
			d.t.Errorf("%s presses %s and gets the window %q", id, action, v.Callback)
		}
		got += string(v.JSON)
	}
	if (got != "") != (key == form.InThread) {
		d.t.Errorf("%s presses %s: a window: %v", id, action, got != "")
	}
	if got == "" {
		posts := d.ws.Posts(id, at.Channel)
		if last := posts[len(posts)-1]; last.Ephemeral {
			got = string(last.Blocks)
		}
	}
	for len(d.ws.Modals(id)) > 0 && d.ws.As(id).Close() == nil {
		d.settle()
	}
	return got
}

// TestTwoLogsOfOne has Dana log what happened in a window while another one is open: what she sends last stands.
func TestTwoLogsOfOne(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.start()
		d := r.joined(" channel=debriefs")
		d.line("at 09:40")
		about := d.request()
		v, err := json.Marshal(view.Modal(form.LogScreen, d.bot.answers.Scenes.Message(t.Context(), about, about.Rep)))
		if err != nil {
			t.Fatal(err)
		}
		for _, came := range []string{"Lost", "Stalled"} {
			// each as it was opened in another client, before either was sent
			if _, err := r.ws.PlantView(who["dana"], v); err != nil {
				t.Fatal(err)
			}
			if err := r.as("dana").Pick("How did it go?", came); err != nil {
				t.Fatal(err)
			}
			at := r.ws.Modals(who["dana"])
			if errs, err := r.ws.Submit(t.Context(), who["dana"], at[len(at)-1].ID); err != nil || len(errs) > 0 {
				t.Fatal(errs, err)
			}
			d.settle()
			if q := d.request(); q.Debrief.Rep.Outcome == "" || q.Debrief.Manager.Outcome != "" {
				t.Errorf("%+v", q.Debrief)
			}
		}
		d.line("+25h") // by then it stands
		d.rest()
		if q := d.request(); q.Debrief.Rep.Outcome != nudges.Stalled {
			t.Errorf("%+v", q.Debrief)
		}
		if p := d.with(rootSays); len(p) != 1 || !strings.Contains(string(p[0].Blocks), "Stalled") {
			t.Errorf("%+v", p)
		}
		d.marksOnce()
	})
}

// TestOldButtonsOfADebrief presses buttons of messages that somebody still has before them after the debrief was
// closed: each of the two is told so, and nothing changes.
func TestOldButtonsOfADebrief(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.start()
		d := &debriefed{rig: r, s: &story{r: r, hands: map[string]*hands.Hands{}}}
		d.line("team reps=dana channel=debriefs", "bond dana", "sam types /stepin @Dana Acme renewal",
			"sam presses I'll hold back", "sam closes", "at 09:40")
		r.view(func(rd storage.Reader) error {
			last, err := rd.LastRequest(nudges.UserID(who["sam"]))
			d.id = last.ID
			return err
		})
		d.line("sam goes to stepin", "sam presses Debrief together", "dana goes to stepin",
			"dana reads Where works for you?", "sam presses Moved on", "sam submits")
		d.rest()
		about := d.request()
		if about.Debrief.End != nudges.EndMoved {
			t.Fatalf("%+v", about)
		}
		for _, name := range []string{"dana", "sam"} {
			for _, action := range debriefActions {
				if asked := slices.Contains([]string{form.ActWhereChannel, form.ActWhereGroup, form.ActWhereNot},
					action); asked != (name == "dana") {
					continue // Dana was asked where, and has seen nothing else of it
				}
				for _, key := range []string{"", form.InThread} {
					got := d.answered(who[name], action, about, key)
					if !strings.Contains(got, "closed") {
						t.Errorf("%s presses %s and reads %q", name, action, got)
					}
					if now := d.request(); fmt.Sprintf("%+v", now) != fmt.Sprintf("%+v", about) {
						t.Fatalf("%s presses %s: it was\n%+v\nand is\n%+v", name, action, about, now)
					}
				}
			}
		}
	})
}

// TestArchivedAfterTheRoot archives the channel between a debrief's root and its questions: those are dropped, the
// manager is reminded all the same, and it can be logged and closed from elsewhere.
func TestArchivedAfterTheRoot(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.start()
		d := r.joined(" channel=debriefs")
		r.ws.Fail(sandbox.Fault{Method: "chat.postMessage", Skip: 1, Kind: sandbox.RateLimited, After: 2 * time.Minute})
		d.line("at 09:26")
		for len(d.with(rootSays)) == 0 {
			time.Sleep(time.Second)
		}
		d.line("sam archives debriefs", "+4m")
		d.rest()
		if len(d.with(repSays))+len(d.with(managerSays)) > 0 || len(d.with(rootSays)) != 1 {
			t.Errorf("said: %+v", d.with(""))
		}
		d.jump("2026-03-05 09:30")
		d.line("sam goes to stepin", "sam reads How did this call go?", "sam opens home",
			"sam presses Log what happened",
			"sam picks How did it go? = Lost", "sam submits", "sam goes to stepin", "dana opens home",
			"dana reads Acme renewal", "sam opens home")
		d.rest()
		if q := d.request(); q.Debrief.Outcome() != nudges.Lost {
			t.Errorf("%+v", q.Debrief)
		}
		d.jump("2026-03-13 09:30")
		if q := d.request(); q.Debrief.End != nudges.EndLapse {
			t.Errorf("%+v", q.Debrief)
		}
		d.marksOnce()
	})
}
