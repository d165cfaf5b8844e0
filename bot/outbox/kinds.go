package outbox

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/decide"
	"stepin/bot/health"
	"stepin/bot/slackapi"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/team"
)

// A delivery is a message with all that is needed to send it.
type delivery struct {
	m    nudges.Message
	r    nudges.Request // the message's, or that of the line it says
	to   nudges.Person
	edit nudges.Receipt // of the message to rewrite
	root nudges.Receipt // of the message whose thread it belongs to
	bond nudges.BondState
	rem  daily.Reminder   // the recipient's
	open []nudges.Request // the debriefs that it names, open or not
	zone *time.Location   // whose date counts for one unsolicited message a day; nil for the recipient's

	// Set when it is drawn or sent:
	after   func(*nudges.Person) // changes what is remembered of its recipient once it was delivered; nil for nothing
	then    []nudges.Message     // to be said once it was delivered
	mayWait bool                 // to write that it was delivered
}

// A kind is what the outbox must know of one kind of message. Every field may be nil. Then the message is drawn from
// its scene, is never dropped, and only Unreached follows when it was not delivered.
type kind struct {
	// gather reads what is needed to draw it, beside the request and the recipient. It runs in the transaction
	// that marks the message.
	gather func(r storage.Reader, d *delivery, x decide.Rules, now time.Time) error
	// dropped says why it is not to be said any more; "" if it is.
	dropped func(d *delivery, x decide.Rules, now time.Time) string
	// draw draws it as things stand now. An error postpones it.
	draw func(ctx context.Context, o *Outbox, d *delivery) (view.Message, error)
	// undelivered writes what follows if it was not delivered; unreached if nil.
	undelivered func(*decide.Undelivered) error
	// delivered writes what follows once Slack has it.
	delivered func(decide.Rules, storage.Tx, nudges.Message) error
	// call sends what is no message, with the method of that name.
	call   func(*Outbox, context.Context, *delivery) (nudges.Receipt, error)
	method string
	// lookup ends one whose send ended unclear, in place of a search. Nil asks to look again.
	lookup func(*Outbox, context.Context, *delivery, *lookup) func(storage.Tx) error
	// urgent says that it is sent even to somebody whose profile is unknown.
	urgent bool
	// unlooked says that its recipient is not looked up before it is sent: see addressed.
	unlooked bool
	// chained says that drawing it queues the next part. So it is drawn even when a search finds it.
	chained bool
}

// kinds has a row for each kind of message that needs more than its scene; see kindOf for the others.
var kinds = map[string]kind{
	nudges.KindCard: {draw: drawRequest},
	nudges.KindMeet: {gather: gatherBond, undelivered: (*decide.Undelivered).Meet},

	nudges.KindWord: {undelivered: (*decide.Undelivered).Awaited},
	nudges.KindFromManager: {
		dropped: noteDropped, undelivered: (*decide.Undelivered).Note, delivered: decide.Rules.NoteDelivered,
	},
	nudges.KindAnswered: {dropped: answerDropped},
	nudges.KindClaim:    {undelivered: (*decide.Undelivered).Awaited},

	nudges.KindRoot:           {undelivered: (*decide.Undelivered).Root},
	nudges.KindAsksRep:        {undelivered: (*decide.Undelivered).Reply},
	nudges.KindAsksManager:    {undelivered: (*decide.Undelivered).Reply},
	nudges.KindThreadReminder: {dropped: threadReminderDropped, undelivered: (*decide.Undelivered).Reply},

	daily.KindDailyLine: {
		gather: gatherLine, dropped: dailyLineDropped, draw: drawDailyLine,
		undelivered: (*decide.Undelivered).DailyLine, unlooked: true,
	},
	nudges.KindDebriefReminder: {
		gather: gatherDebriefs, dropped: debriefReminderDropped, draw: drawDebriefReminder,
		undelivered: (*decide.Undelivered).DebriefReminder, unlooked: true,
	},

	privacy.KindRemoved:   {draw: drawRemoved},
	privacy.KindForgotten: {draw: drawForgotten},
	privacy.KindExport:    {draw: drawExport, chained: true},
	privacy.KindUpload:    {method: slackapi.GetsUpload, call: (*Outbox).upload, lookup: (*Outbox).uploadAgain},
	privacy.KindShare:     {method: slackapi.SharesFile, call: (*Outbox).share, lookup: (*Outbox).reshare},
}

