package store

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store/kv"
)

// A runRecord is a storage.Run.
type runRecord struct {
	At      time.Time `json:"-"` // it stands in the key
	By      string    `json:"by"`
	Command string    `json:"command"`
	Args    []string  `json:"args,omitempty"`
}

func (r *reader) Runs() (all []storage.Run, err error) {
	for k, v := range r.Scan(runs, nil) {
		rec, err := parse[runRecord](runs, v)
		if err != nil {
			return nil, err
		}
		if rec.At, err = timeAt(runs, k); err != nil {
			return nil, err
		}
		all = append(all, storage.Run(rec))
	}
	return all, nil
}

func (t *tx) PutRun(r storage.Run) error {
	n, err := t.add(countOrder, 1)
	if err != nil {
		return err
	}
	rec := runRecord(r)
	return t.save(runs, binary.BigEndian.AppendUint64(appendTime(nil, r.At), n), &rec)
}

// NoteRun takes down a command in a file that no store has open.
func NoteRun(f *kv.File, r storage.Run) error {
	return f.Update(func(raw *kv.Tx) error { return (&tx{reader: reader{Tx: raw}}).PutRun(r) })
}

// forgetRuns deletes the arguments of commands, such as a file's name, that name somebody.
func (t *tx) forgetRuns(who nudges.UserID) ([]string, error) {
	for k, v := range t.Scan(runs, nil) {
		rec, err := parse[runRecord](runs, v)
		if err != nil {
			return nil, err
		}
		names := func(arg string) bool { return strings.Contains(arg, string(who)) }
		kept := slices.DeleteFunc(slices.Clone(rec.Args), names)
		if len(kept) == len(rec.Args) {
			continue
		}
		rec.Args = kept
		if err := t.save(runs, bytes.Clone(k), &rec); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
