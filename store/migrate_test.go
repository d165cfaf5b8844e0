package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"stepin/nudges"
)

var renew = flag.Bool("update", false, "write the old file of the newest format anew")

// migrationCases has, for each migration, what must be found in a file of the
// version that it makes, after all that follow.
var migrationCases = []func(*testing.T, *DB){
	func(t *testing.T, d *DB) {
		view(t, d, func(r nudges.Reader) error {
			same(t, aRequestOf1("R1"))(r.Request("R1"))
			same(t, nudges.Receipt{Channel: "D1", TS: "1551690000.000100", At: t0})(r.Receipt("R1/1/U1/card"))
			same(t, nudges.Person{ID: "U1", Zone: "Pacific/Apia", DM: "D1", ToldBy: "R1/1/U1/card", Unasked: "2011-12-31"})(r.Person("U1"))
			same(t, []byte("answer"))(r.Answered("envelope"))
			m, err := r.Message("R1/2/U1/asked")
			if err != nil || m.Kind != "asked" || !m.Due.Equal(t0.Add(time.Hour)) || m.Mark == "" {
				t.Errorf("message: %+v, %v", m, err)
			}
			q, err := r.SameCall("U1", "U2", "ACME renewal", "")
			if err != nil || q.ID != "R1" {
				t.Errorf("same call: %v, %v", q.ID, err)
			}
			h, err := r.History("R1")
			if err != nil || len(h) != 1 || h[0].Why != "decide" {
				t.Errorf("history: %v, %v", h, err)
			}
			return nil
		})
		if err := d.ClaimTeam(t.Context(), "T2"); !errors.Is(err, ErrOtherTeam) {
			t.Errorf("team: %v", err)
		}
	},
	func(t *testing.T, d *DB) {
		view(t, d, func(r nudges.Reader) error {
			same(t, another())(r.Request("R2"))
			same(t, aTeam())(r.Team("U1"))
			same(t, nudges.UserID("U1"))(r.TeamOf("U2"))
			same(t, nudges.Met)(r.Bond("U2", "U1"))
			same(t, nudges.Past{Took: t0, Coached: []nudges.Coached{{Skill: "Pricing", At: t0.Add(time.Hour)}}})(r.Past("U1", "U2", "ACME renewal", ""))
			got, err := r.PartOf("U8")
			if err != nil || len(got) != 1 || got[0].ID != "R2" {
				t.Errorf("part: %v, %v", got, err)
			}
			return nil
		})
	},
	func(t *testing.T, d *DB) {
		view(t, d, func(r nudges.Reader) error {
			same(t, aReminder())(r.Reminder("U1"))
			n := 0
			for who, err := range r.DueReminders(t0.Add(time.Hour)) {
				if n++; err != nil || who != "U1" {
					t.Errorf("due: %s, %v", who, err)
				}
			}
			if n != 1 {
				t.Errorf("%d are due", n)
			}
			return nil
		})
	},
	func(t *testing.T, d *DB) {
		view(t, d, func(r nudges.Reader) error {
			same(t, aDebrief("R3"))(r.Request("R3"))
			got, err := r.SharedDebriefs("U2", t0)
			if err != nil || len(got) != 1 || got[0].ID != "R3" {
				t.Errorf("shared: %v, %v", got, err)
			}
			same(t, []nudges.LearningDeal{aLearningDeal()})(r.Learning("U1"))
			p, err := r.Past("U1", "U2", "globex", "")
			if err != nil || p.Learn != aLearningDeal().What {
				t.Errorf("past: %+v, %v", p, err)
			}
			f, ok, err := r.Trust(t0)
			if want := (nudges.TrustFigure{Reps: 5, Answers: 5, Mean: 3}); err != nil || !ok || f != want {
				t.Errorf("trust: %+v, %v, %v", f, ok, err)
			}
			m, err := r.Message("R3/4/thread/root")
			if err != nil || m.With != "U2" {
				t.Errorf("message: %+v, %v", m, err)
			}
			return nil
		})
	},
	func(t *testing.T, d *DB) {
		view(t, d, func(r nudges.Reader) error {
			same(t, aDone("R4"))(r.Request("R4"))
			same(t, []nudges.RequestID{"R4"})(ids(r.DoneBefore(t0.Add(5 * time.Hour))))
			same(t, []nudges.RequestID{"R5"})(ids(r.FadedBefore(t0.Add(5 * time.Hour))))
			same(t, []nudges.Forget{{Who: "U7", At: t0, Own: true}})(r.Forgets())
			return nil
		})
	},
}

