package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"

	"github.com/slack-go/slack"
)

func said(channel, text string) obj { return obj{"channel": channel, "text": text} }

func TestTokensAndScopes(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		for _, tt := range []struct{ token, method, code string }{
			{"", "auth.test", "not_authed"},
			{"xoxb-wrong", "auth.test", "invalid_auth"},
			{r.w.BotToken(), "auth.test", ""},
			{r.w.AppToken(), "auth.test", ""},
			{r.w.BotToken(), "apps.connections.open", "not_allowed_token_type"},
			{r.w.AppToken(), "users.list", "not_allowed_token_type"},
			{r.w.BotToken(), "chat.shout", "unknown_method"},
			{r.w.BotToken(), "conversations.members", "missing_scope"},
		} {
			out, resp := r.callAs(tt.token, tt.method, obj{"channel": deals})
			if str(out["error"]) != tt.code {
				t.Errorf("%s with %q: %v, want %q", tt.method, tt.token, out, tt.code)
			}
			scopes := resp.Header.Get("X-OAuth-Scopes")
			if (scopes != "") != (tt.token == r.w.BotToken()) {
				t.Errorf("%s with %q: X-OAuth-Scopes %q", tt.method, tt.token, scopes)
			}
			if tt.code == "missing_scope" && (out["needed"] != "channels:read" || !strings.Contains(str(out["provided"]), "chat:write")) {
				t.Errorf("%v", out)
			}
		}
		if a, err := r.api.AuthTest(); err != nil || a.UserID != "U0STEPIN1" || a.BotID == "" || a.Team != "Northwind" {
			t.Fatal(a, err)
		}
	})
}

// Tokens can be issued, revoked and another workspace's.
func TestMoreTokens(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		bot, app, foreign := r.w.IssueBotToken(), r.w.IssueAppToken(), r.w.IssueForeignToken()
		code := func(token, method string) string {
			out, _ := r.callAs(token, method, nil)
			return str(out["error"])
		}
		for _, tt := range []struct{ token, method, code string }{
			{bot, "users.list", ""},
			{app, "apps.connections.open", ""},
			{app, "users.list", "not_allowed_token_type"},
			{foreign, "auth.test", ""},
			{foreign, "users.list", "invalid_auth"},
		} {
			if got := code(tt.token, tt.method); got != tt.code {
				t.Errorf("%s with %s: %q, want %q", tt.method, tt.token, got, tt.code)
			}
		}
		if out, _ := r.callAs(foreign, "auth.test", nil); out["team_id"] == "T0NORTHWD" {
			t.Errorf("%v", out)
		}
		r.w.Revoke(bot)
		r.w.Revoke(r.w.AppToken())
		if a, b, c := code(bot, "users.list"), code(r.w.AppToken(), "apps.connections.open"), code(app, "apps.connections.open"); a != "token_revoked" || b != "token_revoked" || c != "" {
			t.Errorf("after the end of two: %q, %q, %q", a, b, c)
		}
	})
}

// A user group needs its scope, and tells who is in it; an empty one is an empty list, and there is a limit.
func TestUserGroups(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		if out, _ := r.call("usergroups.users.list", obj{"usergroup": "S0SALES01"}); str(out["needed"]) != "usergroups:read" {
			t.Errorf("without the scope: %v", out)
		}
	})
	with := func(c *config) {
		c.Manifest = []byte(strings.Replace(testManifest, `"users:read"`, `"users:read", "usergroups:read"`, 1))
	}
	bubble(t, with, func(t *testing.T, r *rig) {
		ask := func() obj {
			out, _ := r.call("usergroups.users.list", obj{"usergroup": "S0SALES01"})
			return out
		}
		if out := ask(); str(out["error"]) != "no_such_subteam" {
			t.Errorf("no group: %v", out)
		}
		r.w.SetGroup("S0SALES01", "U0SAM001", "U0DANA01")
		if out := ask(); len(list(out["users"])) != 2 {
			t.Errorf("two: %v", out)
		}
		r.w.SetGroup("S0SALES01")
		if out := ask(); out["users"] == nil || len(list(out["users"])) != 0 {
			t.Errorf("nobody: %v", out)
		}
		for range sandbox.Tier2 - 3 {
			ask()
		}
		if out := ask(); str(out["error"]) != "ratelimited" {
			t.Errorf("call %d in one minute: %v", sandbox.Tier2+1, out)
		}
	})
}

