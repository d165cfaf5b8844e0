package erase

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
	"stepin/store"
	"stepin/store/storetest"
)

// failing is a file that cannot be rewritten while it is so.
type failing struct {
	storage.File
	is    atomic.Bool
	tried atomic.Int64
}

func (f *failing) Rewrite() error {
	f.tried.Add(1)
	if f.is.Load() {
		return errors.New("the disk is full")
	}
	return f.File.Rewrite()
}

// doneCalls is a file with calls that are done: of today, with words that have had their time, and such as
// have had theirs altogether.
func doneCalls(t *testing.T) (path string, db *store.DB) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "stepin.db")
	db, err := store.Open(t.Context(), path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	err = db.Update(t.Context(), func(tx storage.Tx) error {
		var errs []error
		for id, days := range map[nudges.RequestID]int{
			"RNEW": 0, "RLAST": 29, "ROLD": 31, "ROLDER": 300,
			"RGONE": 366,
		} {
			errs = append(errs, tx.PutRequest(nudges.Request{
				ID: id, Manager: "U0SAM001", Way: nudges.ByPause, Phase: nudges.Done,
				Decision: nudges.Decided(ladder.HoldBack),
				DoneAt:   forgetNow.AddDate(0, 0, -days), Deal: "zq of " + string(id),
				Begun:   forgetNow.AddDate(0, 0, -days),
				Answers: verdict.Answers{verdict.QMotive: "rescue"},
			}))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return path, db
}

func retention(db *store.DB, f storage.File) Retention {
	return Retention{Store: db, File: f, Keep: privacy.KeepUsual, Now: func() time.Time { return forgetNow }}
}

// What has expired is counted as it is deleted, and the second time there is nothing.
func TestExpire(t *testing.T) {
	path, db := doneCalls(t)
	k := retention(db, db)
	if did, err := k.Expire(t.Context()); err != nil || did != (Expired{Anonymised: 3, Deleted: 1}) {
		t.Errorf("%+v, %v", did, err)
	}
	if did, err := k.Expire(t.Context()); err != nil || did != (Expired{}) {
		t.Errorf("again: %+v, %v", did, err)
	}
	if n := storetest.Finds(t, path, "zq of ROLD", "zq of ROLDER", "zq of RGONE"); n != 0 {
		t.Errorf("%d are still there", n)
	}
	k.Keep.SensitiveOff = true
	if did, err := k.Expire(t.Context()); err != nil || did != (Expired{Sensitive: 4, Rest: true}) {
		t.Errorf("with less: %+v, %v", did, err)
	}
}

// Nobody's words are kept for longer than the limit, though a round comes once a day only: what would be
// over it before the next one goes with this one.
func TestExpireKeepsTheLimit(t *testing.T) {
	_, db := doneCalls(t)
	k := retention(db, nil)
	k.Keep.Text = privacy.Days(privacy.MostTextDays)
	err := db.Update(t.Context(), func(tx storage.Tx) error {
		var errs []error
		for id, hours := range map[nudges.RequestID]int{"RJUST": 89*24 - 1, "ROVER": 89*24 + 1} {
			errs = append(errs, tx.PutRequest(nudges.Request{
				ID: id, Manager: "U0SAM001", Phase: nudges.Done, Begun: forgetNow,
				Deal: "zq", DoneAt: forgetNow.Add(-time.Duration(hours) * time.Hour),
			}))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	// ROLDER and RGONE, too
	if did, err := k.Expire(t.Context()); err != nil || did != (Expired{Anonymised: 3, Deleted: 1}) {
		t.Errorf("%+v, %v", did, err)
	}
	err = db.View(t.Context(), func(r storage.Reader) error {
		just, err := r.Request("RJUST")
		over, more := r.Request("ROVER")
		if just.Deal == "" || over.Deal != "" {
			t.Errorf("%q and %q are there", just.Deal, over.Deal)
		}
		return errors.Join(err, more)
	})
	if err != nil {
		t.Error(err)
	}
}

// Words that were taken out stand in free pages until the file is rewritten: whatever keeps it from
// that, a full disk or the end of the process, only delays it.
// In a bubble no transaction is cut for its length, so that as many free pages are left on a slow machine.
func TestExpireEndsWhatItBegan(t *testing.T) {
	for _, killed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) { expireInTwoRounds(t, killed) })
	}
}

func expireInTwoRounds(t *testing.T, killed bool) {
	path, db := doneCalls(t)
	err := db.Update(t.Context(), func(tx storage.Tx) error { // so many that not all pages are used again at once
		for i := range 200 {
			if err := tx.PutRequest(nudges.Request{
				ID: nudges.RequestID(fmt.Sprint("RX", i)), Manager: "U0SAM001", Way: nudges.ByPause,
				Phase:  nudges.Done,
				DoneAt: forgetNow.AddDate(0, 0, -40), Deal: "zq of others", Plan: strings.Repeat("zq", 100),
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &failing{File: db}
	f.is.Store(true)
	if _, err := retention(db, f).Expire(t.Context()); err == nil {
		t.Fatal("it did not fail")
	}
	words := []string{"zq of others", "zq of ROLD", "zq of ROLDER", "zq of RGONE"}
	if storetest.Finds(t, path, words...) == 0 {
		t.Fatal("none is found: this proves nothing")
	}
	if killed {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if db, err = store.Open(t.Context(), path, store.Options{NoSync: true}); err != nil {
			t.Fatal(err)
		}
		f.File = db
		defer db.Close()
	}
	f.is.Store(false)
	if _, err := retention(db, f).Expire(t.Context()); err != nil {
		t.Error(err)
	}
	if n := storetest.Finds(t, path, words...); n != 0 {
		t.Errorf("killed %v: %d are still there", killed, n)
	}
}

// A forgetting that fails once it was begun says that it is noted, and it is; one that was not begun says neither.
func TestForgetFailsNoted(t *testing.T) {
	_, db := doneCalls(t)
	f := &failing{File: db}
	f.is.Store(true)
	fg := Forgetter{Store: db, File: f, Now: func() time.Time { return forgetNow }}
	noted := func() (all []privacy.Forget) {
		t.Helper()
		if err := db.View(t.Context(), func(r storage.Reader) (err error) {
			all,
				err = r.Forgets()
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := fg.Forget(ended, privacy.Forget{Who: "U0SAM001", At: forgetNow}); err == nil ||
		errors.Is(err, ErrNoted) || len(noted()) > 0 {
		t.Errorf("not begun: %v, %v", err, noted())
	}
	if _, err := fg.Forget(t.Context(), privacy.Forget{Who: "U0SAM001", At: forgetNow}); !errors.Is(err, ErrNoted) ||
		len(noted()) != 1 {
		t.Errorf("on the way: %v, %v", err, noted())
	}
	f.is.Store(false)
	if _, err := fg.Forget(t.Context(), privacy.Forget{Who: "U0SAM001", At: forgetNow}); err != nil || len(noted()) > 0 {
		t.Errorf("then: %v, %v", err, noted())
	}
}
