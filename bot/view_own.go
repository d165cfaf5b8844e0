package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"stepin/nudges"
)

// privacyMessage is what is kept, as things are set.
func privacyMessage(sc scene) message {
	lines := sc.words.Privacy(sc.keep)
	m := message{Text: fallback(lines[0])}
	for _, l := range lines {
		m.Blocks = append(m.Blocks, section(l))
	}
	return m
}

// forgetBlocks say what goes and what stays, before it does.
func forgetBlocks(sc scene) []slack.Block {
	return []slack.Block{
		section(sc.words.Text("forget-goes", sc.d)), section(sc.words.Text("forget-stays", sc.d)), section(sc.words.Text("forget-sure", sc.d)),
	}
}

// removedMessage takes the place of what was said to or about somebody who is forgotten.
func removedMessage(words *nudges.Words) message {
	m := words.Text("removed", nudges.Data{})
	return message{fallback(m), []slack.Block{quiet(m)}}
}

// forgottenMessage tells somebody that they were forgotten, and what stays.
func forgottenMessage(sc scene, copies []nudges.Copy, settings []string) message {
	var days []string
	for _, c := range copies {
		if day := c.At.In(sc.zone).Format("2 Jan 2006"); !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	left := sc.words.Text("forgotten-none", sc.d)
	if len(days) > 0 {
		left = sc.words.Text("forgotten-copies", nudges.Data{Was: strings.Join(days, ", ")})
	}
	blocks := []slack.Block{section(sc.words.Text("forgotten", sc.d)), section(sc.words.Text("forgotten-stays", sc.d)), section(left)}
	if len(settings) > 0 {
		blocks = append(blocks, section(sc.words.Text("forgotten-settings", nudges.Data{Was: strings.Join(settings, ", ")})))
	}
	return privately(sc, blocks...)
}

// What fits into one message of an export: so many sections of so many characters, escaped. A message
// has 50 blocks at most, and a section 3,000 characters (SLACK section 2); few make it quick to read.
const (
	exportSections = 4
	exportRoom     = 2900
)

// exportMessage is a part of what somebody has written, counted from 1, of so many.
func exportMessage(sc scene, sections []nudges.Marked, part int) (message, int) {
	parts := max(1, (len(sections)+exportSections-1)/exportSections)
	d := nudges.Data{N: part, Was: strconv.Itoa(parts)}
	blocks := []slack.Block{section(sc.words.Text("export-lead", d))}
	if len(sections) == 0 {
		blocks = append(blocks, section(sc.words.Text("export-none", d)))
	}
	for i := (part - 1) * exportSections; i < min(part*exportSections, len(sections)); i++ {
		blocks = append(blocks, section(sections[i]))
	}
	return privately(sc, blocks...), parts
}

// An ownEntry is what somebody has written about one thing: a request, a deal for learning, or their team.
type ownEntry struct {
	call  bool        // it is about a call or a deal, which d names
	d     nudges.Data // with the Day as their zone has it
	on    nudges.Date // the same day
	lines []ownLine
}

// An ownLine is one thing of it.
type ownLine struct {
	what, text nudges.Marked
	raw        string // the text as it was typed; "" where it is ours
}

// said is the line in a message. A question ends with its own mark.
func (l ownLine) said() nudges.Marked {
	if strings.HasSuffix(l.what.Plain(), "?") {
		return l.what + " " + l.text
	}
	return l.what + ": " + l.text
}

// sections are an entry in a message.
func (e ownEntry) sections(sc scene) []nudges.Marked {
	var lines []nudges.Marked
	if e.call {
		lines = append(lines, sc.words.Text("export-call", e.d))
	}
	for _, l := range e.lines {
		lines = append(lines, l.said())
	}
	return packed(lines)
}

// ownRequest is what somebody has decided, tapped and typed about a request. Of a pause that is not theirs
// they get only what they wrote, and nothing where they wrote nothing: they may not even know of it.
func ownRequest(sc scene, r nudges.Request) (e ownEntry, ok bool) {
	own := r.Own(sc.viewer)
	mine := r.Manager == sc.viewer
	if !mine && len(own) == 0 {
		return e, false
	}
	e = ownEntry{call: true, on: nudges.DateIn(r.Starts, sc.zone)}
	e.d = nudges.Data{Deal: r.Deal, Rep: sc.name(r.Rep), Manager: sc.name(r.Manager), Day: r.Starts.In(sc.zone).Format("2 Jan 2006"), Who: sc.name(r.Rep)}
	if !mine {
		e.d.Who = sc.name(r.Manager)
	}
	add := func(what, text nudges.Marked) { e.lines = append(e.lines, ownLine{what: what, text: text}) }
	if mine {
		if rung, ok := r.Decision.Rung(); ok {
			add(sc.words.Text("export-rung", e.d), sc.words.RungName(rung, false, e.d))
		}
		for _, q := range nudges.AllQuestions() {
			if tapped := sc.words.Tapped(q, r.Answers[q], e.d); tapped != "" {
				add(sc.words.Question(q, e.d).Ask, tapped)
			}
		}
	}
	outcome := r.Debrief.Rep.Outcome
	if mine {
		outcome = r.Debrief.Manager.Outcome
	}
	if outcome != "" {
		add(sc.words.Text("export-outcome", e.d), sc.words.Text("outcome-"+strings.ReplaceAll(string(outcome), "_", "-"), e.d))
	}
	for _, o := range own {
		e.lines = append(e.lines, typedLine(sc, o))
	}
	return e, true
}

func typedLine(sc scene, o nudges.Own) ownLine {
	return ownLine{what: sc.words.Text("own-"+o.Name, sc.d), text: nudges.Said(o.Text), raw: o.Text}
}

// packed puts lines into as few sections as they fit in.
func packed(lines []nudges.Marked) (out []nudges.Marked) {
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

// own is all that somebody has written, the oldest first.
func (b *Bot) own(ctx context.Context, sc *scene) (out []ownEntry, err error) {
	var all []nudges.Request
	people := map[nudges.UserID]bool{}
	err = nudges.EachRequest(ctx, b.cfg.Store, nil, func(some []nudges.Request) error {
		for _, r := range some {
			if r.Concerns(sc.viewer) {
				all = append(all, r)
				people[r.Rep], people[r.Manager] = true, true
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	delete(people, "")
	var ids []nudges.UserID
	for id := range people {
		ids = append(ids, id)
	}
	for id, p := range b.find(ctx, ids) {
		sc.names[id] = p.name
	}
	slices.SortFunc(all, func(x, y nudges.Request) int { return x.Begun.Compare(y.Begun) })
	for _, r := range all {
		if e, ok := ownRequest(*sc, r); ok {
			out = append(out, e)
		}
	}
	err = b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		team, err := r.Team(sc.viewer)
		marked, more := r.Learning(sc.viewer)
		var skills ownEntry
		for _, s := range team.Skills {
			skills.lines = append(skills.lines, typedLine(*sc, nudges.Own{Name: "team", Text: strings.TrimSuffix(s.Name+": "+s.Training, ": ")}))
		}
		if len(skills.lines) > 0 {
			out = append(out, skills)
		}
		for _, l := range marked {
			out = append(out, ownEntry{
				call: true, d: nudges.Data{Deal: l.Deal, Day: l.At.In(sc.zone).Format("2 Jan 2006")}, on: nudges.DateIn(l.At, sc.zone),
				lines: []ownLine{typedLine(*sc, nudges.Own{Name: "learning", Text: l.What})},
			})
		}
		return errors.Join(err, more)
	})
	return out, err
}

// An export is what somebody has written, kept in memory while it is being sent. One message of it is sent
// at a time.
type export struct {
	entries []ownEntry
	url     string // where its bytes go: a secret; "" for none
	body    []byte
	up      bool // they are there
}

// exported is the export of a name; read anew if it is not in memory, as after a restart, or if somebody was
// forgotten since.
func (b *Bot) exported(ctx context.Context, sc *scene, of string) (*export, error) {
	fresh := &export{} // there before it is read: what is read while somebody is forgotten is not kept
	if x, ok := b.exports.LoadOrStore(of, fresh); ok {
		return x.(*export), nil
	}
	var err error
	if fresh.entries, err = b.own(ctx, sc); err != nil {
		b.exports.Delete(of)
	}
	return fresh, err
}

// exportOf is which export a message belongs to, by its key, and the number of the part or of the file.
func exportOf(key string) (of string, n int) {
	f := strings.Split(key, "/")
	if len(f) < 3 {
		return "", 0
	}
	n, _ = strconv.Atoi(f[len(f)-1])
	return f[len(f)-2], n
}

// drawExport draws a part of an export, and gives the message with the next; none at the end.
// What somebody wrote stays in memory from the first part to the last.
func (b *Bot) drawExport(ctx context.Context, sc scene, m nudges.Message) (message, []nudges.Message, error) {
	of, part := exportOf(m.Key)
	if part < 1 {
		return message{}, nil, nil
	}
	x, err := b.exported(ctx, &sc, of)
	if err != nil {
		return message{}, nil, err
	}
	var sections []nudges.Marked
	for _, e := range x.entries {
		sections = append(sections, e.sections(sc)...)
	}
	drawn, parts := exportMessage(sc, sections, part)
	if part >= parts {
		b.exports.Delete(of)
		return drawn, nil, nil
	}
	return drawn, []nudges.Message{exportPart(m.To, of, part+1)}, nil
}
