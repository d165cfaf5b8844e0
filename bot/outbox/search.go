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

// A lookup is when to search for a message whose send ended unclear.
type lookup struct {
	since, at time.Time     // its unclear end, and the next search
	done      int           // searches
	hidden    time.Duration // for so long after since it was not found
}

// lookups are how long after its unclear end a message is searched for. One that Slack shows at once is found by the
// first. Those after the last come after twice the time each.
var lookups = [...]time.Duration{time.Second / 2, 3 * time.Second, 6 * time.Second, absence}

// absence is for how long a message must not be found before it is sent again. That Slack shows other messages at once
// is no reason to send sooner: a call whose answer is missing may still be carried out, and searches lag when Slack
// is in trouble, which is when ends are unclear. So what is not there cannot be told sooner from what is not there yet.
//
// The other way round it can be measured: a message that was hidden from a search and then found tells how late
// searches are. Then absence counts only after lagFactor times as long, up to longestWait, until lagMemory has passed.
// A message comes twice only if it shows later than that.
const (
	absence   = 13 * time.Second
	lagFactor = 8 // what was hidden from a search was found by twice that time; four times as much is left
	lagMemory = time.Hour
)

// unclearNow is when to look up a message of that kind whose end is found unclear now. A file waits longer: its lookup
// takes it back.
func unclearNow(kind string) lookup {
	now := time.Now()
	if kindOf(kind).lookup != nil {
		return lookup{since: now, at: now.Add(firstLookup)}
	}
	return lookup{since: now, at: now.Add(lookups[0])}
}

// missed notes that a search has found nothing.
func (l *lookup) missed() {
	l.hidden = time.Since(l.since)
	l.done++
	after := 2 * l.hidden
	if l.done < len(lookups) {
		after = lookups[l.done]
	}
	if l.at = l.since.Add(after); !l.at.After(time.Now()) { // searches have failed for a while
		l.at = time.Now().Add(firstLookup)
	}
}

// searching is what is searched for, and how late searches were.
type searching struct {
	unclear map[string]lookup // by key
	lag     lag
}

// A lag is how late searches have been: the longest that a message was hidden, and when it was found.
type lag struct {
	hidden time.Duration
	found  time.Time
}

// note notes that a message was found that had been hidden for so long.
func (g *lag) note(hidden time.Duration) {
	if hidden >= g.hidden || time.Since(g.found) > lagMemory {
		g.hidden, g.found = hidden, time.Now()
	}
}

// absence is for how long a message must not be found now before it is sent again.
func (g *lag) absence() time.Duration {
	if time.Since(g.found) > lagMemory {
		return absence
	}
	return min(max(absence, lagFactor*g.hidden), longestWait)
}

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
		o.note(end, time.Now())
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
	case !found && (l.hidden == 0 || time.Since(l.since) < o.lag.absence()):
		l.missed() // two looks at the least: the first one after an outage may lag most
		return nil, nil
	case !found:
		return postpone(d.m.Key, o.Now()), nil
	}
	o.lag.note(l.hidden)
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

// release tries whether the credentials work again, and frees what was held. Where Slack does not say, it tries again
// soon: they may work, and all messages wait for it.
func (o *Outbox) release(ctx context.Context) (bool, error) {
	if err := o.Slack.Ask(ctx); err != nil {
		pause := Mended
		if _, lacks := errors.AsType[*slackapi.Setup](err); !lacks && !slackapi.Refused(err) {
			pause = unheardPause
		}
		o.heldTil = time.Now().Add(max(pause, slackapi.AskedToWait(err)))
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
