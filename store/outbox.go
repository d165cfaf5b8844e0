package store

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"time"

	"stepin/nudges"
)

// messageRecord is a message that waits in the outbox.
type messageRecord struct {
	Order       uint64    `json:"n"` // the how manyth thing it was, for messages due in one moment
	Kind        string    `json:"kind"`
	To          string    `json:"to,omitempty"`
	Channel     string    `json:"channel,omitempty"`
	With        string    `json:"with,omitempty"`
	Thread      string    `json:"thread,omitempty"`
	After       string    `json:"after,omitempty"`
	Request     string    `json:"request,omitempty"`
	Edits       string    `json:"edits,omitempty"`
	WhileSeq    int       `json:"while_seq,omitempty"`
	WhilePhase  []string  `json:"while_phase,omitempty"`
	WhileGrant  []string  `json:"while_grant,omitempty"`
	WhileBy     time.Time `json:"while_by,omitzero"`
	Unsolicited bool      `json:"unsolicited,omitempty"`
	Due         time.Time `json:"due"`
	Mark        string    `json:"mark"`
	Enqueued    time.Time `json:"enqueued"`
	Tries       int       `json:"tries,omitempty"`
	Attempted   bool      `json:"attempted,omitempty"`
	Held        bool      `json:"held,omitempty"`
}

func messageRecordOf(m nudges.Message, order uint64) messageRecord {
	rec := messageRecord{
		Order: order, Kind: m.Kind, To: string(m.To), Channel: m.Channel, With: string(m.With), Thread: m.Thread, After: m.After,
		Request: string(m.Request), Edits: m.Edits, WhileSeq: m.While.Seq, WhileBy: m.While.By.UTC(), Unsolicited: m.Unsolicited,
		Due: m.Due.UTC(), Mark: m.Mark, Enqueued: m.Enqueued.UTC(), Tries: m.Tries, Attempted: m.Attempted, Held: m.Held,
	}
	for _, p := range m.While.Phase {
		rec.WhilePhase = append(rec.WhilePhase, string(p))
	}
	for _, g := range m.While.Grant {
		rec.WhileGrant = append(rec.WhileGrant, string(g))
	}
	return rec
}

func (rec messageRecord) message(key string) nudges.Message {
	m := nudges.Message{
		Key: key, Kind: rec.Kind, To: nudges.UserID(rec.To), Channel: rec.Channel, With: nudges.UserID(rec.With), Thread: rec.Thread, After: rec.After,
		Request: nudges.RequestID(rec.Request), Edits: rec.Edits, While: nudges.While{Seq: rec.WhileSeq, By: rec.WhileBy},
		Unsolicited: rec.Unsolicited, Due: rec.Due, Mark: rec.Mark, Enqueued: rec.Enqueued,
		Tries: rec.Tries, Attempted: rec.Attempted, Held: rec.Held,
	}
	for _, p := range rec.WhilePhase {
		m.While.Phase = append(m.While.Phase, nudges.Phase(p))
	}
	for _, g := range rec.WhileGrant {
		m.While.Grant = append(m.While.Grant, nudges.GrantState(g))
	}
	return m
}

// place is the one index that a waiting message is in.
func (rec messageRecord) place(key string) place {
	in := due
	switch {
	case rec.Held:
		in = held
	case rec.Attempted:
		in = attempted
	}
	k := binary.BigEndian.AppendUint64(appendTime(nil, rec.Due), rec.Order)
	return place{in, string(append(k, key...))}
}

// dueSize is the length of what stands before the message's key in due, attempted and held.
const dueSize = timeSize + 8

