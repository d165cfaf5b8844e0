package bot

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/bot/form"
	"stepin/bot/sandbox"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/mirror"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
	"stepin/store"
)

// pastCalls are calls that somebody paused on, the last one a day ago, one every so often.
func pastCalls(who, rep string, n int, every time.Duration, now time.Time) (all []nudges.Request) {
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		begun := now.Add(-24*time.Hour - time.Duration(i)*every)
		r := nudges.Begin(nudges.RequestID(fmt.Sprintf("RPAST%04d", i)), nudges.ByPause, nudges.UserID(who),
			nudges.UserID(rep), "Acme renewal", begun.Add(time.Hour), 30*time.Minute, begun).Request
		r.Phase, r.DoneAt, r.Decision = nudges.Done, begun.Add(2*time.Hour), nudges.Decided(ladder.Rungs[rng.IntN(3)])
		r.Answers = verdict.Answers{
			verdict.QMotive: "forecast", verdict.QEstimate: "80", verdict.QPlan: "next", verdict.Q7: "alone", verdict.Q6: "theirs",
		}
		r.Debrief.Manager = nudges.Entry{Outcome: nudges.CallOutcomes[rng.IntN(4)], At: r.DoneAt}
		r.Debrief.DidPlan = "did"
		if now.Sub(begun) > 31*24*time.Hour {
			r.Deal, r.Anonymised = "", true
		}
		all = append(all, r)
	}
	return all
}

// TestPrivacyOfNumbers marks every text of somebody's own numbers, and looks for the marks in all that stepin sends, logs
// and measures. The leader of a team, its approver and its rep look at all that is theirs.
func TestPrivacyOfNumbers(t *testing.T) {
	inBubble(t, sandbox.Config{KeepCalls: -1}, func(r *rig) {
		t := r.t
		var texts strings.Builder
		for _, n := range words.Names() {
			for _, of := range []string{"mirror-", "guesses-", "motives-", "led-", "export-month"} {
				if strings.HasPrefix(n, of) {
					fmt.Fprintf(&texts, "{{define %q}}zqn-%s {{.N}} {{.First}}.{{end}}\n", n, n)
				}
			}
		}
		var err error
		if r.words, err = words.Load("marked", map[string]string{"texts.tmpl": texts.String()}); err != nil {
			t.Fatal(err)
		}
		r.start()
		err = r.db.Update(t.Context(), func(tx storage.Tx) error {
			for _, q := range pastCalls(who["sam"], who["dana"], 12, 4*24*time.Hour, r.now()) {
				if err := tx.PutRequest(q); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		others := ""
		for _, n := range []string{"dana", "lior", "priya", "ines"} {
			others += n + " opens home\n"
		}
		r.play(`team approver=priya reps=dana channel=debriefs
bond dana
sam asks to take over Acme renewal at 11:00 because Mine to give
sam closes
sam opens home
sam goes to home
sam reads zqn-mirror-many 7
sam presses How my guesses did
sam reads zqn-guesses-band
sam closes
sam goes to home
sam presses What made me want to step in
sam reads zqn-motives-line
sam closes
+1m
` + others + `priya goes to stepin
priya presses Approve
at 12:10
` + others + "sam opens home\nsam types /stepin export\n+1m")
		calls := r.ws.Calls()
		r.ownSurfacesOnly(calls, []string{
			"zqn-mirror-many 7", "zqn-mirror-before 5", "zqn-led-", "zqn-guesses-band", "zqn-guesses-led", "zqn-motives-line",
		})
		for _, p := range r.ws.People() {
			if p.ID == who["sam"] || p.Bot {
				continue
			}
			read := ""
			if v, ok := r.ws.Home(p.ID); ok {
				read = string(v.JSON)
			}
			for _, ch := range r.ws.Channels(p.ID) {
				for _, post := range r.ws.Posts(p.ID, ch.ID) {
					read += post.Text + string(post.Blocks) + string(post.Metadata)
				}
			}
			for _, private := range []string{"zqn", "four weeks", "forecast", "Odds"} {
				if strings.Contains(read, private) {
					t.Errorf("%s reads %q: %s", p.Name, private, read)
				}
			}
		}
		if said := r.log.String() + figures(r.bot); strings.Contains(said, "zqn") || strings.Contains(said, who["sam"]) {
			t.Errorf("logged or measured: %s", said)
		}
	})
}

// BenchmarkHomeOfAThousand draws the Home of somebody who has paused on 1,000 calls in a year, and their two windows. It
// reports the median and the 99th percentile of each.
func BenchmarkHomeOfAThousand(b *testing.B) {
	ws, url, people := crowd(b, 1)
	db, err := store.Temp(b.Context(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	bot, now, me := runBot(b, ws, url, db), time.Now(), nudges.UserID(people[0])
	for some := range slices.Chunk(pastCalls(people[0], "U0DANA01", 1000, 365*24*time.Hour/1000, now), 100) {
		if err := db.Update(b.Context(), func(tx storage.Tx) error {
			errs := []error{tx.PutPerson(nudges.Person{ID: me, ToldBy: "card"})}
			for _, q := range some {
				errs = append(errs, tx.PutRequest(q))
				if q.Anonymised {
					errs = append(errs, tx.AddMonth(me, mirror.Month{Name: mirror.MonthOf(q), Counts: mirror.Of(q)}))
				}
			}
			return errors.Join(errs...)
		}); err != nil {
			b.Fatal(err)
		}
	}
	scenes := bot.answers.Scenes
	window := func(s form.Screen) func() any {
		return func() any {
			return view.Modal(s, scenes.Screen(b.Context(), s, form.HistoryFilter{}, nudges.Request{}, me))
		}
	}
	for name, draw := range map[string]func() any{
		"home": func() any {
			h, err := scenes.Home(b.Context(), me)
			if err != nil || h.Mirror.Paused < 100 {
				b.Fatalf("%+v, %v", h.Mirror, err)
			}
			return view.HomeTab(h)
		},
		"guesses": window(form.GuessesScreen), "motives": window(form.MotivesScreen),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				draw()
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
