package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/store/storetest"
)

var renew = flag.Bool("update", false, "rewrite the old file of the newest format")

// What a file of version 4 has of requests that are done comes into the index by when they became so,
// and the names of deals go out of what envelopes were answered with.
func TestMigrationToKeeping(t *testing.T) {
	path := storetest.File(t)
	d, err := openWith(t.Context(), path, Options{NoSync: true}, migrations[:4])
	if err != nil {
		t.Fatal(err)
	}
	update(t, d, func(x storage.Tx) error {
		own := x.(*tx)
		rec := requestRecordOf(storetest.Done("R4"), 1)
		rec.DoneAt = time.Time{}
		other := rec
		other.Phase = nudges.After
		return errors.Join(
			own.save(requests, []byte("R4"), &rec), own.save(requests, []byte("R6"), &other),
			own.putTransition("R4", nudges.Transition{
				Seq: 1, By: "U1", At: storetest.T0.Add(5 * time.Hour),
				Why: "close",
			}),
			own.Record("e1", []byte(`{"s":"debrief","d":{"b":"U1","d":"Acme renewal","s":"2019-03-04T09:00:00Z"}}`),
				storetest.T0),
			own.PutPerson(nudges.Person{ID: "U1", DM: "D1"}),
			own.Record("e2", []byte(`{"s":"note"}`), storetest.T0), own.Record("e3", []byte("old"), storetest.T0),
		)
	})
	storetest.Close(t, d)
	d = opened(t, path, Options{})
	view(t, d, func(r storage.Reader) error {
		storetest.Same(t, storetest.Done("R4"))(r.Request("R4"))
		storetest.Same(t, []nudges.RequestID{"R4"})(storetest.IDs(r.DoneBefore(storetest.T0.Add(5 * time.Hour))))
		storetest.Same(t, []byte(`{"d":{"b":"U1","s":"2019-03-04T09:00:00Z"},"s":"debrief"}`))(r.Answered("e1"))
		storetest.Same(t, []byte(`{"s":"note"}`))(r.Answered("e2"))
		storetest.Same(t, []byte("old"))(r.Answered("e3"))
		return nil
	})
}

// What a file of version 6 has of people who were forgotten counts neither now nor once its words go: there may be a
// record of them again, made for the message that says so.
func TestMigrationToMonths(t *testing.T) {
	path := storetest.File(t)
	d, err := openWith(t.Context(), path, Options{NoSync: true}, migrations[:6])
	if err != nil {
		t.Fatal(err)
	}
	update(t, d, func(x storage.Tx) error {
		own, errs := x.(*tx), []error(nil)
		for i, who := range []nudges.UserID{"UGONE", "UBACK", "UHERE"} {
			for _, faded := range []bool{false, true} {
				id := nudges.RequestID(fmt.Sprintf("%s-%v", who, faded))
				r := storetest.Done(id)
				r.Manager, r.Card, r.Anonymised = who, string(id)+"/card", faded
				r.Way, r.Decision = nudges.ByPause, nudges.Decided(ladder.HoldBack)
				rec := requestRecordOf(r, uint64(i))
				errs = append(errs, own.save(requests, []byte(id), &rec))
				if who == "UBACK" {
					errs = append(errs, own.Put(said, []byte(privacy.RemovedKey(r.Card)), []byte(`{}`)))
				}
			}
			if who != "UGONE" {
				errs = append(errs, own.PutPerson(nudges.Person{ID: who, DM: "D1"}))
			}
		}
		return errors.Join(errs...)
	})
	storetest.Close(t, d)
	d = opened(t, path, Options{})
	view(t, d, func(r storage.Reader) error {
		for who, n := range map[nudges.UserID]int{"UGONE": 0, "UBACK": 0, "UHERE": 1} {
			months, err := r.Months(who)
			worded, more := r.Worded(who)
			if err = errors.Join(err, more); err != nil {
				return err
			}
			if len(months) != n || len(worded) != 1 || worded[0].Uncounted != (n == 0) {
				t.Errorf("%s: %v, and with words %+v", who, months, worded)
			}
		}
		return nil
	})
}

func oldFile(version int) string { return filepath.Join("testdata", fmt.Sprintf("v%d.db.gz", version)) }

func TestOldFiles(t *testing.T) {
	if len(storetest.Looks) != len(migrations) || len(newTables) != len(migrations) {
		t.Fatalf("%d looks and %d rows of tables for %d migrations: add a file and one of each", len(storetest.Looks),
			len(newTables), len(migrations))
	}
	if *renew {
		path := storetest.File(t)
		d := opened(t, path, Options{Team: "T1", Now: func() time.Time { return storetest.T0 }})
		update(t, d, storetest.Fill)
		storetest.Close(t, d)
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(storetest.Read(t, path)); err != nil {
			t.Fatal(err)
		}
		storetest.Close(t, z)
		storetest.Write(t, oldFile(len(migrations)), b.Bytes())
	}
	for i := range storetest.Looks {
		t.Run(fmt.Sprint("v", i+1), func(t *testing.T) {
			path := storetest.Unzip(t, oldFile(i+1))
			d := opened(t, path, Options{Team: "T1"})
			looks(t, d, i)
			update(t, d, put("new"))
			storetest.Close(t, d)
			looks(t, opened(t, path, Options{}), i)
		})
	}
}

