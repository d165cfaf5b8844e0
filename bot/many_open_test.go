package bot

import (
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"stepin/bot/form"
	"stepin/bot/sandbox"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
)

// TestManyOpenRequests: what a tap costs does not grow with how many requests a person has open. Home can show nine,
// and there are nine both times.
func TestManyOpenRequests(t *testing.T) {
	cost := map[string][]float64{}
	for _, n := range []int{9, 500} {
		inBubble(t, sandbox.Config{}, func(r *rig) {
			r.start()
			sam, now := nudges.UserID(who["sam"]), r.now()
			err := r.db.Update(r.t.Context(), func(tx storage.Tx) error {
				for i := range n {
					starts := now.Add(time.Duration(i+1) * time.Hour)
					q := nudges.Begin(nudges.RequestID(fmt.Sprint("R", i)), nudges.ByPause, sam, nudges.UserID(who["dana"]),
						fmt.Sprint("deal ", i), starts, 30*time.Minute, now).Request
					q.Decision = nudges.Decided(ladder.HoldBack)
					if err := tx.PutRequest(q); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				r.t.Fatal(err)
			}
			last := r.stored("sam")[0]
			count := func(what string, f func() error) {
				cost[what] = append(cost[what], testing.AllocsPerRun(20, func() {
					if err := f(); err != nil {
						r.t.Fatal(what, err)
					}
				}))
			}
			scenes := r.bot.answers.Scenes
			for _, s := range []form.Screen{form.CallScreen, form.VerdictScreen, form.StatusScreen, form.NoScreen} {
				count("screen "+string(s), func() error {
					scenes.Screen(r.t.Context(), s, form.HistoryFilter{}, last, sam)
					return nil
				})
			}
			count("Home", func() error {
				_, err := scenes.Home(r.t.Context(), sam)
				return err
			})
			count("/stepin", func() error {
				out, _, err := r.bot.answers.Handle(r.t.Context(), form.Input{
					Kind: form.Typed, User: sam, Identity: rand.Text(), Received: time.Now(),
					Text: "<@" + who["dana"] + "> Acme",
				})
				if out.Screen != form.CallScreen {
					err = errors.Join(err, errors.New("no window of the call"))
				}
				return err
			})
		})
	}
	for what, allocs := range cost {
		if few, many := allocs[0], allocs[1]; many > 1.1*few {
			t.Errorf("%s: %.0f allocations with 500 open requests, %.0f with 9", what, many, few)
		} else {
			t.Logf("%s: %.0f allocations with 500 open requests, %.0f with 9", what, many, few)
		}
	}
}
