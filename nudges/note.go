package nudges

import (
	"time"

	"stepin/nudges/ladder"
)

func (a TakeNote) do(s *step) error {
	if err := s.allowed("note", a.By); err != nil {
		return err
	}
	if s.r.Note == NoNote {
		s.r.Note = NoteTaken
	}
	s.moved(a.By, "note")
	s.say(KindTrust, While{})
	return nil
}

// MayTell says whether the manager is asked to tell the rep that they join: before the call, until the rep
// has heard. What the two planned is no news. A rep's new word comes first: it is answered by a decision.
func (r Request) MayTell(now time.Time) bool {
	rung, _ := r.Decision.Rung()
	return rung.Joins() && !r.IsPlanned() && r.Heard != r.Decision && r.Note != NoteWaits && !r.Word.Unanswered &&
		r.Word.State != WordUnheard && r.TellError(r.Manager, now) == nil
}

// TellError is why somebody cannot send the rep a note now; nil if they can. On a call that runs the rep may share a
// screen.
func (r Request) TellError(by UserID, now time.Time) error {
	s := &step{r: r, now: now}
	switch err := s.allowed("tell", by); {
	case err != nil:
		return err
	case !now.Before(r.Starts):
		return ErrTooLate
	case r.Rep == "", r.Way == ByNow, r.Decision == Decided(ladder.TakeOver) && r.Grant.State != Given:
		return ErrNotNow
	case r.Note == NoteSent:
		return ErrTold
	}
	return nil
}

func (a Tell) do(s *step) error {
	switch err := s.r.TellError(a.By, s.now); {
	case err != nil:
		return err
	case s.r.DecidedSeq > a.Seen:
		return ErrStale
	case a.Bond == NotMyBoss:
		return ErrUnmet
	}
	s.r.NoteText = a.Text
	s.refresh(KindSettled)
	if a.Bond == Met {
		s.postNote()
		return nil
	}
	s.r.Note = NoteWaits
	s.moved(a.By, "note-waits")
	s.meet(a.Bond)
	return nil
}

func (s *step) postNote() {
	s.r.Note = NoteSent
	s.moved(s.r.Manager, "note-sent")
	s.r.NoteKey = s.tell(KindFromManager, s.r.Rep, While{Phase: []Phase{Before}, By: s.r.Starts})
	was := s.r.Heard
	s.heard(s.r.Decision)
	s.r.NoteWas = was
}

// NoteHolds says whether the note in the message of that key is still to be said. Another decision has dropped it.
func (r Request) NoteHolds(key string) bool {
	agreed := r.Decision != Decided(ladder.TakeOver) || r.Grant.State == Given
	return key == r.NoteKey && r.NoteText != "" && agreed && r.Decision != Withdrawn
}

// dropNote forgets the note: what it says is not so any more. One that is on its way told the rep nothing.
func (s *step) dropNote() {
	if s.r.Note == NoteSent && s.r.NoteText != "" {
		s.r.Heard = s.r.NoteWas
		s.refresh(KindWord, KindClaim, KindPulled)
	}
	s.r.Note, s.r.NoteText, s.r.NoteKey, s.r.NoteWas = NoNote, "", "", ""
}

// missNote tells the manager that the note did not go.
func (s *step) missNote() {
	s.dropNote()
	s.r.Note = NoteTaken
	s.moved("", "note-missed")
	s.say(KindNoteMissed, While{})
}
