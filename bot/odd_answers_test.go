package bot

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/sandbox"
	"stepin/bot/slackapi"
)

// answersOddly has the answers of a method that hold a text come with values replaced.
func (r *rig) answersOddly(method, about string, all ...oddity) {
	r.ws.Behave(func(b *sandbox.Behaviour) {
		b.Odd = func(of string, sent []byte) []byte {
			if of != method || !strings.Contains(string(sent), about) {
				return sent
			}
			return odd(r.t, sent, all...)
		}
	})
}

// TestOddGuest has users.info answer with one odd field about a guest: they are refused, and nobody calls them "your
// rep". Where the field is one that says who they are, they are refused as well, for Slack does not tell.
func TestOddGuest(t *testing.T) {
	const gus = "U0GUEST1"
	for _, o := range []oddity{
		{"user/profile/status_expiration", `"0"`}, // as reported
		{"user/profile/status_expiration", `{"x":1}`},
		{"user/is_restricted", `"true"`},
		{"user/is_restricted", `1`},
		{"user/updated", `"yesterday"`},
		{"user/profile/fields", `[]`},
		{"response_metadata", `[]`},
	} {
		t.Run(o.String(), func(t *testing.T) {
			t.Parallel()
			inBubble(t, sandbox.Config{}, func(r *rig) {
				r.start()
				if err := r.ws.OpenHome(r.t.Context(), gus); err != nil { // makes their conversation with stepin
					r.t.Error(err)
				}
				r.answersOddly("users.info", gus, o)
				if err := r.ws.As(gus).Types("/stepin"); err != nil {
					r.t.Error(err)
				}
				if r.settle(); len(r.ws.Modals(gus)) != 0 {
					r.t.Errorf("a guest is served\n%s", r.log)
				}
				if err := r.as("sam").Types("/stepin @Gus Acme renewal"); err != nil {
					r.t.Error(err)
				}
				r.settle()
				if reads := r.as("sam").Reads(); strings.Contains(reads, "your rep") || !strings.Contains(reads, "Gus") {
					r.t.Errorf("Sam reads:\n%s", reads)
				}
				if strings.Contains(r.log.String(), "profile not read") {
					r.t.Errorf("not read\n%s", r.log)
				}
			})
		})
	}
}

// TestOddAnswers has one method answer oddly while somebody pauses: what can be read is read, and the log names what
// cannot. Nothing is lost, and a message whose answer is odd is looked up rather than sent twice.
func TestOddAnswers(t *testing.T) {
	for _, c := range []struct {
		method string
		odd    []oddity
		named  string // in the log; "" if it makes no difference
	}{
		{"chat.postMessage", []oddity{{"message", `[]`}, {"response_metadata", `7`}}, ""},
		{"chat.postMessage", []oddity{{"ts", `1772611000.0001`}}, "field ts"},
		{"chat.postMessage", []oddity{{"channel", `{}`}}, "field channel"},
		{"chat.update", []oddity{{"message", `"x"`}, {"text", `7`}}, ""},
		{"views.open", []oddity{{"view", `[]`}}, ""},
		{"views.update", []oddity{{"view", `7`}, {"ok", `"true"`}}, ""},
		{"views.publish", []oddity{{"view/blocks", `7`}}, ""},
		{"users.info", []oddity{{"user/is_restricted", `"perhaps"`}}, "field user.is_restricted"},
		{"auth.test", []oddity{{"url", `7`}, {"bot_id", `[]`}}, ""},
		{"apps.connections.open", []oddity{{"ok", `1`}}, ""},
	} {
		t.Run(c.method+"/"+c.odd[0].String(), func(t *testing.T) {
			t.Parallel()
			inBubble(t, sandbox.Config{}, func(r *rig) {
				r.answersOddly(c.method, "", c.odd...)
				r.start()
				if err := r.ws.OpenHome(r.t.Context(), who["sam"]); err != nil {
					r.t.Error(err)
				}
				if c.method == "users.info" { // nobody is served before Slack says who they are
					r.lines("sam types /stepin; sam reads Slack isn't telling me who you are")
					r.evenly()
					r.lines("+1m; sam opens home")
				}
				r.kept(r.holdBack("sam"))
				time.Sleep(time.Minute)
				r.kept(true)
				if c.named != "" && !strings.Contains(r.log.String(), c.named) || c.named == "" && strings.Contains(r.log.String(), "odd answer") {
					r.t.Errorf("the log names %q:\n%s", c.named, r.log)
				}
				if home := r.as("sam").AtHome().Reads(); !strings.Contains(home, "Acme renewal") {
					r.t.Errorf("Home:\n%s\n%s", home, r.log)
				}
			})
		})
	}
}

