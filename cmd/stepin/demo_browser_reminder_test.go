package main

import (
	"testing"

	"stepin/bot/sandbox/page/browser"
)

// reminderInTheBrowser has the first reminder come at "Tomorrow 09:00", and changes it.
func reminderInTheBrowser(t *testing.T, p *browser.Tab) {
	url, stop := startDemo(t)
	defer stop()
	p.Open(url)
	p.Send()
	p.Reads("Chance without you?")
	p.Press("I'll hold back")
	p.Reads("That's the job")
	p.Press("Save")
	p.Closed()
	// What is still open of a call would take the reminder's place.
	p.Jump("End of the call")
	p.Be(sam)
	p.Messages()
	p.Press("Moved on")
	p.Sees("I won't raise it again.")
	p.Jump("Tomorrow 09:00")
	p.Sees("My job is to let my reps do theirs.")
	p.Looks("reminder")
	p.Press("Again in 20 minutes")
	p.Sees("You'll see this again at 09:2")
	p.Press("Change or pause")
	p.Sees("On which days?")
	p.Looks("reminder-settings")
	p.Pick("On which days?", "Friday")
	p.Fill("Keep to one time zone", "Berln")
	p.Press("Save")
	p.Sees("Did you mean Europe/Berlin?")
	p.Fill("Keep to one time zone", "Berlin")
	p.Press("Save")
	p.Closed()
	p.Home()
	p.Sees("Your reminder comes at 09:00, Monday to Thursday.")
	p.Sees("It keeps to Europe/Berlin, wherever you are.")
	p.Lower("reminder-home")
	p.Press("Switch it off")
	p.Sees("No daily reminder.")
}
