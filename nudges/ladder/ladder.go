// Package ladder has the five steps that a manager can take on a rep's call, from doing nothing to doing everything.
//
// A verdict advises one, a decision settles on one. It knows nothing else: what a step leads to is in package nudges.
package ladder

import "slices"

// A Rung is a step of the ladder, from doing nothing to doing everything.
type Rung string

// The rungs, lowest first.
const (
	HoldBack Rung = "hold_back" // the rep leads, the manager stays away
	Coach    Rung = "coach"     // talk before the call; once it runs, message the rep
	Listen   Rung = "listen"    // on the call, silent
	CoPilot  Rung = "co_pilot"  // on the call, the rep leads
	TakeOver Rung = "take_over" // the manager leads
)

// Rungs has all of them, lowest first.
var Rungs = []Rung{HoldBack, Coach, Listen, CoPilot, TakeOver}

// Height is the rung's place on the ladder from 0, or -1 for what is no rung.
func (r Rung) Height() int { return slices.Index(Rungs, r) }

// Joins says whether the manager is on the call with this rung, as the rep knows.
func (r Rung) Joins() bool { return r.Height() >= Listen.Height() }
