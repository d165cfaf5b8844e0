// Package sandbox is a make-believe Slack workspace in one process, in which an app can live as it lives in the
// real one. It is the wire: the app calls the Web API, opens Socket Mode connections, posts to response URLs and
// uploads files.
//
// It knows the platform from its documentation alone and imports nothing of the app it serves, so it cannot share
// the app's mistakes. Where the documentation is silent it does what field reports say, and the comment there says
// so. It works on loopback and, by [Pipe], in memory inside a testing/synctest bubble. It does nothing as a person:
// package hands does, and package page shows a person the web page.
//
//	app ──▶ api ──▶ chat, conversations, files, users, views, response ──▶ world ──▶ hands, page
//	app ◀── socket ◀── envelope ◀─────────────────────────────────────────────────── hands
//
// Packages: kit (Block Kit as JSON) ◀ rules (what the platform refuses) ◀ world (who is there, what was said) ◀
// sandbox ◀ hands (what people do and see) ◀ page.
//
// The files: sandbox.go has its life and its lock; keep.go watches and saves; tokens.go has the tokens; ledger.go, what
// went over the wire; faults.go, ways to fail. api.go is the Web API's door and the list of methods. Each family of
// methods has a file: chat.go, conversations.go, files.go, users.go, views.go. response.go takes answers to response
// URLs; event.go sends what the app subscribed to; envelope.go delivers and hears acknowledgements; socket.go is
// Socket Mode's connections; fragments.go sees what came in pieces; pipe.go is a network in memory.
package sandbox

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"net/http"
	"sync"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
)

// Config says what a workspace is made of. Zero fields are the defaults.
type Config struct {
	// Manifest is the app's manifest as JSON. Scopes, slash commands, shortcuts, events, the Home tab and Socket Mode
	// come from it. Required.
	Manifest []byte
	// Seed is who and what is there at first; its zero value stands for world.DefaultSeed.
	Seed world.Seed
	// State is the file that keeps the workspace between runs; "" forgets.
	State string
	// Start is where the clock of a fresh workspace begins; zero stands for now.
	Start time.Time
	// NoLimits switches the rate limits off, for load tests.
	NoLimits bool
	// KeepCalls is how many calls Calls remembers, the newest; 0 stands for 4096, below 0 for all.
	KeepCalls int
	// Log is told what goes on; nil is silence.
	Log *slog.Logger
}

// Workspace is the make-believe workspace. Make one with New. Its methods may be called from any goroutine.
type Workspace struct {
	cfg  Config
	life life
	page http.Handler // answers what is not the platform's; see Mount

	mu     sync.Mutex // guards all below; never held while waiting
	world  *world.World
	keys   keys
	grants grants
	limits rules.Limiter
	faults faults
	ledger ledger
	link   link
	watch  watch
}

// life is what Close ends.
type life struct {
	done   chan struct{} // closed by Close
	closed sync.Once
	work   sync.WaitGroup // all goroutines that Close waits for
}

// grants are what the app was given to answer with.
type grants struct {
	triggers rules.Triggers
	host     string // of the newest apps.connections.open; response URLs are on it
	answers  map[string]*answerURL
	queue    []*answerURL // the same, oldest first
}

