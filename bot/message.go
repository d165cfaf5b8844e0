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

// A message is what goes into a conversation, or to one person alone. Its text is what a
// notification shows and a screen reader says.
type message struct {
	Text   string        `json:"text"`
	Blocks []slack.Block `json:"blocks"`
}

// noteMessage is a sentence.
func noteMessage(sc scene) message {
	m := sc.words.Quote(sc.text, sc.d, sc.ask, "")
	return message{fallback(m), []slack.Block{section(m)}}
}

// openMessage is the line that stands in for a view that could not be opened; its button
// brings a fresh trigger.
func openMessage(sc scene, action string) message {
	m := sc.words.Text("err-busy", sc.d)
	return message{fallback(m), []slack.Block{
		section(m), slack.NewActionBlock("b-open", sc.button(action, "button-open", slack.StylePrimary)),
	}}
}

// opener is the action that opens a screen once more.
func opener(s form.Screen) string {
	switch s {
	case form.TeamScreen:
		return form.ActTeam
	case form.PullScreen:
		return form.ActPull
	case form.ReminderScreen:
		return form.ActReminder
	case form.LearningScreen:
		return form.ActLearning
	case form.ForgetScreen:
		return form.ActForget
	case form.DebriefScreen:
		return form.ActDebrief
	case form.HistoryScreen:
		return form.ActHistory
	case form.LogScreen:
		return form.ActLog
	case form.NotDoingScreen:
		return form.ActNotDoing
	case form.RescheduleScreen:
		return form.ActReschedule
	}
	return form.ActOpen
}

// privately is a message whose notification names nobody and tells nothing.
func privately(sc scene, blocks ...slack.Block) message {
	return message{fallback(sc.words.Text("card-fallback", sc.d)), blocks}
}

// told draws each kind of message beside the card.
var told = map[string]func(scene) []slack.Block{
	nudges.KindAsk:         toApprovers(func(sc scene) []slack.Block { return askBlocks(sc, nudges.KindAsk) }),
	nudges.KindRemind:      toApprovers(func(sc scene) []slack.Block { return askBlocks(sc, nudges.KindRemind) }),
	nudges.KindNudge:       toApprovers(func(sc scene) []slack.Block { return askBlocks(sc, nudges.KindNudge) }),
	nudges.KindGlass:       toApprovers(glassToldBlocks),
	nudges.KindSettled:     settledBlocks,
	nudges.KindElsewhere:   toApprovers(elsewhereBlocks),
	nudges.KindWord:        wordBlocks,
	nudges.KindClaim:       claimBlocks,
	nudges.KindFromManager: fromManagerBlocks,
	nudges.KindPulled:      pulledBlocks,
	nudges.KindReply:       replyBlocks,
	nudges.KindAnswered:    answeredBlocks,
	nudges.KindNoteMissed:  noteMissedBlocks,
	nudges.KindTrust:       func(sc scene) []slack.Block { return []slack.Block{section(noteText(sc))} },
	nudges.KindUnmet:       sentence("unmet"),
	nudges.KindUnheard:     sentence("unheard"),
	nudges.KindCorrected:   correctedBlocks,
	nudges.KindHow:         howBlocks,
	nudges.KindWhere:       whereBlocks,
	nudges.KindRootDM:      rootDMBlocks,
	nudges.KindDisplaced:   displacedBlocks,
	nudges.KindUnclear:     unclearBlocks,
	nudges.KindExported:    sentence("exported"),
	nudges.KindFileStays:   sentence("file-stays"),
}

// sentence is a message of one text.
func sentence(text string) func(scene) []slack.Block {
	return func(sc scene) []slack.Block { return []slack.Block{section(sc.words.Text(text, sc.d))} }
}

// whyMessage is the table that decides.
func whyMessage(sc scene) message {
	lines := append([]nudges.Marked{sc.words.Text("why-lead", sc.d)}, sc.words.Why(sc.d)...)
	var m message
	var said []string
	for _, l := range lines {
		said = append(said, fallback(l))
		m.Blocks = append(m.Blocks, section(l))
	}
	m.Text = strings.Join(said, "\n")
	return m
}

// whisper is a message that one person sees, as an acknowledgement carries it.
type whisper struct {
	Type string `json:"response_type"`
	message
}

func ephemeral(m message) whisper {
	return whisper{slack.ResponseTypeEphemeral, fitMessage(m)}
}

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
		m = privately(sc, mantraBlocks(sc, day, again, e.m.Edits != "")...)
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
	case kind == nudges.KindNote:
		m = privately(sc, section(sc.words.Text("ask-first-text", sc.d)))
	case kind == nudges.KindChase:
		m = privately(sc, chaseBlocks(sc, b.chaseScenes(ctx, e), len(e.open))...)
	case threaded[kind] != nil:
		m = threaded[kind](sc)
	case kind == nudges.KindMeet:
		sc.bond = e.bond
		m = privately(sc, meetBlocks(sc)...)
	case told[kind] != nil:
		m = privately(sc, told[kind](sc)...)
	case strings.HasPrefix(kind, kindOps):
		c := Cause(strings.TrimPrefix(kind, kindOps))
		if !slices.ContainsFunc(Ailments, func(a Ailment) bool { return a.Cause == c }) {
			return nil, nil, nil
		}
		m = privately(sc, opsBlocks(sc, c, !b.health.holds(c))...)
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
