package view

import (
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

// samplesOfOwn draws what is about somebody's own words: what is kept of them, their export, and how
// they are forgotten; and the pause where less is asked.
func samplesOfOwn(words *words.Words, c sampleCall, begun nudges.Request,
	decided func(ladder.Rung) nudges.Request,
) []sample {
	own := c.scene(words, nudges.Request{}, sampleManager)
	own.Keep = privacy.KeepUsual
	less := own
	less.Keep.SensitiveOff = true
	full := decided(ladder.TakeOver)
	full.Answers = verdict.Answers{verdict.Q7: "yes", verdict.Q6: "theirs", verdict.QPlan: verdict.OwnPlan}
	full.Plan, full.Skill, full.Grant.Reason, full.Word.Guess, full.Past.Learn = c.plan, c.skill, c.words, c.words,
		c.words
	full.Debrief.Manager = nudges.Entry{Outcome: nudges.Lost, Coached: c.skill, Learned: c.words, Link: c.link()}
	entry, _ := EntryOf(own, full)
	var sections []text.Text
	for range exportSections {
		sections = append(sections, entry.Sections(own)...)
	}
	export := func(sections []text.Text, part int) Message {
		m, _ := ExportPart(own, sections, part)
		return m
	}
	var lines Entry
	for _, row := range append(privacy.Keeping(), privacy.Kept{Name: "team", Class: privacy.ClassText}) {
		if row.Class == privacy.ClassText {
			lines.Lines = append(lines.Lines, Typed(own, privacy.Own{Name: row.Name, Text: c.words}))
		}
	}
	note := func(text string) Scene { sc := own; sc.Text = text; return sc }
	lessOf := func(r nudges.Request) Scene {
		sc := c.scene(words, r, sampleManager)
		sc.Keep.SensitiveOff = true
		return sc
	}
	meant := func(verb, deal string, rep nudges.UserID) Scene {
		sc := own
		sc.Meant, sc.Request.Deal, sc.Request.Rep = verb, deal, rep
		return sc
	}
	return append(samplesOfMirror(own), []sample{
		{"meant", drawModal(form.MeantScreen, meant("history", "histor", ""))},
		{"meant-more", drawModal(form.MeantScreen, meant("history", "history Acme", sampleRep))},
		{"meant-who", drawModal(form.MeantScreen, meant("ask", "ask Acme", ""))},
		{"why-window", drawModal(form.WhyScreen, own)},
		{"privacy-window", drawModal(form.PrivacyScreen, own)},
		{"privacy", Privacy(own)},
		{"privacy-less", Privacy(less)},
		{"forget", drawModal(form.ForgetScreen, own)},
		{"open-forget", Open(own, form.ActForget, time.Time{})},
		{"note-forget-begun", drawModal(form.NoteScreen, note("forget-begun"))},
		{"line-export-begun", Note(note("export-begun"))},
		{"forgotten", Forgotten(own, nil, nil)},
		{
			"forgotten-copies",
			Forgotten(own, []storage.Copy{
				{Name: "a.db", At: c.now},
				{Name: "b.db", At: c.now},
				{Name: "c.db", At: c.now.Add(48 * time.Hour)},
			}, nil),
		},
		{"forgotten-settings", Forgotten(own, nil, []string{"allowed", "teams"})},
		{"removed", Removed(words)},
		{"export-none", export(nil, 1)},
		{"export", export(sections[:1], 1)},
		{"export-lines", export(lines.Sections(own), 1)},
		{"export-second", export(append(sections, sections...), 2)},
		{"export-file", FileOf(own, []Entry{entry, lines})},
		{"exported", OfKind(own, privacy.KindExported)},
		{"file-stays", OfKind(own, privacy.KindFileStays)},
		{"call-less", drawModal(form.CallScreen, lessOf(begun))},
		{"closing-less", drawModal(form.ClosingScreen, lessOf(decided(ladder.HoldBack)))},
	}...)
}
