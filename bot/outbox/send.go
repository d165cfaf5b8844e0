package outbox

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/health"
	"stepin/bot/slackapi"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
)

// The methods that post and rewrite messages, and open where they go.
const (
	posts     = "chat.postMessage"
	rewrites  = "chat.update"
	opensChat = "conversations.open"
)

// methodOf names the method of the Web API that sends a message.
func methodOf(m nudges.Message) string {
	switch k := kinds[m.Kind]; {
	case k.method != "":
		return k.method
	case privacy.Uploads(m.Edits):
		return slackapi.DeletesFile
	case m.Edits != "":
		return rewrites
	}
	return posts
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

// sendAll sends a batch, each message to another conversation, and collects how it ended.
func (o *Outbox) sendAll(ctx context.Context, batch []delivery) {
	ends := make([]func(storage.Tx) error, len(batch))
	stops := make([]error, len(batch))
	var wg sync.WaitGroup
	for i := range batch {
		d := &batch[i]
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil { // it would at every start: better without this one
					o.Panicked(p, "kind", d.m.Kind, "key_mark", d.m.Mark)
					ends[i] = drops(d.m.Key, "panic")
				}
			}()
			ends[i], stops[i] = o.send(ctx, d)
		})
	}
	wg.Wait()
	for i, end := range ends {
		if end == nil { // unclear: it stays marked, and is searched for
			o.unclear[batch[i].m.Key] = unclearNow(batch[i].m.Kind)
			continue
		}
		by := time.Now()
		if batch[i].mayWait {
			by = by.Add(settleWithin)
		}
		o.note(end, by)
		if stops[i] != nil {
			o.heldTil = time.Now().Add(Mended)
		}
	}
}

// send sends one message. It returns what must be written about it, nil if its end is unclear; the error is for
// what stops all sending.
func (o *Outbox) send(ctx context.Context, d *delivery) (func(storage.Tx) error, error) {
	ctx, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
	defer cancel()
	method := methodOf(d.m)
	if end := o.withheld(ctx, d, method); end != nil {
		return end, nil
	}
	if slackapi.IsFile(method) {
		if !o.Slack.Pace.Allows(method) {
			return o.nextTurn(d), nil
		}
		return o.sendFile(ctx, d, method)
	}
	m, err := o.render(ctx, d)
	if errors.Is(err, errNoKind) {
		return drops(d.m.Key, err.Error()), nil
	}
	if err != nil {
		o.Log.Error("message not drawn", "key_mark", d.m.Mark, "kind", d.m.Kind, "error", err)
		return postpone(d.m.Key, o.Now().Add(backOff(d.m.Tries))), nil
	}
	sum := o.shown.sumOf(m)
	if o.shown.shows(d, sum) {
		d.mayWait = true
		return o.settled(d, nudges.Receipt{Channel: d.edit.Channel, TS: d.edit.TS, At: o.Now()}), nil
	}
	if !o.Slack.Pace.Allows(method) {
		return o.nextTurn(d), nil
	}
	var rc nudges.Receipt
	if method == rewrites {
		rc, err = o.rewrite(ctx, d, options(d, m))
	} else {
		rc, err = o.post(ctx, d, options(d, m))
	}
	if err != nil {
		return o.unsent(ctx, d, method, err)
	}
	doubt := o.shown.note(d, sum)
	o.Health.End(health.MessagesOff)
	o.count(method, health.Sent)
	if doubt > 0 {
		return postpone(d.m.Key, o.Now().Add(doubt)), nil
	}
	d.mayWait = mayWait(d, method)
	return o.settled(d, rc), nil
}

// nextTurn postpones a message whose method is used up.
func (o *Outbox) nextTurn(d *delivery) func(storage.Tx) error {
	return postpone(d.m.Key, o.Now().Add(time.Second))
}

// mayWait says whether a delivery may be written later. If a crash comes before that, a DM is looked up, and what was
// rewritten is so again. Other places may not be searchable, and then what is not written is never said again.
func mayWait(d *delivery, method string) bool {
	return (method == rewrites || conversation(d.m) == string(d.m.To)) && len(d.then) == 0 &&
		kinds[d.m.Kind].delivered == nil
}

func (o *Outbox) rewrite(ctx context.Context, d *delivery, opts []slack.MsgOption) (nudges.Receipt, error) {
	_, ts, _, err := o.Slack.API().UpdateMessageContext(ctx, d.edit.Channel, d.edit.TS, opts...)
	if err == nil && ts == "" {
		err = slackapi.ErrNoWord
	}
	return nudges.Receipt{Channel: d.edit.Channel, TS: d.edit.TS, At: o.Now()}, err
}

func (o *Outbox) post(ctx context.Context, d *delivery, opts []slack.MsgOption) (rc nudges.Receipt, err error) {
	where := cmp.Or(d.m.Channel, d.to.DM, string(d.m.To))
	switch {
	case d.m.Thread != "":
		where, opts = d.root.Channel, append(opts, slack.MsgOptionTS(d.root.TS))
	case d.m.With != "":
		if where, err = o.openGroup(ctx, d.m); err != nil {
			return rc, err
		}
	}
	o.Slack.Pace.Posted(conversation(d.m))
	channel, ts, err := o.Slack.API().PostMessageContext(ctx, where, opts...)
	if err == nil && ts == "" {
		err = slackapi.ErrNoWord
	}
	return nudges.Receipt{Channel: channel, TS: ts, At: o.Now()}, err
}

