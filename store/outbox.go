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
	"stepin/store/kv"
)

// A messageRecord is a message that waits in the outbox.
type messageRecord struct {
	Order       uint64              `json:"n"` // tells messages apart that are due in one moment
	Kind        string              `json:"kind"`
	To          nudges.UserID       `json:"to,omitempty"`
	Channel     string              `json:"channel,omitempty"`
	With        nudges.UserID       `json:"with,omitempty"`
	Thread      string              `json:"thread,omitempty"`
	After       string              `json:"after,omitempty"`
	Request     nudges.RequestID    `json:"request,omitempty"`
	Edits       string              `json:"edits,omitempty"`
	WhileSeq    int                 `json:"while_seq,omitempty"`
	WhilePhase  []nudges.Phase      `json:"while_phase,omitempty"`
	WhileGrant  []nudges.GrantState `json:"while_grant,omitempty"`
	WhileBy     time.Time           `json:"while_by,omitzero"`
	WhileJoins  bool                `json:"while_joins,omitempty"`
	WhileHeard  nudges.Decision     `json:"while_heard,omitempty"`
	Unsolicited bool                `json:"unsolicited,omitempty"`
	Due         time.Time           `json:"due"`
	Mark        string              `json:"mark"`
	Enqueued    time.Time           `json:"enqueued"`
	Tries       int                 `json:"tries,omitempty"`
	Attempted   bool                `json:"attempted,omitempty"`
	Held        bool                `json:"held,omitempty"`
}

func messageRecordOf(m nudges.Message, order uint64) messageRecord {
	return messageRecord{
		order, m.Kind, m.To, m.Channel, m.With, m.Thread, m.After, m.Request, m.Edits,
		m.While.Seq, m.While.Phase, m.While.Grant, m.While.By, m.While.Joins, m.While.Heard,
		m.Unsolicited, m.Due, m.Mark, m.Enqueued, m.Tries, m.Attempted, m.Held,
	}
}

