package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"stepin/nudges"
)

// requestRecord is a request as the file has it. Fields are added, never renamed.
type requestRecord struct {
	Order     uint64            `json:"n"` // the how manyth thing it was, for requests begun in one moment
	Manager   string            `json:"manager"`
	Way       string            `json:"way,omitempty"`
	Policy    string            `json:"policy,omitempty"`
	Rep       string            `json:"rep,omitempty"`
	Deal      string            `json:"deal,omitempty"` // private text
	Starts    time.Time         `json:"starts,omitzero"`
	Ends      time.Time         `json:"ends,omitzero"`
	Answers   map[string]string `json:"answers,omitempty"`
	Plan      string            `json:"plan,omitempty"` // private text
	Decision  string            `json:"decision,omitempty"`
	Phase     string            `json:"phase,omitempty"`
	Grant     grantRecord       `json:"grant,omitzero"`
	Seq       int               `json:"seq,omitempty"`
	Begun     time.Time         `json:"begun,omitzero"`
	DecidedAt time.Time         `json:"decided_at,omitzero"`
	Card      string            `json:"card,omitempty"`
	Decided   int               `json:"decided_seq,omitempty"`
	Edits     int               `json:"edits,omitempty"`
	Skill     string            `json:"skill,omitempty"`
	Past      ledgerRecord      `json:"past,omitzero"`
	Word      wordRecord        `json:"word,omitzero"`
	Claim     string            `json:"claim,omitempty"`
	Note      string            `json:"note,omitempty"`
	Coaching  coachingRecord    `json:"coaching,omitzero"`
	Others    []sentRecord      `json:"others,omitempty"`
	Debrief   debriefRecord     `json:"debrief,omitzero"`
	DoneAt    time.Time         `json:"done_at,omitzero"`
	Faded     bool              `json:"faded,omitempty"`
}

// wordRecord holds the rep's own words, which are private.
type wordRecord struct {
	State  string    `json:"state,omitempty"`
	Guess  string    `json:"guess,omitempty"` // the manager's; private text
	Answer string    `json:"answer,omitempty"`
	Help   string    `json:"help,omitempty"` // private text
	At     time.Time `json:"at,omitzero"`
}

type coachingRecord struct {
	At    time.Time `json:"at,omitzero"`
	Skill string    `json:"skill,omitempty"`
	Gave  string    `json:"gave,omitempty"`
}

type sentRecord struct {
	Key  string `json:"key"`
	Kind string `json:"kind"`
	To   string `json:"to"`
}

type grantRecord struct {
	State      string    `json:"state,omitempty"`
	Until      time.Time `json:"until,omitzero"`
	By         string    `json:"by,omitempty"`
	BreakGlass bool      `json:"break_glass,omitempty"`

	At         time.Time       `json:"at,omitzero"`
	CoachFirst bool            `json:"coach_first,omitempty"`
	EverGiven  bool            `json:"ever_given,omitempty"`
	Reason     string          `json:"reason,omitempty"` // private text
	Word       string          `json:"word,omitempty"`   // private text
	Route      []nudges.UserID `json:"route,omitempty"`
	Asked      int             `json:"asked,omitempty"`
	Since      time.Time       `json:"since,omitzero"`
	Reminded   bool            `json:"reminded,omitempty"`
	Short      bool            `json:"short,omitempty"`
	Nudged     time.Time       `json:"nudged,omitzero"`
}

func grantRecordOf(g nudges.Grant) grantRecord {
	return grantRecord{
		State: string(g.State), Until: g.Until.UTC(), By: string(g.By), BreakGlass: g.BreakGlass, At: g.At.UTC(),
		CoachFirst: g.CoachFirst, EverGiven: g.EverGiven, Reason: g.Reason, Word: g.Word, Route: g.Route, Asked: g.Asked,
		Since: g.Since.UTC(), Reminded: g.Reminded, Short: g.Short, Nudged: g.Nudged.UTC(),
	}
}

func (g grantRecord) grant() nudges.Grant {
	return nudges.Grant{
		State: nudges.GrantState(g.State), Until: g.Until, By: nudges.UserID(g.By), BreakGlass: g.BreakGlass, At: g.At,
		CoachFirst: g.CoachFirst, EverGiven: g.EverGiven, Reason: g.Reason, Word: g.Word, Route: g.Route, Asked: g.Asked,
		Since: g.Since, Reminded: g.Reminded, Short: g.Short, Nudged: g.Nudged,
	}
}

