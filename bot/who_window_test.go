package bot

import (
	"maps"
	"strings"
	"testing"
	"time"

	"stepin/bot/check"
	"stepin/bot/health"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/world"
)

// unknown makes Sam somebody of whom Slack does not say who they are: their profile has changed, and cannot be read.
func (r *rig) unknown(name string) {
	r.t.Helper()
	r.ws.Fail(sandbox.Fault{Method: "users.info", Kind: sandbox.ServerError, Count: -1})
	if err := r.ws.Edit(r.t.Context(), who[name], true, func(p *world.Person) { p.StatusEmoji = ":tea:" }); err != nil {
		r.t.Fatal(err)
	}
	r.settle()
}

// Who submits a form, taps in it, under a message or in Home, or uses the shortcut while Slack does not say who they
// are, reads so. Nothing is done, nothing typed is lost, and a minute later it works.
func TestUnknownEverywhere(t *testing.T) {
	const says = "Slack isn't telling me who you are"
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		r.play("team approver=priya reps=dana")
		r.lines("sam types /stepin @Dana Acme renewal; sam presses Change; sam fills Start = 11:00; sam fills Which deal or call? = Globex")
		r.unknown("sam")
		was := r.everything()
		h := r.as("sam")
		form := h.Reads()
		if errs, err := h.Submit(); err != nil || len(errs) > 0 {
			t.Fatal(errs, err)
		}
		r.settle()
		if all := r.ws.Modals(who["sam"]); len(all) != 2 || !strings.Contains(h.Reads(), says) {
			t.Errorf("%d windows, and on top %s", len(all), h.Reads())
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		if got := h.Reads(); got != form {
			t.Errorf("the form was\n%s\nand is\n%s", form, got)
		}
		if err := h.Press("I'll hold back"); err != nil {
			t.Fatal(err)
		}
		r.settle()
		if got := h.Reads(); !strings.Contains(got, says) {
			t.Errorf("after a tap: %s", got)
		}
		r.lines("sam closes; sam closes")
		if err := r.ws.Shortcut(r.t.Context(), who["sam"], check.Shortcut); err != nil {
			t.Fatal(err)
		}
		r.settle()
		r.lines("sam reads " + says + "; sam closes; sam opens home; sam goes to home; sam reads " + says)
		if got := h.AtHome().Reads(); strings.Contains(got, "[") || strings.Contains(got, "Acme") {
			t.Errorf("Home: %s", got)
		}
		if is := r.everything(); !maps.Equal(was, is) {
			t.Errorf("something was done: %v, and then %v", was, is)
		}
		if n := r.count(health.EndedUnknown); n != 3 {
			t.Errorf("%d are counted", n)
		}
		r.ws.Mend()
		time.Sleep(time.Minute)
		r.lines("sam opens home; sam goes to home; sam reads Start here; sam types /stepin; sam presses I'll hold back")
		if !r.decided("sam") {
			t.Error("not decided")
		}
	})
}
