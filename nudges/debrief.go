package nudges

import (
	"time"

	"stepin/nudges/ladder"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
)

// A Debriefing is how a call is talked over once it is over. The thread, where there is one, shows the call, the two
// people and what came of it, see Standing. It shows no role: people in the channel could count one manager's
// take-overs. The rest of an Entry is for the two alone. Of a pause that ended in a hold-back or in coaching the rep
// learns nothing by it: it is the manager's own until the rep has said where they want to talk.
type Debriefing struct {
	State   DebriefState
	By      UserID // who opened it; "" for the clock
	At      time.Time
	Place   Place
	Channel string       // the team's, as it was when the debrief was opened; "" for none
	Root    string       // key of the message that the thread hangs on; "" for no thread
	Asked   []string     // names of the questions that were asked
	Trouble PlaceTrouble // why it could not be where it should be
	Told    bool         // and the manager knows, of this debrief or of the one before
	Unclear []string     // kinds of messages in the thread whose sending ended unclear

	RemindAt, ThreadRemindAt time.Time // when the owner is reminded, and both of them in the thread
	RemindOn                 Date      // the day of RemindAt, on the owner's calendar
	Reminded, ThreadReminded bool      // and whether that has been

	Manager, Rep Entry
	DidPlan      PlanAnswer // what the manager says of their own plan; theirs alone
	Kept         bool       // what the manager logged alone, before it was shared, is still theirs alone
	Trusted      bool       // the rep has said whether they felt trusted
	// StandsAt is when what one of the two alone has logged stands before others; zero if it does.
	StandsAt time.Time
	// RepHas is until when the manager alone cannot close what was shared; zero for not at all. Closing is how the
	// manager has closed it before that: it ends so at RepHas, or once the rep has logged.
	RepHas  time.Time
	Closing DebriefEnd
	End     DebriefEnd
	EndBy   UserID // by whom; "" for the clock
	Reason  string // why they are not doing it; private text of the two
}

// A DebriefState says how far a debrief has come.
type DebriefState string

// The states of a debrief.
const (
	NoDebrief     DebriefState = ""         // not opened yet
	DebriefQuiet  DebriefState = "quiet"    // with the manager alone
	DebriefWaits  DebriefState = "waiting"  // until the rep has said whose rep they are
	DebriefReady  DebriefState = "ready"    // the rep has, and the clock opens it to both
	DebriefAsked  DebriefState = "asked"    // the rep is asked where
	DebriefShared DebriefState = "shared"   // with both
	DebriefUnwant DebriefState = "declined" // not this one, the rep says
	DebriefMoved  DebriefState = "moved"    // the call has moved, and nobody has said to when
)

// A Place is where two people talk a call over.
type Place string

// The places.
const (
	InChannel Place = "channel" // a thread in the team's debrief channel
	InGroup   Place = "group"   // a group DM of the two
	InDMs     Place = "dms"     // each in their own DM, where neither of those can be used
)

// A PlaceTrouble says why a place could not be used.
type PlaceTrouble string

// The troubles, each with its remedy in nudges/words: "displaced-" and the trouble.
const (
	TroubleArchived PlaceTrouble = "archived" // the channel is
	TroubleNotIn    PlaceTrouble = "not-in"   // stepin is not in it, or cannot see it
	TroubleClosed   PlaceTrouble = "closed"   // it takes no posts of apps
	TroubleNoGroup  PlaceTrouble = "no-group" // group DMs cannot be opened
	TroubleBusy     PlaceTrouble = "busy"     // Slack took no post for hours
	TroubleUnclear  PlaceTrouble = "unclear"  // Slack did not say whether it took the post
	NoTrouble       PlaceTrouble = ""
)

// A DebriefEnd says how a debrief was closed.
type DebriefEnd string

// The ends.
const (
	EndOpen  DebriefEnd = ""
	EndMoved DebriefEnd = "moved-on"  // by one of the two: it is over
	EndSkip  DebriefEnd = "not-doing" // there will be none, for a reason
	EndNever DebriefEnd = "never"     // the call never happened
	EndAway  DebriefEnd = "away"      // the call moved: nobody had paused for it, or said in seven days to when
	EndLapse DebriefEnd = "lapsed"    // nobody closed it for seven days, logged or not
)

// A CallOutcome is what came of a call.
type CallOutcome string

// The outcomes, in the order of the screen.
const (
	Advanced CallOutcome = "advanced"
	Won      CallOutcome = "won"
	Lost     CallOutcome = "lost"
	Stalled  CallOutcome = "stalled"
	TooEarly CallOutcome = "too_early" // to say
)

// CallOutcomes are all of them, in the order of the screen.
var CallOutcomes = []CallOutcome{Advanced, Won, Lost, Stalled, TooEarly}

// A PlanAnswer says whether a manager did what they had planned for the hard moment.
type PlanAnswer string