func recordOf(r nudges.Request, order uint64) requestRecord {
	rec := requestRecord{
		Order: order, Manager: string(r.Manager), Way: string(r.Way), Policy: string(r.Policy),
		Rep: string(r.Rep), Deal: r.Deal, Starts: r.Starts.UTC(), Ends: r.Ends.UTC(),
		Plan: r.Plan, Decision: string(r.Decision), Phase: string(r.Phase),
		Grant: grantRecordOf(r.Grant),
		Seq:   r.Seq, Begun: r.Begun.UTC(), DecidedAt: r.DecidedAt.UTC(), Card: r.Card,
		Decided: r.DecidedSeq, Edits: r.Edits, Skill: r.Skill, Past: ledgerRecord{Took: r.Past.Took.UTC(), Learn: r.Past.Learn},
		Word:     wordRecord{string(r.Word.State), r.Word.Guess, string(r.Word.Answer), r.Word.Help, r.Word.At.UTC()},
		Claim:    string(r.Claim),
		Note:     string(r.Note),
		Coaching: coachingRecord{r.Coaching.At.UTC(), r.Coaching.Skill, string(r.Coaching.Gave)},
		Debrief:  debriefRecordOf(r.Debrief),
		DoneAt:   r.DoneAt.UTC(), Faded: r.Faded,
	}
	for _, c := range r.Past.Coached {
		rec.Past.Coached = append(rec.Past.Coached, coachedRecord{c.Skill, c.At.UTC()})
	}
	for _, o := range r.Others {
		rec.Others = append(rec.Others, sentRecord{o.Key, o.Kind, string(o.To)})
	}
	if len(r.Answers) > 0 {
		rec.Answers = make(map[string]string, len(r.Answers))
		for q, o := range r.Answers {
			rec.Answers[string(q)] = string(o)
		}
	}
	return rec
}

func (rec requestRecord) request(id nudges.RequestID) nudges.Request {
	r := nudges.Request{
		ID: id, Manager: nudges.UserID(rec.Manager), Way: nudges.Way(rec.Way), Policy: nudges.Policy(rec.Policy),
		Rep: nudges.UserID(rec.Rep), Deal: rec.Deal, Starts: rec.Starts, Ends: rec.Ends,
		Plan: rec.Plan, Decision: nudges.Decision(rec.Decision), Phase: nudges.Phase(rec.Phase),
		Grant: rec.Grant.grant(),
		Seq:   rec.Seq, Begun: rec.Begun, DecidedAt: rec.DecidedAt, Card: rec.Card,
		DecidedSeq: rec.Decided, Edits: rec.Edits, Skill: rec.Skill, Past: nudges.Past{Took: rec.Past.Took, Learn: rec.Past.Learn},
		Word: nudges.Word{
			State: nudges.WordState(rec.Word.State), Guess: rec.Word.Guess, Answer: nudges.WordAnswer(rec.Word.Answer),
			Help: rec.Word.Help, At: rec.Word.At,
		},
		Claim: nudges.ClaimState(rec.Claim), Note: nudges.NoteState(rec.Note),
		Coaching: nudges.Coaching{At: rec.Coaching.At, Skill: rec.Coaching.Skill, Gave: nudges.Give(rec.Coaching.Gave)},
		Debrief:  rec.Debrief.debriefing(),
		DoneAt:   rec.DoneAt, Faded: rec.Faded,
	}
	for _, c := range rec.Past.Coached {
		r.Past.Coached = append(r.Past.Coached, nudges.Coached{Skill: c.Skill, At: c.At})
	}
	for _, o := range rec.Others {
		r.Others = append(r.Others, nudges.Sent{Key: o.Key, Kind: o.Kind, To: nudges.UserID(o.To)})
	}
	if len(rec.Answers) > 0 {
		r.Answers = make(nudges.Answers, len(rec.Answers))
		for q, o := range rec.Answers {
			r.Answers[nudges.QuestionID(q)] = nudges.OptionID(o)
		}
	}
	return r
}

// place is an entry of an index; the key says all.
type place struct {
	bucket bucket
	key    string
}

// places are the index entries of a request, made from its record alone: after an
// edit those that went are deleted, and those that came are written.
func (r *reader) places(id nudges.RequestID, rec requestRecord) map[place]bool {
	req := rec.request(id)
	newest := descending(binary.BigEndian.AppendUint64(appendTime(nil, req.Begun), rec.Order))
	newest = append(newest, id...)
	in := func(prefix []byte) string { return string(append(prefix, newest...)) }
	p := map[place]bool{{managers, in(personPrefix(req.Manager))}: true}
	if req.Open() {
		p[place{open, in(personPrefix(req.Manager))}] = true
		p[place{calls, in(r.callPrefix(req.Manager, req.Rep, req.Deal))}] = true
	}
	maps.Copy(p, partsOf(req, newest))
	if req.Rep != "" && req.Debrief.WasShared() {
		p[place{shared, in(personPrefix(req.Rep))}] = true
	}
	if at, ok := req.NextTick(); ok {
		p[place{ticks, string(appendTime(nil, at)) + string(id)}] = true
	}
	if at, ok := req.DoneSince(); ok {
		in := done
		if req.Faded {
			in = faded
		}
		p[place{in, string(appendTime(nil, at)) + string(id)}] = true
	}
	return p
}

