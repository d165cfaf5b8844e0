package decide

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/daily"
)

// reminderRows are the daily reminder.
var reminderRows = rows{
	actions: map[string]action{
		form.ActReminder:       {listedOnly, nil, shows(form.ReminderScreen)},
		form.ActReminderOn:     {listedOnly, nil, reminds(daily.SwitchOn{})},
		form.ActReminderOff:    {everywhere, nil, reminds(daily.SwitchOff{})},
		form.ActWeekly:         {listedOnly, nil, reminds(daily.GoWeekly{})},
		form.ActSendNow:        {listedOnly, nil, (*handler).sendNow},
		form.ActSnoozeShort:    {listedOnly, nil, snoozes(daily.SnoozeShort)},
		form.ActSnoozeHour:     {listedOnly, nil, snoozes(daily.SnoozeHour)},
		form.ActSnoozeTomorrow: {listedOnly, nil, snoozes(daily.SnoozeTomorrow)},
	},
	windows: map[form.Screen]window{
		form.ReminderScreen: {home: true, submit: (*handler).submitReminder},
	},
}

// profileFirst is what Slack says about the person. It comes before what they do themselves.
func (c *handler) profileFirst() []daily.ReminderAction {
	if !c.known.me.Known {
		return nil
	}
	return []daily.ReminderAction{daily.Profile{Zone: c.known.me.ZoneName()}}
}

// firstUse switches on the reminder of somebody who uses stepin as a manager for the first time. Without their zone
// it waits for the next use, for nine o'clock must be theirs.
func (c *handler) firstUse() error {
	rem, err := c.tx.Reminder(c.in.User)
	if err != nil || rem.State != daily.ReminderNew || !c.known.me.Known || c.known.me.Zone == nil {
		return err
	}
	_, err = c.rules.Remind(c.tx, rem, c.now, append(c.profileFirst(), daily.FirstUse{})...)
	c.out.Homes = append(c.out.Homes, c.in.User)
	return err
}

// followProfile lets the reminder follow the profile's zone. It also brings back the reminder of somebody who was
// gone: they are here again.
func (c *handler) followProfile() error {
	rem, err := c.tx.Reminder(c.in.User)
	zone := cmp.Or(c.known.me.ZoneName(), rem.Zone)
	if err != nil || rem.State == daily.ReminderNew || !rem.Gone && rem.Zone == zone {
		return err
	}
	_, err = c.rules.Remind(c.tx, rem, c.now, c.profileFirst()...)
	return err
}

// reminds does an action on the person's own reminder.
func reminds(a daily.ReminderAction) func(*handler) error {
	return func(c *handler) error {
		rem, err := c.remind(a)
		if err != nil {
			return err
		}
		return c.showChoice(rem)
	}
}

// snoozes shows the last reminder again later, unless the next one is near.
func snoozes(f daily.SnoozeFor) func(*handler) error {
	return func(c *handler) error {
		rem, err := c.remind(daily.Snooze{For: f})
		if err == nil && rem.Snoozed.IsZero() {
			c.out.Screen, c.out.Text = form.NoteScreen, "rem-snooze-dropped"
			return nil
		}
		if err != nil {
			return err
		}
		return c.showChoice(rem)
	}
}

// sendNow sends the day's line at once.
func (c *handler) sendNow() error {
	rem, err := c.tx.Reminder(c.in.User)
	if err != nil {
		return err
	}
	m, err := c.rules.moment(c.tx, rem, c.now)
	if err != nil {
		return err
	}
	c.out.Screen, c.out.Text = form.NoteScreen, "rem-sent"
	_, err = c.remind(daily.SendNow{Moment: m})
	return err
}

// remind does actions on the person's own reminder, after what their profile says.
func (c *handler) remind(actions ...daily.ReminderAction) (daily.Reminder, error) {
	rem, err := c.tx.Reminder(c.in.User)
	if err != nil {
		return rem, err
	}
	o, err := c.rules.Remind(c.tx, rem, c.now, append(c.profileFirst(), actions...)...)
	if err != nil {
		return rem, err
	}
	c.out.Homes = append(c.out.Homes, c.in.User)
	return o.Reminder, nil
}

