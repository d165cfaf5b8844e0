// Package bot is stepin in Slack, put together. It decides nothing, draws nothing, and calls Slack only through
// bot/slackapi.
//
// The files: bot.go makes the rooms below and connects them; settings.go lets settings change while stepin runs;
// clock.go starts what time alone starts; erasing.go connects bot/erase; watch.go and health.go say how stepin is;
// tasks.go runs what runs beside the queue.
//
// The way in: each input is one transaction, and is acknowledged after the commit.
//
//	socket ─▶ decode ─▶ answer ─▶ { what decide needs ─▶ people ─▶ update: decide.Rules.Decide } ─▶ ack ─┐
//	                                                                      slackapi ◀─ view ◀─ scene ◀───┘
//
// The way out: each message has an identity. It is sent until Slack has taken it, and looked up first where that is
// unclear, as after a time-out. It is dropped once it is no longer true, or Slack refuses it: see bot/outbox.
//
//	store ─▶ outbox ─▶ scene ─▶ view ─▶ slackapi ─▶ delivered, or decide.Undelivered
//
// The rooms, each with what it may import of bot; a test beside cmd/stepin holds it:
//
//	zones     whose clock shows what: our data, and Slack  –
//	health    the table of causes, and which hold now      –
//	form      Input, and every name on the wire            zones
//	roster    settings that apply, teams, who may use it   –
//	slackapi  the only window to the Web API               health, zones
//	decode    Slack's JSON to form.Input                   form, zones
//	decide    Input + Tx + Facts to a Reply; no slack-go   form, roster
//	view      plain structs to Block Kit; no store         form, roster
//	people    directory, user group, channels              form, roster, health, slackapi, zones
//	scene     reads in one View what a screen shows        form, roster, view, people
//	socket    two connections, acknowledgements, queues    form, decode, health, slackapi
//	answer    an input to what the person sees             decide, scene and those below it, socket
//	outbox    due, still true, mark, send, look up, settle decide, scene and those below it
//	clock     what is due by time, a few per transaction   decide, people
//	erase     retention, forgetting, figures by month      health
//	check     "stepin check" and the manifest              view, people and those below it
package bot

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/answer"
	"stepin/bot/clock"
	"stepin/bot/decide"
	"stepin/bot/erase"
	"stepin/bot/form"
	"stepin/bot/health"
	"stepin/bot/outbox"
	"stepin/bot/people"
	"stepin/bot/roster"
	"stepin/bot/scene"
	"stepin/bot/slackapi"
	"stepin/bot/socket"
	"stepin/bot/zones"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/storage"
)

// Config says how a Bot is set up. Its zero fields are the defaults.
type Config struct {
	BotToken, AppToken string
	// AppTokenWatched says that another app-level token may come by Renew: a line whose token
	// has ended waits for it, instead of ending Run.
	AppTokenWatched bool
	APIURL          string // with a trailing slash; "" for slack.com
	Workspace       string // of an app that is installed for a whole organisation: see slackapi.Options.Workspace
	Store           storage.Store
	roster.Settings
	Now func() time.Time // the clock for what is due; time.Now if nil
	// Dial reaches Slack; nil for the network, with proxies from the environment.
	Dial   func(ctx context.Context, network, addr string) (net.Conn, error)
	File   storage.File // the store's file as a whole; nil for none
	Team   string       // whose file it is, for Check: Team of slackapi.Us; "" for nobody's yet
	NoPace bool         // load tests against a workspace without limits: send as fast as it takes
	Log    *slog.Logger
}

// A Bot is one running stepin.
type Bot struct {
	cfg     Config
	current atomic.Pointer[roster.Current]
	zones   daily.Zones
	slack   *slackapi.Client
	group   *people.Membership
	jobs    *clock.Jobs
	out     *outbox.Outbox
	answers *answer.Answerer
	sockets *socket.Sockets
	erase   *erase.Service
	watch   *watcher
	tasks   tasks
}

// Finishing is at most what Run takes to finish what it has acknowledged.
const Finishing = 8 * time.Second

