package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"stepin/bot"
	"stepin/bot/check"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/page"
	"stepin/bot/sandbox/world"
	"stepin/cmd/stepin/config"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/team"
	"stepin/nudges/words"
	"stepin/store"
)

type demoCmd struct {
	DB     string `placeholder:"FILE" help:"Keep everything in FILE and FILE.workspace. Without it, nothing is kept."`
	Listen string `default:"127.0.0.1:0" help:"Address of the page; loopback only." placeholder:"HOST:PORT"`
}

// The roles of the seeded people.
const (
	roleManager  = "manager"
	roleRep      = "rep"
	roleApprover = "approver"
	roleLeader   = "leader"
)

// Run runs the whole product against a make-believe workspace, over real HTTP and a real websocket on loopback.
func (c demoCmd) Run(e env) (err error) {
	listener, err := listenLoopback(e.ctx, c.Listen)
	if err != nil {
		return err
	}
	defer listener.Close() // Serve closes it too; closing twice is harmless
	if _, err := config.LogJSON(e.getenv); err != nil {
		return err
	}
	d := &demo{}
	db, err := d.store(e, c.DB) // first: its lock protects the workspace's file too
	if err != nil {
		return ended(e.ctx, err)
	}
	ws, err := d.workspace(c.DB)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	if err := d.team(e.ctx, db); err != nil {
		return errors.Join(ended(e.ctx, err), ws.Close(), db.Close())
	}
	base := "http://" + listener.Addr().String()
	b, err := bot.New(bot.Config{
		BotToken: ws.BotToken(), AppToken: ws.AppToken(), APIURL: base + "/api/",
		Store: db, File: db, Now: ws.Now, Log: e.log,
		Settings: roster.Settings{Words: words.Shipped(), Allowed: roster.Allowed{Everybody: true}},
	})
	if err != nil {
		return errors.Join(err, ws.Close(), db.Close())
	}
	d.bot.Store(b)

	ready := fmt.Sprintf("stepin demo: open %s/ in a browser. Ctrl-C ends it.\n", base)
	if c.DB == "" {
		ready += "Nothing is kept; \"stepin demo --db FILE\" would keep it.\n"
	}
	return errors.Join(d.serve(e, b, listener, ready), db.Close())
}

// serve runs the bot and the workspace until one of them ends, and prints ready once they are connected.
func (d *demo) serve(e env, b *bot.Bot, listener net.Listener, ready string) error {
	// The workspace outlives the bot, so that the bot can finish what it has acknowledged.
	serving, stopServing := context.WithCancel(context.WithoutCancel(e.ctx))
	defer stopServing()
	botCtx, stopBot := context.WithCancel(e.ctx)
	defer stopBot()
	var wg sync.WaitGroup
	var served error
	wg.Go(func() {
		if served = d.ws.Serve(serving, listener); serving.Err() != nil || errors.Is(served, http.ErrServerClosed) {
			served = nil
		}
		stopBot()
	})
	wg.Go(func() {
		select {
		case <-b.Ready():
			fmt.Fprint(e.stdout, ready)
		case <-botCtx.Done():
		}
	})
	err := ended(botCtx, b.Run(botCtx))
	err = errors.Join(err, d.ws.Close())
	stopServing()
	stopBot()
	wg.Wait()
	return errors.Join(err, served)
}

// demo ties the workspace's clock to the bot, which is made after it.
type demo struct {
	ws     *hands.Workspace
	bot    atomic.Pointer[bot.Bot]
	people map[string]world.Person // by role
}

func listenLoopback(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, misuse{fmt.Errorf("--listen %s: write it as 127.0.0.1:8080", addr)}
	}
	if !config.IsLoopback(host) {
		return nil, misuse{fmt.Errorf("--listen %s: the demo lets anyone act as anybody, so it listens on this "+
			"machine only; use 127.0.0.1", addr)}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: the port is in use or not allowed; omit --listen for a free one", addr)
	}
	return l, nil
}

func (d *demo) store(e env, path string) (*store.DB, error) {
	if path == "" {
		return store.Temp(e.ctx, store.Options{Log: e.log})
	}
	db, err := store.Open(e.ctx, path, store.Options{Log: e.log, Version: version()})
	return db, remedied(err)
}

