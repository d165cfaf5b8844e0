package bot

import (
	"strings"
	"testing"
	"time"

	"stepin/bot/sandbox"
)

// A new process knows no profile yet, and Slack does not say: the times that people read and
// fill in are still those of their own clocks.
func TestZoneWithoutProfile(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		h := r.as("sam")
		if err := h.Types("/stepin @Dana Acme renewal"); err != nil {
			t.Fatal(err)
		}
		r.settle()
		if err := h.Press("Change"); err != nil {
			t.Fatal(err)
		}
		r.settle()
		r.restart()
		r.ws.Fail(sandbox.Fault{Method: "users.info", Kind: sandbox.ServerError, Count: -1})
		if err := h.Fill("Start", "09:30"); err != nil {
			r.t.Fatal(err)
		}
		if errs, err := h.Submit(); err != nil || len(errs) > 0 {
			r.t.Fatal(errs, err)
		}
		r.settle()
		want := time.Date(2026, 3, 4, 8, 30, 0, 0, time.UTC)
		if open := r.stored("sam"); len(open) != 1 || !open[0].Starts.Equal(want) {
			r.t.Errorf("09:30 in Berlin became %+v", open)
		}
		if err := h.Press("I'll hold back"); err != nil {
			r.t.Fatal(err)
		}
		r.settle()
		if n, card := r.cards("sam", "Acme renewal"); n != 1 || !strings.Contains(card, "today 09:30") {
			r.t.Errorf("%d cards: %s", n, card)
		}
	})
}

// A display name or a deal of signs that show nothing is none: no button and no sentence has a hole where it stands.
func TestNameNobodyCanSee(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.ws.With(func(w sandbox.Held) { w.Person(who["dana"]).Name = "\u200b\u200d Example" }) // the display name is the first word
		r.start()
		h := r.as("sam")
		if err := h.Types("/stepin @\u200b\u200d Example \u3164\u200b"); err != nil {
			t.Fatal(err)
		}
		r.settle()
		if text := h.Reads(); !strings.Contains(text, "[Ask Example first]") || strings.Contains(text, "\u200b") {
			t.Errorf("the window reads %+q", text)
		}
		if err := h.Press("I'll hold back"); err != nil {
			t.Fatal(err)
		}
		r.settle()
		if n, card := r.cards("sam", "Example"); n != 1 || strings.Contains(card, "\u200b") {
			t.Errorf("%d cards: %+q", n, card)
		}
	})
}
