package nudges

import (
	"slices"
	"time"

	"stepin/nudges/ladder"
)

// ShortNotice is the time left below which approver and delegate are asked together, and
// nobody is reminded, and from which on no answer is changed any more.
const ShortNotice = 10 * time.Minute

// NudgeEvery is how often the requester may nudge those who were asked.
const NudgeEvery = 4 * time.Hour

// Around is what the team around a request says about a take-over, as things stand when
// the manager decides.
type Around struct {
	Policy Policy
	Route  []UserID  // whom to ask, in order; see package team
	Bond   BondState // whether the rep has said that this is their manager
}

type (
	// Approve, Decline and Return are about the grant. A Decline with Coach says "coach first".
	Approve struct{ By UserID }
	Decline struct {
		By    UserID
		Coach bool
	}
	Return struct{ By UserID }
	// Reconsider is another answer of the approver who has answered: a yes, or a no that may say "coach first".
	Reconsider struct {
		By         UserID
		Yes, Coach bool
	}
	// Sentence is what the approver adds to a "no", for the manager.
	Sentence struct {
		By   UserID
		Text string
	}
	// BreakGlass takes over without waiting for anybody; it needs a reason.
	BreakGlass struct {
		By     UserID
		Reason string
		Around Around
	}
	// Nudge asks those who were asked once more.
	Nudge struct{ By UserID }
	// Gone says that somebody cannot be reached in Slack any more.
	Gone struct{ Who UserID }
)

// asking is when the clock next does something to a grant that was asked for. Each timer
// starts when what it times starts: with the one who is asked.
func (g Grant) asking() time.Time {
	left := g.Until.Sub(g.Since)
	switch {
	case g.Short, g.Since.IsZero():
	case !g.Reminded:
		return g.Since.Add(left / 2)
	case g.Asked < len(g.Route):
		return g.Since.Add(left * 3 / 4)
	}
	return g.Until
}

// Askees are those who were asked so far.
func (g Grant) Askees() []UserID { return g.Route[:min(g.Asked, len(g.Route))] }

// without takes somebody off the route.
func (g *Grant) without(who UserID) {
	i := slices.Index(g.Route, who)
	if i < 0 {
		return
	}
	g.Route = slices.Delete(slices.Clone(g.Route), i, i+1)
	if i < g.Asked {
		g.Asked--
	}
}

// askFor begins to ask for an agreement that must be there before until.
func (s *step) askFor(route []UserID, until time.Time, reason string) {
	s.r.Grant = Grant{State: Asked, Until: until, Route: s.others(route), Reason: reason}
}

// others are those on a route who can look at the request: neither the manager, nor the rep,
// who would read why no smaller step would do for them.
func (s *step) others(route []UserID) []UserID {
	return slices.DeleteFunc(slices.Clone(route), func(u UserID) bool { return u == s.r.Manager || u == s.r.Rep })
}

// askNext asks the next on the route: two at once if the time is short.
func (s *step) askNext() {
	g := &s.r.Grant
	s.restartTimers()
	n := 1
	if g.Short {
		n = 2
	}
	for ; n > 0 && g.Asked < len(g.Route); n-- {
		who := g.Route[g.Asked]
		g.Asked++
		s.tellOther(KindAsk, who, While{Grant: []GrantState{Asked}})
	}
}

// restartTimers starts the timers of what is asked for: at now, for it is only now that somebody
// is asked or the call is moved, however long ago it was due.
func (s *step) restartTimers() {
	g := &s.r.Grant
	g.Since, g.Reminded = s.now, false
	g.Short = g.Until.Sub(s.now) < ShortNotice
}

// moveAsked goes on with a question whose call was moved. Where time has become short,
// the second is asked, too.
func (s *step) moveAsked() {
	g := &s.r.Grant
	if g.Until = s.r.Starts; g.Until.Before(s.now) {
		g.Until = s.now // it runs: the question ends here
	}
	s.restartTimers()
	if g.Short && g.Asked == 1 && g.Until.After(s.now) && g.Asked < len(g.Route) {
		g.Asked = 2
		s.tellOther(KindAsk, g.Route[1], While{Grant: []GrantState{Asked}})
	}
}

// settled tells everybody whom a grant concerns how it ended: in place, and by one DM to
// the manager and to those who were asked and did not decide.
func (s *step) settled(by UserID) {
	s.refresh(KindAsk, KindRemind, KindApproverReminder, KindGlass)
	is := While{Grant: []GrantState{s.r.Grant.State}}
	s.say(KindSettled, is)
	for _, who := range s.r.Grant.Askees() {
		if who != by {
			s.tell(KindElsewhere, who, is)
		}
	}
	s.inform(Unmet)
}

func (a Approve) do(s *step) error { return s.answered("approve", Reconsider{By: a.By, Yes: true}) }
func (a Decline) do(s *step) error {
	return s.answered("decline", Reconsider{By: a.By, Coach: a.Coach})
}

func (a Reconsider) do(s *step) error { return s.answered("reconsider", a) }

// Changes says whether the answer is another one than the approver's own that stands before the call.
func (a Reconsider) Changes(r Request) bool {
	g := r.Grant
	other := g.State == Given && !a.Yes || g.State == Declined && (a.Yes || g.CoachFirst != a.Coach)
	return other && a.By != "" && g.By == a.By && r.Decision == Decided(ladder.TakeOver) && r.Phase == Before
}

