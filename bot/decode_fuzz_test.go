package bot

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"stepin/bot/decide"
	"stepin/bot/decode"
	"stepin/bot/form"
)

// FuzzDecode reads any message. No panic; what is served has a person and an identity; what cannot be read names a
// field of ours, and none of what was sent; and slack-go, where it can, reads the same. slack-go is the oracle for what both can read.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		``, `{}`, `null`, `[]`, `{"type":5}`, `{"type":"slash_commands","envelope_id":"e"}`,
		`{"type":"interactive","envelope_id":"e","payload":{"type":"block_actions","user":{"id":"U1"},"actions":[]}}`,
		`{"type":"interactive","envelope_id":"e","payload":{"type":"block_actions","user":{"id":"U1"},"actions":[null]}}`,
		`{"type":"interactive","envelope_id":"e","payload":{"type":"view_closed","user":{"id":"U1"},"view":{"id":"V1","state":null}}}`,
		`{"type":"interactive","envelope_id":"e","payload":{"type":"block_actions","user":{"id":"U1"},"view":{"id":"V1","type":"modal","callback_id":"history","private_metadata":"{\"l\":{\"p\":-1,\"u\":\"U2\"}}"},"actions":[{"type":"button","action_id":"older","block_id":"b","value":"{\"r\":\"R1\",\"n\":2}","action_ts":"1.3"}]}}`,
		`{"type":"events_api","envelope_id":"e","payload":{"event":{"type":"unheard_of"}}}`,
	} {
		f.Add([]byte(s))
	}
	for _, s := range payloads(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		frame, err := decode.Open(message)
		if json.Valid(message) != (err == nil) {
			t.Errorf("taken for JSON: %v", err == nil)
		}
		in := decode.Decode(frame)
		if d := disagrees(message, in); d != "" {
			t.Error(d)
		}
		switch _, id, _ := strings.Cut(in.Identity, "/"); {
		case !fieldName.MatchString(in.Odd):
			t.Errorf("the field %q", in.Odd)
		case in.Odd != "" || in.Kind == form.Nothing:
		case strings.Trim(id, "/") == "":
			t.Errorf("%s has the empty identity %q", in.Kind, in.Identity)
		case in.User == "" || in.Kind == "":
			t.Errorf("taken without a person or a kind: %q %q", in.User, in.Kind)
		}
	})
}

// fieldName is what the path of an odd field looks like.
var fieldName = regexp.MustCompile(`^[a-z_.]*$`)

// FuzzParseLine: whatever is typed after the command is a verb, a call, or a refusal that
// has words of its own.
func FuzzParseLine(f *testing.F) {
	for _, s := range []string{
		"", "now", " NOW ", "debrief", " History", "debrief <@U0DANA01> Acme", "Debrief <@U1|dana> <@U2>", "ask <@U1> <@U1> x", "debriefing Acme", "help", "why", "Now Foods", "now <@U1> x", "now @", "now @x", "now <@u1>", "now <@U", "ask <@u1> x", "history Acme", "histor", "<@U0DANA01> Acme renewal", "<@U1|dana> <@U1> x", "<@U1> <@U2>",
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
		alone := l.Verb != "" && l.Boss == "" && l.Rep == "" // "ask", "debrief" and "now" can name a person and a deal
		if l.Meant != "" && l.Verb != "" {
			t.Errorf("%q is a verb and may be one: %+v", s, l)
		}
		if l.Rep != "" && l.Verb != "" && l.Verb != "now" || alone && l.Deal != "" || l.Boss != "" && l.Verb != "ask" && l.Verb != "debrief" {
			t.Errorf("%q is a verb and a call: %+v", s, l)
		}
		if strings.Join(strings.Fields(l.Deal), " ") != l.Deal {
			t.Errorf("%q leaves spaces in %q", s, l.Deal)
		}
	})
}
