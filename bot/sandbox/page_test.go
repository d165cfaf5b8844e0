package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/bot/sandbox/page"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// newPageRig starts a workspace with a story on a port of this machine, and an app that answers as the page's tests
// want it.
func newPageRig(t *testing.T, change func(*config)) *rig {
	t.Helper()
	return pageRigAt(t, "127.0.0.1:0", change)
}

func pageRigAt(t *testing.T, addr string, change func(*config)) *rig {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	r := startRig(t, func(c *config) {
		c.page.Story = pageStory()
		c.page.Sees = func(viewer string, s page.Shown) bool { return s.Surface == "channel" }
		c.page.Jumps = func() []page.Jump { return []page.Jump{{Label: "+1 hour", To: time.Now().Add(time.Hour)}} }
		c.NoLimits = true
		if change != nil {
			change(c)
		}
	}, l, (&net.Dialer{}).DialContext, l.Addr().String())
	t.Cleanup(r.close)
	return r
}

func pageStory() *page.Story {
	return &page.Story{
		Title: "Four minutes before a call", Lead: "You are Sam, a sales manager. Dana is about to call Acme, and is nervous. Will you step in?",
		Left: sam, Right: dana, Channel: "D0SAMDANA", Typed: "/stepin @Dana Acme renewal",
		LaterTitle: "Before a call", LaterLead: "You are Sam. Will you step in?", Call: 4 * time.Minute,
		Before: []page.Line{
			{User: sam, Text: "Morning Dana. All set for Acme?", Ago: 10 * time.Minute},
			{User: dana, Text: "I have the deck, but I am *really* nervous. What if they ask about the price again?", Ago: time.Minute},
		},
		Steps: []page.Step{
			{Text: "Press Enter to start the pause.", Done: "modal:kitchen"},
			{Text: "Answer what you like.", Done: "nomodal"},
			{Text: "Look at Dana’s phone.", Done: "post:" + dana},
		},
		LensLabel: "What can the head of sales see?", LensViewer: "U0INES01",
	}
}

// pageApp is an app with all that the page can show. "silent" makes it miss the deadline.
func (r *rig) pageApp() {
	answer := func(c *socketmode.Client, e socketmode.Event) {
		switch d := e.Data.(type) {
		case slack.SlashCommand:
			if strings.Contains(d.Text, "silent") {
				return
			}
			ack(c, e, nil)
			r.call("views.open", obj{"trigger_id": d.TriggerID, "view": kitchenSink()})
		case slack.InteractionCallback:
			r.pageInteraction(c, e, d)
		default:
			ack(c, e, nil)
		}
	}
	// Each envelope has a goroutine of its own: the calls that an answer makes cause envelopes themselves.
	r.connect(func(c *socketmode.Client, e socketmode.Event) { go answer(c, e) })
}

func (r *rig) pageInteraction(c *socketmode.Client, e socketmode.Event, d slack.InteractionCallback) {
	switch d.Type {
	case slack.InteractionTypeShortcut:
		ack(c, e, nil)
		r.call("views.open", obj{"trigger_id": d.TriggerID, "view": kitchenSink()})
	case slack.InteractionTypeViewSubmission:
		text := func(block string) string { return d.View.State.Values[block][block+"-in"].Value }
		switch {
		case d.View.CallbackID == "kitchen" && text("line") == "wrong":
			ack(c, e, obj{"response_action": "errors", "errors": obj{"line": "That is not a call we know. Try another name."}})
		case d.View.CallbackID == "kitchen" && text("line") == "again":
			v := kitchenSink()
			v["blocks"] = append([]any{section("Once more")}, v["blocks"].([]any)...)
			ack(c, e, obj{"response_action": "update", "view": v})
		case d.View.CallbackID == "kitchen":
			ack(c, e, obj{"response_action": "push", "view": modal(section("Sent: " + text("line") + "."))})
		default:
			ack(c, e, obj{"response_action": "clear"})
			r.call("chat.postMessage", obj{"channel": dana, "text": "Sam is holding back today.", "blocks": []any{section("Sam is holding back today.")}})
		}
	case slack.InteractionTypeBlockActions:
		for _, a := range d.ActionCallback.BlockActions {
			switch a.ActionID {
			case "silent":
				return
			case "update":
				ack(c, e, nil)
				v := kitchenSink()
				v["blocks"] = append([]any{section("Updated: " + d.View.State.Values["line"]["line-in"].Value)}, v["blocks"].([]any)...)
				r.call("views.update", obj{"view_id": d.View.ID, "view": v})
				return
			}
		}
		ack(c, e, nil)
	default:
		ack(c, e, nil)
	}
}

