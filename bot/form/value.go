package form

import (
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

// Who led a call, as the form for a debrief asks it.
const (
	LedByMe   = "me"
	LedByThem = "them"
)

// HoursOfSlack is the choice to have times as in one's Slack language.
const HoursOfSlack = "slack"

// MaxTrust is the highest answer to whether a rep felt trusted. The lowest is 1.
const MaxTrust = 5

// Lengths are the lengths of a call that people can choose, in minutes.
var Lengths = []int{15, 30, 45, 60, 90, 120}

// RungValue returns the option's value for a rung in a phase. Once the call has started, a message to the rep takes the
// place of coaching.
func RungValue(r ladder.Rung, p nudges.Phase) string {
	if r == ladder.Coach && p != nudges.Before {
		return string(verdict.MessageRep)
	}
	return string(r)
}

// RungOf reads an option back. The error is nudges.ErrRungGone if the option belongs to another phase.
func RungOf(value string, p nudges.Phase) (ladder.Rung, error) {
	for _, r := range ladder.Rungs {
		if RungValue(r, p) == value {
			return r, nil
		}
	}
	if value == string(ladder.Coach) || value == string(verdict.MessageRep) {
		return ladder.Coach, nudges.ErrRungGone
	}
	return "", nudges.ErrUnknown
}
