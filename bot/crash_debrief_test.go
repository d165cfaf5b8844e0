package bot

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/nudges/team"
)

// withChannel is Sam's team with a debrief channel.
func withChannel() []roster.TeamConfig {
	return []roster.TeamConfig{{Fixed: roster.Fixed{Reps: true, Channel: true}, Team: team.Team{
		Manager: nudges.UserID(who["sam"]), Reps: []nudges.UserID{nudges.UserID(who["dana"])}, Channel: debriefsIn,
	}}}
}

const debriefsIn = "C0DEBRF1"

// searchable are the scopes with which an unclear post in a channel can be looked up.
var searchable = []string{"channel-lookup", "group-dm"}

// debriefInItsThread is a call that Sam joined, from its end until somebody says that it is over.
var debriefInItsThread = life{
	name: "a debrief in its thread", teams: withChannel(), scopes: searchable, step: 2,
	play: func(l *lived) {
		l.bond()
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
		l.over()
		l.rest()
		l.logs("dana", nudges.Lost, "Lost")
		l.closes()
		l.said(1, "Acme renewal")
		l.thread(1)
	},
}

// debriefTogether is a call that Sam held back on, and that is talked over where Dana likes.
var debriefTogether = life{
	name: "a debrief together", teams: withChannel(), scopes: searchable, step: 3,
	play: func(l *lived) {
		l.bond()
		l.until("hold back", decidedFor(ladder.HoldBack), map[form.Screen]func(){
			form.NoScreen: l.types(pause), form.CallScreen: l.presses("I'll hold back", decidedFor(ladder.HoldBack)),
		})
		l.over()
		state := func(want nudges.DebriefState) func(nudges.Request) bool {
			return func(r nudges.Request) bool { return r.Debrief.State == want }
		}
		inDM := func(name, label string, goal func(nudges.Request) bool) func() {
			return func() { l.act(func() error { return l.as(name).In(l.as(name).DM()).Press(label) }, goal) }
		}
		l.others("Sam asks", state(nudges.DebriefAsked), inDM("sam", "Debrief together", state(nudges.DebriefAsked)))
		l.others("Dana says where", state(nudges.DebriefShared),
			inDM("dana", "In the debrief channel", state(nudges.DebriefShared)))
		l.rest()
		l.logs("dana", nudges.Lost, "Lost")
		l.logs("sam", nudges.Stalled, "Stalled")
		l.closes()
		l.said(1, "Acme renewal", "1 how", "1 where")
		l.thread(1)
	},
}

// bond has Dana have said that Sam is her manager.
func (l *lived) bond() {
	l.t.Helper()
	for range 60 {
		_ = l.update(func(tx storage.Tx) error {
			return tx.PutBond(nudges.UserID(who["dana"]), nudges.UserID(who["sam"]), nudges.Met)
		})
		l.revive()
		is := nudges.Unmet
		l.view(func(r storage.Reader) (err error) {
			is, err = r.Bond(nudges.UserID(who["dana"]), nudges.UserID(who["sam"]))
			return err
		})
		if is == nudges.Met {
			return
		}
	}
	l.t.Fatal("no bond")
}

// over lets the call begin and end, and its debrief open.
func (l *lived) over() {
	l.t.Helper()
	if l.begun = l.c.points(); l.met > 0 {
		l.begun = 0
	}
	l.jump(30 * time.Minute)
	for range 10 {
		if l.last().Phase == nudges.Debrief {
			return
		}
		l.jump(10 * time.Minute)
	}
	l.t.Fatalf("it is never over: %+v\n%s", l.last(), l.log)
}

// logs has one of the two log what came of it, in the thread.
func (l *lived) logs(name string, want nudges.CallOutcome, label string) {
	l.t.Helper()
	is := func(r nudges.Request) bool {
		return name == "dana" && r.Debrief.Rep.Outcome == want || name == "sam" && r.Debrief.Manager.Outcome == want
	}
	l.others(name+" logs", is, func() {
		windows := l.ws.Modals(who[name])
		h := l.as(name).In(debriefsIn)
		switch {
		case len(windows) == 0:
			l.act(func() error { return h.Press("Log what happened") }, nil)
		case form.Screen(windows[len(windows)-1].Callback) != form.LogScreen:
			l.act(h.Close, nil)
		default:
			_ = h.Pick("How did it go?", label)
			l.act(func() error {
				errs, err := h.Submit()
				if len(errs) > 0 {
					err = errors.New("refused")
				}
				return err
			}, is)
		}
	})
	for len(l.ws.Modals(who[name])) > 0 && l.as(name).Close() == nil {
		l.pass(time.Second)
	}
}

// closes has Dana say that it is over, and with it everything is.
func (l *lived) closes() {
	l.t.Helper()
	closed := func(r nudges.Request) bool { return r.Debrief.End == nudges.EndMoved }
	l.others("Dana moves on", closed, func() {
		l.act(func() error { return l.as("dana").In(debriefsIn).Press("Moved on") }, nil)
		l.act(func() error { _, err := l.as("dana").Submit(); return err }, closed)
	})
	for len(l.ws.Modals(who["dana"])) > 0 && l.as("dana").Close() == nil {
		l.pass(time.Second)
	}
}

// thread checks, once all was said, that the root of Sam's last call stands in the channel so many times, as the
// request stands, with the questions below it in their order.
func (l *lived) thread(roots int) {
	l.t.Helper()
	l.threads()
	q := l.last()
	for text, want := range map[string]int{
		rootSays: roots, repSays: roots, managerSays: roots, nagSays: 0,
		unclearSays: 0,
	} {
		if got := len(l.with(text)); got != want {
			l.t.Errorf("%d of %q, want %d\n%s", got, text, want, l.log)
		}
	}
	var rc nudges.Receipt
	l.view(func(r storage.Reader) (err error) {
		rc, err = r.Receipt(q.Debrief.Root)
		return err
	})
	want, err := json.Marshal(view.OfKind(l.bot.answers.Scenes.Message(l.t.Context(), q, q.Manager),
		nudges.KindRoot).Blocks)
	if err != nil {
		l.t.Fatal(err)
	}
	if got := l.stands()[rc.Channel+rc.TS].Blocks; !sameBlocks(got, want) ||
		!strings.Contains(string(got), "moved on") {
		l.t.Errorf("the root is\n%s\nnot\n%s\n%s", got, want, l.log)
	}
}