// unsent is send for a message whose post or rewriting failed.
func (o *Outbox) unsent(ctx context.Context, d *delivery, method string, err error) (func(storage.Tx) error, error) {
	key := d.m.Key
	wait := o.Slack.Pace.Heard(method, err)
	end := placed(d.m, method, err)
	if method == rewrites && end == slackapi.Unknown {
		end = slackapi.Retry // the same rewriting twice does no harm; one that comes late is overwritten
		o.shown.unclear(d)
	}
	o.count(method, string(end))
	level := slog.LevelWarn
	if c, _ := slackapi.SlackCause(err); c != "" && end == slackapi.Hold {
		level = slog.LevelDebug // the cause is in the log already, once
	}
	o.Log.Log(ctx, level, "message not sent", "key_mark", d.m.Mark, "kind", d.m.Kind,
		"tries", d.m.Tries+1, "then", end, "error", slackapi.Short(err))
	switch {
	case end == slackapi.Unknown:
		return nil, nil
	case end == slackapi.Hold:
		return holds(key, o.Now()), err
	case end == slackapi.Retry && d.m.Tries < MaxTries:
		return o.tryAgain(d.m, wait), nil
	}
	return o.refused(d.m, method, slackapi.Short(err), trouble(err)), nil
}

// tryAgain postpones a message, at least by wait.
func (o *Outbox) tryAgain(m nudges.Message, wait time.Duration) func(storage.Tx) error {
	due := o.Now().Add(max(wait, backOff(m.Tries)))
	if by := m.While.By; !by.IsZero() && due.After(by) {
		due = by.Add(time.Second) // then it is dropped, and is not late to say so
	}
	return postpone(m.Key, due)
}

func (o *Outbox) count(method, result string) {
	o.Meter.Sends.WithLabelValues(method, result).Inc()
}

func postpone(key string, due time.Time) func(storage.Tx) error {
	return func(tx storage.Tx) error { return tx.Postpone(key, due) }
}

func drops(key, why string) func(storage.Tx) error {
	return func(tx storage.Tx) error { return tx.Drop(key, why) }
}

func holds(key string, now time.Time) func(storage.Tx) error {
	return func(tx storage.Tx) error { return errors.Join(tx.Postpone(key, now), tx.Hold(key)) }
}

// settled writes the receipt, and the conversation's id for the next time.
func (o *Outbox) settled(d *delivery, rc nudges.Receipt) func(storage.Tx) error {
	return func(tx storage.Tx) error {
		p, err := tx.Person(d.m.To)
		if err != nil {
			return err
		}
		was := p
		if d.m.Edits == "" && conversation(d.m) == string(d.m.To) && rc.Channel != "" {
			p.DM = rc.Channel
		}
		if d.after != nil {
			d.after(&p)
		}
		if p != was {
			if err := tx.PutPerson(p); err != nil {
				return err
			}
		}
		then := d.then
		if len(then) > 0 && takenBack(tx, d.m.Key) {
			then = nil
		}
		if err := errors.Join(tx.Settle(d.m.Key, rc), tx.Enqueue(o.Now(), then...)); err != nil {
			return err
		}
		if did := kinds[d.m.Kind].delivered; did != nil {
			return did(o.Rules(), tx, d.m)
		}
		return nil
	}
}

// takenBack says whether a message was, or is to be, taken back while it was on its way.
func takenBack(r storage.Reader, key string) bool {
	_, waits := r.Message(key)
	_, soon := r.Message(privacy.RemovedKey(key))
	_, done := r.Receipt(privacy.RemovedKey(key))
	return waits != nil || soon == nil || done == nil
}

// backOff doubles from a second. Some chance in it keeps messages from coming back all at once.
func backOff(tries int) time.Duration {
	d := min(time.Second<<min(tries, 10), longestWait)
	return d + rand.N(d/4+1)
}

// openGroup is the group DM of two people and stepin; the same every time.
func (o *Outbox) openGroup(ctx context.Context, m nudges.Message) (string, error) {
	channel, err := o.open(ctx, m.To, m.With)
	if err != nil {
		return "", &groupError{err}
	}
	return channel, nil
}

// open is the conversation of some people with stepin.
func (o *Outbox) open(ctx context.Context, who ...nudges.UserID) (string, error) {
	if err := o.Slack.Pace.Permit(opensChat); err != nil {
		return "", err
	}
	users := make([]string, len(who))
	for i, id := range who {
		users[i] = string(id)
	}
	ch, _, _, err := o.Slack.API().OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: users})
	if err == nil && (ch == nil || ch.ID == "") {
		err = slackapi.ErrNoWord
	}
	if err != nil {
		o.Slack.Pace.Heard(opensChat, err)
		return "", err
	}
	return ch.ID, nil
}

// A groupError is what kept a group DM from being opened. The same call may be made again.
type groupError struct{ err error }

func (e *groupError) Error() string { return e.err.Error() }
func (e *groupError) Unwrap() error { return e.err }

// placed sorts the failed send of a message, or the failed search for one. For one that goes to no DM, what Slack
// refuses says nothing about the token, and stepin can do without any scope but the one to post.
func placed(m nudges.Message, method string, err error) slackapi.Ending {
	end := slackapi.Classify(err)
	if conversation(m) == string(m.To) {
		return end
	}
	_, group := errors.AsType[*groupError](err)
	if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		posts := !group && strings.HasPrefix(method, "chat.")
		if no.Err == "missing_scope" && !posts || no.Err == "no_permission" || strings.HasPrefix(no.Err, "ekm_") {
			return slackapi.Drop
		}
	}
	if group && end == slackapi.Unknown {
		return slackapi.Retry
	}
	return end
}

// trouble names what kept a debrief from its place.
func trouble(err error) nudges.PlaceTrouble {
	if _, group := errors.AsType[*groupError](err); group {
		return nudges.TroubleNoGroup
	}
	if slackapi.Classify(err) == slackapi.Retry { // all tries are over
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
