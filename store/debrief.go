package store

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"stepin/nudges"
)

// debriefRecord is a debrief as the file has it.
type debriefRecord struct {
	State   string      `json:"state,omitempty"`
	By      string      `json:"by,omitempty"`
	At      time.Time   `json:"at,omitzero"`
	Place   string      `json:"place,omitempty"`
	Channel string      `json:"channel,omitempty"`
	Root    string      `json:"root,omitempty"`
	Asked   []string    `json:"asked,omitempty"`
	Trouble string      `json:"trouble,omitempty"`
	Told    bool        `json:"told,omitempty"`
	Unclear []string    `json:"unclear,omitempty"`
	ChaseAt time.Time   `json:"chase_at,omitzero"`
	NagAt   time.Time   `json:"nag_at,omitzero"`
	ChaseOn string      `json:"chase_on,omitempty"`
	Chased  bool        `json:"chased,omitempty"`
	Nagged  bool        `json:"nagged,omitempty"`
	Manager entryRecord `json:"manager,omitzero"`
	Rep     entryRecord `json:"rep,omitzero"`
	Kept    bool        `json:"kept,omitempty"`
	Trusted bool        `json:"trusted,omitempty"`
	End     string      `json:"end,omitempty"`
	EndBy   string      `json:"end_by,omitempty"`
	Reason  string      `json:"reason,omitempty"` // private text
}