// post sends an act to the page's JSON, with more headers.
func (r *rig) act(name string, body any, head ...string) (page.Answer, int) {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodPost, r.base+"/people/"+name, bytes.NewReader(mustJSON(body)))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
		if head[i] == "Host" {
			req.Host = head[i+1]
		}
	}
	resp, err := r.http().Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	var a page.Answer
	b, _ := io.ReadAll(resp.Body)
	if resp.StatusCode == http.StatusOK {
		mustDecode(b, &a)
	}
	return a, resp.StatusCode
}

func (r *rig) state(users ...string) page.State {
	r.t.Helper()
	resp, err := r.http().Get(r.base + "/people/state?user=" + strings.Join(users, "&user="))
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	var s page.State
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		r.t.Fatalf("state: %v (%s)", err, resp.Status)
	}
	return s
}

func TestPageActs(t *testing.T) {
	r := newPageRig(t, nil)
	r.pageApp()
	do := func(name string, body obj) {
		t.Helper()
		if a, status := r.act(name, body); status != 200 || a.Text != "" {
			t.Fatalf("%s: %d %+v", name, status, a)
		}
	}
	do("say", obj{"user": sam, "channel": deals, "text": "Hello @Dana"})
	posts := r.state(sam).Users[sam].Posts[deals]
	if len(posts) != 1 || posts[0].Text != "Hello <@"+dana+">" {
		t.Fatalf("posts %+v", posts)
	}
	do("say", obj{"user": dana, "channel": deals, "thread": posts[0].TS, "text": "Hi"})
	do("command", obj{"user": sam, "channel": deals, "text": "/stepin Acme"})
	r.waitModal(sam, "kitchen")
	view := r.state(sam).Users[sam].Modals[0].ID
	do("act", obj{"user": sam, "view": view, "block": "line", "action": "line-in", "value": obj{"text": "wrong"}})
	a, _ := r.act("submit", obj{"user": sam, "view": view})
	if a.Errors["must"] == "" {
		t.Errorf("an empty field that is needed went through: %+v", a)
	}
	do("act", obj{"user": sam, "view": view, "block": "must", "action": "must-in", "value": obj{"option": "b"}})
	if a, _ = r.act("submit", obj{"user": sam, "view": view}); a.Errors["line"] == "" {
		t.Errorf("no field error: %+v", a)
	}
	if got := r.state(sam).Users[sam].Modals[0].Errors["line"]; got == "" {
		t.Error("the state has no field error")
	}
	do("dismiss", obj{"user": sam, "view": view})
	if n := len(r.state(sam).Users[sam].Modals); n != 0 {
		t.Errorf("%d modals after closing", n)
	}
	do("shortcut", obj{"user": sam, "callback": "pause"})
	r.waitModal(sam, "kitchen")
	do("home", obj{"user": dana})
	before := r.w.Now()
	do("jump", obj{"user": sam, "label": "+1 hour"})
	if gone := r.w.Now().Sub(before); gone < 59*time.Minute || gone > 61*time.Minute {
		t.Errorf("the clock jumped by %v", gone)
	}
	for name, body := range map[string]obj{
		"jump":     {"user": sam, "label": "+2 hours"},
		"command":  {"user": sam, "channel": deals, "text": "/nothing"},
		"shortcut": {"user": sam, "callback": "nothing"},
		"act":      {"user": sam, "view": "V0", "block": "b", "action": "a"},
	} {
		if a, status := r.act(name, body); status != 200 || a.Code == "" || a.Text == "" {
			t.Errorf("%s %v: %d %+v, want trouble", name, body, status, a)
		}
	}
}

