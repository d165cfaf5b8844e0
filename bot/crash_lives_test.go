package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/nudges/team"
	"stepin/nudges/verdict"
	"stepin/store"
)

// A lived life is Sam's with a bot that dies at some points and is restarted each time. Sam
// wants something, does what the window before him offers towards it, and tries again.
type lived struct {
	*rig
	fate []int // the next process dies at the first point, the one after it at the second …
	c    *crash
	met  int // so many crashes
	// points is how many there were in the first process, and begun how many of them before what the life is about.
	points, begun int
	// known are Sam's requests, as last seen.
	known map[nudges.RequestID]nudges.Request
}

// live plays a life from the file's first making on.
func live(t *testing.T, fate []int, redeliver bool, life life) (met, begun, points int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &lived{
			rig: newRig(t, sandbox.Config{Manifest: manifest(t, life.scopes...)}), fate: fate,
			known: map[nudges.RequestID]nudges.Request{},
		}
		defer l.end()
		defer func() {
			if t.Failed() {
				t.Logf("with crashes at %v", fate)
			}
		}()
		// 08:31 in Berlin on a Wednesday, 29 minutes before the half hour that is taken for the call.
		l.ws.SetClock(time.Date(2026, 3, 4, 7, 31, 0, 0, time.UTC))
		l.ws.Behave(func(b *sandbox.Behaviour) { b.Redeliver = redeliver })
		l.teams = life.teams
		l.rise()
		life.play(l)
		l.rest()
		if l.met == 0 {
			l.points = l.c.points()
		}
		met, begun, points = l.met, l.begun, l.points
	})
	return met, begun, points
}

// rise starts the bot, again if it dies of it.
func (l *lived) rise() {
	l.t.Helper()
	for {
		at := 0
		if len(l.fate) > 0 {
			at, l.fate = l.fate[0], l.fate[1:]
		}
		l.c = newCrash(l.path, filepath.Join(filepath.Dir(l.path), fmt.Sprint("after", l.met+1), "stepin.db"), at)
		l.options = store.Options{NoSync: true, Around: l.c.around}
		l.dial, l.dead = l.c.dial(l.pipe.Dial), l.c.dead
		l.start()
		if !l.c.gone() {
			return
		}
		l.bury()
	}
}

// bury ends what is left of a dead process. The next one finds what it had written.
func (l *lived) bury() {
	l.t.Helper()
	l.stop()
	if l.c.err != nil {
		l.t.Fatal(l.c.err)
	}
	l.met++
	l.points = l.c.points()
	l.path = l.c.copy
}

// spare lets the process live that lives now.
func (l *lived) spare() {
	l.t.Helper()
	l.c.mu.Lock()
	l.c.at = 0
	l.c.mu.Unlock()
	l.fate = nil
	l.revive()
}

// revive restarts the bot if it has died.
func (l *lived) revive() {
	l.t.Helper()
	if l.c.gone() {
		l.bury()
		l.rise()
	}
}

// pass lets time go by.
func (l *lived) pass(d time.Duration) {
	l.t.Helper()
	time.Sleep(d)
	synctest.Wait()
	l.revive()
}

// act does something. If it was acknowledged, then what holds must be stored: also where the
// bot has died right after that.
func (l *lived) act(do func() error, holds func(nudges.Request) bool) (acked bool) {
	l.t.Helper()
	err := do()
	synctest.Wait()
	l.revive()
	if err == nil && holds != nil && !holds(l.last()) {
		l.t.Errorf("acknowledged but gone: %+v\n%s", l.last(), l.log)
	}
	l.pass(2 * time.Second)
	l.look()
	return err == nil
}

// last is the request that Sam began last; empty if there is none.
func (l *lived) last() (last nudges.Request) {
	l.t.Helper()
	l.view(func(r storage.Reader) error {
		var err error
		if last, err = r.LastRequest(nudges.UserID(who["sam"])); errors.Is(err, nudges.ErrNotFound) {
			return nil
		}
		return err
	})
	return last
}

