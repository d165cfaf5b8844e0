package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/nudges"
)

// debriefFacts is what must be known of the team for a debrief of r to open at now, of a rep who is here.
func (b *Bot) debriefFacts(rd nudges.Reader, r nudges.Request, now time.Time) (nudges.DebriefFacts, error) {
	team, err := b.teamOf(rd, r.Manager)
	if err != nil {
		return nudges.DebriefFacts{}, err
	}
	f := nudges.DebriefFacts{Channel: team.Channel}
	if f.Bond, err = rd.Bond(r.Rep, r.Manager); err != nil {
		return f, err
	}
	rem, err := rd.Reminder(r.Manager)
	if err != nil {
		return f, err
	}
	b.rem().calendar(r.Manager, rem).Remind(&f, now)
	begun, err := rd.Begun(r.Manager, now.Add(-nudges.DebriefReach))
	if err != nil {
		return f, err
	}
	var last, met nudges.Request // of the manager, and of the two
	for _, q := range begun {
		if q.ID == r.ID || q.Debrief.Root == "" && q.Debrief.Trouble == "" {
			continue
		}
		if q.Way == nudges.ByDebrief && q.Rep == r.Rep && q.Debrief.WasShared() && nudges.NormalDeal(q.Deal) == nudges.NormalDeal(r.Deal) &&
			now.Sub(q.Debrief.At) < 24*time.Hour {
			f.Elsewhere = true
		}
		if q.Debrief.At.After(last.Debrief.At) {
			last = q
		}
		if q.Rep == r.Rep && q.Debrief.At.After(met.Debrief.At) {
			met, f.Avoid = q, q.Debrief.Asked
		}
	}
	f.Told = last.Debrief.Trouble != "" && last.Debrief.Trouble != nudges.TroubleUnclear && last.Debrief.Told && last.Debrief.Channel == f.Channel
	return f, nil
}

// calendar is when somebody works.
func (x reminders) calendar(id nudges.UserID, rem nudges.Reminder) nudges.Calendar {
	return rem.Calendar(x.zones, func(d nudges.Date) bool { return x.holiday != nil && x.holiday(id, d) })
}

// goneReps are those of the requests whose debrief is due who have no account any more. It is looked
// up before the transaction, for nothing in it may call Slack.
func (b *Bot) goneReps(ctx context.Context, now time.Time) (map[nudges.UserID]bool, error) {
	var reps []nudges.UserID
	err := b.cfg.Store.View(ctx, func(rd nudges.Reader) error {
		reps = nil
		for id, err := range rd.DueRequests(now) {
			if err != nil {
				return err
			}
			r, err := rd.Request(id)
			if err != nil {
				return err
			}
			if _, joined := r.Joined(); joined && r.Rep != "" && r.Debrief.State == nudges.NoDebrief && r.Ends.Before(now) {
				reps = append(reps, r.Rep)
			}
			if len(reps) == nudges.MostPerTx {
				return nil
			}
		}
		return nil
	})
	gone := map[nudges.UserID]bool{}
	for id, p := range b.find(ctx, reps) {
		gone[id] = p.deleted || p.err != nil
	}
	return gone, err
}

// clock does what is due of a request at now, the opening of its debrief too.
func (b *Bot) clock(tx nudges.Tx, r nudges.Request, gone map[nudges.UserID]bool, now time.Time) (touched []nudges.UserID, err error) {
	do := func(a nudges.Action) error {
		o, err := nudges.Next(r, a, now)
		if err != nil {
			return err
		}
		r = o.Request
		touched = append(touched, o.Concerned()...)
		return errors.Join(nudges.Apply(tx, b.live().Keep, o, now), b.rem().carry(tx, o, now))
	}
	if err := do(nudges.Tick{}); err != nil || !r.DebriefDue(now) {
		return touched, err
	}
	f, err := b.debriefFacts(tx, r, now)
	if err != nil {
		return touched, err
	}
	f.RepGone = gone[r.Rep]
	return touched, do(nudges.OpenDebrief{Facts: f})
}

// carry has the reminder of a debrief carry the line of the day's reminder, which does not come by itself
// then: one unsolicited message a day.
func (x reminders) carry(tx nudges.Tx, o nudges.Outcome, now time.Time) error {
	for _, m := range o.Messages {
		if m.Kind != nudges.KindChase {
			continue
		}
		rem, err := tx.Reminder(m.To)
		if err != nil || rem.State != nudges.ReminderOn {
			return err
		}
		what, err := x.moment(tx, rem, now)
		if err != nil {
			return err
		}
		if _, err := x.remind(tx, rem, now, nudges.Carry{Moment: what}); err != nil {
			return err
		}
	}
	return nil
}

