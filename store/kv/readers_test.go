package kv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stepin/store/storetest"
)

// small opens a file whose map is small, as where address space is short.
func small(t testing.TB, o Options) *DB {
	t.Helper()
	path := storetest.File(t)
	storetest.Close(t, opened(t, path, Options{}))
	f, err := openMapped(t.Context(), path, o, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(f, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // closed before, or without meaning to the test
	return d
}

// grow writes past the edge of such a map, and gives how long the slowest commit took.
func grow(t testing.TB, d *DB) (most time.Duration) {
	t.Helper()
	for i := range 12 {
		began := time.Now()
		update(t, d, func(tx *Tx) error { return tx.Put(things, fmt.Append(nil, i), make([]byte, 256<<10)) })
		most = max(most, time.Since(began))
	}
	return most
}

// Where the map is small, who stands in the file while a commit waits for it is ended after a while, in whatever it
// does; the commit goes on, and so do those who read after it.
func TestStandingReaderIsEnded(t *testing.T) {
	t.Parallel()
	const patience = 100 * time.Millisecond
	for name, stand := range map[string]func(tx *Tx) error{
		"a backup to a pipe that nobody reads": func(tx *Tx) error {
			here, there := net.Pipe()
			defer there.Close()
			_, err := tx.WriteTo(here)
			return err
		},
		"one that walks without an end": func(tx *Tx) error {
			for {
				for range tx.Scan(things, nil) {
				}
			}
		},
		"one that gets without an end": func(tx *Tx) error {
			for {
				tx.Get(things, []byte("0"))
			}
		},
		"one that sums up without an end": func(tx *Tx) error {
			for {
				if _, err := tx.Holds(); err != nil {
					return err
				}
			}
		},
		"a backup to somebody who is slow": func(tx *Tx) error {
			_, err := tx.WriteTo(slowly{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := make(lines, 10)
			d := small(t, Options{NoSync: true, Patience: patience, Log: slog.New(slog.NewTextHandler(log, nil))})
			update(t, d, func(tx *Tx) error { return tx.Put(things, []byte("0"), make([]byte, 500<<10)) })
			stands, ended := make(chan struct{}), make(chan error, 1)
			go func() {
				ended <- d.View(func(tx *Tx) error { close(stands); return stand(tx) })
			}()
			<-stands
			if most := grow(t, d); most < patience || most > 5*time.Second {
				t.Errorf("a commit took %v", most)
			}
			if err := <-ended; !errors.Is(err, ErrSlow) || errors.Is(err, ErrDamaged) {
				t.Errorf("the reader's error: %v", err)
			}
			if !has(t, d, "0") || d.Damage() != nil {
				t.Errorf("what is read after it: %v", d.Damage())
			}
			closes(t, d)
			// The line is written beside the end of the reader, and so perhaps after it.
			if line := <-log; !strings.Contains(line, "was ended, because a change waited") || len(log) > 0 {
				t.Errorf("the log: %s, and %d lines more", line, len(log))
			}
		})
	}
}

// lines are what is logged.
type lines chan string

func (l lines) Write(b []byte) (int, error) { l <- string(b); return len(b), nil }

// slowly takes a little, now and then.
type slowly struct{}

func (slowly) Write(b []byte) (int, error) { time.Sleep(200 * time.Millisecond); return len(b), nil }

// Who reads beside commits that are slow, but do not wait for it, is left alone.
func TestReaderIsLeftAlone(t *testing.T) {
	t.Parallel()
	d := opened(t, storetest.File(t), Options{Patience: 1})
	err := d.View(func(tx *Tx) error {
		for i := range 3 {
			err := d.Update(t.Context(), func(tx *Tx) (err error) {
				for j := range 3000 {
					err = errors.Join(err, tx.Put(things, fmt.Append(nil, i, j), make([]byte, 100)))
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		tx.Get(things, []byte("1"))
		_, err := tx.WriteTo(io.Discard)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// BenchmarkStandingReader commits 40 times a second beside a reader that stands still, until the file is larger than
// its map was: p99-ms and most-ms are how long a commit took. small has a map of 64 MB, as where address space is short:
// there the reader is ended.
func BenchmarkStandingReader(b *testing.B) {
	for name, size := range map[string]int{"large": int(largeMap), "small": smallMap} {
		b.Run(name, func(b *testing.B) {
			path := storetest.File(b)
			storetest.Close(b, opened(b, path, Options{}))
			f, err := openMapped(b.Context(), path, Options{}, size)
			if err != nil {
				b.Fatal(err)
			}
			d, err := New(f, Options{})
			if err != nil {
				b.Fatal(err)
			}
			for i := range 60 { // just below the edge
				update(b, d, func(tx *Tx) error { return tx.Put(things, fmt.Append(nil, "fill", i), make([]byte, 1<<20)) })
			}
			here, there := net.Pipe()
			stands, ended := make(chan struct{}), make(chan error, 1)
			go func() {
				ended <- d.View(func(tx *Tx) error { close(stands); _, err := tx.WriteTo(here); return err })
			}()
			<-stands
			var took []time.Duration
			var mu sync.Mutex
			var all sync.WaitGroup
			every := time.NewTicker(time.Second / 40)
			b.ResetTimer()
			for i := range 400 {
				began := <-every.C
				all.Go(func() {
					err := d.Update(context.Background(), func(tx *Tx) error {
						return tx.Put(things, fmt.Append(nil, "click", i), make([]byte, 32<<10))
					})
					mu.Lock()
					defer mu.Unlock()
					if took = append(took, time.Since(began)); err != nil {
						b.Error(err)
					}
				})
			}
			all.Wait()
			b.StopTimer()
			every.Stop()
			_ = there.Close()
			b.Log("the reader:", <-ended)
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
			b.ReportMetric(float64(took[len(took)-1])/1e6, "most-ms")
			storetest.Close(b, d)
		})
	}
}
