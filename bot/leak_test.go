package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"stepin/bot/form"
	"stepin/bot/outbox"
	"stepin/bot/sandbox"
	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/copy"
)

// Ears hear what leaves a rig otherwise than to people: what operators, other programs and those who
// holds a copy could read. The log is heard by the rig itself, at every level.
type ears struct {
	mu       sync.Mutex
	errs     []string // every error that the store gave to the bot, or the bot to its operator
	measured []string // at the end of each life: all that /metrics, /healthz, /readyz and status are made of
}

func (e *ears) hear(errs ...error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, err := range errs {
		if err != nil {
			e.errs = append(e.errs, err.Error())
		}
	}
}

// measure is for the end of a life, while it still runs.
func (e *ears) measure(b *Bot, db *store.DB) {
	now, err := db.Now()
	e.hear(err)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.measured = append(e.measured, fmt.Sprintf("%s\n%+v\n%+v\n%+v\n%d", figures(b), b.Health(), now, db.Effort(),
		b.Sockets()))
}

// figures are all that is counted, as text.
func figures(b *Bot) string {
	all, err := b.Meter().Gather()
	return fmt.Sprint(all, err)
}

// heard is a store whose errors are heard.
type heard struct {
	*store.DB
	ears *ears
}

func (h heard) View(ctx context.Context, fn func(storage.Reader) error) error {
	err := h.DB.View(ctx, fn)
	h.ears.hear(err)
	return err
}

func (h heard) Update(ctx context.Context, fn func(storage.Tx) error) error {
	err := h.DB.Update(ctx, fn)
	h.ears.hear(err)
	return err
}

// A leak is something that must not be where it is looked for.
type leak struct {
	tokens  []string
	secrets map[string]bool // tickets, response and upload URLs, triggers: the part of each that is left to chance
	names   *regexp.Regexp
}

// chance is how long a secret is that the sandbox leaves to chance, in letters of base32.
const chance = 26

// answered is an answer to a question, as a printed map or a record shows it.
var answered = regexp.MustCompile(`\b(P[1-8]|for|estimate|motive|plan|why_not|asked_in|must_stop|step)"?:"?[a-z0-9]`)

func (r *rig) leak() leak {
	s := r.ws.Secrets()
	l := leak{tokens: append(s.Tokens, wrongTokens.Bot, wrongTokens.App), secrets: map[string]bool{}}
	for _, x := range slices.Concat(s.Tickets, s.Answers, s.Uploads, s.Triggers) {
		l.secrets[x[len(x)-chance:]] = true
	}
	var names []string
	for _, p := range r.ws.People() {
		if !p.Bot {
			for n := range strings.FieldsSeq(p.Name) {
				names = append(names, regexp.QuoteMeta(n))
			}
		}
	}
	l.names = regexp.MustCompile(`\b(` + strings.Join(names, "|") + `)\b`)
	return l
}

// secret is a token, a ticket, the end of a URL or a trigger that stands in s; "" for none.
func (l leak) secret(s string) string {
	for _, t := range l.tokens {
		if strings.Contains(s, t) {
			return t
		}
	}
	run := 0 // letters of base32 so far
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' || c >= '2' && c <= '7' {
			run++
		} else {
			run = 0
		}
		if run >= chance && l.secrets[s[i+1-chance:i+1]] {
			return s[i+1-chance : i+1]
		}
	}
	return ""
}

// private is a secret, somebody's name, words or answer that stands in s; "" for none.
func (l leak) private(s string) string {
	if x := l.secret(s); x != "" {
		return x
	}
	for _, x := range []*regexp.Regexp{marks, l.names, answered} {
		if m := x.FindString(s); m != "" {
			return m
		}
	}
	if i := strings.Index(s, `\ua`); i >= 0 { // a mark, escaped
		return s[i:min(i+6, len(s))]
	}
	return ""
}