func TestSocketModeOff(t *testing.T) {
	off := func(c *config) {
		c.Manifest = []byte(strings.Replace(testManifest, `"socket_mode_enabled": true`, `"socket_mode_enabled": false`, 1))
	}
	bubble(t, off, func(t *testing.T, r *rig) {
		if out, _ := r.callAs(r.w.AppToken(), "apps.connections.open", nil); out["ok"] != false {
			t.Fatal(out)
		}
	})
}

func TestPosting(t *testing.T) {
	change := func(c *config) {
		s := world.DefaultSeed()
		s.People = append(s.People, world.Person{ID: "U0STRNGR", Name: "Stra Nger", Stranger: true})
		s.Channels = append(s.Channels, world.Channel{ID: "C0OLD001", Name: "old", Kind: "channel", Members: []string{"U0STEPIN1"}, Archived: true},
			world.Channel{ID: "C0OTHER1", Name: "other", Kind: "channel"}, world.Channel{ID: "G0SECRET", Name: "secret", Kind: "private"})
		c.Seed, c.NoLimits = s, true
	}
	bubble(t, change, func(t *testing.T, r *rig) {
		for _, tt := range []struct {
			code string
			args obj
		}{
			{"", said(deals, "x")},
			{"", said(sam, "x")},
			{"", said("U0GUEST1", "x")},
			{"", said("U0STRNGR", "x")},
			{"channel_not_found", said("", "x")},
			{"channel_not_found", said("C0NOWHERE", "x")},
			{"channel_not_found", said("D0SAMDANA", "x")},
			{"channel_not_found", said("G0SECRET", "x")},
			{"not_in_channel", said("C0OTHER1", "x")},
			{"is_archived", said("C0OLD001", "x")},
			{"cannot_dm_bot", said("U0OTHERB", "x")},
			{"cannot_dm_bot", said(world.Slackbot, "x")},
			{"user_disabled", said("U0GONE01", "x")},
			{"no_text", said(deals, " ")},
			{"thread_not_found", with(said(deals, "x"), "thread_ts", "1.000001")},
			{"invalid_blocks", with(said(deals, "x"), "blocks", []any{section("")})},
			{"invalid_blocks_format", with(said(deals, "x"), "blocks", "not json")},
			{"invalid_metadata_schema", with(said(deals, "x"), "metadata", obj{"event_type": "a"})},
			{"invalid_metadata_schema", with(said(deals, "x"), "metadata", obj{"event_type": "a", "event_payload": obj{"deep": obj{}}})},
			{"invalid_metadata_format", with(said(deals, "x"), "metadata", "x")},
			{"metadata_too_large", with(said(deals, "x"), "metadata", obj{"event_type": "a", "event_payload": obj{"k": strings.Repeat("x", sandbox.MaxMetadata)}})},
		} {
			r.want(tt.code, "chat.postMessage", tt.args)
		}
		first := r.want("", "chat.postMessage", said(sam, "one"))
		dm, ts := str(first["channel"]), str(first["ts"])
		if dm[0] != 'D' || dm != r.w.As(sam).DM() {
			t.Fatal(first)
		}
		second := r.want("", "chat.postMessage", with(said(dm, "two"), "thread_ts", ts))
		if b, _ := r.call("chat.update", with(said(sam, "x"), "ts", ts)); b["error"] != "channel_not_found" {
			t.Fatal("chat.update wants the conversation's id:", b)
		}
		if world.CompareTS(ts, str(second["ts"])) >= 0 || len(ts[strings.Index(ts, ".")+1:]) != 6 {
			t.Fatal(ts, second["ts"])
		}
		r.want("", "chat.update", with(said(dm, strings.Repeat("x", sandbox.UpdateText)), "ts", ts))
		r.want("msg_too_long", "chat.update", with(said(dm, strings.Repeat("x", sandbox.UpdateText+1)), "ts", ts))
		r.want("message_not_found", "chat.update", with(said(dm, "x"), "ts", "1.000001"))
		p, err := r.w.Say(sam, deals, "", "mine")
		if err != nil {
			t.Fatal(err)
		}
		r.want("cant_update_message", "chat.update", with(said(deals, "x"), "ts", p.TS))
		r.want("cant_delete_message", "chat.delete", obj{"channel": deals, "ts": p.TS})
		r.want("", "chat.delete", obj{"channel": dm, "ts": ts})
		r.want("message_not_found", "chat.delete", obj{"channel": dm, "ts": ts})
		r.want("user_not_in_channel", "chat.postEphemeral", with(said(deals, "x"), "user", "U0GUEST1"))
		r.want("", "chat.postEphemeral", with(said(deals, "psst"), "user", sam))
		if s, d := r.w.As(sam).In(deals).Reads(), r.w.As(dana).In(deals).Reads(); !strings.Contains(s, "psst") || strings.Contains(d, "psst") {
			t.Fatal(s, d)
		}
		for _, o := range list(r.want("", "conversations.history", obj{"channel": deals})["messages"]) {
			if object(o)["text"] == "psst" {
				t.Fatal("history shows an ephemeral post")
			}
		}
	})
}

