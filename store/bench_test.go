package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store/storetest"
)

// BenchmarkUpdate stores the first step of a pause, as one envelope does: the request, a transition, a message, and the
// envelope itself; with the disk's syncs and, for the price of the disk, without.
func BenchmarkUpdate(b *testing.B) {
	for _, writers := range []int{1, 50, 500} {
		for name, o := range map[string]Options{"store": {}, "nosync": {NoSync: true}} {
			b.Run(fmt.Sprintf("writers=%d/%s", writers, name), func(b *testing.B) {
				d := benched(b, o)
				race(b, writers, func(fn func(storage.Tx) error) error { return d.Update(context.Background(), fn) })
				b.ReportMetric(float64(d.Effort().Commits)/float64(b.N), "commits/op")
			})
		}
	}
}

func benched(b *testing.B, o Options) *DB {
	b.Helper()
	d, err := Open(b.Context(), storetest.File(b), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := d.Close(); err != nil {
			b.Error(err)
		}
	})
	return d
}

// race has so many writers do b.N updates, and reports how long each took.
func race(b *testing.B, writers int, do func(func(storage.Tx) error) error) {
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var all sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range writers {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				begun := time.Now()
				r := storetest.Request(nudges.RequestID(fmt.Sprint("R", i)))
				r.Manager = nudges.UserID(fmt.Sprint("U", i%500))
				if err := do(func(tx storage.Tx) error { return step(tx, r) }); err != nil {
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

func step(tx storage.Tx, r nudges.Request) error {
	if _, err := tx.Answered(string(r.ID)); err == nil {
		return fmt.Errorf("%s was here before", r.ID)
	}
	if err := tx.PutRequest(r, nudges.Transition{Seq: 1, By: r.Manager, At: storetest.T0, Why: "begin"}); err != nil {
		return err
	}
	m := nudges.Message{
		Key: nudges.Key(r.ID, 1, r.Manager, "card"), Kind: "card", To: r.Manager, Request: r.ID,
		Due: storetest.T0,
	}
	if err := tx.Enqueue(storetest.T0, m); err != nil {
		return err
	}
	return tx.Record(string(r.ID), []byte(`{"ok":true}`), storetest.T0)
}
