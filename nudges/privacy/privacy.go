// Package privacy says what stepin keeps about people, for how long, and who sees it.
//
// It promises that every stored field is in one row of its table (a test of package store holds it), that expired
// words can be taken out of a request, and that a figure is only given when five people or more stand behind it. It
// must not store or delete anything itself: package store does that when bot/erase asks.
//
// privacy.go is the table, keep.go applies it to a request, forget.go says which messages are taken back for somebody
// who is forgotten, aggregate.go counts.
package privacy

import (
	"slices"

	"stepin/nudges/verdict"
)

// A Role is how a person stands to a pause.
type Role string

// The roles. Everybody else is RoleAnyone: a leader and an admin too.
const (
	RoleAuthor   Role = "author"   // the manager who paused
	RoleRep      Role = "rep"      // whose call it is
	RoleApprover Role = "approver" // who may agree to a take-over
	RoleAnyone   Role = "anyone"   // any other member
)

// The kinds of place where stepin shows something.
const (
	ShownPause   = "pause"   // any window of a pause
	ShownHome    = "home"    // the Home tab
	ShownCard    = "card"    // the manager's conversation with stepin
	ShownRepDM   = "rep-dm"  // the rep's conversation with stepin
	ShownAsk     = "ask"     // an approver's conversation with stepin
	ShownChannel = "channel" // a channel of the team
)

// roles are everybody who sees what is said to the whole team.
var roles = []Role{RoleAuthor, RoleRep, RoleApprover, RoleAnyone}

// shown is who sees what is shown where. A manager's doubts are for the manager alone.
var shown = map[string][]Role{
	ShownPause:   {RoleAuthor},
	ShownHome:    {RoleAuthor},
	ShownCard:    {RoleAuthor},
	ShownRepDM:   {RoleRep},
	ShownAsk:     {RoleApprover},
	ShownChannel: roles,
}

// MaySee says whether somebody in that role may look at a place of that kind; own says
// that the place is the viewer's own, such as a person's own Home tab. Nobody sees a
// kind that is not known.
func MaySee(viewer Role, kind string, own bool) bool {
	sees, ok := shown[kind]
	if !ok {
		return false
	}
	if kind == ShownChannel {
		return true
	}
	return own && (kind == ShownHome || slices.Contains(sees, viewer))
}

// A Class says for how long a kind of thing is kept.
type Class string

// The classes.
const (
	ClassText   Class = "text"   // people's words: until Keep.Text after the call is done with
	ClassCount  Class = "count"  // taps, moments, and who: until Keep.Counts after that
	ClassMonth  Class = "month"  // what is counted by month: until Keep.Counts after its end
	ClassHours  Class = "hours"  // what an envelope was answered with: 25 hours
	ClassStands Class = "stands" // as long as somebody wants it
	ClassFile   Class = "file"   // the file's own; names only members of the user group that may use stepin
)

// Kept says of one kind of thing where it is kept, who sees it and for how long. What it is and
// why it is there are the text "keep-" and its Name.
type Kept struct {
	Name  string
	Class Class
	Sees  []Role // if none: nobody, except the people who run the server
	// Optional is what one setting turns off, for places where it may not be kept: motives,
	// estimates, the ledger, and what is counted from them.
	Optional bool
	Fields   []string // of the store's records, as "bucket.field"; a bucket without records by its name
}

// Keeping is all that is kept: the table from which `stepin privacy` is printed, and against which
// what is stored, erased and exported is checked. The store's own test fails when a field of a record
// is in no row, or in two.
func Keeping() []Kept { return slices.Clone(kept) }