// The opaque values, each by its shape: ids of requests and people, counts, dates, hashes and names of ours.
var (
	opaqueID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`) // of blocks, actions, views and options
	// in a message's metadata: Message.Mark; none where nothing can be stored
	opaqueMark = regexp.MustCompile(`^([0-9a-f]{32})?$`)
	// see metadata.Key
	opaqueKey = regexp.MustCompile(`^(thread|\d{4}-\d\d-\d\d/\d+|\d{19}|meet/[UW][A-Z0-9]+/[UW][A-Z0-9]+/\d{19}|` +
		strings.Join(form.Verbs, "|") + `|)$`)
	requestID = regexp.MustCompile(`^(R[A-Z2-7]{16})?$`)
	slackID   = regexp.MustCompile(`^([UWC][A-Z0-9]+)?$`)
)

// isOpaque says whether a value that goes to Slack and is shown to nobody is of the shape that it should have.
func isOpaque(field, s string) bool {
	switch field {
	case "metadata":
		var m struct {
			Type    string            `json:"event_type"`
			Payload map[string]string `json:"event_payload"`
		}
		d := json.NewDecoder(strings.NewReader(s))
		d.DisallowUnknownFields()
		return d.Decode(&m) == nil && m.Type == outbox.MetadataType && len(m.Payload) == 1 &&
			opaqueMark.MatchString(m.Payload["mark"])
	case "private_metadata", "value":
		if field == "value" && !strings.HasPrefix(s, "{") { // of an option
			return opaqueID.MatchString(s) || len(s) < 5
		}
		var m form.Metadata
		d := json.NewDecoder(strings.NewReader(s))
		d.DisallowUnknownFields()
		return d.Decode(&m) == nil && requestID.MatchString(string(m.Request)) && opaqueKey.MatchString(m.Key) &&
			slackID.MatchString(string(m.HistoryFilter.Rep)) &&
			(m.HistoryFilter.Outcome == "" || opaqueID.MatchString(m.HistoryFilter.Outcome))
	}
	return opaqueID.MatchString(s)
}

// sentOpaque calls f for every opaque value in an argument of a call.
func sentOpaque(name string, v any, f func(field, s string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			sentOpaque(k, x, f)
		}
	case []any:
		for _, x := range v {
			sentOpaque(name, x, f)
		}
	case string:
		if slices.Contains(opaque, name) {
			f(name, v)
			return
		}
		var inner any
		if (strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[")) && json.Unmarshal([]byte(v), &inner) == nil {
			sentOpaque(name, inner, f) // blocks and views are text in a form
		}
	}
}

// nothingLeaks ends the bot, and then looks for what is secret or private wherever no person it is meant for reads:
//
//   - the log at every level, errors, what is measured, and what a backup says of itself: no secret, no name of a person,
//     no words and no answer. Ids may be in a log and an error, or nobody could look into a fault, but not in what is
//     measured;
//   - what goes to Slack and is shown to nobody: in its shape, see isOpaque, and so without any words;
//   - all that goes to Slack, and the bytes of the file: no token, ticket, response URL or upload URL. A trigger is in
//     the call that uses it, and for a day in an envelope's identity.
//
// Who may read what is shown is for the walk.
func (r *rig) nothingLeaks() {
	t, l := r.t, r.leak()
	t.Helper()
	if r.stop != nil {
		r.stop()
	}
	bad := func(where, what, found string) {
		t.Helper()
		for line := range strings.Lines(what) {
			if strings.Contains(line, found) {
				t.Errorf("%s: %q leaks in %s", where, found, line)
				return
			}
		}
		t.Errorf("%s: %q leaks", where, found)
	}
	for where, all := range map[string][]string{
		"the log": {r.log.String()}, "an error": r.ears.errs,
		"what is measured": r.ears.measured,
	} {
		for _, s := range all {
			if x := l.private(s); x != "" {
				bad(where, s, x)
			}
		}
	}
	for _, s := range r.ears.measured {
		if strings.Contains(s, "U0") || strings.Contains(s, "C0") {
			t.Errorf("somebody is measured: %s", s)
		}
	}
	seen := map[string]bool{} // most values are sent many times
	for _, c := range r.ws.Calls() {
		args := string(c.Args)
		if _, after, ok := strings.Cut(args, `"trigger_id":"`); ok && c.Method == "views.open" {
			_, args, _ = strings.Cut(after, `"`)
		}
		if x := l.secret(args); x != "" {
			bad(c.Method, args, x)
		}
		var v any
		if json.Unmarshal(c.Args, &v) != nil {
			continue
		}
		sentOpaque("", v, func(field, s string) {
			if key := field + " " + s; !seen[key] {
				seen[key] = true
				if !isOpaque(field, s) || l.private(s) != "" {
					t.Errorf("%s: %s is %q", c.Method, field, s)
				}
			}
		})
	}
	if len(r.ears.measured) == 0 || len(l.secrets) < 2 || len(seen) == 0 {
		t.Errorf("too little is looked at: %d lives, %d secrets, %d opaque values", len(r.ears.measured),
			len(l.secrets), len(seen))
	}
	r.backupTells(l)
}

