package sandbox_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"

	"github.com/slack-go/slack"
)

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault sandbox.Fault
		posts int // how many posts there are after one failing and one good call
		check func(err error) bool
	}{
		{"429", sandbox.Fault{Kind: sandbox.RateLimited, After: 7 * time.Second}, 0, func(err error) bool {
			rl, ok := errors.AsType[*slack.RateLimitedError](err)
			return ok && rl.RetryAfter == 7*time.Second
		}},
		{"429 without Retry-After", sandbox.Fault{Kind: sandbox.RateLimitedBare}, 0, func(err error) bool { return statusOf(err) == http.StatusTooManyRequests }},
		{"503", sandbox.Fault{Kind: sandbox.ServerError}, 0, func(err error) bool { return statusOf(err) == http.StatusServiceUnavailable }},
		{"error", sandbox.Fault{Kind: sandbox.ErrorCode, Code: "fatal_error"}, 0, func(err error) bool { return err.Error() == "fatal_error" }},
		{"ok false, no error", sandbox.Fault{Kind: sandbox.EmptyOK}, 0, func(err error) bool { return err == nil }}, // trap 13
		{"reset before", sandbox.Fault{Kind: sandbox.ResetBefore}, 0, broken},
		{"reset after", sandbox.Fault{Kind: sandbox.ResetAfter}, 1, broken},
		{"slow", sandbox.Fault{Kind: sandbox.Slow, After: 50 * time.Millisecond}, 1, func(err error) bool { return err == nil }},
		{"garbage", sandbox.Fault{Kind: sandbox.Garbage}, 1, func(err error) bool { return err != nil }},
		{"error after", sandbox.Fault{Kind: sandbox.ErrorAfter}, 1, func(err error) bool { return err.Error() == "internal_error" }},
	} {
		for _, where := range []string{"memory", "loopback"} {
			t.Run(tt.name+" over "+where, func(t *testing.T) {
				run := func(t *testing.T, r *rig) {
					f := tt.fault
					f.Method = "chat.postMessage"
					r.w.Fail(f)
					_, _, err := r.api.PostMessage(sam, slack.MsgOptionText("x", true))
					if !tt.check(err) {
						t.Errorf("got %v", err)
					}
					if n := len(r.w.Posts(sam, r.w.As(sam).DM())); n != tt.posts {
						t.Errorf("%d posts, want %d", n, tt.posts)
					}
					if where == "loopback" && tt.fault.Kind == sandbox.ResetAfter && !errors.Is(err, syscall.ECONNRESET) {
						t.Errorf("no reset: %v", err)
					}
					r.w.Mend()
					if tt.fault.Kind == sandbox.RateLimited {
						return
					}
					if _, _, err = r.api.PostMessage(sam, slack.MsgOptionText("x", true)); err != nil {
						t.Errorf("after it: %v", err)
					}
				}
				if where == "loopback" {
					run(t, newLoopback(t))
				} else {
					bubble(t, nil, run)
				}
			})
		}
	}
}

func statusOf(err error) int {
	if s, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return s.Code
	}
	return 0
}

func broken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.ErrUnexpectedEOF)
}

func TestFaultsSkipAndCount(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		r.w.Fail(sandbox.Fault{Method: "users.info", Skip: 1, Count: 2, Kind: sandbox.ErrorCode, Code: "fatal_error"})
		var got []string
		for range 5 {
			out, _ := r.call("users.info", obj{"user": sam})
			got = append(got, str(out["error"]))
		}
		if strings.Join(got, ",") != ",fatal_error,fatal_error,," {
			t.Fatal(got)
		}
	})
}

