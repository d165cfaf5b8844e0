package bot

import (
	"strings"
	"testing"
	"time"

	"stepin/bot/form"
	"stepin/bot/sandbox"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// learning is what Sam has marked for learning.
func (r *rig) learning() (all []nudges.LearningDeal) {
	r.t.Helper()
	r.view(func(rd storage.Reader) (err error) {
		all, err = rd.Learning(nudges.UserID(who["sam"]))
		return err
	})
	return all
}

// begun are somebody's requests, also those whose call is over.
func (r *rig) begun(name string) (all []nudges.Request) {
	r.t.Helper()
	r.view(func(rd storage.Reader) (err error) {
		all, err = rd.Begun(nudges.UserID(who[name]), time.Time{})
		return err
	})
	return all
}

// TestLearningErrors: what cannot be marked is said on its field, and nothing is kept of it.
func TestLearningErrors(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		r.lines("sam opens home; sam presses Learning deals; sam fills Whose call is it? = Sam; sam fills Which deal = --; sam fills learn from it? =  ; sam submits")
		for _, want := range []string{
			"That's you. Who leads the call?", "Name the deal or call too",
			"Say in a few words what",
		} {
			r.lines("sam reads " + want)
		}
		if m := r.learning(); len(m) != 0 {
			r.t.Errorf("marked %+v", m)
		}
		r.lines("sam fills Whose call is it? = Dana; sam fills Which deal = Acme; sam fills learn from it? = To wait; sam submits")
		if m := r.learning(); len(m) != 1 || m[0].Deal != "Acme" || m[0].What != "To wait" ||
			m[0].Rep != nudges.UserID(who["dana"]) {
			r.t.Errorf("marked %+v", m)
		}
	})
}

// TestLearningReachesTheDebrief: a call that is over, and whose debrief is to come or open, says what
// stands now; somebody else's about the same rep and deal does not.
func TestLearningReachesTheDebrief(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		r.lines("sam types /stepin @Dana Acme; sam presses I'll hold back; sam closes; priya types /stepin @Dana Acme; priya presses I'll hold back; priya closes; sam types /stepin @Dana Hooli; sam presses I'll hold back; sam closes; at 09:31")
		r.lines("sam opens home; sam presses Learning deals; sam fills Whose call is it? = Dana; sam fills Which deal = ACME; sam fills learn from it? = To wait; sam submits")
		want := map[string]string{"Acme": "To wait", "Hooli": ""}
		look := func() {
			r.t.Helper()
			for _, q := range r.begun("sam") {
				if q.Phase == nudges.Before || q.Phase == nudges.During || q.Past.Learn != want[q.Deal] {
					r.t.Errorf("%s is %s, to learn %q", q.Deal, q.Phase, q.Past.Learn)
				}
			}
			if q := r.begun("priya"); len(q) != 1 || q[0].Past.Learn != "" {
				r.t.Errorf("Priya's says %+v", q)
			}
		}
		look()
		r.restart()
		r.lines("sam opens home; sam presses Learning deals; sam presses Remove; sam reads None yet.")
		want["Acme"] = ""
		look()
	})
}

// TestLearningMarksAreToldApart, though they were made at the same moment.
func TestLearningMarksAreToldApart(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		r.lines("sam types /stepin @Dana Acme; sam closes") // both are known now, and nothing else is under way
		now := r.ws.Now()
		for _, deal := range []string{"Acme", "Hooli", "Piper"} {
			out, _, err := r.bot.answers.Handle(r.t.Context(), form.Input{
				Kind: form.Submitted, Identity: deal, User: nudges.UserID(who["sam"]),
				Callback: string(form.LearningScreen),
				Form: map[string]string{
					form.ActRep: who["dana"], form.ActDeal: deal,
					form.ActLearn: "to wait for " + deal,
				},
				Received: time.Now(),
			})
			if err != nil || out.Screen != form.DoneScreen {
				r.t.Fatalf("%s: %+v, %v", deal, out, err)
			}
		}
		if !now.Equal(r.ws.Now()) {
			r.t.Fatal("they were made one after another")
		}
		ids := map[string]bool{}
		for _, l := range r.learning() {
			ids[form.LearningKey(l)] = true
		}
		if len(ids) != 3 {
			r.t.Fatalf("%d marks: %+v", len(ids), r.learning())
		}
		r.lines("sam opens home; sam presses Learning deals; sam presses Remove")
		if m := r.learning(); len(m) != 2 || strings.Contains(m[0].Deal+m[1].Deal, "Piper") {
			r.t.Errorf("left: %+v", m)
		}
	})
}
