package bot

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/health"
	"stepin/bot/slackapi"
	"stepin/nudges"
)

// Allowed says who may use stepin: of the full members of the workspace, for guests, apps and other
// organisations never may. Its zero value stands for all of them.
type Allowed struct {
	Everybody bool
	Users     []string
	Group     string // id of a user group, in place of Users
}

// A group is a user group with those whom Slack last said to be in it.
type group struct {
	id    string
	mu    sync.Mutex
	in    map[nudges.UserID]bool
	asked time.Time // when Slack was asked last, in real time,
	heard time.Time // when it answered last, or we began to ask,
	kept  time.Time // and when that was last written down
	told  bool      // the log has said that Slack does not answer
}

const (
	groupMethod = "usergroups.users.list"
	// groupAge is how old what is known of a group may get: twelve calls an hour, of the twenty a
	// minute that Slack allows.
	groupAge = 5 * time.Minute
	// groupRest is the least time between a look-up and the next for somebody who is refused.
	groupRest = 20 * time.Second
	// groupLate is for how long Slack may not say who is in the group before that is a fault.
	groupLate = 30 * time.Minute
	// groupKept is for how long a new start takes the word of the last one, which writes it down
	// at each change, and each groupWrite.
	groupKept  = 24 * time.Hour
	groupWrite = time.Hour
)

var (
	userMention    = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)
	channelMention = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)
)

// listed says whether somebody is among those who may use stepin, if they are a full member.
func (l *inForce) listed(id nudges.UserID) bool {
	a := l.Allowed
	switch {
	case a.Everybody:
		return true
	case l.group != nil:
		return l.group.has(id)
	}
	return len(a.Users) == 0 || slices.Contains(a.Users, string(id))
}

func (g *group) has(id nudges.UserID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.in[id]
}

// mayUse says whether somebody may do this. Whoever stepin has written to may answer, a rep or an
// approver who is not on the list too: from the message, or from their Home.
func (b *Bot) mayUse(ctx context.Context, in form.Input, me person) error {
	switch {
	case outsider(me), !me.known && in.Team != "" && b.slack.Team != "" && in.Team != b.slack.Team:
		return form.ErrNotAllowed
	case b.live().listed(in.User), openTo(in), b.listedAnew(ctx, in.User):
		return nil
	}
	return form.ErrNotAllowed
}

// outsider says whether somebody is no full member of this workspace, whatever the list says.
func outsider(p person) bool { return p.bot || p.guest || p.stranger || p.deleted }

// listedAnew asks Slack once more who is in the group, for somebody who would be refused: they may have
// been added a moment ago. It does so for all of them together and seldom; who comes between is refused.
func (b *Bot) listedAnew(ctx context.Context, id nudges.UserID) bool {
	l := b.live()
	g := l.group
	if g == nil {
		return false
	}
	g.mu.Lock()
	soon := time.Since(g.asked) < groupRest
	g.mu.Unlock()
	if soon {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, profileWait)
	defer cancel()
	b.freshen(ctx, g)
	return g.has(id)
}

// freshen asks who is in the group. Without an answer those of the last one still are.
func (b *Bot) freshen(ctx context.Context, g *group) {
	err := b.askGroup(ctx, g)
	g.mu.Lock()
	tell := err != nil && !g.told && ctx.Err() == nil
	g.told = err != nil && (g.told || tell)
	n, late := len(g.in), time.Since(g.heard) >= groupLate
	g.mu.Unlock()
	s := groupRefusal(g.id, err)
	if err != nil && (s != nil || late) && ctx.Err() == nil && b.live().group == g {
		b.health.Begin(health.GroupUnknown, "group", g.id, "says", slackapi.Short(err))
	}
	if !tell {
		return
	}
	what, do := slackapi.Short(err), "nothing, if it passes"
	if s != nil {
		what, do = s.What, s.Remedy
	}
	b.log.Warn(groupOld, "group", g.id, "people", n, "error", what, "do", do)
}

