package store

import (
	"encoding/binary"
	"fmt"
	"time"

	"stepin/nudges"
)

// transitionRecord is one line of a request's history.
type transitionRecord struct {
	By   string          `json:"by,omitempty"`
	At   time.Time       `json:"at"`
	From situationRecord `json:"from"`
	To   situationRecord `json:"to"`
	Why  string          `json:"why,omitempty"`
}

type situationRecord struct {
	Decision string `json:"decision,omitempty"`
	Phase    string `json:"phase,omitempty"`
	Grant    string `json:"grant,omitempty"`
}

func situationOf(s nudges.Situation) situationRecord {
	return situationRecord{string(s.Decision), string(s.Phase), string(s.Grant)}
}

func (s situationRecord) situation() nudges.Situation {
	return nudges.Situation{
		Decision: nudges.Decision(s.Decision), Phase: nudges.Phase(s.Phase), Grant: nudges.GrantState(s.Grant),
	}
}

func historyPrefix(id nudges.RequestID) []byte { return append([]byte(id), 0) }

func (t *tx) putTransition(id nudges.RequestID, tr nudges.Transition) error {
	if tr.Seq < 1 {
		return fmt.Errorf("transition %d of request %s: they are counted from 1", tr.Seq, id)
	}
	key := binary.BigEndian.AppendUint64(historyPrefix(id), uint64(tr.Seq))
	if t.has(history, key) {
		return fmt.Errorf("transition %d of request %s is recorded already", tr.Seq, id)
	}
	return t.save(history, key, transitionRecord{
		By: string(tr.By), At: tr.At.UTC(), From: situationOf(tr.From), To: situationOf(tr.To), Why: tr.Why,
	})
}

func (r *reader) History(id nudges.RequestID) ([]nudges.Transition, error) {
	var all []nudges.Transition
	prefix := historyPrefix(id)
	for k, v := range r.scan(history, prefix) {
		var rec transitionRecord
		if err := decode(history, v, &rec); err != nil {
			return nil, err
		}
		if len(k) != len(prefix)+8 {
			return nil, fmt.Errorf("%w: a key in history has a wrong length", ErrDamaged)
		}
		all = append(all, nudges.Transition{
			Seq: int(binary.BigEndian.Uint64(k[len(prefix):])), By: nudges.UserID(rec.By), At: rec.At,
			From: rec.From.situation(), To: rec.To.situation(), Why: rec.Why,
		})
	}
	return all, nil
}
