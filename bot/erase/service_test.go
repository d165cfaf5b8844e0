package erase

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"stepin/bot/health"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/store/storetest"
)

// A running is a Service with a clock that a test moves.
type running struct {
	Service
	now   time.Time
	keep  privacy.Keep
	tasks sync.WaitGroup
}

func newRunning(st storage.Store, f storage.File) *running {
	r := &running{now: forgetNow, keep: privacy.KeepUsual}
	r.Options = Options{
		Store: st, File: f, Now: func() time.Time { return r.now }, Keep: func() privacy.Keep { return r.keep },
		Log: slog.New(slog.DiscardHandler), Go: func(_ string, f func()) { r.tasks.Go(f) },
		Clear: func() {}, Health: health.New(slog.New(slog.DiscardHandler), time.Now), Wake: func() {}, Redraw: func(nudges.UserID) {},
	}
	return r
}

// pass lets minutes pass, and something is done in each.
func (r *running) pass(minutes int, do func()) {
	for range minutes {
		r.now = r.now.Add(time.Minute)
		do()
		r.tasks.Wait()
	}
}

// A file that cannot be rewritten is tried once an hour, because each try fills the disk. Other settings are
// tried at once.
func TestExpireFillsTheDiskSeldom(t *testing.T) {
	path, db := doneCalls(t)
	f := &failing{File: db}
	f.is.Store(true)
	r := newRunning(db, f)
	expire := func() { r.Expire(t.Context()) }
	if r.pass(150, expire); f.tried.Load() != 3 {
		t.Errorf("tried %d times in two and a half hours, want 3", f.tried.Load())
	}
	f.tried.Store(0)
	r.keep.Text = privacy.Days(20)
	if r.pass(1, expire); f.tried.Load() != 1 {
		t.Errorf("with other settings tried %d times, want 1", f.tried.Load())
	}
	f.is.Store(false)
	if r.pass(24*60, expire); f.tried.Load() != 2 {
		t.Errorf("tried %d times until it went well, and for the rest of the day; want 2", f.tried.Load())
	}
	if n := storetest.Finds(t, path, "zq of ROLD", "zq of ROLDER", "zq of RGONE"); n != 0 {
		t.Errorf("%d are still there", n)
	}
}

// A forgetting that fails is tried again after an hour, because each try takes as much room as the file, or at
// once if somebody asks again.
func TestForgetRestsAfterAFault(t *testing.T) {
	path, db := doneCalls(t)
	f := &failing{File: db}
	f.is.Store(true)
	r := newRunning(db, f)
	if err := db.Update(t.Context(), func(tx storage.Tx) error {
		return tx.PutForget(privacy.Forget{Who: "U0SAM001", At: forgetNow})
	}); err != nil {
		t.Fatal(err)
	}
	due := func() { r.ForgetDue(t.Context(), false) }
	if r.pass(150, due); f.tried.Load() != 3 {
		t.Errorf("tried %d times in two and a half hours, want 3", f.tried.Load())
	}
	if r.pass(1, func() { r.ForgetDue(t.Context(), true) }); f.tried.Load() != 4 {
		t.Errorf("asked again: tried %d times, want 4", f.tried.Load())
	}
	f.is.Store(false)
	if r.pass(62, due); f.tried.Load() != 5 {
		t.Errorf("then tried %d times, want 5", f.tried.Load())
	}
	if n := storetest.Finds(t, path, "zq of RNEW", "zq of ROLD"); n != 0 {
		t.Errorf("%d are still there", n)
	}
}

// A cramped file is on a disk that has no room for its rewrite while it is told so.
type cramped struct {
	storage.File
	is bool
}

func (c *cramped) Room() storage.Room {
	if c.is {
		return storage.Room{Needs: 2, Free: 1}
	}
	return storage.Room{Needs: 2, Free: 2}
}

func (c *cramped) Rewrite() error {
	if c.is {
		return errors.New("no room")
	}
	return c.File.Rewrite()
}

// A rewrite that has no room is said before its round begins, also where a shorter setting brings it. The round is
// tried as soon as there is room, and not an hour later.
func TestRoomIsSaidBefore(t *testing.T) {
	path, db := doneCalls(t)
	f := &cramped{File: db}
	r := newRunning(db, f)
	said, rounds := false, 0
	run := r.Go
	r.Go = func(kind string, f func()) {
		said, rounds = r.Health.Holds(health.RetentionFails), rounds+1
		run(kind, f)
	}
	expire := func() { r.Expire(t.Context()) }
	if r.pass(1, expire); said || rounds != 1 || r.Health.Failing(health.Jobs...) {
		t.Fatalf("said %t in %d rounds: %+v", said, rounds, r.Health.Done())
	}
	f.is, r.keep.Text = true, privacy.Days(20)
	if err := db.Update(t.Context(), func(tx storage.Tx) error { return tx.MarkErased() }); err != nil {
		t.Fatal(err)
	}
	if r.pass(1, expire); !said || rounds != 2 || !r.Health.Failing(health.Retention) ||
		!r.Health.Failing(health.Rewriting) {
		t.Errorf("with a shorter setting said %t in %d rounds: %+v", said, rounds, r.Health.Done())
	}
	if r.pass(30, expire); rounds != 2 || !r.Health.Holds(health.RetentionFails) {
		t.Errorf("half an hour later: %d rounds", rounds)
	}
	f.is = false
	if r.pass(1, expire); rounds != 3 || r.Health.Holds(health.RetentionFails) || r.Health.Failing(health.Jobs...) {
		t.Errorf("with room %d rounds: %+v", rounds, r.Health.Done())
	}
	if n := storetest.Finds(t, path, "zq of ROLD", "zq of ROLDER", "zq of RGONE"); n != 0 {
		t.Errorf("%d are still there", n)
	}
	f.is = true // nothing is due: the next round says so all the same
	if r.pass(24*60, expire); rounds != 4 || !r.Health.Holds(health.RetentionFails) || r.Health.Failing(health.Jobs...) {
		t.Errorf("a day later %d rounds: %+v", rounds, r.Health.Done())
	}
	f.is = false
	if r.pass(1, expire); rounds != 4 || r.Health.Holds(health.RetentionFails) {
		t.Errorf("%d rounds, and it is not over", rounds)
	}
}

// A full store takes nothing while it is full.
type full struct {
	storage.Store
	is bool
}

func (f *full) Update(ctx context.Context, fn func(storage.Tx) error) error {
	return f.Store.Update(ctx, func(tx storage.Tx) error {
		if err := fn(tx); err != nil || !f.is {
			return err
		}
		return storage.ErrDiskFull
	})
}

// A command that could not even be noted leaves nothing to do: what holds ends as soon as there is room.
func TestForgetThatIsNotNoted(t *testing.T) {
	_, db := doneCalls(t)
	st, f := &full{db, true}, &cramped{db, true}
	r := newRunning(st, f)
	r.pass(1, func() { r.Expire(t.Context()) })
	if _, err := r.Forget(t.Context(), "U0SAM001", "sam", false, nil); !errors.Is(err, storage.ErrDiskFull) {
		t.Errorf("without room: %v", err)
	}
	if !r.Health.Holds(health.RetentionFails) {
		t.Error("the lack of room is not said")
	}
	st.is, f.is = false, false
	if r.pass(2, func() { r.Expire(t.Context()) }); r.Health.Holds(health.RetentionFails) {
		t.Errorf("with room it does not end: %+v", r.Health.Done())
	}
}
