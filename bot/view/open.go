package view

import "stepin/bot/form"

// KindOpen is the private line with a button, where a view could not be opened: one about a
// request, or a form that belongs to none.
const KindOpen = "open"

// Opens are the kinds of that line, and what their button does.
var Opens = map[string]string{
	KindOpen: form.ActOpen, KindOpen + "-" + form.ActTeam: form.ActTeam, KindOpen + "-" + form.ActPull: form.ActPull, KindOpen + "-" + form.ActReminder: form.ActReminder,
	KindOpen + "-" + form.ActLearning: form.ActLearning, KindOpen + "-" + form.ActForget: form.ActForget,
	KindOpen + "-" + form.ActDebrief: form.ActDebrief, KindOpen + "-" + form.ActHistory: form.ActHistory,
	KindOpen + "-" + form.ActLog: form.ActLog, KindOpen + "-" + form.ActNotDoing: form.ActNotDoing, KindOpen + "-" + form.ActReschedule: form.ActReschedule,
}
