package bot

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"stepin/nudges"
)

// turn is until when a method that was called just now is looked at again.
const turn = 200 * time.Millisecond

// choose picks what may be sent now. With a Tx it also drops what is no longer true and
// marks what it picked; without, it only looks whether there is anything to do.
func (o *outbox) choose(r nudges.Reader, tx nudges.Tx, most int, idle *bool) (out []errand, next time.Time, err error) {
	var keys []string
	busy := map[string]bool{}
	kept := map[[2]string]bool{} // by method and conversation: what its pace keeps back
	room := map[string]int{}     // by method: how many calls it may still have in this batch
	now, rem := o.b.now(), o.b.rem()
	sooner := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	type fate struct {
		m   nudges.Message
		why string
		due time.Time
	}
	var dropped, later []fate
	var disturbed []nudges.Person
	var ready []nudges.Message
	awaited, read := 0, 0
	for m, err := range r.Ready(now) {
		if err != nil {
			return nil, next, err
		}
		read++
		if read > readMost || len(ready)+len(dropped) == scan || awaited > enough*most {
			break
		}
		// What waits for its turn holds up nothing of another kind: a question to an approver
		// does not stand behind hundreds of cards to be rewritten.
		line := [2]string{methodOf(m), conversation(m)}
		if m.While.Over(now) { // to drop it nothing is called
			dropped = append(dropped, fate{m: m, why: "no longer true"})
			continue
		}
		if kept[line] {
			continue // its turn may come while this looks, and is not the next one's
		}
		if at := o.b.pace.ready(line[0], line[1]); at.After(time.Now()) {
			kept[line] = true
			sooner(at)
			continue
		}
		if ready = append(ready, m); !m.Unsolicited {
			awaited++
		}
	}
	// What somebody waits for goes before what the clock alone starts.
	slices.SortStableFunc(ready, func(a, b nudges.Message) int {
		switch {
		case a.Unsolicited == b.Unsolicited:
			return 0
		case b.Unsolicited:
			return -1
		}
		return 1
	})
	for _, m := range ready {
		if len(out) >= most {
			break
		}
		where := conversation(m)
		if busy[where] {
			continue // one at a time into one conversation, in order
		}
		method := methodOf(m)
		if _, counted := room[method]; !counted {
			room[method] = o.b.pace.room(method, most)
		}
		if room[method] == 0 { // marking what cannot be called now would count as a try
			busy[where] = true
			sooner(time.Now().Add(turn))
			continue
		}
		e := errand{m: m}
		if m.Request != "" {
			if e.r, err = r.Request(m.Request); errors.Is(err, nudges.ErrNotFound) {
				dropped = append(dropped, fate{m: m, why: "no request"})
				continue
			} else if err != nil {
				return nil, next, err
			}
		}
		if !m.While.Holds(e.r, now) {
			dropped = append(dropped, fate{m: m, why: "no longer true"})
			continue
		}
		if e.to, err = r.Person(m.To); err != nil {
			return nil, next, err
		}
		if m.Kind == nudges.KindMeet {
			if e.bond, err = r.Bond(m.To, e.r.Manager); err != nil {
				return nil, next, err
			}
		}
		if m.Kind == nudges.KindMantra {
			if e.rem, err = r.Reminder(m.To); err != nil {
				return nil, next, err
			}
			if rem.unwanted(e.rem, m) {
				dropped = append(dropped, fate{m: m, why: "no longer wanted"})
				continue
			}
			if l, ok := e.rem.LineOn(mantraOn(m)); ok && l.Kind != nudges.LineMantra {
				if e.r, err = r.Request(nudges.RequestID(l.ID)); err != nil && !errors.Is(err, nudges.ErrNotFound) {
					return nil, next, err
				}
			}
		}
		if m.Kind == nudges.KindChase {
			if e.rem, err = r.Reminder(m.To); err != nil {
				return nil, next, err
			}
			day, again := mantraOn(m)
			if e.open, err = openDebriefs(r, m.To, day, now); err != nil {
				return nil, next, err
			}
			if len(e.open) == 0 || e.to.Away.After(now) || rem.barred(m.To) {
				dropped = append(dropped, fate{m: m, why: "no longer wanted"})
				continue
			}
			if l, ok := e.rem.LineOn(day, again); ok && l.Kind != nudges.LineMantra {
				if e.r, err = r.Request(nudges.RequestID(l.ID)); err != nil && !errors.Is(err, nudges.ErrNotFound) {
					return nil, next, err
				}
			}
		}
		if m.Kind == nudges.KindNag && m.Edits == "" && (e.r.Debrief.Open().Logged() || e.r.Debrief.State == nudges.DebriefMoved) {
			dropped = append(dropped, fate{m: m, why: "no longer true"})
			continue
		}
		if m.Thread != "" {
			if e.root, err = r.Receipt(m.Thread); errors.Is(err, nudges.ErrNotFound) {
				if _, err := r.Message(m.Thread); errors.Is(err, nudges.ErrNotFound) {
					dropped = append(dropped, fate{m: m, why: "no thread"})
				} else { // its root is on the way, and holds up this one alone: it may stand behind it, being tried again
					sooner(time.Now().Add(time.Second))
				}
				continue
			} else if err != nil {
				return nil, next, err
			}
		}
		if m.After != "" {
			if _, err := r.Message(m.After); err == nil {
				sooner(time.Now().Add(time.Second))
				continue
			} else if !errors.Is(err, nudges.ErrNotFound) {
				return nil, next, err
			}
		}
		if m.Edits != "" {
			if e.edit, err = r.Receipt(m.Edits); errors.Is(err, nudges.ErrNotFound) {
				if _, err := r.Message(m.Edits); errors.Is(err, nudges.ErrNotFound) {
					dropped = append(dropped, fate{m: m, why: "nothing to rewrite"})
				} else {
					later = append(later, fate{m: m, due: now.Add(time.Second)})
				}
				continue
			} else if err != nil {
				return nil, next, err
			}
		}
		busy[where] = true
		if m.Unsolicited {
			zone, err := o.b.zones(cmp.Or(e.to.Zone, "UTC"))
			if err != nil {
				zone = time.UTC
			}
			if m.Kind == nudges.KindMantra || m.Kind == nudges.KindChase { // whose date is on the clock that it goes by
				zone = e.rem.Location(o.b.zones)
			}
			p, may := nudges.MayDisturb(e.to, zone, now)
			// The first try took the day's place; the next ones are in it.
			again := m.Tries > 0 && nudges.DateIn(m.Enqueued, zone) == nudges.DateIn(now, zone)
			if !may && !again {
				dropped = append(dropped, fate{m: m, why: "one a day"})
				continue
			}
			disturbed = append(disturbed, p)
		}
		room[method]--
		out, keys = append(out, e), append(keys, m.Key)
	}
	*idle = len(out)+len(dropped)+len(later) == 0
	if tx == nil {
		return nil, next, nil
	}
	if len(dropped) > 0 { // that may make room for more than was looked at, or say something itself
		sooner(time.Now())
	}
	for _, f := range dropped {
		if err := tx.Drop(f.m.Key, f.why); err != nil {
			return nil, next, err
		}
		if err := o.missed(tx, f.m); err != nil {
			return nil, next, err
		}
	}
	for _, f := range later {
		sooner(time.Now().Add(time.Second))
		if err := tx.Postpone(f.m.Key, f.due); err != nil {
			return nil, next, err
		}
	}
	for _, p := range disturbed {
		if err := tx.PutPerson(p); err != nil {
			return nil, next, err
		}
	}
	return out, next, tx.Attempt(keys...)
}
