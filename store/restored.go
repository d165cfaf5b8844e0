package store

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"stepin/nudges"
	"stepin/store/kv"
)

// Between the backup and the restore, messages were sent that the restored file knows nothing of. Their keys, and so
// their marks, come out the same when the file brings them about again, so a look-up in the conversation finds them.
// What is looked up before it is sent is marked as attempted: all that was due before the restore, for nothing is sent
// before it is due.
//
//   - A message that waits in the backup counts by its Due. MarkRestored marks it. One that is due after the restore
//     cannot have been sent, and waits on.
//   - A message that the clock brings about after the restore counts by the moment of the tick that is caught up on
//     (Request.NextTick or Reminder.NextTick as it was stored), and not by the moment at which that is done. Enqueue
//     marks it, and takes for its Enqueued, to where the look-up goes back, the newest moment that the backup knew: it
//     was not sent before. The tick's moment would be too late: between the backup and the restore somebody may have
//     brought the message about earlier.
//   - What somebody does after the restore is new, and is sent at once.

// A restore is when a file was put back from a backup; both are zero for never.
type restore struct {
	at   time.Time // when that was done
	from time.Time // the newest moment that the backup knew
}

// noteTick notes, for the messages that the function enqueues next, that what it changes was due before the restore.
func (t *tx) noteTick(whose string, was interface{ NextTick() (time.Time, bool) }) {
	at, ok := was.NextTick()
	if !ok || t.restored.at.IsZero() || at.After(t.restored.at) {
		return
	}
	if t.late == nil {
		t.late = map[string]bool{}
	}
	t.late[whose] = true
}

// older says whether a message may have been sent before the restore. One that is to wait was not.
func (t *tx) older(m nudges.Message, now time.Time) bool {
	whose := lateRequest(m.Request)
	switch {
	case m.Kind == nudges.KindDebriefReminder && m.Edits == "": // it is about all that its owner has open
		whose = lateDebrief(m.To)
	case m.Request == "":
		whose = lateReminder(m.To)
	}
	return t.late[whose] && !m.Due.After(now)
}

func lateRequest(id nudges.RequestID) string { return "request " + string(id) }
func lateDebrief(id nudges.UserID) string    { return "debrief " + string(id) }
func lateReminder(id nudges.UserID) string   { return "reminder " + string(id) }

func (r *reader) restored() (was restore, err error) {
	v := r.Get(meta, []byte(metaRestored))
	if v == nil {
		return was, nil
	}
	return parseRestore(v)
}

func parseRestore(v []byte) (was restore, err error) {
	at, from, _ := strings.Cut(string(v), " ")
	var errs [2]error
	was.at, errs[0] = time.Parse(time.RFC3339Nano, at)
	was.from, errs[1] = time.Parse(time.RFC3339Nano, from)
	if errors.Join(errs[:]...) != nil {
		return was, fmt.Errorf("%w: it does not say when it was restored", ErrDamaged)
	}
	return was, nil
}

// newest is the newest moment that a file knows.
func (r *reader) newest() (at time.Time, err error) {
	if at, err = time.Parse(time.RFC3339, string(r.Get(meta, []byte(metaCreated)))); err != nil {
		return at, fmt.Errorf("%w: it does not say when it was made", ErrDamaged)
	}
	later := func(t time.Time) {
		if t.After(at) {
			at = t
		}
	}
	for k := range r.Scan(arrivals, nil) {
		t, err := timeAt(arrivals, k)
		if err != nil {
			return at, err
		}
		later(t)
	}
	for _, b := range []kv.Table{history, said, outbox} {
		for _, v := range r.Scan(b, nil) {
			var rec struct {
				At       time.Time `json:"at"`       // of a transition or a receipt
				Enqueued time.Time `json:"enqueued"` // of a message that waits
			}
			if err := decode(b, v, &rec); err != nil {
				return at, err
			}
			later(rec.At)
			later(rec.Enqueued)
		}
	}
	return at, nil
}

// MarkRestored notes that a file was put back from a backup now, and has what waits in it looked up before it is sent.
// What was held then, for want of credentials, may have been sent too. It gives how many messages will be looked up.
func MarkRestored(f *kv.File, now time.Time) (lookups int, err error) {
	err = f.Update(func(raw *kv.Tx) error {
		t := &tx{reader: reader{Tx: raw}}
		from, err := t.newest()
		if err != nil {
			return err
		}
		was := now.UTC().Format(time.RFC3339Nano) + " " + from.UTC().Format(time.RFC3339Nano)
		if err := t.Put(meta, []byte(metaRestored), []byte(was)); err != nil {
			return err
		}
		for k, v := range t.Scan(outbox, nil) {
			rec, err := parse[messageRecord](outbox, v)
			if err != nil {
				return err
			}
			lookup := rec.Attempted || !rec.Due.After(now)
			if lookup {
				lookups++
			}
			if !rec.Held && rec.Attempted == lookup {
				continue
			}
			if err := t.change(string(k), func(r *messageRecord) { r.Held, r.Attempted = false, lookup }); err != nil {
				return err
			}
		}
		return nil
	})
	return lookups, err
}
