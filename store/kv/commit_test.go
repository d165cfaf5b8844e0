package kv

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stepin/store/storetest"
)

// A slow disk, in fake time: while one commit takes its millisecond, the others
// gather, and share the next.
func slow(commits *atomic.Int32) func(func() error) error {
	return func(commit func() error) error {
		commits.Add(1)
		time.Sleep(time.Millisecond)
		return commit()
	}
}

func TestWritersShareACommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var commits atomic.Int32
		d := opened(t, storetest.File(t), Options{Around: slow(&commits)})
		defer d.Close() //nolint:errcheck // closed twice
		const writers, each = 50, 20
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for i := range each {
					if err := d.Update(t.Context(), put(fmt.Sprint(w, "-", i))); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if n := commits.Load(); n > 3*each {
			t.Errorf("%d commits for %d updates of %d writers", n, writers*each, writers)
		}
		for w := range writers {
			for i := range each {
				if id := fmt.Sprint(w, "-", i); !has(t, d, id) {
					t.Errorf("%s is missing", id)
				}
			}
		}
	})
}

func TestGroupIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var commits atomic.Int32
		d := opened(t, storetest.File(t), Options{Around: slow(&commits)})
		defer d.Close() //nolint:errcheck // closed twice
		var all sync.WaitGroup
		for w := range 2*maxGroup + 10 {
			all.Go(func() { update(t, d, put(fmt.Sprint(w))) })
		}
		all.Wait()
		if n := commits.Load(); n < 3 || n > 4 {
			t.Errorf("%d commits", n)
		}
	})
}

// No timer: a lone writer is through before fake time has moved.
func TestLoneWriterDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := opened(t, storetest.File(t), Options{})
		defer d.Close() //nolint:errcheck // closed twice
		begun := time.Now()
		for i := range 20 {
			update(t, d, put(fmt.Sprint(i)))
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("took %v of fake time", took)
		}
	})
}

// together runs the functions in one group: they gather behind a commit.
func together(t *testing.T, d *DB, fns ...func(*Tx) error) []any {
	t.Helper()
	ends := make([]any, len(fns))
	var all sync.WaitGroup
	all.Go(func() { update(t, d, put("first")) })
	synctest.Wait() // it sleeps in its commit
	for i, fn := range fns {
		all.Go(func() {
			returned := false
			defer func() {
				if p := recover(); p != nil {
					ends[i] = p
				} else if !returned {
					ends[i] = "goexit"
				}
			}()
			err := d.Update(t.Context(), fn)
			returned = true
			if err != nil {
				ends[i] = err
			}
		})
		synctest.Wait()
	}
	all.Wait()
	return ends
}

func TestFailureIsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var commits atomic.Int32
		d := opened(t, storetest.File(t), Options{Around: slow(&commits)})
		defer d.Close() //nolint:errcheck // closed twice
		also := func(id string, then func()) func(*Tx) error {
			return func(tx *Tx) error {
				if err := put(id)(tx); err != nil {
					return err
				}
				then()
				return storetest.ErrOnPurpose
			}
		}
		seen := ""
		ends := together(t, d,
			put("good1"),
			also("fails", func() {}),
			func(tx *Tx) error { // sees what came before it, and not what failed
				for _, id := range []string{"first", "good1", "fails"} {
					if tx.Has(things, []byte(id)) {
						seen += id + " "
					}
				}
				return nil
			},
			also("panics", func() { panic("oh") }),
			also("panics with an error", func() { panic(storetest.ErrOnPurpose) }),
			also("index", func() { _ = make([]int, 0)[len(seen):][0] }),
			put("good2"),
		)
		if ends[0] != nil || ends[2] != nil || ends[6] != nil {
			t.Errorf("good ones: %v", ends)
		}
		if err, _ := ends[1].(error); !errors.Is(err, storetest.ErrOnPurpose) {
			t.Errorf("the failing one: %v", ends[1])
		}
		for i, want := range map[int]string{3: "oh", 4: storetest.ErrOnPurpose.Error(), 5: "out of range"} {
			p, ok := ends[i].(*Panic)
			if !ok || !strings.Contains(fmt.Sprint(p.Value), want) || !strings.Contains(p.Error(), "commit_test.go") {
				t.Errorf("the panicking one: %v", ends[i])
			}
		}
		if p, ok := ends[4].(*Panic); !ok || !errors.Is(p, storetest.ErrOnPurpose) {
			t.Error("the error within the panic is lost")
		}
		if seen != "first good1 " {
			t.Errorf("seen within the group: %q", seen)
		}
		for id, want := range map[string]bool{
			"first": true, "good1": true, "good2": true, "fails": false, "panics": false, "index": false,
		} {
			if has(t, d, id) != want {
				t.Errorf("%s is there: %v", id, !want)
			}
		}
		if n := commits.Load(); n != 2 {
			t.Errorf("%d commits", n)
		}
	})
}

