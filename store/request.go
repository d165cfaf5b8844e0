package store

import (
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"time"

	"stepin/nudges"
	"stepin/nudges/verdict"
)

// A requestRecord is a request as the file has it. Fields are added, never renamed.
type requestRecord struct {
	Order      uint64            `json:"n"` // tells requests apart that were begun in one moment
	Manager    nudges.UserID     `json:"manager"`
	Way        nudges.Way        `json:"way,omitempty"`
	Policy     nudges.Policy     `json:"policy,omitempty"`
	Rep        nudges.UserID     `json:"rep,omitempty"`
	Deal       string            `json:"deal,omitempty"` // private text
	Starts     time.Time         `json:"starts,omitzero"`
	Ends       time.Time         `json:"ends,omitzero"`
	Answers    verdict.Answers   `json:"answers,omitempty"`
	Plan       string            `json:"plan,omitempty"` // private text
	Decision   nudges.Decision   `json:"decision,omitempty"`
	Phase      nudges.Phase      `json:"phase,omitempty"`
	Grant      grantRecord       `json:"grant,omitzero"`
	Seq        int               `json:"seq,omitempty"`
	Begun      time.Time         `json:"begun,omitzero"`
	DecidedAt  time.Time         `json:"decided_at,omitzero"`
	Card       string            `json:"card,omitempty"`
	Decided    int               `json:"decided_seq,omitempty"`
	Edits      int               `json:"edits,omitempty"`
	Skill      string            `json:"skill,omitempty"`
	Past       ledgerRecord      `json:"past,omitzero"`
	Word       wordRecord        `json:"word,omitzero"`
	Claim      nudges.ClaimState `json:"claim,omitempty"`
	Planned    nudges.ClaimState `json:"planned,omitempty"`
	Heard      nudges.Decision   `json:"heard,omitempty"`
	Present    bool              `json:"present,omitempty"`
	Note       nudges.NoteState  `json:"note,omitempty"`
	NoteText   string            `json:"note_text,omitempty"` // private text
	NoteKey    string            `json:"note_key,omitempty"`
	NoteWas    nudges.Decision   `json:"note_was,omitempty"`
	AnswerKey  string            `json:"answer_key,omitempty"`
	Coaching   coachingRecord    `json:"coaching,omitzero"`
	Others     []sentRecord      `json:"others,omitempty"`
	Debrief    debriefRecord     `json:"debrief,omitzero"`
	DoneAt     time.Time         `json:"done_at,omitzero"`
	Anonymised bool              `json:"faded,omitempty"`
	Uncounted  bool              `json:"uncounted,omitempty"`
}

// The records below have the fields of the types that they are converted from and to.

type grantRecord struct {
	State      nudges.GrantState `json:"state,omitempty"`
	Until      time.Time         `json:"until,omitzero"`
	By         nudges.UserID     `json:"by,omitempty"`
	At         time.Time         `json:"at,omitzero"`
	BreakGlass bool              `json:"break_glass,omitempty"`
	EverGiven  bool              `json:"ever_given,omitempty"`
	CoachFirst bool              `json:"coach_first,omitempty"`
	Reason     string            `json:"reason,omitempty"` // private text
	Word       string            `json:"word,omitempty"`   // private text
	Route      []nudges.UserID   `json:"route,omitempty"`
	Asked      int               `json:"asked,omitempty"`
	Since      time.Time         `json:"since,omitzero"`
	Reminded   bool              `json:"reminded,omitempty"`
	Short      bool              `json:"short,omitempty"`
	Nudged     time.Time         `json:"nudged,omitzero"`
}

// A wordRecord holds the rep's own words, which are private.
type wordRecord struct {
	State  nudges.WordState  `json:"state,omitempty"`
	Guess  string            `json:"guess,omitempty"` // the manager's; private text
	Answer nudges.WordAnswer `json:"answer,omitempty"`
	Help   string            `json:"help,omitempty"` // private text
	At     time.Time         `json:"at,omitzero"`
	Seq    int               `json:"seq,omitempty"`

	Unanswered bool `json:"unanswered,omitempty"`
	Refused    bool `json:"refused,omitempty"`
}

type coachingRecord struct {
	At    time.Time   `json:"at,omitzero"`
	Skill string      `json:"skill,omitempty"`
	Gave  nudges.Give `json:"gave,omitempty"`
}

type sentRecord struct {
	Key  string        `json:"key"`
	Kind string        `json:"kind"`
	To   nudges.UserID `json:"to"`
}

func asSent(s nudges.Sent) sentRecord   { return sentRecord(s) }
func fromSent(s sentRecord) nudges.Sent { return nudges.Sent(s) }