func TestResponseURL(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		r.connect(nil)
		if err := r.w.Command(t.Context(), sam, "D0SAMDANA", "/stepin x"); err != nil { // the app is no member here
			t.Fatal(err)
		}
		cmd := r.envelopes()[0].Data.(slack.SlashCommand)
		if cmd.ChannelName != "directmessage" {
			t.Fatal(cmd.ChannelName)
		}
		for i := range sandbox.AnswerUses {
			if out, _ := r.post(cmd.ResponseURL, "", obj{"text": "answer"}); out["ok"] != true {
				t.Fatal(i, out)
			}
		}
		if out, resp := r.post(cmd.ResponseURL, "", obj{"text": "answer"}); out["error"] != "used_url" || resp.StatusCode != http.StatusNotFound {
			t.Fatal(out)
		}
		posts := r.w.Posts(sam, "D0SAMDANA")
		if len(posts) != sandbox.AnswerUses || !posts[0].Ephemeral || len(r.w.Posts(dana, "D0SAMDANA")) != 0 {
			t.Fatal(posts)
		}
		r.want("", "chat.postMessage", with(said(deals, "card"), "blocks", []any{section("Card"), actions(button("go", "Go"))}))
		h := r.w.As(sam).In(deals)
		press := func() slack.InteractionCallback {
			t.Helper()
			if err := h.Press("Go"); err != nil {
				t.Fatal(err)
			}
			e := r.envelopes()
			return e[len(e)-1].Data.(slack.InteractionCallback)
		}
		in := press()
		if in.Container.Type != "message" || in.Container.MessageTs == "" || in.Container.ChannelID != deals || in.Channel.ID != deals ||
			in.Message.Text != "card" || in.User.ID != sam || in.Team.ID != "T0NORTHWD" {
			t.Fatalf("%+v", in)
		}
		r.post(in.ResponseURL, "", obj{"text": "only you"})
		if got := r.w.Posts(sam, deals); len(got) != 2 || !got[1].Ephemeral {
			t.Fatal(got)
		}
		r.post(in.ResponseURL, "", obj{"replace_original": true, "text": "y", "blocks": []any{section("Changed"), actions(button("go", "Go"))}})
		if got := h.Reads(); !strings.Contains(got, "Changed") || strings.Contains(got, "Card") {
			t.Fatal(got)
		}
		in = press()
		time.Sleep(sandbox.AnswerLife + time.Second)
		if out, _ := r.post(in.ResponseURL, "", obj{"text": "late"}); out["error"] != "expired_url" {
			t.Fatal(out)
		}
		r.post(press().ResponseURL, "", obj{"delete_original": true})
		if err := h.Press("Go"); err == nil {
			t.Fatal("the message is still there")
		}
		if out, _ := r.post(r.base+"/response/nonsense", "", obj{"text": "x"}); out["ok"] != false {
			t.Fatal(out)
		}
	})
}

func TestStateIsKept(t *testing.T) {
	name := filepath.Join(t.TempDir(), "workspace")
	keep := func(c *config) { c.State = name }
	later := time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC) // the bubble's clock starts in 2000
	var dm, hash string
	bubble(t, keep, func(t *testing.T, r *rig) {
		r.w.SetClock(later)
		dm = str(r.want("", "chat.postMessage", with(said(sam, "kept"), "blocks", []any{section("Kept"), actions(button("go", "Go"))}))["channel"])
		if _, err := r.w.Say(sam, "D0SAMDANA", "", "nervous"); err != nil {
			t.Fatal(err)
		}
		r.want("", "views.publish", obj{"user_id": sam, "view": obj{"type": "home", "blocks": []any{section("Home")}}})
		hash = r.open(sam, modal(field("b", "Why", textField("a")))).Hash
		if err := r.w.As(sam).Fill("Why", "typed"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if b, err := os.ReadFile(name); err != nil || !strings.Contains(string(b), "nervous") {
			t.Fatal("not written soon after", err)
		}
	})
	bubble(t, keep, func(t *testing.T, r *rig) {
		if now := r.w.Now(); now.Before(later) || now.After(later.Add(time.Hour)) {
			t.Fatal("clock:", now)
		}
		m := r.w.Modals(sam)
		if len(m) != 1 || m[0].Hash != hash || !strings.Contains(r.w.As(sam).Reads(), "Why: typed") {
			t.Fatal(m)
		}
		if err := r.w.As(sam).Close(); err != nil {
			t.Fatal(err)
		}
		if got := r.w.As(sam).In(dm).Reads(); !strings.Contains(got, "Kept [Go]") && !strings.Contains(got, "Kept\n[Go]") {
			t.Fatal(got)
		}
		if got := r.w.As(dana).In("D0SAMDANA").Reads(); !strings.Contains(got, "nervous") {
			t.Fatal(got)
		}
		if got := r.w.As(sam).AtHome().Reads(); !strings.Contains(got, "Home") {
			t.Fatal(got)
		}
		if r.want("", "conversations.open", obj{"users": sam})["already_open"] != true {
			t.Fatal("the DM was forgotten")
		}
	})
	if err := os.WriteFile(name, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := hands.New(sandbox.Config{Manifest: []byte(testManifest), State: name}); err == nil || !strings.Contains(err.Error(), name) {
		t.Fatal("a damaged file:", err)
	}
}
