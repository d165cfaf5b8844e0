package bot

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox"
	"stepin/nudges"
	"stepin/store"
)

// A deed is a line of a story that somebody does again until it is done: whoever gets no answer
// tries once more.
type deed struct {
	line string
	done func(nudges.Request) bool
}

// A shared is a story of several people that meets a crash.
type shared struct {
	before []string // played in peace
	deeds  []deed
	// what there must be in the end: by name, a text and how many messages have it. Below zero
	// it is at most so many, and one: an agreement that is over before it could be told is not told.
	want map[string]map[string]int
}

func state(is nudges.GrantState) func(nudges.Request) bool {
	return func(r nudges.Request) bool { return r.Grant.State == is }
}

var lives = map[string]shared{
	"approval": {
		before: []string{
			"team approver=priya delegate=ines reps=dana", "sam types /stepin @Dana Acme renewal", "sam presses Change", "sam fills Start = 11:00", "sam submits",
			"sam picks live with a loss? = Crosses a line", "sam submits",
		},
		deeds: []deed{
			{"sam submits", state(nudges.Asked)},
			{"priya presses Approve", state(nudges.Given)},
			{"sam presses Hand back to Dana", state(nudges.Returned)},
		},
		want: map[string]map[string]int{
			"priya": {"would like to take over": 1, "The call is back with Dana": 1, "": 1},
			"sam":   {"You chose to take over": 1, "The call is back with Dana": -2, "": -2},
			"ines":  {"": 0},
		},
	},
	"decline": {
		before: []string{
			"team approver=priya delegate=ines reps=dana", "sam types /stepin @Dana Acme renewal", "sam picks Chance without you? = 50 %", "sam submits",
			"sam picks live with a loss? = Crosses a line", "sam submits", "sam submits", "sam closes",
		},
		deeds: []deed{
			{"priya presses Coach first; priya fills One sentence = Let Dana open; priya submits", state(nudges.Declined)},
			{"sam presses It can't wait; sam fills Why can't it wait? = They walk out; sam submits", func(r nudges.Request) bool { return r.Grant.BreakGlass }},
		},
		want: map[string]map[string]int{
			"priya": {"would like to take over": 1, "Why it couldn't wait: They walk out": 1},
			"ines":  {"would like to take over": 1, "Why it couldn't wait: They walk out": 1},
			"sam":   {"You didn't wait for a yes": -2, "": -2},
		},
	},
	"word": {
		before: []string{"sam types /stepin @Dana Acme renewal", "sam presses Change", "sam fills Start = 11:00", "sam submits"},
		deeds: []deed{
			{"sam presses Ask Dana first", func(r nudges.Request) bool { return r.Word.State != nudges.NoWord }},
			{"dana presses Yes", func(r nudges.Request) bool { return r.Word.State != nudges.WordWaits }},
			{"dana presses Coach me", func(r nudges.Request) bool { return r.Word.Answer == nudges.CoachMe }},
		},
		want: map[string]map[string]int{
			"dana": {"is your manager": 1, "what would help?": 1, "You said: *Coach me*": 1, "": 2},
			"sam":  {"Dana on Acme renewal: Coach me": 1, "": 2},
		},
	},
	"clock": {
		before: []string{
			"team approver=priya delegate=ines reps=dana", "sam types /stepin @Dana Acme renewal", "sam presses Change", "sam fills Start = 11:00", "sam submits",
			"sam picks live with a loss? = Crosses a line", "sam submits", "sam submits", "sam closes", "at 10:28",
		},
		deeds: []deed{
			{"+2m", func(r nudges.Request) bool { return r.Grant.Asked == 2 }},
			{"ines presses Decline", state(nudges.Declined)},
		},
		want: map[string]map[string]int{
			"priya": {"would like to take over": 2, "Ines said no": 3, "": 3},
			"ines":  {"You said no": 1, "": 1},
			"sam":   {"*Ines said no": 1, "": 2},
		},
	},
}

