package bot

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stepin/bot/form"
)

// otherKinds are what any value of an envelope is replaced by.
var otherKinds = []string{`null`, `true`, `7`, `1e999`, `"x"`, `[]`, `[{}]`, `["x"]`, `{}`, `{"x":null}`}

// kindOf tells the kinds of JSON apart, by the first character.
func kindOf(s string) byte {
	switch c := s[0]; c {
	case '{', '[', '"', 'n':
		return c
	case 't', 'f':
		return 't'
	}
	return '1'
}

// isOther says whether by is of another kind than a value, or empty. Null stands for a text most often.
func isOther(value, by string) bool {
	return kindOf(by) != kindOf(value) && (value != "null" || by != `"x"`) || by == "{}" || by == "[]"
}

// A node is one value of a tree of JSON, by its path.
type node struct {
	path string // such as "payload/actions/0/value"
	json string
}

// nodes are all values below the top of a message.
func nodes(tb testing.TB, message []byte) (out []node) {
	var walk func(path string, raw json.RawMessage)
	walk = func(path string, raw json.RawMessage) {
		if path != "" {
			out = append(out, node{path, string(raw)})
		}
		below := func(name string, v json.RawMessage) { walk(strings.TrimPrefix(path+"/"+name, "/"), v) }
		switch kindOf(string(raw)) {
		case '{':
			var all map[string]json.RawMessage
			if err := json.Unmarshal(raw, &all); err != nil {
				tb.Fatal(err)
			}
			for _, name := range slices.Sorted(maps.Keys(all)) {
				below(name, all[name])
			}
		case '[':
			var all []json.RawMessage
			if err := json.Unmarshal(raw, &all); err != nil {
				tb.Fatal(err)
			}
			for i, v := range all {
				below(strconv.Itoa(i), v)
			}
		}
	}
	walk("", message)
	return out
}

// replace puts another value into a tree at a path. What is not there any more stays away.
func replace(tree any, path string, by json.RawMessage) any {
	name, rest, deeper := strings.Cut(path, "/")
	switch t := tree.(type) {
	case map[string]any:
		if v, ok := t[name]; ok && deeper {
			t[name] = replace(v, rest, by)
		} else if ok {
			t[name] = by
		}
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i < len(t) {
			if deeper {
				t[i] = replace(t[i], rest, by)
			} else {
				t[i] = by
			}
		}
	}
	return tree
}

// An oddity replaces one value of an envelope.
type oddity struct{ path, by string }

func (o oddity) String() string { return o.path + " = " + o.by }

