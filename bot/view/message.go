package view

import (
	"maps"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/privacy"
)

// A Message is what goes into a conversation, or to one person alone. Its text is what a
// notification shows and a screen reader says.
type Message struct {
	Text   string        `json:"text"`
	Blocks []slack.Block `json:"blocks"`
}

// Note is a sentence.
func Note(sc Scene) Message {
	return Message{fallback(sc.phrase(sc.Text, sc.Contact)), sc.draw(drawNote)}
}

// Open is the line that stands in for a view that could not be opened; its button brings a fresh trigger. from is when
// Slack takes that again, by the clock that people read; zero for now. What can be opened only by the way that led to
// it has no button.
func Open(sc Scene, action string, from time.Time) Message {
	if minute := from.Truncate(time.Minute); minute.Before(from) {
		from = minute.Add(time.Minute)
	}
	if sc.Data.Until = sc.clock(from); !from.IsZero() && sc.Zone == time.UTC { // theirs may not be known
		sc.Data.Until += " UTC"
	}
	if action == form.ActOpen && sc.Request.ID == "" {
		return Message{fallback(sc.phrase("err-busy-again")), sc.draw(drawText("err-busy-again"))}
	}
	return Message{fallback(sc.phrase("err-busy")), sc.draw(func(b *builder) {
		b.say("err-busy")
		b.buttons("b-open", b.primary(action, "button-open"))
	})}
}

// dm is a message to one person. Its notification names nobody and tells nothing.
func dm(sc Scene, draw func(*builder)) Message {
	return Message{fallback(sc.phrase("card-fallback")), sc.draw(draw)}
}

// dmKinds draw each kind of message to one person, but for the card, what opens a window, what the clock
// alone starts, and what is about somebody's own words.
var dmKinds = map[string]func(*builder){
	nudges.KindAsk:              toApprovers(drawAsk("")),
	nudges.KindRemind:           toApprovers(drawAsk("ask-remind")),
	nudges.KindApproverReminder: toApprovers(drawAsk("ask-nudge")),
	nudges.KindGlass:            toApprovers(drawGlassTold),
	nudges.KindSettled:          drawSettled,
	nudges.KindElsewhere:        toApprovers(drawElsewhere),
	nudges.KindMeet:             drawMeet,
	nudges.KindWord:             drawWord,
	nudges.KindClaim:            drawClaim,
	nudges.KindPlanned:          drawPlanned,
	nudges.KindUnplanned:        drawUnplanned,
	nudges.KindFromHere:         drawFromHere,
	nudges.KindFromManager:      drawFromManager,
	nudges.KindPulled:           drawPulled,
	nudges.KindReply:            drawReply,
	nudges.KindAnswered:         drawAnswered,
	nudges.KindNote:             drawText("ask-first-text"),
	nudges.KindNoteMissed:       drawNoteMissed,
	nudges.KindTrust:            func(b *builder) { b.say(noteText(b.Request)) },
	nudges.KindUnmet:            drawUnmet,
	nudges.KindUnheard:          drawText("unheard"),
	nudges.KindCorrected:        drawCorrected,
	nudges.KindHow:              drawHow,
	nudges.KindWhere:            drawWhere,
	nudges.KindRootDM:           drawRootDM,
	nudges.KindDisplaced:        drawDisplaced,
	nudges.KindUnclear:          drawUnclear,
	privacy.KindExported:        drawText("exported"),
	privacy.KindFileStays:       drawText("file-stays"),
}

// drawText is a message of one text.
func drawText(text string) func(*builder) { return func(b *builder) { b.say(text) } }

// Alarm tells an admin that something is wrong, or that it is over. text says what.
func Alarm(sc Scene, text string, over bool) Message {
	return dm(sc, func(b *builder) {
		b.say(text)
		if over {
			b.say("ops-over")
		}
	})
}

// KindsOfDM are the kinds of messages to one person that OfKind draws.
var KindsOfDM = slices.Sorted(maps.Keys(dmKinds))

// OfKind is a message of that kind, to one person or into a thread.
func OfKind(sc Scene, kind string) Message {
	if draw := threadKinds[kind]; draw != nil {
		return draw(sc)
	}
	return dm(sc, dmKinds[kind])
}

// A Whisper is a message that one person sees, as an acknowledgement carries it.
type Whisper struct {
	Type string `json:"response_type"`
	Message
}

// Ephemeral is a message as an acknowledgement carries it, cut to what Slack takes.
func Ephemeral(m Message) Whisper { return Whisper{slack.ResponseTypeEphemeral, FitMessage(m)} }

// FieldErrors are sentences below fields, by block id.
type FieldErrors map[string]string

// Errors has a text for each field, by the action of the field. It fits into an acknowledgement.
func Errors(texts map[string]string, sc Scene) FieldErrors {
	errs := FieldErrors{}
	for action, text := range texts {
		errs[form.Block(action)] = cut(sc.phrase(text).Plain(), maxError)
	}
	return errs
}
