package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"stepin/nudges"
)

var t0 = time.Date(2019, 3, 4, 9, 0, 0, 123456789, time.UTC)

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

func file(t testing.TB) string { return filepath.Join(t.TempDir(), "stepin.db") }

func update(t testing.TB, d *DB, fn func(nudges.Tx) error) {
	t.Helper()
	if err := d.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, d *DB, fn func(nudges.Reader) error) {
	t.Helper()
	if err := d.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func aRequest(id nudges.RequestID) nudges.Request {
	r := aRequestOf1(id)
	r.Skill, r.Past = "Pricing", nudges.Past{Took: t0.Add(-24 * time.Hour), Coached: []nudges.Coached{{Skill: "Pricing", At: t0.Add(-time.Hour)}}}
	r.Word = nudges.Word{State: nudges.WordGiven, Guess: "a fact", Answer: nudges.CoachMe, Help: "their lawyer's name", At: t0}
	r.Claim, r.Note, r.Coaching = nudges.ClaimTold, nudges.NoteSent, nudges.Coaching{At: t0, Skill: "Pricing", Gave: nudges.GiveFact}
	r.Others = []nudges.Sent{{Key: string(id) + "/2/U8/ask", Kind: "ask", To: "U8"}}
	r.Grant.At, r.Grant.CoachFirst, r.Grant.Reason, r.Grant.Word = t0, true, "I want to lead", "Coach first"
	r.Grant.Route, r.Grant.Asked, r.Grant.Since = []nudges.UserID{"U8", "U9"}, 1, t0
	r.Grant.Reminded, r.Grant.Short, r.Grant.Nudged, r.Grant.EverGiven = true, true, t0, true
	return r
}

// aDebrief is a request that is talked over.
func aDebrief(id nudges.RequestID) nudges.Request {
	r := aRequest(id)
	r.Phase, r.Grant.State = nudges.Debrief, nudges.Expired
	r.Past.Learn = "let them name the price first"
	r.Debrief = nudges.Debriefing{
		State: nudges.DebriefShared, By: "U2", At: t0.Add(2 * time.Hour), Place: nudges.InChannel, Channel: "C1", Root: string(id) + "/3/thread/root",
		Asked: []string{"debrief-rep-take-over-1", "debrief-manager-take-over-2"}, Trouble: nudges.TroubleArchived, Told: true, Unclear: []string{"asks-rep"},
		ChaseAt: t0.Add(24 * time.Hour), NagAt: t0.Add(72 * time.Hour), ChaseOn: "2019-03-05", Chased: true, Nagged: true,
		Manager: nudges.Entry{Outcome: nudges.Lost, Route: "unsure", Coached: "Pricing", Learned: "wait", Link: "https://example.com/1", At: t0.Add(3 * time.Hour)},
		Rep:     nudges.Entry{Outcome: nudges.Won, Route: "yes", Coached: "Silence", Learned: "ask", Link: "https://example.com/2", At: t0.Add(4 * time.Hour)},
		Kept:    true, Trusted: true, End: nudges.EndSkip, EndBy: "U2", Reason: "a joint call",
	}
	return r
}

// aRequestOf1 is what a file of version 1 could hold.
func aRequestOf1(id nudges.RequestID) nudges.Request {
	return nudges.Request{
		ID: id, Manager: "U1", Way: nudges.ByPause, Policy: nudges.ByOthers,
		Rep: "U2", Deal: "Acme renewal", Starts: t0.Add(time.Hour), Ends: t0.Add(2 * time.Hour),
		Answers: nudges.Answers{nudges.Q7: nudges.NotYet}, Plan: "mute, and count to ten",
		Decision: nudges.Decided(nudges.TakeOver), Phase: nudges.Before,
		Grant: nudges.Grant{State: nudges.Asked, Until: t0.Add(30 * time.Minute), By: "U8", BreakGlass: true},
		Seq:   3, Begun: t0, DecidedAt: t0.Add(time.Minute), DecidedSeq: 2, Edits: 4, Card: string(id) + "/1/U1/card",
	}
}

// Every field comes back, from the file and from memory, also after the file was
// closed and opened.
func TestFieldsComeBack(t *testing.T) {
	for _, memory := range []bool{false, true} {
		path := file(t)
		d := opened(t, path, Options{Memory: memory})
		r := aDebrief("R1")
		r.DoneAt, r.Faded = t0.Add(5*time.Hour), true
		tr := nudges.Transition{
			Seq: 1, By: "U1", At: t0, Why: "decide",
			From: nudges.Situation{Decision: nudges.Undecided, Phase: nudges.Before, Grant: nudges.NoGrant},
			To:   nudges.Situation{Decision: nudges.Decided(nudges.Coach), Phase: nudges.Before, Grant: nudges.Asked},
		}
		m := nudges.Message{
			Key: "R1/1/U2/asked", Kind: "asked", To: "U2", Channel: "C1", With: "U9", Thread: "R1/0/U2/card", After: "R1/1/U2/word", Request: "R1",
			Edits: "R1/0/U2/card", While: nudges.While{Seq: 3, Phase: []nudges.Phase{nudges.Before, nudges.During}, Grant: []nudges.GrantState{nudges.Asked}, By: t0},
			Unsolicited: true, Due: t0.Add(time.Second),
		}
		p := nudges.Person{ID: "U1", Zone: "Pacific/Apia", DM: "D1", ToldBy: "R1/1/U1/card", Unasked: "2011-12-31", Away: t0, Read: t0}
		for _, v := range []any{r, r.Grant, r.Debrief, r.Debrief.Manager, r.Debrief.Rep, r.Past, r.Word, r.Coaching, tr, m, p} {
			noZeroField(t, v, "ID", "Mark", "Enqueued", "Tries", "Attempted", "Held")
		}
		update(t, d, func(tx nudges.Tx) error {
			return errors.Join(tx.PutRequest(r, tr), tx.Enqueue(t0, m), tx.PutPerson(p), tx.Record("env", []byte("yes"), t0))
		})
		if !memory {
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			d = opened(t, path, Options{})
		}
		view(t, d, func(x nudges.Reader) error {
			same(t, r)(x.Request("R1"))
			same(t, []nudges.Transition{tr})(x.History("R1"))
			got, err := x.Message(m.Key)
			if len(got.Mark) != 32 {
				t.Errorf("mark %q is not 128 bits of hex", got.Mark)
			}
			m.Mark, m.Enqueued = got.Mark, t0
			same(t, m)(got, err)
			same(t, p)(x.Person("U1"))
			same(t, nudges.Person{ID: "U7"})(x.Person("U7"))
			same(t, []byte("yes"))(x.Answered("env"))
			return nil
		})
	}
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

// same compares what came back.
func same[T any](t testing.TB, want T) func(T, error) {
	return func(got T, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("want %+v: %v", want, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

// The name of a deal stands in the request's record and in no index.
func TestIndexHasNoDeal(t *testing.T) {
	d := opened(t, file(t), Options{})
	update(t, d, func(tx nudges.Tx) error { return tx.PutRequest(aRequest("R1")) })
	if err := d.look(func(r *reader) error {
		for b := range bucketCount {
			for k, v := range r.scan(b, nil) {
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
	d := opened(t, file(t), Options{})
	r := aRequest("R1")
	update(t, d, func(tx nudges.Tx) error { return tx.PutRequest(r) })
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
		view(t, d, func(x nudges.Reader) error {
			got, err := x.SameCall(c.manager, c.rep, c.deal, c.except)
			if c.found && got.ID != "R1" || !c.found && !errors.Is(err, nudges.ErrNotFound) {
				t.Errorf("%+v: %q, %v", c, got.ID, err)
			}
			return nil
		})
	}
	r.Decision = nudges.Withdrawn
	update(t, d, func(tx nudges.Tx) error {
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
	d := Mem()
	defer d.Close() //nolint:errcheck // memory
	for name, fn := range map[string]func(nudges.Tx) error{
		"request without id":      func(tx nudges.Tx) error { return tx.PutRequest(nudges.Request{Manager: "U1"}) },
		"request without manager": func(tx nudges.Tx) error { return tx.PutRequest(nudges.Request{ID: "R"}) },
		"zero byte":               func(tx nudges.Tx) error { return tx.PutRequest(nudges.Request{ID: "R", Manager: "U\x00"}) },
		"message without key":     func(tx nudges.Tx) error { return tx.Enqueue(t0, nudges.Message{}) },
		"envelope without name":   func(tx nudges.Tx) error { return tx.Record("", nil, t0) },
		"person without id":       func(tx nudges.Tx) error { return tx.PutPerson(nudges.Person{}) },
		"transition 0":            func(tx nudges.Tx) error { return tx.PutRequest(aRequest("R"), nudges.Transition{}) },
		"transition twice": func(tx nudges.Tx) error {
			return tx.PutRequest(aRequest("R"), nudges.Transition{Seq: 1}, nudges.Transition{Seq: 1})
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
	d := opened(t, file(t), Options{})
	keep := 25 * time.Hour
	update(t, d, func(tx nudges.Tx) error {
		return errors.Join(
			tx.Record("old", nil, t0.Add(-keep-1)),
			tx.Record("older", []byte("x"), t0.Add(-keep-2)),
			tx.Record("just 25 h", []byte("y"), t0.Add(-keep)),
			tx.Record("again", []byte("1"), t0.Add(-keep-3)),
			tx.Record("again", []byte("2"), t0),
		)
	})
	for i, want := range []int{1, 1, 0} {
		update(t, d, func(tx nudges.Tx) error {
			n, err := tx.Sweep(t0.Add(-keep), 1)
			if n != want {
				t.Errorf("sweep %d took %d, want %d", i, n, want)
			}
			return err
		})
	}
	view(t, d, func(x nudges.Reader) error {
		same(t, []byte("y"))(x.Answered("just 25 h"))
		same(t, []byte("2"))(x.Answered("again"))
		for _, gone := range []string{"old", "older", "never"} {
			if _, err := x.Answered(gone); !errors.Is(err, nudges.ErrNotFound) {
				t.Errorf("%s: %v", gone, err)
			}
		}
		return nil
	})
}

func TestTeam(t *testing.T) {
	path := file(t)
	d := opened(t, path, Options{Team: "T1"})
	if err := d.ClaimTeam(t.Context(), "T1"); err != nil {
		t.Error(err)
	}
	err := d.ClaimTeam(t.Context(), "T2")
	if !errors.Is(err, ErrOtherTeam) || strings.Contains(err.Error(), ErrOtherTeam.Error()) || !strings.Contains(err.Error(), "T1") || !strings.Contains(err.Error(), "T2") {
		t.Errorf("another team: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	before := read(t, path)
	if _, err := Open(t.Context(), path, Options{Team: "T2"}); !errors.Is(err, ErrOtherTeam) {
		t.Errorf("another team at opening: %v", err)
	}
	untouched(t, path, before)
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func untouched(t testing.TB, path string, before []byte) {
	t.Helper()
	if string(read(t, path)) != string(before) {
		t.Error("the file was changed")
	}
}
