package kv

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"stepin/store/storetest"
)

// A Join runs around the next update of others, has no commit of its own, and fails alone.
func TestJoin(t *testing.T) {
	var order []string
	says := func(what string, err error) func(*Tx) error {
		return func(tx *Tx) error {
			order = append(order, what)
			return errors.Join(put(what)(tx), err)
		}
	}
	for name, tt := range map[string]struct {
		first, update, last error
	}{
		"all well":         {},
		"the first fails":  {first: storetest.ErrOnPurpose},
		"the last fails":   {last: storetest.ErrOnPurpose},
		"the update fails": {update: storetest.ErrOnPurpose},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				order = nil
				var commits atomic.Int32
				d := opened(t, storetest.File(t), Options{Around: slow(&commits)})
				defer d.Close() //nolint:errcheck // closed twice
				ended := make(chan error, 1)
				go func() { ended <- d.Join(t.Context(), says("first", tt.first), says("last", tt.last)) }()
				synctest.Wait()
				if len(order) > 0 {
					t.Fatalf("alone it ran %q", order)
				}
				if err := d.Update(t.Context(), says("update", tt.update)); !errors.Is(err, tt.update) {
					t.Errorf("the update: %v", err)
				}
				want := errors.Join(tt.first, tt.last)
				if err := <-ended; (err == nil) != (want == nil) || want != nil && !errors.Is(err, storetest.ErrOnPurpose) {
					t.Errorf("the join: %v", err)
				}
				if !slices.Equal(order, []string{"first", "update", "last"}) || commits.Load() != 1 {
					t.Errorf("ran %q, %d commits", order, commits.Load())
				}
				for id, err := range map[string]error{"first": tt.first, "update": tt.update, "last": tt.last} {
					if has(t, d, id) != (err == nil) {
						t.Errorf("%s is there: %v", id, has(t, d, id))
					}
				}
			})
		})
	}
}

// Who gives up before others come has run nothing, and neither has who waits when the file is closed.
func TestJoinEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := opened(t, storetest.File(t), Options{})
		defer d.Close() //nolint:errcheck // closed twice
		join := func(ctx context.Context) chan error {
			ended := make(chan error, 1)
			go func() { ended <- d.Join(ctx, put("first"), put("last")) }()
			synctest.Wait()
			return ended
		}
		ctx, giveUp := context.WithCancel(t.Context())
		ended := join(ctx)
		giveUp()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("given up: %v", err)
		}
		update(t, d, put("other"))
		if has(t, d, "first") || has(t, d, "last") {
			t.Error("it was given up, and has run")
		}
		ended = join(t.Context())
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, ErrClosed) {
			t.Errorf("at the end: %v", err)
		}
	})
}
