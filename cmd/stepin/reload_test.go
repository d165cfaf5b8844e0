package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"stepin/bot/roster"
	"stepin/bot/slackapi"
	"stepin/cmd/stepin/config"
)

// tried is a bot that records what it is given, and fails if told to.
type tried struct {
	lives  []roster.Settings
	tokens []slackapi.Tokens
	refuse error
}

func (f *tried) Reload(_ context.Context, l roster.Settings) error {
	f.lives = append(f.lives, l)
	return f.refuse
}

func (f *tried) Renew(_ context.Context, t slackapi.Tokens) error {
	f.tokens = append(f.tokens, t)
	return f.refuse
}

// A bench has a configuration, two token files, and a reloader.
type bench struct {
	*reloader
	t    *testing.T
	dir  string
	log  *lines
	bot  *tried
	vars map[string]string
}

func newBench(t *testing.T, yaml string) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), log: &lines{}, bot: &tried{}}
	b.vars = map[string]string{
		"STEPIN_CONFIG": b.put("stepin.yaml", yaml), "SLACK_BOT_TOKEN_FILE": b.put("bot", "xoxb-secret-1\n"), "SLACK_APP_TOKEN": "xapp-secret-1",
	}
	e := env{ctx: t.Context(), getenv: func(k string) string { return b.vars[k] }, stdout: b.log, stderr: b.log, level: &slog.LevelVar{}}
	e.log = slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: e.level}))
	s, err := config.Read(e.ctx, e.getenv, config.Flags{})
	if err != nil {
		t.Fatal(err)
	}
	b.reloader = newReloader(e, config.Flags{}, s, b.bot)
	return b
}

func (b *bench) put(name, text string) string {
	b.t.Helper()
	return put(b.t, b.dir, name, text)
}

// said is the log since the last call.
func (b *bench) said() string {
	b.log.mu.Lock()
	defer b.log.mu.Unlock()
	s := b.log.text.String()
	b.log.text.Reset()
	if strings.Contains(s, "secret") {
		b.t.Errorf("a token in the log: %s", s)
	}
	return s
}