// entryRecord is what one of the two logged.
type entryRecord struct {
	Outcome string    `json:"outcome,omitempty"`
	Route   string    `json:"route,omitempty"`
	Coached string    `json:"coached,omitempty"`
	Learned string    `json:"learned,omitempty"` // private text, as is the link
	Link    string    `json:"link,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

func debriefRecordOf(d nudges.Debriefing) debriefRecord {
	return debriefRecord{
		State: string(d.State), By: string(d.By), At: d.At.UTC(), Place: string(d.Place), Channel: d.Channel, Root: d.Root,
		Asked: d.Asked, Trouble: string(d.Trouble), Told: d.Told, Unclear: d.Unclear, ChaseAt: d.ChaseAt.UTC(), NagAt: d.NagAt.UTC(), ChaseOn: string(d.ChaseOn),
		Chased: d.Chased, Nagged: d.Nagged, Manager: entryRecordOf(d.Manager), Rep: entryRecordOf(d.Rep), Kept: d.Kept, Trusted: d.Trusted,
		End: string(d.End), EndBy: string(d.EndBy), Reason: d.Reason,
	}
}

func (rec debriefRecord) debriefing() nudges.Debriefing {
	return nudges.Debriefing{
		State: nudges.DebriefState(rec.State), By: nudges.UserID(rec.By), At: rec.At, Place: nudges.Place(rec.Place),
		Channel: rec.Channel, Root: rec.Root, Asked: rec.Asked, Trouble: nudges.PlaceTrouble(rec.Trouble), Told: rec.Told, Unclear: rec.Unclear,
		ChaseAt: rec.ChaseAt, NagAt: rec.NagAt, ChaseOn: nudges.Date(rec.ChaseOn), Chased: rec.Chased, Nagged: rec.Nagged,
		Manager: rec.Manager.entry(), Rep: rec.Rep.entry(), Kept: rec.Kept, Trusted: rec.Trusted, End: nudges.DebriefEnd(rec.End), EndBy: nudges.UserID(rec.EndBy), Reason: rec.Reason,
	}
}

func entryRecordOf(e nudges.Entry) entryRecord {
	return entryRecord{string(e.Outcome), string(e.Route), e.Coached, e.Learned, e.Link, e.At.UTC()}
}

func (rec entryRecord) entry() nudges.Entry {
	return nudges.Entry{
		Outcome: nudges.CallOutcome(rec.Outcome), Route: nudges.RouteAnswer(rec.Route), Coached: rec.Coached,
		Learned: rec.Learned, Link: rec.Link, At: rec.At,
	}
}

func (r *reader) SharedDebriefs(rep nudges.UserID, since time.Time) ([]nudges.Request, error) {
	var all []nudges.Request
	for req, err := range r.found(shared, personPrefix(rep)) {
		if err != nil {
			return nil, err
		}
		if req.Begun.Before(since) {
			break
		}
		all = append(all, req)
	}
	return all, nil
}

// learningRecord is a deal that is for learning.
type learningRecord struct {
	Rep  string    `json:"rep"`
	Deal string    `json:"deal,omitempty"` // private text, as is what
	What string    `json:"what"`
	At   time.Time `json:"at"`
}

func (r *reader) learningKey(manager, rep nudges.UserID, deal string) []byte {
	return append(personPrefix(manager), r.mac("", "learning", string(manager), string(rep), nudges.NormalDeal(deal))...)
}

// learn is what is to be learned from a deal; nothing of one without a name.
func (r *reader) learn(manager, rep nudges.UserID, deal string) (learningRecord, error) {
	var rec learningRecord
	if manager == "" || rep == "" || nudges.NormalDeal(deal) == "" {
		return rec, nil
	}
	err := r.load(learning, r.learningKey(manager, rep, deal), &rec)
	if errors.Is(err, nudges.ErrNotFound) {
		err = nil
	}
	return rec, err
}

func (r *reader) Learning(manager nudges.UserID) ([]nudges.LearningDeal, error) {
	var all []nudges.LearningDeal
	for _, v := range r.scan(learning, personPrefix(manager)) {
		var rec learningRecord
		if err := decode(learning, v, &rec); err != nil {
			return nil, err
		}
		all = append(all, nudges.LearningDeal{Manager: manager, Rep: nudges.UserID(rec.Rep), Deal: rec.Deal, What: rec.What, At: rec.At})
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
		return t.del(learning, key)
	}
	return t.save(learning, key, learningRecord{string(l.Rep), l.Deal, l.What, l.At.UTC()})
}

func (t *tx) PutTrust(rep nudges.UserID, answer int, now time.Time) error {
	if err := named("rep", string(rep)); err != nil {
		return err
	}
	if answer < 1 || answer > 5 {
		return fmt.Errorf("an answer of %d, from 1 to 5: %w", answer, nudges.ErrUnknown)
	}
	key := append(appendTime(nil, monthOf(now)), t.mac("", "trust", string(rep))...)
	return t.put(trust, key, append(bytes.Clone(t.get(trust, key)), byte(answer)))
}

// monthOf is all that is kept of when an answer was given: a moment would lead to its call.
func monthOf(at time.Time) time.Time {
	y, m, _ := at.UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

func (r *reader) Trust(since time.Time) (f nudges.TrustFigure, ok bool, err error) {
	return r.trustIn(monthOf(since), time.Time{})
}

// trustIn is what reps have answered from a month on, and before another; zero for no end.
func (r *reader) trustIn(first, end time.Time) (f nudges.TrustFigure, ok bool, err error) {
	from, to := appendTime(nil, first), []byte(nil)
	if !end.IsZero() {
		to = appendTime(nil, end)
	}
	who := map[string]bool{}
	sum := 0
	for k, v := range r.scan(trust, nil) {
		if len(k) <= timeSize || len(v) == 0 {
			return f, false, fmt.Errorf("%w: an answer in %s is cut short", ErrDamaged, trust)
		}
		if bytes.Compare(k[:timeSize], from) < 0 || to != nil && bytes.Compare(k[:timeSize], to) >= 0 {
			continue
		}
		who[hex.EncodeToString(k[timeSize:])] = true
		f.Answers += len(v)
		for _, answer := range v {
			sum += int(answer)
		}
	}
	if f.Reps = len(who); f.Reps < nudges.TrustReps {
		return nudges.TrustFigure{}, false, nil
	}
	f.Mean = float64(sum) / float64(f.Answers)
	return f, true, nil
}