// methodsRead are methods with an answer as Slack documents it, and what is read of it.
var methodsRead = map[string]struct {
	answer string
	read   func(context.Context, *slack.Client) (any, error)
}{
	"users.info": {
		`{"ok":true,"user":{"id":"U1","team_id":"T1","name":"vera","deleted":false,"color":"9f69e7","real_name":"Vera",
		"tz":"Europe/Berlin","tz_label":"CET","tz_offset":3600,"locale":"en-US","profile":{"real_name":"Vera","display_name":"Vera",
		"status_emoji":"","status_expiration":0,"fields":{},"team":"T1"},"is_admin":false,"is_restricted":true,
		"is_ultra_restricted":false,"is_bot":false,"is_stranger":false,"updated":1700000000,"has_2fa":false,
		"enterprise_user":{"id":"W1","enterprise_id":"E1","enterprise_name":"Acme","teams":["T1"]}}}`,
		func(ctx context.Context, api *slack.Client) (any, error) {
			u, err := api.GetUserInfoContext(ctx, "U1")
			if err != nil || u.ID == "" {
				return nil, cmp.Or(err, slackapi.ErrNoWord)
			}
			return []any{u.ID, u.TeamID, u.Deleted, u.IsRestricted, u.IsUltraRestricted, u.IsBot, u.IsStranger}, nil
		},
	},
	"auth.test": {
		`{"ok":true,"url":"https://acme.slack.com/","team":"Acme","user":"stepin","team_id":"T1","user_id":"U1",
		"bot_id":"B1","enterprise_id":"E1","is_enterprise_install":false,"expires_in":0}`,
		func(ctx context.Context, api *slack.Client) (any, error) {
			res, err := slackapi.Identify(ctx, api)
			if err != nil {
				return nil, err
			}
			return []any{res.TeamID, res.UserID, res.EnterpriseID}, nil
		},
	},
	"usergroups.users.list": {
		`{"ok":true,"users":["U1","U2"],"response_metadata":{"next_cursor":""}}`,
		func(ctx context.Context, api *slack.Client) (any, error) {
			ids, err := api.GetUserGroupMembersContext(ctx, "S1")
			if err == nil && ids == nil {
				err = slackapi.ErrNoWord
			}
			return ids, err
		},
	},
	"conversations.info": {
		`{"ok":true,"channel":{"id":"C1","name":"deals","created":1700000000,"creator":"U1","is_im":false,"is_mpim":false,
		"is_ext_shared":true,"is_pending_ext_shared":false,"pending_shared":[],"is_archived":false,"is_member":true,
		"is_private":false,"topic":{"value":"","creator":"","last_set":0},"num_members":3}}`,
		func(ctx context.Context, api *slack.Client) (any, error) {
			c, err := api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: "C1"})
			if err != nil || c.ID == "" {
				return nil, cmp.Or(err, slackapi.ErrNoWord)
			}
			return []any{c.ID, c.IsIM, c.IsMpIM, c.IsExtShared, c.IsPendingExtShared, c.IsArchived, c.IsMember, c.IsPrivate}, nil
		},
	},
	"conversations.open": {
		`{"ok":true,"no_op":true,"already_open":true,"channel":{"id":"D1","created":"0","latest":{"ts":"1.1","blocks":[]}}}`,
		func(ctx context.Context, api *slack.Client) (any, error) {
			c, _, _, err := api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{"U1"}})
			if err != nil || c == nil || c.ID == "" {
				return nil, cmp.Or(err, slackapi.ErrNoWord)
			}
			return c.ID, nil
		},
	},
	"conversations.history": {
		`{"ok":true,"messages":[{"type":"message","user":"U2","text":"x","ts":"1700000000.000200","attachments":[{"id":1}]},
		{"type":"message","bot_id":"B1","text":"x","ts":"1700000000.000100","blocks":[{"type":"section","block_id":"b"}],
		"metadata":{"event_type":"stepin_message","event_payload":{"mark":"m1"}}}],"has_more":false,"pin_count":0,
		"response_metadata":{"next_cursor":""}}`,
		func(ctx context.Context, api *slack.Client) (any, error) {
			res, err := api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{ChannelID: "C1"})
			if err != nil || !res.Ok {
				return nil, cmp.Or(err, slackapi.ErrNoWord)
			}
			return marked(res.Messages), nil
		},
	},
	"conversations.replies": {
		`{"ok":true,"messages":[{"type":"message","user":"U2","text":"x","ts":"1700000000.000100","reply_users":["U1"],
		"metadata":{"event_type":"stepin_message","event_payload":{"mark":"m1"}},"thread_ts":"1700000000.000100"}],
		"has_more":false,"response_metadata":{"next_cursor":""}}`,
		func(ctx context.Context, api *slack.Client) (any, error) {
			all, _, _, err := api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{ChannelID: "C1"})
			if err == nil && all == nil {
				err = slackapi.ErrNoWord
			}
			return marked(all), err
		},
	},
	"chat.postMessage": {
		`{"ok":true,"channel":"D1","ts":"1700000000.000100","message":{"type":"message","text":"x","ts":"1700000000.000100",
		"blocks":[{"type":"section","block_id":"b","text":{"type":"mrkdwn","text":"x"}}],"attachments":[{"id":1}]}}`,
		func(ctx context.Context, api *slack.Client) (any, error) {
			channel, ts, err := api.PostMessageContext(ctx, "D1", slack.MsgOptionText("x", false))
			if err == nil && ts == "" {
				err = slackapi.ErrNoWord
			}
			return []any{channel, ts}, err
		},
	},
	"chat.update": {
		`{"ok":true,"channel":"D1","ts":"1700000000.000100","text":"x","message":{"user":"U1","text":"x","blocks":[]}}`,
		func(ctx context.Context, api *slack.Client) (any, error) {
			channel, ts, _, err := api.UpdateMessageContext(ctx, "D1", "1700000000.000100", slack.MsgOptionText("x", false))
			if err == nil && ts == "" {
				err = slackapi.ErrNoWord
			}
			return []any{channel, ts}, err
		},
	},
	"views.open": {
		`{"ok":true,"view":{"id":"V1","hash":"1.a","type":"modal","blocks":[{"type":"input","block_id":"b"}],
		"state":{"values":{}},"title":{"type":"plain_text","text":"x"},"private_metadata":"","callback_id":"call"}}`,
		func(ctx context.Context, api *slack.Client) (any, error) {
			res, err := api.OpenViewContext(ctx, "1.1.a", slack.ModalViewRequest{})
			if err != nil || !res.Ok {
				return nil, cmp.Or(err, slackapi.ErrNoWord)
			}
			return "opened", nil
		},
	},
	"files.getUploadURLExternal": {
		`{"ok":true,"upload_url":"https://files.slack.com/1","file_id":"F1"}`,
		func(ctx context.Context, api *slack.Client) (any, error) {
			res, err := api.GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{FileName: "x", FileSize: 1})
			if err != nil || res.FileID == "" || res.UploadURL == "" {
				return nil, cmp.Or(err, slackapi.ErrNoWord)
			}
			return []any{res.FileID, res.UploadURL}, nil
		},
	},
	"apps.connections.open": {
		`{"ok":true,"url":"wss://wss.slack.com/link/?ticket=1"}`,
		func(ctx context.Context, api *slack.Client) (any, error) {
			_, url, err := api.StartSocketModeContext(ctx)
			if err == nil && url == "" {
				err = slackapi.ErrNoWord
			}
			return url, err
		},
	},
}

