package rules

import (
	"crypto/rand"
	"fmt"
	"time"
)

// TriggerLife is how long a trigger may be exchanged, once (docs.slack.dev/surfaces/modals).
const TriggerLife = 3 * time.Second

// Trigger lets an app open one window for a person.
type Trigger struct {
	User   string
	View   string // id of the modal it was issued in, "" elsewhere
	Used   bool   // it was exchanged; the caller of Check sets it
	id     string
	issued time.Time
}

// Triggers keeps triggers a little longer than they live, to tell an expired one from an invented one. Its zero
// value is ready to use.
type Triggers struct {
	byID  map[string]*Trigger
	queue []*Trigger
}

const triggersKept = 10 * time.Minute

// Issue makes a trigger for a person; view is as in Trigger.
func (b *Triggers) Issue(now time.Time, user, view string) string {
	t := &Trigger{id: fmt.Sprintf("%d.%s", now.UnixMilli(), rand.Text()), User: user, View: view, issued: now}
	if b.byID == nil {
		b.byID = map[string]*Trigger{}
	}
	for len(b.queue) > 0 && now.Sub(b.queue[0].issued) > triggersKept {
		delete(b.byID, b.queue[0].id)
		b.queue = b.queue[1:]
	}
	b.byID[t.id] = t
	b.queue = append(b.queue, t)
	return t.id
}

// Check finds a trigger that can be exchanged now. The caller sets Used when the exchange succeeds.
func (b *Triggers) Check(now time.Time, id string) (*Trigger, *Refusal) {
	t := b.byID[id]
	switch {
	case t == nil:
		return nil, No("invalid_trigger_id")
	case t.Used:
		return nil, No("exchanged_trigger_id")
	case now.Sub(t.issued) > TriggerLife:
		return nil, No("expired_trigger_id")
	}
	return t, nil
}
