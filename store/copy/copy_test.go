package copy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/control"
	"stepin/store/kv"
	"stepin/store/storetest"
)

// opened opens a store whose file is not synced, and closes it at the test's end.
func opened(t testing.TB, path string, o store.Options) *store.DB {
	t.Helper()
	o.NoSync = true
	d, err := store.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // closed before, or without meaning to the test
	return d
}

func update(t testing.TB, d *store.DB, fn func(storage.Tx) error) {
	t.Helper()
	if err := d.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, d *store.DB, fn func(storage.Reader) error) {
	t.Helper()
	if err := d.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func put(id string) func(storage.Tx) error {
	return func(tx storage.Tx) error { return tx.PutPerson(nudges.Person{ID: nudges.UserID(id), DM: id}) }
}

func has(t testing.TB, d *store.DB, id string) (ok bool) {
	t.Helper()
	view(t, d, func(r storage.Reader) error {
		p, err := r.Person(nudges.UserID(id))
		ok = p.DM != ""
		return err
	})
	return ok
}

// How many requests, and messages, a fixture has: few where it is any file, many where its bytes matter.
const (
	few  = 40
	many = 800
)

// filled is a closed file of a workspace with few requests.
func filled(t testing.TB, team string) (path string) { return filledWith(t, few, team) }

// fixtures are the files without a workspace, by how many requests they have.
var (
	making   sync.Mutex
	fixtures = map[int][]byte{}
)

func filledWith(t testing.TB, n int, team string) (path string) {
	t.Helper()
	making.Lock()
	defer making.Unlock()
	path = storetest.File(t)
	if fixtures[n] == nil {
		d := opened(t, path, store.Options{})
		for i := range 8 {
			update(t, d, func(tx storage.Tx) error {
				for j := range n / 8 {
					r := storetest.Request(nudges.RequestID(fmt.Sprintf("R%d-%d", i, j)))
					if err := errors.Join(tx.PutRequest(r),
						tx.Enqueue(storetest.T0, nudges.Message{Key: string(r.ID) + "/1"})); err != nil {
						return err
					}
				}
				return nil
			})
		}
		storetest.Close(t, d)
		fixtures[n] = storetest.Read(t, path)
	}
	storetest.Write(t, path, fixtures[n])
	if team != "" {
		if err := opened(t, path, store.Options{Team: team}).Close(); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// serve has a store answer on its socket until it is closed, and waits until it answers.
func serve(t *testing.T, d *store.DB, path string) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- d.Serve(t.Context()) }()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, err := store.Status(t.Context(), path); err == nil {
			return
		}
		select {
		case err := <-ended:
			t.Fatalf("serve: %v", err)
		default:
		}
	}
	t.Fatal("nobody answers")
}

// used is how many bytes of a file are in use: what follows is room that bbolt has set aside.
func used(t testing.TB, path string) int64 {
	t.Helper()
	c, err := Verify(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c.Bytes
}

// A copy that the running stepin breaks off says why, and nothing is left of it.
func TestCopyIsBrokenOff(t *testing.T) {
	t.Parallel()
	path := filled(t, "")
	s := control.NewServer(path, slog.New(slog.DiscardHandler))
	s.Handle("status", func() (any, error) { return store.Now{}, nil })
	for _, name := range []string{store.BackupName, store.PagesName} {
		s.Stream(name, "", func(begin func(map[string]string) io.Writer) error {
			_, err := begin(map[string]string{"Content-Length": "10000", store.ContentsHeader: "{}"}).Write(make([]byte, 5000))
			return errors.Join(err, kv.ErrSlow)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, nil) }()
	for _, err := store.Status(ctx, path); err != nil; _, err = store.Status(ctx, path) {
		time.Sleep(time.Millisecond)
	}
	for _, damaged := range []*store.Saved{nil, new(store.Saved)} {
		_, err := Backup(ctx, path, path+".backup", Options{Damaged: damaged})
		storetest.OneLine(t, "backup", err, path, "it was too slow", "try again")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	storetest.Alone(t, path, 1)
}
