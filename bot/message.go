package bot

import (
	"fmt"
	"time"

	"stepin/bot/form"
)

// metadataType marks our messages. No dot in it: Slack would drop the metadata without a
// word (SLACK section 8).
const metadataType = "stepin_message"

// kindOpen is the private line with a button, where a view could not be opened: one about a
// request, or a form that belongs to none.
const kindOpen = "open"

// opens are the kinds of that line, and what their button does.
var opens = map[string]string{
	kindOpen: form.ActOpen, kindOpen + "-" + form.ActTeam: form.ActTeam, kindOpen + "-" + form.ActPull: form.ActPull, kindOpen + "-" + form.ActReminder: form.ActReminder,
	kindOpen + "-" + form.ActLearning: form.ActLearning, kindOpen + "-" + form.ActForget: form.ActForget,
	kindOpen + "-" + form.ActDebrief: form.ActDebrief, kindOpen + "-" + form.ActHistory: form.ActHistory,
	kindOpen + "-" + form.ActLog: form.ActLog, kindOpen + "-" + form.ActNotDoing: form.ActNotDoing, kindOpen + "-" + form.ActReschedule: form.ActReschedule,
}

// overCall are the actions that open a window about a call that is over.
var overCall = []string{form.ActLog, form.ActNotDoing, form.ActReschedule}

// slackTS is a moment as Slack writes it.
func slackTS(t time.Time) string { return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000) }