func (r *rig) waitModal(user, callback string) {
	r.t.Helper()
	changed, stop := r.w.Watch()
	defer stop()
	late := time.After(20 * time.Second)
	for {
		for _, m := range r.w.Modals(user) {
			if m.Callback == callback {
				return
			}
		}
		select {
		case <-changed:
		case <-late:
			r.t.Fatalf("%s was never shown to %s", callback, user)
		}
	}
}

func TestPageState(t *testing.T) {
	r := newPageRig(t, nil)
	r.open(sam, kitchenSink())
	r.want("", "chat.postEphemeral", obj{"channel": deals, "user": sam, "text": "For you"})
	r.want("", "chat.postMessage", obj{"channel": deals, "text": "For all"})
	s := r.state(sam, dana)
	u := s.Users[sam]
	if s.Call < s.Now || s.Call > s.Now+4*time.Minute.Milliseconds() {
		t.Errorf("the call begins at %d, now is %d", s.Call, s.Now)
	}
	if s.Story == nil || s.Story.Typed == "" || s.Lens == nil || s.Lens.Viewer != "U0INES01" || len(s.Jumps) != 1 {
		t.Errorf("story %+v, lens %+v, jumps %+v", s.Story, s.Lens, s.Jumps)
	}
	acts := 0
	for _, p := range s.People {
		if p.Acts {
			acts++
		}
	}
	if acts != 5 {
		t.Errorf("a person can be %d people, want 5", acts)
	}
	if len(u.Modals) != 1 || u.Modals[0].Hidden == "" {
		t.Error("the lens does not hide a modal that Sees hides")
	}
	hidden := map[string]bool{}
	for _, p := range u.Posts[deals] {
		hidden[p.Text] = p.Hidden != ""
	}
	if !hidden["For you"] || hidden["For all"] {
		t.Errorf("the lens hides %v", hidden)
	}
	if p := u.Posts["D0SAMDANA"]; len(p) != 2 || p[0].Hidden == "" {
		t.Errorf("the lens shows a private conversation: %+v", p)
	}
	if len(s.Users[dana].Modals) != 0 || len(s.Users[dana].Posts[deals]) != 1 {
		t.Error("one person sees what is another's")
	}
	if a := s.App; a.Name != "stepin" || len(a.Commands) != 3 || len(a.Shortcuts) != 1 || !a.ReadOnly {
		t.Errorf("app %+v", a)
	}
}