// PlanAnswers are all of them, in the order of the screen.
var PlanAnswers = []PlanAnswer{"did", "did_not", "no_chance"}

// HasPlan says whether the manager has planned what to do when it gets hard.
func (r Request) HasPlan() bool {
	o := r.Answers[r.PlanQuestion()]
	return o != "" && (o != verdict.OwnPlan || r.Plan != "")
}

// A RouteAnswer says whether another way than the manager's own worked.
type RouteAnswer string

// The answers, in the order of the screen.
var RouteAnswers = []RouteAnswer{"yes", "no", "unsure"}

// An Entry is what one of the two logged about a call. All but the outcome is private to the two.
type Entry struct {
	Outcome CallOutcome // "" while nothing is logged
	Route   RouteAnswer
	Coached string // the skill it was about
	Learned string // one thing
	Link    string // to a recording
	At      time.Time
}

// MaxEntry is the longest text of an Entry in characters.
const MaxEntry = 300

// Logged says whether one of the two has logged what happened.
func (d Debriefing) Logged() bool { return d.Manager.Outcome != "" || d.Rep.Outcome != "" }

// Outcome is what came of the call: as the one who owns the debrief logged it, else the rep.
func (d Debriefing) Outcome() CallOutcome {
	if d.Manager.Outcome != "" {
		return d.Manager.Outcome
	}
	return d.Rep.Outcome
}

// Standing is the outcome that others than the two may see, such as in a channel: what both say, or what one of them
// has said for a working day; "" for none.
func (d Debriefing) Standing() CallOutcome {
	d = d.Open()
	both := d.Rep.Outcome != "" && d.Manager.Outcome != ""
	if both && d.Rep.Outcome != d.Manager.Outcome || !both && !d.StandsAt.IsZero() {
		return ""
	}
	return d.Outcome()
}

// RepWaits says whether the manager alone cannot close the debrief at now: the rep was asked less than a working day
// ago, and has not logged.
func (d Debriefing) RepWaits(now time.Time) bool {
	return d.WasShared() && d.Rep.Outcome == "" && now.Before(d.RepHas)
}

// Open is the debrief as both may see it.
func (d Debriefing) Open() Debriefing {
	if d.Kept {
		d.Manager = Entry{}
	}
	return d
}

// LoggedAt is when the Outcome was logged.
func (d Debriefing) LoggedAt() time.Time {
	if d.Manager.Outcome != "" {
		return d.Manager.At
	}
	return d.Rep.At
}

// Threaded says whether the debrief has a thread of both.
func (d Debriefing) Threaded() bool {
	return d.State == DebriefShared && d.Root != "" && d.Place != InDMs
}

// WasShared says whether the rep had a part in it at any time.
func (d Debriefing) WasShared() bool { return d.Place != "" }

// held is the state of a debrief that was said to have moved, and has not.
func (d Debriefing) held() DebriefState {
	if d.WasShared() {
		return DebriefShared
	}
	return DebriefQuiet
}

// Shared says whether the rep has a part in the debrief, or is asked for one.
func (d Debriefing) Shared() bool { return d.State == DebriefShared || d.State == DebriefAsked }

// When a debrief opens after the end of its call: within one to six minutes, for the minute of the clock adds one.
const (
	debriefSoon   = time.Minute
	debriefSpread = 4 * time.Minute
)

// opensAt is when the clock opens the debrief; false if it never will.
func (r Request) opensAt() (time.Time, bool) {
	if r.Phase == Debrief && r.Debrief.State == DebriefReady {
		return r.Debrief.At, true
	}
	_, decided := r.Decision.Rung()
	if r.Phase != After || !decided || r.Debrief.State != NoDebrief {
		return time.Time{}, false
	}
	later := time.Duration(text.Hash(string(r.ID))%uint64(debriefSpread/time.Second)) * time.Second
	return r.Ends.Add(debriefSoon + later),
		true
}

// DebriefDue says whether the clock must open the debrief, which takes a DebriefFacts.
func (r Request) DebriefDue(now time.Time) bool {
	at, ok := r.opensAt()
	return ok && !now.Before(at)
}

// closesAt is when what nobody has closed lapses in silence. What the rep has opened counts from then,
// whether or not the manager had it before: the rep learns nothing of that.
func (r Request) closesAt() time.Time {
	from := r.Ends
	if r.Debrief.By != "" {
		from = r.Debrief.At
	}
	return from.Add(DebriefWindow)
}

// debriefTicks are the moments at which the clock reminds of a debrief, ends it, or lets an outcome stand.
func (r Request) debriefTicks() (at []time.Time) {
	d := r.Debrief
	if !d.StandsAt.IsZero() { // also once it is closed
		at = append(at, d.StandsAt)
	}
	if r.Phase != Debrief || d.State == DebriefMoved {
		return at
	}
	if d.Closing != "" {
		return append(at, d.RepHas)
	}
	if !d.Reminded && !d.RemindAt.IsZero() && !d.Logged() {
		at = append(at, d.RemindAt)
	}
	if !d.ThreadReminded && !d.ThreadRemindAt.IsZero() && d.Threaded() && !d.Open().Logged() {
		at = append(at, d.ThreadRemindAt)
	}
	return at
}

