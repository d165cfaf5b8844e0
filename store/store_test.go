package store

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/store/storetest"
)

// opened opens a store whose file is not synced, and closes it at the test's end.
func opened(t testing.TB, path string, o Options) *DB {
	t.Helper()
	o.NoSync = true
	d, err := Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // closed before, or without meaning to the test
	return d
}

func update(t testing.TB, d *DB, fn func(storage.Tx) error) {
	t.Helper()
	if err := d.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func put(id string) func(storage.Tx) error {
	return func(tx storage.Tx) error { return tx.PutPerson(nudges.Person{ID: nudges.UserID(id), DM: id}) }
}

func has(t testing.TB, d *DB, id string) (ok bool) {
	t.Helper()
	view(t, d, func(r storage.Reader) error {
		p, err := r.Person(nudges.UserID(id))
		ok = p.DM != ""
		return err
	})
	return ok
}

func view(t testing.TB, d *DB, fn func(storage.Reader) error) {
	t.Helper()
	if err := d.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// Every field comes back after the file was closed and opened.
func TestFieldsComeBack(t *testing.T) {
	path := storetest.File(t)
	d := opened(t, path, Options{})
	r := storetest.Debrief("R1")
	// What files of an earlier date lack, and storetest.Debrief with them.
	r.Debrief.StandsAt, r.Debrief.RepHas = storetest.T0.Add(26*time.Hour), storetest.T0.Add(25*time.Hour)
	r.Debrief.Closing, r.Debrief.DidPlan = nudges.EndMoved, "did"
	r.Heard, r.NoteWas, r.Word.Seq = nudges.Decided(ladder.CoPilot), nudges.Undecided, 3
	r.Word.Unanswered, r.Word.Refused, r.AnswerKey = true, true, "R1/3/U2/answered"
	r.Planned, r.Present = nudges.ClaimTold, true
	r.NoteText, r.NoteKey = "You lead.", "R1/3/U2/from-manager"
	r.DoneAt, r.Anonymised, r.Uncounted = storetest.T0.Add(5*time.Hour), true, true
	tr := nudges.Transition{
		Seq: 1, By: "U1", At: storetest.T0, Why: "decide",
		From: nudges.Situation{Decision: nudges.Undecided, Phase: nudges.Before, Grant: nudges.NoGrant},
		To:   nudges.Situation{Decision: nudges.Decided(ladder.Coach), Phase: nudges.Before, Grant: nudges.Asked},
	}
	m := nudges.Message{
		Key: "R1/1/U2/asked", Kind: "asked", To: "U2", Channel: "C1", With: "U9", Thread: "R1/0/U2/card",
		After: "R1/1/U2/word", Request: "R1",
		Edits: "R1/0/U2/card", While: nudges.While{
			Seq: 3, Phase: []nudges.Phase{nudges.Before, nudges.During},
			Grant: []nudges.GrantState{nudges.Asked}, By: storetest.T0, Joins: true,
			Heard: nudges.Withdrawn,
		},
		Unsolicited: true, Due: storetest.T0.Add(time.Second),
	}
	p := nudges.Person{
		ID: "U1", Zone: "Pacific/Apia", SlackHours: nudges.Hours12, OwnHours: nudges.Hours24, DM: "D1", ToldBy: "R1/1/U1/card", Unasked: "2011-12-31",
		Away: storetest.T0, Read: storetest.T0, Member: storetest.T0, Used: true,
		Hidden: true, Uncounted: true, CountFrom: storetest.T0,
	}
	for _, v := range []any{
		r, r.Grant, r.Debrief, r.Debrief.Manager, r.Debrief.Rep, r.Past, r.Word, r.Coaching, tr, m,
		p,
	} {
		noZeroField(t, v, "ID", "Mark", "Enqueued", "Tries", "Attempted", "Held")
	}
	update(t, d, func(tx storage.Tx) error {
		return errors.Join(tx.PutRequest(r, tr), tx.Enqueue(storetest.T0, m), tx.PutPerson(p),
			tx.Record("env", []byte("yes"), storetest.T0))
	})
	storetest.Close(t, d)
	d = opened(t, path, Options{})
	view(t, d, func(x storage.Reader) error {
		storetest.Same(t, r)(x.Request("R1"))
		storetest.Same(t, []nudges.Transition{tr})(x.History("R1"))
		got, err := x.Message(m.Key)
		if len(got.Mark) != 32 {
			t.Errorf("mark %q is not 128 bits of hex", got.Mark)
		}
		m.Mark, m.Enqueued = got.Mark, storetest.T0
		storetest.Same(t, m)(got, err)
		storetest.Same(t, p)(x.Person("U1"))
		storetest.Same(t, nudges.Person{ID: "U7"})(x.Person("U7"))
		storetest.Same(t, []byte("yes"))(x.Answered("env"))
		return nil
	})
}

// noZeroField makes the test above fail when a domain type has grown a field that
// it does not fill, and that a record may therefore lack.
func noZeroField(t *testing.T, v any, but ...string) {
	t.Helper()
	s := reflect.ValueOf(v)
	for i := range s.NumField() {
		name := s.Type().Field(i).Name
		if s.Field(i).IsZero() && !strings.Contains(" "+strings.Join(but, " ")+" ", " "+name+" ") {
			t.Errorf("%T.%s is not filled, so nobody would see it lost", v, name)
		}
	}
}

// The name of a deal stands in the request's record and in no index.
func TestIndexHasNoDeal(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	update(t, d, func(tx storage.Tx) error { return tx.PutRequest(storetest.Request("R1")) })
	if err := d.look(func(r *reader) error {
		for _, b := range slices.Concat(newTables...) {
			for k, v := range r.Scan(b, nil) {
				if all := strings.ToLower(string(k) + string(v)); strings.Contains(all, "acme") && b != requests {
					t.Errorf("%s has the deal's name", b)
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestSameCall(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	r := storetest.Request("R1")
	update(t, d, func(tx storage.Tx) error { return tx.PutRequest(r) })
	for _, c := range []struct {
		manager, rep nudges.UserID
		deal         string
		except       nudges.RequestID
		found        bool
	}{
		{"U1", "U2", "Acme renewal", "", true},
		{"U1", "U2", "  ACME — Renewal!", "", true},
		{"U1", "U2", "Acme renewal", "R1", false},
		{"U1", "U2", "Acme", "", false},
		{"U1", "U3", "Acme renewal", "", false},
		{"U3", "U2", "Acme renewal", "", false},
	} {
		view(t, d, func(x storage.Reader) error {
			got, err := x.SameCall(c.manager, c.rep, c.deal, c.except)
			if c.found && got.ID != "R1" || !c.found && !errors.Is(err, nudges.ErrNotFound) {
				t.Errorf("%+v: %q, %v", c, got.ID, err)
			}
			return nil
		})
	}
	r.Decision = nudges.Withdrawn
	update(t, d, func(tx storage.Tx) error {
		if err := tx.PutRequest(r); err != nil {
			return err
		}
		if _, err := tx.SameCall("U1", "U2", "Acme renewal", ""); !errors.Is(err, nudges.ErrNotFound) {
			t.Errorf("a withdrawn request is found: %v", err)
		}
		return nil
	})
}

func TestBadNames(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	for name, fn := range map[string]func(storage.Tx) error{
		"request without id":      func(tx storage.Tx) error { return tx.PutRequest(nudges.Request{Manager: "U1"}) },
		"request without manager": func(tx storage.Tx) error { return tx.PutRequest(nudges.Request{ID: "R"}) },
		"zero byte": func(tx storage.Tx) error {
			return tx.PutRequest(nudges.Request{
				ID:      "R",
				Manager: "U\x00",
			})
		},
		"message without key":   func(tx storage.Tx) error { return tx.Enqueue(storetest.T0, nudges.Message{}) },
		"envelope without name": func(tx storage.Tx) error { return tx.Record("", nil, storetest.T0) },
		"person without id":     func(tx storage.Tx) error { return tx.PutPerson(nudges.Person{}) },
		"transition 0": func(tx storage.Tx) error {
			return tx.PutRequest(storetest.Request("R"),
				nudges.Transition{})
		},
		"transition twice": func(tx storage.Tx) error {
			return tx.PutRequest(storetest.Request("R"), nudges.Transition{Seq: 1}, nudges.Transition{Seq: 1})
		},
	} {
		if err := d.Update(t.Context(), fn); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	now, err := d.Now()
	if err != nil || now.Requests != 0 {
		t.Errorf("something stayed: %+v, %v", now, err)
	}
}

func TestSweep(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	keep := 25 * time.Hour
	update(t, d, func(tx storage.Tx) error {
		return errors.Join(
			tx.Record("old", nil, storetest.T0.Add(-keep-1)),
			tx.Record("older", []byte("x"), storetest.T0.Add(-keep-2)),
			tx.Record("just 25 h", []byte("y"), storetest.T0.Add(-keep)),
			tx.Record("again", []byte("1"), storetest.T0.Add(-keep-3)),
			tx.Record("again", []byte("2"), storetest.T0),
		)
	})
	for i, want := range []int{1, 1, 0} {
		update(t, d, func(tx storage.Tx) error {
			n, err := tx.Sweep(storetest.T0.Add(-keep), 1)
			if n != want {
				t.Errorf("sweep %d took %d, want %d", i, n, want)
			}
			return err
		})
	}
	view(t, d, func(x storage.Reader) error {
		storetest.Same(t, []byte("y"))(x.Answered("just 25 h"))
		storetest.Same(t, []byte("2"))(x.Answered("again"))
		for _, gone := range []string{"old", "older", "never"} {
			if _, err := x.Answered(gone); !errors.Is(err, nudges.ErrNotFound) {
				t.Errorf("%s: %v", gone, err)
			}
		}
		return nil
	})
}

func TestTeam(t *testing.T) {
	path := storetest.File(t)
	d := opened(t, path, Options{Team: "T1"})
	if err := d.ClaimTeam(t.Context(), "T1"); err != nil {
		t.Error(err)
	}
	err := d.ClaimTeam(t.Context(), "T2")
	if !errors.Is(err, ErrOtherTeam) || strings.Contains(err.Error(), ErrOtherTeam.Error()) ||
		!strings.Contains(err.Error(), "T1") || !strings.Contains(err.Error(), "T2") {
		t.Errorf("another team: %v", err)
	}
	storetest.Close(t, d)
	before := storetest.Read(t, path)
	if _, err := Open(t.Context(), path, Options{Team: "T2"}); !errors.Is(err, ErrOtherTeam) {
		t.Errorf("another team at opening: %v", err)
	}
	storetest.Untouched(t, path, before)
}