func (rec messageRecord) message(key string) nudges.Message {
	return nudges.Message{
		Key: key, Kind: rec.Kind, To: rec.To, Channel: rec.Channel, With: rec.With, Thread: rec.Thread,
		After: rec.After, Request: rec.Request, Edits: rec.Edits,
		While: nudges.While{
			Seq: rec.WhileSeq, Phase: rec.WhilePhase, Grant: rec.WhileGrant, By: rec.WhileBy, Joins: rec.WhileJoins,
			Heard: rec.WhileHeard,
		},
		Unsolicited: rec.Unsolicited, Due: rec.Due, Mark: rec.Mark, Enqueued: rec.Enqueued, Tries: rec.Tries,
		Attempted: rec.Attempted, Held: rec.Held,
	}
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

// A saidRecord is what stays of a message that waits no more.
type saidRecord struct {
	Channel string           `json:"channel,omitempty"`
	TS      string           `json:"ts,omitempty"`
	At      time.Time        `json:"at,omitzero"`
	Request nudges.RequestID `json:"request,omitempty"`
	Dropped string           `json:"dropped,omitempty"` // why it was not sent; "" if it was
	Due     time.Time        `json:"due,omitzero"`      // when it was, of a dropped one that belongs to no request
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

// Ready may be walked while the messages it gives are attempted, settled, dropped or postponed; one that is due again
// at or before now can come again.
func (r *reader) Ready(now time.Time) iter.Seq2[nudges.Message, error] {
	return r.messages(due, now)
}

// Attempted gives no message that is held: it comes back when it is released.
func (r *reader) Attempted() iter.Seq2[nudges.Message, error] {
	return r.messages(attempted, time.Time{})
}

// messages reads what one of the outbox's indexes names, up to a moment: behind its own comes the order, then the
// message's key.
func (r *reader) messages(b kv.Table, now time.Time) iter.Seq2[nudges.Message, error] {
	const order = orderedSize - timeSize
	return func(yield func(nudges.Message, error) bool) {
		for name, err := range until[string](r, b, now) {
			var m nudges.Message
			if err == nil && len(name) <= order {
				err = shortKey(b)
			}
			if err == nil {
				m, err = r.Message(name[order:])
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

func (r *reader) NextDue() (time.Time, bool, error) { return r.earliest(ticks, wakes, due) }

// Waiting counts what is held or attempted too. With an empty outbox oldest is zero.
func (r *reader) Waiting() (n int, oldest time.Time, err error) {
	oldest, _, err = r.earliest(due, attempted, held)
	return int(r.count(countOutbox)), oldest, err
}

// Enqueue takes a message without Due as due now. What may have been sent before a restore is looked up first; see
// MarkRestored.
func (t *tx) Enqueue(now time.Time, messages ...nudges.Message) error {
	for _, m := range messages {
		if err := named("message", m.Key); err != nil {
			return err
		}
		if t.Has(outbox, []byte(m.Key)) || t.Has(said, []byte(m.Key)) {
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
		if err := t.putMessage(m.Key, nil, messageRecordOf(m, order)); err != nil {
			return err
		}
	}
	return nil
}

// putMessage writes a message that waits; before has its index entry so far.
func (t *tx) putMessage(key string, before []place, rec messageRecord) error {
	if err := t.save(outbox, []byte(key), &rec); err != nil {
		return err
	}
	return t.move(before, []place{rec.place(key)})
}

// change alters a message that waits.
func (t *tx) change(key string, alter func(*messageRecord)) error {
	var rec messageRecord
	if err := t.load(outbox, []byte(key), &rec); err != nil {
		return err
	}
	before := []place{rec.place(key)}
	alter(&rec)
	return t.putMessage(key, before, rec)
}

// changeWaiting is change, unless the message has ended meanwhile.
func (t *tx) changeWaiting(key string, alter func(*messageRecord)) error {
	if t.Has(said, []byte(key)) {
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
	return t.changeWaiting(key, func(rec *messageRecord) { rec.Attempted, rec.Due = false, due })
}

// Hold leaves the mark of an attempt: a message whose send ended unclear is looked up after its release. Postpone takes
// the mark away. Only the first try that ends in Hold counts.
func (t *tx) Hold(key string) error {
	return t.changeWaiting(key, func(rec *messageRecord) {
		if rec.Held = true; rec.Tries > 1 {
			rec.Tries--
		}
	})
}

func (t *tx) Release() (int, error) {
	n := 0
	for m, err := range t.messages(held, time.Time{}) {
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
	return t.finish(key, saidRecord{Channel: rc.Channel, TS: rc.TS, At: rc.At})
}

// Drop of what was delivered or dropped before changes nothing.
func (t *tx) Drop(key, reason string) error {
	if t.Has(said, []byte(key)) {
		return nil
	}
	return t.finish(key, saidRecord{Dropped: cmp.Or(reason, "dropped")})
}

func (t *tx) ForgetSaid(prefix, before string, limit int) error {
	for k, v := range t.Scan(said, []byte(prefix)) {
		if limit == 0 || string(k) >= before {
			break
		}
		rec, err := parse[saidRecord](said, v)
		if err != nil {
			return err
		}
		if rec.Request != "" {
			continue
		}
		if err := t.Delete(said, k); err != nil {
			return err
		}
		limit--
	}
	return nil
}

// finish takes a message out of the outbox and leaves a trace by which its key is known as long as the request is, or
// until ForgetSaid.
func (t *tx) finish(key string, trace saidRecord) error {
	var rec messageRecord
	err := t.load(outbox, []byte(key), &rec)
	switch {
	case err == nil:
		if trace.Request = rec.Request; trace.Request == "" && trace.Dropped != "" {
			trace.Due = rec.Due
		}
		if err := t.move([]place{rec.place(key)}, nil); err != nil {
			return err
		}
		if err := t.Delete(outbox, []byte(key)); err != nil {
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
	return t.save(said, []byte(key), &trace)
}
