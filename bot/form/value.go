package form

import "stepin/nudges"

// Who led a call, as the form for a debrief asks it.
const (
	LedByMe   = "me"
	LedByThem = "them"
)

// MaxTrust is the highest answer to whether a rep felt trusted; 1 is the lowest.
const MaxTrust = 5

// Lengths are the calls' lengths offered, in minutes.
var Lengths = []int{15, 30, 45, 60, 90, 120}

// RungValue is a rung as an option of a screen drawn in that phase. Coaching has two
// forms, for it ends when the call starts, and messaging the rep takes its place.
func RungValue(r nudges.Rung, p nudges.Phase) string {
	if r == nudges.Coach && p != nudges.Before {
		return string(nudges.MessageRep)
	}
	return string(r)
}

// RungOf reads an option back; an error if time has overtaken what it stands for.
func RungOf(value string, p nudges.Phase) (nudges.Rung, error) {
	for _, r := range nudges.Ladder {
		if RungValue(r, p) == value {
			return r, nil
		}
	}
	if value == string(nudges.Coach) || value == string(nudges.MessageRep) {
		return nudges.Coach, nudges.ErrRungGone
	}
	return "", nudges.ErrUnknown
}
