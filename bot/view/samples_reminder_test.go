package view

import (
	"maps"
	"slices"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
)

// samplesOfReminder draws the daily reminder: what it says, its settings, and Home with it.
func samplesOfReminder(words *nudges.Words, c sampleCall, begun nudges.Request) []sample {
	var all []sample
	const today = nudges.Date("2026-03-04")
	zones := nudges.Zones(time.LoadLocation)
	on := nudges.Reminder{
		Person: sampleManager, State: nudges.ReminderOn, At: nudges.DefaultTime, Days: nudges.Workdays, Zone: c.zone.String(),
		Shown: today, ShownAt: c.now, First: today,
	}
	on.Due = c.now.Add(24*time.Hour + 4*time.Minute)
	on.DueOn = nudges.DateIn(on.Due, c.zone)
	changed := func(edit func(*nudges.Reminder)) nudges.Reminder {
		r := on
		edit(&r)
		return r
	}
	of := func(rem nudges.Reminder, r nudges.Request) Scene {
		sc := c.scene(words, r, sampleManager)
		sc.Reminder, sc.Zones = rem, zones
		return sc
	}
	mantra := nudges.Line{Kind: nudges.LineMantra, ID: nudges.MantraID(words.Mantras()[0])}
	say := func(name string, sc Scene, l nudges.Line, chosen bool) {
		sc = sc.Saying(l)
		all = append(all, sample{"mantra" + name, DailyLine(sc, today, 0, chosen)})
	}
	none := nudges.Request{}
	say("", of(on, none), mantra, false)
	planned := begun
	planned.DecidedAt, planned.Answers = c.now, nudges.Answers{nudges.QPlan: "stuck"}
	say("-plan", of(on, planned), nudges.Line{Kind: nudges.LinePlan, ID: string(begun.ID)}, false)
	planned.Answers, planned.Plan = nudges.Answers{nudges.QPlan: nudges.OwnPlan}, c.plan
	say("-own-plan", of(on, planned), nudges.Line{Kind: nudges.LinePlan, ID: string(begun.ID)}, false)
	planned.Plan = ""
	say("-well", of(on, planned), nudges.Line{Kind: nudges.LineWell, ID: string(begun.ID)}, false)
	planned.Debrief.Manager.Learned = c.words
	say("-lesson", of(on, planned), nudges.Line{Kind: nudges.LineLesson, ID: string(begun.ID)}, false)
	reminders := map[string]nudges.Reminder{
		"new":      {Person: sampleManager},
		"on":       on,
		"off":      changed(func(r *nudges.Reminder) { r.State, r.Due, r.DueOn = nudges.ReminderOff, time.Time{}, "" }),
		"paused":   changed(func(r *nudges.Reminder) { r.Paused = today.Plus(7) }),
		"snoozed":  changed(func(r *nudges.Reminder) { r.Snoozed = c.now.Add(20 * time.Minute) }),
		"tomorrow": changed(func(r *nudges.Reminder) { r.Snoozed = on.Due }),
		"offer":    changed(func(r *nudges.Reminder) { r.Offered = today }),
		"weekly":   changed(func(r *nudges.Reminder) { r.Days = nudges.DaysOf(time.Monday) }),
		"daily": changed(func(r *nudges.Reminder) {
			r.Days, r.Pinned = nudges.AllWeek, "America/Argentina/ComodRivadavia"
			r.Skips = []nudges.Skip{{On: today, Kind: nudges.SkipHoliday}, {On: today, Kind: nudges.SkipAway}, {On: today, Kind: nudges.SkipLate}, {On: today, Kind: nudges.SkipAway}, {On: today, Kind: nudges.SkipLate}}
		}),
	}
	for _, name := range slices.Sorted(maps.Keys(reminders)) {
		sc := of(reminders[name], none)
		if name != "on" {
			say("-"+name, sc, mantra, name != "offer" && name != "new")
		}
		all = append(all,
			sample{"reminder-" + name, drawModal(form.ReminderScreen, sc)},
			sample{"home-reminder-" + name, HomeTab(Home{Own: sc})})
	}
	for _, text := range []string{"rem-sent", "rem-snooze-dropped"} {
		sc := of(on, none)
		sc.Text = text
		all = append(all, sample{"told-" + text, drawModal(form.NoteScreen, sc)}, sample{"line-" + text, Note(sc)})
	}
	for _, e := range []struct{ text, action string }{
		{"err-time-of-day", form.ActAt},
		{"err-no-days", form.ActDays},
		{"err-zone", form.ActZone},
		{"err-pause-date", form.ActPauseUntil},
		{"err-pick-one", form.ActWanted},
	} {
		sc := of(on, none)
		sc.Data.Typed = "America/Argentina/ComodRivadavia"
		all = append(all, sample{"errors-reminder-" + e.text, Errors(map[string]string{e.action: e.text}, sc)})
	}
	return append(all, sample{"open-reminder", Open(of(on, none), form.ActReminder)})
}
