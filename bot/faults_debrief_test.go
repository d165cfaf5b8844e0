package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/form"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// A debriefed is a call of Dana's that Sam joined, and that is talked over.
type debriefed struct {
	*rig
	s     *story
	id    nudges.RequestID
	asked int // so often Sam was asked whether it arrived
}

// line plays lines of a story, in which nothing fails.
func (d *debriefed) line(all ...string) {
	d.t.Helper()
	for _, l := range all {
		if err := d.s.line(l); err != nil {
			d.t.Fatalf("%s: %v\n%s", l, err, d.log)
		}
	}
}

// joined is up to the end of the call.
func (r *rig) joined(team string) *debriefed {
	r.t.Helper()
	d := &debriefed{rig: r, s: &story{r: r, hands: map[string]*hands.Hands{}}}
	d.line("team reps=dana"+team, "bond dana", "sam types /stepin @Dana Acme renewal", "sam closes",
		"sam types /stepin now", "sam presses Yes", "sam picks Who asked you in? = Nobody",
		"sam picks Smallest step that helps? = Speak once", "sam submits", "sam closes")
	d.id = r.stored("sam")[0].ID
	return d
}

// jump sets the clock to a time of Sam's, at which what has become due is done, and waits for it.
func (d *debriefed) jump(to string) {
	d.t.Helper()
	d.line("clock "+to, "+4m")
}

func (d *debriefed) request() (q nudges.Request) {
	d.t.Helper()
	d.view(func(rd storage.Reader) (err error) {
		q, err = rd.Request(d.id)
		return err
	})
	return q
}

// rest waits until nothing is left to say.
func (d *debriefed) rest() {
	d.t.Helper()
	for range 60 {
		var n int
		d.view(func(rd storage.Reader) (err error) {
			n, _, err = rd.Waiting()
			return err
		})
		if n == 0 {
			synctest.Wait()
			return
		}
		time.Sleep(10 * time.Second)
	}
	d.t.Errorf("the outbox does not empty\n%s", d.log)
}

// with gives what the app has said that has a text, in the order in which it stands.
func (r *rig) with(text string) (out []hands.Post) {
	for _, p := range r.stands() {
		if strings.Contains(string(p.Blocks), text) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b hands.Post) int { return strings.Compare(a.TS, b.TS) })
	return out
}

// What the messages of a debrief can be known by.
const (
	rootSays    = `: Dana and Sam.`
	repSays     = `U0DANA01\u003e, you first:`
	managerSays = `U0SAM001\u003e, after `
	nagSays     = `how did this one go?`
	chaseSays   = `Nothing is waiting for you.`
	unclearSays = `tell me whether the debrief`
)

// window has somebody press a button until there is the window that it leads to. Each press is answered:
// by a window, or by a line with a button that leads on; but for as many as mute, when neither gets through.
func (d *debriefed) window(name, where, label string, want form.Screen, mute int) {
	d.t.Helper()
	for range 12 {
		if err := d.as(name).In(where).Press(label); err != nil {
			d.t.Fatalf("%s presses %s: %v\n%s", name, label, err, d.log)
		}
		for range 6 {
			time.Sleep(20 * time.Second)
			synctest.Wait()
			if m := d.ws.Modals(who[name]); len(m) > 0 {
				if got := form.Screen(m[len(m)-1].Callback); got != want {
					d.t.Errorf("%s presses %s and sees %s", name, label, got)
				}
				return
			}
			for _, in := range []string{where, d.as(name).DM()} {
				if strings.Contains(d.as(name).In(in).Reads(), "[Open]") {
					where, label = in, "Open"
				}
			}
			if label == "Open" {
				time.Sleep(time.Minute)
				break
			}
		}
		if mute--; label != "Open" && mute < 0 {
			d.t.Fatalf("%s presses %s and is not answered\n%s", name, label, d.log)
		}
	}
	d.t.Fatalf("%s gets no window\n%s", name, d.log)
}