func marked(all []slack.Message) (out []any) {
	for _, m := range all {
		if m.Metadata.EventType != "" {
			out = append(out, m.Timestamp, m.Metadata.EventType, m.Metadata.EventPayload["mark"])
		}
	}
	return out
}

// TestOddFieldsOfAnswers replaces every value of the answers by each other kind: what is read is as ever, or the call
// fails and the error names the field, with none of what was sent. Null and nothing are no flag; and a message that is
// odd where our mark would be is not one of ours.
func TestOddFieldsOfAnswers(t *testing.T) {
	isFlag := regexp.MustCompile(`/is_\w+$|/deleted$|^ok$|enterprise_id$`)
	isMark := regexp.MustCompile(`^messages(/\d(/ts|/metadata.*)?)?$`)
	var answer atomic.Pointer[[]byte]
	slackSays := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(*answer.Load()) }))
	defer slackSays.Close()
	o := slackapi.Options{APIURL: slackSays.URL}
	api := o.Client(slackapi.Tokens{Bot: "xoxb-1", App: "xapp-1"}, slackapi.APITimeout)
	tried, failed := 0, 0
	for method, m := range methodsRead {
		message := []byte(m.answer)
		answer.Store(&message)
		was, err := m.read(t.Context(), api)
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		for _, n := range nodes(t, message) {
			for _, by := range otherKinds {
				if !isOther(n.json, by) || n.path == "users" && by == "[]" {
					continue
				}
				tried++
				sent := odd(t, message, oddity{n.path, by})
				answer.Store(&sent)
				in, err := m.read(t.Context(), api)
				field := strings.TrimPrefix(slackapi.Short(err), "odd answer of "+method+", field ")
				switch {
				case errors.Is(err, slackapi.ErrNoWord):
					failed++
				case err != nil:
					if failed++; !fieldName.MatchString(field) {
						t.Errorf("%s, %s = %s: %v", method, n.path, by, err)
					}
				case !reflect.DeepEqual(in, was) && !isMark.MatchString(n.path) && (!isFlag.MatchString(n.path) || by != "null"):
					t.Errorf("%s, %s = %s: read %v, was %v", method, n.path, by, in, was)
				}
			}
		}
	}
	t.Logf("%d answers: %d read, %d failed visibly", tried, tried-failed, failed)
	if tried < 300 || failed < 30 {
		t.Error("so few cannot be right")
	}
}

// TestReportedAnswer reads the case that was reported.
func TestReportedAnswer(t *testing.T) {
	slackSays := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(read(t, "testdata/odd/05-number-as-text.json")))
	}))
	defer slackSays.Close()
	o := slackapi.Options{APIURL: slackSays.URL}
	u, err := o.Client(slackapi.Tokens{}, slackapi.APITimeout).GetUserInfoContext(t.Context(), "U0VERA01")
	if err != nil || !u.IsRestricted || u.Profile.DisplayName != "Vera" || u.TZ != "Europe/Berlin" || u.TZOffset != 3600 {
		t.Errorf("%+v, %v", u, err)
	}
}
