package copy

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/storetest"
)

func TestCompact(t *testing.T) {
	t.Parallel()
	path := filledWith(t, many, "")
	d := opened(t, path, store.Options{})
	update(t, d, func(tx storage.Tx) error {
		for i := range 8 {
			for j := range 100 {
				if err := tx.Settle(fmt.Sprintf("R%d-%d/1", i, j), nudges.Receipt{Channel: "D", TS: "1"}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if _, _, err := Compact(t.Context(), path,
		Options{Options: store.Options{Timeout: time.Millisecond}}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("while it is open: %v", err)
	}
	storetest.Close(t, d)
	whole := storetest.Read(t, path)
	was, err := Verify(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	before, would, err := Compact(t.Context(), path, Options{DryRun: true})
	if err != nil || would >= before || before != int64(len(whole)) {
		t.Errorf("from %d to %d, %v", before, would, err)
	}
	storetest.Untouched(t, path, whole)
	_, after, err := Compact(t.Context(), path, Options{})
	if err != nil || after != would || int64(len(storetest.Read(t, path))) != after {
		t.Errorf("to %d, not %d, %v", after, would, err)
	}
	is, err := Verify(t.Context(), path, store.Options{})
	if err != nil || was.Differs(is) != "" {
		t.Errorf("%v, %s", err, was.Differs(is))
	}
	storetest.Alone(t, path, 1)
	again := storetest.Read(t, path)
	if before, after, err := Compact(t.Context(), path, Options{}); err != nil || after < before {
		t.Errorf("once more: from %d to %d, %v", before, after, err)
	}
	storetest.Untouched(t, path, again)
	t.Logf("from %d to %d", before, after)
}