// A debriefFault is a call that fails in the life of a debrief.
type debriefFault struct {
	name   string
	stage  string // from when on it may fail
	method string
	skip   int
	// besides is what must fail, too, for the method to be called at all.
	besides *sandbox.Fault
	// hits names what is lost, at most, if the call cannot be looked up: a text of it.
	hits string
}

var debriefFaults = []debriefFault{
	{name: "root", stage: "open", method: "chat.postMessage", hits: rootSays},
	{name: "question to the rep", stage: "open", method: "chat.postMessage", skip: 1, hits: repSays},
	{name: "question to the manager", stage: "open", method: "chat.postMessage", skip: 2, hits: managerSays},
	{name: "reminder by DM", stage: "chase", method: "chat.postMessage"},
	{name: "reminder in the thread", stage: "nag", method: "chat.postMessage", hits: nagSays},
	{
		name: "another place", stage: "open", method: "conversations.open",
		besides: &sandbox.Fault{Method: "chat.postMessage", Kind: sandbox.ErrorCode, Code: "is_archived"},
	},
	{
		name: "search for a root", stage: "open", method: "conversations.history",
		besides: &sandbox.Fault{Method: "chat.postMessage", Kind: sandbox.ResetAfter}, hits: rootSays,
	},
	{
		name: "search for a question", stage: "open", method: "conversations.replies",
		besides: &sandbox.Fault{Method: "chat.postMessage", Skip: 1, Kind: sandbox.ResetAfter}, hits: repSays,
	},
	{name: "names", stage: "open", method: "users.info"},
	{name: "window", stage: "log", method: "views.open"},
	{
		name: "answer without a window", stage: "log", method: "response_url",
		besides: &sandbox.Fault{Method: "views.open", Kind: sandbox.ServerError},
	},
	{name: "root redrawn", stage: "log", method: "chat.update"},
	{name: "root closed", stage: "over", method: "chat.update"},
	{name: "window over a closed one", stage: "over", method: "views.open"},
	{name: "form", stage: "form", method: "views.update"},
}

// faultsOfADebrief are the kinds of faults: those of a call, and two that last for five minutes.
var faultsOfADebrief = append(slices.Clone(faultKinds), []faultKind{
	{"ok and no more", sandbox.Fault{Kind: sandbox.BareOK}},
	{"token revoked", sandbox.Fault{Kind: sandbox.ErrorCode, Code: "token_revoked", Count: -1}},
	{"missing scope", sandbox.Fault{Kind: sandbox.ErrorCode, Code: "missing_scope", Count: -1}},
}...)

// debriefPlaces are where it is talked over: by scopes of the app, and the setting of Sam's team.
var debriefPlaces = []struct {
	name   string
	scopes []string
	team   string
	looks  bool // what is said there can be looked up
}{
	{"channel", nil, " channel=debriefs", false},
	{"channel that can be searched", []string{"channel-lookup", "group-dm"}, " channel=debriefs", true},
	{"group", []string{"group-dm"}, "", true},
}

// TestFaultsOfADebrief plays a debrief from the end of the call until it is over while one call of one method
// fails in one way: each of its messages is said once, a question never without or before its root, each
// click is answered, and what the two said is kept and shown. One in seven is tried, in a long run all.
func TestFaultsOfADebrief(t *testing.T) {
	n := 0
	for _, m := range debriefFaults {
		for _, k := range faultsOfADebrief {
			for _, p := range debriefPlaces {
				if n++; !sampled(n, 7) {
					continue
				}
				t.Run(m.name+"/"+k.name+"/"+p.name, func(t *testing.T) {
					t.Parallel()
					m := m
					inBubble(t, sandbox.Config{Manifest: manifest(t, p.scopes...), KeepCalls: -1}, func(r *rig) {
						r.start()
						d := r.joined(p.team)
						f := k.fault
						f.Method, f.Skip = m.method, m.skip
						if p.name == "group" && m.method == "conversations.open" {
							m.besides = nil // it is called in any case
						}
						d.faulty(m, f, p.looks)
					})
				})
			}
		}
	}
}

