package view

import (
	"time"

	"stepin/bot/form"
	"stepin/nudges/mirror"
)

// samplesOfMirror draws somebody's own numbers.
func samplesOfMirror(own Scene) []sample {
	weeks := func(led, joined int) mirror.Split { return mirror.Split{Led: led, Joined: joined} }
	home := func(last, before mirror.Split) any {
		m := Mirror{Last: last, Before: before, Paused: last.All() + before.All()}
		return HomeTab(Home{Own: own, Manages: true, Mirror: m})
	}
	counting := func(c mirror.Counts) Scene {
		sc := own
		sc.Counts = c
		return sc
	}
	note := func(text string) Scene { sc := own; sc.Text = text; return sc }
	many := mirror.Counts{
		"guess/80/well": 9, "guess/80/badly": 3, "guess/55/well": 5, "guess/30/well": 3, "guess/0/badly": 1,
		"outcome/hold_back/won": 11, "outcome/coach/advanced": 6, "outcome/hold_back/lost": 5,
		"outcome/co_pilot/won": 4, "outcome/take_over/stalled": 2,
		"motive/forecast/led": 5, "motive/forecast/joined": 2, "motive/rescue/led": 6, "motive/selling/joined": 5,
		"motive/risk/led": 4,
	}
	month := mirror.Month{Name: "2026-03", Counts: mirror.Counts{
		"self/led": 15, "self/joined": 3, "rep/joined": 2, "plans": 6, "plans/kept": 4, "debriefs": 3,
	}}
	var exported Message
	exported, _ = ExportPart(own, NumbersOf(own, month).Sections(own), 1)
	return []sample{
		{"home-mirror", home(weeks(15, 3), weeks(9, 5))},
		{"home-mirror-first", home(weeks(6, 0), weeks(0, 0))},
		{"home-mirror-one", home(weeks(1, 0), weeks(0, 6))},
		{"home-mirror-joined", home(weeks(0, 1), weeks(4, 0))},
		{"home-mirror-none", home(weeks(0, 0), weeks(4, 1))},
		{"home-mirror-before-one", home(weeks(0, 4), weeks(1, 0))},
		{"home-mirror-few", home(weeks(1, 2), weeks(0, 0))},
		{"home-mirror-few-1", home(weeks(1, 0), weeks(0, 0))},
		{"home-mirror-few-2", home(weeks(1, 1), weeks(0, 0))},
		{"home-mirror-few-4", home(weeks(1, 1), weeks(1, 1))},
		{"home-mirror-hidden", HomeTab(Home{Own: own, Manages: true, Mirror: Mirror{Hidden: true}})},
		{"home-mirror-stopped", HomeTab(Home{Own: own, Manages: true, Mirror: Mirror{Stopped: true}})},
		{"guesses", drawModal(form.GuessesScreen, counting(many))},
		{"guesses-none", drawModal(form.GuessesScreen, counting(nil))},
		{"open-guesses", Open(own, form.ActGuesses, time.Time{})},
		{"motives", drawModal(form.MotivesScreen, counting(many))},
		{"motives-few", drawModal(form.MotivesScreen, counting(mirror.Counts{"motive/risk/led": 4}))},
		{"motives-none", drawModal(form.MotivesScreen, counting(nil))},
		{"open-motives", Open(own, form.ActMotives, time.Time{})},
		{"motives-erase", drawModal(form.EraseScreen, own)},
		{"note-erase-begun", drawModal(form.NoteScreen, note("erase-begun"))},
		{"open-erase-motives", Open(own, form.ActEraseMotives, time.Time{})},
		{"mirror-stop", drawModal(form.StopScreen, own)},
		{"open-mirror-stop", Open(own, form.ActMirrorStop, time.Time{})},
		{"note-mirror-again", drawModal(form.NoteScreen, note("mirror-again"))},
		{"export-numbers", exported},
	}
}