// kindOf is what is known of a kind of message. One that this version does not know has no draw and no call.
func kindOf(name string) kind {
	k, known := kinds[name]
	switch {
	case k.draw != nil || k.call != nil:
	case known || slices.Contains(view.KindsOfDM, name):
		k.draw = drawKind(name)
	case strings.HasPrefix(name, nudges.KindEdit):
		k = kinds[nudges.KindCard]
	case strings.HasPrefix(name, health.KindPrefix):
		k.draw, k.urgent = drawAlarm(health.Cause(strings.TrimPrefix(name, health.KindPrefix))), true
	case view.Opens[name] != "":
		k.draw = drawOpen(view.Opens[name])
	}
	if k.undelivered == nil {
		k.undelivered = (*decide.Undelivered).Unreached
	}
	return k
}

// drawKind draws a kind from its scene alone.
func drawKind(kind string) func(context.Context, *Outbox, *delivery) (view.Message, error) {
	return func(ctx context.Context, o *Outbox, d *delivery) (view.Message, error) {
		sc := o.Scenes.Message(ctx, d.r, d.m.To)
		sc.Bond = d.bond
		return view.OfKind(sc, kind), nil
	}
}

func drawOpen(action string) func(context.Context, *Outbox, *delivery) (view.Message, error) {
	return func(ctx context.Context, o *Outbox, d *delivery) (view.Message, error) {
		from := o.Slack.Pace.Name("views.open")
		if !from.IsZero() {
			from = o.Now().Add(time.Until(from))
		}
		return view.Open(o.Scenes.Message(ctx, d.r, d.m.To), action, from), nil
	}
}

// drawAlarm is nil for a cause that this version does not know.
func drawAlarm(c health.Cause) func(context.Context, *Outbox, *delivery) (view.Message, error) {
	if !slices.ContainsFunc(health.Table, func(a health.Row) bool { return a.Cause == c }) {
		return nil
	}
	return func(ctx context.Context, o *Outbox, d *delivery) (view.Message, error) {
		sc := o.Scenes.Message(ctx, d.r, d.m.To)
		return view.Alarm(sc, health.KindPrefix+string(c), !o.Health.Holds(c)), nil
	}
}

// drawRequest draws the card of a request. It tells them, with their first card, who could read the file.
func drawRequest(ctx context.Context, o *Outbox, d *delivery) (view.Message, error) {
	sc := o.Scenes.Message(ctx, d.r, d.m.To)
	card := cmp.Or(d.m.Edits, d.m.Key)
	d.after = func(p *nudges.Person) {
		if sc.Zone != time.UTC { // theirs may not be known
			p.Zone = sc.Zone.String()
		}
		if p.ToldBy == "" {
			p.ToldBy = card
		}
	}
	return view.Card(sc, d.to.ToldBy == "" || d.to.ToldBy == card), nil
}

// noteDropped says that the manager's note is not so any more, or that a later one has taken its place.
func noteDropped(d *delivery, _ decide.Rules, _ time.Time) string {
	if !d.r.NoteHolds(d.m.Key) {
		return "no longer true"
	}
	return ""
}

// answerDropped says that the rep is told what is decided by a later message.
func answerDropped(d *delivery, _ decide.Rules, _ time.Time) string {
	if last := d.r.AnswerKey; last != "" && last != d.m.Key {
		return "said again"
	}
	return ""
}

// gatherBond reads what the rep has said. A question that belongs to no request has its own key for a card.
func gatherBond(r storage.Reader, d *delivery, _ decide.Rules, _ time.Time) (err error) {
	if manager, rep, ok := team.MeetOf(d.m.Key); ok {
		d.r = nudges.Request{Manager: manager, Rep: rep, Card: cmp.Or(d.m.Edits, d.m.Key)}
	}
	d.bond, err = r.Bond(d.m.To, d.r.Manager)
	return err
}