// aDone is a request that is done.
func aDone(id nudges.RequestID) nudges.Request {
	r := aDebrief(id)
	r.Phase, r.DoneAt = nudges.Done, t0.Add(5*time.Hour)
	return r
}

func ids(walk iter.Seq2[nudges.RequestID, error]) (all []nudges.RequestID, err error) {
	for id, err := range walk {
		if err != nil {
			return nil, err
		}
		all = append(all, id)
	}
	return all, nil
}

// What a file of version 4 has of requests that are done comes into the index by when they became so,
// and the names of deals go out of what envelopes were answered with.
func TestMigrationToKeeping(t *testing.T) {
	path := file(t)
	d, err := openWith(t.Context(), path, Options{NoSync: true}, migrations[:4])
	if err != nil {
		t.Fatal(err)
	}
	update(t, d, func(x nudges.Tx) error {
		own := x.(*tx)
		rec := recordOf(aDone("R4"), 1)
		rec.DoneAt = time.Time{}
		other := rec
		other.Phase = string(nudges.After)
		return errors.Join(
			own.save(requests, []byte("R4"), rec), own.save(requests, []byte("R6"), other),
			own.putTransition("R4", nudges.Transition{Seq: 1, By: "U1", At: t0.Add(5 * time.Hour), Why: "close"}),
			own.Record("e1", []byte(`{"s":"debrief","d":{"b":"U1","d":"Acme renewal","s":"2019-03-04T09:00:00Z"}}`), t0),
			own.Record("e2", []byte(`{"s":"note"}`), t0), own.Record("e3", []byte("old"), t0),
		)
	})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = opened(t, path, Options{})
	view(t, d, func(r nudges.Reader) error {
		same(t, aDone("R4"))(r.Request("R4"))
		same(t, []nudges.RequestID{"R4"})(ids(r.DoneBefore(t0.Add(5 * time.Hour))))
		same(t, []byte(`{"d":{"b":"U1","s":"2019-03-04T09:00:00Z"},"s":"debrief"}`))(r.Answered("e1"))
		same(t, []byte(`{"s":"note"}`))(r.Answered("e2"))
		same(t, []byte("old"))(r.Answered("e3"))
		return nil
	})
}

func aLearningDeal() nudges.LearningDeal {
	return nudges.LearningDeal{Manager: "U1", Rep: "U2", Deal: "Globex", What: "let them name the price first", At: t0}
}

func aReminder() nudges.Reminder {
	return nudges.Reminder{
		Person: "U1", State: nudges.ReminderOn, At: 540, Days: nudges.Workdays, Zone: "Europe/Berlin", Pinned: "Asia/Tokyo",
		Paused: "2019-03-05", Gone: true, Due: t0.Add(time.Hour), DueOn: "2019-03-04", Had: "2019-03-03", Snoozed: t0.Add(2 * time.Hour),
		First: "2019-03-01", Offered: "2019-03-02", Shown: "2019-03-03", ShownAt: t0, Again: 2,
		Said:  []nudges.SaidLine{{On: "2019-03-03", Line: nudges.Line{Kind: nudges.LinePlan, ID: "R1"}}},
		Skips: []nudges.Skip{{On: "2019-03-02", Kind: nudges.SkipAway}},
	}
}

func another() nudges.Request {
	r := aRequest("R2")
	r.Deal = "Globex"
	return r
}

func aTeam() nudges.Team {
	return nudges.Team{
		Manager: "U1", Policy: nudges.ByOthers, Reps: []nudges.UserID{"U2", "U3"}, Channel: "C1",
		Approvers: []nudges.Approver{{ID: "U8", Delegate: "U9", From: "2019-03-01", Until: "2019-03-08"}},
		Skills:    []nudges.Skill{{Name: "Pricing", Training: "Negotiation basics"}},
	}
}

