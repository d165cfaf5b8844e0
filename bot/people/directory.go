// Package people asks Slack about people and channels, and remembers the answers while they are fresh.
//
// It promises to answer from memory where it can, to keep nobody waiting for longer than profileWait, and to write no
// person's name into the file. It decides nothing.
//
//	Look ─▶ memory, or users.info ─▶ roster.Person
//	Keep ─▶ usergroups.users.list ─▶ Group ─▶ the store, for the next start
//	the clock ─▶ ReadDue ─▶ users.info ─▶ Follow ─▶ reminders in the store ◀─ Follow ◀─ user_change
//
// The files: directory.go is the directory of profiles; channel.go looks at channels; group.go is who is in the user
// group that may use stepin; profiles.go applies changed profiles to daily reminders.
package people

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/bot/slackapi"
	"stepin/bot/zones"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/nudges/text"
)

const (
	profileWait  = 800 * time.Millisecond // of the three seconds that a trigger lives
	profileRest  = 5 * time.Second        // after no answer about somebody, before the next call
	mostProfiles = 4096                   // before old ones are deleted
)

// A Directory answers who somebody is, from memory where it can. It asks Slack for people who wait: no limit of our own
// holds that up.
type Directory struct {
	*memory
	patient bool // nobody waits
}

// Patient returns the same directory for what nobody waits for: it keeps our pace, and people who wait go first.
func (d *Directory) Patient() *Directory { return &Directory{d.memory, true} }

// A memory is what directories share.
type memory struct {
	slack *slackapi.Client
	zones *zones.Zones
	log   *slog.Logger
	mu    sync.Mutex
	all   map[nudges.UserID]roster.Person
	news  int // counts changed profiles: an answer to an older call is not kept
	// silent is when Slack last gave no answer about somebody. One input asks about the same people several
	// times, and must not wait each time.
	silent map[nudges.UserID]time.Time
	vain   atomic.Bool // Insist got no answer about the last one
}

// NewDirectory returns an empty directory.
func NewDirectory(s *slackapi.Client, z *zones.Zones, log *slog.Logger) *Directory {
	return &Directory{memory: &memory{
		slack: s, zones: z, log: log, all: map[nudges.UserID]roster.Person{}, silent: map[nudges.UserID]time.Time{},
	}}
}

// Look returns a person. If Slack does not answer in time, it returns one who is not Known, by an older profile or
// without a name and a zone, and asks again next time. The error is form.ErrRepUnknown if there is no such person.
func (d *Directory) Look(ctx context.Context, id nudges.UserID) (roster.Person, error) {
	if id == "" {
		return roster.Person{}, nil
	}
	unknown := roster.Person{ID: id}
	d.mu.Lock()
	p, ok := d.all[id]
	rests := time.Since(d.silent[id]) < profileRest
	news := d.news
	d.mu.Unlock()
	now := d.zones.Now()
	fresh := roster.Fresh(p.Read) && now.Before(d.clockUntil(now.Add(-time.Since(p.Read)), p.ZoneName()))
	if ok && !fresh { // better than none, for a name
		unknown = p
		unknown.Known = false
	}
	switch {
	case ok && fresh:
		if zone, err := d.zones.Find(p.ZoneName()); err == nil { // Slack may have said another offset since
			p.Zone = zone
		}
		return p, nil
	case rests:
		return unknown, nil
	}
	u, err := d.userInfo(ctx, id, profileWait)
	if errors.Is(err, errNotAsked) {
		return unknown, nil
	}
	if slackapi.Nobody(err) {
		return unknown, form.ErrRepUnknown
	}
	if err != nil {
		if slackapi.AskedToWait(err) == 0 { // else it costs no time to ask once more
			d.quiet(id)
			d.log.Warn("profile not read", "user", id, "error", slackapi.Short(err))
		}
		return unknown, nil
	}
	p = d.fromUser(*u)
	d.put(id, p, news)
	return p, nil
}

// errNotAsked says that our own pace kept a call back for which nobody waits.
var errNotAsked = errors.New("our limit is used up")