// New is a Bot that has not started yet.
func New(cfg Config) (*Bot, error) {
	if cfg.Store == nil || cfg.Words == nil {
		return nil, errors.New("bot: a store and words are required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	b := &Bot{cfg: cfg, tasks: tasks{log: cfg.Log}}
	clocks := zones.New(cfg.Log, b.now)
	b.zones = clocks.Find
	meter, ledger := health.NewMeter(form.Kinds...), health.New(cfg.Log, b.now)
	redraw := func(u nudges.UserID) { b.answers.Redraw(u) }
	wake := func() { b.out.Wake() }

	b.slack = slackapi.New(cfg.options(), cfg.Log, ledger, meter, b.now)
	b.group = people.NewMembership(b.slack, cfg.Store, ledger, cfg.Log, b.now)
	directory := people.NewDirectory(b.slack, clocks, cfg.Log)
	profiles := &people.Profiles{
		People: directory.Patient(), Store: cfg.Store, Health: ledger, Now: b.now, Redraw: redraw,
		Settings: b.settings, Remind: decide.Rules{Zones: b.zones}.Remind,
	}
	scenes := &scene.Reader{
		Store: cfg.Store, People: directory, Settings: b.settings, Zones: b.zones, Now: b.now, Log: cfg.Log,
	}
	b.jobs = &clock.Jobs{
		Worker: clock.Worker{
			Store: cfg.Store, Now: b.now, Stored: ledger.Stored, Skipped: meter.Skipped, Wake: wake, Redraw: redraw,
		},
		Rules: b.rules, People: directory.Patient(), Profiles: profiles,
	}
	b.out = outbox.New(outbox.Options{
		Store: cfg.Store, Slack: b.slack, Health: ledger, Meter: meter, Scenes: scenes.Patient(), Rules: b.rules,
		Copies: func() []storage.Copy { return b.erase.Copies() }, Now: b.now, Panicked: b.tasks.panicked, Log: cfg.Log,
	})
	b.answers = answer.New(answer.Options{
		Store: cfg.Store, Slack: b.slack, Health: ledger, Meter: meter, People: directory, Profiles: profiles,
		Group:  b.group,
		Scenes: scenes, Rules: b.rules, Now: b.now, Wake: wake, Go: b.tasks.run,
		Forget: func(ctx context.Context) { b.erase.ForgetDue(ctx, true) }, Panicked: b.tasks.panicked, Log: cfg.Log,
	})
	b.sockets = socket.New(b.slack, ledger, meter, cfg.Log, cfg.AppTokenWatched, b.answers.Serve)
	b.watch = &watcher{
		health: ledger, meter: meter, slack: b.slack, sockets: b.sockets, store: cfg.Store, file: cfg.File,
		now: b.now, tried: time.Now(), read: time.Now(),
	}
	b.erase = b.newErase(redraw)
	b.apply(cfg.Settings, people.GroupOf(cfg.Allowed.Group)) // Run asks who is in it before anybody is served
	return b, nil
}

func (b *Bot) now() time.Time {
	if b.cfg.Now != nil {
		return b.cfg.Now()
	}
	return time.Now()
}

// options are how Slack is reached.
func (c Config) options() slackapi.Options {
	return slackapi.Options{
		Tokens: slackapi.Tokens{Bot: c.BotToken, App: c.AppToken}, APIURL: c.APIURL, Dial: c.Dial,
		NoPace: c.NoPace, Workspace: c.Workspace,
	}
}

// Renew replaces the tokens in use, as far as they pass a try: see slackapi.Client.Renew. Call it once Ready is closed.
func (b *Bot) Renew(ctx context.Context, t slackapi.Tokens) error {
	bot, app, err := b.slack.Renew(ctx, t, func(api *slack.Client) error { return b.group.Try(ctx, api) })
	if bot {
		b.out.Wake()
	}
	if app {
		b.sockets.Renew()
	}
	return err
}

// introduce asks who we are, and refuses another workspace's file.
func (b *Bot) introduce(ctx context.Context) error {
	if err := b.slack.Introduce(ctx); err != nil {
		return err
	}
	us := b.slack.Us()
	err := b.cfg.Store.ClaimTeam(ctx, us.Team)
	if err != nil && us.OrgWide() && us.Workspace != "" && b.cfg.Store.ClaimTeam(ctx, us.Workspace) == nil {
		err = nil // the file is of that workspace, from before the app was installed for the whole organisation
	}
	if err != nil {
		return err
	}
	return b.group.Meet(ctx)
}

// Ready is closed once both connections stand for the first time.
func (b *Bot) Ready() <-chan struct{} { return b.sockets.Ready() }

// Run serves until ctx ends, and then finishes what it has acknowledged. It returns a *slackapi.Setup for what only
// the operator can mend.
func (b *Bot) Run(ctx context.Context) error {
	if err := b.introduce(ctx); err != nil {
		return err
	}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	b.tasks.run(func() { b.tellOutsiders(work) })
	b.tasks.run(func() { b.group.Keep(work) })
	var wg sync.WaitGroup
	stopClock := b.startClock(work)
	wg.Go(func() { b.out.Run(work) })
	wg.Go(func() { b.answers.Run(work) })
	wg.Go(func() { b.watch.run(work, b.out.TellAdmins) })

	sockets, stopSockets := context.WithCancel(work)
	defer stopSockets()
	failed := make(chan error, 2)
	wg.Go(func() { failed <- b.sockets.Run(sockets, ctx) })

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	// From here on nothing new is taken; what is queued is finished while the sockets
	// can still carry the acknowledgements.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), Finishing)
	defer cancel()
	b.sockets.Close(end)
	stopClock()
	b.out.Finish(end)
	b.sockets.Finish(end)
	b.answers.Finish()
	stopSockets()
	stopWork()
	b.tasks.finish(end)
	wg.Wait()
	return err
}

// NextDue is the earliest moment at which the clock has something to do.
func (b *Bot) NextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	err = b.cfg.Store.View(ctx, func(r storage.Reader) error {
		at, ok, err = r.NextDue()
		return err
	})
	return at, ok, err
}

// Settle applies what is due now, and waits until the outbox has nothing left to send.
func (b *Bot) Settle(ctx context.Context) error {
	for _, does := range b.jobs.All() {
		if err := does(ctx); err != nil {
			return err
		}
	}
	return b.out.Drain(ctx)
}

// CallEnd is the end of the call that somebody's next open request is about.
func (b *Bot) CallEnd(ctx context.Context, user string) (at time.Time, ok bool) {
	err := b.cfg.Store.View(ctx, func(r storage.Reader) error {
		at, ok = time.Time{}, false
		for q, err := range r.OpenRequests(nudges.UserID(user)) {
			if err != nil {
				return err
			}
			if q.Ends.After(b.now()) && (!ok || q.Ends.Before(at)) && !q.Blank() {
				at, ok = q.Ends, true
			}
		}
		return nil
	})
	return at, ok && err == nil
}
