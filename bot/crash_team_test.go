package bot

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/nudges"
	"stepin/store"
)

// A deed is a line of a story that somebody does again until it is done: somebody who gets no answer
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

var shares = map[string]shared{
	"decline": {
		before: []string{
			"team approver=priya delegate=ines reps=dana", "sam types /stepin @Dana Acme renewal", "sam picks Odds without you? = 50%", "sam submits",
			"sam picks worst case? = Illegal, dishonest or unsafe", "sam submits", "sam submits", "sam closes",
		},
		deeds: []deed{
			{"priya presses Try coaching first; priya fills One sentence = Let Dana open; priya submits", state(nudges.Declined)},
			{"sam presses It can't wait; sam fills Why can't it wait? = They walk out; sam submits", func(r nudges.Request) bool { return r.Grant.BreakGlass }},
		},
		want: map[string]map[string]int{
			"priya": {"would like to lead": 1, "Why it couldn't wait: They walk out": 1},
			"ines":  {"would like to lead": 1, "Why it couldn't wait: They walk out": 1},
			"sam":   {"You went ahead without approval": -2, "": -2},
		},
	},
	"clock": {
		before: []string{
			"team approver=priya delegate=ines reps=dana", "sam types /stepin @Dana Acme renewal", "sam presses Change", "sam fills Start = 11:00", "sam submits",
			"sam picks worst case? = Illegal, dishonest or unsafe", "sam submits", "sam submits", "sam closes", "at 10:28",
		},
		deeds: []deed{
			{"+2m", func(r nudges.Request) bool { return r.Grant.Asked == 2 }},
			{"ines presses Decline", state(nudges.Declined)},
		},
		want: map[string]map[string]int{
			"priya": {"would like to lead": 2, "Ines declined": 3, "": 3},
			"ines":  {"You declined": 1, "": 1},
			"sam":   {"*Ines declined": 1, "": 2},
		},
	},
}

// live plays a story that meets a crash at a point, and the life after it, with the file that the
// crash has left, or with one restored from it as from a backup. It says whether there was such a
// point.
func (l shared) live(t *testing.T, at int, restored bool) (met bool) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, sandbox.Config{})
		defer r.end()
		r.ws.SetClock(time.Date(2026, 3, 4, 7, 56, 0, 0, time.UTC))
		c := newCrash(r.path, filepath.Join(filepath.Dir(r.path), "after", "stepin.db"), 0)
		r.options = store.Options{NoSync: true, Around: c.around}
		r.dial, r.dead = c.dial(r.pipe.Dial), c.dead
		r.start()
		r.play(strings.Join(l.before, "\n"))
		c.mu.Lock()
		c.at = c.n + at // from here on
		c.mu.Unlock()
		revive := func() {
			if met || !c.gone() {
				return
			}
			met = true
			if c.err != nil {
				t.Fatal(c.err)
			}
			r.stop()
			r.path, r.options, r.dial, r.dead = c.copy, store.Options{NoSync: true}, nil, nil
			if restored {
				r.path = filepath.Join(t.TempDir(), "stepin.db")
				r.restore(c.copy)
			}
			r.start()
		}
		s := &story{r: r, hands: map[string]*hands.Hands{}}
		one := func() nudges.Request {
			all := r.stored("sam")
			if len(all) != 1 {
				t.Fatalf("point %d: %+v", at, all)
			}
			return all[0]
		}
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
		r.marksOnce()
	})
	return met
}

// TestCrashOfANo stops the bot at points of a no, of a take-over that does not wait, and of what the clock does while
// an answer is waited for: at every second one in a long run.
func TestCrashOfANo(t *testing.T) {
	for name, l := range shares {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := 1
			for ; !t.Failed() && l.live(t, at, false); at += tries(10, 2, 1) {
			}
			t.Logf("%d points", at-1)
			if at < 20 {
				t.Errorf("only %d points were met", at-1)
			}
		})
	}
}

// TestStoriesTwice plays the stories of approval, of the rep's word, of the reminder and of the debrief with
// every envelope delivered twice: one in five of them, in a long run all.
func TestStoriesTwice(t *testing.T) {
	n := 0
	for _, pattern := range []string{"approval*", "word*", "pull*", "ledger", "team*", "rem*", "deb*"} {
		files, err := filepath.Glob("testdata/stories/" + pattern + ".txt")
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, f := range files {
			if strings.Contains(f, "no-window") {
				continue // the second delivery opens the window that the first could not
			}
			if n++; !sampled(n, 5) {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
				t.Parallel()
				text := read(t, f)
				inBubble(t, sandbox.Config{Manifest: scopesOf(t, text)}, func(r *rig) {
					r.ws.Behave(func(b *sandbox.Behaviour) { b.Redeliver = true })
					r.start()
					r.play(text)
					r.marksOnce()
				})
			})
		}
	}
}