func requestRecordOf(r nudges.Request, order uint64) requestRecord {
	return requestRecord{
		Order: order, Manager: r.Manager, Way: r.Way, Policy: r.Policy, Rep: r.Rep, Deal: r.Deal,
		Starts: r.Starts, Ends: r.Ends,
		Answers: r.Answers, Plan: r.Plan, Decision: r.Decision, Phase: r.Phase, Grant: grantRecord(r.Grant), Seq: r.Seq,
		Begun: r.Begun, DecidedAt: r.DecidedAt, Card: r.Card, Decided: r.DecidedSeq, Edits: r.Edits, Skill: r.Skill,
		Past: pastRecordOf(r.Past), Word: wordRecord(r.Word), Claim: r.Claim, Planned: r.Planned, Heard: r.Heard,
		Present: r.Present, Note: r.Note, NoteText: r.NoteText, NoteKey: r.NoteKey, NoteWas: r.NoteWas,
		AnswerKey: r.AnswerKey,
		Coaching:  coachingRecord(r.Coaching), Others: each(r.Others, asSent),
		Debrief: debriefRecordOf(r.Debrief), DoneAt: r.DoneAt, Anonymised: r.Anonymised,
		Uncounted: r.Uncounted,
	}
}

func (rec requestRecord) request(id nudges.RequestID) nudges.Request {
	return nudges.Request{
		ID: id, Manager: rec.Manager, Way: rec.Way, Policy: rec.Policy, Rep: rec.Rep, Deal: rec.Deal,
		Starts: rec.Starts, Ends: rec.Ends,
		Answers: rec.Answers, Plan: rec.Plan, Decision: rec.Decision, Phase: rec.Phase, Grant: nudges.Grant(rec.Grant),
		Seq: rec.Seq, Begun: rec.Begun, DecidedAt: rec.DecidedAt, Card: rec.Card, DecidedSeq: rec.Decided,
		Edits: rec.Edits, Skill: rec.Skill, Past: rec.Past.past(), Word: nudges.Word(rec.Word), Claim: rec.Claim,
		Planned: rec.Planned, Heard: rec.Heard, Present: rec.Present, Note: rec.Note, NoteText: rec.NoteText,
		NoteKey: rec.NoteKey, NoteWas: rec.NoteWas, AnswerKey: rec.AnswerKey, Coaching: nudges.Coaching(rec.Coaching),
		Others: each(rec.Others, fromSent), Debrief: rec.Debrief.debriefing(), DoneAt: rec.DoneAt,
		Anonymised: rec.Anonymised,
		Uncounted:  rec.Uncounted,
	}
}

// places are the index entries of a request, made from its record alone.
func (r *reader) places(id nudges.RequestID, rec requestRecord) []place {
	req := rec.request(id)
	newest := descending(binary.BigEndian.AppendUint64(appendTime(nil, req.Begun), rec.Order))
	newest = append(newest, id...)
	in := func(prefix []byte) string { return string(append(prefix, newest...)) }
	p := append(make([]place, 0, 8), place{managers, in(personPrefix(req.Manager))}) // most have no more
	if !req.Anonymised {
		p = append(p, place{recent, in(personPrefix(req.Manager))})
	}
	if req.Open() {
		p = append(p, place{open, in(personPrefix(req.Manager))})
		p = append(p, place{calls, in(r.callPrefix(req.Manager, req.Rep, req.Deal))})
	}
	for _, who := range othersIn(req) {
		if entry := (place{parts, in(personPrefix(who))}); who != "" && !slices.Contains(p, entry) {
			p = append(p, entry)
		}
	}
	if req.Rep != "" && req.Debrief.WasShared() {
		p = append(p, place{shared, in(personPrefix(req.Rep))})
	}
	if at, ok := req.NextTick(); ok {
		p = append(p, atTime(ticks, at, string(id)))
	}
	if at, ok := req.DoneSince(); ok {
		in := done
		if req.Anonymised {
			in = anonymised
		}
		p = append(p, atTime(in, at, string(id)))
	}
	return p
}

// othersIn are those who have a part in a request beside its manager.
func othersIn(req nudges.Request) (who []nudges.UserID) {
	if req.Phase == nudges.Debrief && req.Debrief.Shared() || req.Phase != nudges.Done && req.WaitsForBond() ||
		req.Open() && req.Way == nudges.ByAsk || req.KnownToRun() {
		who = append(who, req.Rep)
	}
	if req.Open() && req.Grant.State == nudges.Asked {
		who = append(who, req.Grant.Askees()...)
	}
	return who
}

// callPrefix is all that the index knows of a deal: an HMAC under the file's key. It begins with a zero byte, as no key
// of a message does.
func (r *reader) callPrefix(manager, rep nudges.UserID, deal string) []byte {
	return r.mac("", "call", string(manager), string(rep), nudges.NormalDeal(deal))
}

func (r *reader) Request(id nudges.RequestID) (nudges.Request, error) {
	var rec requestRecord
	if err := r.load(requests, []byte(id), &rec); err != nil {
		return nudges.Request{}, err
	}
	return rec.request(id), nil
}

func (r *reader) RequestsAfter(id nudges.RequestID, limit int) (all []nudges.Request, err error) {
	for k, v := range r.After(requests, []byte(id)) {
		if len(all) >= limit {
			break
		}
		rec, err := parse[requestRecord](requests, v)
		if err != nil {
			return nil, err
		}
		all = append(all, rec.request(nudges.RequestID(k)))
	}
	return all, nil
}