// A missing configuration changes nothing, or everybody would be let in. Only the usual file may be missing at all.
func TestReloadWithoutItsFile(t *testing.T) {
	t.Chdir(t.TempDir())
	b := newBench(t, "")
	delete(b.vars, "STEPIN_CONFIG")
	b.reload(t.Context())
	if err := os.WriteFile(config.UsualFile, []byte("allowed: [U0SAM001]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.reload(t.Context())
	b.said()
	if err := os.Remove(config.UsualFile); err != nil {
		t.Fatal(err)
	}
	n := len(b.bot.lives)
	b.reload(t.Context())
	if s := b.said(); len(b.bot.lives) != n || len(b.bot.lives[n-1].Allowed.Users) != 1 || !strings.Contains(s, config.UsualFile+" is missing: put it back") {
		t.Errorf("brought %d, and said: %s", len(b.bot.lives)-n, s)
	}
}

// A reload applies live keys and names the others. With a fault it changes nothing and names the place.
func TestReload(t *testing.T) {
	t.Parallel()
	b := newBench(t, "allowed: [U0SAM001]\n")
	b.put("stepin.yaml", "allowed: [U0SAM001, U0LIOR01]\nadmins: [U0INES01]\nlog: debug\nslack_api_url: https://slack-gov.com/api/\n")
	b.reload(t.Context())
	if len(b.bot.lives) != 1 || len(b.bot.lives[0].Allowed.Users) != 2 || len(b.bot.lives[0].Admins) != 1 || b.e.level.Level() != slog.LevelDebug {
		t.Errorf("brought: %+v", b.bot.lives)
	}
	if s := b.said(); !strings.Contains(s, "msg=reloaded") || !strings.Contains(s, `msg="a changed setting needs a restart" key=slack_api_url`) || strings.Count(s, "\n") != 2 {
		t.Errorf("said: %s", s)
	}
	for name, tt := range map[string]struct{ yaml, want string }{
		"a bad key":     {"log: info\nalowed: everybody\n", `stepin.yaml:2:1: unknown key \"alowed\": did you mean \"allowed\"?`},
		"a bad value":   {"log: info\nteams:\n  - reps: [U0DANA01]\n", "stepin.yaml:3:5: a team needs its manager"},
		"no YAML":       {"log: [\n", "stepin.yaml:2:1: "},
		"no such words": {"log: info\nwords: none\n", filepath.Join(b.dir, "none")},
		"two faults":    {"log: loud\nalowed: x\n", "stepin.yaml:2:1"},
		"a token":       {"log: info\ncontact: xoxb-secret-9\n", "stepin.yaml:2:10: this is a token"},
	} {
		b.put("stepin.yaml", tt.yaml)
		b.reload(t.Context())
		s := b.said()
		if strings.Count(s, "\n") != 1 || !strings.Contains(s, "level=ERROR") || !strings.Contains(s, "old settings stay") || !strings.Contains(s, tt.want) {
			t.Errorf("%s: %s", name, s)
		}
		if len(b.bot.lives) != 1 || b.e.level.Level() != slog.LevelDebug {
			t.Errorf("%s: something changed", name)
		}
	}
	// If the bot refuses one setting, nothing changes.
	b.put("stepin.yaml", "log: error\nallowed: S0NOBODY1\n")
	b.bot.refuse = errors.New("there is no user group S0NOBODY1")
	b.reload(t.Context())
	if s := b.said(); !strings.Contains(s, "no user group S0NOBODY1") || b.e.level.Level() != slog.LevelDebug {
		t.Errorf("said: %s", s)
	}
	if err := os.Remove(b.vars["STEPIN_CONFIG"]); err != nil {
		t.Fatal(err)
	}
	b.reload(t.Context())
	if s := b.said(); !strings.Contains(s, "STEPIN_CONFIG: cannot read") {
		t.Errorf("a file that is gone: %s", s)
	}
}

// Each key is live or is reported to need a restart, as the example says.
func TestReloadNamesWhatNeedsARestart(t *testing.T) {
	t.Parallel()
	words := t.TempDir()
	var dead []string
	for _, k := range config.Keys {
		b := newBench(t, "")
		text := k.Example
		switch k.Name {
		case "words":
			text = "words: " + words
		case "log":
			text = "log: warn" // the level at which "needs a restart" is said
		}
		b.put("stepin.yaml", text+"\n")
		b.reload(t.Context())
		s := b.said()
		if len(b.bot.lives) != 1 {
			t.Errorf("%s: not reloaded: %s", k.Name, s)
		}
		if named := strings.Contains(s, `msg="a changed setting needs a restart" key=`+k.Name+"\n"); named == k.Live {
			t.Errorf("%s: live %v, and the log says %q", k.Name, k.Live, s)
		}
		says := "Live."
		if !k.Live {
			dead = append(dead, k.Name)
			says = "Needs a restart."
		}
		_, after, _ := strings.Cut(example(), k.Doc[:min(len(k.Doc), 30)])
		about, _, _ := strings.Cut(after, "\n#"+k.Name+":")
		if !strings.Contains(strings.ReplaceAll(about, "\n# ", " "), says) {
			t.Errorf("%s: the example does not say %q, but %s", k.Name, says, about)
		}
	}
	if want := []string{"http", "slack_api_url", "team_id"}; !slices.Equal(dead, want) {
		t.Errorf("a restart is needed for %q, the help says for %q", dead, want)
	}
}

// A token is tried when the file holds it at two looks in a row. A refused token is logged once and retried later. A
// replaced file, as in Kubernetes, is found.
func TestWatchedToken(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	now := time.Date(2026, 3, 4, 8, 0, 0, 0, time.UTC)
	looks := func(n int) {
		for range n {
			now = now.Add(tokenLook)
			for _, w := range b.tokens {
				b.look(t.Context(), w, now)
			}
		}
	}
	looks(3)
	if len(b.bot.tokens) != 0 {
		t.Fatalf("tried the same: %+v", b.bot.tokens)
	}
	// Half a token is never tried.
	b.put("bot", "xoxb-sec")
	looks(1)
	b.put("bot", "xoxb-secret-2")
	looks(1)
	if len(b.bot.tokens) != 0 {
		t.Errorf("tried half a token: %+v", b.bot.tokens)
	}
	looks(1)
	if want := []slackapi.Tokens{{Bot: "xoxb-secret-2", App: "xapp-secret-1"}}; !slices.Equal(b.bot.tokens, want) {
		t.Errorf("tried %+v", b.bot.tokens)
	}
	looks(3)
	// A refused token is logged once and retried each minute, and the old one stays.
	b.bot.refuse = &slackapi.Setup{What: "the new SLACK_BOT_TOKEN is of another app", Remedy: "put in one of the app"}
	b.put("bot", "xoxb-secret-3")
	looks(60) // two minutes
	if s := b.said(); strings.Count(s, "the new token failed") != 1 || !strings.Contains(s, "SLACK_BOT_TOKEN") || !strings.Contains(s, "of another app") || !strings.Contains(s, b.dir) {
		t.Errorf("said: %s", s)
	}
	if n := len(b.bot.tokens); n != 3 {
		t.Errorf("tried %d times in two minutes: %+v", n-1, b.bot.tokens)
	}
	b.bot.refuse = nil
	looks(31)
	if n := len(b.bot.tokens); n != 4 || b.tokens[0].inUse.Reveal() != "xoxb-secret-3" {
		t.Errorf("not taken in the end: %+v", b.bot.tokens)
	}
	// What is no token is not tried, and the return of the old token is not logged.
	for _, text := range []string{"", "xoxp-secret-4", "xoxb-secret 5"} {
		b.put("bot", text)
		looks(3)
		if s := b.said(); strings.Count(s, "the new token failed") != 1 {
			t.Errorf("%q: %s", text, s)
		}
	}
	if err := os.Remove(b.vars["SLACK_BOT_TOKEN_FILE"]); err != nil {
		t.Fatal(err)
	}
	looks(3)
	if s := b.said(); strings.Count(s, "the new token failed") != 1 || !strings.Contains(s, "cannot read") {
		t.Errorf("no file: %s", s)
	}
	b.put("bot", "xoxb-secret-3\n")
	looks(3)
	if s := b.said(); s != "" || len(b.bot.tokens) != 4 {
		t.Errorf("back again: %s, %+v", s, b.bot.tokens)
	}
	// Kubernetes: the file is a link into a folder, which is replaced by a link.
	at := func(name string) string { return filepath.Join(b.dir, name) }
	for _, v := range []string{"v1", "v2"} {
		if err := os.Mkdir(at(v), 0o700); err != nil {
			t.Fatal(err)
		}
		b.put(v+"/token", "xoxb-secret-"+v)
	}
	err := errors.Join(os.Symlink("v1", at("..data")), os.Remove(at("bot")), os.Symlink(filepath.Join("..data", "token"), at("bot")))
	if err != nil {
		t.Fatal(err)
	}
	looks(2)
	if err := errors.Join(os.Symlink("v2", at("..tmp")), os.Rename(at("..tmp"), at("..data"))); err != nil {
		t.Fatal(err)
	}
	looks(2)
	if got := b.bot.tokens[4:]; len(got) != 2 || got[0].Bot != "xoxb-secret-v1" || got[1].Bot != "xoxb-secret-v2" {
		t.Errorf("links: %+v", got)
	}
}

// The same in a whole process: SIGHUP applies another list, and a new app-level token is used for connections, even after
// the old one is revoked.
func TestServeTakesChanges(t *testing.T) {
	t.Parallel()
	w, v := workspace(t)
	dir := t.TempDir()
	put := func(name, text string) string { return put(t, dir, name, text) }
	delete(v, "SLACK_BOT_TOKEN")
	delete(v, "SLACK_APP_TOKEN")
	v["STEPIN_CONFIG"] = put("stepin.yaml", "log: info\n")
	v["SLACK_BOT_TOKEN_FILE"], v["SLACK_APP_TOKEN_FILE"] = put("bot", w.BotToken()), put("app", w.AppToken())
	s := v.start(t)
	hup := func() {
		t.Helper()
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Signal(syscall.SIGHUP)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put("stepin.yaml", "alowed: everybody\n")
	hup()
	s.until("old settings stay")
	put("stepin.yaml", "allowed: [U0SAM001]\n")
	hup()
	s.until("msg=reloaded")

	put("bot", "xoxb-sandbox-wrong")
	s.until("the new token failed")
	put("bot", w.IssueBotToken())
	s.until("the new bot token is in use")
	before := w.Stats().Connections
	put("app", w.IssueAppToken())
	s.until("the new app-level token is in use")
	s.holds("both connections are made again", func() bool { return w.Stats().Connections >= before+2 })
	w.Revoke(w.BotToken())
	w.Revoke(w.AppToken())
	w.DropSockets()
	s.holds("somebody hears", func() bool { return w.As("U0SAM001").Types("/stepin help") == nil }) // those that came back
	s.end()
	if strings.Contains(s.String(), "xoxb-") || strings.Contains(s.String(), "xapp-") {
		t.Errorf("a token in the log: %s", s)
	}
}
