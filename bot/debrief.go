package bot

import (
	"context"
	"errors"
	"time"

	"stepin/nudges"
)

// debriefFacts is what must be known of the team for a debrief of r to open at now, of a rep who is here.
func (b *Bot) debriefFacts(rd nudges.Reader, r nudges.Request, now time.Time) (nudges.DebriefFacts, error) {
	team, err := b.live().teamOf(rd, r.Manager)
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
	for id, p := range b.people.find(ctx, reps) {
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