// askGroup asks Slack who is in the group.
func (b *Bot) askGroup(ctx context.Context, g *group) error {
	g.mu.Lock()
	g.asked = time.Now()
	g.mu.Unlock()
	ids, err := groupMembers(ctx, b.api(), b.pace, g.id)
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
	b.health.End(health.GroupUnknown)
	if write {
		err := b.cfg.Store.PutGroup(ctx, g.id, in, b.now())
		if err != nil && ctx.Err() == nil {
			b.unsaved("group", err)
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
func (g *group) put(in []nudges.UserID) {
	g.in, g.heard = make(map[nudges.UserID]bool, len(in)), time.Now()
	for _, id := range in {
		g.in[id] = true
	}
}

// are says whether these are the group already.
func (g *group) are(in []nudges.UserID) bool {
	return len(in) == len(g.in) && !slices.ContainsFunc(in, func(id nudges.UserID) bool { return !g.in[id] })
}

// meetGroup asks who is in the group before anybody is served. While Slack does not say, whoever was in it
// within the last day is; where that is not known, nobody is served yet.
func (b *Bot) meetGroup(ctx context.Context, g *group) error {
	return b.slack.Patiently(ctx, groupMethod, func() error {
		err := b.askGroup(ctx, g)
		if s := groupRefusal(g.id, err); s != nil {
			return s
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		in, at, broken := b.cfg.Store.Group(g.id)
		if age := b.now().Sub(at); broken != nil || at.IsZero() || age.Abs() > groupKept {
			return errors.Join(err, broken)
		}
		g.mu.Lock()
		g.put(in)
		g.told = true
		g.mu.Unlock()
		b.log.Warn(groupOld, "group", g.id, "people", len(in), "error", slackapi.Short(err), "do", "nothing, if it passes")
		return nil
	})
}

// groupOld is what the log says while Slack does not say who is in the group.
const groupOld = "who is in the group that may use stepin is not known anew; those who were last may"

// groupMembers are the ids of those in a user group.
func groupMembers(ctx context.Context, api *slack.Client, p *slackapi.Pace, id string) ([]string, error) {
	if err := p.Permit(groupMethod); err != nil {
		return nil, err
	}
	ids, err := api.GetUserGroupMembersContext(ctx, id)
	if err == nil && ids == nil { // an empty group is an empty list
		err = slackapi.ErrNoWord
	}
	if err != nil {
		p.Heard(groupMethod, err)
	}
	return ids, err
}

// groupRefusal is the remedy where waiting will not tell who is in a group; nil for anything else.
func groupRefusal(id string, err error) *slackapi.Setup {
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
		return &slackapi.Setup{What: "this workspace's plan has no user groups", Remedy: "name people under allowed instead"}
	case "no_such_subteam":
		return &slackapi.Setup{
			What:   "there is no user group " + id,
			Remedy: "mend its id under allowed: in Slack, open the group, then ⋮, then Copy group ID",
		}
	}
	return slackapi.Refusal(groupMethod, err)
}

// keepGroup asks again and again who is in the group that may use stepin, until ctx ends.
func (b *Bot) keepGroup(ctx context.Context) {
	for {
		slackapi.Sleep(ctx, groupAge)
		if ctx.Err() != nil {
			return
		}
		if g := b.live().group; g != nil {
			call, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
			b.freshen(call, g)
			cancel()
		} else {
			b.health.End(health.GroupUnknown)
		}
	}
}

// groupFindings says who is in the group that may use stepin.
func groupFindings(ctx context.Context, api *slack.Client, p *slackapi.Pace, a Allowed) []Finding {
	if a.Group == "" || a.Everybody {
		return nil
	}
	f := Finding{Name: "allowed"}
	ids, err := groupMembers(ctx, api, p, a.Group)
	s := groupRefusal(a.Group, err)
	switch {
	case s != nil:
		f.Says, f.Remedy = s.What, s.Remedy
	case err != nil:
		f.Unseen, f.Says, f.Remedy = true, "Slack does not say who is in the group "+a.Group, "check again later"
	case len(ids) == 0:
		f.Says, f.Remedy = "nobody is in the group "+a.Group+", so nobody may use stepin", "add people to it in Slack"
	default:
		f.OK, f.Says = true, headcount(len(ids))+" in the group "+a.Group+" may use stepin"
	}
	return []Finding{f}
}

// contactFindings says whether there is whom a refusal says to ask. A few words are not looked up.
func contactFindings(ctx context.Context, api *slack.Client, p *slackapi.Pace, people *directory, contact string) []Finding {
	f := Finding{Name: "contact", Says: contact + " can be asked by those who are refused", Remedy: "mend contact in stepin.yaml"}
	switch {
	case userMention.MatchString(contact):
		who, err := people.insist(ctx, nudges.UserID(contact))
		switch text := unfit(who, err); {
		case text != "":
			f.Says = strings.TrimSpace(who.name+" "+contact) + " " + whyUnfit[text]
		case !who.known:
			f.Unseen, f.Says, f.Remedy = true, "Slack does not say who "+contact+" is", "check again later"
		default:
			f.OK = true
		}
	case channelMention.MatchString(contact):
		switch s, err := insistChannel(ctx, api, p, contact); s {
		case channelFits, channelNotIn, channelExternal: // it can be read all the same
			f.OK = true
		case channelArchived:
			f.Says = contact + " is archived"
		case channelUnknown:
			f.Says = "stepin sees no channel " + contact
		case channelUnseen:
			f.Unseen, f.Says, f.Remedy = true, "whether there is "+contact+" shows only with the scope "+needed(err), "look whether it is there, and not archived"
		case channelSilent:
			f.Unseen, f.Says, f.Remedy = true, "Slack does not say how "+contact+" stands", "check again later"
		}
	default:
		return nil
	}
	return []Finding{f}
}

// headcount counts people.
func headcount(n int) string {
	if n == 1 {
		return "one person"
	}
	return strconv.Itoa(n) + " people"
}