// look checks that no request is lost, goes back, or leaves an end.
func (l *lived) look() {
	l.t.Helper()
	if q := l.last(); q.ID != "" {
		l.known[q.ID] = q
	}
	l.view(func(r storage.Reader) error {
		for id, was := range l.known {
			is, err := r.Request(id)
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			ended := was.Phase == nudges.Done && was.Situation() != is.Situation()
			if is.Seq < was.Seq || is.Edits < was.Edits || ended {
				l.t.Errorf("a request was\n%+v\nand is\n%+v", was, is)
			}
			l.known[id] = is
		}
		return nil
	})
}

func (l *lived) window() form.Screen {
	m := l.ws.Modals(who["sam"])
	if len(m) == 0 {
		return form.NoScreen
	}
	return form.Screen(m[len(m)-1].Callback)
}

// until has Sam do what the windows offer until his last request is as he wants it. A window
// that leads nowhere is closed.
func (l *lived) until(what string, goal func(nudges.Request) bool, on map[form.Screen]func()) {
	l.t.Helper()
	for range 60 {
		if goal(l.last()) {
			for l.window() != form.NoScreen && l.as("sam").Close() == nil {
				l.pass(time.Second)
			}
			return
		}
		if do := on[l.window()]; do != nil {
			do()
		} else {
			l.act(l.as("sam").Close, nil)
		}
	}
	l.t.Fatalf("waited for nothing: %s; it is %+v, the window\n%s\n%s", what, l.last(), l.as("sam").Reads(), l.log)
}

func (l *lived) types(line string) func() {
	return func() { l.act(func() error { return l.as("sam").Types(line) }, nil) }
}

// presses taps a button that makes holds true; nil if it only leads on.
// Of several labels it is the first that is there: a rep has no name while Slack is silent.
func (l *lived) presses(labels string, holds func(nudges.Request) bool) func() {
	return func() { l.act(func() error { return press(l.as("sam"), labels) }, holds) }
}

func press(h *hands.Hands, labels string) (err error) {
	for label := range strings.SplitSeq(labels, "|") {
		if err = h.Press(label); err == nil {
			return nil
		}
	}
	return err
}

// onCard taps a button in the conversation with stepin. The card may still be on its way.
func (l *lived) onCard(label string, holds func(nudges.Request) bool) func() {
	return func() {
		l.act(func() error { return press(l.as("sam").In(l.as("sam").DM()), label) }, holds)
	}
}

// picks answers a question that keeps each tap.
func (l *lived) picks(question, option string, q verdict.QuestionID, o verdict.OptionID) bool {
	return l.act(func() error { return l.as("sam").Pick(question, option) },
		func(r nudges.Request) bool { return q == "" || r.Answers[q] == o })
}

// submits is not acknowledged, in the sense of act, where fields are refused.
func (l *lived) submits(holds func(nudges.Request) bool) {
	l.act(func() error {
		errs, err := l.as("sam").Submit()
		if err == nil && len(errs) > 0 {
			err = fmt.Errorf("refused: %q", errs)
		}
		return err
	}, holds)
}

func decidedFor(r ladder.Rung) func(nudges.Request) bool {
	return func(q nudges.Request) bool { return q.Decision == nudges.Decided(r) }
}

const pause = "/stepin @Dana Acme renewal"

// A life ends in one state, whenever the bot dies on the way.
type life struct {
	name   string
	play   func(*lived)
	teams  []roster.TeamConfig
	scopes []string // optional ones of the app
	step   int      // which of its points are met in turn, at most; 0 for each
}

// lookedAt is Sam's team with an approver and a delegate.
func lookedAt() []roster.TeamConfig {
	return []roster.TeamConfig{{Fixed: roster.Fixed{Policy: true, Approvers: true}, Team: team.Team{
		Manager: nudges.UserID(who["sam"]), Policy: nudges.ByOthers,
		Approvers: []team.Approver{{ID: nudges.UserID(who["priya"]), Delegate: nudges.UserID(who["ines"])}},
	}}}
}