// odd returns a message with some values replaced.
func odd(tb testing.TB, message []byte, all ...oddity) []byte {
	var tree any
	if err := json.Unmarshal(message, &tree); err != nil {
		tb.Fatal(err)
	}
	for _, o := range all {
		tree = replace(tree, o.path, json.RawMessage(o.by))
	}
	out, err := json.Marshal(tree)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// What an input may lose without a word, since it is told otherwise or makes no difference. All of it is spare.
var (
	// A tap, a submission or an event is told from a duplicate by another part.
	tellsApart = regexp.MustCompile(`trigger_id$|hash$|action_ts$|event_id$|envelope_id$|container|channel|message`)
	// Null is how Slack writes that a field is empty, and an empty list how some of its parts write an empty object.
	empties = regexp.MustCompile(`view/state(/values)?$`)
	unfills = regexp.MustCompile(`state/values/[^/]+/[^/]+/(value|selected_\w+)$|actions/0/(value|selected_\w+)$`)
	blanks  = regexp.MustCompile(`user/tz(_offset)?$|deleted$|is_\w+$|profile(/status_\w+)?$|payload/text$|event/tab$`)
)

// lost says what of an input is lost in silence: in was read from an envelope with oddities, was from the same without;
// "" for nothing.
func lost(was, in form.Input, all ...oddity) string {
	if in.Odd != "" || was.Kind == form.Nothing {
		return "" // it is told; or of no use to stepin
	}
	if in.Kind == form.Changed && in.Profile == nil {
		in.Profile = was.Profile // Slack is asked
	}
	for _, spare := range []struct{ was, in *string }{
		{&was.Trigger, &in.Trigger}, {&was.Respond, &in.Respond}, {&was.ViewHash, &in.ViewHash},
	} {
		if *spare.in == "" {
			*spare.was = ""
		}
	}
	for _, o := range all {
		null := o.by == "null"
		switch {
		case tellsApart.MatchString(o.path) && strings.Trim(in.Identity, "/") != "":
			was.Identity = in.Identity
		case empties.MatchString(o.path) && (null || o.by == "[]" || o.by == "{}" || o.by == `{"x":null}`):
			was.Shown = in.Shown
			keepChosen(&was, in)
		case unfills.MatchString(o.path) && (null || o.by == "[]"):
			keepChosen(&was, in)
			if in.Value == "" {
				was.Value, was.Request, was.Seen, was.Key = in.Value, in.Request, in.Seen, in.Key
			}
		case blanks.MatchString(o.path) && (null || o.by == "{}" || o.by == `{"x":null}`):
			was.Profile, was.Text = in.Profile, in.Text
		}
	}
	if was.Profile != nil && in.Profile != nil {
		if *was.Profile != *in.Profile {
			return fmt.Sprintf("the profile %+v, was %+v", in.Profile, was.Profile)
		}
		was.Profile, in.Profile = nil, nil
	}
	if !maps.Equal(was.Form, in.Form) {
		return fmt.Sprintf("the form %v, was %v", in.Form, was.Form)
	}
	was.Form, in.Form = nil, nil
	if !reflect.DeepEqual(was, in) {
		return dump(in) + ", was " + dump(was)
	}
	return ""
}

// keepChosen removes what is not filled in any more.
func keepChosen(was *form.Input, in form.Input) {
	was.Form = maps.Clone(was.Form)
	maps.DeleteFunc(was.Form, func(action, _ string) bool { _, has := in.Form[action]; return !has })
	if was.Kind == form.Submitted {
		was.Identity = in.Identity // it is made of the form
	}
}

// recorded are the envelopes that stepin is sent: those in testdata, and the cases that were reported.
func recorded(tb testing.TB) (out [][]byte) {
	tb.Helper()
	reported, err := filepath.Glob("testdata/odd/0[1-4]-*.json")
	if err != nil || len(reported) != 4 {
		tb.Fatal(reported, err)
	}
	out = payloads(tb)
	for _, f := range reported {
		out = append(out, []byte(read(tb, f)))
	}
	return out
}

// TestOddFields replaces every value of every envelope by each other kind. An envelope is read as ever, but for what is
// spare, or its odd field is named, with none of what was sent.
func TestOddFields(t *testing.T) {
	seen, tried, unread := 0, 0, 0
	for _, message := range recorded(t) {
		was, _ := received(message)
		for _, n := range nodes(t, message) {
			for _, by := range otherKinds {
				if seen++; !isOther(n.json, by) || !sampled(seen, 7) {
					continue
				}
				o := oddity{n.path, by}
				changed := odd(t, message, o)
				in, _ := received(changed)
				if d := disagrees(changed, in); d != "" {
					t.Errorf("%s of %s: %s", o, was.Identity, d)
				}
				if tried++; in.Odd != "" {
					unread++
				}
				if !fieldName.MatchString(in.Odd) {
					t.Errorf("%s of %s: the field %q", o, was.Identity, in.Odd)
				}
				if l := lost(was, in, o); l != "" {
					t.Errorf("%s of %s: %s", o, was.Identity, l)
				}
			}
		}
	}
	t.Logf("%d envelopes: %d read, %d not", tried, tried-unread, unread)
	if tried < 2000 || unread < 100 || unread > tried/5 {
		t.Error("so few or so many cannot be right")
	}
}

// TestOddFieldsTogether does so with up to three values at a time, at random: 100,000 envelopes in the long tests.
func TestOddFieldsTogether(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	all := recorded(t)
	var below [][]node
	var read []form.Input
	for _, message := range all {
		in, _ := received(message)
		below, read = append(below, nodes(t, message)), append(read, in)
	}
	n := tries(3_000, 100_000, 100_000)
	unread := 0
	for range n {
		i := chance.IntN(len(all))
		was := read[i]
		var os []oddity
		for range 1 + chance.IntN(3) {
			at, by := below[i][chance.IntN(len(below[i]))], otherKinds[chance.IntN(len(otherKinds))]
			if isOther(at.json, by) {
				os = append(os, oddity{at.path, by})
			}
		}
		in, _ := received(odd(t, all[i], os...))
		if in.Odd != "" {
			unread++
		}
		if l := lost(was, in, os...); l != "" {
			t.Errorf("%v of %s: %s", os, was.Identity, l)
		}
	}
	t.Logf("%d envelopes, %d of them not read, 0 lost in silence", n, unread)
}