// faulty is the debrief with its fault, and what must be so in the end.
func (d *debriefed) faulty(m debriefFault, f sandbox.Fault, looks bool) {
	t := d.t
	stage := func(is string) {
		if is != m.stage {
			return
		}
		if m.besides != nil {
			d.ws.Fail(*m.besides)
		}
		d.ws.Fail(f)
		if f.Count < 0 {
			time.AfterFunc(5*time.Minute, d.ws.Mend)
		}
	}
	called := len(d.ws.Calls())
	stage("open")
	d.jump("2026-03-04 09:40")
	d.line("+6m")
	d.rest()
	d.asked = len(d.with(unclearSays))
	stage("chase")
	d.jump("2026-03-05 09:30")
	d.line("+6m")
	d.rest()
	stage("nag")
	d.jump("2026-03-09 09:30")
	d.line("+6m")
	d.rest()

	if len(d.with(unclearSays)) == 1 && len(d.with(rootSays)) == 0 { // Sam looks, and it is not there
		d.line("sam goes to stepin", "sam presses Post it again", "+1m")
		d.rest()
	}
	q := d.request()
	roots := d.with(rootSays)
	if len(roots) == 0 {
		t.Fatalf("no debrief\n%+v\n%s", q.Debrief, d.log)
	}
	where := map[string]string{"dana": roots[0].Channel, "sam": roots[0].Channel}
	if q.Debrief.Place == nudges.InDMs {
		where = map[string]string{"dana": d.as("dana").DM(), "sam": d.as("sam").DM()}
	}
	stage("log")
	mute := 0
	if m.method == "response_url" {
		mute = 3 // as long as it fails
	}
	d.window("dana", where["dana"], "Log what happened", form.LogScreen, mute)
	if err := d.as("dana").Pick("How did it go?", "Lost"); err != nil {
		t.Fatal(err)
	}
	errs, err := d.as("dana").Submit()
	if err != nil || len(errs) > 0 {
		t.Errorf("submitted: %v %v\n%s", errs, err, d.log)
	}
	d.line("+6m")
	d.rest()
	if q := d.request(); q.Debrief.Rep.Outcome != nudges.Lost {
		t.Errorf("acknowledged and gone: %+v", q.Debrief)
	}
	stage("over")
	d.window("sam", where["sam"], "Moved on", form.MoveOnScreen, mute)
	if _, err := d.as("sam").Submit(); err != nil {
		t.Errorf("moved on: %v\n%s", err, d.log)
	}
	d.line("+6m")
	d.rest()
	stage("form")
	if m.stage == "form" {
		d.form()
	}
	if !slices.ContainsFunc(d.ws.Calls()[called:], func(c sandbox.Call) bool { return c.Method == m.method }) &&
		!d.uncalled(m, looks) {
		t.Errorf("%s was never called", m.method)
	}
	d.whole(m, !looks || f.Code == "missing_scope" && m.method != "chat.postMessage")
}

// uncalled says that nobody calls the method in such a place.
func (d *debriefed) uncalled(m debriefFault, looks bool) bool {
	q := d.request().Debrief
	return m.method == "conversations.replies" && q.Place == nudges.InDMs || m.name == "another place" && !looks
}

