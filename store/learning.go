package store

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"stepin/nudges"
)

// A learningRecord is a deal that is for learning.
type learningRecord struct {
	Rep  nudges.UserID `json:"rep"`
	Deal string        `json:"deal,omitempty"` // private text, as is what
	What string        `json:"what"`
	At   time.Time     `json:"at"`
}

func (r *reader) learningKey(manager, rep nudges.UserID, deal string) []byte {
	call := r.mac("", "learning", string(manager), string(rep), nudges.NormalDeal(deal))
	return append(personPrefix(manager), call...)
}

// learn is what is to be learned from a deal; nothing of a deal without a name.
func (r *reader) learn(manager, rep nudges.UserID, deal string) (rec learningRecord, err error) {
	if manager == "" || rep == "" || nudges.NormalDeal(deal) == "" {
		return rec, nil
	}
	err = r.loadIf(learning, r.learningKey(manager, rep, deal), &rec)
	return rec, err
}

func (r *reader) Learning(manager nudges.UserID) ([]nudges.LearningDeal, error) {
	var all []nudges.LearningDeal
	for _, v := range r.Scan(learning, personPrefix(manager)) {
		rec, err := parse[learningRecord](learning, v)
		if err != nil {
			return nil, err
		}
		deal := nudges.LearningDeal{Manager: manager, Rep: rec.Rep, Deal: rec.Deal, What: rec.What, At: rec.At}
		all = append(all, deal)
	}
	slices.SortFunc(all, func(a, b nudges.LearningDeal) int { return b.At.Compare(a.At) })
	return all, nil
}

func (t *tx) PutLearning(l nudges.LearningDeal) error {
	if err := errors.Join(named("manager", string(l.Manager)), named("rep", string(l.Rep))); err != nil {
		return err
	}
	if nudges.NormalDeal(l.Deal) == "" {
		return fmt.Errorf("a deal for learning needs a name: %w", nudges.ErrUnknown)
	}
	key := t.learningKey(l.Manager, l.Rep, l.Deal)
	if l.What == "" {
		return t.Delete(learning, key)
	}
	return t.save(learning, key, &learningRecord{l.Rep, l.Deal, l.What, l.At})
}