// live plays a story that meets a crash at a point, and the life after it. It says whether
// there was such a point.
func (l shared) live(t *testing.T, at int) (met bool) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, sandbox.Config{})
		defer r.end()
		r.ws.SetClock(time.Date(2026, 3, 4, 7, 56, 0, 0, time.UTC))
		c := &crash{path: r.path, copy: r.path + ".crashed", at: at}
		r.options = store.Options{NoSync: true, Around: c.around}
		r.dial = c.dial(r.pipe.Dial)
		r.start()
		r.play(strings.Join(l.before, "\n"))
		arm := func(is bool) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.armed = is
		}
		revive := func() {
			c.mu.Lock()
			dead := c.done && !met
			c.mu.Unlock()
			if !dead {
				return
			}
			met = true
			if c.err != nil {
				t.Fatal(c.err)
			}
			r.stop()
			r.path, r.options, r.dial = c.copy, store.Options{NoSync: true}, nil
			r.start()
		}
		s := &story{r: r, hands: map[string]*sandbox.Hands{}}
		one := func() nudges.Request {
			all := r.stored("sam")
			if len(all) != 1 {
				t.Fatalf("point %d: %+v", at, all)
			}
			return all[0]
		}
		arm(true)
		for _, d := range l.deeds {
			for try := 0; try == 0 || !d.done(one()); try++ {
				if try == 5 {
					t.Fatalf("point %d: %q is not done after %d tries\n%+v\n%s", at, d.line, try, one(), r.log)
				}
				if try > 0 { // they look again after a while
					time.Sleep(10 * time.Second)
					revive()
				}
				for i, line := range strings.Split(d.line, "; ") {
					name, rest, _ := strings.Cut(line, " ")
					if i == 0 && strings.HasPrefix(rest, "presses ") {
						button := "[" + strings.TrimPrefix(rest, "presses ") + "]"
						for len(r.ws.Modals(who[name])) > 0 && !strings.Contains(r.as(name).Reads(), button) && r.as(name).Close() == nil {
							r.settle() // a window that is in the way
						}
						s.hands[name] = r.as(name)
					}
					var err error
					if strings.HasPrefix(name, "+") {
						err = s.line(line)
					} else {
						err = s.does(line)
					}
					synctest.Wait()
					revive()
					if err == nil && i == strings.Count(d.line, "; ") && strings.HasPrefix(rest, "presses ") && !d.done(one()) {
						t.Errorf("point %d: %q was acknowledged and is gone", at, line)
					}
					r.settle()
					revive()
					if err != nil {
						break
					}
				}
			}
		}
		for range 6 {
			time.Sleep(10 * time.Second)
			synctest.Wait()
			revive()
		}
		arm(false)
		for name, texts := range l.want {
			for text, n := range texts {
				got := 0
				all := ""
				for _, p := range r.ws.Posts(who[name], r.as(name).DM()) {
					if p.App && !p.Ephemeral && strings.Contains(string(p.Blocks), text) {
						got++
					}
					all += string(p.Blocks) + "\n"
				}
				if got != n && (n >= 0 || got > -n || got == 0) {
					t.Errorf("point %d: %s has %d messages with %q, want %d:\n%s\n%s", at, name, got, text, n, all, r.log)
				}
			}
		}
		r.allMarksOnce()
	})
	return met
}

// allMarksOnce checks that nobody has a message twice, and no rule was broken.
func (r *rig) allMarksOnce() {
	r.t.Helper()
	for name := range who {
		seen := map[string]bool{}
		for _, p := range r.ws.Posts(who[name], r.as(name).DM()) {
			if mark := string(p.Metadata); !p.Ephemeral && strings.Contains(mark, "mark") {
				if seen[mark] {
					r.t.Errorf("said twice to %s: %s", name, mark)
				}
				seen[mark] = true
			}
		}
	}
	if v := r.ws.Violations(); len(v) > 0 {
		r.t.Errorf("rules broken: %q", v)
	}
}

// TestCrashBetweenTwo ends the bot at every second point of an approval and of a rep's word.
func TestCrashBetweenTwo(t *testing.T) {
	for name, l := range lives {
		t.Run(name, func(t *testing.T) {
			at := 1
			for ; !t.Failed() && l.live(t, at); at += 2 { // TestCrash takes each point of a pause
			}
			t.Logf("%d points", at-1)
			if at < 20 {
				t.Errorf("only %d points were met", at-1)
			}
		})
	}
}

// TestStoriesTwice plays the stories of approval and of the rep's word with every envelope
// delivered twice.
func TestStoriesTwice(t *testing.T) {
	for _, pattern := range []string{"approval*", "word*", "pull*", "ledger", "team*"} {
		files, err := filepath.Glob("testdata/stories/" + pattern + ".txt")
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, f := range files {
			if strings.Contains(f, "no-window") {
				continue // the second delivery opens the window that the first could not
			}
			t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
				text := read(t, f)
				inBubble(t, sandbox.Config{}, func(r *rig) {
					r.ws.Redeliver(true)
					r.start()
					r.play(text)
					r.allMarksOnce()
				})
			})
		}
	}
}
