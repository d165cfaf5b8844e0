package store

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
	"stepin/store/storetest"
)

func trusts(t *testing.T, d *DB, at time.Time, answers map[nudges.UserID][]int) {
	t.Helper()
	update(t, d, func(tx storage.Tx) error {
		for rep, all := range answers {
			for _, a := range all {
				if err := tx.PutTrust(rep, a, at); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func wantTrust(t *testing.T, d *DB, what string, since time.Time, want privacy.TrustFigure) {
	t.Helper()
	view(t, d, func(r storage.Reader) error {
		got, ok, err := r.Trust(since)
		if err != nil || got != want || ok != (want.Reps > 0) {
			t.Errorf("%s: %+v, %v, %v; want %+v", what, got, ok, err, want)
		}
		return nil
	})
}

// A figure has five distinct reps behind it, whatever the number of answers, and goes by months.
func TestTrustHasFiveBehindIt(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	march, april := storetest.T0, storetest.T0.AddDate(0, 1, 0)
	trusts(t, d, march, map[nudges.UserID][]int{"U1": {5, 5, 5, 5, 5, 5}, "U2": {4}, "U3": {3}, "U4": {1}})
	wantTrust(t, d, "four reps, nine answers", march, privacy.TrustFigure{})
	trusts(t, d, april, map[nudges.UserID][]int{"U1": {1, 2}})
	wantTrust(t, d, "one of them again", march, privacy.TrustFigure{})
	trusts(t, d, april, map[nudges.UserID][]int{"U5": {2}})
	all := privacy.TrustFigure{Reps: 5, Answers: 12, Mean: (30 + 4 + 3 + 1 + 3 + 2) / 12.}
	wantTrust(t, d, "a fifth", march, all)
	wantTrust(t, d, "any moment of the month is the same", time.Date(2019, 3, 31, 23, 59, 59, 0, time.UTC), all)
	wantTrust(t, d, "a year before", storetest.T0.AddDate(-1, 0, 0), all)
	wantTrust(t, d, "two in April", april, privacy.TrustFigure{})
	wantTrust(t, d, "nobody in May", april.AddDate(0, 1, 0), privacy.TrustFigure{})

	for _, answer := range []int{0, 6, -1, 256 + 3} {
		if err := d.Update(t.Context(),
			func(tx storage.Tx) error { return tx.PutTrust("U6", answer, april) }); !errors.Is(err, nudges.ErrUnknown) {
			t.Errorf("an answer of %d: %v", answer, err)
		}
	}
	if err := d.Update(t.Context(), func(tx storage.Tx) error { return tx.PutTrust("", 3, april) }); err == nil {
		t.Error("an answer of nobody")
	}
}

// The file does not say in plain whose answer it is, about whom, or when: the month alone.
func TestTrustNamesNobody(t *testing.T) {
	path := storetest.File(t)
	d := opened(t, path, Options{})
	const rep = "URAREREPNAME"
	trusts(t, d, storetest.T0, map[nudges.UserID][]int{rep: {2, 4}})
	trusts(t, d, storetest.T0.Add(20*24*time.Hour), map[nudges.UserID][]int{rep: {5}})
	if err := d.look(func(r *reader) error {
		n := 0
		for k, v := range r.Scan(trust, nil) {
			at, err := timeAt(trust, k)
			if n++; err != nil || !at.Equal(time.Date(2019, 3, 1, 0, 0, 0, 0, time.UTC)) || len(k) != timeSize+32 ||
				string(v) != "\x02\x04\x05" {
				t.Errorf("%x: %x, %v", k, v, err)
			}
		}
		if n != 1 {
			t.Errorf("%d entries of one rep in one month", n)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	storetest.Close(t, d)
	raw := storetest.Read(t, path)
	for _, plain := range []string{rep, "URAREREP"} {
		if bytes.Contains(raw, []byte(plain)) {
			t.Errorf("%s stands in the file", plain)
		}
	}
}

func TestLearningDeals(t *testing.T) {
	path := storetest.File(t)
	d := opened(t, path, Options{})
	what := func(deal string, rep nudges.UserID) string {
		t.Helper()
		var p verdict.Past
		view(t, d, func(r storage.Reader) (err error) {
			p, err = r.Past("U1", rep, deal, "Pricing")
			return err
		})
		return p.Learn
	}
	mark := func(deal, what string, at time.Time) {
		t.Helper()
		update(t, d, func(tx storage.Tx) error {
			return tx.PutLearning(nudges.LearningDeal{Manager: "U1", Rep: "U2", Deal: deal, What: what, At: at})
		})
	}
	mark("Acme renewal", "silence", storetest.T0)
	mark("Globex", "price", storetest.T0.Add(time.Hour))
	if got := what("  ACME — Renewal!", "U2"); got != "silence" {
		t.Errorf("spelt otherwise: %q", got)
	}
	for deal, rep := range map[string]nudges.UserID{"Acme": "U2", "Acme renewal": "U3", "": "U2"} {
		if got := what(deal, rep); got != "" {
			t.Errorf("%q with %s: %q", deal, rep, got)
		}
	}
	mark("acme RENEWAL", "who signs", storetest.T0.Add(2*time.Hour))
	view(t, d, func(r storage.Reader) error {
		storetest.Same(t, []nudges.LearningDeal{
			{Manager: "U1", Rep: "U2", Deal: "acme RENEWAL", What: "who signs", At: storetest.T0.Add(2 * time.Hour)},
			{Manager: "U1", Rep: "U2", Deal: "Globex", What: "price", At: storetest.T0.Add(time.Hour)},
		})(r.Learning("U1"))
		storetest.Same(t, []nudges.LearningDeal(nil))(r.Learning("U"))
		return nil
	})
	mark("Acme Renewal.", "", storetest.T0)
	if got := what("Acme renewal", "U2"); got != "" {
		t.Errorf("taken off: %q", got)
	}
	for _, l := range []nudges.LearningDeal{
		{Manager: "U1", Rep: "U2", Deal: " — ", What: "x"},
		{Rep: "U2", Deal: "A", What: "x"},
		{Manager: "U1", Deal: "A", What: "x"},
	} {
		if err := d.Update(t.Context(), func(tx storage.Tx) error { return tx.PutLearning(l) }); err == nil {
			t.Errorf("%+v is kept", l)
		}
	}
}

// What was noted of a call that was not held is taken back, and the ledger is as it would have been.
func TestTheLedgerTakesBack(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	took := func(deal, skill string, at time.Time) nudges.LedgerEntry {
		return nudges.LedgerEntry{Manager: "U1", Rep: "U2", Deal: deal, Skill: skill, Took: true, At: at}
	}
	back := func(deal, skill string, at time.Time) nudges.LedgerEntry {
		return nudges.LedgerEntry{Manager: "U1", Rep: "U2", Deal: deal, Skill: skill, Took: true, Not: at}
	}
	coached := func(deal, skill string, at time.Time) nudges.LedgerEntry {
		return nudges.LedgerEntry{Manager: "U1", Rep: "U2", Deal: deal, Skill: skill, At: at}
	}
	day := func(n int) time.Time { return storetest.T0.AddDate(0, 0, n) }
	pricing := func(n int) []verdict.Coached { return []verdict.Coached{{Skill: "Pricing", At: day(n)}} }
	for i, tt := range []struct {
		name    string
		entries []nudges.LedgerEntry
		want    verdict.Past // of the deal alone
	}{
		{"the only one", []nudges.LedgerEntry{took("A", "", day(0)), back("A", "", day(0))}, verdict.Past{}},
		{
			"the second",
			[]nudges.LedgerEntry{took("A", "", day(0)), took("A", "", day(1)), back("A", "", day(1))},
			verdict.Past{Took: day(0)},
		},
		{
			"the first of two",
			[]nudges.LedgerEntry{took("A", "", day(0)), took("A", "", day(1)), back("A", "", day(0))},
			verdict.Past{Took: day(1)},
		},
		{"both, the first first", []nudges.LedgerEntry{
			took("A", "", day(0)), took("A", "", day(1)),
			back("A", "", day(0)), back("A", "", day(1)),
		}, verdict.Past{}},
		{"both, the second first", []nudges.LedgerEntry{
			took("A", "", day(0)), took("A", "", day(1)),
			back("A", "", day(1)), back("A", "", day(0)),
		}, verdict.Past{}},
		{"twice", []nudges.LedgerEntry{
			took("A", "", day(0)), took("A", "", day(1)), back("A", "", day(1)),
			back("A", "", day(1)),
		}, verdict.Past{Took: day(0)}},
		{"and held after all", []nudges.LedgerEntry{
			took("A", "", day(0)), back("A", "", day(0)),
			took("A", "", day(0)),
		}, verdict.Past{Took: day(0)}},
		{
			"one that was never noted",
			[]nudges.LedgerEntry{took("A", "", day(0)), back("A", "", day(3))},
			verdict.Past{Took: day(0)},
		},
		{
			"what was coached before comes back",
			[]nudges.LedgerEntry{
				took("A", "", day(0)),
				coached("A", "Pricing", day(1)), took("A", "", day(2)), back("A", "", day(2)),
			},
			verdict.Past{Took: day(0), Coached: pricing(1)},
		},
		{"what was coached before does not count", []nudges.LedgerEntry{
			coached("A", "Pricing", day(1)),
			took("A", "", day(2)),
		}, verdict.Past{Took: day(2)}},
		{
			"what was coached since counts",
			[]nudges.LedgerEntry{took("A", "", day(0)), coached("A", "Pricing", day(1))},
			verdict.Past{Took: day(0), Coached: pricing(1)},
		},
		{
			"the skill's other deal lends this one nothing",
			[]nudges.LedgerEntry{
				took("B", "Pricing", day(0)), took("A", "Pricing", day(1)),
				back("A", "Pricing", day(1)),
			},
			verdict.Past{},
		},
	} {
		var mine []nudges.LedgerEntry
		rep := nudges.UserID(fmt.Sprint("V", i))
		for _, e := range tt.entries {
			e.Rep = rep
			mine = append(mine, e)
		}
		update(t, d, func(tx storage.Tx) error { return tx.Remember(mine...) })
		view(t, d, func(r storage.Reader) error {
			got, err := r.Past("U1", rep, "a", "")
			if err != nil || !got.Took.Equal(tt.want.Took) || fmt.Sprint(got.Coached) != fmt.Sprint(tt.want.Coached) {
				t.Errorf("%s: %+v, %v; want %+v", tt.name, got, err, tt.want)
			}
			if tt.name == "the skill's other deal lends this one nothing" {
				if got, err := r.Past("U1", rep, "", "pricing"); err != nil || !got.Took.Equal(day(0)) {
					t.Errorf("the skill: %+v, %v", got, err)
				}
			}
			return nil
		})
	}
}

// A debrief that a rep has opened is not what the manager did last, and so fills in nothing for them.
func TestARepsDebriefIsNotTheManagersLast(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	own := storetest.Request("R1")
	theirs := nudges.BeginDebrief("R2", "U2", "U1", "A deal of the rep's own", storetest.T0, nudges.InGroup,
		nudges.DebriefFacts{}, storetest.T0.Add(time.Hour))
	update(t, d, func(tx storage.Tx) error {
		return errors.Join(tx.PutRequest(own), tx.PutRequest(theirs.Request, theirs.Transitions...))
	})
	view(t, d, func(r storage.Reader) error {
		got, err := r.LastRequest("U1")
		if err != nil || got.ID != "R1" {
			t.Errorf("last: %q, %v", got.ID, err)
		}
		shared, err := r.SharedDebriefs("U2", storetest.T0)
		if err != nil || len(shared) != 1 || shared[0].ID != "R2" {
			t.Errorf("shared: %v, %v", shared, err)
		}
		if shared, err = r.SharedDebriefs("U2", storetest.T0.Add(2*time.Hour)); err != nil || len(shared) != 0 {
			t.Errorf("since later: %v, %v", shared, err)
		}
		if shared, err = r.SharedDebriefs("U1", storetest.T0); err != nil || len(shared) != 0 {
			t.Errorf("the manager's: %v, %v", shared, err)
		}
		part, err := r.PartOf("U2")
		if err != nil || len(part) != 1 || part[0].ID != "R2" {
			t.Errorf("part: %v, %v", part, err)
		}
		return nil
	})
}
