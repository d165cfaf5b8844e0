package bot

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/bot/check"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/world"
)

// TestNothingIsLostInSilence has people do what they do while one value, or two, of each envelope is replaced at
// random. Each is answered as ever; or they are told, by stepin or by Slack, and the log and a figure know of it. At
// the highest level these are 100,000 envelopes.
func TestNothingIsLostInSilence(t *testing.T) {
	lessGarbageCollection()
	const part = 1_000 // envelopes in one workspace, which forgets nothing
	n, unread, told := tries(200, 3_000, 100_000), 0, 0
	for from := 0; from < n; from += part {
		inBubble(t, sandbox.Config{KeepCalls: 64}, func(r *rig) {
			r.start()
			f := &flows{rig: r, chance: rand.New(rand.NewPCG(3, uint64(from)))}
			f.play(min(part, n-from))
			unread, told = unread+f.unread, told+f.told
			if _, fields := r.unread(); len(fields) != f.unread {
				r.t.Errorf("%d lines in the log", len(fields))
			}
		})
	}
	t.Logf("%d envelopes: %d not read, and told; %d told otherwise; the others as ever", n, unread, told)
	if unread < n/50 {
		t.Error("so few cannot be right")
	}
}

// flows are what people do, again and again.
type flows struct {
	*rig
	chance       *rand.Rand
	unread, told int // envelopes that were not read, and other ones of which somebody was told
}

// A flow is one thing that somebody does, which sends one envelope. first makes ready for it.
type flow struct {
	name        string
	first, then func() error
	event       bool // nobody waits for an answer
}

func (f *flows) all() []flow {
	sam := func() *hands.Hands { return f.as("sam") }
	open := func() error { return sam().Types("/stepin") }
	if err := f.ws.OpenHome(f.t.Context(), who["sam"]); err != nil {
		f.t.Fatal(err)
	}
	f.settle()
	at, err := f.ws.Plant(sam().DM(), json.RawMessage(`[{"type":"actions","block_id":"b-start","elements":[
		{"type":"button","action_id":"start","value":"{\"r\":\"\",\"n\":0}","text":{"type":"plain_text","text":"Start"}}]}]`))
	if err != nil {
		f.t.Fatal(err)
	}
	return []flow{
		{"a command", nil, open, false},
		{"help", nil, func() error { return sam().Types("/stepin help") }, false},
		{"a shortcut", nil, func() error { return f.ws.Shortcut(f.t.Context(), who["sam"], check.Shortcut) }, false},
		{"a tap on Home", nil, func() error { return sam().AtHome().Press("Worried about a call? Start here") }, false},
		{"a tap under a message", nil, func() error {
			return f.ws.Act(f.t.Context(), who["sam"], at, "b-start", "start", hands.Value{})
		}, false},
		{"a submission", func() error { // it is answered with an error at a field, and nothing is saved
			now := f.ws.Now() // calls start and end on the half hour, and one that has ended is answered so
			if half := now.Truncate(30 * time.Minute).Add(30 * time.Minute).Sub(now); half < time.Minute {
				time.Sleep(half)
			}
			if err := open(); err != nil {
				return err
			}
			f.settle()
			return errors.Join(sam().Fill("Whose call is it?", "Sam"), sam().Fill("Which deal or call?", "Acme renewal"))
		}, func() error { _, err := sam().Submit(); return err }, false},
		{"Home", nil, func() error { return f.ws.OpenHome(f.t.Context(), who["sam"]) }, true},
		{"a profile", nil, func() error {
			return f.ws.Edit(f.t.Context(), who["lior"], true, func(*world.Person) {})
		}, true},
	}
}

// play does each once as ever, and then so many at random with odd envelopes.
func (f *flows) play(n int) {
	all := f.all()
	ever := map[string]string{}
	for i := -len(all); i < n; i++ {
		do := all[(i+len(all))%len(all)]
		f.ws.Clear(who["sam"])
		if do.first != nil {
			if err := do.first(); err != nil {
				f.t.Fatal(err)
			}
			f.settle()
		}
		before := len(f.ws.Modals(who["sam"]))
		if i < 0 {
			if ever[do.name], _, _ = f.follows(do, 0); !strings.Contains(ever[do.name], "ack") {
				f.t.Fatalf("%s: %q follows", do.name, ever[do.name])
			}
			continue
		}
		what, os, unread := f.follows(do, 1+f.chance.IntN(2))
		told := strings.Contains(what, "told") || strings.Contains(what, "trouble")
		switch f.unread += unread; {
		case unread > 0 && (told || do.event):
		case unread == 0 && told: // for there is no trigger, or no response URL
			f.told++
		case unread == 0 && what == ever[do.name]:
		case unread == 0 && do.name == "help" && what == ever["a command"]: // null for the text is no text
		default:
			f.t.Errorf("%s, %v: %d counted, then\n%s\nwas\n%s", do.name, os, unread, what, ever[do.name])
		}
		if len(f.ws.Modals(who["sam"])) < before {
			f.t.Errorf("%s, %v: a form was closed", do.name, os)
		}
	}
}

// shows is what tells one answer to a person from another; beside are calls that no envelope waits for.
var (
	shows  = regexp.MustCompile(`"callback_id":"\w*"|"response_action":"\w*"`)
	beside = []string{"users.info", "auth.test", "apps.connections.open", "chat.postMessage", "views.publish"}
)

// follows does one thing with so many values of its envelope replaced. It returns what followed, as text, which values
// were replaced, and how many envelopes were counted as unreadable.
func (f *flows) follows(do flow, n int) (what string, os []oddity, unread int) {
	before, start := f.counted(), time.Now()
	f.ws.Behave(func(b *sandbox.Behaviour) {
		b.Odd = func(method string, sent []byte) []byte {
			if method != "" || n == 0 || os != nil { // what the platform repeats is even
				return sent
			}
			for below := nodes(f.t, sent); len(os) < n; {
				at, by := below[f.chance.IntN(len(below))], otherKinds[f.chance.IntN(len(otherKinds))]
				if isOther(at.json, by) {
					os = append(os, oddity{at.path, by})
				}
			}
			return odd(f.t, sent, os...)
		}
	})
	var all []string
	if err := do.then(); err != nil {
		all = append(all, "trouble")
	}
	f.settle()
	f.evenly()
	for _, c := range f.ws.Calls() {
		args := string(c.Args)
		switch {
		case c.At.Before(start):
		case strings.Contains(args, "on us") || strings.Contains(args, "in time"):
			all = append(all, "told")
		case !slices.Contains(beside, c.Method) || do.name == "Home" && c.Method == "views.publish":
			all = append(all, c.Method+" "+strings.Join(shows.FindAllString(args, -1), " "))
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), "\n"), os, f.counted() - before
}