// looks checks what Fill wrote into a file of a version, counted from 0, and that it is of the workspace T1.
func looks(t *testing.T, d *DB, version int) {
	t.Helper()
	view(t, d, func(r storage.Reader) error { storetest.Looks[version](t, r); return nil })
	if err := d.ClaimTeam(t.Context(), "T2"); !errors.Is(err, ErrOtherTeam) {
		t.Errorf("team: %v", err)
	}
}

// A migration to come: a copy is kept, all of it happens or nothing, and the old
// stepin then refuses the file.
func TestMigration(t *testing.T) {
	path := storetest.File(t)
	d := opened(t, path, Options{Team: "T1"})
	update(t, d, storetest.Fill)
	storetest.Close(t, d)
	second := func(fail error) []migration {
		return append(append([]migration(nil), migrations...), func(tx *tx, _ time.Time) error {
			return errors.Join(tx.Put(people, []byte("U5"), []byte(`{"dm":"D5"}`)), fail)
		})
	}
	before := storetest.Read(t, path)
	if _, err := openWith(t.Context(), path, Options{NoSync: true}, second(storetest.ErrOnPurpose)); !errors.Is(err,
		storetest.ErrOnPurpose) {
		t.Errorf("failing migration: %v", err)
	}
	storetest.Untouched(t, path, before)

	d, err := openWith(t.Context(), path, Options{NoSync: true}, second(nil))
	if err != nil {
		t.Fatal(err)
	}
	looks(t, d, 0)
	if !has(t, d, "U5") {
		t.Error("the migration is not there")
	}
	storetest.Close(t, d)
	if _, err := Open(t.Context(), path, Options{}); !errors.Is(err, ErrNewer) {
		t.Errorf("the old stepin: %v", err)
	}
	kept := fmt.Sprintf("%s.v%d.bak", path, len(migrations))
	info, err := os.Stat(kept)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the copy: %v, %v", info, err)
	}
	d = opened(t, kept, Options{})
	looks(t, d, 0)
	if has(t, d, "U5") {
		t.Error("the copy was made after the migration")
	}
}

// What a crash leaves of a file in the making, or of a migration, is in nobody's way: the next
// start ends what was begun, and no private text stays under a name that nobody knows.
func TestInterrupted(t *testing.T) {
	bak := fmt.Sprintf(".v%d.bak", len(migrations))
	whole := storetest.File(t)
	d := opened(t, whole, Options{Team: "T1"})
	update(t, d, storetest.Fill)
	storetest.Close(t, d)
	old := storetest.Read(t, whole)
	// leave puts files where a crash would have left them.
	const draftLeft = "the draft of a dead process"
	leave := func(t *testing.T, path string, left map[string][]byte) {
		for suffix, b := range left {
			if suffix == draftLeft {
				storetest.Dead(t, path, b)
			} else {
				storetest.Write(t, path+suffix, b)
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
			path := storetest.File(t)
			leave(t, path, left)
			d := opened(t, path, Options{})
			update(t, d, put("new"))
			storetest.Close(t, d)
			if d = opened(t, path, Options{}); !has(t, d, "new") {
				t.Error("what was written is gone")
			}
			storetest.Alone(t, path, 1)
		})
	}

	// second is a migration that is seen just before its commit.
	second := func(look func()) []migration {
		return append(append([]migration(nil), migrations...), func(tx *tx, _ time.Time) error {
			look()
			return tx.Put(people, []byte("U5"), []byte(`{"dm":"D5"}`))
		})
	}
	path := storetest.File(t)
	storetest.Write(t, path, old)
	atCommit := map[string][]byte{}
	d, err := openWith(t.Context(), path, Options{NoSync: true}, second(func() {
		atCommit[""], atCommit[bak] = storetest.Read(t, path), storetest.Read(t, path+bak)
	}))
	if err != nil {
		t.Fatal(err)
	}
	storetest.Close(t, d)
	for name, left := range map[string]map[string][]byte{
		"no copy yet":            {"": old},
		"half a copy":            {"": old, draftLeft: old[:len(old)/2]},
		"a copy without a name":  {"": old, draftLeft: old},
		"a copy, no commit":      atCommit,
		"committed":              {"": storetest.Read(t, path), bak: storetest.Read(t, path+bak)},
		"committed, copy is old": {"": storetest.Read(t, path), bak: old},
	} {
		t.Run("migration/"+name, func(t *testing.T) {
			path := storetest.File(t)
			leave(t, path, left)
			d, err := openWith(t.Context(), path, Options{NoSync: true}, second(func() {}))
			if err != nil {
				t.Fatal(err)
			}
			looks(t, d, 0)
			if !has(t, d, "U5") {
				t.Error("the migration is not there")
			}
			storetest.Close(t, d)
			kept := opened(t, path+bak, Options{})
			looks(t, kept, 0)
			if has(t, kept, "U5") {
				t.Error("the copy was made after the migration")
			}
			storetest.Alone(t, path, 2)
		})
	}
}