var lives = []life{
	{name: "hold back, then ask first", play: func(l *lived) {
		hold := l.presses("I'll hold back", decidedFor(ladder.HoldBack))
		mind := l.presses("I've changed my mind", nil)
		on := map[form.Screen]func(){
			form.NoScreen: l.types(pause), form.CallScreen: hold, form.StatusScreen: mind, form.FactsScreen: hold,
			form.ClosingScreen: func() { l.picks("if it gets hard?", plan, verdict.QPlan, "quiet") },
		}
		l.until("hold back", decidedFor(ladder.HoldBack), on)
		l.until("a plan", func(r nudges.Request) bool { return r.Answers[verdict.QPlan] != "" }, on)
		l.until("ask first", decidedFor(ladder.Coach), map[form.Screen]func(){
			form.NoScreen: l.onCard("I've changed my mind", nil), form.StatusScreen: mind,
			form.FactsScreen: l.presses("Ask Dana first", decidedFor(ladder.Coach)),
		})
		l.said(1, "count to ten", "1 meet")
	}},
	{name: "the rep's own word", play: func(l *lived) {
		ask := l.presses("Ask Dana first|Ask your rep first", decidedFor(ladder.Coach))
		l.until("ask first", decidedFor(ladder.Coach), map[form.Screen]func(){
			form.NoScreen: l.types("/stepin @Dana Acme renewal"), form.CallScreen: func() { l.submits(nil) },
			form.FactsScreen: ask,
		})
		dana := func(label string) func() {
			return func() { l.act(func() error { return l.as("dana").In(l.as("dana").DM()).Press(label) }, nil) }
		}
		l.others("Dana says whose rep she is", func(r nudges.Request) bool { return r.Word.State == nudges.WordAsked },
			dana("Yes"))
		l.others("Dana answers", func(r nudges.Request) bool { return r.Word.Answer == nudges.CoachMe },
			dana("Some coaching"))
		for len(l.ws.Modals(who["dana"])) > 0 && l.as("dana").Close() == nil {
			l.pass(time.Second)
		}
		l.until("coached", func(r nudges.Request) bool { return !r.Coaching.At.IsZero() }, map[form.Screen]func(){
			form.NoScreen:       l.onCard("Coach Dana|Coach your rep", nil),
			form.CoachingScreen: func() { l.submits(func(r nudges.Request) bool { return !r.Coaching.At.IsZero() }) },
		})
		l.said(1, "Acme renewal", "1 meet", "1 word", "1 reply")
	}},
	{teams: lookedAt(), name: "a take-over that an approver looks at", play: func(l *lived) {
		l.until("asked", func(r nudges.Request) bool { return r.Grant.State == nudges.Asked }, map[form.Screen]func(){
			form.NoScreen: l.types(pause), form.CallScreen: l.presses("Change", nil),
			form.FieldsScreen: func() {
				_ = l.act(func() error { return l.as("sam").Fill("Start", "11:00") }, nil)
				l.submits(nil)
			},
			form.FactsScreen: func() {
				_ = l.picks("worst case?", "Illegal, dishonest or unsafe", verdict.Q8, "line")
				l.submits(nil)
			},
			form.VerdictScreen: func() { l.submits(func(r nudges.Request) bool { return r.Grant.State == nudges.Asked }) },
		})
		for range 30 { // past the reminder, and past three quarters
			if l.last().Grant.Asked == 2 {
				break
			}
			l.jump(10 * time.Minute)
		}
		l.others("Ines agrees", func(r nudges.Request) bool { return r.Grant.State == nudges.Given }, func() {
			l.act(func() error { return l.as("ines").In(l.as("ines").DM()).Press("Approve") }, nil)
		})
		if by := l.last().Grant.By; string(by) != who["ines"] {
			l.t.Errorf("agreed by %s", by)
		}
		l.said(1, "Acme renewal", "2 ask", "1 remind", "1 settled", "1 elsewhere")
	}},
	{name: "all eight, take over, hand back", play: func(l *lived) {
		const words = "Breathe, then ask."
		fact := func(n int) bool {
			q := verdict.Facts[n]
			a := [][3]string{
				{"say would help?", "Some coaching first", "coaching"},
				{"Whose call?", "Dana's", "theirs"},
				{"worst case?", "A loss that hurts", "barely"},
				{"way work?", "No", "no"},
				{"trained for this?", "Not yet", "no"},
			}[n]
			return l.picks(a[0], a[1], q, verdict.OptionID(a[2]))
		}
		on := map[form.Screen]func(){
			form.NoScreen:     l.types(pause),
			form.CallScreen:   func() { l.submits(nil) },
			form.StatusScreen: l.presses("I've changed my mind", nil),
			form.FactsScreen: func() {
				_ = fact(0) && fact(1) && fact(2)
				l.submits(nil)
			},
			form.LaterScreen: func() {
				_ = fact(3) && fact(4)
				l.submits(nil)
			},
			form.VerdictScreen: func() {
				_ = l.picks("Step in?", "Take over", "", "")
				for n := range verdict.Facts { // those that a crash left blank come before it as well
					_ = l.last().Answers[verdict.Facts[n]] != "" || fact(n)
				}
				_ = l.picks("would leading teach", "A lot", verdict.Q1, "a_lot") &&
					l.picks("come up again?", "Often", verdict.Q3, "often") &&
					l.picks("Dana hears:", "You doubt me", verdict.Q2, "doubt") &&
					l.picks("smaller step?", "Tried one", verdict.QWhyNot, "tried")
				l.submits(nil) // what comes first may be asked now
			},
			form.ClosingScreen: func() {
				_ = l.picks("hand it back?", "My own words", verdict.QHandBack, verdict.OwnPlan) &&
					l.act(func() error { return l.as("sam").Fill("Your own words", words) }, nil)
				l.submits(nil)
			},
		}
		l.until("take over", func(r nudges.Request) bool { return r.Grant.State == nudges.Given && r.Plan == words },
			on)
		tells := func(r nudges.Request) bool { return r.Note == nudges.NoteWaits }
		l.until("tell Dana", tells, map[form.Screen]func(){
			form.NoScreen: l.onCard("Tell Dana", nil), form.StatusScreen: l.presses("Tell Dana", nil),
			form.TellScreen: func() { l.submits(tells) }, form.ClosingScreen: func() { l.submits(tells) },
		})
		l.until("hand back", func(r nudges.Request) bool { return r.Grant.State == nudges.Returned },
			map[form.Screen]func(){
				form.NoScreen: l.onCard("Hand back to Dana",
					func(r nudges.Request) bool { return r.Grant.State == nudges.Returned }),
			})
		l.said(1, words, "1 meet")
	}},
	{name: "now, until it is over", play: func(l *lived) {
		l.until("now", decidedFor(ladder.CoPilot), map[form.Screen]func(){
			form.NoScreen: func() {
				if l.last().ID == "" {
					l.types(pause)()
				} else {
					l.types("/stepin now")()
				}
			},
			form.StartedScreen: l.presses("Yes", func(r nudges.Request) bool { return r.Phase == nudges.During }),
			form.NowScreen: func() {
				_ = l.picks("Who asked you in?", "Nobody", "", "") &&
					l.picks("Smallest step", "Speak once", "", "")
				l.submits(decidedFor(ladder.CoPilot))
			},
		})
		l.jump(30 * time.Minute)
		l.jump(40 * time.Minute)
		if q := l.last(); q.Phase != nudges.Debrief {
			l.t.Errorf("an hour later it is %+v", q)
		}
		l.said(1, "Acme renewal", "1 how", "1 meet")
	}},
	{name: "edit, and lapse", play: func(l *lived) {
		l.until("the other rep", func(r nudges.Request) bool { return string(r.Rep) == who["lior"] },
			map[form.Screen]func(){
				form.NoScreen: l.types(pause), form.CallScreen: l.presses("Change", nil),
				form.FieldsScreen: func() {
					_ = l.act(func() error { return l.as("sam").Fill("Whose call is it?", "Lior") }, nil)
					l.submits(func(r nudges.Request) bool { return string(r.Rep) == who["lior"] })
				},
			})
		ask := l.presses("Ask Lior first", decidedFor(ladder.Coach))
		l.until("ask first", decidedFor(ladder.Coach), map[form.Screen]func(){
			form.NoScreen: l.types("/stepin @Lior acme RENEWAL"), form.CallScreen: ask, form.FieldsScreen: ask,
			form.FactsScreen: ask,
		})
		first := l.last().ID
		l.until("half a pause", func(r nudges.Request) bool { return r.ID != first && r.Answers[verdict.Q7] == "alone" },
			map[form.Screen]func(){
				form.NoScreen: l.types("/stepin @Dana Beta pilot"), form.CallScreen: func() { l.submits(nil) },
				form.FactsScreen: func() { l.picks("say would help?", "To lead it alone", verdict.Q7, "alone") },
			})
		l.rest()
		for _, d := range []time.Duration{30 * time.Minute, 40 * time.Minute, nudges.DebriefWindow} {
			l.jump(d)
			l.rest() // what is due is said before the next jump makes it needless
		}
		for id, q := range l.known {
			if decided := q.Decision != nudges.Undecided; q.Phase != nudges.Done || decided != (id == first) {
				l.t.Errorf("a week later it is %+v", q)
			}
		}
		l.said(1, "Acme renewal", "1 how", "1 meet")
	}},
	{name: "withdraw, and begin again", play: func(l *lived) {
		on := map[form.Screen]func(){
			form.NoScreen: l.types(pause), form.CallScreen: l.presses("I'll hold back", decidedFor(ladder.HoldBack)),
		}
		l.until("hold back", decidedFor(ladder.HoldBack), on)
		withdrawn := decidedFor(ladder.Rung(nudges.Withdrawn))
		l.until("withdraw", withdrawn,
			map[form.Screen]func(){form.NoScreen: l.onCard("Cancel this one", withdrawn)})
		l.until("hold back again", decidedFor(ladder.HoldBack), on)
		l.said(2, "Acme renewal")
	}},
	debriefInItsThread, debriefTogether,
}

