package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stepin/nudges"
	"stepin/store/disk"
	"stepin/store/kv"
)

// rebuildBy is how many records one transaction of a salvage makes the indexes of.
const rebuildBy = 1000

// Saved says what is missing in a file that was saved from a damaged one.
type Saved struct {
	Missing []Missing
	// Behind is set if the last commit before the damage may be missing.
	Behind bool
}

// Missing is how many records of a kind are missing.
type Missing struct {
	Kind  string // in plain words, to stand behind the number
	N     int    // 0 if nobody knows how many
	About bool   // N is an estimate
}

func (m Missing) String() string {
	switch {
	case m.N == 0:
		return "nobody can say how many " + m.Kind
	case m.About:
		return fmt.Sprintf("about %d %s", m.N, m.Kind)
	}
	return fmt.Sprintf("%d %s", m.N, m.Kind)
}

// Salvage writes what can be read of the damaged file at path to a draft, as a file of the present format in which
// every record can be read and every index is right. It closes the draft. What belongs to a request that is missing
// goes with it. ErrDamaged if nothing can be read, or if the file is not one of ours; ErrNewer as for Open. The
// damaged file is only read.
func Salvage(ctx context.Context, path string, d *disk.Draft, o Options) (s Saved, err error) {
	o = o.Filled()
	if err := d.File.Close(); err != nil {
		return s, err
	}
	var all []kv.Table
	for _, shape := range shapes {
		all = append(all, shape.table)
	}
	w, err := kv.OpenWreck(ctx, path, o.Lock(path), fits, all...)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	f, err := kv.Open(ctx, d.Temp, kv.Options{Mode: kv.Make, NoSync: true}) // one sync, at the end
	if err != nil {
		return s, err
	}
	r := &salvage{wreck: w, file: f, now: o.Now(), gone: map[kv.Table]int{}}
	if err = r.run(ctx); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return s, err
	}
	return r.saved(), nil
}

// A salvage is one at work.
type salvage struct {
	wreck  *kv.Wreck
	file   *kv.File // what is saved
	now    time.Time
	secret []byte
	newKey bool // the key of its HMACs is lost: what stands under them cannot be found any more
	found  map[kv.Table]*kv.Found
	gone   map[kv.Table]int // how many were left out because of what is missing elsewhere
	counts map[kv.Table]int // how many were counted; none of a table whose count is lost
	order  uint64           // the last number given to a request or a message
}

func (s *salvage) run(ctx context.Context) (err error) {
	if err := s.read(ctx); err != nil {
		return err
	}
	format, err := s.ours()
	if err == nil && format < Format() {
		err = Migrate(s.file, format, s.now)
	}
	for _, b := range []kv.Table{ // requests go first, for the next three are about them
		requests, history, said, outbox, reminders, envelopes, teams, learning, ledger, trust,
	} {
		if err == nil {
			err = s.rebuild(ctx, b)
		}
	}
	if err != nil {
		return err
	}
	return s.file.Update(func(raw *kv.Tx) error { return s.count(&tx{reader: reader{Tx: raw}}) })
}

// read takes every record over.
func (s *salvage) read(ctx context.Context) error {
	err := s.file.Update(func(t *kv.Tx) error { return t.MakeTables(slices.Concat(newTables...)...) })
	if err != nil {
		return err
	}
	if err := s.file.Fill(func(to *kv.Filler) (err error) {
		s.found, err = s.wreck.Read(func(b kv.Table, k, v []byte) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return to.Put(b, k, v)
		})
		return err
	}); err != nil {
		return err
	}
	if s.found[meta] == nil {
		return fmt.Errorf("%w: this is no database of stepin", ErrDamaged)
	}
	for _, f := range s.found {
		if f.Records > 0 {
			return nil
		}
	}
	return fmt.Errorf("%w: no record of it can be read", ErrDamaged)
}

// ours puts into meta what each file must have, from an old state of it if need be, and gives the format.
func (s *salvage) ours() (format int, err error) {
	old := map[string]string{}
	err = s.file.Update(func(t *kv.Tx) error {
		must := []string{metaFormat, metaSecret, metaCreated}
		lacks := false
		for _, key := range append(must, metaTeam) {
			lacks = lacks || !t.Has(meta, []byte(key))
		}
		if lacks {
			s.wreck.Old(meta, func(k, v []byte) {
				was := old[string(k)]
				known, ok := metaShape(string(k), v)
				if known && ok && cmp.Or(len(v)-len(was), strings.Compare(string(v), was)) > 0 { // the highest format
					old[string(k)] = string(v)
				}
			})
		}
		if s.newKey = old[metaSecret] == "" && !t.Has(meta, []byte(metaSecret)); s.newKey {
			secret := make([]byte, 32)
			_, _ = rand.Read(secret) // never fails
			old[metaSecret] = string(secret)
		}
		fallback := map[string]string{metaFormat: strconv.Itoa(Format()), metaCreated: s.now.UTC().Format(time.RFC3339)}
		for _, key := range append(must, metaTeam) {
			v := old[key]
			if v == "" {
				v = fallback[key]
			}
			if v == "" || t.Has(meta, []byte(key)) {
				continue
			}
			if err := t.Put(meta, []byte(key), []byte(v)); err != nil {
				return err
			}
		}
		s.secret = bytes.Clone(t.Get(meta, []byte(metaSecret)))
		s.counts = map[kv.Table]int{}
		r := &reader{Tx: t}
		for b, name := range map[kv.Table]string{requests: countRequests, outbox: countOutbox} {
			if t.Has(counts, []byte(name)) {
				s.counts[b] = int(r.count(name))
			}
		}
		s.order = r.count(countOrder)
		format, err = strconv.Atoi(string(t.Get(meta, []byte(metaFormat))))
		return err
	})
	if err == nil && format > Format() {
		err = fmt.Errorf("%w: format %d, this stepin knows %d: use the newer stepin", ErrNewer, format, Format())
	}
	return format, err
}

