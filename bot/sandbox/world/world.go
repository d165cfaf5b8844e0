// Package world holds who is in a workspace and what was said there: people, conversations, messages, views, files and
// the clock. It promises that what it holds fits together, that ids of messages only increase, and that it can be
// written to a file and read again.
//
// It is no server: it knows no network, starts nothing, and has no lock. Its user, package sandbox, holds a lock around
// every use. It judges no request; what an app or a person may do is said above it.
//
// The files: seed.go is who is there at first; world.go the whole, its clock and its changes; people.go people;
// channel.go conversations and their messages; wakes.go whom a message notifies; view.go modals and Home tabs; file.go
// uploads; save.go the file on disk.
package world

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the zones of the people, also on a machine without them

	"stepin/bot/sandbox/rules"
)

// World is everything in one workspace. Make one with New. It is not safe for concurrent use.
type World struct {
	IDs    IDs
	App    rules.Manifest  // the app's settings, which can change
	Made   string          // tells this workspace from another, also after a restart
	Fresh  bool            // began in this run, and was not read from a file
	Played json.RawMessage // how far the page's story is: the page's own, kept in the file
	// Changed is called after each change of what people see or the file keeps.
	Changed func()

	clock    clock
	people   people
	channels channels
	views    views
	files    map[string]*File
}

// IDs are what the platform calls the workspace and the app.
type IDs struct {
	Team, Domain, Name string // of the workspace
	App, Bot, BotUser  string
	Org                string // of the organisation of the workspace; "" for none
	OrgWide            bool   // the app is installed for the whole organisation
}

// Installed is the id of what the app is installed in: the workspace, or the organisation.
func (ids IDs) Installed() string {
	if ids.OrgWide {
		return ids.Org
	}
	return ids.Team
}

// Enterprise is the id of the organisation as payloads have it: null for none.
func (ids IDs) Enterprise() any {
	if ids.Org == "" {
		return nil
	}
	return ids.Org
}

type clock struct {
	offset time.Duration // ahead of real time
	lastTS int64         // microseconds of the newest ts
}

// New makes a world of the people and channels of seed.
func New(seed Seed, app rules.Manifest) (*World, error) {
	if seed.Team == "" || seed.App == "" || seed.BotUser == "" {
		return nil, errors.New("sandbox: the seed needs the ids Team, App and BotUser")
	}
	if seed.OrgWide && seed.Org == "" {
		return nil, errors.New("sandbox: an app for a whole organisation needs the id Org")
	}
	if seed.OrgWide && !app.Settings.OrgDeploy {
		return nil, errors.New("sandbox: no organisation installs the app: org_deploy_enabled is off in its manifest")
	}
	w := &World{
		IDs: IDs{
			Team: seed.Team, Domain: "northwind", Name: "Northwind",
			App: seed.App, Bot: "B" + strings.TrimPrefix(seed.App, "A"), BotUser: seed.BotUser,
			Org: seed.Org, OrgWide: seed.OrgWide,
		},
		App: app, Made: rand.Text(), Changed: func() {},
		people:   people{byID: map[string]*Person{}, groups: map[string][]string{}},
		channels: channels{byID: map[string]*Conversation{}, dms: map[string]*Conversation{}},
		views: views{
			byID: map[string]*View{}, external: map[string]*View{},
			stacks: map[string][]*View{}, homes: map[string]*View{},
		},
		files: map[string]*File{},
	}
	return w, w.settle(seed)
}

// Begin makes a fresh world: the first conversations, and a clock that starts at start; zero stands for now.
func (w *World) Begin(channels []Channel, start time.Time) {
	w.Fresh = true
	if !start.IsZero() {
		w.clock.offset = time.Until(start)
	}
	for _, c := range channels {
		w.AddChannel(c)
	}
}

// Now is the workspace's clock, for ts and for display. What the platform times, such as triggers, goes by real time.
func (w *World) Now() time.Time { return time.Now().Add(w.clock.offset) }

// SetClock moves the clock to t; it goes on from there.
func (w *World) SetClock(t time.Time) {
	w.clock.offset = time.Until(t)
	w.Changed()
}

// Stamp is the clock as a ts.
func (w *World) Stamp() string { return FormatTS(w.Now().UnixMicro()) }

// NextTS gives the next id of a message. Ids always increase, also after the clock was moved back.
func (w *World) NextTS() string { return w.tsAt(w.Now()) }

// tsAt gives the id of a message that was sent at a time; it is later, if there is a newer message.
func (w *World) tsAt(t time.Time) string {
	w.clock.lastTS = max(t.UnixMicro(), w.clock.lastTS+1)
	return FormatTS(w.clock.lastTS)
}

// FormatTS writes microseconds since 1970 as a ts, such as 1700000000.000001.
func FormatTS(us int64) string { return fmt.Sprintf("%d.%06d", us/1e6, us%1e6) }

// CompareTS orders two ts as cmp.Compare does.
func CompareTS(a, b string) int {
	as, _, _ := strings.Cut(a, ".")
	bs, _, _ := strings.Cut(b, ".")
	if len(as) != len(bs) {
		return len(as) - len(bs)
	}
	return strings.Compare(a, b)
}

// NewID gives an id of the platform's kind, such as V0ABCDEFGHI.
func NewID(prefix string) string { return prefix + "0" + rand.Text()[:10] }
