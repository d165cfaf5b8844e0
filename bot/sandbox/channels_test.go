package sandbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/world"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

const (
	debriefs = "C0DEBRF1"
	secret   = "C0SECRET"
	lior     = "U0LIOR01"
	ines     = "U0INES01"
	stepin   = "U0STEPIN1"
)

// withScopes is a workspace without limits, with a private channel, whose app has more scopes.
func withScopes(more ...string) func(*config) {
	return func(c *config) {
		scopes := strings.Join(append([]string{"commands"}, more...), `", "`)
		c.Manifest = []byte(strings.Replace(testManifest, `"commands"`, `"`+scopes+`"`, 1))
		c.Seed, c.NoLimits = world.DefaultSeed(), true
		c.Seed.Channels = append(c.Seed.Channels, world.Channel{ID: secret, Name: "secret", Kind: "private", Members: []string{sam}})
	}
}

// acts is a step that people take.
func acts(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What a post into a channel is answered with, as the app and the channel stand
// (docs.slack.dev/reference/methods/chat.postMessage).
func TestPostingIntoChannels(t *testing.T) {
	bubble(t, withScopes(), func(t *testing.T, r *rig) {
		r.want("", "chat.postMessage", said(debriefs, "x"))
		acts(t, r.w.Remove(sam, debriefs, stepin))
		r.want("not_in_channel", "chat.postMessage", said(debriefs, "x"))
		acts(t, r.w.Invite(sam, debriefs, stepin))
		ts := str(r.want("", "chat.postMessage", said(debriefs, "x"))["ts"])
		acts(t, r.w.Archive(sam, debriefs, true))
		r.want("is_archived", "chat.postMessage", said(debriefs, "x"))
		r.want("is_archived", "chat.postMessage", with(said(debriefs, "x"), "thread_ts", ts))
		r.want("is_archived", "chat.update", with(said(debriefs, "y"), "ts", ts))
		acts(t, r.w.Archive(sam, debriefs, false))
		r.want("", "chat.update", with(said(debriefs, "y"), "ts", ts))
		acts(t, r.w.Alter(debriefs, func(c *world.Channel) { c.Closed = true }))
		r.want("restricted_action", "chat.postMessage", said(debriefs, "x"))
		acts(t, r.w.Alter(debriefs, func(c *world.Channel) { c.Closed, c.External = false, true }))
		r.want("", "chat.postMessage", said(debriefs, "x"))

		// A private channel is not there for an app that is not in it, archived or not.
		r.want("channel_not_found", "chat.postMessage", said(secret, "x"))
		acts(t, r.w.Archive(sam, secret, true))
		r.want("channel_not_found", "chat.postMessage", said(secret, "x"))
		acts(t, r.w.Archive(sam, secret, false), r.w.Invite(sam, secret, stepin))
		r.want("", "chat.postMessage", said(secret, "x"))
	})
	bubble(t, withScopes("chat:write.public"), func(t *testing.T, r *rig) {
		acts(t, r.w.Remove(sam, debriefs, stepin))
		r.want("", "chat.postMessage", said(debriefs, "x"))
		r.want("channel_not_found", "chat.postMessage", said(secret, "x"))
	})
}

// A root that somebody deletes goes without a trace if nobody had replied, and leaves a tombstone if somebody had: the
// app can neither change it nor reply to it, and reads of it as of anything in the conversation.
func TestDeletedRoot(t *testing.T) {
	bubble(t, withScopes(), func(t *testing.T, r *rig) {
		post := func(thread string) string {
			return str(r.want("", "chat.postMessage", with(said(deals, "x"), "thread_ts", thread))["ts"])
		}
		bare, root := post(""), post("")
		reply := post(root)
		gone := func(ts string) {
			t.Helper()
			r.want("message_not_found", "chat.update", with(said(deals, "y"), "ts", ts))
			r.want("message_not_found", "chat.delete", obj{"channel": deals, "ts": ts})
			r.want("thread_not_found", "chat.postMessage", with(said(deals, "y"), "thread_ts", ts))
			if _, err := r.w.Say(sam, deals, ts, "y"); codeOf(err) != "thread_not_found" {
				t.Fatal(err)
			}
		}
		// Who is no admin deletes what they said themselves.
		if err := r.w.Unsay(sam, deals, root); codeOf(err) != "cant_delete_message" {
			t.Fatal(err)
		}
		acts(t, r.w.Unsay(ines, deals, bare), r.w.Unsay(ines, deals, root))
		gone(bare)
		gone(root)
		if err := r.w.Unsay(ines, deals, root); codeOf(err) != "message_not_found" {
			t.Fatal(err)
		}
		shown := list(r.want("", "conversations.history", obj{"channel": deals})["messages"])
		if len(shown) != 1 || object(shown[0])["subtype"] != "tombstone" || object(shown[0])["user"] != world.Slackbot || object(shown[0])["reply_count"] != 1.0 {
			t.Fatal(shown)
		}
		if l := list(r.want("", "conversations.replies", obj{"channel": deals, "ts": root})["messages"]); len(l) != 2 {
			t.Fatal(l)
		}
		r.want("thread_not_found", "conversations.replies", obj{"channel": deals, "ts": bare})
		if s := r.w.As(sam).In(deals).Reads(); !strings.Contains(s, "This message was deleted.") {
			t.Fatal(s)
		}
		// What was said in the thread is still the app's, and with the last reply all is gone.
		r.want("", "chat.update", with(said(deals, "z"), "ts", reply))
		r.want("", "chat.delete", obj{"channel": deals, "ts": reply})
		if p := r.w.Posts(sam, deals); len(p) != 0 {
			t.Fatal(p)
		}
		gone(root)

		// Others have seen such a reply end up in the channel itself.
		root = post("")
		post(root)
		acts(t, r.w.Unsay(ines, deals, root))
		r.w.Behave(func(b *sandbox.Behaviour) { b.OpenLostReplies = true })
		if out := r.want("", "chat.postMessage", with(said(deals, "y"), "thread_ts", root)); object(out["message"])["thread_ts"] != nil {
			t.Fatal(out)
		}
	})
}

// A group is opened once, by an app that may, of people who are there.
func TestGroupDM(t *testing.T) {
	two := obj{"users": dana + "," + sam}
	bubble(t, withScopes(), func(t *testing.T, r *rig) {
		if out, _ := r.call("conversations.open", two); out["error"] != "missing_scope" || out["needed"] != "mpim:write" {
			t.Fatal(out)
		}
		r.want("", "conversations.open", obj{"users": sam})
		r.want("", "conversations.open", obj{"users": sam + "," + sam}) // one person, named twice
	})
	bubble(t, withScopes("mpim:write"), func(t *testing.T, r *rig) {
		first := r.want("", "conversations.open", two)
		group := str(object(first["channel"])["id"])
		if again := r.want("", "conversations.open", obj{"users": sam + "," + dana}); str(object(again["channel"])["id"]) != group || again["already_open"] != true || first["already_open"] != false {
			t.Fatal(first, again)
		}
		if three := r.want("", "conversations.open", obj{"users": sam + "," + dana + "," + lior}); str(object(three["channel"])["id"]) == group {
			t.Fatal("another group is another conversation:", three)
		}
		r.want("user_disabled", "conversations.open", obj{"users": sam + ",U0GONE01"})
		r.want("cannot_dm_bot", "conversations.open", obj{"users": sam + ",U0OTHERB"})
		r.want("user_not_found", "conversations.open", obj{"users": sam + ",U0NOBODY"})
		r.want("too_many_users", "conversations.open", obj{"users": "1,2,3,4,5,6,7,8,9"})
		r.want("", "chat.postMessage", said(group, "the two of you"))
		for _, who := range []string{sam, dana} {
			if s := r.w.As(who).In(group).Reads(); !strings.Contains(s, "the two of you") {
				t.Fatal(s)
			}
		}
		if s := r.w.As(lior).In(group).Reads(); s != "" {
			t.Fatal(s)
		}
		r.want("missing_scope", "conversations.history", obj{"channel": group})
		acts(t, r.w.Edit(t.Context(), dana, false, func(p *world.Person) { p.Deleted = true }))
		r.want("user_disabled", "conversations.open", two)
	})
}

// Each kind of conversation is read by a scope of its own, and what the app does not see is not there for it.
func TestReadingByKind(t *testing.T) {
	everything := []string{"channels", "groups", "im", "mpim"}
	for _, family := range []string{"history", "read"} {
		methods := map[string][]string{"history": {"conversations.history", "conversations.replies"}, "read": {"conversations.info", "conversations.members"}}[family]
		for _, has := range everything {
			bubble(t, func(c *config) {
				withScopes("mpim:write", has+":"+family)(c)
				for _, s := range []string{`"im:history", `, `, "channels:history"`} { // none but those
					c.Manifest = []byte(strings.Replace(string(c.Manifest), s, "", 1))
				}
			}, func(t *testing.T, r *rig) {
				acts(t, r.w.Invite(sam, secret, stepin))
				group := str(object(r.want("", "conversations.open", obj{"users": dana + "," + sam})["channel"])["id"])
				dm := str(object(r.want("", "conversations.open", obj{"users": sam})["channel"])["id"])
				for needs, id := range map[string]string{"channels": deals, "groups": secret, "im": dm, "mpim": group} {
					ts := str(r.want("", "chat.postMessage", said(id, "x"))["ts"])
					for _, m := range methods {
						out, _ := r.call(m, obj{"channel": id, "ts": ts})
						if needs == has && out["ok"] != true || needs != has && (out["error"] != "missing_scope" || out["needed"] != needs+":"+family) {
							t.Errorf("%s of %s with %s: %v", m, needs, has, out)
						}
					}
				}
				for _, m := range methods {
					r.want("channel_not_found", m, obj{"channel": "C0NOWHERE", "ts": "1.000001"})
					r.want("channel_not_found", m, obj{"channel": "D0SAMDANA", "ts": "1.000001"})
				}
				acts(t, r.w.Remove(sam, secret, stepin), r.w.Remove(sam, deals, stepin))
				r.want("channel_not_found", methods[0], obj{"channel": secret})
				if has == "channels" { // others see a public channel, and do not read it
					r.want(map[string]string{"history": "not_in_channel", "read": ""}[family], methods[0], obj{"channel": deals})
				}
			})
		}
	}
	bubble(t, withScopes(), func(t *testing.T, r *rig) { // none of a family is asked for first
		r.want("missing_scope", "conversations.info", obj{"channel": "C0NOWHERE"})
	})
}

func TestHistoryListsNoReplies(t *testing.T) {
	bubble(t, withScopes(), func(t *testing.T, r *rig) {
		root := str(r.want("", "chat.postMessage", said(deals, "root"))["ts"])
		reply := str(r.want("", "chat.postMessage", with(said(deals, "reply"), "thread_ts", root))["ts"])
		r.want("", "chat.postMessage", with(said(deals, "to the reply"), "thread_ts", reply)) // still in the root's thread
		messages := list(r.want("", "conversations.history", obj{"channel": deals})["messages"])
		if len(messages) != 1 || object(messages[0])["ts"] != root || object(messages[0])["reply_count"] != 2.0 {
			t.Fatal(messages)
		}
		if l := list(r.want("", "conversations.replies", obj{"channel": deals, "ts": root})["messages"]); len(l) != 3 || object(l[2])["thread_ts"] != root {
			t.Fatal(l)
		}
	})
}

func TestChannelInfo(t *testing.T) {
	bubble(t, withScopes("channels:read", "groups:read", "mpim:read", "mpim:write"), func(t *testing.T, r *rig) {
		info := func(id string) *slack.Channel {
			t.Helper()
			c, err := r.api.GetConversationInfo(&slack.GetConversationInfoInput{ChannelID: id})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if c := info(debriefs); !c.IsMember || c.IsArchived || c.IsPrivate || c.IsExtShared || c.IsMpIM || c.Name != "debriefs" {
			t.Errorf("%+v", c)
		}
		acts(t, r.w.Alter(debriefs, func(c *world.Channel) { c.External = true }), r.w.Archive(sam, debriefs, true))
		if c := info(debriefs); !c.IsArchived || !c.IsExtShared {
			t.Errorf("%+v", c)
		}
		acts(t, r.w.Remove(sam, deals, stepin), r.w.Invite(sam, secret, stepin))
		if c := info(deals); c.IsMember {
			t.Errorf("%+v", c)
		}
		if c := info(secret); !c.IsMember || !c.IsPrivate || c.IsMpIM {
			t.Errorf("%+v", c)
		}
		if c := info(str(object(r.want("", "conversations.open", obj{"users": dana + "," + sam})["channel"])["id"])); !c.IsMpIM || !c.IsPrivate {
			t.Errorf("%+v", c)
		}
	})
}

// A select of conversations offers what its filter lets through, and a person chooses nothing else.
func TestConversationFilter(t *testing.T) {
	bubble(t, withScopes("mpim:write"), func(t *testing.T, r *rig) {
		group := str(object(r.want("", "conversations.open", obj{"users": dana + "," + sam})["channel"])["id"])
		dm := str(object(r.want("", "conversations.open", obj{"users": sam})["channel"])["id"])
		el := obj{"type": "conversations_select", "action_id": "where"}
		choose := func(filter obj, id, code string) {
			t.Helper()
			e := el
			if filter != nil {
				e = with(el, "filter", filter)
			}
			v := r.open(sam, modal(field("where", "Where?", e)))
			if err := r.w.Act(t.Context(), sam, hands.Place{View: v.ID}, "where", "where", hands.Value{Channel: id}); codeOf(err) != code {
				t.Errorf("%v, %s: %v", filter, id, err)
			}
			acts(t, r.w.Dismiss(t.Context(), sam, v.ID))
		}
		for _, id := range []string{deals, secret, group, dm} {
			choose(nil, id, "")
		}
		choose(nil, "C0NOWHERE", "no_such_channel")
		channels := obj{"include": []any{"public", "private"}, "exclude_external_shared_channels": true, "exclude_bot_users": true}
		choose(channels, deals, "")
		choose(channels, secret, "")
		choose(channels, group, "no_such_channel")
		choose(channels, dm, "no_such_channel")
		choose(obj{"exclude_bot_users": true}, dm, "no_such_channel")
		choose(obj{"exclude_bot_users": true}, group, "")
		acts(t, r.w.Alter(deals, func(c *world.Channel) { c.External = true }), r.w.Remove(sam, secret, sam))
		choose(channels, deals, "no_such_channel")
		choose(obj{"include": []any{"public"}}, deals, "")
		choose(channels, secret, "no_such_channel")
	})
}

// Who is woken by a message, and who only finds it.
func TestWhomAMessageWakes(t *testing.T) {
	change := withScopes("mpim:write")
	bubble(t, change, func(t *testing.T, r *rig) {
		group := str(object(r.want("", "conversations.open", obj{"users": dana + "," + sam})["channel"])["id"])
		root := str(r.want("", "chat.postMessage", said(deals, "root"))["ts"])
		alone := str(r.want("", "chat.postMessage", said(group, "root"))["ts"])
		mrkdwn := func(s string) any {
			return []any{obj{"type": "section", "text": obj{"type": "mrkdwn", "text": s, "verbatim": true}}}
		}
		rich := []any{obj{"type": "rich_text", "elements": []any{obj{"type": "rich_text_section", "elements": []any{obj{"type": "user", "user_id": dana}}}}}}
		for _, tt := range []struct {
			name string
			args obj
			want []string
		}{
			{"a channel", said(deals, "hello all"), nil},
			{"a name in a channel", said(deals, "hello <@"+dana+">"), []string{dana}},
			{"a name with its label", said(deals, "hello <@"+dana+"|Dana>"), []string{dana}},
			{"an escaped name", said(deals, "hello &lt;@"+dana+"&gt;"), nil},
			{"somebody who is not there", said(deals, "hello <@U0GUEST1>"), nil},
			{"a name in a verbatim block", with(said(deals, "x"), "blocks", mrkdwn("<@"+sam+"> and <@"+dana+">")), []string{sam, dana}},
			{"a name in plain text", with(said(deals, "x"), "blocks", []any{section("<@" + sam + ">")}), nil},
			{"a name in the text beside blocks", with(said(deals, "<@"+sam+">"), "blocks", mrkdwn("x")), nil},
			{"a name in rich text", with(said(deals, "x"), "blocks", rich), []string{dana}},
			{"a reply", with(said(deals, "x"), "thread_ts", root), nil},
			{"a name in a reply", with(said(deals, "<@"+sam+">"), "thread_ts", root), []string{sam}},
			{"a group", said(group, "x"), []string{dana, sam}},
			{"a reply in a group", with(said(group, "x"), "thread_ts", alone), nil},
			{"a direct message", said(sam, "x"), []string{sam}},
		} {
			out := r.want("", "chat.postMessage", tt.args)
			where := str(out["channel"])
			i := slices.IndexFunc(r.w.Posts(sam, where), func(p hands.Post) bool { return p.TS == out["ts"] })
			if got := r.w.Posts(sam, where)[i].Wakes; !slices.Equal(got, tt.want) {
				t.Errorf("%s wakes %v, want %v", tt.name, got, tt.want)
			}
		}
		// A name that is added later wakes nobody.
		r.want("", "chat.update", with(said(deals, "<@"+sam+">"), "ts", root))
		if p := r.w.Posts(sam, deals)[0]; p.Wakes != nil || !p.Edited {
			t.Errorf("%+v", p)
		}
	})
}

// A button in a thread of a channel is there for its members, from another organisation too; the app is told where.
func TestTapInAThread(t *testing.T) {
	change := func(c *config) {
		withScopes("mpim:write")(c)
		c.Seed.People = append(c.Seed.People, world.Person{ID: "U0STRNGR", Name: "Stra Nger", Stranger: true})
		c.Seed.Channels[1].Members = append(c.Seed.Channels[1].Members, "U0STRNGR")
		c.Seed.Channels[1].External = true
	}
	bubble(t, change, func(t *testing.T, r *rig) {
		r.connect(nil)
		blocks := []any{obj{"type": "actions", "block_id": "b", "elements": []any{button("tap", "Tap")}}}
		root := str(r.want("", "chat.postMessage", with(said(debriefs, "x"), "blocks", blocks))["ts"])
		reply := str(r.want("", "chat.postMessage", with(with(said(debriefs, "x"), "blocks", blocks), "thread_ts", root))["ts"])
		group := str(object(r.want("", "conversations.open", obj{"users": dana + "," + sam})["channel"])["id"])
		inGroup := str(r.want("", "chat.postMessage", with(said(group, "x"), "blocks", blocks))["ts"])
		tap := func(who, where, ts, code string) {
			t.Helper()
			if err := r.w.Act(t.Context(), who, hands.Place{Channel: where, TS: ts}, "b", "tap", hands.Value{}); codeOf(err) != code {
				t.Fatalf("%s: %v", who, err)
			}
		}
		tap(ines, debriefs, root, "not_in_channel") // she reads along
		tap("U0GUEST1", debriefs, root, "no_such_message")
		tap(lior, group, inGroup, "no_such_message")
		tap(dana, debriefs, root, "")
		tap(dana, debriefs, reply, "")
		tap("U0STRNGR", debriefs, reply, "")
		tap(dana, group, inGroup, "")
		time.Sleep(time.Second)
		var told []slack.InteractionCallback
		for _, e := range r.envelopes() {
			if e.Type == socketmode.EventTypeInteractive {
				told = append(told, e.Data.(slack.InteractionCallback))
			}
		}
		if len(told) != 4 {
			t.Fatalf("%d envelopes", len(told))
		}
		for i, want := range []struct{ thread, where, name, team string }{
			{"", debriefs, "debriefs", "T0NORTHWD"}, {root, debriefs, "debriefs", "T0NORTHWD"}, {root, debriefs, "debriefs", "T0STRANGE"}, {"", group, "privategroup", "T0NORTHWD"},
		} {
			got := told[i]
			if got.Container.ThreadTs != want.thread || got.Channel.ID != want.where || got.Container.ChannelID != want.where ||
				got.Channel.Name != want.name || got.User.TeamID != want.team || got.ResponseURL == "" || got.TriggerID == "" {
				t.Errorf("%d: %+v %+v %+v", i, got.Container, got.Channel, got.User)
			}
		}
		if err := r.w.Command(t.Context(), "U0STRNGR", debriefs, "/stepin"); codeOf(err) != "invalid_command" {
			t.Error(err)
		}
	})
}