// chaseMissed is for the reminder of a manager's debriefs that was not delivered: it comes on their next
// working day instead, and the day's line by itself, if it is not too late for it.
func (b *Bot) chaseMissed(tx nudges.Tx, m nudges.Message) ([]nudges.Skip, error) {
	now := b.now()
	day, _ := mantraOn(m)
	rem, err := tx.Reminder(m.To)
	if err != nil {
		return nil, err
	}
	open, err := openDebriefs(tx, m.To, day, now)
	if err != nil {
		return nil, err
	}
	cal := b.rem().calendar(m.To, rem)
	on, at, ok := cal.WorkingDay(nudges.DateIn(now, cal.Zone), 1)
	for _, r := range open {
		if !ok {
			break
		}
		o, err := nudges.Next(r, nudges.ChaseAgain{At: at, On: on}, now)
		if err != nil {
			return nil, err
		}
		if err := nudges.Apply(tx, b.live().Keep, o, now); err != nil {
			return nil, err
		}
	}
	key := nudges.ReminderKey(m.To, day, 0)
	_, said := tx.Receipt(key)
	_, waits := tx.Message(key)
	if _, carried := rem.LineOn(day, 0); !carried || said == nil || waits == nil {
		return nil, errors.Join(unless(said), unless(waits)) // the line, if there is one, came by itself
	}
	p, err := tx.Person(m.To)
	if err != nil {
		return nil, err
	}
	if over := m.Due.Add(nudges.MaxLate); !p.Away.After(now) && now.Before(over) {
		if m.Tries > 0 && p.Unasked == nudges.DateIn(now, cal.Zone) { // the place of the day, which its first try took
			p.Unasked = ""
			if err := tx.PutPerson(p); err != nil {
				return nil, err
			}
		}
		return nil, tx.Enqueue(now, nudges.Message{
			Key: key, Kind: nudges.KindMantra, To: m.To, Unsolicited: true, Due: now, While: nudges.While{By: over},
		})
	}
	kind := nudges.SkipLate
	if p.Away.After(now) {
		kind = nudges.SkipAway
	}
	did, err := b.rem().remind(tx, rem, now, nudges.Unsent{On: day, Kind: kind})
	return did.Skipped, err
}

// unless is an error but for what is only not there.
func unless(err error) error {
	if errors.Is(err, nudges.ErrNotFound) {
		return nil
	}
	return err
}

// openDebriefs are those of a manager that nobody has logged and whose reminder is due by a date, newest first.
func openDebriefs(r nudges.Reader, manager nudges.UserID, by nudges.Date, now time.Time) ([]nudges.Request, error) {
	begun, err := r.Begun(manager, now.Add(-nudges.DebriefReach))
	return slices.DeleteFunc(begun, func(q nudges.Request) bool {
		d := q.Debrief
		return q.Phase != nudges.Debrief || d.Logged() || d.State == nudges.DebriefMoved || d.ChaseOn == "" || d.ChaseOn > by
	}), err
}

// conversation names where a message goes, for what must be one at a time there.
func conversation(m nudges.Message) string {
	switch {
	case m.Channel != "":
		return m.Channel
	case m.With != "":
		return string(m.To + "+" + m.With)
	}
	return string(m.To)
}

// openGroup is the group DM of two people and stepin; the same every time.
func (o *outbox) openGroup(ctx context.Context, m nudges.Message) (string, error) {
	if !o.b.pace.allows("conversations.open") {
		return "", &slack.RateLimitedError{RetryAfter: 2 * time.Second}
	}
	ch, _, _, err := o.b.api().OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{string(m.To), string(m.With)}})
	if err == nil && ch == nil {
		err = errNoWord
	}
	if err != nil {
		o.b.pace.heard("conversations.open", err)
		return "", &groupError{err}
	}
	return ch.ID, nil
}

// A groupError is what kept a group DM from being opened. The same call may be made again.
type groupError struct{ err error }

func (e *groupError) Error() string { return e.err.Error() }
func (e *groupError) Unwrap() error { return e.err }

// placed sorts the failed send of a message, or the failed search for one, that goes to no DM. What
// Slack refuses there says nothing about the token, and a scope that is missing is one that stepin can
// do without, but for the one to post.
func placed(m nudges.Message, method string, err error) ending {
	kind := classify(err)
	if conversation(m) == string(m.To) {
		return kind
	}
	_, group := errors.AsType[*groupError](err)
	if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		posts := !group && strings.HasPrefix(method, "chat.")
		if no.Err == "missing_scope" && !posts || no.Err == "no_permission" || strings.HasPrefix(no.Err, "ekm_") {
			return drop
		}
	}
	if group && kind == unsure {
		return again
	}
	return kind
}

// trouble names what kept a debrief from its place.
func trouble(err error) nudges.PlaceTrouble {
	if _, group := errors.AsType[*groupError](err); group {
		return nudges.TroubleNoGroup
	}
	if classify(err) == again { // all tries are over
		return nudges.TroubleBusy
	}
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	switch no.Err {
	case "is_archived", "is_inactive":
		return nudges.TroubleArchived
	case "not_in_channel", "channel_not_found":
		return nudges.TroubleNotIn
	}
	return nudges.TroubleClosed
}

// displaced tells a request that its debrief could not be posted where it should be.
func (b *Bot) displaced(tx nudges.Tx, m nudges.Message, t nudges.PlaceTrouble) error {
	r, err := tx.Request(m.Request)
	if errors.Is(err, nudges.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := b.now()
	o, err := nudges.Next(r, nudges.Displaced{Key: m.Key, Kind: m.Kind, Trouble: t}, now)
	if err != nil {
		return err
	}
	return nudges.Apply(tx, b.live().Keep, o, now)
}
