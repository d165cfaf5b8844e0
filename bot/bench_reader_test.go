package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/control"
)

// BenchmarkAcknowledgeBesideReader: 40 commands a second, while a backup that nobody reads stands in a file that grows
// past 64 MB, where a smaller map would end. p99-ms and most-ms are of acknowledgements. Give -benchtime 400x or more.
func BenchmarkAcknowledgeBesideReader(b *testing.B) {
	for name, reads := range map[string]bool{"reader": true, "none": false} {
		b.Run(name, func(b *testing.B) {
			ws, url, people := crowd(b, 40)
			path := b.TempDir() + "/stepin.db"
			db, err := store.Open(b.Context(), path, store.Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = db.Close() })
			for i := range 32 {
				if err := db.Update(b.Context(), func(tx storage.Tx) (err error) {
					for j := range 900 {
						err = errors.Join(err, tx.Record(fmt.Sprint("fill", i, j), make([]byte, 1700), time.Now()))
					}
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			go func() { _ = db.Serve(ctx) }()
			for _, err := store.Status(ctx, path); err != nil; _, err = store.Status(ctx, path) {
				time.Sleep(10 * time.Millisecond)
			}
			runBot(b, ws, url, db)
			if reads {
				backup, err := control.Get(ctx, path, store.BackupName)
				if err != nil {
					b.Fatal(err)
				}
				defer func() { _ = backup.Body.Close() }() // nobody reads it
			}
			began := time.Now()
			var all sync.WaitGroup
			every := time.NewTicker(time.Second / 40)
			defer every.Stop()
			b.ResetTimer()
			for i := range b.N {
				<-every.C
				all.Go(func() {
					if err := ws.Command(b.Context(), people[i%len(people)], "C0DEALS1", "/stepin @Dana Acme"); err != nil {
						b.Error(err)
					}
				})
			}
			all.Wait()
			b.StopTimer()
			var took []time.Duration
			for _, c := range ws.Calls() {
				if c.Method == "ack" && c.At.After(began) {
					took = append(took, c.Took)
				}
			}
			now, err := db.Now()
			if err != nil || len(took) < b.N*9/10 {
				b.Fatalf("%d acknowledgements, %v", len(took), err)
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
			b.ReportMetric(float64(took[len(took)-1])/1e6, "most-ms")
			b.ReportMetric(float64(now.Size)/1e6, "file-MB")
		})
	}
}
