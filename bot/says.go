package bot

import (
	"errors"

	"stepin/nudges"
)

// sayings are the errors that somebody can mend who reads of them, and the texts for it.
var sayings = []struct {
	err  error
	text string
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
	{nudges.ErrNoteLate, "err-note-late"},
	{nudges.ErrSkills, "team-skills-long"},
	{nudges.ErrTwoTeams, "team-two-teams"},
	{nudges.ErrReminderOff, "err-reminder-off"},
	{nudges.ErrNoReminder, "err-no-reminder"},
	{nudges.ErrPauseDate, "err-pause-date"},
	{nudges.ErrNoDays, "err-no-days"},
	{nudges.ErrTimeOfDay, "err-time-of-day"},
	{nudges.ErrZone, "err-zone"},
	{nudges.ErrLink, "err-link"},
	{nudges.ErrLong, "err-long"},
	{nudges.ErrDay, "err-day"},
	{errTwoWith, "err-two-with"},
	{errTwoBosses, "err-manager-missing"},
	{errBossSelf, "err-manager-self"},
	{errBossUnfit, "err-manager-unfit"},
	{errRepUnknown, "err-rep-unknown"},
	{errRepBot, "err-rep-bot"},
	{errRepGuest, "err-rep-guest"},
	{errRepSelf, "err-rep-self"},
	{errRepGone, "err-rep-gone"},
	{errRepElsewhere, "err-rep-elsewhere"},
	{errRepMissing, "err-rep-missing"},
	{errTwoReps, "err-two-reps"},
	{errDealLong, "err-deal-long"},
	{errNotAllowed, "err-not-allowed"},
}

// says turns an error into the name of the text that the person reads. What it does
// not know is our fault: the person gets an apology, the log the error.
func says(err error) (text string, ours bool) {
	for _, row := range sayings {
		if errors.Is(err, row.err) {
			return row.text, false
		}
	}
	return "err-our-fault", true
}

// What can be wrong with what somebody typed.
var (
	errRepUnknown   = errors.New("no such person")
	errRepBot       = errors.New("the rep is an app")
	errRepGuest     = errors.New("the rep is a guest")
	errRepSelf      = errors.New("the manager named themselves")
	errRepGone      = errors.New("the rep is deactivated")
	errRepElsewhere = errors.New("the rep belongs to another organisation")
	errRepMissing   = errors.New("no rep named")
	errTwoReps      = errors.New("two people named")
	errDealLong     = errors.New("the name of the deal is too long")
	errTwoWith      = errors.New("two people named to debrief with")
	errTwoBosses    = errors.New("a manager and somebody else named")
	errBossSelf     = errors.New("asked oneself for help")
	errBossUnfit    = errors.New("the manager cannot be asked")
	errNotAllowed   = errors.New("may not use stepin")
)
