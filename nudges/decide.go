package nudges

import (
	"slices"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

func (a Write) do(s *step) error {
	if err := s.allowed("close", a.By); err != nil {
		return err
	}
	s.r.Plan = a.Plan
	s.r.put(s.r.PlanQuestion(), verdict.OwnPlan)
	s.shown()
	return nil
}

func (a Withdraw) do(s *step) error {
	if err := s.allowed("withdraw", a.By); err != nil {
		return err
	}
	s.withdraw(a.By, "withdraw")
	return nil
}

func (a Answer) do(s *step) error {
	action := "answer"
	if a.Question == verdict.QPlan || a.Question == verdict.QHandBack || a.Question == verdict.QMotive {
		action = "close"
	}
	if err := s.allowed(action, a.By); err != nil {
		return err
	}
	if a.Option != "" && !verdict.Known(a.Question, a.Option) {
		return ErrUnknown
	}
	if action == "answer" && s.r.Decision != Undecided && s.r.Phase != Before {
		return ErrStarted
	}
	if s.r.Answers[a.Question] == a.Option {
		return nil
	}
	s.r.put(a.Question, a.Option)
	if (a.Question == verdict.QPlan || a.Question == verdict.QHandBack) && a.Option != verdict.OwnPlan {
		s.r.Plan = ""
	}
	if a.Question == verdict.Q7 && a.Option == verdict.AskedMeIn && s.r.Claim == ClaimWrong {
		s.r.Claim = NoClaim // said again, so told again
	}
	if a.Question == verdict.Q7 && a.Option != verdict.AskedMeIn {
		s.r.put(verdict.QFor, "")
	}
	if action == "close" {
		s.shown()
	}
	return nil
}

// put changes one answer; a blank leaves no entry.
func (r *Request) put(q verdict.QuestionID, o verdict.OptionID) {
	if o == "" {
		delete(r.Answers, q)
		return
	}
	if r.Answers == nil {
		r.Answers = verdict.Answers{}
	}
	r.Answers[q] = o
}

func (a Describe) do(s *step) error {
	if err := s.allowed("describe", a.By); err != nil {
		return err
	}
	same := a.Rep == s.r.Rep && a.Deal == s.r.Deal && a.Skill == s.r.Skill && a.Starts.Equal(s.r.Starts) &&
		a.Starts.Add(a.Length).Equal(s.r.Ends)
	if same {
		return nil
	}
	if s.r.Decision != Undecided && s.r.Phase != Before {
		return ErrStarted
	}
	if a.Length <= 0 || a.Length > MaxLength || !a.Starts.Add(a.Length).After(s.now) {
		return ErrPast
	}
	another := a.Rep != s.r.Rep || NormalDeal(a.Deal) != NormalDeal(s.r.Deal)
	if another && s.r.IsPlanned() && s.r.Decision == Decided(ladder.TakeOver) { // to lead that one was not planned
		s.unplan(a.By, NoClaim, "plan-ends")
	}
	if a.Rep != s.r.Rep { // what was between the manager and another rep ends
		s.refresh(KindWord, KindClaim, KindPulled, KindReply)
		s.r.Grant.without(a.Rep) // asked about another's call, they are not asked about their own
		s.dropNote()
		theirs := []string{KindUnplanned, KindUnmet}
		s.r.Others = slices.DeleteFunc(s.r.Others, func(o Sent) bool { return slices.Contains(theirs, o.Kind) })
		s.r.Word, s.r.Claim, s.r.Heard, s.r.Coaching = Word{}, NoClaim, "", Coaching{}
		if s.r.Way == ByAsk { // this rep has not asked
			s.r.Way = ByPause
			s.r.put(verdict.Q7, "")
			s.r.put(verdict.QFor, "")
		}
	}
	s.r.Rep, s.r.Deal, s.r.Starts, s.r.Ends = a.Rep, a.Deal, a.Starts, a.Starts.Add(a.Length)
	s.r.Skill, s.r.Past, s.r.Phase = a.Skill, a.Past, Before
	if !s.r.Starts.After(s.now) {
		s.r.Phase = During
	}
	if s.r.Grant.State == Given {
		s.r.Grant.Until = s.r.Ends.Add(GrantTail)
	}
	g := s.r.Grant
	askAgain := another && s.r.Policy == ByOthers && (g.State == Asked || g.State == Declined || g.State == Given &&
		!g.BreakGlass)
	if askAgain {
		s.askFor(g.Route, s.r.Starts, g.Reason) // what was said was said about another call
	}
	s.moved(a.By, "describe")
	s.refresh(append(slices.Clone(grantKinds), repKinds...)...)
	s.begins() // no tick sees the start
	switch {
	case askAgain && s.r.Phase == Before && len(s.r.Grant.Route) > 0:
		s.askNext()
	case askAgain:
		s.nobody() // who could answer in no time at all, or if the only one is the rep now?
	case g.State == Asked:
		s.moveAsked()
	}
	s.tick() // moved to a running call, it is overdue at once
	return nil
}

func (a Decide) do(s *step) error {
	if err := s.allowed("decide", a.By); err != nil {
		return err
	}
	if a.Rung.Height() < 0 {
		return ErrUnknown
	}
	if s.r.DecidedSeq > a.Seen { // the clock's transitions decide nothing, and make no screen stale
		return ErrStale
	}
	var missing []verdict.QuestionID
	if !a.AskFirst { // to ask the rep is one tap on every screen
		missing = s.r.Missing(a.Rung)
	}
	if a.Reason != "" || s.r.Grant.Reason != "" { // typed instead of tapped
		missing = slices.DeleteFunc(missing, func(q verdict.QuestionID) bool { return q == verdict.QWhyNot })
	}
	if len(missing) > 0 {
		return &MoreError{missing}
	}
	// else the same rung once more changes nothing
	if s.unsettled(a.Rung) || a.Rung == ladder.TakeOver && s.r.Grant.askable(s.r.Phase) {
		s.settle(a.By, a.Rung, "decide", a.Around, a.Reason)
	} else if a.AskFirst {
		s.moved(a.By, "ask-first")
	}
	if a.AskFirst && !s.r.Spoke() { // what is decided waits for the rep's word
		s.askWord(a.Around.Bond)
		return nil
	}
	s.tellRep(a.By, a.Around.Bond)
	return nil
}

func (a DecideNow) do(s *step) error {
	if err := s.allowed("decide-now", a.By); err != nil {
		return err
	}
	if s.r.DecidedSeq > a.Seen { // the clock's transitions decide nothing, and make no screen stale
		return ErrStale
	}
	var missing []verdict.QuestionID
	for _, q := range verdict.NowAsks {
		if o := a.Answers[q]; o == "" {
			missing = append(missing, q)
		} else if !verdict.Known(q, o) {
			return ErrUnknown
		}
	}
	if len(missing) > 0 {
		return &MoreError{missing}
	}
	rung, ok := verdict.StepRung(a.Answers[verdict.QStep])
	if !ok {
		return ErrUnknown
	}
	by := a.Answers[verdict.QAskedIn]
	if s.r.Claim == ClaimWrong && by == verdict.ByRep && s.r.Answers[verdict.QAskedIn] != by {
		s.r.Claim = NoClaim // said again, so told again
	}
	for _, q := range verdict.NowAsks {
		s.r.put(q, a.Answers[q])
	}
	s.r.Present = rung.Joins() && a.Around.Bond == Met
	if !s.unsettled(rung) && (rung != ladder.TakeOver || s.r.Grant.State == Given) {
		s.tellRep(a.By, a.Around.Bond)
		return nil
	}
	s.settle(a.By, rung, "decide-now", a.Around, a.Reason)
	s.tellRep(a.By, a.Around.Bond)
	return nil
}

// unsettled says whether deciding for the rung changes something. It ends a plan: the rung is the manager's own then.
func (s *step) unsettled(rung ladder.Rung) bool {
	if s.r.IsPlanned() {
		s.r.Planned = NoClaim
		return true
	}
	return Decided(rung) != s.r.Decision
}

// settle takes the rung, and the grant that goes with it.
func (s *step) settle(by UserID, rung ladder.Rung, why string, ar Around, reason string) {
	was := s.r.Grant
	s.r.Decision, s.r.DecidedAt = Decided(rung), s.now
	s.r.Present = s.r.Present && rung.Joins() // who leaves and thinks of joining again isn't there
	s.dropNote()
	if ar.Policy != "" {
		s.r.Policy = ar.Policy
	}
	others := s.r.Policy == ByOthers && s.r.Way != ByAsk && !s.r.IsPlanned()
	s.r.Grant = Grant{State: NoGrant, Route: was.Route, Asked: was.Asked}
	ask, glass := false, false
	switch {
	case rung != ladder.TakeOver:
	case !others:
		s.r.Grant = Grant{State: Given, Until: s.r.Ends.Add(GrantTail), At: s.now, EverGiven: true}
	case !s.r.Starts.After(s.now): // a call that runs waits for nobody
		glass = true
		s.glass(reason, ar.Route)
	default:
		ask = true
		s.askFor(ar.Route, s.r.Starts, reason)
	}
	s.moved(by, why)
	s.r.DecidedSeq = s.r.Seq
	s.refresh(append(slices.Clone(grantKinds), KindReply, KindPulled, KindPlanned)...)
	switch {
	case ask && len(s.r.Grant.Route) == 0:
		s.nobody()
	case ask:
		s.askNext()
	case glass:
		s.tellGlass()
	}
}

// tellRep tells the rep of a decision, and of the claim that they asked for it.
func (s *step) tellRep(by UserID, bond BondState) {
	s.claim(bond)                          // the answers can say so only now
	if len(s.changes) == 0 && s.r.owes() { // decided again, after the rep's word
		s.moved(by, "decide")
		s.r.DecidedSeq = s.r.Seq
	}
	s.inform(bond)
}

// withdraw takes a request off the list.
func (s *step) withdraw(by UserID, why string) {
	s.r.Decision, s.r.DecidedAt = Withdrawn, s.now
	s.r.Phase = Done
	s.r.Grant = Grant{State: NoGrant, Route: s.r.Grant.Route, Asked: s.r.Grant.Asked}
	s.moved(by, why)
	s.refresh(append(slices.Clone(grantKinds), KindWord, KindReply, KindPulled, KindClaim, KindPlanned)...)
	if by == s.r.Manager {
		s.inform(Unmet)
	}
	s.erase()
}
