package view

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

// ownScreens are those about somebody's own words.
var ownScreens = map[form.Screen]row{
	form.ForgetScreen:  {title: "title-forget", submit: "submit-forget", draw: drawForget, reopen: form.ActForget},
	form.MeantScreen:   {title: "title-meant", submit: "submit-meant", draw: drawMeant, reopen: form.ActStart},
	form.WhyScreen:     {title: "title-note", draw: func(b *builder) { b.add(Why(b.Scene).Blocks...) }},
	form.PrivacyScreen: {title: "title-note", draw: func(b *builder) { b.add(Privacy(b.Scene).Blocks...) }},
}

// Privacy is what is kept, as things are set.
func Privacy(sc Scene) Message {
	return linesMessage(sc.Words.Privacy(sc.Keep), 1)
}

// Why is the table that decides.
func Why(sc Scene) Message {
	lines := append([]text.Text{sc.phrase("why-lead")}, sc.Words.Why(sc.Data)...)
	return linesMessage(lines, len(lines))
}

// linesMessage has a section a line. Its notification says the first of them.
func linesMessage(lines []text.Text, said int) Message {
	var m Message
	var text []string
	for i, l := range lines {
		if i < said {
			text = append(text, fallback(l))
		}
		m.Blocks = append(m.Blocks, section(l))
	}
	m.Text = strings.Join(text, "\n")
	return m
}

// drawMeant asks whether what was typed is a word that does something, or a deal. Both are one tap away.
func drawMeant(b *builder) {
	asks, typed := "meant", strings.Fields(b.Request.Deal)
	switch {
	case len(typed) == 0 || !strings.EqualFold(typed[0], b.Meant):
	case b.Meant == "ask" || b.Meant == "debrief":
		asks = "meant-who"
	default:
		asks = "meant-more"
	}
	b.say(asks, text.Text(b.Meant))
	yes := slack.NewButtonBlockElement(form.ActMeant, form.WriteMeant(b.Meant), b.plain("button-meant"))
	b.buttons("b-meant", yes)
	b.dealField()
	if b.Request.Rep != "" {
		b.optional(form.ActRep, "label-rep", b.person(form.ActRep, "", b.Request.Rep))
	}
}

// drawForget says what goes and what stays, before it does.
func drawForget(b *builder) {
	b.say("forget-goes")
	b.say("forget-stays")
	b.say("forget-sure")
}

// Removed takes the place of what was said to or about somebody who is forgotten.
func Removed(w *words.Words) Message {
	m := w.Text("removed", words.Data{})
	return Message{fallback(m), Scene{Words: w}.draw(func(b *builder) { b.quiet("removed") })}
}

