package nudges

import (
	"cmp"
	"slices"

	"stepin/nudges/ladder"
)

// may is the table: which action can happen in which situation. The manager's own
// actions and the approver's differ only in who may do them; see allowed.
//
// The state machine, as it comes about by this table and by the clock. On the right is why, as in Transition.Why.
// The decision is not drawn: it is the rung that the manager takes, or withdrawn at the end.
//
//	before ──start──▶ during ──end──▶ after ──debrief──▶ debrief ──close──▶ done
//
// A phase changes so, and in no other way:
//
//	before   → during   describe, start
//	before   → done     take-back, withdraw
//	during   → before   describe
//	during   → after    end
//	during   → done     lapse, take-back, withdraw
//	after    → debrief  debrief
//	after    → done     close
//	debrief  → before   reschedule
//	debrief  → done     close, moved-on, never, not-doing
//
// A grant does so:
//
//	grant none     → asked    decide
//	grant none     → given    as-planned, decide, decide-now
//	grant asked    → none     as-planned, decide, withdraw
//	grant asked    → given    approve, break-glass
//	grant asked    → declined decline
//	grant asked    → expired  grant-expires, nobody-to-ask
//	grant given    → none     as-planned, decide, decide-now, plan-ends, plan-unmet, plan-wrong, take-back, withdraw
//	grant given    → asked    decide, describe, reschedule
//	grant given    → declined reconsider
//	grant given    → returned return
//	grant given    → expired  grant-ends, moved-on, never, not-doing
//	grant returned → none     as-planned, decide, decide-now, plan-ends, plan-unmet, plan-wrong, take-back, withdraw
//	grant returned → asked    decide
//	grant returned → given    as-planned, decide, decide-now
//	grant declined → none     as-planned, decide, decide-now, withdraw
//	grant declined → asked    describe
//	grant declined → given    break-glass, decide-now, reconsider
//	grant expired  → none     as-planned, decide, decide-now, take-back, withdraw
//	grant expired  → asked    decide, reschedule
//	grant expired  → given    break-glass, decide, decide-now, reschedule
var may = map[string]struct {
	decisions []Decision
	phases    []Phase
	grants    []GrantState
	since     map[Phase]error // the reason outside of phases
}{
	"answer": {decisions: decidable, phases: untilEnd, grants: anyGrant},
	// the close: a plan and a motive belong to a decision, until the call is done with
	"close":    {decisions: rungs, phases: untilDone, grants: anyGrant},
	"describe": {decisions: decidable, phases: untilEnd, grants: anyGrant},
	"decide":   {decisions: decidable, phases: untilEnd, grants: anyGrant},
	// it waits for nobody, so a call that is still to come is not decided so
	"decide-now":  {decidable, []Phase{During}, anyGrant, map[Phase]error{Before: ErrNotNow}},
	"withdraw":    {decisions: decidable, phases: untilEnd, grants: anyGrant},
	"approve":     {decisions: takingOver, phases: untilEnd, grants: []GrantState{Asked}},
	"decline":     {decisions: takingOver, phases: untilEnd, grants: []GrantState{Asked}},
	"reconsider":  {takingOver, []Phase{Before}, []GrantState{Given, Declined}, begunAlready},
	"nudge":       {decisions: takingOver, phases: untilEnd, grants: []GrantState{Asked}},
	"return":      {decisions: takingOver, phases: untilDone, grants: []GrantState{Given}},
	"break-glass": {decisions: takingOver, phases: untilEnd, grants: []GrantState{Asked, Declined, Expired}},
	// the rep's own word, and what follows from it
	"guess":   {decisions: decidable, phases: []Phase{Before}, grants: anyGrant, since: begunAlready},
	"reply":   {decisions: decidable, phases: []Phase{Before}, grants: anyGrant, since: begunAlready},
	"meet":    {decisions: decidable, phases: untilDone, grants: anyGrant},
	"correct": {decisions: decidable, phases: untilDone, grants: anyGrant},
	// of a call that the two planned, or that the manager has joined
	"as-planned":   {decisions: decidable, phases: untilEnd, grants: anyGrant},
	"correct-plan": {decisions: decidable, phases: untilDone, grants: anyGrant},
	"from-here":    {joining, []Phase{During}, []GrantState{NoGrant, Given}, map[Phase]error{Before: ErrNotNow}},
	"note":         {decisions: []Decision{Decided(ladder.HoldBack)}, phases: untilDone, grants: anyGrant},
	"tell":         {decisions: tellable, phases: []Phase{Before}, grants: anyGrant, since: begunAlready},
	"coaching":     {decisions: decidable, phases: untilDone, grants: anyGrant},
	"take-back":    {decisions: decidable, phases: untilEnd, grants: anyGrant},
	// the debrief
	"together":   {decisions: decidable, phases: []Phase{Debrief}, grants: anyGrant, since: notYetOver},
	"where":      {decisions: decidable, phases: []Phase{Debrief}, grants: anyGrant, since: notYetOver},
	"log":        {decisions: decidable, phases: []Phase{Debrief}, grants: anyGrant, since: notYetOver},
	"plan":       {decisions: rungs, phases: []Phase{Debrief}, grants: anyGrant, since: notYetOver},
	"moved-on":   {decisions: decidable, phases: []Phase{Debrief}, grants: anyGrant, since: notYetOver},
	"not-doing":  {decisions: decidable, phases: []Phase{Debrief}, grants: anyGrant, since: notYetOver},
	"never":      {decisions: decidable, phases: []Phase{Debrief}, grants: anyGrant, since: notYetOver},
	"call-moved": {decisions: decidable, phases: []Phase{Debrief}, grants: anyGrant, since: notYetOver},
	"reschedule": {decisions: decidable, phases: []Phase{Debrief}, grants: anyGrant, since: notYetOver},
	"repost":     {decisions: decidable, phases: []Phase{Debrief}, grants: anyGrant, since: notYetOver},
	"trust":      {decisions: decidable, phases: []Phase{Debrief}, grants: anyGrant, since: notYetOver},
	// what is to be learned from the deal
	"learn": {decisions: decidable, phases: untilDone, grants: anyGrant},
}

