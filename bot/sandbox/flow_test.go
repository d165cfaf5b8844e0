package sandbox_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// demoApp opens a modal for a command, changes it for a button, and posts for a submission, all by slack-go.
func demoApp(r *rig) func(*socketmode.Client, socketmode.Event) {
	form := func(note string) slack.ModalViewRequest {
		radio := slack.NewRadioButtonsBlockElement("pick",
			slack.NewOptionBlockObject("a", slack.NewTextBlockObject("plain_text", "Yes", false, false), nil),
			slack.NewOptionBlockObject("b", slack.NewTextBlockObject("plain_text", "No", false, false), nil))
		text := slack.NewPlainTextInputBlockElement(nil, "say")
		in := slack.NewInputBlock("why", slack.NewTextBlockObject("plain_text", "Why?", false, false), nil, text)
		return slack.ModalViewRequest{
			Type: slack.VTModal, CallbackID: "form", PrivateMetadata: "secret",
			Title:  slack.NewTextBlockObject("plain_text", "Pause", false, false),
			Submit: slack.NewTextBlockObject("plain_text", "Next", false, false),
			Blocks: slack.Blocks{BlockSet: []slack.Block{
				slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", "Did they ask? "+note, false, true), nil, nil),
				slack.NewActionBlock("q1", radio),
				slack.NewActionBlock("end", slack.NewButtonBlockElement("hold", "x", slack.NewTextBlockObject("plain_text", "I'll hold back", false, false))),
				in,
			}},
		}
	}
	return func(c *socketmode.Client, e socketmode.Event) {
		switch e.Type {
		case socketmode.EventTypeSlashCommand:
			cmd := e.Data.(slack.SlashCommand)
			ack(c, e, map[string]any{"text": "On it: " + cmd.Text})
			if _, err := r.api.OpenView(cmd.TriggerID, form("")); err != nil {
				r.t.Errorf("views.open: %v", err)
			}
		case socketmode.EventTypeInteractive:
			in := e.Data.(slack.InteractionCallback)
			switch in.Type {
			case slack.InteractionTypeBlockActions:
				ack(c, e, nil)
				if in.Container.Type == "message" {
					_ = slack.PostWebhookCustomHTTP(in.ResponseURL, r.http(), &slack.WebhookMessage{Text: "done", ReplaceOriginal: true})
					return
				}
				if _, err := r.api.UpdateView(form("now "+in.View.State.Values["q1"]["pick"].SelectedOption.Value), "", in.View.Hash, in.View.ID); err != nil {
					r.t.Errorf("views.update: %v", err)
				}
			case slack.InteractionTypeViewSubmission:
				said := in.View.State.Values["why"]["say"].Value
				if said == "bad" {
					ack(c, e, slack.NewErrorsViewSubmissionResponse(map[string]string{"why": "Not that."}))
					return
				}
				ack(c, e, nil)
				b := slack.NewActionBlock("b", slack.NewButtonBlockElement("ok", "x", slack.NewTextBlockObject("plain_text", "OK", false, false)))
				_, _, err := r.api.PostMessage(in.User.ID, slack.MsgOptionText("You said "+said, true), slack.MsgOptionBlocks(
					slack.NewSectionBlock(slack.NewTextBlockObject("plain_text", "You said "+said, false, false), nil, nil), b),
					slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "stepin_note", EventPayload: map[string]any{"k": "v"}}))
				if err != nil {
					r.t.Errorf("post: %v", err)
				}
			}
		default:
			ack(c, e, nil)
		}
	}
}

func TestWholeFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		defer r.close()
		r.connect(demoApp(r))
		wholeFlow(t, r, func(is func() bool) bool {
			synctest.Wait()
			return is()
		})
	})
}

func TestWholeFlowLoopback(t *testing.T) {
	r := newLoopback(t)
	r.connect(demoApp(r))
	changed, stop := r.w.Watch()
	defer stop()
	wholeFlow(t, r, func(is func() bool) bool {
		for !is() {
			select {
			case <-changed:
			case <-time.After(10 * time.Second):
				return false
			}
		}
		return true
	})
}