// newestSize is the length of what stands between a prefix and the request's id.
const newestSize = timeSize + 8

func personPrefix(id nudges.UserID) []byte { return append([]byte(id), 0) }

// callPrefix is all that the index knows of a deal: an HMAC under the file's key.
// It begins with a zero byte, as no key of a message does.
func (r *reader) callPrefix(manager, rep nudges.UserID, deal string) []byte {
	return r.mac("", "call", string(manager), string(rep), nudges.NormalDeal(deal))
}

// found walks the requests of a newest-first index.
func (r *reader) found(b bucket, prefix []byte) iter.Seq2[nudges.Request, error] {
	return func(yield func(nudges.Request, error) bool) {
		for k := range r.scan(b, prefix) {
			if len(k) <= len(prefix)+newestSize {
				yield(nudges.Request{}, fmt.Errorf("%w: a key in %s is too short", ErrDamaged, b))
				return
			}
			req, err := r.indexed(b, nudges.RequestID(k[len(prefix)+newestSize:]))
			if !yield(req, err) || err != nil {
				return
			}
		}
	}
}

// indexed reads a request that an index names, and that therefore must be there.
func (r *reader) indexed(b bucket, id nudges.RequestID) (nudges.Request, error) {
	req, err := r.Request(id)
	if errors.Is(err, nudges.ErrNotFound) {
		return req, fmt.Errorf("%w: %s names a request that is not there", ErrDamaged, b)
	}
	return req, err
}

func (r *reader) Request(id nudges.RequestID) (nudges.Request, error) {
	var rec requestRecord
	if err := r.load(requests, []byte(id), &rec); err != nil {
		return nudges.Request{}, err
	}
	return rec.request(id), nil
}

func (r *reader) OpenRequests(manager nudges.UserID) ([]nudges.Request, error) {
	var all []nudges.Request
	for req, err := range r.found(open, personPrefix(manager)) {
		if err != nil {
			return nil, err
		}
		all = append(all, req)
	}
	return all, nil
}

// LastRequest passes over debriefs that a rep has opened: those are not the manager's doing.
func (r *reader) LastRequest(manager nudges.UserID) (nudges.Request, error) {
	for req, err := range r.found(managers, personPrefix(manager)) {
		if err != nil || req.Way != nudges.ByDebrief {
			return req, err
		}
	}
	return nudges.Request{}, nudges.ErrNotFound
}

// SameCall takes nothing said for equal to nothing said. Of several it gives the newest.
func (r *reader) SameCall(manager, rep nudges.UserID, deal string, except nudges.RequestID) (nudges.Request, error) {
	for req, err := range r.found(calls, r.callPrefix(manager, rep, deal)) {
		if err != nil || req.ID != except {
			return req, err
		}
	}
	return nudges.Request{}, nudges.ErrNotFound
}

// DueRequests may be walked while the requests it gives are changed; one that is
// still due after its change can come again.
func (r *reader) DueRequests(now time.Time) iter.Seq2[nudges.RequestID, error] {
	return func(yield func(nudges.RequestID, error) bool) {
		for k, err := range r.until(ticks, now) {
			if err != nil {
				yield("", err)
				return
			}
			if !yield(nudges.RequestID(k[timeSize:]), nil) {
				return
			}
		}
	}
}

// PutRequest refuses a transition whose number is recorded already.
func (t *tx) PutRequest(req nudges.Request, transitions ...nudges.Transition) error {
	if err := errors.Join(named("request", string(req.ID)), named("manager", string(req.Manager))); err != nil {
		return err
	}
	var old requestRecord
	var before map[place]bool
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
	rec := recordOf(req, old.Order)
	if err := t.save(requests, []byte(req.ID), rec); err != nil {
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

// move turns the index entries before into those after. Its order is fixed, for
// the same work shall write the same file.
func (t *tx) move(before, after map[place]bool) error {
	order := func(a, b place) int {
		return bytes.Compare(append([]byte{byte(a.bucket)}, a.key...), append([]byte{byte(b.bucket)}, b.key...))
	}
	for _, p := range slices.SortedFunc(maps.Keys(before), order) {
		if !after[p] {
			if err := t.del(p.bucket, []byte(p.key)); err != nil {
				return err
			}
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(after), order) {
		if !before[p] {
			if err := t.put(p.bucket, []byte(p.key), nil); err != nil {
				return err
			}
		}
	}
	return nil
}