var (
	rungs = []Decision{
		Decided(ladder.HoldBack), Decided(ladder.Coach), Decided(ladder.Listen), Decided(ladder.CoPilot),
		Decided(ladder.TakeOver),
	}
	decidable  = append([]Decision{Undecided}, rungs...)
	joining    = []Decision{Decided(ladder.Listen), Decided(ladder.CoPilot), Decided(ladder.TakeOver)}
	takingOver = []Decision{Decided(ladder.TakeOver)}
	tellable   = rungs[1:]                               // after a hold-back there are words to copy only
	untilEnd   = []Phase{Before, During}                 // of the call
	untilDone  = []Phase{Before, During, After, Debrief} // with the call
	anyGrant   = []GrantState{NoGrant, Asked, Given, Returned, Declined, Expired}
	// notYetOver is about what belongs after the call.
	notYetOver = map[Phase]error{Before: ErrNotNow, During: ErrNotNow, After: ErrNotNow}
	// begunAlready is about what belongs before the call.
	begunAlready = map[Phase]error{During: ErrTooLate, After: ErrTooLate, Debrief: ErrTooLate}
)

// allowed says whether the table has a row for the action here, and whether it is by
// the one who may.
func (s *step) allowed(action string, by UserID) error {
	switch action {
	case "approve", "decline", "reconsider":
		mine := action != "reconsider" || by == s.r.Grant.By
		if by == s.r.Manager || !mine || !slices.Contains(s.r.Grant.Askees(), by) {
			return ErrNotYours
		}
	case "meet", "reply", "correct", "take-back", "correct-plan", "from-here":
		if by != s.r.Rep || action == "take-back" && s.r.Way != ByAsk {
			return ErrNotYours
		}
	case "where":
		if by == "" || by != s.r.Rep || !s.r.Debrief.WasShared() && !s.r.Shows(KindWhere) {
			return ErrNotYours // of a debrief that is the manager's alone the rep learns nothing
		}
	case "trust":
		if by == "" || by != s.r.Rep || !s.r.Debrief.WasShared() {
			return ErrNotYours
		}
	case "log", "moved-on", "not-doing", "never", "call-moved", "reschedule":
		if !s.r.OfTheTwo(by) {
			return ErrNotYours
		}
	default:
		if by != s.r.Manager {
			return ErrNotYours
		}
	}
	row := may[action]
	switch {
	case s.r.Decision == Withdrawn:
		return ErrClosed
	case !slices.Contains(row.phases, s.r.Phase):
		if s.r.Phase == Done {
			return ErrClosed
		}
		return cmp.Or(row.since[s.r.Phase], ErrOver)
	case !slices.Contains(row.grants, s.r.Grant.State) && s.r.Grant.State == Expired:
		return ErrTooLate
	case !slices.Contains(row.decisions, s.r.Decision), !slices.Contains(row.grants, s.r.Grant.State):
		return ErrNotNow
	}
	return nil
}