// Joined is the role that the manager had on the call, as the rep knows; false for none.
func (r Request) Joined() (ladder.Rung, bool) {
	rung, ok := r.Decision.Rung()
	switch {
	case !ok || !rung.Joins():
		return "", false
	case rung == ladder.TakeOver && (!r.Grant.EverGiven || r.Grant.State == Returned && !r.Grant.At.After(r.Starts)):
		return "", false // nobody agreed, or it was handed back before it began
	}
	return rung, true
}

// Took says whether the manager took the call over. To lead one as planned is no such thing.
func (r Request) Took() bool {
	rung, _ := r.Joined()
	return rung == ladder.TakeOver && !r.IsPlanned()
}

// DebriefFacts is what must be known of the team for a debrief to open.
type DebriefFacts struct {
	Channel string    // the team's debrief channel; "" for none
	Bond    BondState // whether the rep has said that this is their manager
	RepGone bool      // the rep has no account here any more
	// Elsewhere says that the rep has opened a debrief of the same call themselves.
	Elsewhere      bool
	Avoid          []string  // questions of the last debrief of the two
	Told           bool      // the last one could not be in the same channel either, and the manager knows
	DayLater       time.Time // a working day after now; zero if there is none in sight
	RemindAt       time.Time // see Calendar.Reminders
	ThreadRemindAt time.Time
	RemindOn       Date
}

type (
	// OpenDebrief is the clock's, once DebriefDue.
	OpenDebrief struct{ Facts DebriefFacts }
	// Together asks the rep where to talk a call over. The rep has heard nothing of its debrief so far.
	Together struct {
		By   UserID
		Bond BondState
	}
	// Where is the rep's answer; "" is "not this one".
	Where struct {
		By    UserID
		Place Place
		Facts DebriefFacts
	}
	// LogCall is what one of the two says happened. It replaces what they said before.
	LogCall struct {
		By       UserID
		Entry    Entry
		DayLater time.Time // a working day after now; zero if there is none in sight
	}
	// FollowPlan is what the manager says of their plan: asked once, after they have said how the call went.
	FollowPlan struct {
		By     UserID
		Answer PlanAnswer
	}
	// MoveOn closes a debrief for good; NotDoing does so before it began, for a reason. By the manager alone they close
	// no earlier than a working day after the rep was asked, unless the rep has logged.
	MoveOn   struct{ By UserID }
	NotDoing struct {
		By     UserID
		Reason string
	}
	// NeverHappened says that there was no such call; CallMoved that it is still to come.
	NeverHappened struct{ By UserID }
	CallMoved     struct{ By UserID }
	// Reschedule says to when the call has moved.
	Reschedule struct {
		By     UserID
		Starts time.Time
		Length time.Duration
		Around Around
	}
	// Displaced says that the message of that key could not be posted where it should be.
	Displaced struct {
		Key     string
		Kind    string
		Trouble PlaceTrouble
	}
	// RemindOfDebriefsLater says that the owner's reminder was not delivered, and when it comes instead.
	RemindOfDebriefsLater struct {
		At time.Time
		On Date
	}
	// Repost posts once more what may not have been posted.
	Repost struct{ By UserID }
	// FeltTrusted notes that the rep has said whether they felt trusted. What they said is kept
	// elsewhere, and not with the call.
	FeltTrusted struct{ By UserID }
)

// begunDebrief is a request that begins with its debrief, for nobody has paused for the call.
func begunDebrief(id RequestID, manager, rep UserID, deal string, ended, now time.Time) *step {
	s := &step{r: Begin(id, ByDebrief, manager, rep, deal, ended, 0, now).Request, now: now}
	s.r.Seq, s.r.Phase = 0, Debrief
	return s
}

// BeginDebrief is the debrief of a call for which nobody has paused, opened by the rep who led it.
func BeginDebrief(id RequestID, rep, manager UserID, deal string, ended time.Time, place Place, f DebriefFacts,
	now time.Time,
) Outcome {
	s := begunDebrief(id, manager, rep, deal, ended, now)
	s.bond = Met // who names their manager has said whose rep they are
	s.openBy(rep, f)
	s.share(rep, "debrief", s.placeFor(place, f), f)
	return s.done()
}

// ShareDebrief is the rep's wish to talk over a call whose debrief the manager has alone so far.
// They learn nothing of that.
type ShareDebrief struct {
	By    UserID
	Deal  string // as they write it
	Place Place
	Facts DebriefFacts
}
