package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"stepin/bot/sandbox/page"
	"stepin/bot/sandbox/world"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/team"
	"stepin/nudges/words"
	"stepin/store"
)

const (
	sam  = "U0SAM001"
	dana = "U0DANA01"
	ines = "U0INES01"

	priya = "U0PRIYA1"
)

// A player does over HTTP what the page does for Sam.
type player struct {
	t   *testing.T
	url string
}

// seen is the part of Sam's view that the test reads.
type seen struct {
	Now   int64       `json:"now"` // Unix milliseconds
	Jumps []page.Jump `json:"jumps"`
	Users map[string]struct {
		Posts map[string][]struct {
			Text   string          `json:"text"`
			App    bool            `json:"app"`
			Blocks json.RawMessage `json:"blocks"`
		} `json:"posts"`
		Modals []struct {
			ID       string          `json:"id"`
			Callback string          `json:"callback"`
			View     json.RawMessage `json:"view"`
		} `json:"modals"`
	} `json:"users"`
}

// says reports whether a post of the app has a text.
func (s seen) says(text string) bool {
	for _, posts := range s.Users[sam].Posts {
		for _, p := range posts {
			if p.App && strings.Contains(p.Text+string(p.Blocks), text) {
				return true
			}
		}
	}
	return false
}

func (s seen) modal(callback string) bool {
	m := s.Users[sam].Modals
	return len(m) > 0 && m[len(m)-1].Callback == callback
}

func (p player) send(ctx context.Context, method, path string, body any) *http.Response {
	p.t.Helper()
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(body); err != nil {
		p.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, method, p.url+path, &b)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		p.t.Fatalf("%s: %s", path, res.Status)
	}
	return res
}

// does acts as Sam. A complaint of the page is a failure.
func (p player) does(act string, body map[string]any) {
	p.t.Helper()
	body["user"] = sam
	res := p.send(p.t.Context(), http.MethodPost, "people/"+act, body)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || strings.TrimSpace(string(answer)) != "{}" {
		p.t.Fatalf("%s: %s, %v", act, answer, err)
	}
}

func (p player) looks() (s seen) {
	p.t.Helper()
	res := p.send(p.t.Context(), http.MethodGet, "people/state?user="+sam, nil)
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&s); err != nil {
		p.t.Fatal(err)
	}
	return s
}

// until looks again after each change.
func (p player) until(what string, ok func(seen) bool) seen {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	line, res, err := websocket.DefaultDialer.DialContext(ctx, "ws"+strings.TrimPrefix(p.url, "http")+"people/live",
		nil)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = res.Body.Close()
	defer line.Close()
	defer context.AfterFunc(ctx, func() { _ = line.Close() })()
	for {
		if _, _, err := line.ReadMessage(); err != nil {
			break
		}
		if s := p.looks(); ok(s) {
			return s
		}
	}
	p.t.Fatalf("waited for nothing: %s; it is %+v", what, p.looks())
	return seen{}
}

// presses presses a button of the top modal by its label.
func (p player) presses(label string) {
	p.t.Helper()
	m := p.looks().Users[sam].Modals
	if len(m) == 0 {
		p.t.Fatalf("no window in which to press %q", label)
	}
	top := m[len(m)-1]
	var view struct {
		Blocks []struct {
			ID       string `json:"block_id"`
			Elements []struct {
				Type   string `json:"type"`
				Action string `json:"action_id"`
				Text   any    `json:"text"`
			} `json:"elements"`
		} `json:"blocks"`
	}
	if err := json.Unmarshal(top.View, &view); err != nil {
		p.t.Fatal(err)
	}
	for _, b := range view.Blocks {
		for _, e := range b.Elements {
			if text, _ := e.Text.(map[string]any); e.Type == "button" && text["text"] == label {
				p.does("act", map[string]any{"view": top.ID, "block": b.ID, "action": e.Action})
				return
			}
		}
	}
	p.t.Fatalf("no button %q in %s", label, top.View)
}

