package store

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"stepin/nudges"
)

// BenchmarkUpdate stores the first step of a pause, as one envelope does: the
// request, a transition, a message, and the envelope itself. It does so by this
// store, by the same store in memory, and, with the same functions upon bbolt
// alone, by a loop of db.Update and by db.Batch.
func BenchmarkUpdate(b *testing.B) {
	for _, writers := range []int{1, 50, 500} {
		b.Run(fmt.Sprintf("writers=%d/store", writers), func(b *testing.B) {
			d := benched(b, Options{})
			race(b, writers, func(fn func(nudges.Tx) error) error { return d.Update(context.Background(), fn) })
			b.ReportMetric(float64(d.commits.Load())/float64(b.N), "commits/op")
		})
		b.Run(fmt.Sprintf("writers=%d/memory", writers), func(b *testing.B) {
			d := benched(b, Options{Memory: true})
			race(b, writers, func(fn func(nudges.Tx) error) error { return d.Update(context.Background(), fn) })
		})
		for name, by := range map[string]func(*bolt.DB) func(func(*bolt.Tx) error) error{
			"bbolt-update": func(db *bolt.DB) func(func(*bolt.Tx) error) error { return db.Update },
			"bbolt-batch":  func(db *bolt.DB) func(func(*bolt.Tx) error) error { return db.Batch },
		} {
			b.Run(fmt.Sprintf("writers=%d/%s", writers, name), func(b *testing.B) {
				d := benched(b, Options{})
				db := d.back.(boltBackend).db
				run := by(db)
				race(b, writers, func(fn func(nudges.Tx) error) error {
					return run(func(t *bolt.Tx) error {
						return fn(&tx{reader: reader{session: &boltSession{db: db, tx: t}, secret: d.secret}})
					})
				})
			})
		}
	}
}

type counted struct {
	*DB
	commits atomic.Int64
}

func benched(b *testing.B, o Options) *counted {
	b.Helper()
	c := new(counted)
	o.Around = func(commit func() error) error {
		c.commits.Add(1)
		return commit()
	}
	d, err := Open(b.Context(), file(b), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := d.Close(); err != nil {
			b.Error(err)
		}
	})
	c.DB = d
	return c
}

// race has so many writers do b.N updates, and reports how long each took.
func race(b *testing.B, writers int, do func(func(nudges.Tx) error) error) {
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var all sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range writers {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				begun := time.Now()
				r := aRequest(nudges.RequestID(fmt.Sprint("R", i)))
				r.Manager = nudges.UserID(fmt.Sprint("U", i%500))
				if err := do(func(tx nudges.Tx) error { return step(tx, r) }); err != nil {
					b.Error(err)
				}
				took[i] = time.Since(begun)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/1e6, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
}

func step(tx nudges.Tx, r nudges.Request) error {
	if _, err := tx.Answered(string(r.ID)); err == nil {
		return fmt.Errorf("%s was here before", r.ID)
	}
	if err := tx.PutRequest(r, nudges.Transition{Seq: 1, By: r.Manager, At: t0, Why: "begin"}); err != nil {
		return err
	}
	m := nudges.Message{Key: nudges.Key(r.ID, 1, r.Manager, "card"), Kind: "card", To: r.Manager, Request: r.ID, Due: t0}
	if err := tx.Enqueue(t0, m); err != nil {
		return err
	}
	return tx.Record(string(r.ID), []byte(`{"ok":true}`), t0)
}

// BenchmarkRewrite writes a file of 50,000 requests anew while one writer after another comes: the time of
// all of it, and the longest that a writer has waited meanwhile.
func BenchmarkRewrite(b *testing.B) {
	path := file(b)
	d, err := Open(b.Context(), path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	for n := range 250 {
		update(b, d, func(tx nudges.Tx) error {
			for i := range 200 {
				if err := tx.PutRequest(aDone(nudges.RequestID(fmt.Sprint("R", n*200+i)))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	longest := time.Duration(0)
	for b.Loop() {
		done := make(chan error, 1)
		go func() { done <- d.Rewrite() }()
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
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB")
	b.ReportMetric(float64(longest.Microseconds())/1e3, "ms-longest-wait")
}
