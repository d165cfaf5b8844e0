package people

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/health"
	"stepin/bot/slackapi"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// A Membership knows who is in the user group that may use stepin, and asks Slack regularly. It saves the answer, for a
// restart while Slack does not answer.
type Membership struct {
	slack  *slackapi.Client
	store  storage.Store
	health *health.Ledger
	log    *slog.Logger
	now    func() time.Time
	cur    atomic.Pointer[Group] // nil if the settings name none
}

// NewMembership returns a membership without a group. now is the clock for what is due.
func NewMembership(
	c *slackapi.Client, store storage.Store, h *health.Ledger, log *slog.Logger, now func() time.Time,
) *Membership {
	return &Membership{slack: c, store: store, health: h, log: log, now: now}
}

// Use sets the current group; nil for none.
func (m *Membership) Use(g *Group) { m.cur.Store(g) }

// A Group is a user group with its members by Slack's last answer.
type Group struct {
	id    string
	mu    sync.Mutex
	in    map[nudges.UserID]bool
	asked time.Time // when Slack was last asked, in real time
	heard time.Time // when it last answered, or saved members were used
	kept  time.Time // when the members were last saved
	told  bool      // the log says that Slack does not answer
}

const (
	// GroupMethod is the method that lists a group's members.
	GroupMethod = "usergroups.users.list"
	// GroupAge is the time between two regular calls: twelve an hour, and Slack allows twenty a minute.
	GroupAge = 5 * time.Minute
	// GroupRest is the least time between two calls for people who would be refused.
	GroupRest = 20 * time.Second

	groupLate  = 30 * time.Minute // without an answer, before that is a fault
	groupKept  = 24 * time.Hour   // for which a new start uses saved members
	groupWrite = time.Hour        // between two saves of the same members
)

func (g *Group) has(id nudges.UserID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.in[id]
}