func TestMetadataIsReadOnRequest(t *testing.T) {
	bubble(t, func(c *config) { c.NoLimits = true }, func(t *testing.T, r *rig) {
		meta := func(kind string) obj { return obj{"event_type": kind, "event_payload": obj{"k": "v"}} }
		dm := str(r.want("", "chat.postMessage", with(said(sam, "x"), "metadata", meta("stepin")))["channel"])
		if out := r.want("", "chat.postMessage", with(said(sam, "x"), "metadata", meta("step.in"))); object(out["message"])["metadata"] != nil {
			t.Fatal("a dot in event_type should drop the metadata")
		}
		read := func(all bool) (out []obj) {
			for _, m := range list(r.want("", "conversations.history", obj{"channel": dm, "include_all_metadata": all})["messages"]) {
				out = append(out, object(object(m)["metadata"]))
			}
			return out
		}
		if m := read(false)[1]; m["event_type"] != "stepin" || m["event_payload"] != nil {
			t.Fatal(m)
		}
		if m := read(true); object(m[1]["event_payload"])["k"] != "v" || m[0] != nil {
			t.Fatal(m)
		}
		if len(r.w.Violations()) != 1 {
			t.Fatal(r.w.Violations())
		}
	})
}

func TestHistory(t *testing.T) {
	bubble(t, func(c *config) { c.NoLimits = true }, func(t *testing.T, r *rig) {
		var ts []string
		for i := range 25 {
			ts = append(ts, str(r.want("", "chat.postMessage", said(deals, fmt.Sprint(i)))["ts"]))
			time.Sleep(time.Second)
		}
		for i := range 3 {
			r.want("", "chat.postMessage", with(said(deals, fmt.Sprint("reply ", i)), "thread_ts", ts[0]))
		}
		var all []string
		params := &slack.GetConversationHistoryParameters{ChannelID: deals, Limit: 10}
		for {
			h, err := r.api.GetConversationHistory(params)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range h.Messages {
				all = append(all, m.Text)
			}
			if !h.HasMore {
				break
			}
			params.Cursor = h.ResponseMetaData.NextCursor
		}
		if len(all) != 25 || all[0] != "24" || all[24] != "0" {
			t.Fatal(all)
		}
		h, err := r.api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: deals, Oldest: ts[20], Latest: ts[22], Inclusive: true})
		if err != nil || len(h.Messages) != 3 {
			t.Fatal(h, err)
		}
		h, err = r.api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: deals, Oldest: ts[20], Latest: ts[22]})
		if err != nil || len(h.Messages) != 1 {
			t.Fatal(h, err)
		}
		replies, _, _, err := r.api.GetConversationReplies(&slack.GetConversationRepliesParameters{ChannelID: deals, Timestamp: ts[0]})
		if err != nil || len(replies) != 4 || replies[0].ReplyCount != 3 {
			t.Fatal(len(replies), err)
		}
		r.w.Behave(func(b *sandbox.Behaviour) { b.HistoryLag = 5 * time.Second })
		newest := r.want("", "chat.postMessage", said(deals, "late"))["ts"]
		find := func() bool {
			l := list(r.want("", "conversations.history", obj{"channel": deals, "limit": 1})["messages"])
			return object(l[0])["ts"] == newest
		}
		if find() {
			t.Fatal("shown at once")
		}
		time.Sleep(5 * time.Second)
		if !find() {
			t.Fatal("not shown after the lag")
		}
		r.want("missing_scope", "conversations.info", obj{"channel": deals})
		r.want("invalid_limit", "conversations.history", obj{"channel": deals, "limit": 1000})
	})
}

