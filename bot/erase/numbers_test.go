package erase

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/mirror"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
	"stepin/store"
)

func pickOf[T any](rng *rand.Rand, all ...T) T { return all[rng.IntN(len(all))] }

// aCall is a call that is done with, of any kind.
func aCall(rng *rand.Rand, id int, manager nudges.UserID, at time.Time) nudges.Request {
	r := nudges.Request{
		ID: nudges.RequestID(fmt.Sprint("R", id)), Manager: manager, Rep: "dana", Deal: "zq", Phase: nudges.Done,
		Way:   pickOf(rng, nudges.ByPause, nudges.ByPause, nudges.ByNow, nudges.ByAsk, nudges.ByDebrief),
		Begun: at.Add(-time.Duration(rng.IntN(20*24)) * time.Hour), DoneAt: at,
		Decision: nudges.Decided(pickOf(rng, ladder.Rungs...)),
		Planned:  pickOf(rng, "", "", "", nudges.ClaimTold, nudges.ClaimWrong),
		Answers: verdict.Answers{
			verdict.QMotive:   pickOf(rng, append(verdict.Options(verdict.QMotive), "")...),
			verdict.QEstimate: pickOf(rng, append(verdict.Options(verdict.QEstimate), "")...),
			verdict.QPlan:     pickOf(rng, "", "next", verdict.OwnPlan),
		},
	}
	if r.Way == nudges.ByDebrief || rng.IntN(8) == 0 {
		r.Decision = nudges.Undecided
	}
	r.Grant.EverGiven = rng.IntN(2) == 0
	r.Plan = pickOf(rng, "", "zq")
	if r.HasPlan() {
		r.Debrief.DidPlan = pickOf(rng, append(nudges.PlanAnswers, "")...)
	}
	r.Debrief.Manager.Outcome = pickOf(rng, append(nudges.CallOutcomes, "")...)
	r.Debrief.Place = pickOf(rng, "", nudges.InGroup)
	r.Debrief.End = pickOf(rng, nudges.EndMoved, nudges.EndMoved, nudges.EndLapse, nudges.EndNever)
	return r
}

// What is kept once the words are gone is what was counted before, each call once: whatever the order in which words
// go, stepin starts again, somebody is forgotten, their motives are erased, or they are not counted for a while.
func TestCountsOutliveWords(t *testing.T) {
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 1))
		path := filepath.Join(t.TempDir(), "stepin.db")
		open := func() *store.DB {
			db, err := store.Open(t.Context(), path, store.Options{NoSync: true})
			if err != nil {
				t.Fatal(err)
			}
			return db
		}
		db, now, n := open(), forgetNow, 0
		people := []nudges.UserID{"sam", "ines", "lior"}
		want := map[nudges.UserID]mirror.Counts{"sam": {}, "ines": {}, "lior": {}}
		clock := func() time.Time { return now }
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		for range 60 {
			who := pickOf(rng, people...)
			f := Forgetter{Store: db, File: db, Now: clock, Keep: privacy.KeepUsual}
			switch rng.IntN(12) {
			case 0:
				_, err := f.Forget(t.Context(), privacy.Forget{Who: who, At: now})
				must(err)
				want[who] = mirror.Counts{}
			case 1:
				_, err := f.Forget(t.Context(), privacy.Forget{Who: who, At: now, Motives: true})
				must(err)
				want[who] = want[who].WithoutMotives()
			case 2, 3:
				must(db.Close())
				db = open()
			case 4, 5, 6:
				now = now.AddDate(0, 0, rng.IntN(6))
				_, err := retention(db, db).at(now).Expire(t.Context())
				must(err)
			default:
				must(db.Update(t.Context(), func(tx storage.Tx) error {
					for range 1 + rng.IntN(6) {
						r := aCall(rng, n, who, now)
						if err := tx.PutRequest(r); err != nil {
							return err
						}
						n++
						want[who].Add(mirror.Of(r))
					}
					return nil
				}))
			}
			for _, who := range people {
				got := counted(t, db, who)
				if !maps.Equal(got, want[who]) {
					t.Fatalf("seed %d, %s: kept %v\nbefore %v", seed, who, got, want[who])
				}
				sameWeeks(t, db, who, now)
			}
		}
		must(db.Close())
	}
}

