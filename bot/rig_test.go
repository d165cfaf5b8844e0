package bot

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/check"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/slackapi"
	"stepin/cmd/stepin/logging"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/words"
	"stepin/store"
	"stepin/store/disk"
)

// A rig is the whole product in one bubble: the real bot, the real slack-go, the real
// file, and the sandbox in place of Slack.
type rig struct {
	t     *testing.T
	ws    *hands.Workspace
	pipe  *sandbox.Pipe
	path  string
	db    *store.DB
	bot   *Bot
	words *words.Words
	log   *safeBuffer
	sums  *logging.Log // sums up what is logged, as serve does; nil for every line at once
	stop  func()
	close func()
	walk  *walk // looks for what is private, in stories
	ears  *ears // hear what leaves it otherwise than to people, in stories
	// wrap, if set, stands between the bot and its store.
	wrap func(storage.Store) storage.Store
	// options are how the store is opened; dial, if set, reaches the workspace instead of
	// the pipe; noPace is Config.NoPace. All hold from the next start.
	options store.Options
	dial    func(ctx context.Context, network, addr string) (net.Conn, error)
	noPace  bool
	teams   []roster.TeamConfig
	admins  []nudges.UserID
	holiday func(nudges.UserID, nudges.Date) bool
	skew    atomic.Int64          // by how much this machine's clock is ahead of what is right
	disk    atomic.Pointer[error] // what each commit fails with; nil for none
	free    atomic.Int64          // bytes on the disk; 0 for what is there
	other   func()                // ends another process on the same token
	keep    privacy.Keep
	allowed roster.Allowed
	contact string
	watched bool            // Config.AppTokenWatched
	teamID  string          // Config.Workspace
	renewed slackapi.Tokens // in place of the first ones
	// dead, if set, is closed when the bot's process is taken for gone: start does not wait
	// for such a bot, and stop does not mind how it ends.
	dead <-chan struct{}
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// who are the seeded people of the stories.
var who = map[string]string{
	"sam": "U0SAM001", "dana": "U0DANA01", "lior": "U0LIOR01", "priya": "U0PRIYA1",
	"ines": "U0INES01",
}

// testWords are the shipped words.
func testWords(testing.TB) *words.Words { return words.Shipped() }

func manifest(tb testing.TB, optional ...string) []byte {
	tb.Helper()
	m, err := check.Manifest(optional...)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// newRig must be called inside a bubble; end it with r.end.
func newRig(t *testing.T, cfg sandbox.Config) *rig {
	t.Helper()
	if cfg.Manifest == nil {
		cfg.Manifest = manifest(t)
	}
	ws, err := hands.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range who { // shared by all rigs, some of which run at the same time
		if is := personID(t, ws, name); is != id {
			t.Fatalf("%s is %s, not %s", name, is, id)
		}
	}
	r := &rig{
		t: t, ws: ws, pipe: sandbox.NewPipe(), path: filepath.Join(t.TempDir(), "stepin.db"), words: testWords(t),
		log: &safeBuffer{},
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = ws.Serve(ctx, r.pipe) }()
	r.close = func() {
		_ = ws.Close()
		cancel()
		_ = r.pipe.Close()
		<-done
	}
	return r
}

func personID(t *testing.T, ws *hands.Workspace, name string) string {
	t.Helper()
	for _, p := range ws.People() {
		if first, _, _ := strings.Cut(strings.ToLower(p.Name), " "); first == name {
			return p.ID
		}
	}
	t.Fatalf("nobody is called %s", name)
	return ""
}

// live is what of the settings can change while the bot runs.
func (r *rig) settings() roster.Settings {
	return roster.Settings{
		Words: r.words, Allowed: r.allowed, Contact: r.contact, Admins: r.admins, Teams: r.teams,
		Holiday: r.holiday, Keep: r.keep,
	}
}

// logger writes every level into the rig's log.
func (r *rig) logger() *slog.Logger {
	if r.sums != nil {
		return r.sums.Logger
	}
	return slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// tokens are those that are good now.
func (r *rig) tokens() slackapi.Tokens {
	if r.renewed != (slackapi.Tokens{}) {
		return r.renewed
	}
	return slackapi.Tokens{Bot: r.ws.BotToken(), App: r.ws.AppToken()}
}

// start runs the bot until stop or crash.
func (r *rig) start() {
	r.t.Helper()
	db, err := store.Open(r.t.Context(), r.path, r.options)
	if err != nil {
		r.t.Fatal(err)
	}
	r.db = db
	var st storage.Store = db
	if r.wrap != nil {
		st = r.wrap(db)
	}
	if r.ears != nil {
		st = heard{db, r.ears}
	}
	dial := r.pipe.Dial
	if r.dial != nil {
		dial = r.dial
	}
	b, err := New(Config{
		BotToken: r.tokens().Bot, AppToken: r.tokens().App, APIURL: "http://slack.test/api/",
		Store: st, Now: r.now, Dial: dial, NoPace: r.noPace, Settings: r.settings(), File: db,
		AppTokenWatched: r.watched, Workspace: r.teamID,
		Log: r.logger(),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.bot = b
	ctx, cancel := context.WithCancel(r.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	select {
	case <-b.Ready():
	case <-r.dead:
	case err := <-ended:
		r.t.Fatalf("the bot ended: %v", err)
	case <-time.After(time.Minute):
		r.t.Fatalf("the bot is not connected after a minute\n%s", r.log)
	}
	r.stop = func() {
		if r.ears != nil {
			r.ears.measure(b, db)
		}
		cancel()
		err := <-ended
		if r.ears != nil {
			r.ears.hear(err)
		}
		select {
		case <-r.dead:
			err = nil
		default:
		}
		if err != nil {
			r.t.Errorf("run: %v", err)
		}
		if err := db.Close(); err != nil {
			r.t.Errorf("close: %v", err)
		}
		synctest.Wait() // the workspace knows that these connections have ended
		r.stop = nil
	}
}

// now is what this machine's clock shows.
func (r *rig) now() time.Time { return r.ws.Now().Add(time.Duration(r.skew.Load())) }

// commit is for store.Options.Around: it fails as the disk does.
func (r *rig) commit(commit func() error) error {
	if err := r.disk.Load(); err != nil {
		return *err
	}
	return commit()
}

// room is for store.Options.Free.
func (r *rig) room(dir string) (int64, error) {
	if free := r.free.Load(); free > 0 {
		return free, nil
	}
	return disk.Free(dir)
}

// another starts another process with the same tokens, until r.other.
func (r *rig) another() error {
	db := tempStore(r.t)
	b, err := New(Config{
		BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/",
		Store: db, Settings: roster.Settings{Words: r.words}, Now: r.ws.Now, Dial: r.pipe.Dial,
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(r.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	<-b.Ready()
	r.other = func() {
		stop()
		if err := errors.Join(<-ended, db.Close()); err != nil {
			r.t.Error(err)
		}
		r.other = nil
	}
	return nil
}

func (r *rig) restart() { r.stop(); r.start() }

func (r *rig) end() {
	if r.other != nil {
		r.other()
	}
	if r.stop != nil {
		r.stop()
	}
	r.close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// settle lets a little time pass, in which everything that is due gets done.
func (r *rig) settle() {
	time.Sleep(2 * time.Second)
	synctest.Wait()
}

func (r *rig) as(name string) *hands.Hands { return r.ws.As(who[name]) }

// view reads the store; the test ends if that fails.
func (r *rig) view(f func(storage.Reader) error) {
	r.t.Helper()
	if err := r.db.View(r.t.Context(), f); err != nil {
		r.t.Fatal(err)
	}
}

// stored gives every request that somebody has open, newest first.
func (r *rig) stored(name string) (out []nudges.Request) {
	r.t.Helper()
	r.view(func(rd storage.Reader) error {
		var err error
		out, err = storage.All(rd.OpenRequests(nudges.UserID(who[name])))
		return err
	})
	return out
}

func read(tb testing.TB, path string) string {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// TempStore is a store in a temporary folder, closed at the test's end.
func tempStore(t testing.TB) *store.DB {
	t.Helper()
	db, err := store.Temp(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // closed before, most often
	return db
}

// isReady says whether both connections have stood.
func isReady(b *Bot) bool {
	select {
	case <-b.Ready():
		return true
	default:
		return false
	}
}