func (r *reader) OpenRequests(manager nudges.UserID) iter.Seq2[nudges.Request, error] {
	return r.found(open, personPrefix(manager), time.Time{}, every)
}

func (r *reader) OpenAround(of nudges.Request) iter.Seq2[nudges.Request, error] {
	return r.found(open, personPrefix(of.Manager), time.Time{}, around(of.ID, of.Starts, of.Ends))
}

func (r *reader) PartOf(user nudges.UserID) ([]nudges.Request, error) {
	return r.since(parts, user, time.Time{}, every)
}

func (r *reader) Begun(manager nudges.UserID, since time.Time) ([]nudges.Request, error) {
	return r.since(managers, manager, since, every)
}

func (r *reader) BegunAround(manager nudges.UserID, since, from, till time.Time) ([]nudges.Request, error) {
	return r.since(managers, manager, since, around("", from, till))
}

func (r *reader) SharedDebriefs(rep nudges.UserID, since time.Time) ([]nudges.Request, error) {
	return r.since(shared, rep, since, every)
}

func (r *reader) OpenDebriefs(who nudges.UserID, since time.Time) ([]nudges.Request, error) {
	own, err := r.since(managers, who, since, inDebrief)
	theirs, more := r.since(shared, who, since, inDebrief)
	return append(own, theirs...), errors.Join(err, more)
}

// LastRequest passes over debriefs that a rep opened: those are not the manager's doing.
func (r *reader) LastRequest(manager nudges.UserID) (nudges.Request, error) {
	for req, err := range r.found(managers, personPrefix(manager), time.Time{}, every) {
		if err != nil || req.Way != nudges.ByDebrief {
			return req, err
		}
	}
	return nudges.Request{}, nudges.ErrNotFound
}

// SameCall takes an empty deal for equal to an empty deal. Of several it gives the newest.
func (r *reader) SameCall(manager, rep nudges.UserID, deal string, except nudges.RequestID) (nudges.Request, error) {
	for req, err := range r.found(calls, r.callPrefix(manager, rep, deal), time.Time{}, every) {
		if err != nil || req.ID != except {
			return req, err
		}
	}
	return nudges.Request{}, nudges.ErrNotFound
}

// DueRequests may be walked while the requests it gives are changed; so may DoneBefore and AnonymisedBefore.
func (r *reader) DueRequests(now time.Time) iter.Seq2[nudges.RequestID, error] {
	return until[nudges.RequestID](r, ticks, now)
}

func (r *reader) DoneBefore(at time.Time) iter.Seq2[nudges.RequestID, error] {
	return until[nudges.RequestID](r, done, at)
}

func (r *reader) AnonymisedBefore(at time.Time) iter.Seq2[nudges.RequestID, error] {
	return until[nudges.RequestID](r, anonymised, at)
}

// PutRequest refuses a transition whose number is recorded already.
func (t *tx) PutRequest(req nudges.Request, transitions ...nudges.Transition) error {
	if err := errors.Join(named("request", string(req.ID)), named("manager", string(req.Manager))); err != nil {
		return err
	}
	var old requestRecord
	var before []place
	err := t.load(requests, []byte(req.ID), &old)
	switch {
	case err == nil:
		before = t.places(req.ID, old)
		t.noteTick(lateRequest(req.ID), old.request(req.ID))
		t.noteTick(lateDebrief(req.Manager), old.request(req.ID))
	case errors.Is(err, nudges.ErrNotFound):
		if old.Order, err = t.add(countOrder, 1); err != nil {
			return err
		}
		if _, err = t.add(countRequests, 1); err != nil {
			return err
		}
	default:
		return err
	}
	rec := requestRecordOf(req, old.Order)
	if err := t.save(requests, []byte(req.ID), &rec); err != nil {
		return err
	}
	if err := t.move(before, t.places(req.ID, rec)); err != nil {
		return err
	}
	for _, tr := range transitions {
		if err := t.putTransition(req.ID, tr); err != nil {
			return err
		}
	}
	return nil
}

// DeleteRequest refuses a request that is not done: something may still be said about it.
func (t *tx) DeleteRequest(id nudges.RequestID) error {
	var rec requestRecord
	if err := t.load(requests, []byte(id), &rec); err != nil {
		return err
	}
	if _, over := rec.request(id).DoneSince(); !over {
		return nudges.ErrNotNow
	}
	messages := []byte(string(id) + "/") // how the key of each begins
	for k := range t.Scan(outbox, messages) {
		if err := t.Drop(string(k), "no request"); err != nil {
			return err
		}
	}
	if err := errors.Join(t.deleteAll(said, messages), t.deleteAll(history, historyPrefix(id))); err != nil {
		return err
	}
	if err := t.move(t.places(id, rec), nil); err != nil {
		return err
	}
	if _, err := t.add(countRequests, -1); err != nil {
		return err
	}
	return t.Delete(requests, []byte(id))
}
