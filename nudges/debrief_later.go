package nudges

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"stepin/nudges/ladder"
)

func (a CallMoved) do(s *step) error {
	if err := s.allowed("call-moved", a.By); err != nil {
		return err
	}
	if s.r.Debrief.State == DebriefMoved {
		return nil
	}
	if s.r.Way == ByDebrief { // nobody has paused for it: there is nothing to keep
		s.endDebrief(a.By, EndAway)
		return nil
	}
	s.forgetTook()
	s.r.Debrief.State, s.r.Debrief.Closing = DebriefMoved, ""
	s.moved(a.By, "call-moved")
	s.refresh(debriefKinds...)
	return nil
}

// do brings the request back to where it stood before the call. The decision still holds. A grant was
// for the old time, so it is given or asked for again, unless it was declined or handed back.
func (a Reschedule) do(s *step) error {
	if err := s.allowed("reschedule", a.By); err != nil {
		return err
	}
	switch {
	case s.r.Debrief.State != DebriefMoved:
		return ErrNotNow
	case a.Length <= 0 || a.Length > MaxLength || !a.Starts.After(s.now): // on one that runs, nothing is to be weighed
		return ErrPast
	}
	s.r.Starts, s.r.Ends = a.Starts, a.Starts.Add(a.Length)
	s.r.Debrief = Debriefing{}
	s.r.Phase, s.r.Present = Before, false
	// The messages about the debrief that was not show from now on that the call has moved, and those about
	// an agreement that has ended with it, that it has.
	for _, o := range s.r.Others {
		if slices.Contains(debriefKinds, o.Kind) {
			s.rewrite(o)
		}
	}
	s.r.Others = slices.DeleteFunc(s.r.Others, func(o Sent) bool {
		return slices.Contains(debriefKinds, o.Kind) || slices.Contains(grantKinds, o.Kind)
	})
	if g := s.r.Grant.State; s.r.Decision == Decided(ladder.TakeOver) && g != Declined && g != Returned {
		s.settle(a.By, ladder.TakeOver, "reschedule", a.Around, s.r.Grant.Reason)
		return nil
	}
	s.moved(a.By, "reschedule")
	return nil
}

// do posts the debrief elsewhere: in a group DM instead of the channel, and failing that, in a DM to each
// of the two. The manager is told why, once: if the channel is mended, the group DM need not be.
func (a Displaced) do(s *step) error {
	d := &s.r.Debrief
	if d.Root == "" || d.State != DebriefShared || s.r.Phase != Debrief {
		return nil
	}
	if a.Key != d.Root {
		if a.Trouble == TroubleUnclear && slices.Contains(asksKinds, a.Kind) && !slices.Contains(d.Unclear, a.Kind) {
			d.Trouble, d.Unclear = a.Trouble, append(d.Unclear, a.Kind)
			s.moved("", "unclear")
			if len(d.Unclear) == 1 {
				s.tellOther(KindUnclear, s.r.Manager, While{Phase: []Phase{Debrief}})
			}
		}
		return nil
	}
	if d.Place == InGroup && a.Trouble != TroubleUnclear {
		a.Trouble = TroubleNoGroup
	}
	s.r.Others = slices.DeleteFunc(s.r.Others, func(o Sent) bool { return o.Key == a.Key })
	if a.Trouble == TroubleUnclear { // it may be there: said once more only at somebody's word
		d.Trouble, d.Root = a.Trouble, ""
		s.moved("", "unclear")
		s.tellOther(KindUnclear, s.r.Manager, While{Phase: []Phase{Debrief}})
		return nil
	}
	d.Trouble = cmp.Or(d.Trouble, a.Trouble)
	if d.Place == InChannel {
		d.Place = InGroup
	} else {
		d.Place = InDMs
	}
	s.moved("", "displaced")
	s.refresh(KindHow, KindWhere)
	if !d.Told {
		d.Told = true
		s.tell(KindDisplaced, s.r.Manager, While{Phase: []Phase{Debrief}})
	}
	s.postRoot()
	return nil
}

func (a Repost) do(s *step) error {
	if err := s.allowed("repost", a.By); err != nil {
		return err
	}
	d := &s.r.Debrief
	if d.State != DebriefShared || d.Trouble != TroubleUnclear {
		return ErrNotNow
	}
	missing := d.Unclear
	d.Trouble, d.Unclear = NoTrouble, nil
	s.moved(a.By, "repost")
	s.refresh(KindUnclear)
	if len(missing) > 0 && d.Root != "" {
		s.postAsks(missing)
	} else {
		s.postRoot()
	}
	return nil
}

func (a FeltTrusted) do(s *step) error {
	if err := s.allowed("trust", a.By); err != nil {
		return err
	}
	if s.r.Debrief.Trusted {
		return ErrNotNow
	}
	s.r.Debrief.Trusted = true // without a transition, whose moment would lead to the answer
	return nil
}

// remindOf does what is due of a debrief that nobody has logged: a DM to its owner, which is one
// for all debriefs of that day, and then, in the thread, a message to both.
func (s *step) remindOf(at time.Time) {
	d := &s.r.Debrief
	if !d.Reminded && at.Equal(d.RemindAt) {
		d.Reminded = true
		s.movedAt("", "chase", at)
		m := Message{
			Key: DebriefReminderKey(s.r.Manager, d.RemindOn), Kind: KindDebriefReminder, To: s.r.Manager,
			Unsolicited: true,
			Due:         s.now, While: While{By: at.Add(remindLate)},
		}
		s.says = append(s.says, m)
		s.r.Others = append(s.r.Others, Sent{m.Key, m.Kind, m.To})
		return
	}
	d.ThreadReminded = true
	s.movedAt("", "nag", at)
	s.thread(KindThreadReminder)
	m := &s.says[len(s.says)-1]
	m.While.By = at.Add(remindLate)
	s.r.Others = append(s.r.Others, Sent{m.Key, m.Kind, m.To})
}

// place is where the thread is: a channel, or the rep with whom the manager has a group DM.
func (s *step) place() (channel string, with UserID) {
	switch s.r.Debrief.Place {
	case InChannel:
		return s.r.Debrief.Channel, ""
	case InGroup:
		return "", s.r.Rep
	default:
		return "", ""
	}
}

// remindLate is how late the owner may be reminded: part of a working day.
const remindLate = 4 * time.Hour

// DebriefReminderKey is the identity of the one message that reminds somebody of their debriefs on a date.
func DebriefReminderKey(to UserID, day Date) string {
	return fmt.Sprintf("%s/%s/%s", KindDebriefReminder, to, day)
}

// do moves the manager's reminder to another day, if it is still of use then.
func (a RemindOfDebriefsLater) do(s *step) error {
	d := &s.r.Debrief
	if s.r.Phase == Debrief && d.Reminded && a.At.After(s.now) {
		d.Reminded, d.RemindAt, d.RemindOn = false, a.At, a.On
		s.r.Others = slices.DeleteFunc(s.r.Others, func(o Sent) bool { return o.Kind == KindDebriefReminder })
	}
	return nil
}

// OfTheTwo says whether somebody is one of the two who talk the call over: its manager, or the rep
// once they have had a part in it.
func (r Request) OfTheTwo(u UserID) bool {
	return u == r.Manager || u != "" && u == r.Rep && r.Debrief.WasShared()
}