// A function that ends its goroutine, as t.Fatal does, harms nobody else.
func TestGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := opened(t, storetest.File(t), Options{Around: slow(new(atomic.Int32))})
		defer d.Close() //nolint:errcheck // closed twice
		ends := together(t, d,
			put("good1"),
			func(tx *Tx) error { _ = put("gone")(tx); runtime.Goexit(); return nil },
			put("good2"))
		if err, _ := ends[1].(error); ends[0] != nil || !errors.Is(err, errGoexit) || ends[2] != nil {
			t.Errorf("ends: %v", ends)
		}
		if !has(t, d, "good1") || has(t, d, "gone") || !has(t, d, "good2") {
			t.Error("not what was committed")
		}
	})
}

func TestContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		commits := 0
		d := opened(t, storetest.File(t), Options{Around: func(commit func() error) error {
			commits++
			<-hold
			return commit()
		}})
		var all sync.WaitGroup
		all.Go(func() { update(t, d, put("first")) })
		synctest.Wait()
		// It waits behind the first, and gives up at its deadline while that still commits.
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		begun, ran := time.Now(), false
		err := d.Update(ctx, func(*Tx) error { ran = true; return nil })
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != 2*time.Second || ran {
			t.Errorf("%v after %v, ran %v", err, time.Since(begun), ran)
		}
		if err := d.Update(ctx, put("late")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a context that is over: %v", err)
		}
		close(hold)
		all.Wait()
		// Its context ends while it runs: no commit is begun, and the other runs again.
		commits = 0
		own, end := context.WithCancel(t.Context())
		err = d.Update(own, func(tx *Tx) error { end(); return put("ended")(tx) })
		if !errors.Is(err, context.Canceled) || commits != 0 || has(t, d, "ended") {
			t.Errorf("ended within: %v, %d commits", err, commits)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseFinishesWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := storetest.File(t)
		d := opened(t, path, Options{Around: slow(new(atomic.Int32))})
		var all sync.WaitGroup
		for i := range 2*maxGroup + 5 {
			all.Go(func() { update(t, d, put(fmt.Sprint(i))) })
		}
		synctest.Wait()
		for range 2 {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
		all.Wait()
		if err := d.Update(t.Context(), put("late")); !errors.Is(err, ErrClosed) {
			t.Errorf("update after the end: %v", err)
		}
		if err := d.View(func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
			t.Errorf("view after the end: %v", err)
		}
		d = opened(t, path, Options{})
		defer d.Close() //nolint:errcheck // closed twice
		for i := range 2*maxGroup + 5 {
			if !has(t, d, fmt.Sprint(i)) {
				t.Errorf("%d is lost", i)
			}
		}
	})
}

// What changes nothing costs no commit.
func TestReadingUpdateDoesNotCommit(t *testing.T) {
	var commits atomic.Int32
	d := opened(t, storetest.File(t), Options{Around: func(c func() error) error { commits.Add(1); return c() }})
	update(t, d, func(tx *Tx) error { tx.Has(things, []byte("x")); return nil })
	if err := d.Update(t.Context(), func(*Tx) error { return storetest.ErrOnPurpose }); !errors.Is(err, storetest.ErrOnPurpose) {
		t.Error(err)
	}
	if n := commits.Load(); n != 0 {
		t.Errorf("%d commits", n)
	}
}

// A commit that fails before the disk has anything fails for everybody in it, and
// the next is as if it had never been.
func TestCommitFailsBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, n := storetest.File(t), 0
		d := opened(t, path, Options{Around: func(commit func() error) error {
			time.Sleep(time.Millisecond)
			if n++; n == 2 {
				return storetest.ErrOnPurpose
			}
			return commit()
		}})
		defer d.Close() //nolint:errcheck // closed twice
		for i, end := range together(t, d, put("a"), put("b"), put("c")) {
			if err, _ := end.(error); !errors.Is(err, storetest.ErrOnPurpose) || errors.Is(err, ErrUnclear) {
				t.Errorf("%d: %v", i, end)
			}
		}
		update(t, d, put("after"))
		storetest.Close(t, d)
		d = opened(t, path, Options{})
		defer d.Close() //nolint:errcheck // closed twice
		for id, want := range map[string]bool{"first": true, "a": false, "b": false, "c": false, "after": true} {
			if has(t, d, id) != want {
				t.Errorf("%s is there: %v", id, !want)
			}
		}
	})
}

// A commit whose end is unknown is reported, and nothing is built upon it.
func TestCommitEndsUnclear(t *testing.T) {
	path := storetest.File(t)
	d := opened(t, path, Options{Around: func(commit func() error) error {
		return errors.Join(commit(), storetest.ErrOnPurpose)
	}})
	for range 2 {
		if err := d.Update(t.Context(), put("a")); !errors.Is(err, ErrUnclear) {
			t.Errorf("update: %v", err)
		}
	}
	if <-d.Failed(); !errors.Is(d.Failure(), ErrUnclear) {
		t.Errorf("failure: %v", d.Failure())
	}
	storetest.Close(t, d)
	update(t, opened(t, path, Options{}), put("b"))
}

// Looking and changing at once, for the race detector.
func TestAtOnce(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 30 {
				id := fmt.Sprint(w, "-", i)
				if update(t, d, put(id)); !has(t, d, id) {
					t.Errorf("%s is committed and cannot be seen", id)
				}
			}
		})
	}
	all.Wait()
	if s := d.Stats(); s.Commits == 0 || s.Commits > 240 || s.Failed > 0 {
		t.Errorf("%+v", s)
	}
}
