package nudges

import (
	"slices"
	"strings"
	"time"

	"stepin/nudges/verdict"
)

// debriefKinds are the messages about a debrief that are rewritten in place.
var debriefKinds = []string{
	KindRoot, KindRootDM, KindThreadReminder, KindHow, KindWhere, KindUnclear, KindDebriefReminder,
}

// grantKinds are those about an agreement to take over.
var grantKinds = []string{KindAsk, KindRemind, KindApproverReminder, KindGlass, KindSettled, KindFromHere}

// openBy begins the debrief at now.
func (s *step) openBy(by UserID, f DebriefFacts) {
	d := &s.r.Debrief
	d.By, d.At = by, s.now
	d.RemindAt, d.RemindOn, d.ThreadRemindAt = f.RemindAt, f.RemindOn, f.ThreadRemindAt
}

// do opens the debrief with both people after a call that the manager joined, and with the manager
// alone after any other.
func (a OpenDebrief) do(s *step) error {
	if !s.r.DebriefDue(s.now) {
		return nil // decided meanwhile in another transaction
	}
	f := a.Facts
	s.r.Phase = Debrief
	if f.Elsewhere { // where both are reminded of it
		f.RemindAt, f.RemindOn = time.Time{}, ""
	}
	s.openBy("", f)
	_, joined := s.r.Joined()
	switch {
	case !joined || s.r.Rep == "" || f.RepGone || f.Elsewhere || f.Bond == NotMyBoss:
		s.r.Debrief.State = DebriefQuiet
		s.moved("", "debrief")
		s.how()
	case f.Bond != Met:
		s.r.Debrief.State = DebriefWaits
		s.moved("", "debrief")
		s.how()
		s.meet(f.Bond)
	default:
		s.share("", "debrief", s.bestPlace(f), f)
	}
	if !f.RepGone {
		s.claim(f.Bond)
	}
	return nil
}

func (s *step) bestPlace(f DebriefFacts) Place {
	if f.Channel != "" {
		return InChannel
	}
	return InGroup
}

// how asks the manager, alone, how it went: once.
func (s *step) how() {
	if !s.r.Shows(KindHow) {
		s.tellOther(KindHow, s.r.Manager, While{Phase: []Phase{Debrief}})
	}
}

// Shows says whether a message of that kind shows how the request stands.
func (r Request) Shows(kind string) bool {
	return slices.ContainsFunc(r.Others, func(o Sent) bool { return o.Kind == kind })
}

// share opens it to both, at a place. The thread's own reminder counts from here: the manager may have
// had the debrief alone for days.
func (s *step) share(by UserID, why string, p Place, f DebriefFacts) {
	d := &s.r.Debrief
	d.Kept = d.Manager.Outcome != ""
	d.State, d.Place, d.Channel, d.Trouble, d.Told, d.ThreadRemindAt = DebriefShared, p, f.Channel, NoTrouble, f.Told,
		f.ThreadRemindAt
	d.RepHas = f.DayLater
	d.Asked = DrawQuestions(s.r, f.Avoid)
	s.moved(by, why)
	s.refresh(KindHow, KindWhere)
	s.postRoot()
}

// postRoot posts the debrief at its place: a root, with questions to each of the two in its thread.
func (s *step) postRoot() {
	d := &s.r.Debrief
	if !d.ThreadRemindAt.After(s.now) {
		d.ThreadRemindAt = time.Time{} // a thread that begins now is not reminded of at once
	}
	if d.Place == InDMs {
		d.Root = ""
		for _, who := range []UserID{s.r.Rep, s.r.Manager} {
			s.tellOther(KindRootDM, who, While{})
		}
		return
	}
	m := Message{
		Key: Key(s.r.ID, s.r.Seq, ThreadTo, KindRoot), Kind: KindRoot, To: s.r.Manager, Request: s.r.ID,
		Due: s.now, While: While{Phase: []Phase{Debrief}},
	}
	m.Channel, m.With = s.place()
	d.Root = m.Key
	s.says = append(s.says, m)
	s.r.Others = append(s.r.Others, Sent{m.Key, m.Kind, m.To})
	s.postAsks(asksKinds)
}

// asksKinds are the questions in the thread: the rep's come first.
var asksKinds = []string{KindAsksRep, KindAsksManager}

// postAsks posts questions in the thread, in order, also where they are tried again.
func (s *step) postAsks(kinds []string) {
	before := ""
	for _, kind := range kinds {
		s.thread(kind)
		m := &s.says[len(s.says)-1]
		m.After, before = before, m.Key
	}
}