func (d *demo) workspace(path string) (*hands.Workspace, error) {
	manifest, err := check.Manifest("group-dm", "channel-lookup", "file-export")
	if err != nil {
		return nil, err
	}
	words, err := words.LoadStory()
	if err != nil {
		return nil, err
	}
	d.people = map[string]world.Person{}
	seed := world.DefaultSeed()
	for i, p := range seed.People {
		if p.Role != roleApprover { // who shows that each reads times in their own way
			seed.People[i].Locale = "en-US"
		}
		if _, taken := d.people[p.Role]; !taken && p.Role != "" {
			d.people[p.Role] = p
		}
	}
	state := ""
	if path != "" {
		state = path + ".workspace"
	}
	d.ws, err = hands.New(sandbox.Config{
		Manifest: manifest, Seed: seed, State: state,
		Start: fourTo(time.Now(), d.zone()), // a new workspace opens four minutes before a call
	})
	if err != nil {
		return nil, err
	}
	d.ws.Mount(page.New(d.ws, page.Config{
		Story: d.story(words, seed), Jumps: func() []page.Jump { return d.jumps(words) }, Jump: d.jump, Sees: d.sees,
	}))
	return d.ws, nil
}

// team gives the manager a team to try out, unless somebody has saved one.
func (d *demo) team(ctx context.Context, db *store.DB) error {
	manager := d.user(roleManager)
	t := team.Team{
		Manager: manager, Policy: nudges.Self,
		Approvers: []team.Approver{{ID: d.user(roleApprover), Delegate: d.user(roleLeader)}},
		Skills: []team.Skill{
			{Name: "Pricing", Training: "Negotiation basics"}, {Name: "Legal questions", Training: "Contract school"},
		},
	}
	for _, p := range d.ws.People() {
		if p.Role == roleRep {
			t.Reps = append(t.Reps, nudges.UserID(p.ID))
		}
	}
	t.Channel = channelNamed(d.ws.Channels(string(manager)), "debriefs")
	return db.Update(ctx, func(tx storage.Tx) error {
		if was, err := tx.Team(manager); err != nil || was.Policy != "" {
			return err // a saved form has a policy
		}
		return tx.PutTeam(t)
	})
}

func (d *demo) user(role string) nudges.UserID { return nudges.UserID(d.people[role].ID) }

