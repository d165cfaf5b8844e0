package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store/kv"
	"stepin/store/storetest"
)

// fill writes n requests of one manager, a call every hour, the last begun first in the day.
func fill(t testing.TB, d *DB, n int, edit func(i int, r *nudges.Request)) {
	t.Helper()
	update(t, d, func(tx storage.Tx) error {
		for i := range n {
			starts := storetest.T0.Add(time.Duration(i) * time.Hour)
			r := nudges.Request{
				ID: nudges.RequestID(fmt.Sprintf("R%03d", i)), Manager: "sam", Rep: "dana", Phase: nudges.Before,
				Starts: starts, Ends: starts.Add(30 * time.Minute), Begun: storetest.T0.Add(-time.Duration(i) * time.Minute),
			}
			if edit != nil {
				edit(i, &r)
			}
			if err := tx.PutRequest(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// What is found without decoding is what is found by decoding all, whatever people wrote.
func TestFindsWithoutDecoding(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	rnd := rand.New(rand.NewPCG(1, 2))
	zones := []*time.Location{time.UTC, time.FixedZone("", 5*60*60+45*60), time.FixedZone("", -9*60*60)}
	fill(t, d, 300, func(i int, r *nudges.Request) {
		r.Deal = []string{"", `"ends":"2000-01-01T00:00:00Z"`, `","phase":"debrief","starts":"2000-01-01T00:00:00Z"`}[rnd.IntN(3)]
		r.Plan = `"phase":"debrief"`
		r.Phase = []nudges.Phase{nudges.Before, nudges.During, nudges.After, nudges.Debrief, nudges.Done}[rnd.IntN(5)]
		r.Starts = storetest.T0.Add(time.Duration(rnd.IntN(600)) * time.Minute).In(zones[rnd.IntN(3)])
		r.Ends = r.Starts.Add(time.Duration(1+rnd.IntN(90))*time.Minute + time.Duration(rnd.IntN(2)))
		if i%50 == 0 {
			r.Starts, r.Ends = time.Time{}, time.Time{}
		}
	})
	view(t, d, func(r storage.Reader) error {
		names := func(all []nudges.Request, err error) (ids []nudges.RequestID) {
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range all {
				ids = append(ids, q.ID)
			}
			return ids
		}
		without := func(all []nudges.Request, err error, drop func(nudges.Request) bool) []nudges.RequestID {
			return names(slices.DeleteFunc(all, drop), err)
		}
		found := 0
		for range 200 {
			from := storetest.T0.Add(time.Duration(rnd.IntN(700)) * time.Minute)
			till := from.Add(time.Duration(rnd.IntN(60)) * time.Minute)
			since := storetest.T0.Add(-time.Duration(rnd.IntN(320)) * time.Minute)
			away := func(q nudges.Request) bool { return !q.Ends.After(from) || !q.Starts.Before(till) }
			open, err := storage.All(r.OpenRequests("sam"))
			of := nudges.Request{ID: "R007", Manager: "sam", Starts: from, Ends: till}
			want := without(open, err, func(q nudges.Request) bool { return q.ID == of.ID || away(q) })
			if got := names(storage.All(r.OpenAround(of))); !slices.Equal(got, want) {
				t.Fatalf("open from %v to %v: %v, want %v", from, till, got, want)
			}
			begun, err := r.Begun("sam", since)
			want = without(slices.Clone(begun), err, away)
			if got := names(r.BegunAround("sam", since, from, till)); !slices.Equal(got, want) {
				t.Fatalf("begun from %v to %v: %v, want %v", from, till, got, want)
			}
			want = without(begun, err, func(q nudges.Request) bool { return q.Phase != nudges.Debrief })
			if got := names(r.OpenDebriefs("sam", since)); !slices.Equal(got, want) {
				t.Fatalf("debriefs since %v: %v, want %v", since, got, want)
			}
			found += len(want)
		}
		if found == 0 {
			t.Error("no debrief was looked for")
		}
		return nil
	})
}

// What is asked about a moment costs as much with many requests as with one.
func TestManyRequestsCostNoMore(t *testing.T) {
	cost := func(n int) (allocs float64) {
		d := opened(t, storetest.File(t), Options{})
		fill(t, d, n, nil)
		view(t, d, func(r storage.Reader) error {
			allocs = testing.AllocsPerRun(20, func() {
				till := storetest.T0.Add(20 * time.Minute)
				of := nudges.Request{Manager: "sam", Starts: storetest.T0, Ends: till}
				found, err := storage.All(r.OpenAround(of))
				near, more := r.BegunAround("sam", storetest.T0.Add(-24*time.Hour), storetest.T0, till)
				if _, last := r.OpenDebriefs("sam", storetest.T0.Add(-24*time.Hour)); err != nil || more != nil || last != nil {
					t.Fatal(err, more, last)
				}
				if len(found) != 1 || len(near) != 1 {
					t.Fatalf("%d open and %d begun", len(found), len(near))
				}
			})
			return nil
		})
		return allocs
	}
	if one, many := cost(1), cost(500); many > 1.2*one {
		t.Errorf("%.0f allocations with 500 requests, %.0f with one", many, one)
	}
}

// What cannot be read is told of, also where only a look at it says that it is not asked for.
func TestFindsDamaged(t *testing.T) {
	for _, damage := range []string{"", "\x00\x00", "{", `{"n":1,"starts":"20`, `{"n":1,"starts":"no","ends":"no","phase":""}`, `{"phase":"done"`} {
		path := storetest.File(t)
		d := opened(t, path, Options{})
		fill(t, d, 2, nil)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		changed(t, path, func(tx *kv.Tx) error { return tx.Put(requests, []byte("R001"), []byte(damage)) })
		view(t, opened(t, path, Options{}), func(r storage.Reader) error {
			_, around := storage.All(r.OpenAround(nudges.Request{ID: "R000", Manager: "sam", Starts: storetest.T0, Ends: storetest.T0}))
			_, begun := r.BegunAround("sam", time.Time{}, storetest.T0, storetest.T0)
			_, debriefs := r.OpenDebriefs("sam", time.Time{})
			_, worded := r.Worded("sam")
			_, courses := storage.All(r.Courses("sam", time.Time{}))
			for what, err := range map[string]error{
				"open": around, "begun": begun, "debriefs": debriefs, "worded": worded, "courses": courses,
			} {
				if !errors.Is(err, ErrDamaged) {
					t.Errorf("%q, %s: %v", damage, what, err)
				}
			}
			return nil
		})
	}
}