// thread asks for a message in the thread of the debrief.
func (s *step) thread(kind string) {
	m := Message{
		Key: Key(s.r.ID, s.r.Seq, ThreadTo, kind), Kind: kind, To: s.r.Manager, Request: s.r.ID,
		Thread: s.r.Debrief.Root, Due: s.now, While: While{Phase: []Phase{Debrief}},
	}
	m.Channel, m.With = s.place()
	s.says = append(s.says, m)
}

func (a Together) do(s *step) error {
	if err := s.allowed("together", a.By); err != nil {
		return err
	}
	d := &s.r.Debrief
	switch {
	case d.State == DebriefAsked || d.State == DebriefWaits:
		return nil
	case d.State != DebriefQuiet || s.r.Rep == "":
		return ErrNotNow
	case a.Bond == NotMyBoss:
		return ErrUnmet
	case a.Bond == Met:
		s.askWhere(a.By)
	default:
		d.State = DebriefWaits
		s.moved(a.By, "together")
		s.refresh(KindHow)
		s.meet(a.Bond)
	}
	return nil
}

// BeginTogether is the debrief of a call for which nobody has paused, opened by the manager of the
// rep who led it: the rep is asked where, or first whose rep they are. It is ErrUnmet if they have
// said that this is not their manager.
func BeginTogether(id RequestID, manager, rep UserID, deal string, ended time.Time, bond BondState, f DebriefFacts,
	now time.Time,
) (Outcome, error) {
	s := begunDebrief(id, manager, rep, deal, ended, now)
	s.openBy(manager, f)
	s.r.Debrief.State = DebriefQuiet
	s.moved(manager, "debrief")
	if err := (Together{By: manager, Bond: bond}).do(s); err != nil {
		return Outcome{}, err
	}
	s.how()
	return s.done(), nil
}

// alone leaves a debrief with the manager that was to be with both, for the rep is not there to answer.
func (s *step) alone() bool {
	d := &s.r.Debrief
	if s.r.Phase != Debrief || d.State != DebriefAsked && d.State != DebriefWaits {
		return false
	}
	d.State = DebriefQuiet
	s.refresh(KindHow, KindWhere)
	return true
}

// askWhere asks the rep where to talk it over, if at all.
func (s *step) askWhere(by UserID) {
	s.r.Debrief.State = DebriefAsked
	s.moved(by, "ask-where")
	s.refresh(KindHow)
	s.tellOther(KindWhere, s.r.Rep, While{Phase: []Phase{Debrief}})
}

func (a Where) do(s *step) error {
	if err := s.allowed("where", a.By); err != nil {
		return err
	}
	d := &s.r.Debrief
	switch {
	case d.State == DebriefShared:
		return nil // a second tap
	case d.State != DebriefAsked && d.State != DebriefUnwant:
		return ErrNotNow
	case a.Place != "" && !a.Place.choosable():
		return ErrUnknown
	case a.Place == "":
		if d.State == DebriefUnwant {
			return nil
		}
		d.State = DebriefUnwant
		s.moved(a.By, "not-this-one")
		s.refresh(KindHow, KindWhere)
		return nil
	}
	s.share(a.By, "where", s.placeFor(a.Place, a.Facts), a.Facts)
	return nil
}

// choosable says whether somebody can choose the place; each in their own DM is a way out only.
func (p Place) choosable() bool { return p == InChannel || p == InGroup }

// placeFor is the place that somebody chose: the channel only while there is one.
func (s *step) placeFor(p Place, f DebriefFacts) Place {
	if p == InChannel && f.Channel == "" {
		return InGroup
	}
	return p
}

func (a ShareDebrief) do(s *step) error {
	switch d := s.r.Debrief; {
	case a.By == "" || a.By != s.r.Rep:
		return ErrNotYours
	case !a.Place.choosable():
		return ErrUnknown
	case s.r.Phase == Done || d.State == DebriefMoved:
		return ErrClosed
	case d.State == DebriefShared:
		return nil
	case s.r.Phase != After && s.r.Phase != Debrief:
		return ErrNotNow
	}
	if a.Deal != "" && NormalDeal(a.Deal) == NormalDeal(s.r.Deal) {
		s.r.Deal = a.Deal // as they write it themselves
	}
	s.r.Phase = Debrief
	s.openBy(a.By, a.Facts)
	s.bond = Met
	s.share(a.By, "debrief", s.placeFor(a.Place, a.Facts), a.Facts)
	s.claim(Met)
	return nil
}