// backupTells makes a backup, and looks at what it says of itself: the names of files, and the answer that goes before
// it.
func (r *rig) backupTells(l leak) {
	t := r.t
	t.Helper()
	dir := filepath.Dir(r.path)
	to := filepath.Join(dir, "backup")
	holds, err := copy.Backup(t.Context(), r.path, to, copy.Options{})
	if err != nil {
		t.Errorf("backup: %v", err)
		return
	}
	says := string(mustEncode(holds))
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		says += "\n" + f.Name()
	}
	if x := l.private(says); x != "" || strings.Contains(says, "U0") {
		t.Errorf("a backup says %q of itself: %s", x, says)
	}
	triggers := map[string]bool{}
	for _, x := range r.ws.Secrets().Triggers {
		triggers[x[len(x)-chance:]] = true
	}
	for x := range triggers {
		delete(l.secrets, x)
	}
	if x := l.secret(read(t, to)); x != "" {
		t.Errorf("the file has %q", x)
	}
}

// What leaks is found, and what is as it should be is not taken for it.
func TestLeaksAreFound(t *testing.T) {
	inBubble(t, sandbox.Config{KeepCalls: -1}, func(r *rig) {
		t := r.t
		r.start()
		if !r.opens("sam") {
			t.Fatal("no window")
		}
		_ = r.ws.IssueAppToken()
		if err := r.as("sam").Types("/stepin help"); err != nil {
			t.Fatal(err)
		}
		l, s := r.leak(), r.ws.Secrets()
		mark := string(rune(firstTyped))
		bad := []string{
			"is Sam's", "okay Ben-Ami", "Acme" + mark + " renewal", `Acme\ua540 renewal`, "answers=map[P8:barely]",
			`{"motive":"rescue"}`,
			"to ws://slack.test/link/?ticket=" + s.Tickets[0], "http://slack.test/response/" + s.Answers[0],
			"trigger " + s.Triggers[0],
		}
		for _, token := range s.Tokens {
			bad = append(bad, "token="+token)
		}
		if len(s.Tokens) != 3 {
			t.Errorf("%d tokens", len(s.Tokens))
		}
		for _, text := range bad {
			if l.private("x "+text+" y") == "" {
				t.Errorf("nobody minds %s", text)
			}
		}
		for _, text := range []string{
			"user=U0SAM001 for RABCDEFGHIJKLMNOP", "Samples", "kind=word then=unknown",
			strings.Repeat("A", 40), "Slack asks to wait 1m0s", "estimate",
		} {
			if x := l.private(text); x != "" {
				t.Errorf("%q is taken for private in %s", x, text)
			}
		}
		for _, tt := range []struct {
			field, value string
			ok           bool
		}{
			{
				"metadata", `{"event_type":"stepin_message","event_payload":{"mark":"0123456789abcdef0123456789abcdef"}}`,
				true,
			},
			{"metadata", `{"event_type":"stepin_message","event_payload":{"mark":"R1/2/U0SAM001/card"}}`, false},
			{"metadata", `{"event_type":"stepin_message","event_payload":{"mark":"0123456789abcdef0123456789abcdef","rep":"U0DANA01"}}`, false},
			{"private_metadata", `{"r":"RABCDEFGH234567AB","n":3}`, true},
			{"private_metadata", `{"r":"RABCDEFGH234567AB","n":3,"deal":"Acme"}`, false},
			{"value", `{"r":"","n":0,"k":"2026-03-04/0"}`, true},
			{"value", `{"r":"","n":0,"k":"Acme"}`, false},
			{"value", "take_over", true},
			{"value", "I miss selling", false},
			{"block_id", "b-P8", true},
			{"block_id", "b-Acme renewal", false},
		} {
			if isOpaque(tt.field, tt.value) != tt.ok {
				t.Errorf("%s %s: %v", tt.field, tt.value, !tt.ok)
			}
		}
	})
}
