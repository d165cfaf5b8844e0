package outbox

import (
	"context"
	"errors"

	"stepin/bot/decide"
	"stepin/bot/roster"
	"stepin/bot/slackapi"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
)

// Why nothing is written to somebody.
var (
	errOutsider   = errors.New("the recipient is no full member")
	errWhoUnknown = errors.New("the profile of the recipient is not known")
)

// addressed returns whom a message reaches by itself. In a channel that is up to its members. What only takes an
// earlier message back reaches everybody, and so do daily reminders: for them people.Profiles follows each profile,
// because there can be thousands at once.
func addressed(d *delivery) []nudges.UserID {
	switch {
	case d.m.Kind == privacy.KindRemoved, d.m.Channel != "", kindOf(d.m.Kind).unlooked:
		return nil
	case d.m.With != "":
		return []nudges.UserID{d.m.To, d.m.With}
	}
	return []nudges.UserID{d.m.To}
}

// fit says whether somebody may be written to: errOutsider, errWhoUnknown, or nil.
func (o *Outbox) fit(ctx context.Context, id nudges.UserID, kept nudges.Person) error {
	switch p, err := o.Scenes.People.Look(ctx, id); {
	case err != nil || roster.Outsider(p):
		return errOutsider
	case !p.Known && (kept.ID != id || !roster.Fresh(kept.Member)):
		return errWhoUnknown
	}
	return nil
}

// withheld says why a message is not sent to its recipients, and what must be written about that; nil if it is sent.
// As long as Slack does not say who they are it waits, as for any call. An alarm does not: it may be about just that,
// holds nobody's words, and goes to those whom the operator has named.
func (o *Outbox) withheld(ctx context.Context, d *delivery, method string) func(storage.Tx) error {
	var why error
	for _, id := range addressed(d) {
		if err := o.fit(ctx, id, d.to); err != nil && !errors.Is(why, errOutsider) {
			why = err
		}
	}
	end := slackapi.Drop
	switch {
	case why == nil, errors.Is(why, errWhoUnknown) && kindOf(d.m.Kind).urgent:
		return nil
	case errors.Is(why, errWhoUnknown) && d.m.Tries < MaxTries:
		end = slackapi.Retry
	}
	o.count(method, string(end))
	o.Log.Warn("message not sent", "key_mark", d.m.Mark, "kind", d.m.Kind, "tries", d.m.Tries+1, "then", end,
		"error", why)
	if end == slackapi.Retry {
		return o.tryAgain(d.m, 0)
	}
	return o.refused(d.m, method, why.Error(), nudges.TroubleNoGroup)
}

// refused drops a message that does not reach its recipients, and writes what follows.
func (o *Outbox) refused(m nudges.Message, method, says string, t nudges.PlaceTrouble) func(storage.Tx) error {
	why := decide.LossFailed
	if method == posts {
		why = decide.LossRefused
	}
	return func(tx storage.Tx) error {
		if err := tx.Drop(m.Key, says); err != nil {
			return err
		}
		return o.undelivered(tx, m, why, t)
	}
}