func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// The demo on a free port, over real HTTP and websockets: the page loads, the typed command leads to a decision, the
// clock jumps, and after a restart all is still there.
func TestDemo(t *testing.T) {
	t.Parallel()
	words, err := words.LoadStory()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "demo.db")
	url, stop := startDemo(t, "--db", file)
	defer func() { stop() }()
	p := player{t, url}
	answer := p.send(t.Context(), http.MethodGet, "", nil)
	html, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil || !bytes.Contains(html, []byte("<title>")) {
		t.Fatalf("no page: %v, %.200s", err, html)
	}
	start := time.UnixMilli(p.looks().Now).In(berlin(t))
	if start.Format("15:04") != "08:56" || start.Weekday() == time.Saturday || start.Weekday() == time.Sunday {
		t.Errorf("it opens at %v, not at 08:56 of a working day", start)
	}

	p.does("command", map[string]any{"channel": "D0SAMDANA", "text": words.Typed})
	p.until("the window for the call", func(s seen) bool { return s.modal("call") })
	p.presses("I'll hold back")
	p.until("the closing screen", func(s seen) bool { return s.modal("closing") })
	p.until("the card", func(s seen) bool { return s.says("Acme renewal") })

	stop()
	url, stop = startDemo(t, "--db", file)
	p.url = url
	s := p.until("the card again", func(s seen) bool { return s.says("Acme renewal") })
	if again := time.UnixMilli(s.Now); again.Before(start) || again.Sub(start) > time.Hour {
		t.Errorf("the clock was at %v, and is at %v", start, again)
	}
	i := slices.IndexFunc(s.Jumps, func(j page.Jump) bool { return j.Label == words.Jumps.Call })
	if i < 0 {
		t.Fatalf("no jump to the end of the call in %+v", s.Jumps)
	}
	if at := s.Jumps[i].To.In(berlin(t)).Format("15:04"); at != "09:36" {
		t.Errorf("the jump leads to %s, not to when the debrief of a call until 09:30 is there", at)
	}
	for _, label := range []string{words.Jumps.Hour, words.Jumps.Call, words.Jumps.Tomorrow} {
		i := slices.IndexFunc(s.Jumps, func(j page.Jump) bool { return j.Label == label })
		if i < 0 {
			continue // the call is over after an hour
		}
		p.does("jump", map[string]any{"label": label})
		after := p.looks()
		if now := time.UnixMilli(after.Now); now.Before(s.Jumps[i].To.Truncate(time.Millisecond)) ||
			now.Sub(s.Jumps[i].To) > 5*time.Minute {
			t.Errorf("%s: the clock is at %v, not at %v", label, now, s.Jumps[i].To)
		}
		s = after
	}
	// One unrequested message a day: the call that nobody has logged, with the line of the day.
	p.until("the reminder", func(s seen) bool {
		return s.says("How did this call go?") &&
			s.says("And for today: My job is to let my reps do theirs.")
	})
	if at := time.UnixMilli(s.Now).In(berlin(t)); at.Hour() != 9 || at.Minute() > 5 {
		t.Errorf("tomorrow 09:00 is %v", at)
	}
}

// Four minutes to nine on a coming working day, also when the clocks change in between.
func TestFourTo(t *testing.T) {
	zone := berlin(t)
	for _, tt := range []struct{ now, want string }{
		{"2019-03-28 07:00", "2019-03-28 08:56"},
		{"2019-03-29 07:00", "2019-04-01 08:56"}, // a Saturday would be next
		{"2019-03-29 08:56", "2019-04-01 08:56"}, // a Friday; the clocks change on the Sunday
		{"2019-03-30 12:00", "2019-04-01 08:56"},
		{"2019-12-31 23:59", "2020-01-01 08:56"},
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", tt.now, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := fourTo(now, zone).Format("2006-01-02 15:04"); got != tt.want {
			t.Errorf("at %s: %s, want %s", tt.now, got, tt.want)
		}
	}
}

// The lens applies the product's own rule: people see what is theirs, and nobody sees a pause of another.
func TestSees(t *testing.T) {
	t.Parallel()
	d := &demo{}
	ws, err := d.workspace("")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := ws.Close(); err != nil {
			t.Error(err)
		}
	}()
	all := []string{sam, dana, priya, ines, "U0LIOR01"}
	for _, viewer := range all {
		for _, owner := range all {
			for _, surface := range []string{"modal", "home", "dm", "channel", "what there is not"} {
				want := surface == "channel" || viewer == owner && surface != "what there is not"
				if got := d.sees(viewer, page.Shown{Owner: owner, Surface: surface}); got != want {
					t.Errorf("%s sees the %s of %s: %v", viewer, surface, owner, got)
				}
			}
		}
	}
	for user, want := range map[string]string{
		sam: privacy.ShownCard, dana: privacy.ShownRepDM, priya: privacy.ShownAsk, ines: privacy.ShownAsk,
		"U0GUEST1": "", "nobody": "",
	} {
		if _, dm := d.standing(user); dm != want {
			t.Errorf("the conversation of %s is %q, want %q", user, dm, want)
		}
	}
}

