package bot

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"

	"stepin/nudges"
)

// recall finds what is unclear and was not known to be: at the start what a crash has left, later
// what is enqueued as unclear after a restore. Nothing may be on its way meanwhile.
func (o *outbox) recall(ctx context.Context) error {
	return o.b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		for m, err := range r.Attempted() {
			if err != nil {
				return err
			}
			if _, known := o.unclear[m.Key]; !known {
				o.unclear[m.Key] = look{at: time.Now().Add(firstLook)}
			}
		}
		return nil
	})
}

// searches is a method with which conversations are searched.
const searches = "conversations.history"

// search looks into the conversations for what ended unclearly: found, it is settled; not
// found twice, it is said again.
func (o *outbox) search(ctx context.Context) error {
	for key, l := range o.unclear {
		if l.at.After(time.Now()) {
			continue
		}
		var e errand
		lost := false // its thread never came to be
		err := o.b.cfg.Store.View(ctx, func(r nudges.Reader) error {
			m, err := r.Message(key)
			if err != nil {
				return err
			}
			e = errand{m: m}
			if m.Thread != "" {
				if e.root, err = r.Receipt(m.Thread); errors.Is(err, nudges.ErrNotFound) {
					_, waits := r.Message(m.Thread)
					lost = errors.Is(waits, nudges.ErrNotFound)
				}
				if err != nil {
					return err
				}
			}
			if m.Kind == nudges.KindShare {
				if e.edit, err = r.Receipt(m.Edits); err != nil {
					return err
				}
			}
			e.to, err = r.Person(m.To)
			return err
		})
		if errors.Is(err, nudges.ErrNotFound) {
			delete(o.unclear, key)
			if lost {
				o.results = append(o.results, func(tx nudges.Tx) error { return tx.Drop(key, "no thread") })
			}
			continue
		}
		if err != nil {
			return err
		}
		if e.m.Kind == nudges.KindShare {
			if end := o.reshare(ctx, e, &l); end != nil {
				delete(o.unclear, key)
				o.results = append(o.results, end)
			} else {
				o.unclear[key] = l
			}
			continue
		}
		if e.m.Edits != "" || e.m.Kind == nudges.KindUpload { // that may be repeated without a look
			delete(o.unclear, key)
			o.results = append(o.results, postpone(key, o.b.now()))
			continue
		}
		rc, found, err := o.find(ctx, e)
		switch {
		case err != nil && placed(e.m, searches, err) == drop:
			delete(o.unclear, key)
			o.b.log.Error("an unclear message cannot be searched for and is not repeated", "kind", e.m.Kind, "error", short(err))
			o.results = append(o.results, func(tx nudges.Tx) error {
				if err := tx.Drop(key, "unclear"); err != nil || threadKinds[e.m.Kind] == nil {
					return err
				}
				return o.b.displaced(tx, e.m, nudges.TroubleUnclear)
			})
		case err != nil && placed(e.m, searches, err) == hold:
			o.heldTil = time.Now().Add(mended)
			return nil
		case err != nil:
			l.at = time.Now().Add(max(askedToWait(err), backOff(l.done+1)))
			o.unclear[key] = l
		case found:
			e.then = new([]nudges.Message)
			if e.m.Kind == nudges.KindExport {
				if _, *e.then, err = o.b.drawExport(ctx, o.b.scene(ctx, nudges.Request{}, e.m.To), e.m); err != nil {
					o.b.log.Error("message not drawn", "key_mark", e.m.Mark, "kind", e.m.Kind, "error", err)
					l.at = time.Now().Add(backOff(l.done + 1))
					o.unclear[key] = l
					continue
				}
			}
			delete(o.unclear, key)
			o.results = append(o.results, o.settled(e, rc, nil))
		case l.done == 0:
			o.unclear[key] = look{at: time.Now().Add(secondLook), done: 1}
		default:
			delete(o.unclear, key)
			o.results = append(o.results, postpone(key, o.b.now()))
		}
	}
	return nil
}

