package bot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"stepin/bot/form"
	"stepin/bot/view"
	"stepin/nudges"
)

// metadataType marks our messages. No dot in it: Slack would drop the metadata without a
// word (SLACK section 8).
const metadataType = "stepin_message"

// kindOpen is the private line with a button, where a view could not be opened: one about a
// request, or a form that belongs to none.
const kindOpen = "open"

// opens are the kinds of that line, and what their button does.
var opens = map[string]string{
	kindOpen: form.ActOpen, kindOpen + "-" + form.ActTeam: form.ActTeam, kindOpen + "-" + form.ActPull: form.ActPull, kindOpen + "-" + form.ActReminder: form.ActReminder,
	kindOpen + "-" + form.ActLearning: form.ActLearning, kindOpen + "-" + form.ActForget: form.ActForget,
	kindOpen + "-" + form.ActDebrief: form.ActDebrief, kindOpen + "-" + form.ActHistory: form.ActHistory,
	kindOpen + "-" + form.ActLog: form.ActLog, kindOpen + "-" + form.ActNotDoing: form.ActNotDoing, kindOpen + "-" + form.ActReschedule: form.ActReschedule,
}

// overCall are the actions that open a window about a call that is over.
var overCall = []string{form.ActLog, form.ActNotDoing, form.ActReschedule}

// slackTS is a moment as Slack writes it.
func slackTS(t time.Time) string { return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000) }

// sayOpen puts the line with the button into the outbox: once for one input.
func (b *Bot) sayOpen(ctx context.Context, in form.Input, what form.Screen) error {
	err := b.health.Stored(b.cfg.Store.Update(ctx, func(tx nudges.Tx) error {
		m := nudges.Message{Kind: kindOpen, To: in.User, Due: b.now()}
		var r nudges.Request
		var err error
		action := view.Opener(what)
		if action != form.ActOpen {
			m.Kind += "-" + action
		}
		over := slices.Contains(overCall, action)
		switch {
		case action != form.ActOpen && !over:
		case in.Request != "":
			r, err = tx.Request(in.Request)
		default:
			r, err = tx.LastRequest(in.User)
		}
		if err != nil {
			return err
		}
		if m.Request = r.ID; r.ID != "" {
			if m.While.Phase = []nudges.Phase{nudges.Before, nudges.During}; over {
				m.While.Phase = []nudges.Phase{nudges.Debrief}
			}
		}
		m.Key = nudges.Key(r.ID, r.Seq, in.User, m.Kind+"-"+form.Digest(map[string]string{"id": in.Identity}))
		return tx.Enqueue(m.Due, m)
	}))
	b.out.wake()
	return err
}
