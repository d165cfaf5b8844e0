package kv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"stepin/store/disk"
	"stepin/store/storetest"
)

// keys are what a table has.
func keys(t testing.TB, d *DB, table Table) (all []string) {
	t.Helper()
	if err := d.View(func(tx *Tx) error {
		for k := range tx.Scan(table, nil) {
			all = append(all, string(k))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func rewritten(t testing.TB, d *DB) {
	t.Helper()
	if err := d.Rewrite(marks, []byte("erased")); err != nil {
		t.Fatal(err)
	}
}

// What was deleted is in the file still, until it is rewritten; what others write at the same time is all there, and what
// they delete is not.
func TestRewriteLeavesNoTrace(t *testing.T) {
	hidden := []string{"zq-plain-words", "zq-others", "zq-still-others"}
	path := storetest.File(t)
	d := opened(t, path, Options{})
	hide := func(value func(string) []byte) {
		for i := range 20 {
			update(t, d, func(tx *Tx) error {
				for _, s := range hidden {
					if err := tx.Put(things, fmt.Append(nil, len(s), i), value(s)); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	hide(func(s string) []byte { return []byte(s) })
	if n := storetest.Finds(t, path, hidden...); n != len(hidden) {
		t.Fatalf("%d of %d are found", n, len(hidden))
	}
	hide(func(string) []byte { return nil })
	if n := storetest.Finds(t, path, hidden...); n == 0 {
		t.Fatal("nothing is left behind, so this proves nothing")
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	last := make([]int, 4)
	for w := range last {
		wg.Go(func() {
			key := func(n int) []byte { return fmt.Append(nil, w, "-", n) }
			for n := 1; ctx.Err() == nil || n < 20; n++ {
				if err := d.Update(t.Context(), func(tx *Tx) error {
					return errors.Join(tx.Delete(marks, key(n-1)), tx.Put(marks, key(n), nil))
				}); err != nil {
					t.Error(err)
					return
				}
				last[w] = n
			}
		})
	}
	for range 5 {
		rewritten(t, d)
	}
	stop()
	wg.Wait()
	if n := storetest.Finds(t, path, hidden...); n != 0 {
		t.Errorf("%d are found", n)
	}
	var want []string
	for w, n := range last {
		want = append(want, fmt.Sprint(w, "-", n))
	}
	storetest.Same(t, want)(keys(t, d, marks), nil)
	storetest.Close(t, d)
	storetest.Alone(t, path, 1)
	d = opened(t, path, Options{})
	storetest.Same(t, want)(keys(t, d, marks), nil)
	checked(t, d)
}

// The lock goes with the file: nobody else can open the new one either.
func TestRewriteKeepsTheLock(t *testing.T) {
	path := storetest.File(t)
	d := opened(t, path, Options{})
	rewritten(t, d)
	if _, err := Open(t.Context(), path, Options{Lock: disk.Lock{Timeout: 1}}); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("a second one: %v", err)
	}
}

// A file that cannot be put in place leaves the old one at work.
func TestRewriteFails(t *testing.T) {
	fail := false
	path := storetest.File(t)
	d := opened(t, path, Options{Around: func(commit func() error) error {
		if fail {
			return storetest.ErrOnPurpose
		}
		return commit()
	}})
	fail = true
	if err := d.Rewrite(marks, nil); !errors.Is(err, storetest.ErrOnPurpose) {
		t.Errorf("%v", err)
	}
	fail = false
	update(t, d, put("new"))
	storetest.Alone(t, path, 1)
	storetest.Close(t, d)
	if err := d.Rewrite(marks, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	if d = opened(t, path, Options{}); !has(t, d, "new") {
		t.Error("what was written after it is gone")
	}
}

// What is written while the file is rewritten is in the new one, before it has caught up and after; a key that is to be
// left out stays if it was written meanwhile.
func TestWrittenMeanwhile(t *testing.T) {
	mark := func(tx *Tx) error { return tx.Put(marks, []byte("erased"), []byte("yes")) }
	for _, meanwhile := range []string{"", "early", "late"} {
		path := storetest.File(t)
		d := opened(t, path, Options{})
		update(t, d, mark)
		update(t, d, put("before"))
		draft, err := disk.NewDraft(path, d.o.Log)
		if err != nil {
			t.Fatal(err)
		}
		d.commits.journal.keep(true)
		next, err := d.copy(draft)
		if err != nil {
			t.Fatal(err)
		}
		update(t, d, put("meanwhile"))
		var all []string
		update(t, d, func(tx *Tx) error {
			for i := range 2*replayBy + 10 {
				all = append(all, fmt.Sprintf("many%04d", i))
				if err := put(all[i])(tx); err != nil {
					return err
				}
			}
			return tx.Delete(things, []byte("before"))
		})
		if meanwhile == "early" {
			update(t, d, mark)
		}
		old := d.file
		written, err := d.catchUp(next, place{marks, "erased"})
		if err != nil {
			t.Fatal(err)
		}
		update(t, d, put("late"))
		update(t, d, func(tx *Tx) error { return tx.Delete(things, []byte("meanwhile")) })
		if meanwhile == "late" {
			update(t, d, mark)
		}
		if ok, err := d.exchange(next, draft, place{marks, "erased"}, written); !ok || err != nil {
			t.Fatal(ok, err)
		}
		d.commits.journal.keep(false)
		if err := errors.Join(old.Close(), draft.Drop(nil)); err != nil {
			t.Fatal(err)
		}
		storetest.Same(t, append([]string{"late"}, all...))(keys(t, d, things), nil)
		if got := len(keys(t, d, marks)) == 1; got != (meanwhile != "") {
			t.Errorf("written %q: the mark is there: %v", meanwhile, got)
		}
		if rewritten(t, d); len(keys(t, d, marks)) > 0 {
			t.Error("it is there after another")
		}
	}
}

// A file that was moved away, or replaced, is told from one that is in its place, also after it was rewritten; and
// nothing replaces what has its name now.
func TestMoved(t *testing.T) {
	path := storetest.File(t)
	d := opened(t, path, Options{})
	is := func(what string, want bool) {
		t.Helper()
		if d.Moved() != want {
			t.Errorf("%s: %t", what, !want)
		}
		was := storetest.Folder(t, path)
		if err := d.Rewrite(marks, nil); (err != nil) != want || want && storetest.Folder(t, path) != was {
			t.Errorf("%s: rewrite: %v", what, err)
		}
	}
	is("in its place", false)
	is("rewritten", false)
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	is("moved away", true)
	storetest.Write(t, path, []byte("another"))
	is("replaced", true)
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	is("moved back", false)
}

// BenchmarkRewrite rewrites a file of 50,000 records while one writer after another comes: the time of all of it, and
// the longest that a writer has waited meanwhile.
func BenchmarkRewrite(b *testing.B) {
	path := storetest.File(b)
	d := opened(b, path, Options{})
	for n := range 250 {
		update(b, d, func(tx *Tx) error {
			for i := range 200 {
				if err := tx.Put(things, fmt.Append(nil, n, "-", i), make([]byte, 1500)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	longest := time.Duration(0)
	for b.Loop() {
		done := make(chan error, 1)
		go func() { done <- d.Rewrite(marks, nil) }()
		for n, busy := 0, true; busy; n++ {
			begun := time.Now()
			update(b, d, put(fmt.Sprint("U", n)))
			longest = max(longest, time.Since(begun))
			select {
			case err := <-done:
				if err != nil {
					b.Fatal(err)
				}
				busy = false
			default:
			}
		}
	}
	b.ReportMetric(float64(longest.Microseconds())/1e3, "ms-longest-wait")
}
