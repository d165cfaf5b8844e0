package nudges

import "errors"

// What can be wrong with an action. Each has its words in nudges/words; none
// carries any of its own.
var (
	ErrNotFound = errors.New("not found")
	ErrNotYours = errors.New("somebody else's request")
	ErrStale    = errors.New("decided meanwhile from another screen")
	ErrOver     = errors.New("the call is over")
	ErrClosed   = errors.New("the request is closed")
	ErrStarted  = errors.New("the call has started, answers stay")
	ErrNotNow   = errors.New("not possible in this situation")
	ErrUnknown  = errors.New("no such question or option")
	ErrRungGone = errors.New("time has overtaken this rung")
	ErrMore     = errors.New("more questions come first")
	ErrTooLate  = errors.New("the deadline has passed")
	ErrPast     = errors.New("the call's time is in the past")
	ErrReason   = errors.New("a reason is required")
	ErrNudged   = errors.New("nudged within the last hours")
	ErrUnmet    = errors.New("the rep says that this is not their manager")
	ErrNoteLate = errors.New("too close to the call for a note")
	ErrTwoTeams = errors.New("a rep is on another manager's team")
	ErrSkills   = errors.New("too many skills, or one with too long a name")
	ErrLink     = errors.New("no web address")
	ErrLong     = errors.New("longer than there is room for")
	ErrDay      = errors.New("a day that is still to come, or long ago")
)
