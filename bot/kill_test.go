package bot

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/world"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
	"stepin/store"
)

// The environment of a test binary that is to be a bot.
const (
	envFile = "STEPIN_TEST_BOT" // the bot's file; set, this process is a bot
	envURL  = "STEPIN_TEST_URL"
	envBot  = "STEPIN_TEST_BOT_TOKEN"
	envApp  = "STEPIN_TEST_APP_TOKEN"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(envFile); path != "" {
		if err := beBot(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	lessGarbageCollection()
	os.Exit(m.Run())
}

// beBot runs a bot on a file as "stepin serve" does, without pace. It says "ready" once it is
// connected, "drained" to a line on standard input once nothing is left to say, and ends when
// standard input does, so that it never outlives its test.
func beBot(path string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	db, err := store.Open(ctx, path, store.Options{Log: log})
	if err != nil {
		return err
	}
	b, err := New(Config{
		BotToken: os.Getenv(envBot), AppToken: os.Getenv(envApp), APIURL: os.Getenv(envURL),
		Store: db, Settings: roster.Settings{Words: words.Shipped(), Allowed: roster.Allowed{Everybody: true}}, NoPace: true,
		Log: log,
	})
	if err != nil {
		return err
	}
	go func() {
		defer stop()
		select {
		case <-b.Ready():
			fmt.Println("ready")
		case <-ctx.Done():
		}
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			if err := drained(ctx, b); err != nil {
				log.Error("drain", "error", err)
				return
			}
			fmt.Println("drained")
		}
	}()
	if err := b.Run(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return db.Close()
}

// drained waits until nothing is left to say, now or later.
func drained(ctx context.Context, b *Bot) error {
	for {
		if err := b.Settle(ctx); err != nil {
			return err
		}
		n := 0
		if err := b.cfg.Store.View(ctx, func(r storage.Reader) error {
			var err error
			n, _, err = r.Waiting()
			return err
		}); err != nil || n == 0 {
			return err
		}
		select { // what is tried again is due a little later
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// A killed bot is a process of its own.
type killed struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	says  chan string // what it writes, a line each; closed at its end
}

// A battlefield is where bots die: a workspace on loopback, a file, and many people, a few of
// whom pause at the same time.
type battlefield struct {
	t    *testing.T
	ws   *hands.Workspace
	url  string
	path string
	log  safeBuffer
	free chan string // people who are not at it just now

	mu    sync.Mutex
	deals int
	acked map[string]*promise // by deal
}

// A promise is what was acknowledged to somebody.
type promise struct {
	user          string
	held, planned bool
}

func newBattlefield(t *testing.T, people int, scopes ...string) *battlefield {
	t.Helper()
	f := &battlefield{
		t: t, path: filepath.Join(t.TempDir(), "stepin.db"), free: make(chan string, people),
		acked: map[string]*promise{},
	}
	seed := world.DefaultSeed()
	for i := range people {
		id := fmt.Sprintf("U0CROWD%04d", i)
		seed.People = append(seed.People, world.Person{
			ID: id, Name: fmt.Sprintf("Manager %d", i),
			Zone: "Europe/Berlin",
		})
		for c := range seed.Channels { // and in each channel
			if seed.Channels[c].Kind == "channel" {
				seed.Channels[c].Members = append(seed.Channels[c].Members, id)
			}
		}
		f.free <- id
	}
	var err error
	if f.ws, err = hands.New(sandbox.Config{Manifest: manifest(t, scopes...), Seed: seed, NoLimits: true}); err != nil {
		t.Fatal(err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.url = "http://" + l.Addr().String() + "/api/"
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); _ = f.ws.Serve(ctx, l) }()
	t.Cleanup(func() { _ = f.ws.Close(); cancel(); <-done })
	return f
}

func (f *battlefield) spawn() *killed {
	f.t.Helper()
	k := &killed{cmd: exec.CommandContext(f.t.Context(), os.Args[0]), says: make(chan string, 16)}
	k.cmd.Env = append(os.Environ(), envFile+"="+f.path, envURL+"="+f.url, envBot+"="+f.ws.BotToken(),
		envApp+"="+f.ws.AppToken())
	k.cmd.Stderr = &f.log
	var err error
	if k.stdin, err = k.cmd.StdinPipe(); err != nil {
		f.t.Fatal(err)
	}
	out, err := k.cmd.StdoutPipe()
	if err == nil {
		err = k.cmd.Start()
	}
	if err != nil {
		f.t.Fatal(err)
	}
	go func() {
		defer close(k.says)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			k.says <- lines.Text()
		}
	}()
	return k
}

// hears waits for a line. An end instead of it is a failure, as is patience that runs out.
func (f *battlefield) hears(k *killed, want string) {
	f.t.Helper()
	select {
	case got, ok := <-k.says:
		if !ok || got != want {
			f.t.Fatalf("%q instead of %q (ended: %v)\n%s", got, want, !ok, f.tail())
		}
	case <-time.After(2 * time.Minute):
		f.t.Fatalf("no %q\n%s", want, f.tail())
	}
}

// drain has a bot say all there is to say.
func (f *battlefield) drain(k *killed) {
	f.t.Helper()
	if _, err := io.WriteString(k.stdin, "drain\n"); err != nil {
		f.t.Fatal(err)
	}
	f.hears(k, "drained")
}

func (f *battlefield) tail() string {
	s := f.log.String()
	return s[max(0, len(s)-4000):]
}

// kill sends signal 9, and waits until the process is gone.
func (k *killed) kill() {
	_ = k.cmd.Process.Kill()
	for range k.says { // ends with the process
	}
	_ = k.cmd.Wait() // "signal: killed"
}

// wire is how many calls and acknowledgements there were.
func (f *battlefield) wire() (n int) {
	s := f.ws.Stats()
	for _, calls := range s.Calls {
		n += calls
	}
	return n + s.Acked
}

// after waits until the wire has seen n more calls; for two seconds at most, for it may be that
// everybody waits for an answer that a dead bot owes them.
func (f *battlefield) after(n int) {
	changed, stop := f.ws.Watch()
	defer stop()
	target := f.wire() + n
	for enough := time.After(2 * time.Second); f.wire() < target; {
		select {
		case <-changed:
		case <-enough:
			return
		}
	}
}

// crowd has a few people pause, one after the other, until the life ends.
func (f *battlefield) crowd(life context.Context, at *sync.WaitGroup) {
	for range 6 {
		at.Go(func() {
			for life.Err() == nil {
				select {
				case user := <-f.free:
					f.pause(life, user)
					f.free <- user
				case <-life.Done():
				}
			}
		})
	}
}

// pause is one person's pause for one deal, noting what was acknowledged. At the first trouble
// the person gives up.
func (f *battlefield) pause(life context.Context, user string) {
	f.mu.Lock()
	f.deals++
	deal := fmt.Sprintf("deal %d.", f.deals)
	p := &promise{user: user}
	f.acked[deal] = p
	f.mu.Unlock()
	h := f.ws.As(user)
	defer func() { _ = closeAll(f.ws, user) }()
	if f.ws.Command(life, user, "C0DEALS1", "/stepin @Dana "+deal) != nil {
		<-life.Done() // the bot is gone
		return
	}
	call := f.window(life, user, form.CallScreen, deal)
	if call == "" || h.Press("I'll hold back") != nil {
		return
	}
	f.mu.Lock()
	p.held = true
	f.mu.Unlock()
	if f.window(life, user, form.ClosingScreen, call) == "" || h.Pick("if it gets hard?", plan) != nil {
		return
	}
	f.mu.Lock()
	p.planned = true
	f.mu.Unlock()
	_, _ = h.Submit()
}

// window waits until somebody has a window before them that names what it is about, and gives its id; "" if the life
// ends before that. They close any other: a bot that was killed since may have opened it, for an earlier deal.
func (f *battlefield) window(life context.Context, user string, s form.Screen, about string) (id string) {
	changed, stop := f.ws.Watch()
	defer stop()
	for {
		if m := f.ws.Modals(user); len(m) > 0 {
			switch top := m[len(m)-1]; {
			case !strings.Contains(string(top.JSON), about):
				_ = f.ws.Dismiss(life, user, top.ID)
				continue
			case top.Callback == string(s):
				return top.ID
			}
		}
		select {
		case <-changed:
		case <-life.Done():
			return ""
		case <-time.After(5 * time.Second): // it could not be opened
			return ""
		}
	}
}

// kills is how many bots TestKill kills.
func kills(t *testing.T) int {
	t.Helper()
	if s := os.Getenv("STEPIN_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("STEPIN_KILLS is %q: give a number", s)
		}
		return n
	}
	return tries(5, 20, 200)
}

// dice are those of the run that STEPIN_SEED names, or new ones.
func dice(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("STEPIN_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("STEPIN_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestKill kills bots with signal 9 while people pause, and starts another on the same file each
// time: what was acknowledged is stored, everything is said once, and the file is whole. Signal 9
// leaves the kernel what was written, so nothing is said here about a loss of power.
// STEPIN_SEED=N repeats a run's dice, STEPIN_KILLS=N is for more or fewer.
func TestKill(t *testing.T) {
	t.Parallel()
	rng := dice(t)
	f := newBattlefield(t, 100)
	var waiting sync.WaitGroup
	for range kills(t) {
		life, end := context.WithCancel(t.Context())
		k := f.spawn()
		if rng.IntN(5) == 0 { // while it starts, the first time while it makes the file
			<-time.After(time.Duration(rng.IntN(int(100 * time.Millisecond))))
		} else {
			f.hears(k, "ready")
			f.crowd(life, &waiting)
			f.after(rng.IntN(160))
			if level == 2 && rng.IntN(20) == 0 { // long enough to look for what ended unclear
				end()
				f.drain(k)
			}
			<-time.After(time.Duration(rng.IntN(int(2 * time.Millisecond)))) // off the beat of the calls
		}
		k.kill()
		end()
	}
	waiting.Wait()
	f.finish(f.judge)
}

// judge compares what people were promised and have read with what is stored.
func (f *battlefield) judge(r storage.Reader) error {
	f.t.Helper()
	users := map[string]bool{}
	for _, p := range f.acked {
		users[p.user] = true
	}
	var requests, cards, held, planned, gone int
	deals := map[string]nudges.Request{}
	for user := range users {
		posts := map[string]hands.Post{}
		marks := map[string]bool{}
		for _, p := range f.ws.Posts(user, f.ws.As(user).DM()) {
			if !p.App || p.Ephemeral {
				continue
			}
			if mark := string(p.Metadata); marks[mark] || !strings.Contains(mark, `"mark"`) {
				f.t.Errorf("said twice, or without a mark: %s %s", mark, p.Blocks)
			} else {
				marks[mark] = true
			}
			if !bytes.Contains(p.Blocks, []byte(`"b-open"`)) {
				posts[p.TS] = p
			}
		}
		open, err := storage.All(r.OpenRequests(nudges.UserID(user)))
		if err != nil {
			return err
		}
		for _, q := range open {
			requests++
			if deals[q.Deal].ID != "" {
				f.t.Errorf("two requests for %s", q.Deal)
			}
			deals[q.Deal] = q
			h, err := r.History(q.ID)
			if err != nil {
				return err
			}
			whole(f.t, q, h)
			if (q.Card == "") != (q.Decision == nudges.Undecided) {
				f.t.Errorf("no card, or one too many: %+v", q)
			}
			if q.Card == "" {
				continue
			}
			cards++
			rc, err := r.Receipt(q.Card)
			if err != nil {
				return fmt.Errorf("card of %s: %w", q.ID, err)
			}
			card, ok := posts[rc.TS]
			if delete(posts, rc.TS); !ok {
				f.t.Errorf("the card of %s is not where its receipt says", q.ID)
			}
			if shown := bytes.Contains(card.Blocks, []byte("count to ten")); shown != (q.Answers[verdict.QPlan] != "") {
				f.t.Errorf("the card of %+v is %s", q, card.Blocks)
			}
		}
		if len(posts) > 0 {
			f.t.Errorf("%d messages are in no record: %+v", len(posts), posts)
		}
	}
	for deal, p := range f.acked {
		q := deals[deal]
		if p.held {
			held++
			if q.Decision != nudges.Decided(ladder.HoldBack) {
				gone++
			}
		}
		if p.planned {
			planned++
			if q.Answers[verdict.QPlan] != "quiet" {
				gone++
			}
		}
	}
	// Somebody who reads "That didn't save" was acknowledged, too. The log knows.
	unsaved := strings.Count(f.log.String(), `msg="not saved"`)
	if gone > unsaved {
		f.t.Errorf("%d acknowledged but not stored, %d of them said to be", gone, unsaved)
	}
	f.t.Logf("%d pauses begun, %d stored; %d decisions and %d plans acknowledged, %d cards; %d times not saved and said so",
		f.deals, requests, held, planned, cards, unsaved)
	if held == 0 || cards < held-unsaved {
		f.t.Errorf("%d decisions acknowledged, %d cards", held, cards)
	}
	return nil
}

// finish has a last bot say all there is to say, and looks at what there is after it: the file is whole, nothing waits,
// and no rule of the platform was broken.
func (f *battlefield) finish(look func(storage.Reader) error) {
	f.t.Helper()
	k := f.spawn()
	f.hears(k, "ready")
	f.drain(k)
	_ = k.stdin.Close()
	for range k.says { // ends with the process
	}
	if err := k.cmd.Wait(); err != nil {
		f.t.Errorf("the last bot: %v\n%s", err, f.tail())
	}
	f.sound()
	db, err := store.Open(f.t.Context(), f.path, store.Options{})
	if err != nil {
		f.t.Fatal(err)
	}
	err = db.View(f.t.Context(), func(r storage.Reader) error {
		n, _, err := r.Waiting()
		if n > 0 {
			f.t.Errorf("%d messages are still to be said", n)
		}
		return errors.Join(err, look(r))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		f.t.Error(err)
	}
	if v := f.ws.Violations(); len(v) > 0 {
		f.t.Errorf("rules broken: %q", v)
	}
	if f.t.Failed() {
		f.t.Log(f.tail())
	}
}

// sound checks every page of the file.
func (f *battlefield) sound() {
	f.t.Helper()
	db, err := bolt.Open(f.path, 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := db.View(func(tx *bolt.Tx) error {
		for err := range tx.Check() {
			f.t.Errorf("the file: %v", err)
		}
		return nil
	}); err != nil {
		f.t.Error(err)
	}
	if err := db.Close(); err != nil {
		f.t.Error(err)
	}
}
