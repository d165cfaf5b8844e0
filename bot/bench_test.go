package bot

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"stepin/bot/check"
	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/world"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store"
)

// crowd is a workspace over loopback, without rate limits, with n managers who act at once.
func crowd(b *testing.B, n int) (ws *hands.Workspace, url string, people []string) {
	b.Helper()
	seed := world.DefaultSeed()
	for i := range n {
		id := fmt.Sprintf("U0CROWD%04d", i)
		people = append(people, id)
		seed.People = append(seed.People, world.Person{
			ID: id, Name: fmt.Sprintf("Manager %d", i),
			Zone: "Europe/Berlin",
		})
	}
	m, err := check.Manifest()
	if err != nil {
		b.Fatal(err)
	}
	ws, err = hands.New(sandbox.Config{Manifest: m, Seed: seed, NoLimits: true})
	if err != nil {
		b.Fatal(err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	done := make(chan struct{})
	go func() { defer close(done); _ = ws.Serve(ctx, l) }()
	b.Cleanup(func() { _ = ws.Close(); cancel(); <-done })
	return ws, "http://" + l.Addr().String() + "/api/", people
}

// runBot serves the crowd with the real bot on a store, set up otherwise by what set does.
func runBot(b *testing.B, ws *hands.Workspace, url string, st storage.Store, set ...func(*Config)) *Bot {
	b.Helper()
	cfg := Config{
		BotToken: ws.BotToken(), AppToken: ws.AppToken(), APIURL: url, Store: st,
		Settings: roster.Settings{Words: testWords(b), Allowed: roster.Allowed{Everybody: true}}, NoPace: true,
	}
	for _, f := range set {
		f(&cfg)
	}
	bot, err := New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	done := make(chan error, 1)
	go func() { done <- bot.Run(ctx) }()
	<-bot.Ready()
	b.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	return bot
}

// bare is the least a bot can do: decode, acknowledge, open a view.
func bare(b *testing.B, ws *hands.Workspace, url string) {
	b.Helper()
	words := testWords(b)
	api := slack.New(ws.BotToken(), slack.OptionAppLevelToken(ws.AppToken()), slack.OptionAPIURL(url))
	c := socketmode.New(api)
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	up := make(chan struct{})
	done := make(chan struct{})
	go func() { _ = c.RunContext(ctx) }()
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case evt := <-c.Events:
				switch data := evt.Data.(type) {
				case slack.SlashCommand:
					go func() {
						_ = c.AckCtx(ctx, evt.Request.EnvelopeID, nil)
						r := nudges.Request{
							ID: "R", Manager: nudges.UserID(data.UserID), Starts: time.Now(),
							Ends: time.Now(),
						}
						_, _ = api.OpenViewContext(ctx, data.TriggerID,
							view.Modal(form.CallScreen, view.Scene{Words: words, Request: r, Zone: time.UTC}))
					}()
				default:
					if evt.Type == socketmode.EventTypeHello {
						close(up)
					}
				}
			}
		}
	}()
	<-up
	b.Cleanup(func() { cancel(); <-done })
}