var kept = []Kept{
	{Name: "call", Class: ClassText, Sees: []Role{RoleAuthor, RoleRep, RoleApprover}, Fields: []string{
		"requests.deal", "requests.skill",
	}},
	{Name: "plan", Class: ClassText, Sees: []Role{RoleAuthor}, Fields: []string{
		"requests.plan", "requests.word.guess",
	}},
	{Name: "reason", Class: ClassText, Sees: []Role{RoleAuthor, RoleApprover}, Fields: []string{
		"requests.grant.reason", "requests.grant.word",
	}},
	{Name: "help", Class: ClassText, Sees: []Role{RoleAuthor, RoleRep}, Fields: []string{
		"requests.word.help", "requests.word.answer",
	}},
	{Name: "note", Class: ClassText, Sees: []Role{RoleAuthor, RoleRep}, Fields: []string{"requests.note_text"}},
	{Name: "log", Class: ClassText, Sees: []Role{RoleAuthor, RoleRep}, Fields: []string{
		"requests.debrief.manager.coached", "requests.debrief.manager.learned", "requests.debrief.manager.link",
		"requests.debrief.rep.coached", "requests.debrief.rep.learned", "requests.debrief.rep.link",
		"requests.debrief.reason", "requests.coaching.skill",
	}},
	{Name: "learning", Class: ClassText, Sees: []Role{RoleAuthor, RoleRep}, Fields: []string{
		"requests.past.learn", "learning.rep", "learning.deal", "learning.what", "learning.at",
	}},
	{Name: "coached", Class: ClassText, Sees: []Role{RoleAuthor}, Optional: true, Fields: []string{
		"requests.past.coached.skill", "ledger.coached.skill",
	}},
	{Name: "answers", Class: ClassCount, Sees: []Role{RoleAuthor}, Fields: []string{
		"requests.answers", "requests.debrief.did_plan",
	}},
	{Name: "motives", Class: ClassCount, Sees: []Role{RoleAuthor}, Optional: true, Fields: []string{
		"requests.answers." + string(verdict.QMotive), "requests.answers." + string(verdict.QEstimate),
	}},
	{Name: "ledger", Class: ClassCount, Sees: []Role{RoleAuthor}, Optional: true, Fields: []string{
		"requests.past.took", "requests.past.before", "requests.past.coached.at",
		"ledger.took", "ledger.before", "ledger.coached.at", "ledger.learn",
	}},
	{Name: "numbers", Class: ClassMonth, Sees: []Role{RoleAuthor}, Optional: true, Fields: []string{"mirror.counts"}},
	{Name: "trust", Class: ClassMonth, Optional: true, Fields: []string{"trust"}},
	{Name: "course", Class: ClassCount, Sees: []Role{RoleAuthor, RoleRep, RoleApprover}, Fields: []string{
		"requests.n", "requests.manager", "requests.way", "requests.policy", "requests.rep", "requests.starts",
		"requests.ends",
		"requests.decision", "requests.phase", "requests.seq", "requests.begun", "requests.decided_at", "requests.card",
		"requests.decided_seq", "requests.edits", "requests.claim", "requests.planned", "requests.heard",
		"requests.present",
		"requests.note", "requests.note_key", "requests.note_was", "requests.answer_key",
		"requests.done_at", "requests.faded", "requests.uncounted",
		"requests.grant.state", "requests.grant.until", "requests.grant.by", "requests.grant.break_glass",
		"requests.grant.at",
		"requests.grant.coach_first", "requests.grant.ever_given", "requests.grant.route", "requests.grant.asked",
		"requests.grant.since", "requests.grant.reminded", "requests.grant.short", "requests.grant.nudged",
		"requests.word.state", "requests.word.at", "requests.word.seq", "requests.word.unanswered",
		"requests.word.refused",
		"requests.coaching.at", "requests.coaching.gave",
		"requests.others.key", "requests.others.kind", "requests.others.to",
		"requests.debrief.state", "requests.debrief.by", "requests.debrief.at", "requests.debrief.place",
		"requests.debrief.channel",
		"requests.debrief.root", "requests.debrief.asked", "requests.debrief.trouble", "requests.debrief.told",
		"requests.debrief.chase_at", "requests.debrief.nag_at", "requests.debrief.chase_on", "requests.debrief.chased",
		"requests.debrief.nagged", "requests.debrief.trusted", "requests.debrief.kept", "requests.debrief.end",
		"requests.debrief.end_by", "requests.debrief.unclear", "requests.debrief.stands_at", "requests.debrief.rep_has",
		"requests.debrief.closing",
		"history.by", "history.at", "history.why", "history.from.decision", "history.from.phase", "history.from.grant",
		"history.to.decision", "history.to.phase", "history.to.grant",
		"managers", "open", "calls", "ticks", "parts", "shared", "done", "faded",
		"recent",
	}},
	{Name: "outcomes", Class: ClassCount, Sees: []Role{RoleAuthor, RoleRep}, Fields: []string{
		"requests.debrief.manager.outcome", "requests.debrief.manager.route", "requests.debrief.manager.at",
		"requests.debrief.rep.outcome", "requests.debrief.rep.route", "requests.debrief.rep.at",
	}},
	{Name: "messages", Class: ClassCount, Fields: []string{
		"outbox.n", "outbox.kind", "outbox.to", "outbox.channel", "outbox.with", "outbox.thread", "outbox.request",
		"outbox.edits", "outbox.after",
		"outbox.while_seq", "outbox.while_phase", "outbox.while_grant", "outbox.while_by", "outbox.unsolicited",
		"outbox.while_joins", "outbox.while_heard",
		"outbox.due",
		"outbox.mark", "outbox.enqueued", "outbox.tries", "outbox.attempted", "outbox.held", "due", "attempted", "held",
		"said.channel", "said.ts", "said.at", "said.request", "said.dropped", "said.due",
	}},
	{Name: "clicks", Class: ClassHours, Fields: []string{"envelopes", "arrivals"}},
	{Name: "team", Class: ClassStands, Sees: []Role{RoleAuthor}, Fields: []string{
		"teams.policy", "teams.reps", "teams.approvers.id", "teams.approvers.delegate", "teams.approvers.from",
		"teams.approvers.until", "teams.channel", "teams.skills.name", "teams.skills.training", "reps", "bonds",
	}},
	{Name: "reminder", Class: ClassStands, Sees: []Role{RoleAuthor}, Fields: []string{
		"reminders.state", "reminders.at", "reminders.days", "reminders.zone", "reminders.pinned", "reminders.paused",
		"reminders.gone", "reminders.due", "reminders.due_on", "reminders.had", "reminders.snoozed", "reminders.first",
		"reminders.offered", "reminders.shown", "reminders.shown_at", "reminders.again", "reminders.said.on",
		"reminders.said.kind", "reminders.said.id", "reminders.said.again", "reminders.skips.on",
		"reminders.skips.kind", "wakes",
	}},
	{Name: "person", Class: ClassStands, Sees: []Role{RoleAuthor}, Fields: []string{
		"people.zone", "people.slack_hours", "people.own_hours", "people.dm", "people.told_by", "people.unasked",
		"people.away", "people.read", "people.member", "people.used", "people.hidden", "people.uncounted",
		"people.count_from", "forgets.at", "forgets.own", "forgets.motives",
	}},
	{Name: "runs", Class: ClassCount, Fields: []string{"runs.by", "runs.command", "runs.args"}},
	{Name: "file", Class: ClassFile, Fields: []string{"meta", "counts"}},
}