func TestPageGuard(t *testing.T) {
	r := newPageRig(t, nil)
	body := obj{"user": sam, "channel": deals, "text": "x"}
	own := r.base
	for _, c := range []struct {
		name string
		head []string
		want int
	}{
		{"no browser", nil, 200},
		{"own page", []string{"Origin", own, "Sec-Fetch-Site", "same-origin"}, 200},
		{"other origin", []string{"Origin", "https://evil.example"}, 403},
		{"other port", []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"no origin told", []string{"Origin", "null"}, 403},
		{"cross site", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"same site", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"rebound name", []string{"Host", "evil.example:80"}, 403},
		{"localhost", []string{"Host", "localhost:80"}, 200},
		{"plain text", []string{"Content-Type", "text/plain"}, 415},
		{"form", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
	} {
		if _, status := r.act("say", body, c.head...); status != c.want {
			t.Errorf("%s: %d, want %d", c.name, status, c.want)
		}
	}
	for _, user := range []string{"U0STEPIN1", "U0GUEST1", "U0GONE01", "U0NOBODY", ""} {
		if _, status := r.act("say", obj{"user": user, "channel": deals, "text": "x"}); status != 403 {
			t.Errorf("acting as %q: %d, want 403", user, status)
		}
		resp, err := r.http().Get(r.base + "/people/state?user=" + user)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 403 {
			t.Errorf("the state of %q: %d, want 403", user, resp.StatusCode)
		}
	}
	if _, status := r.act("say", obj{"user": sam, "unknown": 1}); status != 400 {
		t.Errorf("an unknown field: %d, want 400", status)
	}
	for path, want := range map[string]int{"/": 200, "/app.js": 200, "/style.css": 200, "/nothing": 404, "/people/say": 404} {
		resp, err := r.http().Get(r.base + path)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("GET %s: %d, want %d", path, resp.StatusCode, want)
		}
		if bytes.Contains(b, []byte("innerHTML")) || want == 200 && !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("GET %s: innerHTML, or no policy", path)
		}
	}
}

func TestPageLive(t *testing.T) {
	r := newPageRig(t, nil)
	at := "ws" + strings.TrimPrefix(r.base, "http") + "/people/live"
	_, resp, err := websocket.DefaultDialer.DialContext(t.Context(), at, http.Header{"Origin": {"https://evil.example"}})
	if err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
		t.Fatalf("another site listens in: %v %v", resp, err)
	}
	resp.Body.Close()
	c, resp, err := websocket.DefaultDialer.DialContext(t.Context(), at, http.Header{"Origin": {r.base}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	defer c.Close()
	next := func() {
		t.Helper()
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, b, err := c.ReadMessage(); err != nil || string(b) != "changed" {
			t.Fatalf("no change was told: %q %v", b, err)
		}
	}
	next() // at once, for what was missed
	if _, err := r.w.Say(sam, deals, "", "x"); err != nil {
		t.Fatal(err)
	}
	next()
	r.end() // with the workspace, the line ends
	for err == nil {
		_, _, err = c.ReadMessage()
	}
	if !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("the line ended by %v", err)
	}
}

// end closes the workspace before the test is over.
func (r *rig) end() {
	r.close()
	r.stop = nil
}

// The story goes on where it was: on another page, after another way than the steps', and in the next run.
func TestPageStory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "workspace")
	kept := func(c *config) { c.State = file }
	r := newPageRig(t, kept)
	r.pageApp()
	at := func(step int, used bool) {
		t.Helper()
		if p := r.state(sam).Played; p.Step != step || p.Used != used {
			t.Fatalf("at step %d, used %v; want %d, %v", p.Step, p.Used, step, used)
		}
	}
	at(0, false)
	r.act("skip", obj{"user": sam, "step": 0})
	r.act("skip", obj{"user": sam, "step": 0}) // another page, which has not seen it yet
	at(2, false)                               // no window is open, so nothing is left to do at the second step
	boot := r.state(sam).Boot
	r.end()

	r = newPageRig(t, kept)
	at(2, false)
	if again := r.state(sam).Boot; again != boot {
		t.Errorf("a page would have to reload itself: %s, %s", boot, again)
	}
	r.act("command", obj{"user": sam, "channel": deals, "text": "/stepin Acme"}) // nobody is there to answer
	at(2, false)
	r.pageApp()
	r.act("command", obj{"user": sam, "channel": deals, "text": "/stepin Acme"})
	r.waitModal(sam, "kitchen")
	at(2, true)
	r.want("", "chat.postMessage", obj{"channel": dana, "text": "Sam is holding back today."})
	at(3, true)
	r.end()

	// A file of before the place was kept.
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var old obj
	mustDecode(b, &old)
	delete(old, "Played")
	delete(old, "Made")
	if err := os.WriteFile(file, mustJSON(old), 0o600); err != nil {
		t.Fatal(err)
	}
	r = newPageRig(t, kept)
	at(0, false) // the app has said nothing to Sam
	r.want("", "chat.postMessage", obj{"channel": sam, "text": "Your card"})
	r.end()
	b, _ = os.ReadFile(file)
	mustDecode(b, &old)
	delete(old, "Played")
	if err := os.WriteFile(file, mustJSON(old), 0o600); err != nil {
		t.Fatal(err)
	}
	r = newPageRig(t, kept)
	at(3, true)
}

