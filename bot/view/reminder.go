package view

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

// reminderScreens are those of the daily reminder.
var reminderScreens = map[form.Screen]row{
	form.ReminderScreen: {
		title: "title-reminder", submit: "submit-save",
		draw: drawReminder, reopen: form.ActReminder,
	},
}

// Saying is a scene with a line of the reminder. It is about no request any more: a line
// speaks of one, but its buttons do nothing to it.
func (sc Scene) Saying(l daily.Line) Scene {
	d := sc.Data
	d.Reason = sc.Request.Debrief.Manager.Learned
	if !sc.Request.DecidedAt.IsZero() {
		d.Took = sc.Request.DecidedAt.In(sc.Zone).Format("2 Jan")
	}
	if o := sc.Request.Answers[verdict.QPlan]; o != verdict.OwnPlan {
		d.Plan = sc.Words.Tapped(verdict.QPlan, o, d).Plain()
	}
	sc.Line = sc.Words.Line(l, d)
	sc.Request, sc.Data = nudges.Request{}, words.Data{}
	return sc
}

// DailyLine is the daily reminder of a date: its line, and what can be done about it.
// chosen says that it is drawn again after a choice, which it then shows.
func DailyLine(sc Scene, day nudges.Date, again int, chosen bool) Message {
	return dm(sc, drawLine(day, again, chosen))
}

func drawLine(day nudges.Date, again int, chosen bool) func(*builder) {
	return func(b *builder) {
		b.add(section(b.Line))
		button := func(action, text string) *slack.ButtonBlockElement {
			x := b.button(action, text)
			x.Value = form.WriteKey(day, again)
			return x
		}
		el := []*slack.ButtonBlockElement{button(form.ActStart, "button-start")}
		el[0].Style = slack.StylePrimary
		var more []*slack.ButtonBlockElement
		rem, on := b.Reminder, b.Reminder.State == daily.ReminderOn
		switch {
		case rem.State == daily.ReminderOff && chosen:
			b.quiet("rem-off")
		case !on: // they asked for this one
		case rem.Paused != "":
			b.add(quiet(pausedText(b.Scene)))
		case !rem.Snoozed.IsZero() && rem.Shown == day:
			b.add(quiet(snoozedText(b.Scene)))
		default:
			if rem.Offered == day && len(rem.Schedule().Days.Days()) > 1 {
				b.beside("", b.phrase("rem-offer"), button(form.ActWeekly, "button-weekly"))
			}
			if chosen {
				b.add(quiet(scheduleText(b.Scene)))
			}
			el = append(el, button(form.ActSnoozeHour, "button-snooze-hour"))
			more = append(more, button(form.ActSnoozeShort, "button-snooze-short"),
				button(form.ActSnoozeTomorrow, "button-snooze-tomorrow"))
		}
		if on {
			more = append(more, button(form.ActReminder, "button-reminder"),
				button(form.ActReminderOff, "button-reminder-off"))
		} else {
			el = append(el, button(form.ActReminderOn, "button-reminder-on"))
		}
		b.buttonsAnd("b-mantra", more, el...)
	}
}

// dayOf names the day of a moment on the reminder's own calendar.
func dayOf(sc Scene, t time.Time) string { return day(sc.Words, t, sc.now.In(t.Location())) }

// dateText names a date as people do.
func dateText(d nudges.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return t.Format("Mon 2 Jan")
}

func pausedText(sc Scene) text.Text {
	sc.Data.Day = dateText(sc.Reminder.Paused)
	return sc.phrase("rem-paused")
}

// snoozedText says when the reminder comes again.
func snoozedText(sc Scene) text.Text {
	at := sc.Reminder.Snoozed.In(sc.Reminder.Location(sc.Zones))
	sc.Data.Starts = sc.Hours.Time(at)
	if nudges.DateIn(at, at.Location()) != nudges.DateIn(sc.now, at.Location()) {
		sc.Data.Day = dayOf(sc, at)
		if at.Sub(sc.now) > time.Hour { // tomorrow's usual time
			sc.Data.Starts = usualTime(sc)
		}
	}
	return sc.phrase("rem-snoozed")
}

// usualTime is when reminders come, whatever the date.
func usualTime(sc Scene) string {
	return sc.Hours.Time(time.Time{}.Add(time.Duration(sc.Reminder.Schedule().At) * time.Minute))
}

// scheduleText says when the reminder comes.
func scheduleText(sc Scene) text.Text {
	s := sc.Reminder.Schedule()
	days := daysText(sc, s.Days)
	sc.Data.Starts = usualTime(sc)
	return sc.phrase("rem-on", days)
}

// dayText names the text for a day of the week.
func dayText(d time.Weekday) string { return "option-day-" + strconv.Itoa(int(d)) }

// daysText are days of the week in words, several in a row by the first and the last.
func daysText(sc Scene, w daily.Weekdays) text.Text {
	if w == daily.AllWeek {
		return sc.phrase("rem-days-all")
	}
	days := w.Days()
	var parts []string
	for i := 0; i < len(days); {
		j := i
		for j+1 < len(days) && days[j+1] == (days[j]+1)%7 {
			j++
		}
		if j-i >= 2 {
			first, last := sc.phrase(dayText(days[i])), sc.phrase(dayText(days[j]))
			parts = append(parts, string(sc.phrase("rem-days-range", first, last)))
		} else {
			for _, d := range days[i : j+1] {
				parts = append(parts, string(sc.phrase(dayText(d))))
			}
		}
		i = j + 1
	}
	return text.Text(strings.Join(parts, ", "))
}