// Members returns the current group with its members in order; "" for none.
func (m *Membership) Members() (id string, in []string) {
	g := m.cur.Load()
	if g == nil {
		return "", nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for id := range g.in {
		in = append(in, string(id))
	}
	slices.Sort(in)
	return g.id, in
}

// GroupOf returns a group whose members are not known yet; nil for no id.
func GroupOf(id string) *Group {
	if id == "" {
		return nil
	}
	return &Group{id: id}
}

// InGroup returns the function that says who is a member; nil for no group.
func (g *Group) InGroup() func(nudges.UserID) bool {
	if g == nil {
		return nil
	}
	return g.has
}

// SwitchTo returns the group of that id, with its members; nil for "". Use makes it the current one.
func (m *Membership) SwitchTo(ctx context.Context, id string) (*Group, error) {
	g := m.cur.Load()
	switch {
	case id == "":
		return nil, nil
	case g != nil && g.id == id:
		return g, nil
	}
	g = GroupOf(id)
	if err := m.ask(ctx, g); err != nil {
		if s := GroupRefusal(g.id, err); s != nil {
			return nil, s
		}
		return nil, fmt.Errorf("who is in the group %s is not known: %s: reload again later", g.id, slackapi.Short(err))
	}
	return g, nil
}

// Try says whether a client may list the group's members. It ignores faults that may pass.
func (m *Membership) Try(ctx context.Context, api *slack.Client) error {
	g := m.cur.Load()
	if g == nil {
		return nil
	}
	_, err := GroupMembers(ctx, m.slack, api, g.id)
	if s := GroupRefusal(g.id, err); s != nil {
		return s
	}
	return nil
}

// AskAgain asks Slack again before somebody is refused, since they may just have been added. It says whether they are
// a member. It asks at most once per GroupRest for all people together.
func (m *Membership) AskAgain(ctx context.Context, id nudges.UserID) bool {
	g := m.cur.Load()
	if g == nil {
		return false
	}
	g.mu.Lock()
	soon := time.Since(g.asked) < GroupRest
	g.mu.Unlock()
	if soon {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, profileWait)
	defer cancel()
	m.freshen(ctx, g)
	return g.has(id)
}

// freshen asks for the members. Without an answer the last ones stay.
func (m *Membership) freshen(ctx context.Context, g *Group) {
	err := m.ask(ctx, g)
	g.mu.Lock()
	tell := err != nil && !g.told && ctx.Err() == nil
	g.told = err != nil && (g.told || tell)
	n, late := len(g.in), time.Since(g.heard) >= groupLate
	g.mu.Unlock()
	s := GroupRefusal(g.id, err)
	if err != nil && (s != nil || late) && ctx.Err() == nil && m.cur.Load() == g {
		m.health.Begin(health.GroupUnknown, "group", g.id, "says", slackapi.Short(err))
	}
	if !tell {
		return
	}
	what, do := slackapi.Short(err), "nothing, if it passes"
	if s != nil {
		what, do = s.What, s.Remedy
	}
	m.log.Warn(groupOld, "group", g.id, "people", n, "error", what, "do", do)
}

// ask gets the members from Slack, and saves them.
func (m *Membership) ask(ctx context.Context, g *Group) error {
	g.mu.Lock()
	g.asked = time.Now()
	g.mu.Unlock()
	ids, err := GroupMembers(ctx, m.slack, m.slack.API(), g.id)
	if err != nil {
		return err
	}
	var in []nudges.UserID
	for _, id := range ids {
		in = append(in, nudges.UserID(id))
	}
	g.mu.Lock()
	write := !g.are(in) || time.Since(g.kept) >= groupWrite
	g.put(in)
	g.mu.Unlock()
	m.health.End(health.GroupUnknown)
	if write {
		err := m.store.PutGroup(ctx, g.id, in, m.now())
		if err != nil && ctx.Err() == nil && health.StoreCause(err) == "" {
			m.log.Error("group", "error", err)
		}
		g.mu.Lock()
		if g.kept = time.Now(); err != nil {
			g.kept = time.Time{} // the next answer is saved
		}
		g.mu.Unlock()
	}
	return nil // even if they could not be saved
}

// put sets the members. The caller holds the lock, as for are.
func (g *Group) put(in []nudges.UserID) {
	g.in, g.heard = make(map[nudges.UserID]bool, len(in)), time.Now()
	for _, id := range in {
		g.in[id] = true
	}
}

// are says whether these are the members already.
func (g *Group) are(in []nudges.UserID) bool {
	return len(in) == len(g.in) && !slices.ContainsFunc(in, func(id nudges.UserID) bool { return !g.in[id] })
}

// Meet gets the members before anybody is served. If Slack does not answer, it uses members saved within the last day;
// without those it goes on asking.
func (m *Membership) Meet(ctx context.Context) error {
	g := m.cur.Load()
	if g == nil {
		return nil
	}
	return m.slack.Patiently(ctx, GroupMethod, func() error {
		err := m.ask(ctx, g)
		if s := GroupRefusal(g.id, err); s != nil {
			return s
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		in, at, broken := m.store.Group(g.id)
		if age := m.now().Sub(at); broken != nil || at.IsZero() || age.Abs() > groupKept {
			return errors.Join(err, broken)
		}
		g.mu.Lock()
		g.put(in)
		g.told = true
		g.mu.Unlock()
		m.log.Warn(groupOld, "group", g.id, "people", len(in), "error", slackapi.Short(err),
			"do", "nothing, if it passes")
		return nil
	})
}

// groupOld is logged once while Slack does not list the members.
const groupOld = "Slack does not list the group that may use stepin; its last known members may"

// GroupMembers returns the ids of a user group's members. Slack looks for the group in our workspace, and must be told
// which that is where the app is installed for a whole organisation.
func GroupMembers(ctx context.Context, c *slackapi.Client, api *slack.Client, id string) ([]string, error) {
	p, workspace := c.Pace, ""
	if us := c.Us(); us.OrgWide() {
		workspace = us.Workspace
	}
	if err := p.Permit(GroupMethod); err != nil {
		return nil, err
	}
	ids, err := api.GetUserGroupMembersContext(ctx, id, slack.GetUserGroupMembersOptionTeamID(workspace))
	if err == nil && ids == nil { // an empty group is an empty list
		err = slackapi.ErrNoWord
	}
	if err != nil {
		p.Heard(GroupMethod, err)
	}
	return ids, err
}

// GroupRefusal explains why Slack refuses to list a group's members; nil if waiting may help.
func GroupRefusal(id string, err error) *slackapi.Setup {
	if !slackapi.Refused(err) {
		return nil
	}
	switch slackapi.Code(err) {
	case "missing_scope":
		return &slackapi.Setup{
			What: "the app lacks the scope usergroups:read, and allowed names a user group",
			Remedy: "add it under OAuth & Permissions (or paste what \"stepin manifest --with usergroup\" prints) " +
				"and reinstall the app, or name people under allowed",
		}
	case "plan_upgrade_required":
		return &slackapi.Setup{
			What:   "this workspace's plan has no user groups",
			Remedy: "name people under allowed instead",
		}
	case "missing_argument": // of an app that is installed for a whole organisation
		return &slackapi.Setup{
			What: "the app is installed for a whole organisation, and Slack looks for the user group " + id +
				" in one workspace of it",
			Remedy: "name that workspace in stepin.yaml (team_id: T012ABCDEF): its id is in the address of Slack " +
				"in a browser, after /client/; or name people under allowed",
		}
	case "team_access_not_granted", "team_not_found":
		return &slackapi.Setup{
			What: "the app may not look for the user group " + id + " in the workspace that team_id names",
			Remedy: "ask an admin of the organisation to add the app to that workspace, or name another one in " +
				"team_id in stepin.yaml",
		}
	case "no_such_subteam":
		return &slackapi.Setup{
			What:   "there is no user group " + id,
			Remedy: "mend its id under allowed: in Slack, open the group, then ⋮, then Copy group ID",
		}
	}
	return slackapi.Refusal(GroupMethod, err)
}

// Keep asks for the members every GroupAge until ctx ends.
func (m *Membership) Keep(ctx context.Context) {
	for {
		slackapi.Sleep(ctx, GroupAge)
		if ctx.Err() != nil {
			return
		}
		if g := m.cur.Load(); g != nil {
			call, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
			m.freshen(call, g)
			cancel()
		} else {
			m.health.End(health.GroupUnknown)
		}
	}
}
