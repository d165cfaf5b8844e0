package bot

import (
	"time"

	"stepin/bot/form"
	"stepin/nudges"
)

// samplesOfOwn draws what is about somebody's own words: what is kept of them, their export, and how
// they are forgotten; and the pause where less is asked.
func samplesOfOwn(words *nudges.Words, c sampleCall, begun nudges.Request, decided func(nudges.Rung) nudges.Request) []sample {
	own := c.scene(words, nudges.Request{}, sampleManager)
	own.keep = nudges.KeepUsual
	less := own
	less.keep.Less = true
	full := decided(nudges.TakeOver)
	full.Answers = nudges.Answers{nudges.Q7: "yes", nudges.Q6: "theirs", nudges.QPlan: nudges.OwnPlan}
	full.Plan, full.Skill, full.Grant.Reason, full.Word.Guess, full.Past.Learn = c.plan, c.skill, c.words, c.words, c.words
	full.Debrief.Manager = nudges.Entry{Outcome: nudges.Lost, Coached: c.skill, Learned: c.words, Link: c.link()}
	entry, _ := ownRequest(own, full)
	var sections []nudges.Marked
	for range exportSections {
		sections = append(sections, entry.sections(own)...)
	}
	export := func(sections []nudges.Marked, part int) message {
		m, _ := exportMessage(own, sections, part)
		return m
	}
	var lines ownEntry
	for _, row := range append(nudges.Keeping(), nudges.Kept{Name: "team", Class: nudges.ClassText}) {
		if row.Class == nudges.ClassText {
			lines.lines = append(lines.lines, typedLine(own, nudges.Own{Name: row.Name, Text: c.words}))
		}
	}
	note := func(text string) scene { sc := own; sc.text = text; return sc }
	lessOf := func(r nudges.Request) scene { sc := c.scene(words, r, sampleManager); sc.keep.Less = true; return sc }
	return []sample{
		{"privacy", privacyMessage(own)},
		{"privacy-less", privacyMessage(less)},
		{"forget", drawView(form.ForgetScreen, own)},
		{"open-forget", openMessage(own, form.ActForget)},
		{"note-forget-begun", drawView(form.NoteScreen, note("forget-begun"))},
		{"line-export-begun", noteMessage(note("export-begun"))},
		{"forgotten", forgottenMessage(own, nil, nil)},
		{"forgotten-copies", forgottenMessage(own, []nudges.Copy{{Name: "a.db", At: c.now}, {Name: "b.db", At: c.now}, {Name: "c.db", At: c.now.Add(48 * time.Hour)}}, nil)},
		{"forgotten-settings", forgottenMessage(own, nil, []string{"allowed", "teams"})},
		{"removed", removedMessage(words)},
		{"export-none", export(nil, 1)},
		{"export", export(sections[:1], 1)},
		{"export-lines", export(lines.sections(own), 1)},
		{"export-second", export(append(sections, sections...), 2)},
		{"export-file", drawFile(own, []ownEntry{entry, lines})},
		{"exported", kindMessage(own, nudges.KindExported)},
		{"file-stays", kindMessage(own, nudges.KindFileStays)},
		{"call-less", drawView(form.CallScreen, lessOf(begun))},
		{"closing-less", drawView(form.ClosingScreen, lessOf(decided(nudges.HoldBack)))},
	}
}
