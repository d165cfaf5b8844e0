package bot

import (
	"cmp"
	"context"

	"stepin/bot/health"
	"stepin/bot/slackapi"
	"stepin/nudges"
)

// tellAdmins puts the alarms into the outbox. As long as that cannot be written, they are said past it,
// at most once, and written down as said when it can.
func (b *Bot) tellAdmins(ctx context.Context) {
	for _, a := range b.health.Untold() {
		err := b.health.Stored(b.cfg.Store.Update(ctx, func(tx nudges.Tx) error {
			now := b.now()
			old := nudges.DateIn(now, now.Location()).Plus(-keptSaid)
			if err := tx.ForgetSaid(health.AlarmKeys, health.AlarmKey(old, "", ""), mostForgotten); err != nil {
				return err
			}
			for _, m := range a.Messages(b.live().Admins) {
				if err := tx.Enqueue(now, m); err != nil {
					return err
				}
				if a.Tried[m.To] { // an unclear end is not repeated
					if err := tx.Settle(m.Key, a.Said[m.To]); err != nil {
						return err
					}
				}
			}
			return nil
		}))
		switch {
		case err == nil:
			b.out.wake()
			b.health.Told(a)
		case health.StoreCause(err) != "":
			b.sayDirectly(ctx, a)
		case ctx.Err() == nil:
			b.log.Error("alarm", "error", err)
		}
	}
}

// sayDirectly writes to the admins while the outbox cannot.
func (b *Bot) sayDirectly(ctx context.Context, a *health.Alarm) {
	for _, m := range a.Messages(b.live().Admins) {
		if a.Tried[m.To] || b.pace.Permit("chat.postMessage") != nil {
			continue
		}
		var to nudges.Person
		if err := b.cfg.Store.View(ctx, func(r nudges.Reader) (err error) { to, err = r.Person(m.To); return err }); err != nil {
			b.log.Error("alarm", "error", err)
		}
		opts, _ := b.out.render(ctx, &delivery{m: m, to: to}) // an alarm can always be drawn
		call, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
		channel, ts, err := b.api().PostMessageContext(call, cmp.Or(to.DM, string(m.To)), opts...)
		cancel()
		if err == nil && ts == "" {
			err = slackapi.ErrNoWord
		}
		b.pace.Heard("chat.postMessage", err)
		if err != nil && slackapi.Classify(err) == slackapi.Retry {
			continue
		}
		a.Tried[m.To] = true
		if err != nil {
			b.log.Warn("an alarm may not have reached an admin", "cause", a.Cause, "error", slackapi.Short(err))
			continue
		}
		a.Said[m.To] = nudges.Receipt{Channel: channel, TS: ts, At: b.now()}
	}
}
