package store

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"stepin/nudges"
	"stepin/nudges/mirror"
	"stepin/nudges/privacy"
	"stepin/store/kv"
)

// A migration brings the layout from one version to the next. Its tables are there already.
type migration func(t *tx, now time.Time) error

// migrations are append only: the first makes version 1 out of nothing. Each that is added needs a row in newTables, an
// old file in testdata (go test ./store -run OldFiles -update), and a function in storetest.Looks.
var migrations = []migration{begin, addTeams, addReminders, addDebriefs, addKeeping, addRuns, addMonths}

// Format is the version of the layout that this stepin writes.
func Format() int { return len(migrations) }

// Migrate brings a file from a version of the layout to the present one, all of it or nothing.
func Migrate(f *kv.File, version int, now time.Time) error {
	return migrate(f, version, migrations, now)
}

func migrate(f *kv.File, version int, ms []migration, now time.Time) error {
	err := f.Update(func(raw *kv.Tx) error {
		for _, tables := range newTables {
			if err := raw.MakeTables(tables...); err != nil {
				return err
			}
		}
		t := &tx{reader: reader{Tx: raw}}
		for v := version; v < len(ms); v++ {
			err := ms[v](t, now)
			if err == nil {
				err = t.Put(meta, []byte(metaFormat), []byte(strconv.Itoa(v+1)))
			}
			if err != nil {
				return fmt.Errorf("migrate from format %d to %d: %w", v, v+1, err)
			}
		}
		return nil
	})
	if failed, ok := errors.AsType[*kv.CommitError](err); ok {
		return fmt.Errorf("migrate to format %d: %w", len(ms), failed.Err)
	}
	return err
}

// begin makes the first layout.
func begin(t *tx, now time.Time) error {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return errors.Join(
		t.Put(meta, []byte(metaSecret), secret),
		t.Put(meta, []byte(metaCreated), []byte(now.UTC().Format(time.RFC3339))),
	)
}

// alterRequests lets alter change each record; false for nothing to write.
func (t *tx) alterRequests(alter func(nudges.RequestID, *requestRecord) (bool, error)) error {
	for k, v := range t.Scan(requests, nil) {
		rec, err := parse[requestRecord](requests, v)
		if err != nil {
			return err
		}
		id := nudges.RequestID(k)
		changed, err := alter(id, &rec)
		if err == nil && changed {
			err = t.save(requests, []byte(id), &rec)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addTeams: in version 1 every grant was the manager's own, so each was in force once.
func addTeams(t *tx, _ time.Time) error {
	return t.alterRequests(func(_ nudges.RequestID, rec *requestRecord) (bool, error) {
		was := rec.Grant.State
		rec.Grant.EverGiven = was == nudges.Given || was == nudges.Returned || was == nudges.Expired
		return rec.Grant.EverGiven, nil
	})
}

// addReminders: there were none before.
func addReminders(*tx, time.Time) error { return nil }

// addDebriefs: calls that were over before get none, for nobody wants to be asked about all of last week at once.
func addDebriefs(t *tx, _ time.Time) error {
	return t.alterRequests(func(_ nudges.RequestID, rec *requestRecord) (bool, error) {
		rec.Debrief.State = nudges.DebriefQuiet
		return rec.Phase == nudges.After, nil
	})
}

// addKeeping notes when each request that is done became so, and takes the names of deals out of what envelopes were
// answered with: stepin reads them now from an envelope that comes twice.
func addKeeping(t *tx, _ time.Time) error {
	return errors.Join(t.alterRequests(t.noteDone), t.stripAnswers())
}

// addRuns: no command was taken down before.
func addRuns(*tx, time.Time) error { return nil }

// addMonths counts what has lost its words already, each call in its month. Nobody counts who was forgotten, not even
// once the words of a call go: nothing is kept of them beside requests, or a call's card was taken back.
func addMonths(t *tx, _ time.Time) error {
	return t.alterRequests(func(id nudges.RequestID, rec *requestRecord) (bool, error) {
		back := []byte(privacy.RemovedKey(rec.Card))
		rec.Uncounted = !t.Has(people, []byte(rec.Manager)) || t.Has(said, back) || t.Has(outbox, back)
		req := rec.request(id)
		if !req.Anonymised { // and no other index: those of calls need the file's key
			for _, p := range t.places(id, *rec) {
				if p.table == recent {
					return rec.Uncounted, t.Put(p.table, []byte(p.key), nil)
				}
			}
		}
		return rec.Uncounted, t.AddMonth(req.Manager, mirror.Month{Name: mirror.MonthOf(req), Counts: mirror.Of(req)})
	})
}

func (t *tx) noteDone(id nudges.RequestID, rec *requestRecord) (bool, error) {
	if rec.Phase != nudges.Done {
		return false, nil
	}
	changes, err := t.History(id)
	if err != nil {
		return false, err
	}
	rec.DoneAt = rec.Ends
	if n := len(changes); n > 0 {
		rec.DoneAt = changes[n-1].At
	}
	return true, t.move(nil, []place{atTime(done, rec.DoneAt, string(id))})
}

func (t *tx) stripAnswers() error {
	for k, v := range t.Scan(envelopes, nil) {
		var answer, draft map[string]json.RawMessage
		if len(v) < timeSize || json.Unmarshal(v[timeSize:], &answer) != nil {
			continue // the oldest versions wrote nothing else
		}
		if json.Unmarshal(answer["d"], &draft) != nil || draft["d"] == nil {
			continue
		}
		delete(draft, "d")
		var err error
		if answer["d"], err = json.Marshal(draft); err != nil {
			return err
		}
		b, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		if err := t.Put(envelopes, bytes.Clone(k), append(bytes.Clone(v[:timeSize]), b...)); err != nil {
			return err
		}
	}
	return nil
}