// find searches a message's conversation for its mark. Of what it reads it decodes ts and
// metadata only, never a text.
func (o *outbox) find(ctx context.Context, e errand) (rc nudges.Receipt, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	if e.m.Thread != "" {
		return o.findReply(ctx, e)
	}
	where := cmp.Or(e.m.Channel, e.to.DM)
	if e.m.With != "" {
		if where, err = o.openGroup(ctx, e.m); err != nil {
			return rc, false, err
		}
	}
	if where == "" {
		if where, err = o.openDM(ctx, e.m.To); err != nil {
			return rc, false, err
		}
	}
	oldest := e.m.Enqueued.Add(-time.Minute)
	p := &slack.GetConversationHistoryParameters{
		ChannelID: where, Oldest: slackTS(oldest), Inclusive: true, Limit: 200, IncludeAllMetadata: true,
	}
	for {
		if err := o.b.pace.permit(searches); err != nil {
			return rc, false, err
		}
		res, err := o.b.api().GetConversationHistoryContext(ctx, p)
		if err == nil && !res.Ok {
			err = errNoWord
		}
		if err != nil {
			o.b.pace.heard(searches, err)
			return rc, false, err
		}
		if rc, found := o.marked(res.Messages, where, e.m.Mark); found {
			return rc, true, nil
		}
		if !res.HasMore || res.ResponseMetaData.NextCursor == "" {
			return rc, false, nil
		}
		p.Cursor = res.ResponseMetaData.NextCursor
	}
}

// openDM is the conversation of somebody with stepin.
func (o *outbox) openDM(ctx context.Context, who nudges.UserID) (string, error) {
	if err := o.b.pace.permit("conversations.open"); err != nil {
		return "", err
	}
	ch, _, _, err := o.b.api().OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{string(who)}})
	if err == nil && ch == nil {
		err = errNoWord
	}
	if err != nil {
		o.b.pace.heard("conversations.open", err)
		return "", err
	}
	return ch.ID, nil
}

// findReply is find for a message in a thread, which the history of its conversation does not list.
func (o *outbox) findReply(ctx context.Context, e errand) (rc nudges.Receipt, found bool, err error) {
	p := &slack.GetConversationRepliesParameters{
		ChannelID: e.root.Channel, Timestamp: e.root.TS, Limit: 200, IncludeAllMetadata: true,
		Oldest: slackTS(e.m.Enqueued.Add(-time.Minute)), Inclusive: true,
	}
	for {
		if !o.b.pace.allows("conversations.replies") {
			return rc, false, &slack.RateLimitedError{RetryAfter: 2 * time.Second}
		}
		msgs, more, cursor, err := o.b.api().GetConversationRepliesContext(ctx, p)
		if err != nil {
			o.b.pace.heard("conversations.replies", err)
			return rc, false, err
		}
		if rc, found := o.marked(msgs, e.root.Channel, e.m.Mark); found {
			return rc, true, nil
		}
		if !more || cursor == "" {
			return rc, false, nil
		}
		p.Cursor = cursor
	}
}

// marked is the message of that mark among those that were read.
func (o *outbox) marked(msgs []slack.Message, channel, mark string) (nudges.Receipt, bool) {
	for _, m := range msgs {
		if m.Metadata.EventType == metadataType && m.Metadata.EventPayload["mark"] == mark {
			return nudges.Receipt{Channel: channel, TS: m.Timestamp, At: o.b.now()}, true
		}
	}
	return nudges.Receipt{}, false
}

// release tries whether the credentials work again, and frees what was held.
func (o *outbox) release(ctx context.Context) (bool, error) {
	if err := o.b.askSlack(ctx); err != nil {
		o.heldTil = time.Now().Add(max(mended, askedToWait(err)))
		return false, nil
	}
	o.heldTil = time.Time{}
	return true, o.b.health.stored(o.b.cfg.Store.Update(ctx, func(tx nudges.Tx) error {
		_, err := tx.Release()
		return err
	}))
}
