package bot

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

// mantraScene is all that a message of the daily reminder shows.
func (b *Bot) mantraScene(ctx context.Context, e errand) scene {
	names := map[nudges.UserID]string{}
	if e.r.Rep != "" {
		p, _ := b.people.look(ctx, e.r.Rep)
		names[e.r.Rep] = p.name
	}
	sc := newScene(b.live().Words, e.r, e.m.To, names, e.rem.Location(b.zones), b.now())
	sc.rem, sc.zones = e.rem, b.zones
	l, ok := e.rem.LineOn(mantraOn(e.m))
	if sc = sc.saying(l); !ok && e.m.Kind == nudges.KindChase { // there was none to be carried
		sc.line = ""
	}
	return sc
}

// saying is a scene with a line of the reminder. It is about no request any more: a line
// speaks of one, but its buttons do nothing to it.
func (sc scene) saying(l nudges.Line) scene {
	d := sc.d
	d.Reason = sc.r.Debrief.Manager.Learned
	if !sc.r.DecidedAt.IsZero() {
		d.Took = sc.r.DecidedAt.In(sc.zone).Format("2 Jan")
	}
	if o := sc.r.Answers[nudges.QPlan]; o != nudges.OwnPlan {
		d.Plan = sc.words.Tapped(nudges.QPlan, o, d).Plain()
	}
	sc.line = sc.words.Line(l, d)
	sc.r, sc.d = nudges.Request{}, nudges.Data{}
	return sc
}

// mantraBlocks is the reminder of a date: its line, and what can be done about it. chosen says
// that it is drawn anew after a choice, which it then shows.
func mantraBlocks(sc scene, day nudges.Date, again int, chosen bool) []slack.Block {
	blocks := []slack.Block{section(sc.line)}
	button := func(action, text string, style slack.Style) *slack.ButtonBlockElement {
		b := sc.button(action, text, style)
		b.Value = form.WriteKey(day, again)
		return b
	}
	rem := sc.rem
	el := []slack.BlockElement{button(form.ActStart, "button-start", slack.StylePrimary)}
	change := button(form.ActReminder, "button-reminder", slack.StyleDefault)
	off := button(form.ActReminderOff, "button-reminder-off", slack.StyleDefault)
	switch {
	case rem.State == nudges.ReminderOff && chosen:
		blocks = append(blocks, quiet(sc.words.Text("rem-off", sc.d)))
		el = append(el, button(form.ActReminderOn, "button-reminder-on", slack.StyleDefault))
	case rem.State != nudges.ReminderOn: // they asked for this one
		el = append(el, button(form.ActReminderOn, "button-reminder-on", slack.StyleDefault))
	case rem.Paused != "":
		blocks = append(blocks, quiet(pausedText(sc)))
		el = append(el, change, off)
	case !rem.Snoozed.IsZero() && rem.Shown == day:
		d := sc.d
		at := rem.Snoozed.In(rem.Location(sc.zones))
		d.Starts = at.Format("15:04")
		if today := sc.now.In(at.Location()); nudges.DateIn(at, at.Location()) != nudges.DateIn(today, at.Location()) {
			d.Day = dayOf(sc, at)
			if rem.Snoozed.Sub(sc.now) > time.Hour { // tomorrow's usual time
				d.Starts = rem.Schedule().At.String()
			}
		}
		blocks = append(blocks, quiet(sc.words.Text("rem-snoozed", d)))
		el = append(el, change, off)
	default:
		if rem.Offered == day && len(rem.Schedule().Days.Days()) > 1 {
			s := section(sc.words.Text("rem-offer", sc.d))
			s.Accessory = slack.NewAccessory(button(form.ActWeekly, "button-weekly", slack.StyleDefault))
			blocks = append(blocks, s)
		}
		if chosen {
			blocks = append(blocks, quiet(scheduleText(sc)))
		}
		el = append(el,
			button(form.ActSnoozeShort, "button-snooze-short", slack.StyleDefault), button(form.ActSnoozeHour, "button-snooze-hour", slack.StyleDefault),
			button(form.ActSnoozeTomorrow, "button-snooze-tomorrow", slack.StyleDefault), change, off)
	}
	return append(blocks, slack.NewActionBlock("b-mantra", el...))
}

// dayOf names the day of a moment on the reminder's own calendar.
func dayOf(sc scene, t time.Time) string { return day(sc.words, t, sc.now.In(t.Location())) }

// dateText names a date as people do.
func dateText(d nudges.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return t.Format("Mon 2 Jan")
}

func pausedText(sc scene) nudges.Marked {
	d := sc.d
	d.Day = dateText(sc.rem.Paused)
	return sc.words.Text("rem-paused", d)
}

// scheduleText says when the reminder comes.
func scheduleText(sc scene) nudges.Marked {
	d, s := sc.d, sc.rem.Schedule()
	d.Starts = s.At.String()
	return sc.words.Quote("rem-on", d, daysText(sc, s.Days), "")
}