// Beyond the story each step waits for its turn, and a branch is skipped as one.
func TestPageBranches(t *testing.T) {
	r := newPageRig(t, func(c *config) {
		c.page.Story.Steps = []page.Step{
			{Text: "Press Enter.", Done: "modal:kitchen"},
			{Text: "Ask Dana.", Done: "post:" + dana + "/b-word", Branch: "ask", Typed: "/stepin @Dana Globex"},
			{Text: "Read what Dana says.", Done: "modal:nothing|post:" + sam + "/b-reply", Branch: "ask"},
			{Text: "Look around.", Done: "post:" + dana + "/b-word", Branch: "look"},
		}
	})
	at := func(step int) {
		t.Helper()
		if p := r.state(sam).Played; p.Step != step {
			t.Fatalf("at step %d; want %d", p.Step, step)
		}
	}
	tell := func(user, block string) {
		r.want("", "chat.postMessage", obj{"channel": user, "text": "x", "blocks": []any{withID(block, section("x"))}})
	}
	r.pageApp()
	r.act("command", obj{"user": sam, "channel": deals, "text": "/stepin Acme"})
	r.waitModal(sam, "kitchen")
	at(1)
	tell(sam, "b-reply") // out of turn
	tell(dana, "b-other")
	at(1)
	tell(dana, "b-word")
	at(4)
	r.end()

	// How a thread ends.
	r = newPageRig(t, func(c *config) {
		c.page.Story.Steps = []page.Step{
			{Text: "Press Enter.", Done: "modal:kitchen"},
			{Text: "Jump.", Done: "root:" + debriefs, Branch: "thread"},
			{Text: "Log.", Done: "edited:" + debriefs, Branch: "thread"},
			{Text: "Move on.", Done: "closed:" + debriefs, Branch: "thread"},
		}
	})
	r.want("", "chat.postMessage", said(debriefs, "of another day"))
	r.pageApp()
	r.act("command", obj{"user": sam, "channel": deals, "text": "/stepin Acme"})
	r.waitModal(sam, "kitchen")
	at(1)
	r.want("", "chat.postMessage", said(deals, "elsewhere"))
	if _, err := r.w.Say(sam, debriefs, "", "by somebody else"); err != nil {
		t.Fatal(err)
	}
	at(1)
	open := with(said(debriefs, "root"), "blocks", []any{section("root"), actions(button("log", "Log"))})
	root := str(r.want("", "chat.postMessage", open)["ts"])
	at(2)
	reply := str(r.want("", "chat.postMessage", with(said(debriefs, "reply"), "thread_ts", root))["ts"])
	r.want("", "chat.update", with(said(debriefs, "a reply is no root"), "ts", reply))
	at(2)
	r.want("", "chat.update", with(open, "ts", root))
	at(3)
	r.want("", "chat.update", with(with(open, "blocks", []any{section("over")}), "ts", root))
	at(4)
	r.end()

	wayBackOfStory(t)

	again := pageStory().Steps
	again = append(again, page.Step{Text: "a", Done: "modal:a", Branch: "a"}, page.Step{Text: "a", Done: "modal:a", Branch: "a"}, page.Step{Text: "b", Done: "modal:b", Branch: "b"})
	r = newPageRig(t, func(c *config) { c.page.Story.Steps = again })
	for _, next := range []int{2, 3, 5, 6} { // no window is open, so the second step goes by itself
		r.act("skip", obj{"user": sam, "step": r.state(sam).Played.Step})
		at(next)
	}
}

