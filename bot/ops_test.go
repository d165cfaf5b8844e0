package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"stepin/bot/check"
	"stepin/bot/health"
	"stepin/bot/people"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/world"
	"stepin/bot/slackapi"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/nudges/team"
	"stepin/nudges/words"
)

// diskFaults are what a commit can fail with.
var diskFaults = map[string]error{
	"is full":      &fs.PathError{Op: "write", Path: "stepin.db", Err: syscall.ENOSPC},
	"is read-only": &fs.PathError{Op: "write", Path: "stepin.db", Err: syscall.EROFS},
	"fails":        &fs.PathError{Op: "write", Path: "stepin.db", Err: syscall.EIO},
}

// wrongTokens are good for nothing, and as secret as others: somebody has mixed up two files.
var wrongTokens = slackapi.Tokens{Bot: "xoxb-of-another-app", App: "xapp-of-another-app"}

// ops does a line of a story that begins with "ops":
//
//	admins ines, priya           from a restart on
//	the disk is full | is read-only | fails | works
//	the file is moved away | moved back
//	the page with TEXT is overwritten    and more about the file: see onFile
//	the token is refused         every method of the bot token, until Slack mends
//	posting is restricted        by an admin, until Slack mends
//	the app token is refused     and the connections are dropped
//	the network is down          no connection can be made, and those that stand are dropped
//	Socket Mode is off | is on
//	the Messages tab is off
//	the scope chat:write is gone | is back
//	Slack's clock is 3h ahead
//	this machine's clock is 3h ahead     as if somebody had set it
//	another process starts | ends      with the same tokens
//	only the group may use it: sam, dana    from a restart on
//	the group is sam, lior
//	nobody says who is in the group         until Slack mends
//	nothing arrives that sam types
//	the admins were told once of disk-full  each of them, and of nothing else
//	the tokens are renewed       and those before revoked
//	a wrong token is given       in the place of both
//	sam has the reps dana, U0GUEST1    by the configuration, from a restart on
//	ready 503 disk-full          the code of /readyz, and the causes in order
//	the log says 1 times TEXT
func (s *story) ops(what string) error {
	r := s.r
	does, arg, _ := strings.Cut(what, " ")
	f := strings.Fields(what)
	all := func(code string, methods ...string) {
		for _, m := range methods {
			r.ws.Fail(sandbox.Fault{Method: m, Kind: sandbox.ErrorCode, Code: code, Count: -1})
		}
	}
	switch {
	case does == "admins":
		r.admins = nil
		for name := range strings.SplitSeq(arg, ", ") {
			r.admins = append(r.admins, nudges.UserID(who[name]))
		}
		r.restart()
	case what == "the disk works":
		r.disk.Store(nil)
	case strings.HasPrefix(what, "the disk "):
		err, ok := diskFaults[strings.TrimPrefix(what, "the disk ")]
		if !ok {
			return errors.New("no such fault")
		}
		r.disk.Store(&err)
	case what == "the file is moved away":
		return os.Rename(r.path, r.path+".away")
	case what == "the file is moved back":
		return os.Rename(r.path+".away", r.path)
	case what == "the token is refused":
		all("token_revoked", append(slices.Collect(maps.Keys(slackapi.PerMinute)), "auth.test")...)
	case what == "posting is restricted":
		all("access_denied", "chat.postMessage")
	case what == "the app token is refused":
		all("token_revoked", "apps.connections.open")
		r.ws.DropSockets()
	case what == "the network is down":
		r.ws.Fail(sandbox.Fault{Method: "apps.connections.open", Kind: sandbox.ResetBefore, Count: -1})
		r.ws.DropSockets()
	case what == "the Messages tab is off":
		all("messages_tab_disabled", "chat.postMessage")
	case strings.HasPrefix(what, "Socket Mode is "):
		r.ws.SwitchSocketMode(f[3] == "on")
	case strings.HasPrefix(what, "the scope ") && f[4] == "gone":
		r.ws.SetScope(f[2], false)
	case strings.HasPrefix(what, "the scope "):
		r.ws.SetScope(f[2], true)
	case strings.Contains(what, "'s clock is "):
		_, by, _ := strings.Cut(strings.TrimSuffix(what, " ahead"), " is ")
		d, err := time.ParseDuration(by)
		if err != nil {
			return err
		}
		if does == "Slack's" {
			r.ws.Behave(func(b *sandbox.Behaviour) { b.ClockAhead = d })
		} else {
			r.skew.Store(int64(d))
		}
	case strings.HasPrefix(what, "only the group may use it: "):
		r.group(strings.Split(strings.TrimPrefix(what, "only the group may use it: "), ", ")...)
		r.allowed = roster.Allowed{Group: salesGroup}
		r.restart()
	case strings.HasPrefix(what, "the group is "):
		r.group(strings.Split(strings.TrimPrefix(what, "the group is "), ", ")...)
	case what == "nobody says who is in the group":
		r.ws.Fail(sandbox.Fault{Method: people.GroupMethod, Kind: sandbox.ServerError, Count: -1})
	case what == "the tokens are renewed":
		was, next := r.tokens(), slackapi.Tokens{Bot: r.ws.IssueBotToken(), App: r.ws.IssueAppToken()}
		if err := r.bot.Renew(r.t.Context(), next); err != nil {
			return err
		}
		r.renewed = next
		r.ws.Revoke(was.Bot)
		r.ws.Revoke(was.App)
	case what == "a wrong token is given":
		err := r.bot.Renew(r.t.Context(), wrongTokens)
		if err == nil {
			return errors.New("it is taken")
		}
		r.ears.hear(err)
	case strings.HasPrefix(arg, "has the reps "):
		c := roster.TeamConfig{Team: team.Team{Manager: nudges.UserID(who[does])}, Fixed: roster.Fixed{Reps: true}}
		for name := range strings.SplitSeq(strings.TrimPrefix(arg, "has the reps "), ", ") {
			c.Team.Reps = append(c.Team.Reps, nudges.UserID(cmp.Or(who[name], name)))
		}
		r.teams = append(r.teams, c)
		r.restart()
	case what == "another process starts":
		return r.another()
	case what == "another process ends":
		r.other()
	case strings.HasPrefix(what, "nothing arrives that "):
		if err := r.as(f[3]).Types("/stepin"); err == nil {
			return errors.New("it does")
		}
	case strings.HasPrefix(what, "the admins were told once of "):
		return r.toldOnce(health.Cause(strings.TrimPrefix(what, "the admins were told once of ")))
	case does == "ready":
		h := r.bot.Health()
		got := []string{"503"}
		if h.Ready {
			got[0] = "200"
		}
		for _, c := range h.Causes {
			got = append(got, string(c))
		}
		if !slices.Equal(got, strings.Fields(arg)) {
			return fmt.Errorf("is %q", got)
		}
	case strings.HasPrefix(what, "the log says "):
		var n int
		if _, err := fmt.Sscanf(what, "the log says %d times", &n); err != nil {
			return err
		}
		_, text, _ := strings.Cut(what, " times ")
		if got := strings.Count(r.log.String(), text); got != n {
			return fmt.Errorf("says it %d times", got)
		}
	default:
		if is, err := s.onFile(what); is {
			return err
		}
		return errors.New("nobody knows what that is")
	}
	return nil
}