// wholeFlow goes from a command to a button in a message; await waits until something is so.
func wholeFlow(t *testing.T, r *rig, await func(is func() bool) bool) {
	h := r.w.As(sam).In(deals)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	reads := func(want ...string) {
		t.Helper()
		for _, s := range want {
			if !await(func() bool { return strings.Contains(h.Reads(), s) }) {
				t.Fatalf("no %q in:\n%s", s, h.Reads())
			}
		}
	}
	must(h.Types("/stepin @dana Acme <renewal>"))
	reads("Pause", "Did they ask?", "[I'll hold back]", "( ) Yes ( ) No", "Why?:", "[Next]")
	got := r.envelopes()[0].Data.(slack.SlashCommand)
	if got.Text != "<@U0DANA01> Acme &lt;renewal&gt;" || got.Command != "/stepin" || got.UserID != sam || got.TeamID != "T0NORTHWD" {
		t.Fatalf("command: %+v", got)
	}
	must(h.Fill("Why", "bad"))
	must(h.Pick("Did they ask", "No"))
	reads("now b", "( ) Yes (x) No", "Why?: bad")
	errs, err := h.Submit()
	if err != nil || errs["why"] != "Not that." {
		t.Fatalf("errors %v, %v", errs, err)
	}
	reads("! Not that.")
	must(h.Fill("Why", "because"))
	errs, err = h.Submit()
	if err != nil || len(errs) > 0 {
		t.Fatalf("errors %v, %v", errs, err)
	}
	reads("On it: ")
	if !await(func() bool { return h.DM() != "" }) {
		t.Fatal("no DM")
	}
	h = h.In(h.DM())
	reads("You said because", "[OK]")
	posts := r.w.Posts(sam, h.DM())
	if !strings.Contains(string(posts[0].Metadata), "stepin_note") {
		t.Fatalf("metadata: %s", posts[0].Metadata)
	}
	must(h.Press("OK"))
	reads("done")
	if v := r.w.Violations(); len(v) > 0 {
		t.Fatal(v)
	}
}

func TestHomeAndEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		defer r.close()
		r.connect(nil)
		if err := r.w.OpenHome(t.Context(), sam); err != nil {
			t.Fatal(err)
		}
		e := r.envelopes()[0].Data.(slackevents.EventsAPIEvent)
		o, ok := e.InnerEvent.Data.(*slackevents.AppHomeOpenedEvent)
		if !ok || o.User != sam || o.Tab != "home" {
			t.Fatalf("%+v", e.InnerEvent)
		}
		home := obj{"type": "home", "blocks": []any{section("Hello"), obj{"type": "actions", "elements": []any{button("go", "Go")}}}}
		out := r.want("", "views.publish", obj{"user_id": sam, "view": home})
		hash := str(object(out["view"])["hash"])
		r.want("", "views.publish", obj{"user_id": sam, "view": home, "hash": hash})
		r.want("hash_conflict", "views.publish", obj{"user_id": sam, "view": home, "hash": hash})
		h := r.w.As(sam).AtHome()
		if err := h.Press("Go"); err != nil {
			t.Fatal(err)
		}
		in := r.envelopes()[1].Data.(slack.InteractionCallback)
		if in.View.Type != "home" || in.ActionCallback.BlockActions[0].ActionID != "go" || in.ResponseURL != "" {
			t.Fatalf("%+v", in)
		}
		if _, err := r.w.Say(sam, deals, "", "hello @Dana"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		m := r.envelopes()[2].Data.(slackevents.EventsAPIEvent).InnerEvent.Data.(*slackevents.MessageEvent)
		if m.Text != "hello <@U0DANA01>" || m.Channel != deals {
			t.Fatalf("%+v", m)
		}
		if err := r.w.Shortcut(t.Context(), sam, "pause"); err != nil {
			t.Fatal(err)
		}
		s := r.envelopes()[3].Data.(slack.InteractionCallback)
		if s.Type != slack.InteractionTypeShortcut || s.CallbackID != "pause" || s.TriggerID == "" {
			t.Fatalf("%+v", s)
		}
	})
}