func (a LogCall) do(s *step) error {
	if err := s.allowed("log", a.By); err != nil {
		return err
	}
	e := a.Entry
	e.At = s.now
	switch {
	case !slices.Contains(CallOutcomes, e.Outcome), e.Route != "" && !slices.Contains(RouteAnswers, e.Route):
		return ErrUnknown
	case len([]rune(e.Learned)) > MaxEntry, len([]rune(e.Coached)) > MaxEntry, len([]rune(e.Link)) > MaxEntry:
		return ErrUnknown
	}
	was := &s.r.Debrief.Manager
	if a.By != s.r.Manager {
		was = &s.r.Debrief.Rep
	}
	same := *was
	same.At = e.At
	kept := s.r.Debrief.Kept && a.By == s.r.Manager
	if same == e && !kept {
		return nil
	}
	s.r.Debrief.Kept = s.r.Debrief.Kept && !kept
	if s.r.Debrief.State == DebriefMoved { // it was held after all
		s.r.Debrief.State = s.r.Debrief.held()
		s.rememberTook()
	}
	coached := a.By == s.r.Manager && e.Coached != "" && e.Coached != was.Coached
	again := kept || was.Outcome != e.Outcome
	*was = e
	if d := s.r.Debrief.Open(); d.Manager.Outcome != "" && d.Rep.Outcome != "" {
		s.r.Debrief.StandsAt = time.Time{}
	} else if again {
		s.r.Debrief.StandsAt = a.DayLater
	}
	s.moved(a.By, "log")
	s.refresh(debriefKinds...)
	if coached {
		s.remember(LedgerEntry{Skill: e.Coached, At: s.now})
	}
	// The guess is shown beside the outcome, and the plan is asked about: to the manager alone.
	if s.r.Answers[verdict.QEstimate] != "" || a.By == s.r.Manager && s.r.HasPlan() {
		s.how()
	}
	if end := s.r.Debrief.Closing; end != "" && a.By == s.r.Rep { // what it waited for
		s.endDebrief(s.r.Manager, end)
	}
	return nil
}

func (a FollowPlan) do(s *step) error {
	if err := s.allowed("plan", a.By); err != nil {
		return err
	}
	d := &s.r.Debrief
	switch {
	case !slices.Contains(PlanAnswers, a.Answer):
		return ErrUnknown
	case !s.r.HasPlan() || d.Manager.Outcome == "":
		return ErrNotNow
	case d.DidPlan == "":
		d.DidPlan = a.Answer
		s.refresh(KindHow)
	}
	return nil
}

// endDebrief closes it for good, and with it what the manager was granted, for nothing comes after.
func (s *step) endDebrief(by UserID, end DebriefEnd) {
	s.r.Phase, s.r.Debrief.End, s.r.Debrief.EndBy, s.r.Debrief.Closing = Done, end, by, ""
	if s.r.Debrief.State == DebriefMoved {
		s.r.Debrief.State = s.r.Debrief.held()
	}
	if s.r.Grant.State == Given {
		s.r.Grant.State = Expired
		s.refresh(grantKinds...)
	}
	s.moved(by, string(end))
	s.refresh(debriefKinds...)
	s.refresh(KindClaim, KindPlanned)
	s.erase()
}

// close closes the debrief at somebody's word: at once, or once the rep has had their time.
func (s *step) close(by UserID, end DebriefEnd) {
	d := &s.r.Debrief
	if by != s.r.Manager || !d.RepWaits(s.now) {
		s.endDebrief(by, end)
		return
	}
	if d.Closing != end {
		d.Closing = end
		s.moved(by, "closing")
		s.refresh(debriefKinds...)
	}
}

func (a MoveOn) do(s *step) error {
	if err := s.allowed("moved-on", a.By); err != nil {
		return err
	}
	s.close(a.By, EndMoved)
	return nil
}

func (a NotDoing) do(s *step) error {
	if err := s.allowed("not-doing", a.By); err != nil {
		return err
	}
	if strings.TrimSpace(a.Reason) == "" {
		return ErrReason
	}
	s.r.Debrief.Reason = a.Reason
	s.close(a.By, EndSkip)
	return nil
}

// do also takes back what the ledger noted about the call.
func (a NeverHappened) do(s *step) error {
	if err := s.allowed("never", a.By); err != nil {
		return err
	}
	if s.r.Debrief.State != DebriefMoved { // which has taken it back
		s.forgetTook()
	}
	s.endDebrief(a.By, EndNever)
	return nil
}

// rememberTook notes that the call was taken over; forgetTook takes that back, for it was not held.
func (s *step) rememberTook() {
	if s.r.Took() {
		s.remember(LedgerEntry{Took: true, At: s.r.Ends})
	}
}

func (s *step) forgetTook() {
	if s.r.Took() {
		s.remember(LedgerEntry{Took: true, Not: s.r.Ends})
	}
}