// form has Dana open a debrief herself, in a form that is redrawn while she fills it in.
func (d *debriefed) form() {
	d.t.Helper()
	d.line("dana types /stepin debrief")
	for _, led := range []string{"They did", "I did"} {
		if err := d.as("dana").Pick("Who led the call?", led); err != nil {
			d.t.Errorf("%s: %v\n%s", led, err, d.log)
		}
		d.line("+6m")
	}
	h := d.as("dana")
	err := errors.Join(h.Fill("Who with?", "Sam"), h.Fill("Which deal or call?", "Hooli"))
	if strings.Contains(h.Reads(), "Where works for you?") {
		d.settle()
		err = errors.Join(err, h.Pick("Where works for you?", "In the debrief channel"))
	}
	d.settle()
	errs, more := h.Submit()
	if err := errors.Join(err, more); err != nil || len(errs) > 0 {
		d.t.Errorf("%v %v\n%s\n%s", errs, err, h.Reads(), d.log)
	}
	d.line("+1m")
	d.rest()
	if n := len(d.with("*Hooli*")); n == 0 {
		d.t.Errorf("no debrief of Dana's\n%s", d.log)
	}
}

// whole checks what stands in the end.
func (d *debriefed) whole(m debriefFault, lost bool) {
	t := d.t
	t.Helper()
	d.marksOnce()
	d.threads()
	q := d.request()
	var h []nudges.Transition
	d.view(func(rd storage.Reader) (err error) {
		h, err = rd.History(q.ID)
		return err
	})
	whole(t, q, h)
	if q.Debrief.End != nudges.EndMoved || q.Debrief.Rep.Outcome != nudges.Lost || !q.Debrief.Reminded {
		t.Errorf("stored: %+v", q.Debrief)
	}
	threaded := q.Debrief.Place != nudges.InDMs
	// Where nobody can look it up Sam is asked, and only then.
	if d.asked > 1 || d.asked == 1 && (!lost || m.hits != rootSays) {
		t.Errorf("Sam is asked %d times whether it arrived\n%s", d.asked, d.log)
	}
	for text, want := range map[string]int{rootSays: 1, repSays: 1, managerSays: 1, nagSays: 1, chaseSays: 1} {
		switch {
		case !threaded && text == rootSays:
			want = 2 // to each of them
		case !threaded && text != chaseSays:
			want = 0 // the questions stand in the root, and there is no thread to remind in
		}
		if m.stage == "form" && text != chaseSays && text != nagSays {
			want *= 2 // Dana's own
		}
		if d.asked == 1 && text != rootSays && text != chaseSays {
			continue // Sam has it said once more if it is not there
		}
		all := d.with(text)
		if got := len(all); got != want && !(lost && text == m.hits && got < want) {
			t.Errorf("%d of %q, want %d\n%s", got, text, want, d.log)
		}
	}
	if q.Debrief.Root == "" { // in two DMs, or not known to be there
		return
	}
	var rc nudges.Receipt
	d.view(func(rd storage.Reader) (err error) {
		rc, err = rd.Receipt(q.Debrief.Root)
		return err
	})
	want, err := json.Marshal(view.OfKind(d.bot.answers.Scenes.Message(t.Context(), q, q.Manager),
		nudges.KindRoot).Blocks)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.stands()[rc.Channel+rc.TS].Blocks; !sameBlocks(got, want) || !strings.Contains(string(got), "moved on") {
		t.Errorf("the root is\n%s\nnot\n%s\n%s", got, want, d.log)
	}
}

// threads checks that each reply stands below its root, and in order: the rep's questions, the manager's,
// and the reminder.
func (r *rig) threads() {
	r.t.Helper()
	all := r.stands()
	last := map[string][2]string{}
	rank := func(p hands.Post) string {
		for i, text := range []string{repSays, managerSays, nagSays} {
			if strings.Contains(string(p.Blocks), text) {
				return fmt.Sprint(i)
			}
		}
		return ""
	}
	replies := r.with("")
	for _, p := range replies {
		if p.Thread == "" {
			continue
		}
		root, ok := all[p.Channel+p.Thread]
		if !ok || root.TS >= p.TS {
			r.t.Errorf("a reply without its root: %s", p.Blocks)
		}
		at := p.Channel + p.Thread
		if l := last[at]; rank(p) < l[0] {
			r.t.Errorf("a reply before its turn, at %s: %s\n%s", p.TS, p.Blocks, r.log)
		}
		last[at] = [2]string{rank(p), p.TS}
	}
}
