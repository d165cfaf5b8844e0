package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"stepin/bot"
	"stepin/bot/check"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/cmd/stepin/config"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
	"stepin/store"
)

const asProgram = "STEPIN_TEST_AS_PROGRAM"

// TestMain lets the test binary be stepin, or a workspace, for tests that need a separate process.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	if os.Getenv(asSimulator) != "" {
		if err := simulate(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// vars is the environment of stepin.
type vars map[string]string

func (v vars) get(name string) string { return v[name] }

// tokens are enough for serve and check to look at a file.
var tokens = vars{"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "http://127.0.0.1:1/api/"}

// said is the result of a run.
type said struct {
	code      int
	out, errs string
}

// run runs stepin in this process.
func (v vars) run(ctx context.Context, args ...string) said {
	var out, errs bytes.Buffer
	code := run(ctx, args, v.get, &out, &errs)
	return said{code, out.String(), errs.String()}
}

// process is stepin as a separate process, with this environment only.
//
//nolint:revive // t first, as in every helper
func (v vars) process(t testing.TB, ctx context.Context, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{asProgram + "=1"}
	for name, value := range v {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// ran runs a process to its end.
func ran(t testing.TB, cmd *exec.Cmd) said {
	t.Helper()
	var out, errs bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &out
	}
	cmd.Stderr = &errs
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return said{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// stepin runs a command with an empty environment.
func stepin(t testing.TB, args ...string) said {
	t.Helper()
	return vars{}.run(t.Context(), args...)
}

// leaked matches what no command may print: a stack, and the tokens of the tests.
var leaked = regexp.MustCompile(`-secret|secret-1|goroutine `)

// has checks the exit code, and that the output has each text.
func (s said) has(t testing.TB, code int, texts ...string) {
	t.Helper()
	all := s.out + s.errs
	if s.code != code {
		t.Errorf("exit code %d, not %d: %s", s.code, code, all)
	}
	for _, text := range texts {
		if !strings.Contains(all, text) {
			t.Errorf("no %q in %s", text, all)
		}
	}
	if leaked.MatchString(all) {
		t.Errorf("a stack or a secret in %s", all)
	}
}

// fails checks that it failed with one line that has each text.
func (s said) fails(t testing.TB, texts ...string) {
	t.Helper()
	s.has(t, 1, texts...)
	if s.out != "" || strings.Count(s.errs, "\n") != 1 {
		t.Errorf("not one line alone on stderr: %q, %q", s.out, s.errs)
	}
}

// lines is a log that tests read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// address is the address of the pages, from the log.
func (l *lines) address() string {
	_, at, _ := strings.Cut(l.String(), "msg=listening address=")
	at, _, _ = strings.Cut(at, "\n")
	return at
}

// served is a running stepin.
type served struct {
	*lines
	t     testing.TB
	stop  func()
	ended chan int
}

// begin begins serve.
func (v vars) begin(t testing.TB, args ...string) *served {
	ctx, stop := context.WithCancel(t.Context())
	s := &served{&lines{}, t, stop, make(chan int, 1)}
	t.Cleanup(stop)
	go func() { s.ended <- run(ctx, args, v.get, s, s) }()
	return s
}

// start begins serve and waits until it is connected.
func (v vars) start(t testing.TB, args ...string) *served {
	t.Helper()
	s := v.begin(t, args...)
	s.until("msg=connected")
	return s
}

// until waits for a line of the log.
func (s *served) until(line string) {
	s.t.Helper()
	s.holds("it said "+line, func() bool { return strings.Contains(s.String(), line) })
}

// holds waits until something is true, while stepin runs.
func (s *served) holds(what string, is func() bool) {
	s.t.Helper()
	for !is() {
		select {
		case code := <-s.ended:
			s.t.Fatalf("ended with %d before %s: %s", code, what, s)
		case <-s.t.Context().Done():
			s.t.Fatalf("never %s: %s", what, s)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// end ends stepin, which must succeed.
func (s *served) end() {
	s.t.Helper()
	s.stop()
	if code := <-s.ended; code != 0 {
		s.t.Errorf("ended with %d: %s", code, s)
	}
}

// workspace serves a make-believe workspace on loopback, and returns the environment for it. oldnew are changes to the
// app's manifest.
func workspace(t testing.TB, oldnew ...string) (*hands.Workspace, vars) {
	t.Helper()
	m, err := check.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(oldnew); i += 2 {
		if !bytes.Contains(m, []byte(oldnew[i])) {
			t.Fatalf("no %s in the manifest", oldnew[i])
		}
	}
	return serveWorkspace(t, sandbox.Config{
		Manifest:  []byte(strings.NewReplacer(oldnew...).Replace(string(m))),
		KeepCalls: -1,
	})
}

func serveWorkspace(t testing.TB, c sandbox.Config) (*hands.Workspace, vars) {
	t.Helper()
	w, err := hands.New(c)
	if err != nil {
		t.Fatal(err)
	}
	l, err := listenLoopback(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := w.Serve(ctx, l); err != nil && ctx.Err() == nil && !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		stop()
		wg.Wait()
	})
	return w, vars{
		"SLACK_BOT_TOKEN": w.BotToken(), "SLACK_APP_TOKEN": w.AppToken(),
		"SLACK_API_URL": "http://" + l.Addr().String() + "/api/", "STEPIN_DB": filepath.Join(t.TempDir(), "x.db"),
	}
}

// running runs a stepin on a file, without Slack. It returns the log.
func running(t testing.TB, path string, v vars) *lines {
	t.Helper()
	said := &lines{}
	log := slog.New(slog.NewTextHandler(said, nil))
	c, err := config.FileFlag{}.Read(t.Context(), v.get)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), path, store.Options{NoSync: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	b, err := bot.New(bot.Config{Store: db, File: db, Settings: c.Settings(words.Shipped()), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	answers(v["STEPIN_CONFIG"], db, b, func() int { return 0 })
	go func() { _ = db.Serve(t.Context()) }() // if it fails, nobody answers
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	answered(t, path)
	return said
}

// answered waits until the socket of a started stepin answers, which may be later than its connection.
func answered(t testing.TB, db string) {
	t.Helper()
	for {
		if _, err := store.Status(t.Context(), db); err == nil || t.Context().Err() != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// folder lists all files in a folder with their hashes.
func folder(t testing.TB, dir string) string {
	t.Helper()
	var s strings.Builder
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		fmt.Fprintf(&s, "%s %x\n", path, sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.String()
}

// unchanged returns a check that a folder has not changed since.
func unchanged(t testing.TB, dir string) (check func()) {
	t.Helper()
	before := folder(t, dir)
	return func() {
		t.Helper()
		if after := folder(t, dir); after != before {
			t.Errorf("changed:\n%s\nbefore\n%s", after, before)
		}
	}
}

// put writes a file into a folder in one step, and returns its path.
func put(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := errors.Join(os.WriteFile(path+".new", []byte(text), 0o600), os.Rename(path+".new", path)); err != nil {
		t.Fatal(err)
	}
	return path
}

// unpack unpacks a file of an older version.
func unpack(t testing.TB, from, to string) {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err := errors.Join(err, os.WriteFile(to, b, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// configOf reads a valid stepin.yaml.
func configOf(t testing.TB, text string) config.Config {
	t.Helper()
	c, err := config.FileFlag{Config: put(t, t.TempDir(), "stepin.yaml", text)}.Read(t.Context(), os.Getenv)
	if err != nil {
		t.Fatalf("%v, of\n%s", err, text)
	}
	return c
}

// makeDB creates a file with that many people.
func makeDB(t testing.TB, path string, people int) {
	t.Helper()
	fill(t, path, func(tx storage.Tx) error {
		for i := range people {
			if err := tx.PutPerson(nudges.Person{ID: nudges.UserID(fmt.Sprint("U", i)), DM: "D"}); err != nil {
				return err
			}
		}
		return nil
	})
}

// fill changes a file in one transaction, and creates it if it is missing.
func fill(t testing.TB, path string, do func(storage.Tx) error) {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(t.Context(), do), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func lastMonth() string { return monthBefore(time.Now()).Format("2006-01") }

func monthBefore(t time.Time) time.Time {
	y, m, _ := t.UTC().Date()
	return time.Date(y, m-1, 15, 0, 0, 0, 0, time.UTC)
}

// makeCalls creates a file with calls of six managers, done last month. All words are theirs.
func makeCalls(t testing.TB, path string) {
	t.Helper()
	at := monthBefore(time.Now())
	fill(t, path, func(tx storage.Tx) error {
		var errs []error
		for m := range 6 {
			manager := nudges.UserID(fmt.Sprint("U0M", m))
			id := nudges.RequestID(fmt.Sprint("R", m))
			errs = append(errs, tx.PutRequest(nudges.Request{
				ID: id, Manager: manager, Way: nudges.ByPause, Phase: nudges.Done, Deal: fmt.Sprint("Zürich ", m),
				Plan:     fmt.Sprint("to wait ", m),
				Decision: nudges.Decided(ladder.HoldBack), DoneAt: at, Answers: verdict.Answers{verdict.Q7: "yes"},
			}, nudges.Transition{
				Seq: 1, By: manager, At: at,
				To: nudges.Situation{Decision: nudges.Decided(ladder.HoldBack)},
			}),
				tx.Enqueue(at, nudges.Message{
					Key: nudges.Key(id, 1, manager, "card"), Kind: "card", To: manager,
					Request: id,
				}),
				tx.Settle(nudges.Key(id, 1, manager, "card"), nudges.Receipt{Channel: "D1", TS: "1.1", At: at}))
		}
		return errors.Join(errs...)
	})
}
