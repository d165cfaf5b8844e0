package nudges

import (
	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

// askWord asks the rep, or, until they have said whose rep they are, that first. Without
// anybody to ask, the manager gets words to copy.
func (s *step) askWord(bond BondState) {
	if s.r.Phase != Before || s.r.Word.State == WordAsked || s.r.Word.State == WordGiven {
		return
	}
	switch {
	case s.r.Rep == "":
		s.say(KindNote, While{Phase: []Phase{Before}})
	case bond == NotMyBoss:
		s.r.Word.State = WordRefused
		s.say(KindNote, While{Phase: []Phase{Before}})
	case bond == Met:
		s.r.Word.State = WordAsked
		s.tellOther(KindWord, s.r.Rep, While{Phase: []Phase{Before}})
	default:
		s.r.Word.State = WordWaits
		s.meet(bond)
	}
}

// WaitsForBond says whether something waits for the rep to say whose rep they are.
func (r Request) WaitsForBond() bool {
	return r.Word.State == WordWaits || r.Claim == ClaimWaits || r.Planned == ClaimWaits || r.Note == NoteWaits ||
		r.Debrief.State == DebriefWaits
}

// meet asks the rep whose rep they are: once, ever.
func (s *step) meet(bond BondState) {
	s.shown() // the card says that something waits
	if bond == Unmet && s.bond == Unmet {
		s.bond = Meeting
		s.tellOther(KindMeet, s.r.Rep, While{})
	}
}

// claim tells the rep that they are said to have asked, once the manager is to join for it. While the call runs it is
// not told, for the rep may be sharing a screen: the debrief brings it, if the manager was on the call.
func (s *step) claim(bond BondState) {
	joins := s.r.joins()
	if s.r.Phase == After || s.r.Phase == Debrief {
		_, joins = s.r.Joined()
	}
	if s.r.Claim == ClaimWaits && !joins {
		s.r.Claim = NoClaim
	}
	told := s.r.Claim != NoClaim || s.r.Word.Answer == PleaseJoin
	never := s.r.Way == ByAsk || s.r.Rep == "" || s.r.IsPlanned() || !s.r.SaidAsked()
	if told || never || !joins || s.r.Phase == During {
		return
	}
	switch bond {
	case NotMyBoss:
	case Met:
		s.r.Claim = ClaimTold
		s.tellOther(KindClaim, s.r.Rep, While{Joins: true, Phase: []Phase{Before, After, Debrief}})
	default:
		s.r.Claim = ClaimWaits
		s.meet(bond)
	}
}

// SaidAsked says whether the manager says that the rep asked them in.
func (r Request) SaidAsked() bool {
	before, during := r.Answers[verdict.Q7] == verdict.AskedMeIn, r.Answers[verdict.QAskedIn] == verdict.ByRep
	return r.Claim != ClaimWrong && (before || during)
}

func (a Guess) do(s *step) error {
	if err := s.allowed("guess", a.By); err != nil {
		return err
	}
	if s.r.Word.State == WordGiven {
		return ErrNotNow // a guess after the answer is none
	}
	s.r.Word.Guess = a.Text
	return nil
}

func (a Meet) do(s *step) error {
	if err := s.allowed("meet", a.By); err != nil {
		return err
	}
	w, c, n := s.r.Word.State, s.r.Claim, s.r.Note
	waited := s.r.WaitsForBond()
	s.refresh(KindMeet, KindUnmet)
	if s.r.Word.Refused = !a.Yes; !a.Yes {
		a.refuse(s, waited)
		return nil
	}
	// After a no, "yes, after all" goes on with what the no had ended.
	refused := w == WordRefused && s.r.Phase == Before
	untold := c == NoClaim && s.r.joins() && s.r.SaidAsked()
	_, joined := s.r.Joined()
	left := joined && s.r.Phase == Debrief && s.r.Debrief.State == DebriefQuiet && s.r.Debrief.By == "" &&
		!s.r.Debrief.Logged()
	if !waited && !refused && !untold && !left {
		return nil
	}
	s.moved(a.By, "my-manager")
	if w == WordWaits || refused {
		s.r.Word.State = NoWord
		s.askWord(Met)
		s.refresh(KindWord)
	}
	if c == ClaimWaits || untold {
		s.r.Claim = NoClaim
		s.claim(Met)
	}
	if s.r.Planned == ClaimWaits {
		s.tellPlan(Met)
	}
	switch {
	case n != NoteWaits:
	case s.r.Phase == Before && s.r.NoteHolds(s.r.NoteKey):
		s.postNote()
	default:
		s.missNote()
	}
	switch {
	case joined && s.r.Debrief.State == DebriefWaits, left:
		s.r.Debrief.State = DebriefReady
		s.refresh(KindHow)
	case s.r.Debrief.State == DebriefWaits:
		s.askWhere("")
	}
	return nil
}

// refuse ends what waited for a yes. The manager hears of it if anything did.
func (a Meet) refuse(s *step, waited bool) {
	if w := s.r.Word.State; w == WordWaits || w == WordAsked {
		waited = true
		s.r.Word.State = WordRefused
		s.refresh(KindWord)
	}
	if s.r.Claim == ClaimWaits {
		s.r.Claim = NoClaim
	}
	if s.r.Note == NoteWaits {
		s.dropNote()
	}
	if s.r.Planned == ClaimWaits { // nobody has heard of it
		s.unplan(a.By, NoClaim, "plan-unmet")
	}
	if s.alone() || waited {
		s.moved(a.By, "not-my-manager")
		if !a.Told {
			s.say(KindUnmet, While{})
		}
	}
}

// do tells the manager about a note that came too close to the call to be sent, and about a question to
// the rep that the call has overtaken. A claim that nothing came of was not told.
func (a Missed) do(s *step) error {
	if a.Kind == KindWord && s.r.Word.State == WordAsked {
		return Unheard{s.r.Rep}.do(s)
	}
	if a.Kind == KindClaim && s.r.Claim == ClaimTold && s.r.Phase != Done {
		s.r.Claim = NoClaim // told if it comes to that again
	}
	another := a.Key != s.r.NoteKey && s.r.NoteKey != ""
	if a.Kind != KindFromManager || another || s.r.Note != NoteSent || s.r.Phase == Done {
		return nil
	}
	s.missNote()
	return nil
}

func (a Reply) do(s *step) error {
	if err := s.allowed("reply", a.By); err != nil {
		return err
	}
	if s.r.Word.State != WordAsked && s.r.Word.State != WordGiven || s.r.Way == ByAsk {
		return ErrNotNow
	}
	if s.r.Word.State == WordGiven && s.r.Word.Answer == a.Answer {
		return nil
	}
	s.r.Word.State, s.r.Word.Answer, s.r.Word.At, s.r.Word.Unanswered = WordGiven, a.Answer, s.now, true
	switch a.Answer {
	case GotThis, CoachMe:
		said := verdict.LeadAlone
		if a.Answer == CoachMe {
			said = verdict.SomeCoaching
		}
		s.r.put(verdict.Q7, said)
		s.r.put(verdict.QFor, "")
		if s.r.Claim == ClaimRight { // said before; a claim from now on is a new one
			s.r.Claim = NoClaim
		}
	case PleaseJoin:
		s.r.put(verdict.Q7, verdict.AskedMeIn)
		if s.r.Answers[verdict.QFor] == "" {
			s.r.put(verdict.QFor, verdict.ForCoPilot)
		}
		s.r.Claim = ClaimRight
	default:
		return ErrUnknown
	}
	s.moved(a.By, "reply")
	s.r.Word.Seq = s.r.Seq
	if asked, _ := s.r.Asked(); asked != ladder.Coach && s.r.certain() == Decided(asked) {
		s.heard(Decided(asked)) // it was decided so already; a coaching may be one that waited for this word
	}
	s.refresh(KindWord, KindReply, KindClaim, KindAsk, KindRemind, KindApproverReminder, KindGlass)
	s.tellOther(KindReply, s.r.Manager, While{Phase: []Phase{Before, During}})
	return nil
}

func (a Help) do(s *step) error {
	if err := s.allowed("reply", a.By); err != nil {
		return err
	}
	if s.r.Word.State != WordGiven {
		return ErrNotNow
	}
	if s.r.Word.Help == a.Text {
		return nil
	}
	s.r.Word.Help = a.Text
	s.moved(a.By, "help")
	s.refresh(KindWord, KindReply, KindPulled)
	return nil
}

func (a Correct) do(s *step) error {
	if err := s.allowed("correct", a.By); err != nil {
		return err
	}
	if s.r.Claim == NoClaim || s.r.Claim == ClaimWaits {
		return ErrNotNow
	}
	is := ClaimWrong
	if a.Right {
		is = ClaimRight
	}
	if s.r.Claim == is {
		return nil
	}
	was := s.r.Claim
	s.r.Claim = is
	switch {
	case s.r.Phase != Before:
	case !a.Right && s.r.Answers[verdict.Q7] == verdict.AskedMeIn:
		s.r.put(verdict.Q7, verdict.NotYet)
		s.r.put(verdict.QFor, "")
	case a.Right && was == ClaimWrong && s.r.Answers[verdict.Q7] == verdict.NotYet:
		s.r.put(verdict.Q7, verdict.AskedMeIn)
	}
	s.moved(a.By, "claim-"+string(is))
	if a.Right && s.r.owes() {
		s.heard(s.r.certain()) // the message that they have just tapped says it
	}
	s.refresh(KindClaim, KindAsk, KindRemind, KindApproverReminder, KindGlass, KindCorrected)
	if !a.Right {
		s.say(KindCorrected, While{Phase: []Phase{Before, During, After, Debrief}})
	}
	return nil
}

func (a EndCoaching) do(s *step) error {
	if err := s.allowed("coaching", a.By); err != nil {
		return err
	}
	s.r.Coaching.At, s.r.Coaching.Skill = s.now, a.Skill
	if s.r.NoteText == "" {
		s.dropNote() // there is something new to tell
	}
	s.moved(a.By, "coached")
	s.inform(Unmet) // to ask the rep first was a coaching, too, and told nothing
	if a.Skill != "" {
		s.remember(LedgerEntry{Skill: a.Skill, At: s.now})
	}
	return nil
}

// remember notes something for the ledger, about this request's rep and deal.
func (s *step) remember(e LedgerEntry) {
	if s.r.Rep == "" {
		return
	}
	e.Manager, e.Rep, e.Deal = s.r.Manager, s.r.Rep, s.r.Deal
	if e.Skill == "" {
		e.Skill = s.r.Skill
	}
	s.learned = append(s.learned, e)
}

func (a TakeBack) do(s *step) error {
	if err := s.allowed("take-back", a.By); err != nil {
		return err
	}
	s.withdraw(a.By, "take-back")
	return nil
}

// do tells the manager once that the rep cannot be reached.
func (a Unheard) do(s *step) error {
	if a.Who != s.r.Rep || s.r.Phase == Done {
		return nil
	}
	s.alone()
	if s.r.NoteText != "" {
		s.dropNote()
	}
	if s.r.Word.State == WordUnheard {
		return nil
	}
	s.r.Word.State = WordUnheard
	s.moved("", "unheard")
	s.say(KindUnheard, While{Phase: []Phase{Before, During, After, Debrief}})
	return nil
}

// erase takes out of a request that is done what was said between the two, and the rep's words out of what was shown.
func (s *step) erase() {
	if s.r.NoteText != "" {
		s.dropNote()
	}
	if s.r.Word == (Word{}) {
		return
	}
	s.r.Word = Word{State: s.r.Word.State}
	s.refresh(KindWord, KindReply, KindPulled)
}