// sameWeeks checks that Home counts the same from a request's course alone as from all of it.
func sameWeeks(t *testing.T, db storage.Store, who nudges.UserID, now time.Time) {
	t.Helper()
	err := db.View(t.Context(), func(r storage.Reader) error {
		all, err := r.Begun(who, now.Add(-2*mirror.FourWeeks))
		courses, more := storage.All(r.Courses(who, now.Add(-2*mirror.FourWeeks)))
		p := nudges.Person{ID: who}
		last, before := mirror.Weeks(p, slices.Values(all), now)
		if l, b := mirror.Weeks(p, slices.Values(courses), now); l != last || b != before {
			t.Errorf("by their courses %v and %v, and by all %v and %v", l, b, last, before)
		}
		return errors.Join(err, more)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (r Retention) at(now time.Time) Retention {
	r.Now = func() time.Time { return now }
	return r
}

func counted(t *testing.T, db storage.Store, who nudges.UserID) (all mirror.Counts) {
	t.Helper()
	err := db.View(t.Context(), func(r storage.Reader) error {
		months, err := r.Months(who)
		if err != nil {
			return err
		}
		worded, err := r.Worded(who)
		all = mirror.Kept(nudges.Person{ID: who}, months, worded)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A year after a month is over nothing of it is left; with "sensitive" off nothing is left at once, and nothing comes.
func TestCountsExpire(t *testing.T) {
	_, db := doneCalls(t)
	month := mirror.Month{Name: "2026-02", Counts: mirror.Counts{"self/led": 3}}
	add := func() {
		if err := db.Update(t.Context(), func(tx storage.Tx) error { return tx.AddMonth("sam", month) }); err != nil {
			t.Fatal(err)
		}
	}
	expire := func(r Retention) {
		if _, err := r.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	add()
	expire(retention(db, nil).at(time.Date(2027, 2, 28, 12, 0, 0, 0, time.UTC)))
	if got := counted(t, db, "sam"); got.Paused().Led != 3 {
		t.Errorf("in the year: %v", got)
	}
	expire(retention(db, nil).at(time.Date(2027, 3, 2, 0, 0, 0, 0, time.UTC)))
	if got := counted(t, db, "sam"); len(got) != 0 {
		t.Errorf("after the year: %v", got)
	}
	add()
	off := retention(db, nil)
	off.Keep.SensitiveOff = true
	expire(off)
	if got := counted(t, db, "sam"); len(got) != 0 {
		t.Errorf("with sensitive off: %v", got)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	if err := db.Update(t.Context(), func(tx storage.Tx) error {
		return tx.PutRequest(aCall(rng, 0, "sam", forgetNow.AddDate(0, 0, -40)))
	}); err != nil {
		t.Fatal(err)
	}
	expire(off)
	if got := counted(t, db, "sam"); len(got) != 0 {
		t.Errorf("counted with sensitive off: %v", got)
	}
}

// Nobody is counted who has said so: what loses its words meanwhile is not counted later either.
func TestUncountedLeavesNoCounts(t *testing.T) {
	_, db := doneCalls(t)
	rng, n := rand.New(rand.NewPCG(2, 2)), 0
	put := func(p nudges.Person, days int) {
		if err := db.Update(t.Context(), func(tx storage.Tx) error {
			for range 20 {
				if err := tx.PutRequest(aCall(rng, n, p.ID, forgetNow.AddDate(0, 0, -days))); err != nil {
					return err
				}
				n++
			}
			return tx.PutPerson(p)
		}); err != nil {
			t.Fatal(err)
		}
	}
	put(nudges.Person{ID: "sam", Uncounted: true}, 40)
	put(nudges.Person{ID: "ines", CountFrom: forgetNow.AddDate(0, 0, -40)}, 40)
	put(nudges.Person{ID: "lior"}, 40)
	if _, err := retention(db, nil).Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	for who, some := range map[nudges.UserID]bool{"sam": false, "ines": false, "lior": true} {
		if got := counted(t, db, who); (len(got) > 0) != some {
			t.Errorf("%s: %v", who, got)
		}
	}
}

// To be forgotten altogether is not lost where somebody asks for it before the erasing of their motives has begun.
func TestForgettingIsNotLostToMotives(t *testing.T) {
	_, db := doneCalls(t)
	who := nudges.UserID("U0SAM001")
	if err := db.Update(t.Context(), func(tx storage.Tx) error {
		return errors.Join(
			tx.AddMonth(who, mirror.Month{Name: "2026-02", Counts: mirror.Counts{"self/led": 3}}),
			tx.PutForget(privacy.Forget{Who: who, At: forgetNow.Add(time.Second), Own: true}),
		)
	}); err != nil {
		t.Fatal(err)
	}
	f := Forgetter{Store: db, Now: func() time.Time { return forgetNow }, Keep: privacy.KeepUsual}
	if _, err := f.Forget(t.Context(), privacy.Forget{Who: who, At: forgetNow, Own: true, Motives: true}); err != nil {
		t.Fatal(err)
	}
	if got := counted(t, db, who); len(got) != 0 {
		t.Errorf("counted still: %v", got)
	}
}

// To be forgotten altogether outlasts an erasing of motives that began before it.
func TestMotivesDoNotEndAForgetting(t *testing.T) {
	_, db := doneCalls(t)
	whole := privacy.Forget{Who: "U0SAM001", At: forgetNow.Add(time.Second), Own: true}
	f := Forgetter{Store: db, Now: func() time.Time { return forgetNow }, Keep: privacy.KeepUsual}
	f.Progress = func(string, int64, int64) { // while the calls are gone through
		if err := db.Update(t.Context(), func(tx storage.Tx) error { return tx.PutForget(whole) }); err != nil {
			t.Error(err)
		}
	}
	if _, err := f.Forget(t.Context(), privacy.Forget{Who: "U0SAM001", At: forgetNow, Own: true, Motives: true}); err != nil {
		t.Fatal(err)
	}
	if err := db.View(t.Context(), func(r storage.Reader) error {
		all, err := r.Forgets()
		if len(all) != 1 || all[0] != whole {
			t.Errorf("to be forgotten: %v", all)
		}
		q, more := r.Request("RNEW")
		if q.Answers[verdict.QMotive] != "" {
			t.Error("the motive is there still")
		}
		if err != nil {
			return err
		}
		return more
	}); err != nil {
		t.Fatal(err)
	}
}
