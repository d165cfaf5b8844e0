package store

import (
	"encoding/binary"
	"fmt"
	"time"

	"stepin/nudges"
)

// A transitionRecord is one line of a request's history; its number stands in the key.
type transitionRecord struct {
	By   nudges.UserID   `json:"by,omitempty"`
	At   time.Time       `json:"at"`
	From situationRecord `json:"from"`
	To   situationRecord `json:"to"`
	Why  string          `json:"why,omitempty"`
}

type situationRecord struct {
	Decision nudges.Decision   `json:"decision,omitempty"`
	Phase    nudges.Phase      `json:"phase,omitempty"`
	Grant    nudges.GrantState `json:"grant,omitempty"`
}

func historyPrefix(id nudges.RequestID) []byte { return append([]byte(id), 0) }

func (t *tx) putTransition(id nudges.RequestID, tr nudges.Transition) error {
	if tr.Seq < 1 {
		return fmt.Errorf("transition %d of request %s: they are counted from 1", tr.Seq, id)
	}
	key := binary.BigEndian.AppendUint64(historyPrefix(id), uint64(tr.Seq))
	if t.Has(history, key) {
		return fmt.Errorf("transition %d of request %s is recorded already", tr.Seq, id)
	}
	from, to := situationRecord(tr.From), situationRecord(tr.To)
	return t.save(history, key, &transitionRecord{tr.By, tr.At, from, to, tr.Why})
}

func (r *reader) History(id nudges.RequestID) ([]nudges.Transition, error) {
	var all []nudges.Transition
	prefix := historyPrefix(id)
	for k, v := range r.Scan(history, prefix) {
		rec, err := parse[transitionRecord](history, v)
		if err != nil {
			return nil, err
		}
		if len(k) != len(prefix)+8 {
			return nil, fmt.Errorf("%w: a key in history has a wrong length", ErrDamaged)
		}
		all = append(all, nudges.Transition{
			Seq: int(binary.BigEndian.Uint64(k[len(prefix):])), By: rec.By, At: rec.At,
			From: nudges.Situation(rec.From), To: nudges.Situation(rec.To), Why: rec.Why,
		})
	}
	return all, nil
}