// fill writes what the cases look for.
func fill(t *testing.T, d *DB) {
	t.Helper()
	update(t, d, func(tx nudges.Tx) error {
		return errors.Join(
			tx.PutRequest(aRequestOf1("R1"), nudges.Transition{Seq: 1, By: "U1", At: t0, Why: "decide"}),
			tx.Enqueue(t0, nudges.Message{Key: "R1/1/U1/card", Kind: "card", To: "U1", Request: "R1"},
				nudges.Message{Key: "R1/2/U1/asked", Kind: "asked", To: "U1", Request: "R1", Due: t0.Add(time.Hour)}),
			tx.Attempt("R1/1/U1/card"),
			tx.Settle("R1/1/U1/card", nudges.Receipt{Channel: "D1", TS: "1551690000.000100", At: t0}),
			tx.PutPerson(nudges.Person{ID: "U1", Zone: "Pacific/Apia", DM: "D1", ToldBy: "R1/1/U1/card", Unasked: "2011-12-31"}),
			tx.Record("envelope", []byte("answer"), t0),
			tx.PutRequest(another(), nudges.Transition{Seq: 1, By: "U1", At: t0, Why: "decide"}),
			tx.PutTeam(aTeam()),
			tx.PutBond("U2", "U1", nudges.Met),
			tx.PutReminder(aReminder()),
			tx.PutRequest(aDebrief("R3"), nudges.Transition{Seq: 1, By: "U1", At: t0, Why: "decide"}),
			tx.Enqueue(t0, nudges.Message{Key: "R3/4/thread/root", Kind: "root", To: "U1", With: "U2", Request: "R3", Due: t0.Add(time.Hour)}),
			tx.PutRequest(aDone("R4"), nudges.Transition{Seq: 1, By: "U1", At: t0.Add(5 * time.Hour), Why: "not-doing"}),
			tx.PutRequest(aDone("R5").Fade()),
			tx.PutForget(nudges.Forget{Who: "U7", At: t0, Own: true}),
			tx.PutLearning(aLearningDeal()),
			tx.PutTrust("U2", 1, t0), tx.PutTrust("U3", 2, t0), tx.PutTrust("U4", 3, t0), tx.PutTrust("U5", 4, t0), tx.PutTrust("U6", 5, t0),
			tx.Remember(
				nudges.LedgerEntry{Manager: "U1", Rep: "U2", Deal: "Acme renewal", Took: true, At: t0},
				nudges.LedgerEntry{Manager: "U1", Rep: "U2", Deal: "Acme renewal", Skill: "Pricing", At: t0.Add(time.Hour)},
			),
		)
	})
}

func oldFile(version int) string { return filepath.Join("testdata", fmt.Sprintf("v%d.db.gz", version)) }