// jump moves the clock. What it makes due is done within the minute.
func (l *lived) jump(d time.Duration) {
	l.t.Helper()
	l.ws.SetClock(l.ws.Now().Add(d))
	for range 7 {
		l.pass(10 * time.Second)
	}
	l.look()
}

// rest waits until nothing is left to say.
func (l *lived) rest() {
	l.t.Helper()
	for range 60 {
		n := 0
		l.view(func(r storage.Reader) error {
			var err error
			n, _, err = r.Waiting()
			return err
		})
		if n == 0 {
			return
		}
		l.pass(5 * time.Second)
	}
	l.t.Fatalf("the outbox does not empty\n%s", l.log)
}

// others has somebody else than Sam do something until it is so.
func (l *lived) others(what string, goal func(nudges.Request) bool, do func()) {
	l.t.Helper()
	for range 60 {
		if goal(l.last()) {
			return
		}
		do()
	}
	l.t.Fatalf("waited for nothing: %s; it is %+v\n%s", what, l.last(), l.log)
}

// posts are what stands in the conversations of people with stepin, by conversation and ts.
func (l *lived) posts() map[string]hands.Post {
	out := map[string]hands.Post{}
	for name, id := range who {
		for _, p := range l.ws.Posts(id, l.as(name).DM()) {
			if p.App && !p.Ephemeral {
				out[p.Channel+p.TS] = p
			}
		}
	}
	return out
}

