package store

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"

	"stepin/nudges"
)

// A migration brings the layout from one version to the next, in the transaction
// in which the version is written too.
type migration func(t *tx, now time.Time) error

// migrations are append only: the first makes version 1 out of nothing, and each
// that is added needs an old file in testdata and a case in migrate_test.go.
var migrations = []migration{begin, addTeams, addReminders, addDebriefs, addKeeping}

// Keys in meta.
const (
	metaFormat  = "format"
	metaCreated = "created"
	metaSecret  = "secret"
	metaTeam    = "team"
	metaGroup   = "group"

	metaRestored = "restored"
	metaErased   = "erased"
)

// begin makes the first layout. The buckets themselves are made by migrate.
func begin(t *tx, now time.Time) error {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return errors.Join(
		t.put(meta, []byte(metaSecret), secret),
		t.put(meta, []byte(metaCreated), []byte(now.UTC().Format(time.RFC3339))),
	)
}

// addTeams makes room for teams, bonds, parts and the ledger; the buckets are made by migrate.
// In version 1 every grant was the manager's own, so each that there is was in force once.
func addTeams(t *tx, _ time.Time) error {
	for k, v := range t.scan(requests, nil) {
		var rec requestRecord
		if err := decode(requests, v, &rec); err != nil {
			return err
		}
		switch nudges.GrantState(rec.Grant.State) {
		case nudges.NoGrant, nudges.Asked, nudges.Declined:
		case nudges.Given, nudges.Returned, nudges.Expired:
			rec.Grant.EverGiven = true
			if err := t.save(requests, bytes.Clone(k), rec); err != nil {
				return err
			}
		}
	}
	return nil
}

// addReminders makes room for reminders. There were none before.
func addReminders(*tx, time.Time) error { return nil }

// addDebriefs makes room for debriefs. Calls that were over before get none: nobody wants to be asked
// about all of last week at once.
func addDebriefs(t *tx, _ time.Time) error {
	for k, v := range t.scan(requests, nil) {
		var rec requestRecord
		if err := decode(requests, v, &rec); err != nil {
			return err
		}
		if nudges.Phase(rec.Phase) != nudges.After {
			continue
		}
		rec.Debrief.State = string(nudges.DebriefQuiet)
		if err := t.save(requests, bytes.Clone(k), rec); err != nil {
			return err
		}
	}
	return nil
}

// addKeeping notes when each request that is done became so, and takes the names of deals out of what
// envelopes were answered with: the next stepin reads them from the envelope that comes twice.
func addKeeping(t *tx, _ time.Time) error {
	for k, v := range t.scan(requests, nil) {
		var rec requestRecord
		if err := decode(requests, v, &rec); err != nil {
			return err
		}
		if nudges.Phase(rec.Phase) != nudges.Done {
			continue
		}
		id := nudges.RequestID(k)
		changes, err := t.History(id)
		if err != nil {
			return err
		}
		rec.DoneAt = rec.Ends
		if n := len(changes); n > 0 {
			rec.DoneAt = changes[n-1].At
		}
		if err := t.save(requests, []byte(id), rec); err != nil {
			return err
		}
		if err := t.put(done, append(appendTime(nil, rec.DoneAt), id...), nil); err != nil {
			return err
		}
	}
	for k, v := range t.scan(envelopes, nil) {
		var answer map[string]json.RawMessage
		if len(v) < timeSize || json.Unmarshal(v[timeSize:], &answer) != nil {
			continue // the oldest versions wrote nothing else
		}
		var draft map[string]json.RawMessage
		if json.Unmarshal(answer["d"], &draft) != nil || draft["d"] == nil {
			continue
		}
		delete(draft, "d")
		var errs [2]error
		answer["d"], errs[0] = json.Marshal(draft)
		b, err := json.Marshal(answer)
		errs[1] = err
		if err := errors.Join(errs[:]...); err != nil {
			return err
		}
		if err := t.put(envelopes, bytes.Clone(k), append(bytes.Clone(v[:timeSize]), b...)); err != nil {
			return err
		}
	}
	return nil
}

// firstBuckets are those of version 1, which a file must have to be one of ours.
const firstBuckets = int(people) + 1

// secondBuckets are those of version 2.
const secondBuckets = int(ledger) + 1

// thirdBuckets are those of version 3.
const thirdBuckets = int(wakes) + 1

// fourthBuckets are those of version 4.
const fourthBuckets = int(trust) + 1

// migrate applies what comes after version, all of it or nothing.
func migrate(back backend, version int, ms []migration, now time.Time) error {
	s, err := back.begin(true)
	if err != nil {
		return err
	}
	t := &tx{reader: reader{session: s}}
	if b, ok := s.(*boltSession); ok {
		for _, name := range bucketNames {
			if _, err := b.tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				s.rollback(t.undo)
				return fmt.Errorf("make bucket %s: %w", name, err)
			}
		}
	}
	for v := version; v < len(ms); v++ {
		err := ms[v](t, now)
		if err == nil {
			err = t.put(meta, []byte(metaFormat), []byte(strconv.Itoa(v+1)))
		}
		if err != nil {
			s.rollback(t.undo)
			return fmt.Errorf("migrate from format %d to %d: %w", v, v+1, err)
		}
	}
	if err := s.commit(); err != nil {
		return fmt.Errorf("migrate to format %d: %w", len(ms), err)
	}
	return nil
}

// formatOf is the version of the file's layout.
func formatOf(back boltBackend) (version int, err error) {
	defer func() {
		if p := recover(); p != nil {
			version, err = 0, fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	err = back.db.View(func(t *bolt.Tx) (err error) {
		version, err = formatIn(t)
		return err
	})
	return version, err
}

func formatIn(t *bolt.Tx) (version int, err error) {
	m := t.Bucket([]byte(bucketNames[meta]))
	if m == nil {
		return 0, fmt.Errorf("%w: this is no database of stepin", ErrDamaged)
	}
	version, err = strconv.Atoi(string(m.Get([]byte(metaFormat))))
	if err != nil || version < 1 || len(m.Get([]byte(metaSecret))) == 0 {
		return 0, fmt.Errorf("%w: its format or key is missing", ErrDamaged)
	}
	names := bucketNames[:]
	switch {
	case version == 1:
		names = bucketNames[:firstBuckets]
	case version == 2:
		names = bucketNames[:secondBuckets]
	case version == 3:
		names = bucketNames[:thirdBuckets]
	case version == 4:
		names = bucketNames[:fourthBuckets]
	case version > len(migrations):
		return version, nil // it will be refused as newer
	}
	for _, name := range names {
		if t.Bucket([]byte(name)) == nil {
			return version, fmt.Errorf("%w: bucket %s is missing", ErrDamaged, name)
		}
	}
	return version, nil
}

// keepCopy writes FILE.vN.bak; one that is there is replaced, for it was made
// before the same migration of the same file.
func keepCopy(db *bolt.DB, path string, version int, log *slog.Logger) (err error) {
	d, err := newDraft(fmt.Sprintf("%s.v%d.bak", path, version), log)
	if err != nil {
		return err
	}
	defer func() { err = d.drop(err) }()
	err = db.View(func(t *bolt.Tx) error {
		_, err := t.WriteTo(d.file)
		return err
	})
	if err := errors.Join(err, d.written()); err != nil {
		return err
	}
	return d.place(true)
}
