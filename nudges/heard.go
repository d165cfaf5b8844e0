package nudges

import (
	"cmp"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

// Spoke says whether the rep has said themselves what they want.
func (r Request) Spoke() bool {
	took := r.Word.Answer == PleaseJoin && r.Claim == ClaimWrong // "please join", and later "I didn't ask"
	return r.Way == ByAsk || r.Claim == ClaimRight || r.Word.Answer != "" && !took
}

// Asked is the step that the rep asked for, in their own words or, until there are any, in the manager's. False if
// nothing was asked for.
func (r Request) Asked() (ladder.Rung, bool) {
	spoke := r.Spoke()
	switch {
	case !spoke && !r.SaidAsked():
		return "", false
	case spoke && r.Claim != ClaimRight && r.Word.Answer == GotThis:
		return ladder.HoldBack, true
	case spoke && r.Claim != ClaimRight && r.Word.Answer == CoachMe:
		return ladder.Coach, true
	case r.Answers[verdict.QFor] == verdict.ForListen:
		return ladder.Listen, true
	}
	return ladder.CoPilot, true
}

// Awaited is the step that the rep asked for themselves, unless they lead alone by their own word or the manager's.
func (r Request) Awaited() (ladder.Rung, bool) {
	asked, _ := r.Asked()
	answered := r.Heard == Decided(ladder.HoldBack) && !r.Word.Unanswered
	return asked, r.Spoke() && asked != ladder.HoldBack && !answered
}

// certain is what the rep may know: what is decided and, where it must be, agreed; "" for nothing new.
func (r Request) certain() Decision {
	switch {
	case r.Decision == Undecided || r.Decision == Decided(ladder.TakeOver) && r.Grant.State == Asked:
		return ""
	case r.Decision != Decided(ladder.TakeOver) || r.Grant.State == Given:
		return r.Decision
	case r.Heard == Decided(ladder.TakeOver): // it was agreed, and is no more: the rep leads, and nothing is settled on
		return Undecided
	}
	return ""
}

// owes says whether the rep waits to hear what is certain: they spoke after it was decided, or were told otherwise.
// Nobody is told of somebody who is not their manager.
func (r Request) owes() bool {
	news := r.Heard != r.certain() || r.Word.Unanswered
	return !r.Word.Refused && r.certain() != "" && (r.Spoke() || r.Heard != "") && news
}

// inform tells the rep what is certain: in place, and by a message if it is another step than they asked for or
// were told. Only an answer to a rep who asked for help disturbs a running call. Someone who neither spoke nor was
// told anything hears nothing, and nobody hears why, or what else was considered.
func (s *step) inform(bond BondState) {
	if s.r.Note == NoteSent && s.r.NoteText != "" && !s.r.NoteHolds(s.r.NoteKey) {
		s.dropNote()
	}
	if bond == NotMyBoss || !s.r.owes() {
		return
	}
	is, was, last, hold := s.r.certain(), s.r.Heard, s.r.Heard, Decided(ladder.HoldBack)
	if asked, _ := s.r.Asked(); s.r.Spoke() && (was == "" || s.r.Word.Unanswered) {
		last = Decided(asked)
	}
	if is == Withdrawn && last == hold && cmp.Or(was, hold) == hold {
		return // who leads alone misses nobody
	}
	s.heard(is)
	until := s.r.Starts
	if s.r.Way == ByAsk {
		until = s.r.Ends
	}
	if (is != last || was != "" && is != was) && s.now.Before(until) {
		s.r.AnswerKey = s.tell(KindAnswered, s.r.Rep, While{Heard: is, By: until})
	}
}

// heard notes what the rep was told, and shows it in the messages that they have.
func (s *step) heard(is Decision) {
	s.r.Heard, s.r.NoteWas, s.r.Word.Unanswered = is, is, false
	s.refresh(KindWord, KindClaim, KindPulled)
}
