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
func forgottenMessage(sc scene, copies []nudges.Copy) message {
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
	return privately(sc, section(sc.words.Text("forgotten", sc.d)), section(sc.words.Text("forgotten-stays", sc.d)), section(left))
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

// exportSection are the sections for one request: what somebody has decided, tapped and typed about it.
// Of a pause that is not theirs they get only what they wrote, and nothing where they wrote nothing: they
// may not even know of it.
func exportSection(sc scene, r nudges.Request) []nudges.Marked {
	own := r.Own(sc.viewer)
	mine := r.Manager == sc.viewer
	if !mine && len(own) == 0 {
		return nil
	}
	d := nudges.Data{Deal: r.Deal, Rep: sc.name(r.Rep), Manager: sc.name(r.Manager), Day: r.Starts.In(sc.zone).Format("2 Jan 2006"), Who: sc.name(r.Rep)}
	if !mine {
		d.Who = sc.name(r.Manager)
	}
	lines := []nudges.Marked{sc.words.Text("export-call", d)}
	if mine {
		if rung, ok := r.Decision.Rung(); ok {
			lines = append(lines, sc.words.Quote("export-rung", d, sc.words.RungName(rung, false, d), ""))
		}
		for _, q := range nudges.AllQuestions() {
			if tapped := sc.words.Tapped(q, r.Answers[q], d); tapped != "" {
				lines = append(lines, sc.words.Quote("export-tap", d, sc.words.Question(q, d).Ask, tapped))
			}
		}
	}
	outcome := r.Debrief.Rep.Outcome
	if mine {
		outcome = r.Debrief.Manager.Outcome
	}
	if outcome != "" {
		lines = append(lines, sc.words.Quote("export-outcome", d, sc.words.Text("outcome-"+strings.ReplaceAll(string(outcome), "_", "-"), d), ""))
	}
	for _, o := range own {
		lines = append(lines, ownLine(sc, o))
	}
	return packed(lines)
}

func ownLine(sc scene, o nudges.Own) nudges.Marked {
	return sc.words.Text("own-"+o.Name, sc.d) + ": " + nudges.Said(o.Text)
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

// own are the sections of all that somebody has written, the oldest first.
func (b *Bot) own(ctx context.Context, sc *scene) (out []nudges.Marked, err error) {
	var all []nudges.Request
	people := map[nudges.UserID]bool{}
	err = eachRequest(ctx, b.cfg.Store, func(some []nudges.Request) error {
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
		out = append(out, exportSection(*sc, r)...)
	}
	err = b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		team, err := r.Team(sc.viewer)
		marked, more := r.Learning(sc.viewer)
		var lines []nudges.Marked
		for _, s := range team.Skills {
			lines = append(lines, ownLine(*sc, nudges.Own{Name: "team", Text: strings.TrimSuffix(s.Name+": "+s.Training, ": ")}))
		}
		for _, l := range marked {
			lines = append(lines, sc.words.Text("export-call", nudges.Data{Deal: l.Deal, Day: l.At.In(sc.zone).Format("2 Jan 2006")}), ownLine(*sc, nudges.Own{Name: "learning", Text: l.What}))
		}
		out = append(out, packed(lines)...)
		return errors.Join(err, more)
	})
	return out, err
}

// drawExport draws a part of an export, and gives the message with the next; none at the end.
func (b *Bot) drawExport(ctx context.Context, sc scene, m nudges.Message) (message, []nudges.Message) {
	f := strings.Split(m.Key, "/")
	part, err := strconv.Atoi(f[len(f)-1])
	if err != nil || len(f) < 3 {
		return message{}, nil
	}
	of := f[len(f)-2]
	sections, ok := b.exports.Load(of)
	if !ok {
		own, err := b.own(ctx, &sc)
		if err != nil {
			b.log.Error("export", "error", err)
		}
		sections = own
	}
	drawn, parts := exportMessage(sc, sections.([]nudges.Marked), part)
	if part >= parts {
		b.exports.Delete(of)
		return drawn, nil
	}
	b.exports.Store(of, sections)
	return drawn, []nudges.Message{exportPart(m.To, of, part+1)}
}