func TestUsers(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		u, err := r.api.GetUserInfo(sam)
		if err != nil || u.TZ != "Europe/Berlin" || u.TZOffset == 0 || u.IsBot || u.Deleted || u.RealName != "Sam Okafor" || u.TeamID != "T0NORTHWD" {
			t.Fatal(u, err)
		}
		all, err := r.api.GetUsers()
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]slack.User{}
		for _, u := range all {
			by[u.ID] = u
		}
		if !by["U0GUEST1"].IsRestricted || !by["U0GONE01"].Deleted || !by["U0OTHERB"].IsBot || by[world.Slackbot].IsBot || by["U0STEPIN1"].TZ != "" {
			t.Fatalf("%+v", by)
		}
		r.want("user_not_found", "users.info", obj{"user": "U0NOBODY"})
		out := r.want("", "users.list", obj{"limit": 4})
		if len(list(out["members"])) != 4 || object(out["response_metadata"])["next_cursor"] == "" {
			t.Fatal(out)
		}
		r.want("invalid_cursor", "users.list", obj{"cursor": "nonsense"})
		r.want("", "conversations.open", obj{"users": dana})
		r.want("missing_scope", "conversations.open", obj{"users": dana + "," + sam})
		r.want("cannot_dm_bot", "conversations.open", obj{"users": "U0OTHERB"})
		r.want("user_not_found", "conversations.open", obj{"users": "U0NOBODY"})
		r.want("users_list_not_supplied", "conversations.open", obj{})
	})
}

func TestRateLimits(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		until429 := func(method string, args func(i int) obj) (int, *http.Response) {
			t.Helper()
			for i := range 1000 {
				out, resp := r.call(method, args(i))
				if resp.StatusCode == http.StatusTooManyRequests {
					if out["error"] != "ratelimited" || resp.Header.Get("Retry-After") == "" {
						t.Fatal(out, resp.Header)
					}
					return i, resp
				}
				if out["ok"] != true {
					t.Fatal(out)
				}
			}
			t.Fatal("no limit")
			return 0, nil
		}
		if n, _ := until429("users.list", func(int) obj { return obj{} }); n != sandbox.Tier2 {
			t.Fatal("users.list:", n)
		}
		if n, _ := until429("users.info", func(int) obj { return obj{"user": sam} }); n != sandbox.Tier4 {
			t.Fatal("users.info:", n)
		}
		n, resp := until429("chat.postMessage", func(int) obj { return said(deals, "x") })
		if n != int(rules.PostsChannelBurst) || resp.Header.Get("Retry-After") != "1" {
			t.Fatal("chat.postMessage:", n, resp.Header)
		}
		if _, resp := r.call("chat.postMessage", said(sam, "x")); resp.StatusCode != http.StatusTooManyRequests {
			t.Fatal("a 429 holds for all conversations")
		}
		if len(r.w.Violations()) != 0 {
			t.Fatal("a call in flight is no violation:", r.w.Violations())
		}
		time.Sleep(500 * time.Millisecond)
		if r.call("chat.postMessage", said(sam, "x")); len(r.w.Violations()) != 1 {
			t.Fatal(r.w.Violations())
		}
		time.Sleep(time.Second)
		r.want("", "chat.postMessage", said(sam, "x"))
		time.Sleep(time.Hour)
		for range 120 { // one a second and channel is always fine
			r.want("", "chat.postMessage", said(deals, "x"))
			time.Sleep(time.Second)
		}
		if s := r.w.Stats(); s.Limited != 5 || s.Calls["users.list"] != sandbox.Tier2+1 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestLoudMessages(t *testing.T) {
	bubble(t, func(c *config) { c.NoLimits = true }, func(t *testing.T, r *rig) {
		mrkdwn := func(s string, verbatim bool) []any {
			return []any{obj{"type": "section", "text": obj{"type": "mrkdwn", "text": s, "verbatim": verbatim}}}
		}
		n := 0
		for _, tt := range []struct {
			args obj
			loud bool
		}{
			{said(deals, "&lt;!channel&gt; @here"), false},
			{said(deals, "<!channel>"), true},
			{with(said(deals, "@here"), "link_names", true), true},
			{with(said(deals, "x"), "blocks", mrkdwn("@here", true)), false},
			{with(said(deals, "x"), "blocks", mrkdwn("hi @here", false)), true},
			{with(said(deals, "x"), "blocks", mrkdwn("<!subteam^S1>", true)), true},
			{with(said(deals, "x"), "blocks", []any{section("<!channel> @here")}), false},
		} {
			r.want("", "chat.postMessage", tt.args)
			if tt.loud {
				n++
			}
			if len(r.w.Violations()) != n {
				t.Fatalf("%v: %v", tt, r.w.Violations())
			}
		}
	})
}