// answered is an approver's answer, by the row of that action.
func (s *step) answered(action string, a Reconsider) error {
	again := action == "reconsider"
	switch err := s.allowed(action, a.By); {
	case err != nil:
		return err
	case again && !s.now.Before(s.r.Starts.Add(-ShortNotice)):
		return ErrTooLate
	case again && !a.Changes(s.r):
		return nil
	case again:
		s.refresh(KindSettled)
	case a.Coach:
		action = "coach-first"
	}
	g := &s.r.Grant
	g.State, g.Until, g.By, g.At, g.EverGiven, g.CoachFirst = Declined, time.Time{}, a.By, s.now, a.Yes, a.Coach
	if a.Yes {
		g.State, g.Until, g.Word = Given, s.r.Ends.Add(GrantTail), ""
	}
	s.moved(a.By, action)
	s.settled(a.By)
	return nil
}

func (a Sentence) do(s *step) error {
	switch {
	case a.By == "" || !slices.Contains(s.r.Grant.Askees(), a.By):
		return ErrNotYours
	case !s.r.Open():
		return ErrOver
	case s.r.Grant.State != Declined || s.r.Grant.By != a.By: // things went on meanwhile
		return ErrNotNow
	}
	if s.r.Grant.Word == a.Text {
		return nil
	}
	s.r.Grant.Word = a.Text
	s.moved(a.By, "sentence")
	s.refresh(KindSettled, KindAsk, KindRemind, KindApproverReminder)
	return nil
}

func (a BreakGlass) do(s *step) error {
	if err := s.allowed("break-glass", a.By); err != nil {
		return err
	}
	if a.Reason == "" {
		return ErrReason
	}
	s.glass(a.Reason, a.Around.Route)
	s.moved(a.By, "break-glass")
	s.tellGlass()
	return nil
}

// glass takes over at once: granted, marked, with its reason.
func (s *step) glass(reason string, route []UserID) {
	g := &s.r.Grant
	if len(g.Route) == 0 {
		g.Route = s.others(route)
	}
	g.State, g.Until, g.By, g.At, g.EverGiven = Given, s.r.Ends.Add(GrantTail), "", s.now, true
	g.BreakGlass, g.Reason, g.CoachFirst, g.Word = true, reason, false, ""
}

// tellGlass tells all who could have been asked; those who were see it in place, too.
func (s *step) tellGlass() {
	s.refresh(KindAsk, KindRemind, KindApproverReminder, KindSettled)
	for _, who := range s.r.Grant.Route {
		s.tellOther(KindGlass, who, While{Grant: []GrantState{Given, Returned, Expired}})
	}
	s.inform(Unmet)
}

// awaited does what is due while an answer is waited for: a reminder at half of the time,
// the next approver at three quarters, the end at its end.
func (s *step) awaited(at time.Time) {
	g := &s.r.Grant
	switch {
	case !s.now.Before(g.Until): // whatever else was due before it comes too late
		g.State, g.At = Expired, g.Until
		s.movedAt("", "grant-expires", g.Until)
		s.settled("")
	case !g.Reminded:
		g.Reminded = true
		s.movedAt("", "remind", at)
		if n := len(g.Askees()); n > 0 {
			s.tellOther(KindRemind, g.Route[n-1], While{Grant: []GrantState{Asked}})
		}
	default:
		s.movedAt("", "escalate", at)
		s.askNext()
	}
}

func (a Nudge) do(s *step) error {
	if err := s.allowed("nudge", a.By); err != nil {
		return err
	}
	g := &s.r.Grant
	if !g.Nudged.IsZero() && s.now.Before(g.Nudged.Add(NudgeEvery)) {
		return ErrNudged
	}
	g.Nudged = s.now
	s.moved(a.By, "nudge")
	for _, who := range g.Askees() {
		s.tellOther(KindApproverReminder, who, While{Grant: []GrantState{Asked}})
	}
	return nil
}

func (a Return) do(s *step) error {
	if err := s.allowed("return", a.By); err != nil {
		return err
	}
	s.r.Grant.State, s.r.Grant.By, s.r.Grant.At = Returned, a.By, s.now
	s.moved(a.By, "return")
	s.refresh(grantKinds...)
	s.inform(Unmet)
	return nil
}

// do asks the next approver instead, or gives the decision back to the manager.
func (a Gone) do(s *step) error {
	if a.Who == s.r.Rep && s.alone() {
		s.moved("", "rep-gone")
	}
	g := &s.r.Grant
	i := slices.Index(g.Route, a.Who)
	if g.State != Asked || i < 0 {
		return nil
	}
	wasLast := i == g.Asked-1
	g.without(a.Who)
	s.moved("", "passed-over")
	switch {
	case len(g.Route) == 0:
		s.nobody()
	case wasLast && g.Asked < len(g.Route):
		s.askNext()
	}
	return nil
}

// nobody gives the decision back to the manager: there is nobody who could agree.
func (s *step) nobody() {
	s.r.Grant.State, s.r.Grant.At = Expired, s.now
	s.moved("", "nobody-to-ask")
	s.settled("")
}