// Forgotten tells somebody that they were forgotten, and what stays: copies of the file, and the
// settings that name them.
func Forgotten(sc Scene, copies []storage.Copy, settings []string) Message {
	var days []string
	for _, c := range copies {
		if day := c.At.In(sc.Zone).Format("2 Jan 2006"); !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	return dm(sc, func(b *builder) {
		b.say("forgotten")
		b.say("forgotten-stays")
		if len(days) == 0 {
			b.say("forgotten-none")
		} else {
			b.Data = words.Data{Was: strings.Join(days, ", ")}
			b.say("forgotten-copies")
		}
		if len(settings) > 0 {
			b.Data = words.Data{Was: strings.Join(settings, ", ")}
			b.say("forgotten-settings")
		}
	})
}

// One message of an export has so many sections of so many characters, escaped. A message has
// 50 blocks at most, and a section 3,000 characters (docs.slack.dev/surfaces/modals); few make it quick to read.
const (
	exportSections = 4
	exportRoom     = 2900
)

// ExportPart is a part of what somebody has written, counted from 1, and how many parts there are.
func ExportPart(sc Scene, sections []text.Text, part int) (Message, int) {
	parts := max(1, (len(sections)+exportSections-1)/exportSections)
	return dm(sc, func(b *builder) {
		b.Data = words.Data{N: part, Was: strconv.Itoa(parts)}
		b.say("export-lead")
		if len(sections) == 0 {
			b.say("export-none")
		}
		for i := (part - 1) * exportSections; i < min(part*exportSections, len(sections)); i++ {
			b.add(section(sections[i]))
		}
	}), parts
}

// An Entry is what somebody has written about one thing: a request, a deal for learning, or their team.
type Entry struct {
	call  bool        // it is about a call or a deal, which d names
	d     words.Data  // with the Day as their zone has it
	on    nudges.Date // the same day
	Lines []Line
}

// An Line is one thing of it.
type Line struct {
	what, text text.Text
	raw        string // the text as it was typed; "" where it is ours
}

// said is the line in a message. A question ends with its own mark.
func (l Line) said() text.Text {
	if strings.HasSuffix(l.what.Plain(), "?") {
		return l.what + " " + l.text
	}
	return l.what + ": " + l.text
}

// Sections are an entry in a message.
func (e Entry) Sections(sc Scene) []text.Text {
	var lines []text.Text
	if e.call {
		lines = append(lines, sc.Words.Text("export-call", e.d))
	}
	for _, l := range e.Lines {
		lines = append(lines, l.said())
	}
	return packed(lines)
}

// EntryOf is what somebody has decided, tapped and typed about a request. Of a pause that is not theirs
// they get only what they wrote. ok is false where they wrote nothing: they may not even know of it.
func EntryOf(sc Scene, r nudges.Request) (e Entry, ok bool) {
	own := privacy.OwnWords(r, sc.Viewer)
	mine := r.Manager == sc.Viewer
	if !mine && len(own) == 0 {
		return e, false
	}
	about := NewEntry(r.Deal, r.Starts, sc)
	about.d.Rep, about.d.Manager, about.d.Who = sc.name(r.Rep), sc.name(r.Manager), sc.name(r.Rep)
	outcome := r.Debrief.Manager.Outcome
	if !mine {
		about.d.Who, outcome = sc.name(r.Manager), r.Debrief.Rep.Outcome
	}
	sc.Data = about.d
	add := func(what, text text.Text) { about.Lines = append(about.Lines, Line{what: what, text: text}) }
	if mine {
		if rung, ok := r.Decision.Rung(); ok {
			add(sc.phrase("export-rung"), sc.Words.RungName(rung, false, sc.Data))
		}
		for _, q := range verdict.AllQuestions() {
			if tapped := sc.Words.Tapped(q, r.Answers[q], sc.Data); tapped != "" {
				add(sc.asked(q), tapped)
			}
		}
	}
	if outcome != "" {
		add(sc.phrase("export-outcome"), sc.outcome(outcome))
	}
	for _, o := range own {
		about.Lines = append(about.Lines, Typed(sc, o))
	}
	return about, true
}

// NewEntry is about a call or deal of that moment, and has no lines yet.
func NewEntry(deal string, at time.Time, sc Scene) Entry {
	d := words.Data{Deal: deal, Day: at.In(sc.Zone).Format("2 Jan 2006")}
	return Entry{call: true, d: d, on: nudges.DateIn(at, sc.Zone)}
}

// Typed is a line of something that somebody typed.
func Typed(sc Scene, o privacy.Own) Line {
	sc.Data = words.Data{}
	return Line{what: sc.phrase("own-" + o.Name), text: text.Quoted(o.Text), raw: o.Text}
}

// packed puts lines into as few sections as they fit in.
func packed(lines []text.Text) (out []text.Text) {
	room := 0
	for _, l := range lines {
		n := utf8.RuneCountInString(fallback(l)) + 1
		if len(out) == 0 || n > room {
			out, room = append(out, l), exportRoom-n
			continue
		}
		out[len(out)-1] += "\n" + l
		room -= n
	}
	return out
}