// saidRecord is what stays of a message that waits no more.
type saidRecord struct {
	Channel string    `json:"channel,omitempty"`
	TS      string    `json:"ts,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Request string    `json:"request,omitempty"`
	Dropped string    `json:"dropped,omitempty"` // why it was not sent; "" if it was
	Due     time.Time `json:"due,omitzero"`      // when it was, of one that belongs to no request and was dropped
}

func (r *reader) Message(key string) (nudges.Message, error) {
	var rec messageRecord
	if err := r.load(outbox, []byte(key), &rec); err != nil {
		return nudges.Message{}, err
	}
	return rec.message(key), nil
}

func (r *reader) Receipt(key string) (nudges.Receipt, error) {
	var rec saidRecord
	if err := r.load(said, []byte(key), &rec); err != nil {
		return nudges.Receipt{}, err
	}
	if rec.Dropped != "" {
		return nudges.Receipt{}, nudges.ErrNotFound
	}
	return nudges.Receipt{Channel: rec.Channel, TS: rec.TS, At: rec.At}, nil
}

// Ready may be walked while the messages it gives are attempted, settled, dropped
// or postponed; one that is due again at or before now can come again.
func (r *reader) Ready(now time.Time) iter.Seq2[nudges.Message, error] {
	return r.messages(due, r.until(due, now))
}

// Attempted gives no message that is held: it comes back when it is released.
func (r *reader) Attempted() iter.Seq2[nudges.Message, error] {
	return r.messages(attempted, r.keys(attempted))
}

func (r *reader) keys(b bucket) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for k := range r.scan(b, nil) {
			if !yield(k, nil) {
				return
			}
		}
	}
}

// messages reads what the keys of one of the outbox's indexes name.
func (r *reader) messages(b bucket, keys iter.Seq2[[]byte, error]) iter.Seq2[nudges.Message, error] {
	return func(yield func(nudges.Message, error) bool) {
		for k, err := range keys {
			var m nudges.Message
			if err == nil && len(k) <= dueSize {
				err = fmt.Errorf("%w: a key in %s is too short", ErrDamaged, b)
			}
			if err == nil {
				m, err = r.Message(string(k[dueSize:]))
			}
			if errors.Is(err, nudges.ErrNotFound) {
				err = fmt.Errorf("%w: %s names a message that is not there", ErrDamaged, b)
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

func (r *reader) NextDue() (time.Time, bool, error) { return r.earliestOf(ticks, wakes, due) }

// Waiting counts what is held or attempted too. With an empty outbox oldest is zero.
func (r *reader) Waiting() (n int, oldest time.Time, err error) {
	oldest, _, err = r.earliestOf(due, attempted, held)
	return int(r.count(countOutbox)), oldest, err
}

func (r *reader) earliestOf(indexes ...bucket) (first time.Time, ok bool, err error) {
	for _, b := range indexes {
		at, some, err := r.earliest(b)
		if err != nil {
			return time.Time{}, false, err
		}
		if some && (!ok || at.Before(first)) {
			first, ok = at, true
		}
	}
	return first, ok, nil
}

// Enqueue takes a message without Due as due now. What may have been said before the file was put
// back from a backup is looked up first; see Restore.
func (t *tx) Enqueue(now time.Time, messages ...nudges.Message) error {
	for _, m := range messages {
		if err := named("message", m.Key); err != nil {
			return err
		}
		key := []byte(m.Key)
		if t.has(outbox, key) || t.has(said, key) {
			continue
		}
		order, err := t.add(countOrder, 1)
		if err != nil {
			return err
		}
		if _, err := t.add(countOutbox, 1); err != nil {
			return err
		}
		if m.Due.IsZero() {
			m.Due = now
		}
		m.Enqueued, m.Tries, m.Attempted, m.Held = now, 0, false, false
		if t.older(m, now) {
			m.Enqueued, m.Attempted = t.restored.from, true
		}
		// What is rewritten keeps its mark: a look-up of it, after a restore, finds it rewritten too.
		m.Mark = hex.EncodeToString(t.mac(cmp.Or(m.Edits, m.Key))[:16])
		rec := messageRecordOf(m, order)
		if err := t.save(outbox, key, rec); err != nil {
			return err
		}
		if err := t.move(nil, map[place]bool{rec.place(m.Key): true}); err != nil {
			return err
		}
	}
	return nil
}

// change alters a message that waits.
func (t *tx) change(key string, alter func(*messageRecord)) error {
	var rec messageRecord
	if err := t.load(outbox, []byte(key), &rec); err != nil {
		return err
	}
	before := map[place]bool{rec.place(key): true}
	alter(&rec)
	if err := t.save(outbox, []byte(key), rec); err != nil {
		return err
	}
	return t.move(before, map[place]bool{rec.place(key): true})
}

// changeWaiting is change, but for what has ended meanwhile.
func (t *tx) changeWaiting(key string, alter func(*messageRecord)) error {
	if t.has(said, []byte(key)) {
		return nil
	}
	return t.change(key, alter)
}

func (t *tx) Attempt(keys ...string) error {
	for _, key := range keys {
		err := t.change(key, func(rec *messageRecord) { rec.Attempted, rec.Tries = true, rec.Tries+1 })
		if err != nil {
			return err
		}
	}
	return nil
}

// Postpone, and Hold, of what was dropped while it was on its way change nothing.
func (t *tx) Postpone(key string, due time.Time) error {
	return t.changeWaiting(key, func(rec *messageRecord) { rec.Attempted, rec.Due = false, due.UTC() })
}

// Hold leaves the mark of an attempt: a message whose send ended unclear is looked
// up after its release. Postpone takes it away. Of several tries that end so only the first
// counts, for however long it lasts.
func (t *tx) Hold(key string) error {
	return t.changeWaiting(key, func(rec *messageRecord) {
		if rec.Held = true; rec.Tries > 1 {
			rec.Tries--
		}
	})
}

func (t *tx) Release() (int, error) {
	n := 0
	for m, err := range t.messages(held, t.keys(held)) {
		if err == nil {
			err = t.change(m.Key, func(rec *messageRecord) { rec.Held = false })
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Settle again, or after a Drop, keeps the first receipt.
func (t *tx) Settle(key string, rc nudges.Receipt) error {
	if _, err := t.Receipt(key); err == nil {
		return nil
	}
	return t.finish(key, saidRecord{Channel: rc.Channel, TS: rc.TS, At: rc.At.UTC()})
}

// Drop of what was delivered or dropped before changes nothing.
func (t *tx) Drop(key, reason string) error {
	if t.has(said, []byte(key)) {
		return nil
	}
	if reason == "" {
		reason = "dropped"
	}
	return t.finish(key, saidRecord{Dropped: reason})
}

func (t *tx) ForgetSaid(prefix, before string, limit int) error {
	for k, v := range t.scan(said, []byte(prefix)) {
		if limit == 0 || string(k) >= before {
			break
		}
		var rec saidRecord
		if err := decode(said, v, &rec); err != nil {
			return err
		}
		if rec.Request != "" {
			continue
		}
		if err := t.del(said, k); err != nil {
			return err
		}
		limit--
	}
	return nil
}

// finish takes a message out of the outbox and leaves the trace by which its key is
// known for as long as the request is, or until ForgetSaid.
func (t *tx) finish(key string, trace saidRecord) error {
	var rec messageRecord
	err := t.load(outbox, []byte(key), &rec)
	switch {
	case err == nil:
		if trace.Request = rec.Request; trace.Request == "" && trace.Dropped != "" {
			trace.Due = rec.Due
		}
		if err := t.move(map[place]bool{rec.place(key): true}, nil); err != nil {
			return err
		}
		if err := t.del(outbox, []byte(key)); err != nil {
			return err
		}
		if _, err := t.add(countOutbox, -1); err != nil {
			return err
		}
	case errors.Is(err, nudges.ErrNotFound):
		var old saidRecord
		if err := t.load(said, []byte(key), &old); err != nil {
			return err
		}
		trace.Request = old.Request // dropped while it was on its way, and delivered all the same
	default:
		return err
	}
	return t.save(said, []byte(key), trace)
}
