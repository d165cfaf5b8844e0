package bot

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"stepin/bot/decide"
	"stepin/bot/decode"
	"stepin/bot/form"
)

// FuzzDecode sends any JSON through each of the three ways by which an envelope comes in.
// Whatever it is: no panic, and what is taken for an input has a person and an identity.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{}`, `null`, `[]`,
		`{"user_id":"U1","team_id":"T1","trigger_id":"1.2.a","response_url":"http://x","text":"<@U2> Acme","command":"/stepin"}`,
		`{"type":"shortcut","user":{"id":"U1","team_id":"T1"},"callback_id":"pause","trigger_id":"1.2.a"}`,
		`{"type":"block_actions","user":{"id":"U1"},"actions":[]}`,
		`{"type":"block_actions","user":{"id":"U1"},"actions":[null]}`,
		`{"type":"block_actions","user":{"id":"U1"},"container":{"channel_id":"D1","message_ts":"1.2"},"actions":[{"type":"button","action_id":"hold","block_id":"b","value":"{\"r\":\"R1\",\"n\":2}","action_ts":"1.3"}]}`,
		`{"type":"block_actions","user":{"id":"U1"},"view":{"id":"V1","type":"modal","hash":"h","private_metadata":"{\"r\":\"R1\"}","state":{"values":{"b-P7":{"P7":{"type":"radio_buttons","selected_option":{"value":"yes"}}}}}},"actions":[{"type":"radio_buttons","action_id":"P7","block_id":"b-P7","selected_option":{"value":"yes"}}]}`,
		`{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1","type":"modal","callback_id":"fields","hash":"h","state":{"values":{"b-rep":{"rep":{"type":"users_select","selected_user":"U2"}},"b-day":{"day":{"type":"datepicker","selected_date":"2026-03-04"}}}}}}`,
		`{"type":"block_actions","user":{"id":"U1"},"view":{"id":"V1","type":"modal","callback_id":"history","private_metadata":"{\"l\":{\"p\":-1,\"u\":\"U2\"}}"},"actions":[{"type":"button","action_id":"older","block_id":"b","value":"{\"r\":\"R1\",\"n\":2}","action_ts":"1.3"}]}`,
		`{"type":"view_closed","user":{"id":"U1"},"view":{"id":"V1","state":null}}`,
		`{"type":"event_callback","team_id":"T1","event_id":"Ev1","event":{"type":"app_home_opened","user":"U1","tab":"home"}}`,
		`{"type":"event_callback","team_id":"T1","event_id":"Ev2","event":{"type":"user_change","user":{"id":"U1","tz":"Europe/Berlin"}}}`,
		`{"type":"event_callback","event":{"type":"unheard_of"}}`,
	} {
		f.Add(s)
	}
	for _, s := range payloads(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		request := &socketmode.Request{EnvelopeID: "env-1"}
		try := func(data any) {
			in, ok := decode.Decode(socketmode.Event{Data: data, Request: request})
			if !ok {
				return
			}
			if _, id, _ := strings.Cut(in.Identity, "/"); strings.Trim(id, "/") == "" {
				t.Errorf("%s has the empty identity %q", in.Kind, in.Identity)
			}
			if in.User == "" || in.Kind == "" || in.Kind == form.Nothing {
				t.Errorf("taken without a person or a kind: %q %q", in.User, in.Kind)
			}
			if in.Kind == form.Changed && in.Profile == nil {
				t.Error("a change of nobody's profile")
			}
		}
		var cmd slack.SlashCommand
		if json.Unmarshal([]byte(s), &cmd) == nil {
			try(cmd)
		}
		var cb slack.InteractionCallback
		if json.Unmarshal([]byte(s), &cb) == nil {
			try(cb)
		}
		if ev, err := slackevents.ParseEvent(json.RawMessage(s), slackevents.OptionNoVerifyToken()); err == nil {
			try(ev)
		}
		try(nil)
	})
}

// FuzzParseLine: whatever is typed after the command is a verb, a call, or a refusal that
// has words of its own.
func FuzzParseLine(f *testing.F) {
	for _, s := range []string{
		"", "now", " NOW ", "debrief", " History", "debrief <@U0DANA01> Acme", "Debrief <@U1|dana> <@U2>", "ask <@U1> <@U1> x", "debriefing Acme", "help", "why", "Now Foods", "<@U0DANA01> Acme renewal", "<@U1|dana> <@U1> x", "<@U1> <@U2>",
		"@nobody Acme", "<#C1|sales> Q3", "<https://x.example|Acme> &amp; &lt;Co&gt;", "<@", "<#C1|", "<!channel>", "\x00\u202e<\xff>",
		strings.Repeat("é", 101),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := form.ParseLine(s)
		if err != nil {
			if text, fault := decide.Explain(err); fault || text == "" {
				t.Errorf("%q: no words for %v", s, err)
			}
			return
		}
		if n := utf8.RuneCountInString(l.Deal); n > form.MaxDeal {
			t.Errorf("a deal of %d characters", n)
		}
		alone := l.Verb != "" && l.Boss == "" // "ask" and "debrief" can name a person and a deal
		if l.Rep != "" && l.Verb != "" || alone && l.Deal != "" || l.Boss != "" && l.Verb != "ask" && l.Verb != "debrief" {
			t.Errorf("%q is a verb and a call: %+v", s, l)
		}
		if strings.Join(strings.Fields(l.Deal), " ") != l.Deal {
			t.Errorf("%q leaves spaces in %q", s, l.Deal)
		}
	})
}
