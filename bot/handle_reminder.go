package bot

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
)

// profileFirst is what Slack says of the person, ahead of what they do themselves.
func (c *change) profileFirst() []nudges.ReminderAction {
	if !c.known.me.known {
		return nil
	}
	return []nudges.ReminderAction{nudges.Profile{Zone: c.known.me.zone.String()}}
}

// firstUse switches on the reminder of somebody who uses stepin as a manager. Without a zone
// it waits for the next use: nine o'clock must be theirs.
func (c *change) firstUse() error {
	rem, err := c.tx.Reminder(c.in.User)
	if err != nil || rem.State != nudges.ReminderNew || !c.known.me.known {
		return err
	}
	_, err = c.rem.remind(c.tx, rem, c.now, append(c.profileFirst(), nudges.FirstUse{})...)
	c.out.homes = append(c.out.homes, c.in.User)
	return err
}

// followProfile has the reminder go by the zone that the profile has now, and come again to
// somebody of whose return stepin was not told: whoever may use it is not gone.
func (c *change) followProfile() error {
	rem, err := c.tx.Reminder(c.in.User)
	if err != nil || rem.State == nudges.ReminderNew || !rem.Gone && rem.Zone == c.known.me.zone.String() {
		return err
	}
	_, err = c.rem.remind(c.tx, rem, c.now, c.profileFirst()...)
	return err
}

var snoozes = map[string]nudges.SnoozeFor{
	form.ActSnoozeShort: nudges.SnoozeShort, form.ActSnoozeHour: nudges.SnoozeHour, form.ActSnoozeTomorrow: nudges.SnoozeTomorrow,
}

// tapReminder handles the buttons of the daily reminder, which belong to no request.
func (c *change) tapReminder() (done bool, err error) {
	rem, err := c.tx.Reminder(c.in.User)
	if err != nil {
		return false, err
	}
	var a nudges.ReminderAction
	switch c.in.Action {
	case form.ActReminder:
		c.out.Screen = form.ReminderScreen
		return true, nil
	case form.ActReminderOn:
		a = nudges.SwitchOn{}
	case form.ActReminderOff:
		a = nudges.SwitchOff{}
	case form.ActWeekly:
		a = nudges.GoWeekly{}
	case form.ActSnoozeShort, form.ActSnoozeHour, form.ActSnoozeTomorrow:
		a = nudges.Snooze{For: snoozes[c.in.Action]}
	case form.ActSendNow:
		m, err := c.rem.moment(c.tx, rem, c.now)
		if err != nil {
			return true, err
		}
		a = nudges.SendNow{Moment: m}
		c.out.Screen, c.out.Text = form.NoteScreen, "rem-sent"
	default:
		return false, nil
	}
	o, err := c.rem.remind(c.tx, rem, c.now, append(c.profileFirst(), a)...)
	if err != nil {
		return true, err
	}
	c.out.homes = append(c.out.homes, c.in.User)
	if _, snoozed := a.(nudges.Snooze); snoozed && o.Reminder.Snoozed.IsZero() {
		c.out.Screen, c.out.Text = form.NoteScreen, "rem-snooze-dropped"
		return true, nil
	}
	if c.in.Action == form.ActSendNow {
		return true, nil
	}
	return true, c.showChoice(o.Reminder)
}

// showChoice has the message that was tapped, or else the last one of the day, show what was chosen.
func (c *change) showChoice(rem nudges.Reminder) error {
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
	shown := nudges.ReminderKey(rem.Person, day, again)
	return c.tx.Enqueue(c.now, nudges.Message{
		Key: shown + "/edit/" + digest(map[string]string{"id": c.in.Identity}), Kind: nudges.KindMantra,
		To: rem.Person, Edits: shown, Due: c.now,
	})
}

// submitReminder saves the settings of the person's own reminder: all of them, or none.
func (c *change) submitReminder() error {
	filled := c.in.Form
	rem, err := c.tx.Reminder(c.in.User)
	if err != nil {
		return err
	}
	c.out.Errors = map[string]string{}
	wrong := func(action string, err error) {
		text, _ := says(err)
		c.out.Errors[action] = text
	}
	actions := c.profileFirst()
	on := filled[form.ActWanted] == "on"
	switch {
	case on:
		actions = append(actions, nudges.SwitchOn{})
	case filled[form.ActWanted] == "off":
		actions = append(actions, nudges.SwitchOff{})
	default:
		c.out.Errors[form.ActWanted] = "err-pick-one"
	}
	at, err := nudges.ParseTimeOfDay(filled[form.ActAt])
	if err != nil {
		wrong(form.ActAt, err)
	}
	var days nudges.Weekdays
	for v := range strings.SplitSeq(filled[form.ActDays], ",") {
		if n, err := strconv.Atoi(v); err == nil && n >= 0 && n < 7 {
			days |= nudges.DaysOf(time.Weekday(n))
		}
	}
	if days == 0 {
		wrong(form.ActDays, nudges.ErrNoDays)
	}
	actions = append(actions, nudges.SetSchedule{Schedule: nudges.Schedule{At: at, Days: days}})
	zone := ""
	if typed := strings.TrimSpace(filled[form.ActZone]); typed != "" {
		if zone, err = nudges.ParseZone(typed); err != nil {
			wrong(form.ActZone, err)
			if near, ok := errors.AsType[*nudges.TypedError](err); ok {
				c.out.Typed = near.Nearest
			}
		}
	}
	actions = append(actions, nudges.Pin{Zone: zone})
	if until := nudges.Date(filled[form.ActPauseUntil]); on && until != rem.Paused {
		if actions = append(actions, nudges.Resume{}); until != "" {
			actions[len(actions)-1] = nudges.PauseUntil{Day: until}
		}
	}
	if len(c.out.Errors) > 0 {
		return nil
	}
	o, err := c.rem.remind(c.tx, rem, c.now, actions...)
	if errors.Is(err, nudges.ErrPauseDate) {
		wrong(form.ActPauseUntil, err)
		return nil
	}
	if err != nil {
		return err
	}
	c.out.Errors = nil
	c.out.Screen = form.DoneScreen
	c.out.homes = append(c.out.homes, c.in.User)
	return c.showChoice(o.Reminder)
}
