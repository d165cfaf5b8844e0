package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"stepin/nudges"
	"stepin/store/storetest"
)

// hidden are texts as people write them, with what JSON escapes.
var hidden = []string{"Zürich & <Söhne>", "zq-plain-words", "日本語の取引先", "quote \" and back\\slash", "a quiet 😀 smile"}

// hide puts texts into requests, or takes all out.
func hide(t *testing.T, d *DB, texts []string) {
	t.Helper()
	for i := range 20 {
		update(t, d, func(tx nudges.Tx) error {
			r, _ := aDone(nudges.RequestID(fmt.Sprint("R", i))).Without("")
			for j, at := range []*string{&r.Deal, &r.Plan, &r.Word.Help, &r.Debrief.Reason, &r.Grant.Word} {
				if j < len(texts) {
					*at = texts[j]
				}
			}
			return tx.PutRequest(r)
		})
	}
}

// What was taken out is in the file still, until it is written anew; what others write at the same
// time is all there, and what they take out is not.
func TestRewriteLeavesNoTrace(t *testing.T) {
	path := file(t)
	d := opened(t, path, Options{})
	hide(t, d, hidden)
	if n := storetest.Finds(t, path, hidden...); n != len(hidden) {
		t.Fatalf("%d of %d are found", n, len(hidden))
	}
	hide(t, d, nil)
	if n := storetest.Finds(t, path, hidden...); n == 0 {
		t.Fatalf("%d are found: nothing is left behind, so this proves nothing", n)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	last := make([]int, 4)
	bond := func(tx nudges.Tx, w, n int) error {
		return tx.PutBond(nudges.UserID(fmt.Sprint("U", w, "-", n)), "UM", nudges.Met)
	}
	for w := range last {
		wg.Go(func() {
			for n := 1; ctx.Err() == nil || n < 20; n++ {
				if err := d.Update(t.Context(), func(tx nudges.Tx) error {
					_, _, err := tx.ForgetPerson(nudges.UserID(fmt.Sprint("U", w, "-", n-1)))
					return errors.Join(err, bond(tx, w, n))
				}); err != nil {
					t.Error(err)
					return
				}
				last[w] = n
			}
		})
	}
	for range 5 {
		if err := d.Rewrite(); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
	if n := storetest.Finds(t, path, hidden...); n != 0 {
		t.Errorf("%d are found", n)
	}
	looks := func(d *DB) {
		view(t, d, func(r nudges.Reader) error {
			for w, n := range last {
				is, err := r.Bond(nudges.UserID(fmt.Sprint("U", w, "-", n)), "UM")
				if err != nil || is != nudges.Met {
					t.Errorf("%d wrote %d, and it is not there: %v", w, n, err)
				}
			}
			if n := r.(*reader).size(bonds); n != len(last) {
				t.Errorf("%d are there, not %d: what was taken out has come back", n, len(last))
			}
			same(t, aDone("R3").Manager)(must(r.Request("R3")).Manager, nil)
			return nil
		})
	}
	looks(d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 1 {
		t.Errorf("left: %v, %v", all, err)
	}
	if _, err := Verify(t.Context(), path, Options{}); err != nil {
		t.Error(err)
	}
	looks(opened(t, path, Options{}))
}

func must(r nudges.Request, err error) nudges.Request {
	if err != nil {
		panic(err)
	}
	return r
}

// The lock goes with the file: nobody else can open the new one either, and a backup is of it.
func TestRewriteKeepsTheLock(t *testing.T) {
	path := file(t)
	d := opened(t, path, Options{})
	fill(t, d)
	ctx, stop := context.WithCancel(t.Context())
	ended := serve(t, ctx, d)
	if err := d.Rewrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, Options{Timeout: 1}); !errors.Is(err, ErrLocked) {
		t.Errorf("a second one: %v", err)
	}
	to := path + ".backup"
	if _, err := Backup(t.Context(), path, to, Copying{}); err != nil {
		t.Fatal(err)
	}
	all, err := d.Copies()
	if err != nil || len(all) != 1 || all[0].Name != filepath.Base(to) {
		t.Errorf("copies: %v, %v", all, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A file that cannot be put in place leaves the old one at work.
func TestRewriteFails(t *testing.T) {
	fail := false
	path := file(t)
	d := opened(t, path, Options{Around: func(commit func() error) error {
		if fail {
			return errOnPurpose
		}
		return commit()
	}})
	fill(t, d)
	fail = true
	if err := d.Rewrite(); !errors.Is(err, errOnPurpose) {
		t.Errorf("%v", err)
	}
	fail = false
	update(t, d, put("new"))
	if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 1 {
		t.Errorf("left: %v, %v", all, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Rewrite(); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	if d = opened(t, path, Options{}); !has(t, d, "new") {
		t.Error("what was written after it is gone")
	}
}

// What a crash leaves of the new file has words in it: the next start takes it away.
func TestRewriteInterrupted(t *testing.T) {
	path := file(t)
	d := opened(t, path, Options{})
	fill(t, d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	left := dead(t, filepath.Dir(path), read(t, path)[:5000])
	opened(t, path, Options{})
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

// What is taken out while the file is written anew was copied before: the mark of it stays for the next
// time. Any other goes.
func TestRewriteTakesTheMarkOff(t *testing.T) {
	erased := func(d *DB) (is bool) {
		view(t, d, func(r nudges.Reader) (err error) { is, err = r.Erased(); return err })
		return is
	}
	mark := func(tx nudges.Tx) error { return tx.MarkErased() }
	for _, meanwhile := range []bool{false, true} {
		path := file(t)
		d := opened(t, path, Options{})
		update(t, d, mark)
		if !erased(d) {
			t.Fatal("no mark")
		}
		to, err := newDraft(path, d.o.Log)
		if err != nil {
			t.Fatal(err)
		}
		stop := d.journaling()
		old := d.back.(boltBackend).db
		if err := d.copyTo(old, to); err != nil {
			t.Fatal(err)
		}
		if meanwhile {
			update(t, d, mark)
		}
		next, err := openBoltAt(t.Context(), path, to.tmp, d.o, toUse)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := d.exchange(old, next, to); !ok || err != nil {
			t.Fatal(ok, err)
		}
		stop()
		if err := errors.Join(old.Close(), to.drop(nil)); err != nil {
			t.Fatal(err)
		}
		if got := erased(d); got != meanwhile {
			t.Errorf("meanwhile %v: the mark is there: %v", meanwhile, got)
		}
		if err := d.Rewrite(); err != nil || erased(d) {
			t.Errorf("once more: %v", err)
		}
	}
}

// A backup is of the file as it was when it was asked for, also if another takes its place meanwhile.
func TestBackupWhileRewritten(t *testing.T) {
	path := file(t)
	d := opened(t, path, Options{NoSync: true})
	update(t, d, put("U1"))
	serve(t, t.Context(), d)
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				ended <- nil
				return
			default:
			}
			if err := d.Rewrite(); err != nil {
				ended <- err
				return
			}
		}
	}()
	to := path + ".backup"
	for i := range 100 {
		if _, err := Backup(t.Context(), path, to, Copying{Force: true}); err != nil {
			t.Fatalf("backup %d: %v", i, err)
		}
	}
	close(stop)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
