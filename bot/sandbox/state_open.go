package sandbox

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the zones of the people, also on a machine without them

	"stepin/bot/sandbox/rules"
)

// New makes a workspace, from Config.State if that file is there. It serves nobody until Serve. Close it when done.
func New(cfg Config) (*Workspace, error) {
	app, err := rules.ReadManifest(cfg.Manifest)
	if err != nil {
		return nil, err
	}
	if cfg.Seed.Team == "" && len(cfg.Seed.People) == 0 {
		cfg.Seed = DefaultSeed()
	}
	cfg.Seed.People = slices.Clone(cfg.Seed.People)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.KeepCalls == 0 {
		cfg.KeepCalls = 4096
	} else if cfg.KeepCalls < 0 {
		cfg.KeepCalls = math.MaxInt
	}
	w := &Workspace{
		cfg: cfg, app: app, made: rand.Text(), host: "sandbox",
		team:     team{ID: cfg.Seed.Team, Domain: "northwind", Name: "Northwind", BotID: "B" + strings.TrimPrefix(cfg.Seed.App, "A")},
		done:     make(chan struct{}),
		byID:     map[string]*Person{},
		chanByID: map[string]*channel{}, dms: map[string]*channel{},
		views: map[string]*view{}, external: map[string]*view{}, stacks: map[string][]*view{}, homes: map[string]*view{},
		issued: tokens{}, groups: map[string][]string{}, files: map[string]*file{},
		answers: map[string]*answerURL{}, watchers: map[chan struct{}]struct{}{}, saveSoon: make(chan struct{}, 1),
	}
	w.wire = wireState{
		tickets: map[string]time.Time{}, pending: map[string]*pending{}, limits: rules.NewLimiter(), keep: cfg.KeepCalls,
		stats: counts{calls: map[string]int{}},
	}
	if err := w.settlePeople(); err != nil {
		return nil, err
	}
	old, err := w.load()
	if err != nil {
		return nil, err
	}
	if !old {
		if !cfg.Start.IsZero() {
			w.offset = time.Until(cfg.Start)
		}
		for _, c := range cfg.Seed.Channels {
			w.addChannel(c)
		}
		w.tellBefore()
	}
	if cfg.State != "" {
		w.work.Go(w.saver)
	}
	return w, nil
}

func (w *Workspace) settlePeople() error {
	s := w.cfg.Seed
	if s.Team == "" || s.App == "" || s.BotUser == "" {
		return errors.New("sandbox: the seed needs the ids Team, App and BotUser")
	}
	for i := range s.People {
		p := &s.People[i]
		if w.byID[p.ID] != nil {
			return fmt.Errorf("sandbox: two people of the seed have the id %s", p.ID)
		}
		if _, err := time.LoadLocation(p.Zone); err != nil {
			return fmt.Errorf("sandbox: %s of the seed: %w: give an IANA zone such as Europe/Berlin", p.Name, err)
		}
		w.people, w.byID[p.ID] = append(w.people, p), p
	}
	if w.byID[s.BotUser] == nil {
		p := &Person{ID: s.BotUser, Name: w.app.Display.Name, Role: "bot", Bot: true}
		w.people, w.byID[p.ID] = append(w.people, p), p
	}
	if w.byID[slackbot] == nil {
		p := &Person{ID: slackbot, Name: "Slackbot", Role: "bot", Bot: true}
		w.people, w.byID[p.ID] = append(w.people, p), p
	}
	return nil
}

// tellBefore posts what was said before the story.
func (w *Workspace) tellBefore() {
	if w.cfg.Story == nil {
		return
	}
	c := w.chanByID[w.cfg.Story.Channel]
	if c == nil {
		return
	}
	now := time.Now().Add(w.offset)
	for _, l := range w.cfg.Story.Before {
		us := max(now.Add(-l.Ago).UnixMicro(), w.lastTS+1)
		w.lastTS = us
		w.add(c, &post{TS: formatTS(us), User: l.User, Text: l.Text})
	}
}

// Close ends all sockets and goroutines of the workspace and writes its state.
func (w *Workspace) Close() error {
	w.closed.Do(func() {
		w.mu.Lock()
		close(w.done)
		w.mu.Unlock()
		w.DropSockets()
	})
	w.work.Wait()
	return w.save()
}