// said checks, once nothing is left to say, that everything was said once: so many cards, each
// as its request stands, with a text on the newest, and of each other kind as many as others
// tells, such as "1 word"; and that the records are whole.
func (l *lived) said(cards int, text string, others ...string) {
	l.t.Helper()
	l.rest()
	l.spare()
	l.look()
	l.marksOnce()
	posts := l.posts()
	told := len(posts)
	kinds := map[string]int{}
	l.view(func(r storage.Reader) error { // a jump of the clock can pass a morning, too
		for _, id := range who {
			rem, err := r.Reminder(nudges.UserID(id))
			if err != nil {
				return err
			}
			for _, s := range rem.Said {
				if rc, err := r.Receipt(daily.ReminderKey(rem.Person, s.On, 0)); err == nil &&
					posts[rc.Channel+rc.TS].TS != "" {
					told--
				}
			}
		}
		return nil
	})
	for id, q := range l.known {
		var h []nudges.Transition
		var card nudges.Receipt
		var person nudges.Person
		l.view(func(r storage.Reader) (err error) {
			if h, err = r.History(id); err != nil {
				return err
			}
			if person, err = r.Person(q.Manager); err != nil {
				return err
			}
			for seq := range q.Seq + 1 {
				for _, to := range who {
					for _, kind := range view.KindsOfDM { // beside the card
						rc, err := r.Receipt(nudges.Key(id, seq, nudges.UserID(to), kind))
						if errors.Is(err, nudges.ErrNotFound) {
							continue
						} else if err != nil {
							return err
						}
						kinds[kind]++
						told--
						if _, ok := posts[rc.Channel+rc.TS]; !ok {
							l.t.Errorf("%s: %s is not where the receipt says", id, kind)
						}
					}
				}
			}
			if q.Card != "" {
				card, err = r.Receipt(q.Card)
			}
			return err
		})
		whole(l.t, q, h)
		if q.Card == "" {
			continue
		}
		cards--
		told--
		shown := posts[card.Channel+card.TS].Blocks
		want, err := json.Marshal(view.Card(l.bot.answers.Scenes.Message(l.t.Context(), q, q.Manager),
			person.ToldBy == q.Card).Blocks)
		if err != nil {
			l.t.Fatal(err)
		}
		if !sameBlocks(shown, want) {
			l.t.Errorf("%s: the card is\n%s\nnot\n%s\n%s", id, shown, want, l.log)
		}
		if q.ID == l.last().ID || len(l.known) == 1 || q.Decision == nudges.Decided(ladder.Coach) {
			if !strings.Contains(string(shown), text) {
				l.t.Errorf("no %q on the card\n%s", text, shown)
			}
		}
	}
	for _, p := range posts {
		if strings.Contains(string(p.Blocks), `"b-open"`) {
			told-- // in place of a window that could not be opened
		}
	}
	var got []string
	for kind, n := range kinds {
		got = append(got, fmt.Sprint(n, " ", kind))
	}
	slices.Sort(got)
	slices.Sort(others)
	if cards != 0 || told != 0 || !slices.Equal(got, others) {
		l.t.Errorf("%d cards too few, %d messages too many, told %q, not %q\n%s", cards, told, got, others, l.log)
	}
}

