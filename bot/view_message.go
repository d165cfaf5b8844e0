package bot

import (
	"maps"
	"slices"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

// A message is what goes into a conversation, or to one person alone. Its text is what a
// notification shows and a screen reader says.
type message struct {
	Text   string        `json:"text"`
	Blocks []slack.Block `json:"blocks"`
}

// noteMessage is a sentence.
func noteMessage(sc scene) message {
	return message{fallback(sc.phrase(sc.text, sc.contact)), sc.draw(drawNote)}
}

// openMessage is the line that stands in for a view that could not be opened; its button
// brings a fresh trigger.
func openMessage(sc scene, action string) message {
	return message{fallback(sc.phrase("err-busy")), sc.draw(func(b *builder) {
		b.say("err-busy")
		b.buttons("b-open", b.primary(action, "button-open"))
	})}
}

// dmMessage is a message to one person. Its notification names nobody and tells nothing.
func dmMessage(sc scene, draw func(*builder)) message {
	return message{fallback(sc.phrase("card-fallback")), sc.draw(draw)}
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
	nudges.KindFromManager:      drawFromManager,
	nudges.KindPulled:           drawPulled,
	nudges.KindReply:            drawReply,
	nudges.KindAnswered:         drawAnswered,
	nudges.KindNote:             drawText("ask-first-text"),
	nudges.KindNoteMissed:       drawNoteMissed,
	nudges.KindTrust:            func(b *builder) { b.say(noteText(b.r)) },
	nudges.KindUnmet:            drawText("unmet"),
	nudges.KindUnheard:          drawText("unheard"),
	nudges.KindCorrected:        drawCorrected,
	nudges.KindHow:              drawHow,
	nudges.KindWhere:            drawWhere,
	nudges.KindRootDM:           drawRootDM,
	nudges.KindDisplaced:        drawDisplaced,
	nudges.KindUnclear:          drawUnclear,
	nudges.KindExported:         drawText("exported"),
	nudges.KindFileStays:        drawText("file-stays"),
}

// drawText is a message of one text.
func drawText(text string) func(*builder) { return func(b *builder) { b.say(text) } }

// alarmMessage tells an admin that something is wrong, or that it is over. text says what.
func alarmMessage(sc scene, text string, over bool) message {
	return dmMessage(sc, func(b *builder) {
		b.say(text)
		if over {
			b.say("ops-over")
		}
	})
}

// kindsOfDM are the kinds of messages to one person that kindMessage draws.
var kindsOfDM = slices.Sorted(maps.Keys(dmKinds))

// kindMessage is a message of that kind, to one person or into a thread.
func kindMessage(sc scene, kind string) message {
	if draw := threadKinds[kind]; draw != nil {
		return draw(sc)
	}
	return dmMessage(sc, dmKinds[kind])
}

// whisper is a message that one person sees, as an acknowledgement carries it.
type whisper struct {
	Type string `json:"response_type"`
	message
}

func ephemeral(m message) whisper { return whisper{slack.ResponseTypeEphemeral, fitMessage(m)} }

// fieldErrors are sentences below fields, by block id.
type fieldErrors map[string]string

// newErrors has a text for each field, by the action of the field. It fits into an acknowledgement.
func newErrors(texts map[string]string, sc scene) fieldErrors {
	errs := fieldErrors{}
	for action, text := range texts {
		errs[form.Block(action)] = cut(sc.phrase(text).Plain(), maxError)
	}
	return errs
}