// rebuild makes the indexes of a table's records, and leaves out what belongs to nothing, some at a time.
func (s *salvage) rebuild(ctx context.Context, b kv.Table) error {
	var last []byte
	for more := true; more; {
		more = false
		err := s.file.Update(func(raw *kv.Tx) error {
			t, n := &tx{reader: reader{raw, s.secret}}, 0
			for k, v := range t.After(b, last) {
				if n++; n > rebuildBy {
					more = true
					return ctx.Err()
				}
				last = bytes.Clone(k)
				if err := s.record(t, b, last, bytes.Clone(v)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// record makes the indexes of a record.
func (s *salvage) record(t *tx, b kv.Table, k, v []byte) error {
	var of nudges.RequestID
	switch b {
	case history:
		of = nudges.RequestID(k[:len(k)-9])
	case said, outbox:
		rec, err := parse[struct {
			Request nudges.RequestID `json:"request"`
			Order   uint64           `json:"n"`
		}](b, v)
		if err != nil {
			return err
		}
		of, s.order = rec.Request, max(s.order, rec.Order)
	case requests:
		rec, err := parse[requestRecord](b, v)
		if err != nil {
			return err
		}
		s.order = max(s.order, rec.Order)
	case teams:
		rec, err := parse[teamRecord](b, v)
		for _, rep := range rec.Reps {
			err = errors.Join(err, t.Put(reps, []byte(rep), k))
		}
		return err
	case ledger, trust, learning:
		return s.rekey(t, b, k, v)
	}
	if of != "" && !t.Has(requests, []byte(of)) {
		s.gone[b]++
		return t.Delete(b, k)
	}
	places := entries[b]
	if places == nil {
		return nil
	}
	after, err := places(&t.reader, k, v)
	if err != nil {
		return err
	}
	return t.move(nil, after)
}

// rekey leaves out what stands under a key that is lost, or puts it under the new one if it says what it is about.
func (s *salvage) rekey(t *tx, b kv.Table, k, v []byte) error {
	if !s.newKey {
		return nil
	}
	if b != learning {
		s.gone[b]++
		return t.Delete(b, k)
	}
	rec, err := parse[learningRecord](b, v)
	if err != nil {
		return err
	}
	manager, _, _ := strings.Cut(string(k), "\x00")
	key := t.learningKey(nudges.UserID(manager), rec.Rep, rec.Deal)
	return errors.Join(t.Delete(b, k), t.Put(b, key, v))
}

// count sets the counts, and notes what is missing of what was counted.
func (s *salvage) count(t *tx) error {
	put := func(name string, n uint64) error {
		return t.Put(counts, []byte(name), binary.BigEndian.AppendUint64(nil, n))
	}
	for b, name := range map[kv.Table]string{requests: countRequests, outbox: countOutbox} {
		n := t.Size(b)
		if was, known := s.counts[b]; known {
			s.counts[b] = max(0, was-n)
		}
		if err := put(name, uint64(n)); err != nil {
			return err
		}
	}
	return put(countOrder, s.order)
}

// saved says what is missing.
func (s *salvage) saved() Saved {
	is := Saved{Behind: s.wreck.Behind}
	if s.newKey {
		is.Missing = append(is.Missing, Missing{N: 1, Kind: "key of the file, with the workspace that it belonged to"})
	}
	for _, shape := range shapes {
		f := s.found[shape.table]
		if f == nil || shape.table == meta || shape.table == counts {
			continue
		}
		m := Missing{N: f.Bad + s.gone[shape.table], Kind: shape.many}
		unknown := f.Unsure
		if f.Lost > 0 && f.Records > 0 {
			m.N, m.About = m.N+max(1, f.Lost*f.Records/f.Pages), true
		} else if f.Lost > 0 {
			unknown = true
		}
		if n, known := s.counts[shape.table]; known {
			m.N, m.About, unknown = n, false, false
		}
		if m.N == 1 && !m.About {
			m.Kind = shape.one
		}
		if unknown {
			m.N = 0
		}
		if unknown || m.N > 0 {
			is.Missing = append(is.Missing, m)
		}
	}
	return is
}
