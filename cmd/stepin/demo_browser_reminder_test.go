package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// reminderInTheBrowser has the first reminder come at "Tomorrow 09:00", and changes it.
func reminderInTheBrowser(t *testing.T, p *tab) {
	url, stop := startDemo(t)
	defer stop()
	p.run("open", chromedp.Navigate(url))
	p.send()
	p.reads("Chance without you?")
	p.press("I'll hold back")
	p.reads("That's the job")
	p.press("Save")
	p.closed()
	// What is still open of a call would take the reminder's place.
	p.jump("End of the call")
	p.be(sam)
	p.messages()
	p.press("Moved on")
	p.sees("I won't raise it again.")
	p.jump("Tomorrow 09:00")
	p.sees("My job is to let my reps do theirs.")
	p.looks("reminder")
	p.press("Again in 20 minutes")
	p.sees("You'll see this again at 09:2")
	p.press("Change or pause")
	p.sees("On which days?")
	p.looks("reminder-settings")
	p.pick("On which days?", "Friday")
	p.fill("Keep to one time zone", "Berln")
	p.press("Save")
	p.sees("Did you mean Europe/Berlin?")
	p.fill("Keep to one time zone", "Berlin")
	p.press("Save")
	p.closed()
	p.home()
	p.sees("Your reminder comes at 09:00, Monday to Thursday.")
	p.sees("It keeps to Europe/Berlin, wherever you are.")
	p.lower("reminder-home")
	p.press("Switch it off")
	p.sees("No daily reminder.")
}
