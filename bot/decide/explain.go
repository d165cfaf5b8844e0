package decide

import (
	"errors"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/team"
)

// Sayings are the errors that a person can do something about, each with the name of its text.
var Sayings = []struct {
	err  error
	Text string
}{
	{nudges.ErrNotFound, "err-not-found"},
	{nudges.ErrNotYours, "err-not-yours"},
	{nudges.ErrStale, "err-stale"},
	{nudges.ErrOver, "err-over"},
	{nudges.ErrClosed, "err-closed"},
	{nudges.ErrStarted, "err-started"},
	{nudges.ErrNotNow, "err-not-now"},
	{nudges.ErrUnknown, "err-unknown"},
	{nudges.ErrRungGone, "err-rung-gone"},
	{nudges.ErrMore, "err-more"},
	{nudges.ErrTooLate, "err-too-late"},
	{nudges.ErrPast, "err-past"},
	{nudges.ErrReason, "err-reason"},
	{nudges.ErrNudged, "err-nudged"},
	{nudges.ErrUnmet, "err-unmet"},
	{nudges.ErrTold, "err-told"},
	{nudges.ErrNoPlan, "err-planned-wrong"},
	{team.ErrSkills, "team-skills-long"},
	{nudges.ErrTwoTeams, "team-two-teams"},
	{daily.ErrReminderOff, "err-reminder-off"},
	{daily.ErrNoReminder, "err-no-reminder"},
	{daily.ErrPauseDate, "err-pause-date"},
	{daily.ErrNoDays, "err-no-days"},
	{daily.ErrTimeOfDay, "err-time-of-day"},
	{daily.ErrZone, "err-zone"},
	{nudges.ErrLink, "err-link"},
	{nudges.ErrLong, "err-long"},
	{nudges.ErrDay, "err-day"},
	{form.ErrTwoWith, "err-two-with"},
	{form.ErrTwoBosses, "err-manager-missing"},
	{form.ErrBossSelf, "err-manager-self"},
	{form.ErrBossUnfit, "err-manager-unfit"},
	{form.ErrRepUnknown, "err-rep-unknown"},
	{form.ErrRepBot, "err-rep-bot"},
	{form.ErrRepGuest, "err-rep-guest"},
	{form.ErrRepSelf, "err-rep-self"},
	{form.ErrRepGone, "err-rep-gone"},
	{form.ErrRepElsewhere, "err-rep-elsewhere"},
	{form.ErrRepMissing, "err-rep-missing"},
	{form.ErrTwoReps, "err-two-reps"},
	{form.ErrDealLong, "err-deal-long"},
	{form.ErrNotAllowed, "err-not-allowed"},
	{form.ErrWhoUnknown, "err-who-unknown"},
}

// Explain names the text that a person reads about an error. Any error it does not know is our fault (ours): the
// person gets an apology, and the log the error.
func Explain(err error) (text string, ours bool) {
	for _, row := range Sayings {
		if errors.Is(err, row.err) {
			return row.Text, false
		}
	}
	return "err-our-fault", true
}
