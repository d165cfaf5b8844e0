package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/verdict"
)

// A ledgerRecord is what is remembered of a rep and a deal, or of a rep and a skill; or what a request was given of
// that: a verdict.Past.
type ledgerRecord struct {
	Took    time.Time       `json:"took,omitzero"`
	Before  time.Time       `json:"before,omitzero"` // the one before, if Took is taken back; not of a request
	Coached []coachedRecord `json:"coached,omitempty"`
	Learn   string          `json:"learn,omitempty"` // private text; only of a request
}

type coachedRecord struct {
	Skill string    `json:"skill,omitempty"`
	At    time.Time `json:"at"`
}

func asCoached(c verdict.Coached) coachedRecord   { return coachedRecord(c) }
func fromCoached(c coachedRecord) verdict.Coached { return verdict.Coached(c) }

func pastRecordOf(p verdict.Past) ledgerRecord {
	return ledgerRecord{Took: p.Took, Coached: each(p.Coached, asCoached), Learn: p.Learn}
}

func (rec ledgerRecord) past() verdict.Past {
	return verdict.Past{Took: rec.Took, Coached: each(rec.Coached, fromCoached), Learn: rec.Learn}
}

// mostCoached is how many coachings are kept of one rep and deal: the newest.
const mostCoached = 20

// ledgerKeys are the entries for a deal and for a skill: all that the file knows of either is an HMAC under its key.
// The manager and the rep stand before it, for both to be found.
func (r *reader) ledgerKeys(manager, rep nudges.UserID, deal, skill string) (keys [][]byte) {
	key := func(kind, what string) {
		if what != "" {
			prefix := append(personPrefix(manager), personPrefix(rep)...)
			keys = append(keys, append(prefix, r.mac("", "ledger", kind, string(manager), string(rep), what)...))
		}
	}
	key("deal", nudges.NormalDeal(deal))
	key("skill", strings.ToLower(skill))
	return keys
}

func (r *reader) Past(manager, rep nudges.UserID, deal, skill string) (verdict.Past, error) {
	var p verdict.Past
	for _, key := range r.ledgerKeys(manager, rep, deal, skill) {
		var rec ledgerRecord
		if err := r.loadIf(ledger, key, &rec); err != nil {
			return p, err
		}
		p = p.Merge(rec.past()) // it leaves what was coached since
	}
	l, err := r.learn(manager, rep, deal)
	p.Learn = l.What
	return p, err
}

func (t *tx) Remember(entries ...nudges.LedgerEntry) error {
	for _, e := range entries {
		if err := errors.Join(named("manager", string(e.Manager)), named("rep", string(e.Rep))); err != nil {
			return err
		}
		for _, key := range t.ledgerKeys(e.Manager, e.Rep, e.Deal, e.Skill) {
			var rec ledgerRecord
			if err := t.loadIf(ledger, key, &rec); err != nil {
				return err
			}
			if !rec.remember(e) {
				continue
			}
			if err := t.save(ledger, key, &rec); err != nil {
				return err
			}
		}
	}
	return nil
}

// remember adds to a record, or takes back; false if that changes nothing.
func (rec *ledgerRecord) remember(e nudges.LedgerEntry) bool {
	switch back := e.Took && !e.Not.IsZero(); {
	case back && rec.Took.Equal(e.Not):
		rec.Took, rec.Before = rec.Before, time.Time{}
	case back && rec.Before.Equal(e.Not): // another was noted since
		rec.Before = time.Time{}
	case back:
		return false
	case e.Took:
		rec.Took, rec.Before = e.At, rec.Took
	default:
		rec.Coached = append(rec.Coached, coachedRecord{e.Skill, e.At})
		rec.Coached = rec.Coached[max(0, len(rec.Coached)-mostCoached):]
	}
	return true
}

// expire deletes what has expired from a record, and gives the last moment that it remembers.
func (rec *ledgerRecord) expire(now time.Time, k privacy.Keep) (last time.Time, did bool) {
	last = rec.Took
	rec.Coached = slices.DeleteFunc(rec.Coached, func(c coachedRecord) bool { return c.At.Before(now.Add(-k.Counts)) })
	for i, c := range rec.Coached {
		if c.At.After(last) {
			last = c.At
		}
		if c.Skill != "" && c.At.Before(now.Add(-k.Text)) {
			rec.Coached[i].Skill, did = "", true
		}
	}
	return last, did
}

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
