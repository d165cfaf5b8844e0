// Package people asks Slack who somebody is, and keeps the answers as long as they may be believed: the directory of
// profiles (directory.go), who is in the user group that may use stepin (group.go), how a channel stands
// (channel.go), and what a changed profile means for somebody's daily reminder (profiles.go).
//
// It promises to answer from memory where it can, never to hold up whoever waits for longer than profileWait, and to
// write no name of anybody into the file. It decides nothing.
package people

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/bot/slackapi"
	"stepin/nudges"
)

const (
	profileAge   = 24 * time.Hour         // a daily refresh stays inside users.info's limit of 100 a minute
	profileWait  = 800 * time.Millisecond // of the three seconds that a trigger lives
	mostProfiles = 4096                   // before those of yesterday are forgotten
	profileRest  = 5 * time.Second        // before somebody is asked for again after no answer
)

// A Directory answers who somebody is, from memory where it can.
type Directory struct {
	Slack *slackapi.Client
	log   *slog.Logger
	mu    sync.Mutex
	all   map[nudges.UserID]roster.Person
	news  int // profiles that have changed so far: what was asked for before is not kept
	// silent has those for whom Slack did not answer a moment ago: one input asks for the
	// same people several times, and must not wait each time.
	silent map[nudges.UserID]time.Time
}

func NewDirectory(s *slackapi.Client, log *slog.Logger) *Directory {
	return &Directory{Slack: s, log: log, all: map[nudges.UserID]roster.Person{}}
}

// Look is the person of that id. Without an answer from Slack in time they are
// unknown: named by nobody's name, in UTC, and asked for again next time.
func (d *Directory) Look(ctx context.Context, id nudges.UserID) (roster.Person, error) {
	if id == "" {
		return roster.Person{Zone: time.UTC}, nil
	}
	d.mu.Lock()
	p, ok := d.all[id]
	rests := time.Since(d.silent[id]) < profileRest
	news := d.news
	d.mu.Unlock()
	switch {
	case ok && (rests || time.Since(p.Read) < profileAge):
		return p, nil
	case rests:
		return roster.Person{ID: id, Zone: time.UTC}, nil
	}
	if !d.Slack.Pace.Allows("users.info") {
		return roster.Person{ID: id, Zone: time.UTC}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, profileWait)
	defer cancel()
	u, err := d.Slack.API().GetUserInfoContext(ctx, string(id))
	if err == nil && u.ID == "" {
		err = slackapi.ErrNoWord
	}
	if slackapi.Nobody(err) {
		return roster.Person{ID: id, Zone: time.UTC}, form.ErrRepUnknown
	}
	if err != nil {
		d.Slack.Pace.Heard("users.info", err)
		d.quiet(id)
		d.log.Warn("profile not read", "user", id, "error", slackapi.Short(err))
		if ok {
			return p, nil // what was known yesterday is better than nothing
		}
		return roster.Person{ID: id, Zone: time.UTC}, nil
	}
	p = fromUser(*u)
	d.put(p, news)
	return p, nil
}

// Insist is look, for whoever can wait: it asks again while the limit is used up or Slack is silent.
func (d *Directory) Insist(ctx context.Context, id nudges.UserID) (p roster.Person, err error) {
	for range 3 {
		if p, err = d.Look(ctx, id); err != nil || p.Known || ctx.Err() != nil {
			break
		}
		slackapi.Sleep(ctx, time.Second)
	}
	return p, err
}

// Find looks people up side by side; "" is nobody.
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

// anew is what Slack says of somebody now, whatever is remembered. The error is errRepUnknown
// if it knows nobody of that id.
func (d *Directory) anew(ctx context.Context, id nudges.UserID) (slack.User, error) {
	d.mu.Lock()
	news := d.news
	d.mu.Unlock()
	if !d.Slack.Pace.Allows("users.info") {
		return slack.User{}, slackapi.ErrNoWord
	}
	ctx, cancel := context.WithTimeout(ctx, slackapi.ViewTimeout)
	defer cancel()
	u, err := d.Slack.API().GetUserInfoContext(ctx, string(id))
	if err == nil && u.ID == "" {
		err = slackapi.ErrNoWord
	}
	if err != nil {
		d.Slack.Pace.Heard("users.info", err)
		d.log.Warn("profile not read", "user", id, "error", slackapi.Short(err))
		if slackapi.Nobody(err) {
			err = form.ErrRepUnknown
		}
		return slack.User{}, err
	}
	d.put(fromUser(*u), news)
	return *u, nil
}

// Profile is a person's profile. While Slack does not say, their time zone is the one that was
// known last: what they read and fill in are local times.
func (d *Directory) Profile(ctx context.Context, store nudges.Store, id nudges.UserID) (roster.Person, error) {
	p, err := d.Look(ctx, id)
	if id == "" || p.Known {
		return p, err
	}
	if err := store.View(ctx, func(r nudges.Reader) error {
		was, err := r.Person(id)
		if zone, bad := time.LoadLocation(was.Zone); bad == nil && was.Zone != "" {
			p.Zone = zone
		}
		return err
	}); err != nil {
		d.log.Warn("time zone not read", "error", err)
	}
	return p, err
}

// quiet notes that Slack did not answer about somebody.
func (d *Directory) quiet(id nudges.UserID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.silent == nil || len(d.silent) > 4096 {
		d.silent = map[nudges.UserID]time.Time{}
	}
	d.silent[id] = time.Now()
}

// put keeps a profile that was asked for when there were so many news.
func (d *Directory) put(p roster.Person, news int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.news != news {
		return // it may be what changed meanwhile
	}
	d.all[p.ID] = p
	if len(d.all) > mostProfiles {
		maps.DeleteFunc(d.all, func(_ nudges.UserID, p roster.Person) bool { return time.Since(p.Read) > profileAge })
	}
}

// Changed forgets a profile that an event says is another now.
func (d *Directory) Changed(u slackevents.User) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.news++
	delete(d.all, nudges.UserID(u.ID)) // read anew when next needed
}

func fromUser(u slack.User) roster.Person {
	name := u.Profile.DisplayName
	if name == "" {
		name, _, _ = strings.Cut(cmp.Or(u.Profile.RealName, u.RealName, u.Name), " ")
	}
	zone, err := time.LoadLocation(u.TZ)
	if err != nil || u.TZ == "" {
		zone = time.UTC
	}
	return roster.Person{
		ID: nudges.UserID(u.ID), Name: name, Zone: zone, Team: u.TeamID, Known: true, Read: time.Now(),
		Bot: u.IsBot || u.ID == "USLACKBOT" || u.IsWorkflowBot || u.IsConnectorBot, Deleted: u.Deleted,
		Guest: u.IsRestricted || u.IsUltraRestricted, Stranger: u.IsStranger,
	}
}