// whole checks a request's history: nothing is missing in it, and nothing follows an end.
func whole(t *testing.T, q nudges.Request, h []nudges.Transition) {
	t.Helper()
	bad := len(h) != q.Seq || len(h) == 0 || h[len(h)-1].To != q.Situation()
	for i, tr := range h {
		bad = bad || tr.Seq != i+1
		if i > 0 {
			bad = bad || tr.From != h[i-1].To || tr.From.Phase == nudges.Done
		}
	}
	if bad {
		t.Errorf("history of %+v:\n%+v", q, h)
	}
}

// sameBlocks compares blocks but for the ids that the platform gives them.
func sameBlocks(got, want []byte) bool {
	var x, y []map[string]any
	if json.Unmarshal(got, &x) != nil || json.Unmarshal(want, &y) != nil || len(x) != len(y) {
		return false
	}
	for i := range x {
		if y[i]["block_id"] == nil {
			delete(x[i], "block_id")
		}
	}
	return reflect.DeepEqual(x, y)
}

// stands gives what the app has said and what still stands, by conversation and ts: in everybody's own one with
// stepin, in channels and in group DMs.
func (r *rig) stands() map[string]hands.Post {
	out := map[string]hands.Post{}
	for name, id := range who {
		where := []string{r.as(name).DM()}
		for _, ch := range r.ws.Channels(id) {
			where = append(where, ch.ID)
		}
		for _, ch := range where {
			for _, p := range r.ws.Posts(id, ch) {
				if p.App && !p.Ephemeral {
					out[p.Channel+p.TS] = p
				}
			}
		}
	}
	return out
}

