package outbox

import (
	"cmp"
	"context"
	"errors"

	"stepin/bot/decide"
	"stepin/bot/health"
	"stepin/bot/slackapi"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// TellAdmins puts the alarms into the store. While that cannot be written, it sends them directly, at most once,
// and writes them down as sent as soon as it can.
func (o *Outbox) TellAdmins(ctx context.Context) {
	for _, a := range o.Health.Untold() {
		err := o.Health.Stored(o.Store.Update(ctx, func(tx storage.Tx) error {
			now := o.Now()
			old := nudges.DateIn(now, now.Location()).Plus(-decide.KeptSaid)
			if err := tx.ForgetSaid(health.AlarmKeys, health.AlarmKey(old, "", ""), decide.MostForgotten); err != nil {
				return err
			}
			for _, m := range a.Messages(o.Rules().Admins) {
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
			o.Wake()
			o.Health.Told(a)
		case health.StoreCause(err) != "":
			o.sayDirectly(ctx, a)
		case ctx.Err() == nil:
			o.Log.Error("alarm", "error", err)
		}
	}
}

// sayDirectly sends an alarm while the store cannot be written.
func (o *Outbox) sayDirectly(ctx context.Context, a *health.Alarm) {
	for _, m := range a.Messages(o.Rules().Admins) {
		if a.Tried[m.To] || o.Slack.Pace.Permit(posts) != nil {
			continue
		}
		var to nudges.Person
		err := o.Store.View(ctx, func(r storage.Reader) (err error) {
			to, err = r.Person(m.To)
			return err
		})
		if err != nil {
			o.Log.Error("alarm", "error", err)
		}
		if errors.Is(o.fit(ctx, m.To, to), errOutsider) {
			continue
		}
		d := &delivery{m: m, to: to}
		drawn, _ := o.render(ctx, d) // an alarm can always be drawn
		call, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
		channel, ts, err := o.Slack.API().PostMessageContext(call, cmp.Or(to.DM, string(m.To)), options(d, drawn)...)
		cancel()
		if err == nil && ts == "" {
			err = slackapi.ErrNoWord
		}
		o.Slack.Pace.Heard(posts, err)
		if err != nil && slackapi.Classify(err) == slackapi.Retry {
			continue
		}
		a.Tried[m.To] = true
		if err != nil {
			o.Log.Warn("an alarm may not have reached an admin", "cause", a.Cause, "error", slackapi.Short(err))
			continue
		}
		a.Said[m.To] = nudges.Receipt{Channel: channel, TS: ts, At: o.Now()}
	}
}