// nextText says when the next reminder comes, in the person's own time; "" for never.
func nextText(sc Scene) text.Text {
	at, ok := sc.Reminder.Upcoming(sc.Zones)
	if !ok {
		return ""
	}
	at = at.In(sc.Reminder.Location(sc.Zones))
	return sc.phrase("rem-next", text.Text(dayOf(sc, at)+" "+sc.Hours.Time(at)))
}

// skipsText says which reminders were left out lately, and why; "" for none.
func skipsText(sc Scene) text.Text {
	var parts []string
	for _, s := range sc.Reminder.Skips {
		about := sc
		about.Data.Day = dateText(s.On)
		parts = append(parts, string(about.phrase("rem-skip-"+string(s.Kind))))
	}
	if len(parts) == 0 {
		return ""
	}
	return sc.phrase("rem-skips", text.Text(strings.Join(parts, ", ")))
}

// quietly adds those texts that say something.
func (b *builder) quietly(texts ...text.Text) {
	for _, m := range texts {
		if m != "" {
			b.add(quiet(m))
		}
	}
}

// drawReminder are the settings of the daily reminder.
func drawReminder(b *builder) {
	rem, s := b.Reminder, b.Reminder.Schedule()
	b.quietly(nextText(b.Scene), skipsText(b.Scene))
	b.field(form.ActWanted, "label-reminder", radio(form.ActWanted, string(rem.State),
		b.option("on", "option-reminder-on"), b.option("off", "option-reminder-off")))
	b.field(form.ActAt, "label-reminder-time", timeOfDay(form.ActAt, s.At.String()))
	boxes := slack.NewCheckboxGroupsBlockElement(form.ActDays)
	for i := range 7 {
		d := time.Weekday((i + 1) % 7)
		o := b.option(strconv.Itoa(int(d)), dayText(d))
		boxes.Options = append(boxes.Options, o)
		if s.Days.Has(d) {
			boxes.InitialOptions = append(boxes.InitialOptions, o)
		}
	}
	b.field(form.ActDays, "label-reminder-days", boxes)
	b.optional(form.ActZone, "label-reminder-zone", b.input(form.ActZone, "placeholder-zone", form.MaxDeal, rem.Pinned))
	b.optional(form.ActPauseUntil, "label-reminder-pause", date(form.ActPauseUntil, rem.Paused))
	b.field(form.ActHours, "label-hours", radio(form.ActHours, cmp.Or(string(b.OwnHours), form.HoursOfSlack),
		b.option(form.HoursOfSlack, "option-hours-slack"), b.option(string(nudges.Hours12), "option-hours-twelve"),
		b.option(string(nudges.Hours24), "option-hours-twenty-four")))
}

// drawReminderHome is what Home says of the daily reminder.
func drawReminderHome(b *builder) {
	b.say("home-reminder")
	now := b.button(form.ActSendNow, "button-send-now")
	if b.Reminder.State != daily.ReminderOn {
		b.say("rem-none")
		b.buttons("b-reminder", b.button(form.ActReminderOn, "button-reminder-on"), now)
		return
	}
	b.add(section(scheduleText(b.Scene)))
	if b.Reminder.Paused != "" { // which says when the next one comes
		b.add(quiet(pausedText(b.Scene)))
	} else {
		b.quietly(nextText(b.Scene))
	}
	if b.Reminder.Pinned != "" {
		b.quiet("rem-pinned", text.Text(b.Reminder.Pinned))
	}
	b.buttons("b-reminder", b.button(form.ActReminder, "button-reminder"), now,
		b.button(form.ActReminderOff, "button-reminder-off"))
}

// MostChased is how many debriefs the reminder names.
const MostChased = 5

// DebriefReminder reminds somebody of the debriefs of a day that wait for a word, and carries the day's line. named are
// those that it names, of all that it is about, with what came of them meanwhile; open is how many still wait.
func DebriefReminder(sc Scene, named []Scene, open, all int) Message {
	return dm(sc, func(b *builder) {
		switch b.Data.N = open; open {
		case 0:
			b.say("chase-none")
		case 1:
			b.say("chase-one")
		default:
			b.say("chase-many")
		}
		for _, o := range named {
			line := o.phrase("chase-line")
			if o.Request.Phase == nudges.Debrief && !o.Request.Debrief.Logged() {
				b.beside("", line, o.button(form.ActLog, "button-log"))
				continue
			}
			_, o.Data.Who = o.other()
			b.add(section(line + " · " + ended(o)))
		}
		if all > len(named) {
			b.quiet("chase-more")
		}
		if b.Line != "" {
			b.say("chase-mantra", b.Line)
			b.buttons("b-chase", b.button(form.ActStart, "button-start"), b.button(form.ActReminder, "button-reminder"))
		}
	})
}