// New makes a workspace, from Config.State if that file is there. It serves nobody until Serve. Close it when done.
func New(cfg Config) (*Workspace, error) {
	app, err := rules.ReadManifest(cfg.Manifest)
	if err != nil {
		return nil, err
	}
	if cfg.Seed.Team == "" && len(cfg.Seed.People) == 0 {
		cfg.Seed = world.DefaultSeed()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.KeepCalls == 0 {
		cfg.KeepCalls = 4096
	} else if cfg.KeepCalls < 0 {
		cfg.KeepCalls = math.MaxInt
	}
	w := &Workspace{
		cfg: cfg, page: http.NotFoundHandler(), life: life{done: make(chan struct{})},
		keys: keys{issued: map[string]tokenKind{}}, limits: rules.NewLimiter(),
		grants: grants{host: "sandbox", answers: map[string]*answerURL{}},
		ledger: ledger{keep: cfg.KeepCalls, stats: Stats{Calls: map[string]int{}}},
		link:   link{tickets: map[string]time.Time{}, pending: map[string]*pending{}},
		watch:  watch{watchers: map[chan struct{}]struct{}{}, soon: make(chan struct{}, 1)},
	}
	if w.world, err = world.New(cfg.Seed, app); err != nil {
		return nil, err
	}
	old := false
	if cfg.State != "" {
		if old, err = w.world.Load(cfg.State); err != nil {
			return nil, err
		}
	}
	if !old {
		w.world.Begin(cfg.Seed.Channels, cfg.Start)
	}
	w.world.Changed = w.changed
	if cfg.State != "" {
		w.life.work.Go(w.saver)
	}
	return w, nil
}

// Close ends all sockets and goroutines of the workspace and writes its state.
func (w *Workspace) Close() error {
	w.life.closed.Do(func() {
		w.With(func(Held) { close(w.life.done) })
		w.DropSockets()
	})
	w.life.work.Wait()
	return w.save()
}

// Done is closed when the workspace ends.
func (w *Workspace) Done() <-chan struct{} { return w.life.done }

// over says whether the workspace is closed, with the lock held.
func (w *Workspace) over() bool {
	select {
	case <-w.life.done:
		return true
	default:
		return false
	}
}

// pause waits for a real time; it reports false if the workspace was closed before.
func (w *Workspace) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-w.life.done:
		return false
	}
}

// Mount lets h answer what is not the platform's. Call it before Serve.
func (w *Workspace) Mount(h http.Handler) { w.page = h }

// Serve answers HTTP on l until ctx ends or the workspace is closed: the Web API below /api/, Socket Mode at /link/,
// response URLs below /response/, upload URLs below /upload/, and what was mounted everywhere else. It closes l.
func (w *Workspace) Serve(ctx context.Context, l net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method...}", w.serveAPI)
	mux.HandleFunc("/link/", w.serveLink)
	mux.HandleFunc("POST /response/{id}", w.serveResponse)
	mux.HandleFunc("POST /upload/v1/{secret}", w.serveUpload)
	mux.Handle("/", w.page)
	s := &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(w.cfg.Log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan struct{})
	defer close(stopped)
	w.life.work.Go(func() {
		select {
		case <-ctx.Done():
		case <-w.life.done:
		case <-stopped:
		}
		s.Close()
		w.DropSockets()
	})
	err := s.Serve(l)
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Held is the workspace while its lock is held: nothing else happens in it. Code that has one must not wait.
type Held struct {
	*world.World
	ws *Workspace
}

// With runs fn with the lock held.
func (w *Workspace) With(fn func(Held)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fn(Held{w.world, w})
}

// Trigger gives the app a trigger for a person; view is the modal that they are in, "" elsewhere.
func (h Held) Trigger(user, view string) string {
	id := h.ws.grants.triggers.Issue(time.Now(), user, view)
	h.ws.given(&h.ws.keys.given.Triggers, id)
	return id
}

// Violation notes a rule that the app broke without the platform telling it.
func (h Held) Violation(format string, a ...any) { h.ws.violation(format, a...) }

// ReadMessage reads a message that came as an answer of the app's, named by from.
func (h Held) ReadMessage(from string, args kit.Obj) (*world.Message, *rules.Refusal) {
	return h.ws.message(&call{method: from, args: args})
}

// Now is the workspace's clock, used for ts and for display. Triggers, deadlines, pings and limits go by real time.
func (w *Workspace) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.world.Now()
}

// SetClock moves the workspace's clock to t; it goes on from there.
func (w *Workspace) SetClock(t time.Time) {
	w.With(func(Held) { w.world.SetClock(t) })
}

// Trouble is what the platform's client shows a person when an app does not answer, or answers wrongly.
type Trouble struct {
	// Code is such as dispatch_failed (no socket), operation_timeout (no acknowledgement in 3 s), bad_answer.
	Code string
	Text string
}

func (t *Trouble) Error() string { return t.Code + ": " + t.Text }