// threadReminderDropped says that somebody has logged what happened, or that the call has moved.
func threadReminderDropped(d *delivery, _ decide.Rules, _ time.Time) string {
	if d.m.Edits == "" && (d.r.Debrief.Open().Logged() || d.r.Debrief.State == nudges.DebriefMoved) {
		return "no longer true"
	}
	return ""
}

// gatherLine reads the recipient's reminder, and the request that the line of its date speaks of.
func gatherLine(r storage.Reader, d *delivery, x decide.Rules, _ time.Time) (err error) {
	if d.rem, err = r.Reminder(d.m.To); err != nil {
		return err
	}
	d.zone = d.rem.Location(x.Zones)
	if l, ok := d.rem.LineOn(decide.LineDate(d.m)); ok && l.Kind != daily.LineMantra {
		d.r, err = r.Request(nudges.RequestID(l.ID))
	}
	return decide.IgnoreNotFound(err)
}

func dailyLineDropped(d *delivery, x decide.Rules, _ time.Time) string {
	if x.Unwanted(d.rem, d.m) {
		return "no longer wanted"
	}
	return ""
}

// drawDailyLine looks nobody up but the rep of its line, because there can be thousands at once.
func drawDailyLine(ctx context.Context, o *Outbox, d *delivery) (view.Message, error) {
	day, again := decide.LineDate(d.m)
	sc, _ := o.Scenes.DailyLine(ctx, d.to, d.rem, d.r, day, again)
	return view.DailyLine(sc, day, again, d.m.Edits != ""), nil
}

// gatherDebriefs reads the debriefs to remind of, and the line that their reminder carries.
func gatherDebriefs(r storage.Reader, d *delivery, x decide.Rules, now time.Time) (err error) {
	day, _ := decide.LineDate(d.m)
	if d.open, err = decide.NamedDebriefs(r, d.m.To, day, now); err != nil {
		return err
	}
	return gatherLine(r, d, x, now)
}

func debriefReminderDropped(d *delivery, x decide.Rules, now time.Time) string {
	open := slices.ContainsFunc(d.open, decide.Unlogged)
	if d.m.Edits == "" && (!open || d.to.Away.After(now) || !x.Listed(d.m.To)) {
		return "no longer wanted"
	}
	return ""
}

func drawDebriefReminder(ctx context.Context, o *Outbox, d *delivery) (view.Message, error) {
	day, again := decide.LineDate(d.m)
	sc, carries := o.Scenes.DailyLine(ctx, d.to, d.rem, d.r, day, again)
	if !carries {
		sc.Line = ""
	}
	open := 0
	for _, r := range d.open {
		if decide.Unlogged(r) {
			open++
		}
	}
	return view.DebriefReminder(sc, o.Scenes.Debriefs(ctx, d.to, d.rem, d.open), open, len(d.open)), nil
}

// drawRemoved looks nobody up, because they are forgotten.
func drawRemoved(_ context.Context, o *Outbox, _ *delivery) (view.Message, error) {
	return view.Removed(o.Rules().Words), nil
}

func drawForgotten(ctx context.Context, o *Outbox, d *delivery) (view.Message, error) {
	return view.Forgotten(o.Scenes.Message(ctx, d.r, d.m.To), o.Copies(), o.Rules().Names(d.m.To)), nil
}

// errNoKind is for a kind of message that this version does not know.
var errNoKind = errors.New("no such kind")

// render draws a message as things stand now, not as they stood when it was written down. The error is errNoKind,
// or for what cannot be drawn now.
func (o *Outbox) render(ctx context.Context, d *delivery) (view.Message, error) {
	k := kindOf(d.m.Kind)
	if k.draw == nil {
		return view.Message{}, errNoKind
	}
	m, err := k.draw(ctx, o, d)
	return view.FitMessage(m), err
}

// options are a drawn message as slack-go sends it.
func options(d *delivery, m view.Message) []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(m.Text, false), // escaped already
		slack.MsgOptionBlocks(m.Blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
		slack.MsgOptionMetadata(slack.SlackMetadata{
			EventType: MetadataType, EventPayload: map[string]any{"mark": d.m.Mark},
		}),
	}
}
