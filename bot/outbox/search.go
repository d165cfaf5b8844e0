package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/decide"
	"stepin/bot/slackapi"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// The methods that search a conversation, and a thread, which the first does not list.
const (
	searches      = "conversations.history"
	searchesReply = "conversations.replies"
)

// recall finds what is unclear and was not known to be: at the start what a crash has left, later
// what is enqueued as unclear after a restore. Nothing may be on its way meanwhile.
func (o *Outbox) recall(ctx context.Context) error {
	return o.Store.View(ctx, func(r storage.Reader) error {
		for m, err := range r.Attempted() {
			if err != nil {
				return err
			}
			if _, known := o.unclear[m.Key]; !known {
				o.unclear[m.Key] = unclearNow(m.Kind)
			}
		}
		return nil
	})
}

// search looks into the conversations for messages whose send ended unclear. What is found is settled; what no
// look has found is sent again.
func (o *Outbox) search(ctx context.Context) error {
	for key, l := range o.unclear {
		if l.at.After(time.Now()) {
			continue
		}
		d, gone, err := o.attempted(ctx, key)
		if err != nil {
			return err
		}
		if d == nil {
			o.cleared(key, gone)
			continue
		}
		end, err := o.look(ctx, d, &l)
		switch {
		case err != nil: // the credentials are broken
			o.heldTil = time.Now().Add(Mended)
			return nil
		case end != nil:
			o.cleared(key, end)
		default:
			o.unclear[key] = l
		}
	}
	return nil
}

// cleared ends what was unclear about a message; end is what must be written about it, nil for nothing.
func (o *Outbox) cleared(key string, end func(storage.Tx) error) {
	delete(o.unclear, key)
	if end != nil {
		o.results = append(o.results, end)
	}
}

// attempted reads what is needed to search for a message; nil if there is nothing to search for any more. gone is
// then what must be written about it, nil for nothing.
func (o *Outbox) attempted(ctx context.Context, key string) (d *delivery, gone func(storage.Tx) error, err error) {
	err = o.Store.View(ctx, func(r storage.Reader) error {
		m, err := r.Message(key)
		if err != nil {
			return err
		}
		d = &delivery{m: m}
		if m.Thread != "" {
			if d.root, err = r.Receipt(m.Thread); err != nil {
				if _, waits := r.Message(m.Thread); errors.Is(waits, nudges.ErrNotFound) {
					gone = drops(key, "no thread") // it never came to be
				}
				return err
			}
		}
		if m.Edits != "" && kindOf(m.Kind).lookup != nil {
			if d.edit, err = r.Receipt(m.Edits); err != nil {
				return err
			}
		}
		d.to, err = r.Person(m.To)
		return err
	})
	if errors.Is(err, nudges.ErrNotFound) {
		return nil, gone, nil
	}
	return d, nil, err
}

// look searches for one message. It returns what must be written about it; nil to look again at l. The error is
// for what stops all sending.
func (o *Outbox) look(ctx context.Context, d *delivery, l *lookup) (func(storage.Tx) error, error) {
	k := kindOf(d.m.Kind)
	if k.lookup != nil {
		return k.lookup(o, ctx, d, l), nil
	}
	if d.m.Edits != "" { // the same rewriting twice does no harm
		return postpone(d.m.Key, o.Now()), nil
	}
	rc, found, err := o.find(ctx, d)
	switch {
	case err != nil && placed(d.m, searches, err) == slackapi.Drop:
		o.Log.Error("an unclear message cannot be searched for and is not repeated",
			"kind", d.m.Kind, "error", slackapi.Short(err))
		return func(tx storage.Tx) error {
			if err := tx.Drop(d.m.Key, "unclear"); err != nil {
				return err
			}
			return o.undelivered(tx, d.m, decide.LossUnclear, nudges.TroubleUnclear)
		}, nil
	case err != nil && placed(d.m, searches, err) == slackapi.Hold:
		return nil, err
	case err != nil:
		l.at = time.Now().Add(max(slackapi.AskedToWait(err), backOff(l.done+1)))
		return nil, nil
	case !found && l.done+1 < len(lookups):
		*l = lookup{at: time.Now().Add(lookups[l.done+1]), done: l.done + 1}
		return nil, nil
	case !found:
		return postpone(d.m.Key, o.Now()), nil
	}
	if k.chained {
		if _, err := k.draw(ctx, o, d); err != nil {
			o.Log.Error("message not drawn", "key_mark", d.m.Mark, "kind", d.m.Kind, "error", err)
			l.at = time.Now().Add(backOff(l.done + 1))
			return nil, nil
		}
	}
	return o.settled(d, rc), nil
}