// daysText are days of the week in words, several in a row by the first and the last.
func daysText(sc scene, w nudges.Weekdays) nudges.Marked {
	if w == nudges.AllWeek {
		return sc.words.Text("rem-days-all", sc.d)
	}
	name := func(d time.Weekday) nudges.Marked { return sc.words.Text("option-day-"+strconv.Itoa(int(d)), sc.d) }
	days := w.Days()
	var parts []string
	for i := 0; i < len(days); {
		j := i
		for j+1 < len(days) && days[j+1] == (days[j]+1)%7 {
			j++
		}
		if j-i >= 2 {
			parts = append(parts, string(sc.words.Quote("rem-days-range", sc.d, name(days[i]), name(days[j]))))
		} else {
			for _, d := range days[i : j+1] {
				parts = append(parts, string(name(d)))
			}
		}
		i = j + 1
	}
	return nudges.Marked(strings.Join(parts, ", "))
}

// nextText says when the next reminder comes, in the person's own time; "" for never.
func nextText(sc scene) nudges.Marked {
	at, ok := sc.rem.Upcoming(sc.zones)
	if !ok {
		return ""
	}
	at = at.In(sc.rem.Location(sc.zones))
	return sc.words.Quote("rem-next", sc.d, nudges.Marked(dayOf(sc, at)+" "+at.Format("15:04")), "")
}

// skipsText says which reminders were left out lately, and why; "" for none.
func skipsText(sc scene) nudges.Marked {
	var parts []string
	for _, s := range sc.rem.Skips {
		d := sc.d
		d.Day = dateText(s.On)
		parts = append(parts, string(sc.words.Text("rem-skip-"+string(s.Kind), d)))
	}
	if len(parts) == 0 {
		return ""
	}
	return sc.words.Quote("rem-skips", sc.d, nudges.Marked(strings.Join(parts, ", ")), "")
}

// reminderBlocks are the settings of the daily reminder.
func reminderBlocks(sc scene) []slack.Block {
	rem := sc.rem
	var blocks []slack.Block
	for _, m := range []nudges.Marked{nextText(sc), skipsText(sc)} {
		if m != "" {
			blocks = append(blocks, quiet(m))
		}
	}
	field := func(action, label string, el slack.BlockElement, optional bool) {
		in := slack.NewInputBlock(form.Block(action), plain(sc.words.Text(label, sc.d)), nil, el)
		in.Optional = optional
		blocks = append(blocks, in)
	}
	option := func(value, text string) *slack.OptionBlockObject {
		return slack.NewOptionBlockObject(value, plain(sc.words.Text(text, sc.d)), nil)
	}
	wanted := []*slack.OptionBlockObject{option("on", "option-reminder-on"), option("off", "option-reminder-off")}
	radio := slack.NewRadioButtonsBlockElement(form.ActWanted, wanted...)
	radio.InitialOption = picked(wanted, string(rem.State))
	field(form.ActWanted, "label-reminder", radio, false)

	s := rem.Schedule()
	clock := slack.NewTimePickerBlockElement(form.ActAt)
	clock.InitialTime = s.At.String()
	field(form.ActAt, "label-reminder-time", clock, false)

	boxes := slack.NewCheckboxGroupsBlockElement(form.ActDays)
	for i := range 7 {
		d := time.Weekday((i + 1) % 7)
		o := option(strconv.Itoa(int(d)), "option-day-"+strconv.Itoa(int(d)))
		boxes.Options = append(boxes.Options, o)
		if s.Days.Has(d) {
			boxes.InitialOptions = append(boxes.InitialOptions, o)
		}
	}
	field(form.ActDays, "label-reminder-days", boxes, false)

	zone := slack.NewPlainTextInputBlockElement(plain(sc.words.Text("placeholder-zone", sc.d)), form.ActZone)
	zone.MaxLength, zone.InitialValue = form.MaxDeal, rem.Pinned
	field(form.ActZone, "label-reminder-zone", zone, true)

	until := slack.NewDatePickerBlockElement(form.ActPauseUntil)
	until.InitialDate = string(rem.Paused)
	field(form.ActPauseUntil, "label-reminder-pause", until, true)
	return blocks
}

// reminderHome is what Home says of the daily reminder.
func reminderHome(sc scene) []slack.Block {
	blocks := []slack.Block{section(sc.words.Text("home-reminder", sc.d))}
	now := sc.button(form.ActSendNow, "button-send-now", slack.StyleDefault)
	change := sc.button(form.ActReminder, "button-reminder", slack.StyleDefault)
	if sc.rem.State != nudges.ReminderOn {
		return append(blocks, section(sc.words.Text("rem-none", sc.d)),
			slack.NewActionBlock("b-reminder", sc.button(form.ActReminderOn, "button-reminder-on", slack.StyleDefault), now))
	}
	blocks = append(blocks, section(scheduleText(sc)))
	var more []nudges.Marked
	if sc.rem.Paused != "" {
		more = append(more, pausedText(sc))
	}
	if next := nextText(sc); next != "" {
		more = append(more, next)
	}
	if sc.rem.Pinned != "" {
		more = append(more, sc.words.Quote("rem-pinned", sc.d, nudges.Marked(sc.rem.Pinned), ""))
	}
	for _, m := range more {
		blocks = append(blocks, quiet(m))
	}
	return append(blocks, slack.NewActionBlock("b-reminder", change, now, sc.button(form.ActReminderOff, "button-reminder-off", slack.StyleDefault)))
}