// The manager has a team to try out, until somebody saves another.
func TestDemoTeam(t *testing.T) {
	t.Parallel()
	d := &demo{}
	ws, err := d.workspace("")
	if err != nil {
		t.Fatal(err)
	}
	db := tempStore(t)
	defer func() {
		if err := errors.Join(ws.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	}()
	is := func() (team team.Team) {
		t.Helper()
		if err := d.team(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		if err := db.View(t.Context(), func(r storage.Reader) (err error) {
			team, err = r.Team(sam)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return team
	}
	saved := is()
	if !slices.Equal(saved.Reps, []nudges.UserID{dana, "U0LIOR01"}) || saved.Agreement() != nudges.Self ||
		len(saved.Skills) != 2 || saved.Channel == "" {
		t.Errorf("the team is %+v", saved)
	}
	if a := saved.Approvers; len(a) != 1 || a[0].ID != priya || a[0].Delegate != ines {
		t.Errorf("its approvers are %+v", a)
	}
	if f := saved.Faults(); len(f) > 0 {
		t.Errorf("faults: %+v", f)
	}
	own := team.Team{Manager: sam, Policy: nudges.ByOthers, Approvers: []team.Approver{{ID: ines}}}
	if err := db.Update(t.Context(), func(tx storage.Tx) error { return tx.PutTeam(own) }); err != nil {
		t.Fatal(err)
	}
	if got := is(); len(got.Reps) > 0 || got.Agreement() != nudges.ByOthers {
		t.Errorf("what somebody settled became %+v", got)
	}
}

// The story names existing people and places, and is complete.
func TestStory(t *testing.T) {
	t.Parallel()
	words, err := words.LoadStory()
	if err != nil {
		t.Fatal(err)
	}
	d := &demo{}
	if d.ws, err = d.workspace(""); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.ws.Close(); err != nil {
			t.Error(err)
		}
	}()
	s := d.story(words, world.DefaultSeed())
	for name, text := range map[string]string{
		"title": s.Title, "lead": s.Lead, "later title": s.LaterTitle, "later lead": s.LaterLead, "typed": s.Typed,
		"lens": s.LensLabel, "left": s.Left, "right": s.Right,
		"lens viewer": s.LensViewer, "channel": s.Channel, "hour": words.Jumps.Hour, "call": words.Jumps.Call,
		"tomorrow": words.Jumps.Tomorrow,
	} {
		if text == "" {
			t.Errorf("the story has no %s", name)
		}
	}
	if s.Left != sam || s.Right != dana || s.LensViewer != ines {
		t.Errorf("the phones are %s's and %s's, the lens is %s's", s.Left, s.Right, s.LensViewer)
	}
	var last time.Duration = 1 << 62
	for i, l := range s.Before {
		if (l.User != sam && l.User != dana) || l.Text == "" || l.Ago <= 0 || l.Ago >= last {
			t.Errorf("line %d: %+v", i+1, l)
		}
		last = l.Ago
	}
	if n := slices.IndexFunc(s.Steps, func(st page.Step) bool { return st.Branch != "" }); n < 3 || n > 6 ||
		len(s.Steps)-n > 8 {
		t.Errorf("%d steps, and %d beyond", n, len(s.Steps)-n)
	}
	for i, st := range s.Steps {
		texts, conditions := st.Text, st.Done+"|"+st.Over
		for _, h := range st.Hints {
			texts, conditions = texts+h.Text, conditions+"|"+h.When
		}
		for _, one := range strings.FieldsFunc(conditions, func(r rune) bool { return r == '|' || r == '&' }) {
			kind, what, _ := strings.Cut(one, ":")
			kinds := []string{"modal", "post", "news", "gone", "left", "opened", "shut", "nomodal", "root", "edited", "closed"}
			if st.Text == "" || !slices.Contains(kinds, kind) {
				t.Errorf("step %d: %+v", i+1, st)
			}
			user, _, _ := strings.Cut(what, "/")
			if slices.Contains([]string{"post", "news", "gone", "left"}, kind) && !strings.HasPrefix(user, "U0") {
				t.Errorf("step %d waits for a post to nobody: %q", i+1, one)
			}
			if slices.Contains([]string{"root", "edited", "closed"}, kind) && what != "C0DEBRF1" {
				t.Errorf("step %d waits for a thread nowhere: %q", i+1, one)
			}
		}
		if strings.ContainsAny(texts, "!") {
			t.Errorf("step %d shouts", i+1)
		}
	}
}

func TestListenOnlyHere(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:0": true, "localhost:0": true, "0.0.0.0:0": false, ":0": false,
		"192.0.2.1:0": false, "127.0.0.1": false,
	} {
		l, err := listenLoopback(t.Context(), addr)
		if (err == nil) != want {
			t.Errorf("%s: %v", addr, err)
		}
		if err == nil {
			_ = l.Close()
		} else if !strings.Contains(err.Error(), fmt.Sprintf("--listen %s", addr)) {
			t.Errorf("%s: %v does not say which", addr, err)
		}
	}
}

// tempStore is a store in a temporary folder, closed at the end of the test.
func tempStore(t testing.TB) *store.DB {
	t.Helper()
	db, err := store.Temp(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // closed before, most often
	return db
}