// toldOnce says whether stepin has written to each of the admins just once, and that of this cause.
func (r *rig) toldOnce(c health.Cause) error {
	if len(r.admins) < 2 {
		return errors.New("there are not several admins")
	}
	for _, id := range r.admins {
		var said []string
		for _, p := range r.ws.Posts(string(id), r.ws.As(string(id)).DM()) {
			if p.App {
				said = append(said, string(p.Blocks))
			}
		}
		lead, _, _ := strings.Cut(r.words.Text(health.KindPrefix+string(c), words.Data{}).Plain(), ".")
		if len(said) != 1 || !strings.Contains(said[0], lead) {
			return fmt.Errorf("%s was told %d times: %q", id, len(said), said)
		}
	}
	return nil
}

// Each row of the table has a story that shows all of it: the answer of /readyz, one line in the log at the beginning
// and one at the end, one message to each of several admins, and that it is over.
func TestAilments(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/ops-*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range health.Table {
		code, _, _ := strings.Cut(string(a.Unready), " ")
		lines := []string{
			fmt.Sprintf("ops ready %s %s\n", code, a.Cause),
			fmt.Sprintf("ops the log says 1 times msg=%q cause=%s\n", a.Log, a.Cause),
			fmt.Sprintf("ops the admins were told once of %s\n", a.Cause),
			fmt.Sprintf("ops the log says 1 times msg=over cause=%s\n", a.Cause),
		}
		shown := slices.ContainsFunc(files, func(f string) bool {
			story := read(t, f)
			for _, l := range lines {
				_, after, ok := strings.Cut(story, l)
				if !ok {
					return false
				}
				if l == lines[0] && !strings.Contains(after, "ops ready 200\n") {
					return false
				}
			}
			return true
		})
		if !shown {
			t.Errorf("no story has all of\n%sops ready 200", strings.Join(lines, ""))
		}
	}
}