func (d *demo) zone() *time.Location {
	zone, err := time.LoadLocation(d.people[roleManager].Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// fourTo is 08:56 of the next working day in that zone. The page can jump to the day after, so that one is a working
// day too.
func fourTo(now time.Time, zone *time.Location) time.Time {
	for day := now.In(zone); ; day = day.AddDate(0, 0, 1) {
		at := time.Date(day.Year(), day.Month(), day.Day(), 8, 56, 0, 0, zone)
		if w := at.Weekday(); w >= time.Monday && w <= time.Thursday && at.After(now) {
			return at
		}
	}
}

func (d *demo) story(words words.Story, seed world.Seed) *page.Story {
	byName := func(name string) string {
		for _, p := range seed.People {
			if first, _, _ := strings.Cut(strings.ToLower(p.Name), " "); first == name {
				return p.ID
			}
		}
		return ""
	}
	s := &page.Story{
		Title: words.Title, Lead: words.Lead, LaterTitle: words.Later.Title, LaterLead: words.Later.Lead,
		Call: words.Call, Typed: words.Typed, LensLabel: words.Lens,
		Left: d.people[roleManager].ID, Right: byName("dana"), LensViewer: d.people[roleLeader].ID,
	}
	for _, c := range seed.Channels {
		if c.Kind == "im" {
			s.Channel = c.ID
		}
	}
	for _, l := range words.Lines {
		s.Before = append(s.Before, page.Line{User: byName(l.Who), Text: l.Text, Ago: l.Ago})
	}
	var named func(conditions string) string
	named = func(conditions string) string {
		var out []string
		for one := range strings.SplitSeq(conditions, "|") {
			if one, other, both := strings.Cut(one, "&"); both {
				out = append(out, named(one)+"&"+named(other))
				continue
			}
			kind, what, _ := strings.Cut(one, ":")
			name, block, ok := strings.Cut(what, "/")
			switch kind {
			case "post", "news", "gone", "left":
				if one = kind + ":" + byName(name); ok {
					one += "/" + block
				}
			case "root", "edited", "closed":
				one = kind + ":" + channelNamed(seed.Channels, name)
			}
			out = append(out, one)
		}
		return strings.Join(out, "|")
	}
	for _, st := range words.Steps {
		step := page.Step{
			Text: st.Text, Done: named(st.Done), Over: named(st.Over), Branch: st.Branch, Typed: st.Typed,
		}
		for _, e := range st.Else {
			step.Hints = append(step.Hints, page.Hint{When: named(e.When), Text: e.Text})
		}
		s.Steps = append(s.Steps, step)
	}
	return s
}

// channelNamed is the id of the channel of that name, or "".
func channelNamed(channels []world.Channel, name string) string {
	for _, c := range channels {
		if c.Name == name {
			return c.ID
		}
	}
	return ""
}

// debriefIn is how long after a call's end its debrief is sent at the latest.
const debriefIn = 6 * time.Minute

// jumps are the moments that the page offers.
func (d *demo) jumps(words words.Story) []page.Jump {
	now := d.ws.Now()
	out := []page.Jump{{Label: words.Jumps.Hour, To: now.Add(time.Hour)}}
	if b := d.bot.Load(); b != nil {
		if end, ok := b.CallEnd(context.Background(), d.people[roleManager].ID); ok {
			out = append(out, page.Jump{Label: words.Jumps.Call, To: end.Add(debriefIn)})
		}
	}
	local := now.In(d.zone()).AddDate(0, 0, 1)
	nine := time.Date(local.Year(), local.Month(), local.Day(), 9, 0, 0, 0, d.zone())
	// The daily reminder comes a few minutes after nine, at another minute for each person.
	return append(out, page.Jump{Label: words.Jumps.Tomorrow, To: nine.Add(daily.Jitter(d.user(roleManager)))})
}

// jump stops at each due moment on the way, and lets the outbox drain there.
func (d *demo) jump(ctx context.Context, to time.Time) error {
	b := d.bot.Load()
	if b == nil {
		return errors.New("the bot is not there yet")
	}
	for {
		at, ok, err := b.NextDue(ctx)
		if err != nil {
			return err
		}
		if !ok || at.After(to) {
			break
		}
		if at.After(d.ws.Now()) {
			d.ws.SetClock(at)
		}
		if err := b.Settle(ctx); err != nil {
			return err
		}
		if again, ok, err := b.NextDue(ctx); err != nil || (ok && !again.After(at)) {
			break // something waits for Slack, and continues by itself
		}
	}
	d.ws.SetClock(to)
	return b.Settle(ctx)
}

// standing is somebody's role in a pause of the manager, and what their conversation with stepin shows.
func (d *demo) standing(user string) (privacy.Role, string) {
	for _, p := range d.ws.People() {
		if p.ID != user {
			continue
		}
		switch p.Role {
		case roleManager:
			return privacy.RoleAuthor, privacy.ShownCard
		case roleRep:
			return privacy.RoleRep, privacy.ShownRepDM
		case roleApprover, roleLeader: // who stands in for an approver
			return privacy.RoleApprover, privacy.ShownAsk
		}
	}
	return privacy.RoleAnyone, ""
}

// sees applies the product's own rule of what somebody may see. What a screen shows depends on its owner: the
// conversation of a rep with stepin is not that of a manager.
func (d *demo) sees(viewer string, s page.Shown) bool {
	_, dm := d.standing(s.Owner)
	role, _ := d.standing(viewer)
	kind := map[string]string{
		"modal": privacy.ShownPause, "home": privacy.ShownHome, "channel": privacy.ShownChannel, "dm": dm,
	}[s.Surface]
	own := viewer == s.Owner
	if own && kind == privacy.ShownPause {
		role = privacy.RoleAuthor // the person who has a modal open fills it in
	}
	return privacy.MaySee(role, kind, own)
}