// userInfo asks Slack about somebody. A person who waits does so until the deadline of ctx; without one, a Retry-After
// is not waited for.
func (d *Directory) userInfo(ctx context.Context, id nudges.UserID, wait time.Duration) (u *slack.User, err error) {
	call := func() error {
		ctx, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		u, err = d.slack.API().GetUserInfoContext(ctx, string(id))
		// Without their workspace, or ours, nobody can tell whether they are a colleague.
		if err == nil && (u.ID == "" || u.TeamID == "" && u.Enterprise.EnterpriseID == "" || d.slack.Us().Team == "") {
			err = slackapi.ErrNoWord
		}
		return err
	}
	if !d.patient {
		till, _ := ctx.Deadline()
		err = d.slack.Promptly(ctx, usersInfo, till, call)
		return u, err
	}
	if !d.slack.Pace.Allows(usersInfo) {
		return nil, errNotAsked
	}
	err = call()
	d.slack.Pace.Heard(usersInfo, err)
	return u, err
}

const usersInfo = "users.info"

// Insist is Look for what may take long. It looks up to three times, while Slack limits the calls or is silent; once
// only if Slack said nothing about the one before.
func (d *Directory) Insist(ctx context.Context, id nudges.UserID) (p roster.Person, err error) {
	for i := range 3 {
		if i > 0 {
			slackapi.Sleep(ctx, profileRest) // Look does not ask sooner
		}
		d.allowed(ctx, usersInfo)
		if p, err = d.Look(ctx, id); err != nil || p.Known || d.vain.Load() || ctx.Err() != nil {
			break
		}
	}
	d.vain.Store(err == nil && !p.Known)
	return p, err
}

// longestInsist is the longest Retry-After that somebody insists through.
const longestInsist = 2 * time.Minute

// allowed waits until a method may be called for what nobody waits for. It does not wait for a long Retry-After.
func (d *Directory) allowed(ctx context.Context, method string) {
	if wait := time.Until(d.slack.Pace.Ready(method, "")); d.patient && wait <= longestInsist {
		slackapi.Sleep(ctx, wait)
	}
}

// Find looks people up at the same time. It skips "".
func (d *Directory) Find(ctx context.Context, ids []nudges.UserID) map[nudges.UserID]roster.LookedUp {
	found := map[nudges.UserID]roster.LookedUp{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	ids = slices.DeleteFunc(ids, func(id nudges.UserID) bool { return id == "" })
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		wg.Go(func() {
			p, err := d.Look(ctx, id)
			mu.Lock()
			defer mu.Unlock()
			found[id] = roster.LookedUp{Person: p, Err: err}
		})
	}
	wg.Wait()
	return found
}

// refresh asks Slack about somebody even if they are remembered. The error is form.ErrRepUnknown if there is no such
// person.
func (d *Directory) refresh(ctx context.Context, id nudges.UserID) (slack.User, error) {
	d.mu.Lock()
	news := d.news
	d.mu.Unlock()
	u, err := d.userInfo(ctx, id, slackapi.ViewTimeout)
	if errors.Is(err, errNotAsked) {
		return slack.User{}, err
	}
	if err != nil {
		d.log.Warn("profile not read", "user", id, "error", slackapi.Short(err))
		if slackapi.Nobody(err) {
			err = form.ErrRepUnknown
		}
		return slack.User{}, err
	}
	d.put(id, d.fromUser(*u), news)
	return *u, nil
}

