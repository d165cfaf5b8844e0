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
)

// A Membership knows who is in the user group that may use stepin, and asks Slack again and again. It writes
// down what it was told, for a restart while Slack does not say.
type Membership struct {
	slack  *slackapi.Client
	store  nudges.Store
	health *health.Ledger
	log    *slog.Logger
	now    func() time.Time
	cur    atomic.Pointer[Group] // nil if no group is asked for
}

func NewMembership(c *slackapi.Client, store nudges.Store, h *health.Ledger, log *slog.Logger,
	now func() time.Time,
) *Membership {
	return &Membership{slack: c, store: store, health: h, log: log, now: now}
}

// Use makes a group the current one; nil for none.
func (m *Membership) Use(g *Group) { m.cur.Store(g) }

// A Group is a user group with those whom Slack last said to be in it.
type Group struct {
	id    string
	mu    sync.Mutex
	in    map[nudges.UserID]bool
	asked time.Time // when Slack was asked last, in real time,
	heard time.Time // when it answered last, or we began to ask,
	kept  time.Time // and when that was last written down
	told  bool      // the log has said that Slack does not answer
}

const (
	GroupMethod = "usergroups.users.list"
	// groupAge is how old what is known of a group may get: twelve calls an hour, of the twenty a
	// minute that Slack allows.
	GroupAge = 5 * time.Minute
	// groupRest is the least time between a look-up and the next for somebody who is refused.
	GroupRest = 20 * time.Second
	// groupLate is for how long Slack may not say who is in the group before that is a fault.
	groupLate = 30 * time.Minute
	// groupKept is for how long a new start takes the word of the last one, which writes it down
	// at each change, and each groupWrite.
	groupKept  = 24 * time.Hour
	groupWrite = time.Hour

	// groupWait is how long somebody who would be refused waits for another look-up, of the three seconds that a
	// trigger lives.
	groupWait = 800 * time.Millisecond
)

func (g *Group) has(id nudges.UserID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.in[id]
}

// GroupOf is who is in a group, unasked yet; nil for no id.
func GroupOf(id string) *Group {
	if id == "" {
		return nil
	}
	return &Group{id: id}
}

// InGroup says who is in it; nil for no group.
func (g *Group) InGroup() func(nudges.UserID) bool {
	if g == nil {
		return nil
	}
	return g.has
}

// SwitchTo is the group of that id, asked for first if it is another than the current one; nil for "". It does
// not become the current one yet.
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

// Try says whether a client could ask for the group; nil for any fault that may pass.
func (m *Membership) Try(ctx context.Context, api *slack.Client) error {
	g := m.cur.Load()
	if g == nil {
		return nil
	}
	_, err := GroupMembers(ctx, api, m.slack.Pace, g.id)
	if s := GroupRefusal(g.id, err); s != nil {
		return s
	}
	return nil
}

// AskAgain asks Slack once more who is in the group, for somebody who would be refused: they may have
// been added a moment ago. It does so for all of them together and seldom; who comes between is refused.
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
	ctx, cancel := context.WithTimeout(ctx, groupWait)
	defer cancel()
	m.freshen(ctx, g)
	return g.has(id)
}

// freshen asks who is in the group. Without an answer those of the last one still are.
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

// ask asks Slack who is in the group.
func (m *Membership) ask(ctx context.Context, g *Group) error {
	g.mu.Lock()
	g.asked = time.Now()
	g.mu.Unlock()
	ids, err := GroupMembers(ctx, m.slack.API(), m.slack.Pace, g.id)
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
			g.kept = time.Time{} // it is written next time
		}
		g.mu.Unlock()
	}
	return nil // it is known, whether that could be written down or not
}

// put makes these the group; it is called under the lock, as are.
func (g *Group) put(in []nudges.UserID) {
	g.in, g.heard = make(map[nudges.UserID]bool, len(in)), time.Now()
	for _, id := range in {
		g.in[id] = true
	}
}

// are says whether these are the group already.
func (g *Group) are(in []nudges.UserID) bool {
	return len(in) == len(g.in) && !slices.ContainsFunc(in, func(id nudges.UserID) bool { return !g.in[id] })
}

// Meet asks who is in the group before anybody is served. While Slack does not say, whoever was in it
// within the last day is; where that is not known, nobody is served yet.
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
		m.log.Warn(groupOld, "group", g.id, "people", len(in), "error", slackapi.Short(err), "do",
			"nothing, if it passes")
		return nil
	})
}

// groupOld is what the log says while Slack does not say who is in the group.
const groupOld = "who is in the group that may use stepin is not known anew; those who were last may"

// GroupMembers are the ids of those in a user group.
func GroupMembers(ctx context.Context, api *slack.Client, p *slackapi.Pace, id string) ([]string, error) {
	if err := p.Permit(GroupMethod); err != nil {
		return nil, err
	}
	ids, err := api.GetUserGroupMembersContext(ctx, id)
	if err == nil && ids == nil { // an empty group is an empty list
		err = slackapi.ErrNoWord
	}
	if err != nil {
		p.Heard(GroupMethod, err)
	}
	return ids, err
}

// GroupRefusal is the remedy where waiting will not tell who is in a group; nil for anything else.
func GroupRefusal(id string, err error) *slackapi.Setup {
	no, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok || !slackapi.Refused(err) {
		return nil
	}
	switch no.Err {
	case "missing_scope":
		return &slackapi.Setup{
			What:   "the app lacks the scope usergroups:read, and allowed names a user group",
			Remedy: "add it under OAuth & Permissions (or paste what \"stepin manifest --with usergroup\" prints) and reinstall the app, or name people under allowed",
		}
	case "plan_upgrade_required":
		return &slackapi.Setup{
			What:   "this workspace's plan has no user groups",
			Remedy: "name people under allowed instead",
		}
	case "no_such_subteam":
		return &slackapi.Setup{
			What:   "there is no user group " + id,
			Remedy: "mend its id under allowed: in Slack, open the group, then ⋮, then Copy group ID",
		}
	}
	return slackapi.Refusal(GroupMethod, err)
}

// Keep asks again and again who is in the group that may use stepin, until ctx ends.
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
