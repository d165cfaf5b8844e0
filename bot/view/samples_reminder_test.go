package view

import (
	"maps"
	"slices"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

// samplesOfReminder draws the daily reminder: what it says, its settings, and Home with it.
func samplesOfReminder(words *words.Words, c sampleCall, begun nudges.Request) []sample {
	var all []sample
	const today = nudges.Date("2026-03-04")
	zones := daily.Zones(time.LoadLocation)
	on := daily.Reminder{
		Person: sampleManager, State: daily.ReminderOn, At: daily.DefaultTime, Days: daily.Workdays,
		Zone:  c.zone.String(),
		Shown: today, ShownAt: c.now, First: today,
	}
	on.Due = c.now.Add(24*time.Hour + 4*time.Minute)
	on.DueOn = nudges.DateIn(on.Due, c.zone)
	changed := func(edit func(*daily.Reminder)) daily.Reminder {
		r := on
		edit(&r)
		return r
	}
	of := func(rem daily.Reminder, r nudges.Request) Scene {
		sc := c.scene(words, r, sampleManager)
		sc.Reminder, sc.Zones = rem, zones
		return sc
	}
	mantra := daily.Line{Kind: daily.LineMantra, ID: daily.MantraID(words.Mantras()[0])}
	say := func(name string, sc Scene, l daily.Line, chosen bool) {
		sc = sc.Saying(l)
		all = append(all, sample{"mantra" + name, DailyLine(sc, today, 0, chosen)})
	}
	none := nudges.Request{}
	say("", of(on, none), mantra, false)
	planned := begun
	planned.DecidedAt, planned.Answers = c.now, verdict.Answers{verdict.QPlan: "stuck"}
	say("-plan", of(on, planned), daily.Line{Kind: daily.LinePlan, ID: string(begun.ID)}, false)
	planned.Answers, planned.Plan = verdict.Answers{verdict.QPlan: verdict.OwnPlan}, c.plan
	say("-own-plan", of(on, planned), daily.Line{Kind: daily.LinePlan, ID: string(begun.ID)}, false)
	planned.Plan = ""
	say("-well", of(on, planned), daily.Line{Kind: daily.LineWell, ID: string(begun.ID)}, false)
	planned.Debrief.Manager.Learned = c.words
	say("-lesson", of(on, planned), daily.Line{Kind: daily.LineLesson, ID: string(begun.ID)}, false)
	reminders := map[string]daily.Reminder{
		"new":      {Person: sampleManager},
		"on":       on,
		"off":      changed(func(r *daily.Reminder) { r.State, r.Due, r.DueOn = daily.ReminderOff, time.Time{}, "" }),
		"paused":   changed(func(r *daily.Reminder) { r.Paused = today.Plus(7) }),
		"snoozed":  changed(func(r *daily.Reminder) { r.Snoozed = c.now.Add(20 * time.Minute) }),
		"tomorrow": changed(func(r *daily.Reminder) { r.Snoozed = on.Due }),
		"offer":    changed(func(r *daily.Reminder) { r.Offered = today }),
		"weekly":   changed(func(r *daily.Reminder) { r.Days = daily.DaysOf(time.Monday) }),
		"daily": changed(func(r *daily.Reminder) {
			r.Days, r.Pinned = daily.AllWeek, "America/Argentina/ComodRivadavia"
			r.Skips = []daily.Skip{
				{On: today, Kind: daily.SkipHoliday},
				{On: today, Kind: daily.SkipAway},
				{On: today, Kind: daily.SkipLate},
				{On: today, Kind: daily.SkipAway},
				{On: today, Kind: daily.SkipLate},
			}
		}),
	}
	for _, name := range slices.Sorted(maps.Keys(reminders)) {
		sc := of(reminders[name], none)
		if name != "on" {
			say("-"+name, sc, mantra, name != "offer" && name != "new")
		}
		all = append(all,
			sample{"reminder-" + name, drawModal(form.ReminderScreen, sc)},
			sample{"home-reminder-" + name, HomeTab(Home{Own: sc, Manages: true})})
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
	return append(all, sample{"open-reminder", Open(of(on, none), form.ActReminder, time.Time{})})
}