// Profile is Look with what the store has of somebody if Slack does not say it: their last known time zone, since
// people read and enter local times, and whether Slack has said within a day that they are a full member.
func (d *Directory) Profile(ctx context.Context, store storage.Store, id nudges.UserID) (roster.Person, error) {
	p, err := d.Look(ctx, id)
	if id == "" || p.Known && p.Zone != nil {
		return p, err
	}
	if err := store.View(ctx, func(r storage.Reader) error {
		was, err := r.Person(id)
		if zone, bad := d.zones.Find(was.Zone); bad == nil {
			p.Zone = zone
		}
		if !p.Known && roster.Fresh(was.Member) {
			p.Known, p.Read = true, was.Member
		}
		return err
	}); err != nil {
		d.log.Warn("time zone not read", "error", err)
	}
	if p.Known && p.Zone == nil && !roster.Outsider(p) {
		d.log.Warn("Slack tells no time zone of somebody: their times are in UTC", "user", id,
			"do", "have them choose a time zone in Slack, or one for reminders with /stepin settings")
	}
	return p, err
}

// quiet notes that Slack gave no answer about somebody.
func (d *memory) quiet(id nudges.UserID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.silent) > mostProfiles {
		d.silent = map[nudges.UserID]time.Time{}
	}
	d.silent[id] = time.Now()
}

// put keeps the profile that Slack gives for an id, unless one has changed since the call began, when d.news was news.
// People get another id when their workspace joins an organisation, and Slack goes on to answer for the earlier one.
func (d *memory) put(id nudges.UserID, p roster.Person, news int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.news != news {
		return
	}
	d.all[id] = p
	if len(d.all) > mostProfiles {
		maps.DeleteFunc(d.all, func(_ nudges.UserID, p roster.Person) bool { return !roster.Fresh(p.Read) })
	}
}

// changed deletes a profile that has changed, by an event.
func (d *memory) changed(id nudges.UserID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.news++
	maps.DeleteFunc(d.all, func(of nudges.UserID, p roster.Person) bool { return of == id || p.ID == id })
}

// nameOf is what colleagues call somebody: the display name, or else the first name that can be seen. "" for none.
func nameOf(u slack.User) string {
	if text.Visible(u.Profile.DisplayName) {
		return u.Profile.DisplayName
	}
	for _, name := range []string{u.Profile.RealName, u.RealName, u.Name} {
		for first := range strings.FieldsSeq(name) {
			if text.Visible(first) {
				return first
			}
		}
	}
	return ""
}

func (d *Directory) fromUser(u slack.User) roster.Person {
	p := roster.Person{
		ID: nudges.UserID(u.ID), Name: nameOf(u), Known: true, Read: time.Now(),
		Bot: u.IsBot || u.ID == "USLACKBOT" || u.IsWorkflowBot || u.IsConnectorBot, Deleted: u.Deleted,
		Hours:    zones.Hours(u.Locale),
		Guest:    u.IsRestricted || u.IsUltraRestricted,
		Stranger: u.IsStranger || !d.ours(u.TeamID, u.Enterprise.EnterpriseID),
	}
	if kept := d.heard(zones.Word{Name: u.TZ, Offset: u.TZOffset}, roster.Outsider(p)); kept != "" {
		p.Zone, _ = d.zones.Find(kept)
	}
	return p
}

// heard is Zones.Heard. Of an outsider only the name counts: the offset of an app, or of somebody who has left, may be
// an old one, and an offset moves the clock of everybody in that zone.
func (d *Directory) heard(w zones.Word, outsider bool) string {
	if outsider {
		w.Offset = zones.NoOffset
	}
	return d.zones.Heard(w)
}

// clockUntil is until when what Slack said of a clock at read counts, as it is kept. Our data may be wrong about the
// zone's next change, and only Slack knows when an offset of its own changes.
func (d *Directory) clockUntil(read time.Time, kept string) time.Time {
	if _, fixed := zones.Fixed(kept); fixed {
		return read.Add(offsetAge)
	}
	if zone, err := d.zones.Find(kept); err == nil {
		if _, change := read.In(zone).ZoneBounds(); !change.IsZero() {
			return change
		}
	}
	return Forever
}

// ours says whether somebody of a workspace and an organisation is a colleague. Slack's flag for strangers is false
// for people of other organisations who share a channel with us.
func (d *Directory) ours(workspace, organisation string) bool {
	us := d.slack.Us()
	return roster.Company{Workspace: us.Workspace, Organisation: us.Organisation}.Has(workspace, organisation)
}