// marksOnce checks that no message is there twice, and no rule was broken.
func (r *rig) marksOnce() {
	r.t.Helper()
	marks := map[string]int{}
	for _, p := range r.stands() {
		if mark := string(p.Metadata); strings.Contains(mark, "mark") {
			if marks[mark]++; marks[mark] == 2 {
				r.t.Errorf("said twice: %s %s", mark, p.Blocks)
			}
		}
	}
	if v := r.ws.Violations(); len(v) > 0 {
		r.t.Errorf("rules broken: %q", v)
	}
}

// TestCrash stops the bot at points of each life, from its first start on, and starts it again: what was acknowledged
// is there, and everything is said once. Then it lets bots die several times in one life, by chance. Level 1 takes each
// point; level 2 also stops the second process at each of its points, for each point of the first.
func TestCrash(t *testing.T) {
	t.Parallel() // beside TestKill, which mostly waits
	var met, played atomic.Int64
	t.Run("lives", func(t *testing.T) {
		for i, life := range lives {
			for _, redeliver := range []bool{false, true} {
				name := life.name
				if redeliver {
					name += ", each twice"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					play := func(fate ...int) int {
						n, _, _ := live(t, fate, redeliver, life)
						met.Add(int64(n))
						played.Add(1)
						return n
					}
					_, begun, points := live(t, nil, redeliver, life)
					t.Logf("%d points", points-begun)
					step, often := tries(8, 1, 1), tries(2, 14, 14)
					switch {
					case raced:
						step, often = 2*step, (often+1)/2
					case redeliver:
						step = max(step, tries(8, 4, 1))
					}
					if life.step > 0 && level < 2 {
						step *= life.step
					}
					for at := begun + 1 + i%step; at <= points; at += step {
						play(at)
					}
					rng := rand.New(rand.NewPCG(uint64(i), 1))
					for range often {
						fate := make([]int, 10)
						for j := range fate {
							fate[j] = 1 + rng.IntN(points/3)
						}
						play(fate...)
					}
					if level < 2 || redeliver {
						return
					}
					for at := begun + 1; at <= points; at++ {
						for second := 1; play(at, second) > 1; second++ {
						}
					}
				})
			}
		}
	})
	t.Logf("%d crashes in %d lives", met.Load(), played.Load())
}

// TestRedelivery plays stories with every envelope delivered twice: what people read is the
// same, and everything is said once.
func TestRedelivery(t *testing.T) {
	for _, name := range []string{"five-facts", "hold-back", "all-eight", "ground", "now", "carry-on", "time"} {
		t.Run(name, func(t *testing.T) {
			text := read(t, fmt.Sprintf("testdata/stories/%s.txt", name))
			inBubble(t, sandbox.Config{}, func(r *rig) {
				r.ws.Behave(func(b *sandbox.Behaviour) { b.Redeliver = true })
				r.start()
				r.play(text)
				r.marksOnce()
			})
		})
	}
}