// find searches a message's conversation for its mark. Of what it reads it decodes ts and
// metadata only, never a text.
func (o *Outbox) find(ctx context.Context, d *delivery) (rc nudges.Receipt, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
	defer cancel()
	if d.m.Thread != "" {
		return o.findReply(ctx, d)
	}
	where := cmp.Or(d.m.Channel, d.to.DM)
	switch {
	case d.m.With != "":
		where, err = o.openGroup(ctx, d.m)
	case where == "":
		where, err = o.open(ctx, d.m.To)
	}
	if err != nil {
		return rc, false, err
	}
	p := &slack.GetConversationHistoryParameters{
		ChannelID: where, Oldest: searchedFrom(d.m), Inclusive: true, Limit: 200, IncludeAllMetadata: true,
	}
	return o.pages(searches, where, d.m.Mark, func(cursor string) (msgs []slack.Message, next string, err error) {
		p.Cursor = cursor
		res, err := o.Slack.API().GetConversationHistoryContext(ctx, p)
		if err == nil && !res.Ok {
			err = slackapi.ErrNoWord
		}
		if err != nil {
			return nil, "", err
		}
		if res.HasMore {
			next = res.ResponseMetaData.NextCursor
		}
		return res.Messages, next, nil
	})
}

// findReply is find for a message in a thread.
func (o *Outbox) findReply(ctx context.Context, d *delivery) (rc nudges.Receipt, found bool, err error) {
	p := &slack.GetConversationRepliesParameters{
		ChannelID: d.root.Channel, Timestamp: d.root.TS,
		Oldest: searchedFrom(d.m), Inclusive: true, Limit: 200, IncludeAllMetadata: true,
	}
	return o.pages(searchesReply, d.root.Channel, d.m.Mark, func(cursor string) ([]slack.Message, string, error) {
		p.Cursor = cursor
		msgs, more, next, err := o.Slack.API().GetConversationRepliesContext(ctx, p)
		if !more {
			next = ""
		}
		return msgs, next, err
	})
}

// searchedFrom is from when a message can be in its conversation, as Slack writes it.
func searchedFrom(m nudges.Message) string { return slackTS(m.Enqueued.Add(-time.Minute)) }

// pages reads a conversation page by page, until there is a message of that mark. read returns a page, and where
// the next one begins; "" at the end.
func (o *Outbox) pages(
	method, channel, mark string, read func(cursor string) ([]slack.Message, string, error),
) (rc nudges.Receipt, found bool, err error) {
	for cursor := ""; ; {
		if err := o.Slack.Pace.Permit(method); err != nil {
			return rc, false, err
		}
		var msgs []slack.Message
		msgs, cursor, err = read(cursor)
		if err != nil {
			o.Slack.Pace.Heard(method, err)
			return rc, false, err
		}
		for _, m := range msgs {
			if m.Metadata.EventType == MetadataType && m.Metadata.EventPayload["mark"] == mark {
				return nudges.Receipt{Channel: channel, TS: m.Timestamp, At: o.Now()}, true, nil
			}
		}
		if cursor == "" {
			return rc, false, nil
		}
	}
}

// release tries whether the credentials work again, and frees what was held.
func (o *Outbox) release(ctx context.Context) (bool, error) {
	if err := o.Slack.Ask(ctx); err != nil {
		o.heldTil = time.Now().Add(max(Mended, slackapi.AskedToWait(err)))
		return false, nil
	}
	o.heldTil = time.Time{}
	return true, o.Health.Stored(o.Store.Update(ctx, func(tx storage.Tx) error {
		_, err := tx.Release()
		return err
	}))
}

// MetadataType marks our messages. No dot in it: Slack would drop the metadata without a
// word (slackapi/bolt-python#863).
const MetadataType = "stepin_message"

// slackTS is a moment as Slack writes it.
func slackTS(t time.Time) string { return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000) }