// A window that was closed shows the way back. A step that was done another way leaves its branch behind.
func wayBackOfStory(t *testing.T) {
	t.Helper()
	r := newPageRig(t, func(c *config) {
		c.page.Story.Steps = []page.Step{
			{Text: "Press Enter.", Done: "modal:kitchen"},
			{Text: "Save.", Done: "post:" + dana, Hints: []page.Hint{
				{When: "modal:kitchen/nothing", Text: "Never."},
				{When: "nomodal", Text: "Send it again."},
				{When: "modal:kitchen/acts", Text: "Pick."},
			}},
			{Text: "Ask Dana.", Done: "news:" + dana, Over: "shut:kitchen", Branch: "ask"},
			{Text: "Be Dana.", Done: "modal:nothing", Branch: "ask"},
			{Text: "Read it.", Done: "modal:nothing", Over: "gone:" + dana + "/word", Branch: "read"},
			{Text: "Answer.", Done: "modal:nothing", Over: "left:" + dana + "/yes", Branch: "answer"},
			{Text: "Log, on a phone.", Done: "shut:kitchen", Branch: "look"},
		}
	})
	at := func(step int, hint string) {
		t.Helper()
		if p := r.state(sam).Played; p.Step != step || p.Hint != hint {
			t.Fatalf("at step %d, hint %q; want %d, %q", p.Step, p.Hint, step, hint)
		}
	}
	r.pageApp()
	send := func() string {
		r.act("command", obj{"user": sam, "channel": deals, "text": "/stepin Acme"})
		r.waitModal(sam, "kitchen")
		return r.w.Modals(sam)[0].ID
	}
	shut := func(view string) { r.act("dismiss", obj{"user": sam, "view": view}) }
	first := send()
	at(1, "Pick.")
	shut(first)
	at(1, "Send it again.")
	second := send()
	at(1, "Pick.")
	asks := obj{"channel": dana, "text": "x", "blocks": []any{
		section("x"), with(actions(button("yes", "Yes"), button("no", "No")), "block_id", "word"),
	}}
	asked := r.want("", "chat.postMessage", asks)
	at(2, "")
	shut(second) // it was open when the step came
	at(4, "")
	left := with(asks, "channel", asked["channel"])
	r.want("", "chat.update", with(with(left, "ts", asked["ts"]), "blocks", []any{actions(button("yes", "Yes, after all"))}))
	at(6, "")
	r.act("command", obj{"user": dana, "channel": deals, "text": "/stepin Acme"})
	r.waitModal(dana, "kitchen")
	at(6, "")
	r.act("dismiss", obj{"user": dana, "view": r.w.Modals(dana)[0].ID})
	at(7, "")
	for _, q := range r.state(sam).People {
		if news := q.News != ""; news != (q.ID == dana) {
			t.Errorf("%s has news: %v", q.ID, news)
		}
	}
	r.end()
}