// A take-over of version 1 was the manager's own, and so in force.
func TestGrantsOfVersion1(t *testing.T) {
	path := storetest.File(t)
	d, err := openWith(t.Context(), path, Options{NoSync: true}, migrations[:1])
	if err != nil {
		t.Fatal(err)
	}
	for state, id := range map[nudges.GrantState]nudges.RequestID{
		nudges.Given: "R1", nudges.Expired: "R2",
		nudges.NoGrant: "R3",
	} {
		r := storetest.RequestOf1(id)
		r.Grant = nudges.Grant{State: state, Until: storetest.T0}
		update(t, d, func(tx storage.Tx) error { return tx.PutRequest(r) })
	}
	storetest.Close(t, d)
	d = opened(t, path, Options{})
	for id, want := range map[nudges.RequestID]bool{"R1": true, "R2": true, "R3": false} {
		view(t, d, func(r storage.Reader) error {
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
	path := storetest.File(t)
	d, err := openWith(t.Context(), path, Options{NoSync: true}, migrations[:3])
	if err != nil {
		t.Fatal(err)
	}
	made := func(id nudges.RequestID, decision nudges.Decision, p nudges.Phase, ends time.Time, g nudges.Grant) {
		r := storetest.RequestOf1(id)
		r.Decision, r.Phase, r.Starts, r.Ends, r.Grant = decision, p, ends.Add(-time.Hour), ends, g
		update(t, d, func(tx storage.Tx) error { return tx.PutRequest(r) })
	}
	none := nudges.Grant{State: nudges.NoGrant}
	made("over", nudges.Decided(ladder.Listen), nudges.After, storetest.T0.Add(-time.Hour), none)
	made("long over", nudges.Decided(ladder.HoldBack), nudges.After, storetest.T0.Add(-6*24*time.Hour), none)
	made("granted", nudges.Decided(ladder.TakeOver), nudges.After, storetest.T0.Add(-time.Minute),
		nudges.Grant{State: nudges.Given, Until: storetest.T0.Add(14 * time.Minute)})
	made("runs", nudges.Decided(ladder.Listen), nudges.During, storetest.T0.Add(time.Hour), none)
	made("to come", nudges.Decided(ladder.Listen), nudges.Before, storetest.T0.Add(48*time.Hour), none)
	made("done", nudges.Decided(ladder.Listen), nudges.Done, storetest.T0.Add(-time.Hour), none)
	// Version 3 knew of no debriefs, and so had a call that is over due after its week.
	update(t, d, func(x storage.Tx) error {
		own := x.(*tx)
		if err := own.deleteAll(ticks, nil); err != nil {
			return err
		}
		for id, at := range map[string]time.Time{
			"over": storetest.T0.Add(-time.Hour + nudges.DebriefWindow), "long over": storetest.T0.Add(24 * time.Hour),
			"granted": storetest.T0.Add(14 * time.Minute),
			"runs":    storetest.T0.Add(time.Hour), "to come": storetest.T0.Add(47 * time.Hour),
		} {
			if err := own.Put(ticks, append(appendTime(nil, at), id...), nil); err != nil {
				return err
			}
		}
		return nil
	})
	storetest.Close(t, d)

	d = opened(t, path, Options{})
	due := func(now time.Time) (all []nudges.RequestID) {
		view(t, d, func(r storage.Reader) error {
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
	if got := due(storetest.T0); len(got) > 0 {
		t.Errorf("due after the update: %q", got)
	}
	want := []nudges.RequestID{"granted", "runs", "long over", "to come", "over"}
	if got := due(storetest.T0.Add(30 * 24 * time.Hour)); !slices.Equal(got, want) {
		t.Errorf("in the end %q are due, want %q", got, want)
	}
	// Each leaves the index as it goes on; a call that was still to end has its debrief.
	for _, id := range want {
		update(t, d, func(tx storage.Tx) error {
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
	if got := due(storetest.T0.Add(30 * 24 * time.Hour)); len(got) != 2 {
		t.Errorf("%q are left", got)
	}
}
