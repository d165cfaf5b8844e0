package bot

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"stepin/bot/sandbox"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// unreadable is a store that gives no calls one after the other while it is so.
type unreadable struct {
	storage.Store
	is *atomic.Bool
}

type unreadableReader struct{ storage.Reader }

func (unreadableReader) RequestsAfter(nudges.RequestID, int) ([]nudges.Request, error) {
	return nil, errors.New("a page cannot be read")
}

func (s unreadable) View(ctx context.Context, fn func(storage.Reader) error) error {
	return s.Store.View(ctx, func(r storage.Reader) error {
		if s.is.Load() {
			r = unreadableReader{r}
		}
		return fn(r)
	})
}

// An export of what cannot be read at the moment waits until it can: nobody is told that they wrote nothing.
func TestExportWaitsForTheStore(t *testing.T) {
	for name, scopes := range map[string][]string{
		"messages":                             nil,
		"a file, which is given up in the end": {"file-export"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, sandbox.Config{Manifest: manifest(t, scopes...)}, func(r *rig) {
				var is atomic.Bool
				r.wrap = func(s storage.Store) storage.Store { return unreadable{s, &is} }
				r.start()
				r.lines("team skills=Pricing")
				is.Store(true)
				r.lines("sam types /stepin export; +2m; sam goes to stepin; sam has 0 messages")
				is.Store(false)
				r.lines("+10m; sam goes to stepin; sam reads Skill of your team: Pricing")
			})
		})
	}
}
