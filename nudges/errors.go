package nudges

import "errors"

// What can be wrong with an action. Each has its words in nudges/words; none
// carries any of its own.
var (
	ErrNotFound  = errors.New("not found")
	ErrNotYours  = errors.New("somebody else's request")
	ErrStale     = errors.New("decided meanwhile from another screen")
	ErrOver      = errors.New("the call is over")
	ErrClosed    = errors.New("the request is closed")
	ErrStarted   = errors.New("the call has started, answers stay")
	ErrNotNow    = errors.New("not possible in this situation")
	ErrUnknown   = errors.New("no such question or option")
	ErrRungGone  = errors.New("time has overtaken this rung")
	ErrMore      = errors.New("more questions come first")
	ErrTooLate   = errors.New("the deadline has passed")
	ErrPast      = errors.New("the call's time is in the past")
	ErrDuplicate = errors.New("this call has a request already")
)