// spread runs do for b.N rounds spread over the people, all at once, and reports p50 and p99 in ms.
func spread(b *testing.B, people []string, do func(user string, round int) error) {
	b.Helper()
	for _, u := range people { // profiles are read once a day; that is not what is measured
		if err := do(u, -1); err != nil {
			b.Fatal(err)
		}
	}
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for i, u := range people {
		wg.Go(func() {
			for n := i; n < b.N; n += len(people) {
				start := time.Now()
				if err := do(u, n); err != nil {
					b.Error(err)
					return
				}
				d := time.Since(start)
				mu.Lock()
				took = append(took, d)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	ms := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000 }
	if len(took) > 0 {
		b.ReportMetric(ms(0.5), "p50-ms")
		b.ReportMetric(ms(0.99), "p99-ms")
		b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "ops/s")
	}
}

// waits until the person has a window open.
func opened(ws *hands.Workspace, user string) error {
	changed, stop := ws.Watch()
	defer stop()
	for deadline := time.After(time.Minute); ; {
		if id, _ := ws.Top(user); id != "" {
			return nil
		}
		select {
		case <-changed:
		case <-deadline:
			return fmt.Errorf("%s: no window after a minute", user)
		}
	}
}

func closeAll(ws *hands.Workspace, user string) error {
	for {
		id, _ := ws.Top(user)
		if id == "" {
			return nil
		}
		if err := ws.Dismiss(context.Background(), user, id); err != nil {
			return err
		}
	}
}

// BenchmarkStepinToModal: from the typed command to the open window, 50 people at once.
func BenchmarkStepinToModal(b *testing.B) {
	command := func(ws *hands.Workspace) func(string, int) error {
		return func(user string, _ int) error {
			if err := ws.Command(context.Background(), user, "C0DEALS1", "/stepin @Dana Acme renewal"); err != nil {
				return err
			}
			if err := opened(ws, user); err != nil {
				return err
			}
			return closeAll(ws, user)
		}
	}
	b.Run("bare", func(b *testing.B) {
		ws, url, people := crowd(b, 50)
		bare(b, ws, url)
		spread(b, people, command(ws))
	})
	b.Run("stepin", func(b *testing.B) {
		ws, url, people := crowd(b, 50)
		runBot(b, ws, url, openFile(b, new(atomic.Int64)))
		spread(b, people, command(ws))
	})
}

// BenchmarkAcknowledge: a thousand people type at once, and ms-most is the slowest acknowledgement,
// from when the workspace sent the envelope; 1000 is the bound. Give -benchtime 1000x or more.
func BenchmarkAcknowledge(b *testing.B) {
	ws, url, people := crowd(b, 1000)
	runBot(b, ws, url, openFile(b, new(atomic.Int64)))
	var began time.Time
	spread(b, people, func(user string, round int) error {
		if round == 0 {
			began = time.Now()
		}
		if err := ws.Command(context.Background(), user, "C0DEALS1", "/stepin @Dana Acme renewal"); err != nil {
			return err
		}
		if err := opened(ws, user); err != nil {
			return err
		}
		return closeAll(ws, user)
	})
	var most time.Duration
	for _, c := range ws.Calls() {
		if c.Method == "ack" && c.At.After(began) {
			most = max(most, c.Took)
		}
	}
	b.ReportMetric(float64(most.Microseconds())/1000, "ms-most")
	if s := ws.Stats(); s.Late+s.TimedOut > 0 {
		b.Errorf("%d acknowledgements came late, %d never", s.Late, s.TimedOut)
	}
}

// openFile is a store on disk; commits counts what reaches it.
func openFile(b *testing.B, commits *atomic.Int64) storage.Store {
	b.Helper()
	db, err := store.Open(b.Context(), b.TempDir()+"/stepin.db", store.Options{Around: func(commit func() error) error {
		commits.Add(1)
		return commit()
	}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	return db
}

// reportCommits reports commits against what we allow: one for each envelope, and one for
// ten deliveries. 1 is the bound.
func reportCommits(b *testing.B, ws *hands.Workspace, commits *atomic.Int64) {
	s := ws.Stats()
	sent := s.Calls["chat.postMessage"] + s.Calls["chat.update"]
	if n := commits.Load(); n > 0 && s.Envelopes > 0 {
		b.ReportMetric(float64(n)/(float64(s.Envelopes)+float64(sent)/10), "commits/allowed")
	}
}

// reportCalls reports how often the Web API was called for one operation: in all, and by each method that is limited.
func reportCalls(b *testing.B, ws *hands.Workspace, before map[string]int) {
	_, calls := callsSince(ws, before)
	all := 0
	for method, n := range calls {
		b.ReportMetric(float64(n)/float64(b.N), method+"/op")
		all += n
	}
	b.ReportMetric(float64(all)/float64(b.N), "calls/op")
}

// BenchmarkPause: the command, the window, "I'll hold back", the plan, saved: durably, beside the
// same bot on a file without the disk's syncs.
func BenchmarkPause(b *testing.B) {
	for _, n := range []int{1, 50, 500} {
		for name, open := range map[string]func(*testing.B, *atomic.Int64) storage.Store{
			"file":   openFile,
			"nosync": func(b *testing.B, _ *atomic.Int64) storage.Store { return tempStore(b) },
		} {
			b.Run(fmt.Sprintf("%s/people=%d", name, n), func(b *testing.B) {
				ws, url, people := crowd(b, n)
				var commits atomic.Int64
				runBot(b, ws, url, open(b, &commits))
				defer reportCommits(b, ws, &commits)
				var before map[string]int
				var warm sync.Once
				defer func() { reportCalls(b, ws, before) }()
				spread(b, people, func(user string, round int) error {
					if round >= 0 { // profiles have been read
						warm.Do(func() { before = ws.Stats().Calls })
					}
					line := fmt.Sprintf("/stepin @Dana deal %d", round+1)
					if err := ws.Command(context.Background(), user, "C0DEALS1", line); err != nil {
						return err
					}
					if err := opened(ws, user); err != nil {
						return err
					}
					h := ws.As(user)
					if err := h.Press("I'll hold back"); err != nil {
						return err
					}
					changed, stop := ws.Watch()
					defer stop()
					for deadline := time.After(time.Minute); ; {
						if _, screen := ws.Top(user); screen == string(form.ClosingScreen) {
							break
						}
						select {
						case <-changed:
						case <-deadline:
							return fmt.Errorf("%s: no closing screen after a minute", user)
						}
					}
					if _, err := h.Submit(); err != nil {
						return err
					}
					return closeAll(ws, user)
				})
			})
		}
	}
}
