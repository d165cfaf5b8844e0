package sandbox

import (
	"crypto/rand"
	"fmt"
	"time"
)

// triggerLife is how long a trigger may be exchanged, once (SLACK.md section 2).
const triggerLife = 3 * time.Second

type trigger struct {
	id, user string
	view     string // the modal it was issued in, "" elsewhere
	issued   time.Time
	used     bool
}

// triggerBook keeps triggers a little longer than they live, to tell an expired one from an invented one.
type triggerBook struct {
	byID  map[string]*trigger
	queue []*trigger
}

const triggersKept = 10 * time.Minute

func (b *triggerBook) issue(now time.Time, user, view string) string {
	t := &trigger{id: fmt.Sprintf("%d.%s", now.UnixMilli(), rand.Text()), user: user, view: view, issued: now}
	if b.byID == nil {
		b.byID = map[string]*trigger{}
	}
	for len(b.queue) > 0 && now.Sub(b.queue[0].issued) > triggersKept {
		delete(b.byID, b.queue[0].id)
		b.queue = b.queue[1:]
	}
	b.byID[t.id] = t
	b.queue = append(b.queue, t)
	return t.id
}

// check finds a trigger that can be exchanged now. The caller sets used when the exchange succeeds.
func (b *triggerBook) check(now time.Time, id string) (*trigger, *refusal) {
	t := b.byID[id]
	switch {
	case t == nil:
		return nil, no("invalid_trigger_id")
	case t.used:
		return nil, no("exchanged_trigger_id")
	case now.Sub(t.issued) > triggerLife:
		return nil, no("expired_trigger_id")
	}
	return t, nil
}
