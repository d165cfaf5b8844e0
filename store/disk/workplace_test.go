package disk

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
)

// Those who make and those who sweep at the same time are in nobody's way.
func TestSweepWhileOthersMake(t *testing.T) {
	in := t.TempDir()
	quiet := slog.New(slog.DiscardHandler)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				w, err := NewWorkplace(in, quiet)
				if err != nil {
					t.Error(err)
					return
				}
				at := w.Path(draftName)
				err = os.WriteFile(at, fmt.Append(nil, i), 0o600)
				Sweep(in, quiet)
				b, gone := os.ReadFile(at)
				if err := errors.Join(err, gone, w.Leave()); err != nil || string(b) != fmt.Sprint(i) {
					t.Errorf("%q, %v", b, err)
				}
			}
		})
	}
	wg.Wait()
	if all, err := os.ReadDir(in); err != nil || len(all) != 0 {
		t.Errorf("left: %v, %v", all, err)
	}
}
