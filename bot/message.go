package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
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

// render draws a message as things stand now, not as they stood when it was written down.
// after changes what is remembered of its recipient once it was delivered. A kind that this
// version does not know gives nil. The error is for what cannot be drawn now.
func (b *Bot) render(ctx context.Context, e errand) (opts []slack.MsgOption, after func(*nudges.Person), err error) {
	kind := e.m.Kind
	var sc scene
	if kind == nudges.KindRemoved { // of whoever is forgotten nothing is looked up
		sc = scene{words: b.live().Words}
	} else if kind == nudges.KindMantra || kind == nudges.KindChase { // looks nobody up but the rep of its line, for there can be thousands at once
		sc = b.mantraScene(ctx, e)
	} else {
		sc = b.scene(ctx, e.r, e.m.To)
	}
	var m message
	switch {
	case kind == nudges.KindMantra:
		day, again := mantraOn(e.m)
		m = dmMessage(sc, drawMantra(day, again, e.m.Edits != ""))
	case kind == nudges.KindCard, strings.HasPrefix(kind, nudges.KindEdit):
		card := cmp.Or(e.m.Edits, e.m.Key)
		m = cardMessage(sc, e.to.ToldBy == "" || e.to.ToldBy == card)
		after = func(p *nudges.Person) {
			p.Zone = sc.zone.String()
			if p.ToldBy == "" {
				p.ToldBy = card
			}
		}
	case kind == nudges.KindRemoved:
		m = removedMessage(b.live().Words)
	case kind == nudges.KindForgotten:
		m = forgottenMessage(sc, b.erase.Copies(), b.live().Names(e.m.To))
	case kind == nudges.KindExport:
		if m, *e.then, err = b.drawExport(ctx, sc, e.m); err != nil {
			return nil, nil, err
		}
	case kind == nudges.KindChase:
		m = dmMessage(sc, drawChase(b.chaseScenes(ctx, e), len(e.open)))
	case threadKinds[kind] != nil:
		m = threadKinds[kind](sc)
	case dmKinds[kind] != nil:
		sc.bond = e.bond
		m = dmMessage(sc, dmKinds[kind])
	case strings.HasPrefix(kind, kindOps):
		c := Cause(strings.TrimPrefix(kind, kindOps))
		if !slices.ContainsFunc(Ailments, func(a Ailment) bool { return a.Cause == c }) {
			return nil, nil, nil
		}
		m = dmMessage(sc, drawOps(c, !b.health.holds(c)))
	case opens[kind] != "":
		m = openMessage(sc, opens[kind])
	default:
		return nil, nil, nil
	}
	m = fitMessage(m)
	return []slack.MsgOption{
		slack.MsgOptionText(m.Text, false), // escaped already
		slack.MsgOptionBlocks(m.Blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: metadataType, EventPayload: map[string]any{"mark": e.m.Mark}}),
	}, after, nil
}

// sayOpen puts the line with the button into the outbox: once for one input.
func (b *Bot) sayOpen(ctx context.Context, in form.Input, what form.Screen) error {
	err := b.health.stored(b.cfg.Store.Update(ctx, func(tx nudges.Tx) error {
		m := nudges.Message{Kind: kindOpen, To: in.User, Due: b.now()}
		var r nudges.Request
		var err error
		action := opener(what)
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
		m.Key = nudges.Key(r.ID, r.Seq, in.User, m.Kind+"-"+digest(map[string]string{"id": in.Identity}))
		return tx.Enqueue(m.Due, m)
	}))
	b.out.wake()
	return err
}
