package nudges

import "slices"

// A Role is how a person stands to a pause.
type Role string

// The roles. Whoever is none of the others is RoleAnyone: a leader and an admin too.
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

// Kept says of one kind of thing what it is, why it is there, who sees it and for how
// long. The words for people are elsewhere: What and Why name them.
type Kept struct {
	What string
	Why  string
	Sees []Role
	Days int // 0 while it stands in Slack, where the workspace's own rules hold
}

// shown is who sees what. A manager's doubts are for the manager alone.
var shown = map[string]Kept{
	ShownPause:   {"the answers of a pause", "to think before stepping in", []Role{RoleAuthor}, 30},
	ShownHome:    {"one's own open pauses", "to carry on with them", []Role{RoleAuthor}, 30},
	ShownCard:    {"how a pause stands", "to change one's mind", []Role{RoleAuthor}, 0},
	ShownRepDM:   {"what was sent to the rep", "for the rep to have a say", []Role{RoleRep}, 0},
	ShownAsk:     {"what was written for an approver", "to look at a take-over", []Role{RoleApprover}, 0},
	ShownChannel: {"what the team talks about", "to learn together", roles, 0},
}

// MaySee says whether somebody in that role may look at a place of that kind; own says
// that the place is the viewer's own, such as a person's own Home tab. Nobody sees a
// kind that is not known.
func MaySee(viewer Role, kind string, own bool) bool {
	k, ok := shown[kind]
	if !ok {
		return false
	}
	if kind == ShownChannel {
		return true
	}
	return own && (kind == ShownHome || slices.Contains(k.Sees, viewer))
}