// People open, join, leave, archive and reopen conversations, and take back what they said.
func TestPageChannels(t *testing.T) {
	r := newPageRig(t, nil)
	do := func(code, name string, body obj) page.Answer {
		t.Helper()
		a, status := r.act(name, body)
		if status != 200 || a.Code != code {
			t.Fatalf("%s %v: %d %+v, want %q", name, body, status, a, code)
		}
		return a
	}
	channel := func(user, id string) page.Channel {
		for _, c := range r.state(user).Users[user].Channels {
			if c.ID == id {
				return c
			}
		}
		return page.Channel{}
	}
	const priya, lior = "U0PRIYA1", "U0LIOR01"
	dm := do("", "dm", obj{"user": priya, "who": lior}).Channel
	if c := channel(lior, dm); c.Name != "Priya Nair" || len(channel(sam, dm).ID) > 0 {
		t.Errorf("the conversation is %+v", c)
	}
	if again := do("", "dm", obj{"user": lior, "who": priya}).Channel; again != dm {
		t.Errorf("a second conversation of the same two: %s and %s", dm, again)
	}
	if c := do("", "dm", obj{"user": sam, "who": "U0STEPIN1"}).Channel; !channel(sam, c).App {
		t.Error("no conversation with the app")
	}
	for _, who := range []string{sam, "U0GONE01", "U0OTHERB", "U0NOBODY"} {
		do("user_not_found", "dm", obj{"user": sam, "who": who})
	}

	id := do("", "channel", obj{"user": sam, "name": " #Big Deals "}).Channel
	if c := channel(sam, id); c.Name != "big-deals" || len(c.Members) != 1 {
		t.Errorf("the channel is %+v", c)
	}
	do("name_taken", "channel", obj{"user": dana, "name": "big deals"})
	do("invalid_name", "channel", obj{"user": dana, "name": "what?"})
	do("not_in_channel", "invite", obj{"user": dana, "channel": id, "who": lior})
	do("", "invite", obj{"user": dana, "channel": id, "who": dana})
	do("not_in_channel", "command", obj{"user": ines, "channel": id, "text": "/invite @stepin"})
	do("no_user", "command", obj{"user": dana, "channel": id, "text": "/invite stepin"})
	do("method_not_supported_for_channel_type", "command", obj{"user": sam, "channel": "D0SAMDANA", "text": "/invite @stepin"})
	do("", "command", obj{"user": dana, "channel": id, "text": "/invite @stepin"})
	if !slices.Contains(channel(dana, id).Members, "U0STEPIN1") {
		t.Error("/invite @stepin brought nobody in")
	}
	if said := r.w.Posts(dana, id); len(said) == 0 || !said[len(said)-1].Ephemeral || !strings.Contains(said[len(said)-1].Text, "<@U0STEPIN1>") {
		t.Errorf("/invite tells nothing: %+v", said)
	}
	if r.state(sam).Played.Used {
		t.Error("/invite is none of the story's commands")
	}
	do("", "invite", obj{"user": dana, "channel": id, "who": "U0STEPIN1"})
	r.want("", "chat.postMessage", obj{"channel": id, "text": "Three questions"})
	do("", "remove", obj{"user": sam, "channel": id, "who": "U0STEPIN1"})
	r.want("not_in_channel", "chat.postMessage", obj{"channel": id, "text": "Three questions"})
	do("", "remove", obj{"user": dana, "channel": id, "who": dana})
	do("not_in_channel", "archive", obj{"user": dana, "channel": id})
	do("channel_not_found", "archive", obj{"user": sam, "channel": dm})

	do("", "say", obj{"user": sam, "channel": id, "text": "A slip"})
	posts := r.state(sam).Users[sam].Posts[id]
	slip := posts[len(posts)-1].TS
	do("cant_delete_message", "unsay", obj{"user": dana, "channel": id, "ts": slip})
	do("cant_delete_message", "unsay", obj{"user": sam, "channel": id, "ts": posts[0].TS}) // the app's
	do("", "archive", obj{"user": sam, "channel": id})
	do("is_archived", "unsay", obj{"user": sam, "channel": id, "ts": slip})
	do("is_archived", "invite", obj{"user": sam, "channel": id, "who": lior})
	if c := channel(sam, id); !c.Archived {
		t.Errorf("the archived channel is %+v", c)
	}
	do("", "unarchive", obj{"user": sam, "channel": id})
	do("", "unsay", obj{"user": sam, "channel": id, "ts": slip})
	do("message_not_found", "unsay", obj{"user": sam, "channel": id, "ts": slip})
	if n := len(r.state(sam).Users[sam].Posts[id]); n != 1 {
		t.Errorf("%d posts are left, want 1", n)
	}
}