// check says which of the admins cannot be written to.
func TestCheckOfAdmins(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		if err := r.ws.Edit(r.t.Context(), who["ines"], false, func(p *world.Person) { p.Guest = true }); err != nil {
			r.t.Fatal(err)
		}
		found := map[string]bool{}
		for _, f := range Check(r.t.Context(), Config{
			BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/", Dial: r.pipe.Dial,
			Settings: roster.Settings{Admins: []nudges.UserID{"U0PRIYA1", "U0INES01", "U0NOBODY"}},
		}) {
			if id, is := strings.CutPrefix(f.Name, "admin "); is {
				found[id] = f.OK
			}
		}
		if len(found) != 3 || !found["U0PRIYA1"] || found["U0INES01"] || found["U0NOBODY"] {
			r.t.Errorf("%v", found)
		}
	})
}

// check says whether somebody who is refused can ask whom they are told to.
func TestCheckOfContact(t *testing.T) {
	for contact, tt := range map[string]struct {
		ok, unseen bool
		Explain    string
	}{
		"U0INES01":  {true, false, "U0INES01"},
		"U0GONE01":  {false, false, "deactivated"},
		"U0GUEST1":  {false, false, "guest"},
		"U0NOBODY1": {false, false, "not in this workspace"},
		"C0DEALS1":  {true, false, "C0DEALS1"},
		"C0NOWHERE": {false, false, "no channel"},
		"sales ops": {false, false, ""}, // nothing to look up
		"":          {false, false, ""},
	} {
		inBubble(t, sandbox.Config{Manifest: manifest(t, "channel-lookup")}, func(r *rig) {
			cfg := Config{
				BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/",
				Dial: r.pipe.Dial, Settings: roster.Settings{Contact: contact},
			}
			var got check.Finding
			for _, f := range Check(r.t.Context(), cfg) {
				if f.Name == "contact" {
					got = f
				}
			}
			if got.OK != tt.ok || got.Unseen != tt.unseen || (got.Says == "") != (tt.Explain == "") ||
				!strings.Contains(got.Says, tt.Explain) || !got.OK && got.Says != "" && got.Remedy == "" {
				r.t.Errorf("%q: %+v", contact, got)
			}
		})
	}
	inBubble(t, sandbox.Config{}, func(r *rig) {
		for _, f := range Check(r.t.Context(), Config{
			BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/", Dial: r.pipe.Dial,
			Settings: roster.Settings{Contact: "C0DEALS1"},
		}) {
			if f.Name == "contact" && (f.OK || !f.Unseen || !strings.Contains(f.Says, "channels:read")) {
				r.t.Errorf("without the scope: %+v", f)
			}
		}
	})
}

// stuckStore does not answer while it is told not to.
type stuckStore struct {
	storage.Store
	stuck *atomic.Pointer[chan struct{}]
}

func (s stuckStore) View(ctx context.Context, fn func(storage.Reader) error) error {
	if gate := s.stuck.Load(); gate != nil {
		<-*gate
	}
	return s.Store.View(ctx, fn)
}

// A bot whose clock stands still is not alive; one that waits for Slack at its start is.
func TestAlive(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		var stuck atomic.Pointer[chan struct{}]
		r.wrap = func(s storage.Store) storage.Store { return stuckStore{s, &stuck} }
		r.start()
		alive := func(want bool) {
			r.t.Helper()
			if got := r.bot.Health().Alive; got != want {
				r.t.Errorf("alive: %v", got)
			}
		}
		time.Sleep(time.Hour)
		alive(true)
		gate := make(chan struct{})
		stuck.Store(&gate)
		time.Sleep(10 * time.Minute)
		alive(true)
		time.Sleep(10 * time.Minute)
		alive(false)
		stuck.Store(nil)
		close(gate)
		r.settle()
		alive(true)
	})
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.ws.Fail(sandbox.Fault{Method: "auth.test", Kind: sandbox.ServerError, Count: -1})
		db := tempStore(r.t)
		defer db.Close()
		b, err := New(Config{
			BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/", Dial: r.pipe.Dial,
			Store:    db,
			Settings: roster.Settings{Words: r.words},
		})
		if err != nil {
			r.t.Fatal(err)
		}
		ctx, stop := context.WithCancel(r.t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx) }()
		time.Sleep(time.Hour)
		if h := b.Health(); !h.Alive || h.Ready || !slices.Equal(h.Causes, []health.Cause{health.Starting}) {
			r.t.Errorf("waiting for Slack: %+v", h)
		}
		stop()
		<-ended
	})
}