func TestOldFiles(t *testing.T) {
	if len(migrationCases) != len(migrations) {
		t.Fatalf("%d cases for %d migrations: add a file and a case for each", len(migrationCases), len(migrations))
	}
	if *renew {
		path := file(t)
		d := opened(t, path, Options{Team: "T1", Now: func() time.Time { return t0 }})
		fill(t, d)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(read(t, path)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		write(t, oldFile(len(migrations)), b.Bytes())
	}
	for i, look := range migrationCases {
		t.Run(fmt.Sprint("v", i+1), func(t *testing.T) {
			path := file(t)
			write(t, path, unzipped(t, oldFile(i+1)))
			d := opened(t, path, Options{Team: "T1"})
			look(t, d)
			update(t, d, put("new"))
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			look(t, opened(t, path, Options{}))
		})
	}
}

func unzipped(t *testing.T, path string) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A migration to come: a copy is kept, all of it happens or nothing, and the old
// stepin then refuses the file.
func TestMigration(t *testing.T) {
	path := file(t)
	d := opened(t, path, Options{Team: "T1"})
	fill(t, d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	second := func(fail error) []migration {
		return append(append([]migration(nil), migrations...), func(tx *tx, _ time.Time) error {
			return errors.Join(tx.put(people, []byte("U5"), []byte(`{"dm":"D5"}`)), fail)
		})
	}
	before := read(t, path)
	if _, err := openWith(t.Context(), path, Options{NoSync: true}, second(errOnPurpose)); !errors.Is(err, errOnPurpose) {
		t.Errorf("failing migration: %v", err)
	}
	untouched(t, path, before)

	d, err := openWith(t.Context(), path, Options{NoSync: true}, second(nil))
	if err != nil {
		t.Fatal(err)
	}
	migrationCases[0](t, d)
	if !has(t, d, "U5") {
		t.Error("the migration is not there")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, Options{}); !errors.Is(err, ErrNewer) {
		t.Errorf("the old stepin: %v", err)
	}
	kept := fmt.Sprintf("%s.v%d.bak", path, len(migrations))
	info, err := os.Stat(kept)
	if err != nil || info.Mode().Perm() != fileMode {
		t.Fatalf("the copy: %v, %v", info, err)
	}
	d = opened(t, kept, Options{})
	migrationCases[0](t, d)
	if has(t, d, "U5") {
		t.Error("the copy was made after the migration")
	}
}

// What a crash leaves of a file in the making, or of a migration, is in nobody's way: the next
// start ends what was begun, and no private text stays under a name that nobody knows.
func TestInterrupted(t *testing.T) {
	bak := fmt.Sprintf(".v%d.bak", len(migrations))
	whole := file(t)
	d := opened(t, whole, Options{Team: "T1"})
	fill(t, d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	old := read(t, whole)
	// leave puts files where a crash would have left them.
	const draftLeft = "the draft of a dead process"
	leave := func(t *testing.T, path string, left map[string][]byte) {
		for suffix, b := range left {
			if suffix == draftLeft {
				dead(t, filepath.Dir(path), b)
			} else {
				write(t, path+suffix, b)
			}
		}
	}
	for name, left := range map[string]map[string][]byte{
		"nothing written":      {draftLeft: {}},
		"half written":         {draftLeft: old[:4096]},
		"whole, but not named": {draftLeft: old},
		"named twice":          {draftLeft: old, "": old},
	} {
		t.Run("making/"+name, func(t *testing.T) {
			path := file(t)
			leave(t, path, left)
			d := opened(t, path, Options{})
			update(t, d, put("new"))
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			if d = opened(t, path, Options{}); !has(t, d, "new") {
				t.Error("what was written is gone")
			}
			if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 1 {
				t.Errorf("more lies there than the file: %v, %v", all, err)
			}
		})
	}

	// second is a migration that is seen just before its commit.
	second := func(look func()) []migration {
		return append(append([]migration(nil), migrations...), func(tx *tx, _ time.Time) error {
			look()
			return tx.put(people, []byte("U5"), []byte(`{"dm":"D5"}`))
		})
	}
	path := file(t)
	write(t, path, old)
	atCommit := map[string][]byte{}
	d, err := openWith(t.Context(), path, Options{NoSync: true}, second(func() {
		atCommit[""], atCommit[bak] = read(t, path), read(t, path+bak)
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for name, left := range map[string]map[string][]byte{
		"no copy yet":            {"": old},
		"half a copy":            {"": old, draftLeft: old[:len(old)/2]},
		"a copy without a name":  {"": old, draftLeft: old},
		"a copy, no commit":      atCommit,
		"committed":              {"": read(t, path), bak: read(t, path+bak)},
		"committed, copy is old": {"": read(t, path), bak: old},
	} {
		t.Run("migration/"+name, func(t *testing.T) {
			path := file(t)
			leave(t, path, left)
			d, err := openWith(t.Context(), path, Options{NoSync: true}, second(func() {}))
			if err != nil {
				t.Fatal(err)
			}
			migrationCases[0](t, d)
			if !has(t, d, "U5") {
				t.Error("the migration is not there")
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			kept := opened(t, path+bak, Options{})
			migrationCases[0](t, kept)
			if has(t, kept, "U5") {
				t.Error("the copy was made after the migration")
			}
			all, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(all) != 2 {
				t.Errorf("more lies there than the file and its copy: %v, %v", all, err)
			}
		})
	}
}

// A take-over of version 1 was the manager's own, and so in force.
func TestGrantsOfVersion1(t *testing.T) {
	path := file(t)
	d, err := openWith(t.Context(), path, Options{NoSync: true}, migrations[:1])
	if err != nil {
		t.Fatal(err)
	}
	for state, id := range map[nudges.GrantState]nudges.RequestID{nudges.Given: "R1", nudges.Expired: "R2", nudges.NoGrant: "R3"} {
		r := aRequestOf1(id)
		r.Grant = nudges.Grant{State: state, Until: t0}
		update(t, d, func(tx nudges.Tx) error { return tx.PutRequest(r) })
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = opened(t, path, Options{})
	for id, want := range map[nudges.RequestID]bool{"R1": true, "R2": true, "R3": false} {
		view(t, d, func(r nudges.Reader) error {
			got, err := r.Request(id)
			if err != nil || got.Grant.EverGiven != want {
				t.Errorf("%s: %+v, %v", id, got.Grant, err)
			}
			return err
		})
	}
}

// Calls that were over when debriefs came get none: nothing becomes due by the new version, and their
// place among what the clock has to do is the one that they had.
func TestCallsBeforeDebriefs(t *testing.T) {
	path := file(t)
	d, err := openWith(t.Context(), path, Options{NoSync: true}, migrations[:3])
	if err != nil {
		t.Fatal(err)
	}
	made := func(id nudges.RequestID, decision nudges.Decision, p nudges.Phase, ends time.Time, g nudges.Grant) {
		r := aRequestOf1(id)
		r.Decision, r.Phase, r.Starts, r.Ends, r.Grant = decision, p, ends.Add(-time.Hour), ends, g
		update(t, d, func(tx nudges.Tx) error { return tx.PutRequest(r) })
	}
	none := nudges.Grant{State: nudges.NoGrant}
	made("over", nudges.Decided(nudges.Listen), nudges.After, t0.Add(-time.Hour), none)
	made("long over", nudges.Decided(nudges.HoldBack), nudges.After, t0.Add(-6*24*time.Hour), none)
	made("granted", nudges.Decided(nudges.TakeOver), nudges.After, t0.Add(-time.Minute), nudges.Grant{State: nudges.Given, Until: t0.Add(14 * time.Minute)})
	made("runs", nudges.Decided(nudges.Listen), nudges.During, t0.Add(time.Hour), none)
	made("to come", nudges.Decided(nudges.Listen), nudges.Before, t0.Add(48*time.Hour), none)
	made("done", nudges.Decided(nudges.Listen), nudges.Done, t0.Add(-time.Hour), none)
	// Version 3 knew of no debriefs, and so had a call that is over due after its week.
	if err := d.back.(boltBackend).db.Update(func(t *bolt.Tx) error {
		b := t.Bucket([]byte(bucketNames[ticks]))
		if err := b.ForEach(func(k, _ []byte) error { return b.Delete(k) }); err != nil {
			return err
		}
		for id, at := range map[string]time.Time{
			"over": t0.Add(-time.Hour + nudges.DebriefWindow), "long over": t0.Add(24 * time.Hour), "granted": t0.Add(14 * time.Minute),
			"runs": t0.Add(time.Hour), "to come": t0.Add(47 * time.Hour),
		} {
			if err := b.Put(append(appendTime(nil, at), id...), nil); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}

	d = opened(t, path, Options{})
	due := func(now time.Time) (all []nudges.RequestID) {
		view(t, d, func(r nudges.Reader) error {
			for id, err := range r.DueRequests(now) {
				if err != nil {
					return err
				}
				all = append(all, id)
			}
			return nil
		})
		return all
	}
	if got := due(t0); len(got) > 0 {
		t.Errorf("due after the update: %q", got)
	}
	want := []nudges.RequestID{"granted", "runs", "long over", "to come", "over"}
	if got := due(t0.Add(30 * 24 * time.Hour)); !slices.Equal(got, want) {
		t.Errorf("in the end %q are due, want %q", got, want)
	}
	// Each leaves the index as it goes on; a call that was still to end has its debrief.
	for _, id := range want {
		update(t, d, func(tx nudges.Tx) error {
			r, err := tx.Request(id)
			if err != nil {
				return err
			}
			at, ok := r.NextTick()
			for ok && r.Phase != nudges.Done && !r.DebriefDue(at) {
				o, err := nudges.Next(r, nudges.Tick{}, at)
				if err != nil {
					return err
				}
				if r = o.Request; r.Phase == nudges.Debrief {
					return fmt.Errorf("%s: a debrief by itself", id)
				}
				at, ok = r.NextTick()
			}
			if opens := ok && r.DebriefDue(at); opens != (id == "runs" || id == "to come") {
				t.Errorf("%s: its debrief opens: %v", id, opens)
			}
			return tx.PutRequest(r)
		})
	}
	if got := due(t0.Add(30 * 24 * time.Hour)); len(got) != 2 {
		t.Errorf("%q are left", got)
	}
}