// showChoice rewrites the message that was tapped, or else the last one of the day, to show what was chosen.
func (c *handler) showChoice(rem daily.Reminder) error {
	day, again := rem.Shown, rem.Again
	if c.in.Where == form.OnMessage {
		at, n, _ := strings.Cut(form.ReadKey(c.in.Value), "/")
		if nudges.Date(at).Valid() {
			day = nudges.Date(at)
			again, _ = strconv.Atoi(n)
		}
	} else if c.now.Sub(rem.ShownAt) > 24*time.Hour {
		return nil
	}
	if day == "" {
		return nil
	}
	shown := daily.ReminderKey(rem.Person, day, again)
	return c.tx.Enqueue(c.now, nudges.Message{
		Key: shown + "/edit/" + form.Digest(map[string]string{"id": c.in.Identity}), Kind: daily.KindDailyLine,
		To: rem.Person, Edits: shown, Due: c.now,
	})
}

// submitReminder saves the settings of the person's own reminder: all of them, or none.
func (c *handler) submitReminder() error {
	rem, err := c.tx.Reminder(c.in.User)
	if err != nil {
		return err
	}
	wrong := invalid{}
	actions := c.readReminder(rem, wrong)
	if len(wrong) > 0 {
		return wrong
	}
	if rem, err = c.remind(actions...); err != nil {
		return below(form.ActPauseUntil, err, daily.ErrPauseDate)
	}
	c.out.Screen = form.DoneScreen
	return errors.Join(c.chooseHours(), c.showChoice(rem))
}

// chooseHours keeps how the person wants times to be written. A window of an earlier version does not ask.
func (c *handler) chooseHours() error {
	p, err := c.tx.Person(c.in.User)
	own := p.OwnHours
	switch h := c.in.Form[form.ActHours]; h {
	case form.HoursOfSlack:
		own = ""
	case string(nudges.Hours12), string(nudges.Hours24):
		own = nudges.HourCycle(h)
	}
	if err != nil || own == p.OwnHours {
		return err
	}
	p.OwnHours = own
	return c.tx.PutPerson(p)
}

// readReminder reads the form of the reminder. It notes in wrong, by field, the texts of what cannot be.
func (c *handler) readReminder(rem daily.Reminder, wrong invalid) (actions []daily.ReminderAction) {
	filled := c.in.Form
	on := filled[form.ActWanted] == "on"
	switch {
	case on:
		actions = append(actions, daily.SwitchOn{})
	case filled[form.ActWanted] == "off":
		actions = append(actions, daily.SwitchOff{})
	default:
		wrong[form.ActWanted] = "err-pick-one"
	}
	at, err := daily.ParseTimeOfDay(filled[form.ActAt])
	if err != nil {
		wrong[form.ActAt], _ = Explain(err)
	}
	var days daily.Weekdays
	for v := range strings.SplitSeq(filled[form.ActDays], ",") {
		if n, err := strconv.Atoi(v); err == nil && n >= 0 && n < 7 {
			days |= daily.DaysOf(time.Weekday(n))
		}
	}
	if days == 0 {
		wrong[form.ActDays], _ = Explain(daily.ErrNoDays)
	}
	actions = append(actions, daily.SetSchedule{Schedule: daily.Schedule{At: at, Days: days}})
	zone := ""
	if typed := strings.TrimSpace(filled[form.ActZone]); typed != "" {
		if zone, err = daily.ParseZone(typed); err != nil {
			wrong[form.ActZone], _ = Explain(err)
			if near, ok := errors.AsType[*daily.TypedError](err); ok {
				c.out.Typed = near.Nearest
			}
		}
	}
	actions = append(actions, daily.Pin{Zone: zone})
	if until := nudges.Date(filled[form.ActPauseUntil]); on && until != rem.Paused {
		if until == "" {
			return append(actions, daily.Resume{})
		}
		return append(actions, daily.PauseUntil{Day: until})
	}
	return actions
}
