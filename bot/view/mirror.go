package view

import (
	"fmt"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges/ladder"
	"stepin/nudges/mirror"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

// mirrorScreens are somebody's own numbers. Nobody else sees any of them.
var mirrorScreens = map[form.Screen]row{
	form.GuessesScreen: {title: "title-guesses", draw: drawGuesses, reopen: form.ActGuesses},
	form.MotivesScreen: {title: "title-motives", draw: drawMotives, reopen: form.ActMotives},
	form.EraseScreen: {
		title: "title-erase", submit: "submit-erase", closing: "close-not-now", reopen: form.ActEraseMotives,
		draw: func(b *builder) { b.say("erase-sure") },
	},
	form.StopScreen: {
		title: "title-stop", submit: "submit-stop", closing: "close-not-now", reopen: form.ActMirrorStop,
		draw: func(b *builder) { b.say("stop-sure") },
	},
}

// A Mirror is what Home says of somebody's own last weeks.
type Mirror struct {
	Last, Before    mirror.Split // of four weeks each
	Paused          int          // on how many calls, ever; of mirror.Few or more perhaps not all
	Hidden, Stopped bool         // they want not to see it, or not to be counted
}

// led says how many of some calls the rep led.
func (b *builder) led(s mirror.Split) text.Text {
	about := b.Scene
	about.Data = words.Data{N: s.Led}
	switch {
	case s.Led == 1 && s.All() == 1:
		return about.phrase("led-it")
	case s.Joined == 0:
		return about.phrase("led-all")
	case s.Led > 0:
		return about.phrase("led-some")
	case s.Joined == 1:
		return about.phrase("led-not")
	}
	return about.phrase("led-none")
}

// draw shows it, where it says something.
func (m Mirror) draw(b *builder) {
	if m.Hidden || m.Stopped || m.Paused == 0 {
		return
	}
	more := []*slack.ButtonBlockElement{
		b.button(form.ActMirrorHide, "button-mirror-hide"), b.button(form.ActMirrorStop, "button-mirror-stop"),
	}
	if m.Paused < mirror.Few {
		b.say("mirror-few", b.phrase("mirror-few-"+strconv.Itoa(m.Paused)))
		b.buttonsAnd("b-mirror", more)
		return
	}
	b.Data.N = m.Last.All()
	b.say([]string{"mirror-none", "mirror-one", "mirror-many"}[min(b.Data.N, 2)], b.led(m.Last))
	if b.Data.N = m.Before.All(); b.Data.N > 0 {
		b.quiet([]string{"mirror-before-one", "mirror-before"}[min(b.Data.N-1, 1)], b.led(m.Before))
	}
	b.buttonsAnd("b-mirror", more,
		b.button(form.ActGuesses, "button-guesses"), b.button(form.ActMotives, "button-motives"))
}

// wayBack are the buttons by which somebody sees it again.
func (m Mirror) wayBack(sc Scene) []*slack.ButtonBlockElement {
	switch {
	case m.Stopped:
		return []*slack.ButtonBlockElement{sc.button(form.ActMirrorCount, "button-mirror-count")}
	case m.Hidden:
		return []*slack.ButtonBlockElement{sc.button(form.ActMirrorShow, "button-mirror-show")}
	}
	return nil
}

// drawGuesses sets odds beside what came of the calls.
func drawGuesses(b *builder) {
	guesses := b.Scene.draw(func(b *builder) {
		for _, band := range mirror.Bands {
			came := b.Counts.Guess(band)
			odds := text.Text(fmt.Sprintf("%d–%d", band.From, band.To))
			b.Data = words.Data{N: came.All(), Was: strconv.Itoa(came.Well)}
			if came.All() >= mirror.Few {
				b.say("guesses-band", odds)
			} else if came.All() > 0 {
				b.say("guesses-band-few", odds)
			}
		}
	})
	if len(guesses) == 0 {
		b.say("guesses-none")
	}
	b.drawPart("guesses-lead", guesses)
	results := b.Scene.draw(func(b *builder) {
		b.drawResult("guesses-led", ladder.HoldBack, ladder.Coach)
		b.drawResult("guesses-joined", ladder.Listen, ladder.CoPilot, ladder.TakeOver)
	})
	b.drawPart("guesses-results", results)
	if len(guesses)+len(results) > 0 {
		b.quiet("guesses-cause")
	}
}

// drawResult says what came of the calls with those rungs, if there are enough of them.
func (b *builder) drawResult(name string, rungs ...ladder.Rung) {
	came := b.Counts.Results(rungs...)
	if came.All() >= mirror.Few {
		b.Data = words.Data{N: came.All(), Was: strconv.Itoa(came.Well)}
		b.say(name)
	}
}

// drawMotives sets why somebody wanted to step in beside what they then did.
func drawMotives(b *builder) {
	b.say("motives-lead")
	named, shown := 0, 0
	for _, o := range b.Words.Question(verdict.QMotive, b.Data).Options {
		did := b.Counts.Motive(o.ID)
		if named += did.All(); did.All() < mirror.Few {
			continue
		}
		shown++
		b.Data = words.Data{N: did.All()}
		b.say("motives-line", o.Text, b.led(did))
	}
	if shown == 0 {
		b.say("motives-few")
	}
	if named > 0 {
		b.buttons("b-erase-motives", b.button(form.ActEraseMotives, "button-erase-motives"))
	}
	b.quiet("motives-own")
}

// NumbersOf is a month of somebody's own numbers, in their export.
func NumbersOf(sc Scene, m mirror.Month) (e Entry) {
	day := m.Name
	if at, err := time.Parse("2006-01", m.Name); err == nil {
		day = at.Format("January 2006")
	}
	say := func(name string, n, all int) {
		if all > 0 {
			sc.Data = words.Data{N: all, Was: strconv.Itoa(n), Day: day}
			e.Lines = append(e.Lines, Line{what: sc.phrase("export-numbers"), text: sc.phrase(name)})
		}
	}
	made, kept := m.Counts.Plans()
	say("export-month", m.Counts.Paused().Led, m.Counts.Paused().All())
	say("export-month-asked", m.Counts.Asked().Led, m.Counts.Asked().All())
	say("export-month-plans", kept, made)
	say("export-month-debriefs", m.Counts.Debriefs(), m.Counts.Debriefs())
	return e
}
