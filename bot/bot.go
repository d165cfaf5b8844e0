// Package bot is stepin in Slack: it hears what people do over Socket Mode, has the
// domain decide in one transaction, acknowledges after the commit, and delivers what
// must be said from the outbox. It is the only package that knows slack-go.
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
	"stepin/bot/check"
	"stepin/bot/decide"
	"stepin/bot/erase"
	"stepin/bot/form"
	"stepin/bot/health"
	"stepin/bot/people"
	"stepin/bot/roster"
	"stepin/bot/scene"
	"stepin/bot/slackapi"
	"stepin/bot/socket"
	"stepin/nudges"
)

// Config says how a Bot is set up. Its zero fields are the defaults.
type Config struct {
	BotToken, AppToken string
	// AppTokenWatched says that another app-level token may come by Renew: a line whose token
	// has ended waits for it, instead of ending Run.
	AppTokenWatched bool
	APIURL          string // with a trailing slash; "" for slack.com
	Store           nudges.Store
	roster.Settings
	Now func() time.Time // the clock for what is due; time.Now if nil
	// Dial reaches Slack; nil for the network, with proxies from the environment.
	Dial   func(ctx context.Context, network, addr string) (net.Conn, error)
	File   nudges.File // the store's file as a whole; nil for none
	Team   string      // whose file it is, for Check: the id of a workspace; "" for nobody's yet
	NoPace bool        // load tests against a workspace without limits: send as fast as it takes
	Log    *slog.Logger
}

// A Bot is one running stepin.
type Bot struct {
	cfg      Config
	log      *slog.Logger
	holds    atomic.Pointer[roster.Current]
	slack    *slackapi.Client
	people   *people.Directory
	profiles *people.Profiles
	group    *people.Membership
	scenes   *scene.Reader
	pace     *slackapi.Pace
	out      *outbox
	answers  *answer.Answerer
	sockets  *socket.Sockets
	meter    *health.Meter
	health   *health.Ledger
	tried    time.Time // when the file was tried last; of watch alone
	zones    nudges.Zones

	erase *erase.Service

	side sync.WaitGroup // what runs beside the queue
	late sync.RWMutex   // guards over
	over bool           // nothing more begins beside it
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
	b := &Bot{tried: time.Now(), cfg: cfg, log: cfg.Log, zones: newZones()}
	b.meter = health.NewMeter(form.Kinds...)
	b.health = health.New(b.log, b.now)
	b.slack = slackapi.New(cfg.options(), b.log, b.health, b.meter, b.now)
	b.pace = b.slack.Pace
	b.people = people.NewDirectory(b.slack, b.log)
	b.scenes = &scene.Reader{Store: b.cfg.Store, People: b.people, Live: b.live, Zones: b.zones, Now: b.now, Log: b.log}
	b.profiles = &people.Profiles{
		People: b.people, Store: b.cfg.Store, Health: b.health, Now: b.now, Redraw: func(u nudges.UserID) { b.answers.Redraw(u) },
		Settings: b.live, Remind: decide.Rules{Zones: b.zones}.Remind,
	}
	b.out = newOutbox(outboxOptions{
		Store: b.cfg.Store, Slack: b.slack, Health: b.health, Meter: b.meter, Scenes: b.scenes, Rules: b.decider,
		Copies: func() []nudges.Copy { return b.erase.Copies() }, Now: b.now, Panicked: b.panicked, Log: b.log,
	})
	b.group = people.NewMembership(b.slack, cfg.Store, b.health, b.log, b.now)
	b.answers = answer.New(answer.Options{
		Store: cfg.Store, Slack: b.slack, Health: b.health, Meter: b.meter, People: b.people, Profiles: b.profiles, Group: b.group,
		Scenes: b.scenes, Rules: b.decider, Now: b.now, Wake: b.out.wake, Go: b.beside,
		Forget: func(ctx context.Context) { b.erase.ForgetDue(ctx, true) }, Panicked: b.panicked, Log: b.log,
	})
	b.erase = b.newErase()
	b.sockets = socket.New(b.slack, b.health, b.meter, b.log, cfg.AppTokenWatched, b.answers.Serve)
	b.force(cfg.Settings, people.GroupOf(cfg.Allowed.Group)) // Run asks who is in it before anybody is served
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
	return slackapi.Options{Tokens: slackapi.Tokens{Bot: c.BotToken, App: c.AppToken}, APIURL: c.APIURL, Dial: c.Dial, NoPace: c.NoPace}
}

func (b *Bot) api() *slack.Client   { return b.slack.API() }
func (b *Bot) quick() *slack.Client { return b.slack.Quick() }

// Renew puts other tokens in the place of those in use, as far as they pass a try: see client.renew.
// It may be called once Ready is closed.
func (b *Bot) Renew(ctx context.Context, t slackapi.Tokens) error {
	bot, app, err := b.slack.Renew(ctx, t, func(api *slack.Client) error { return b.group.Try(ctx, api) })
	if bot {
		b.out.wake()
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
	if err := b.cfg.Store.ClaimTeam(ctx, b.slack.Team); err != nil {
		return err
	}
	return b.group.Meet(ctx)
}

// Ready is closed once both connections stand for the first time.
func (b *Bot) Ready() <-chan struct{} { return b.sockets.Ready() }

// Run serves until ctx ends, and then finishes what it has acknowledged. It returns a
// *Setup for what only the operator can mend.
func (b *Bot) Run(ctx context.Context) error {
	if err := b.introduce(ctx); err != nil {
		return err
	}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	b.side.Go(func() { check.TellTeams(work, b.people, b.live().Teams, b.log) })
	b.side.Go(func() { b.group.Keep(work) })
	var wg sync.WaitGroup
	stopClock := b.startClock(work)
	wg.Go(func() { b.out.run(work) })
	wg.Go(func() { b.watch(work) })

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
	b.out.finish(end)
	b.sockets.Finish(end)
	stopSockets()
	stopWork()
	b.finishSide(end)
	wg.Wait()
	return err
}

// beside runs f beside the queue, unless we are ending.
func (b *Bot) beside(f func()) {
	b.late.RLock()
	defer b.late.RUnlock()
	if !b.over {
		b.side.Go(f)
	}
}

// finishSide waits for what runs beside the queue, or until ctx ends: Home is never the only
// copy of anything, and whoever starts next waits for the file.
func (b *Bot) finishSide(ctx context.Context) {
	b.late.Lock()
	b.over = true
	b.late.Unlock()
	done := make(chan struct{})
	go func() { b.side.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// NextDue is the earliest moment at which the clock has something to do.
func (b *Bot) NextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	err = b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		at, ok, err = r.NextDue()
		return err
	})
	return at, ok, err
}

// Settle applies what is due now, and waits until the outbox has nothing left to send.
func (b *Bot) Settle(ctx context.Context) error {
	for _, does := range b.dueJobs() {
		if err := does(ctx); err != nil {
			return err
		}
	}
	return b.out.drain(ctx)
}

// CallEnd is the end of the call that somebody's next open request is about.
func (b *Bot) CallEnd(ctx context.Context, user string) (at time.Time, ok bool) {
	err := b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		at, ok = time.Time{}, false
		open, err := r.OpenRequests(nudges.UserID(user))
		for _, q := range open {
			if q.Ends.After(b.now()) && (!ok || q.Ends.Before(at)) && !q.Blank() {
				at, ok = q.Ends, true
			}
		}
		return err
	})
	return at, ok && err == nil
}
