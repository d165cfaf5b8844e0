package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/slackapi"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/team"
	"stepin/store"
)

// ownSkill is all that somebody wrote who exports it.
const ownSkill = "zqpricing"

// exports is a rig where Sam has words of his own, and the app may share files.
func exports(t *testing.T, f func(*rig)) {
	t.Helper()
	inBubble(t, sandbox.Config{Manifest: manifest(t, "file-export"), KeepCalls: -1}, func(r *rig) {
		r.start()
		err := r.update(func(tx storage.Tx) error {
			return tx.PutTeam(team.Team{Manager: nudges.UserID(who["sam"]), Skills: []team.Skill{{Name: ownSkill}}})
		})
		if err != nil {
			r.t.Fatal(err)
		}
		f(r)
	})
}

// An exported is what Sam has of his exports.
type exported struct {
	files []hands.PostedFile
	said  map[string]int // by text
}

const (
	hereIs = "Here's a file"
	inPart = "part 1 of 1"
	stayed = "A file with your words is still"
)

func (r *rig) exported() (x exported) {
	x.said = map[string]int{}
	for _, p := range r.ws.Posts(who["sam"], r.as("sam").DM()) {
		x.files = append(x.files, p.Files...)
		for _, text := range []string{hereIs, inPart, stayed} {
			if p.App && !p.Ephemeral && strings.Contains(string(p.Blocks), text) {
				x.said[text]++
			}
		}
	}
	return x
}

// rested waits until the outbox is empty, and checks that nothing is told of the address at which a file is
// uploaded, nor of what is in it.
func (r *rig) rested() {
	r.t.Helper()
	for range 90 {
		var n int
		if err := r.db.View(r.t.Context(), func(rd storage.Reader) (err error) {
			n, _,
				err = rd.Waiting()
			return err
		}); err != nil {
			r.t.Fatal(err)
		}
		if n == 0 {
			break
		}
		time.Sleep(10 * time.Second)
	}
	synctest.Wait()
	r.idle()
	for what, s := range map[string]string{"the log": r.log.String(), "a figure": figures(r.bot)} {
		if strings.Contains(s, "upload/v1") || strings.Contains(s, ownSkill) {
			r.t.Errorf("%s has what is secret:\n%s", what, s)
		}
	}
	if v := r.ws.Violations(); len(v) > 0 {
		r.t.Errorf("rules broken: %q", v)
	}
}

// faultsOfAFile are the kinds of faults: those of a call, and some that last for five minutes.
var faultsOfAFile = append(slices.Clone(faultsOfADebrief),
	faultKind{"refused", sandbox.Fault{Kind: sandbox.ErrorCode, Code: "file_uploads_disabled", Count: -1}},
	faultKind{"never clear", sandbox.Fault{Kind: sandbox.ResetAfter, Count: -1}},
)

// TestFaultsOfAFile exports while one call on the way fails in one way: there is one file and the sentence
// about it, or the messages; never two files, and never nothing.
func TestFaultsOfAFile(t *testing.T) {
	unclear := &sandbox.Fault{Method: slackapi.SharesFile, Kind: sandbox.ResetAfter}
	for _, m := range []struct {
		name    string
		besides *sandbox.Fault // what must fail, too, for the method to be called at all
	}{
		{"conversations.open", nil},
		{slackapi.GetsUpload, nil},
		{"upload", nil},
		{slackapi.SharesFile, nil},
		{slackapi.DeletesFile, unclear},
		{"users.info", nil},
		{"chat.postMessage", nil},
	} {
		for _, k := range faultsOfAFile {
			if k.name == "refused" && m.name == "chat.postMessage" {
				continue // no code of its own; what is refused for good is said to nobody
			}
			t.Run(m.name+"/"+k.name, func(t *testing.T) {
				exports(t, func(r *rig) {
					f := k.fault
					f.Method = m.name
					r.ws.Fail(f)
					if m.besides != nil {
						r.ws.Fail(*m.besides)
					}
					if err := r.as("sam").Types("/stepin export"); err != nil {
						r.t.Fatal(err)
					}
					time.Sleep(5 * time.Minute)
					r.ws.Mend()
					if m.name == "users.info" { // nobody gets what is written before Slack says who they are
						r.lines("sam reads Slack isn't telling me who you are; sam types /stepin export; +5m")
					}
					r.rested()
					x := r.exported()
					if file := len(x.files) == 1 && x.said[hereIs] == 1; len(x.files) > 1 ||
						x.said[hereIs]+x.said[inPart] != 1 || !file && x.said[inPart] != 1 {
						r.t.Errorf("%d files, said %v\n%s", len(x.files), x.said, r.log)
					}
					for _, f := range x.files {
						if !strings.Contains(f.Content, ownSkill) {
							r.t.Errorf("in the file is %q", f.Content)
						}
					}
					if !slices.ContainsFunc(r.ws.Calls(), func(c sandbox.Call) bool { return c.Method == m.name }) {
						r.t.Errorf("%s was never called", m.name)
					}
					// One fault alone is no reason to do without a file, but where Slack refuses it.
					once := k.fault.Count == 0 && m.name != "users.info" && m.besides == nil
					if once && len(x.files) != 1 {
						r.t.Errorf("no file, said %v\n%s", x.said, r.log)
					}
				})
			})
		}
	}
}

// TestFaultsOfATakenBackFile forgets somebody who has a file while its deletion fails in one way: it goes, or
// they are told that it stays.
func TestFaultsOfATakenBackFile(t *testing.T) {
	for _, k := range faultsOfAFile {
		t.Run(k.name, func(t *testing.T) {
			exports(t, func(r *rig) {
				r.lines("sam types /stepin export; +10s; sam has 1 files")
				f := k.fault
				f.Method = slackapi.DeletesFile
				r.ws.Fail(f)
				r.lines("sam types /stepin forget; sam submits; sam closes; +5m")
				r.ws.Mend()
				r.rested()
				x := r.exported()
				if n := len(x.files); n+x.said[stayed] != 2*n || x.said[hereIs] != 0 {
					r.t.Errorf("%d files, said %v\n%s", n, x.said, r.log)
				}
				if refused := k.name == "missing scope" || k.name == "refused"; refused != (len(x.files) == 1) {
					r.t.Errorf("%d files\n%s", len(x.files), r.log)
				}
			})
		})
	}
}

// TestForgottenInBetween forgets somebody while a call for their file is on its way: no file stays, nor does
// another one come, and nothing says that it is there.
func TestForgottenInBetween(t *testing.T) {
	for _, m := range []string{slackapi.GetsUpload, "upload", slackapi.SharesFile, "chat.postMessage"} {
		for _, k := range []faultKind{
			{"slow", sandbox.Fault{Kind: sandbox.Slow, After: 8 * time.Second}},
			{"too slow", sandbox.Fault{Kind: sandbox.Slow, After: time.Minute}},
			{"429", sandbox.Fault{Kind: sandbox.RateLimited, After: 20 * time.Second}},
		} {
			t.Run(m+"/"+k.name, func(t *testing.T) {
				exports(t, func(r *rig) {
					f := k.fault
					f.Method = m
					r.ws.Fail(f)
					r.lines("sam types /stepin export")
					if _, err := r.bot.Forget(r.t.Context(), nudges.UserID(who["sam"]), "ines", false, nil); err != nil {
						r.t.Fatal(err)
					}
					time.Sleep(5 * time.Minute)
					r.rested()
					if x := r.exported(); len(x.files) > 0 || x.said[hereIs]+x.said[stayed] > 0 {
						r.t.Errorf("files %v, said %v\n%s", x.files, x.said, r.log)
					}
				})
			})
		}
	}
}

// TestLateShare: a share that ended unclearly is taken back after 3 s and, if there was none, 10 s later. There are two
// files only on a platform that shares one later than that, as with messages (TestHistoryLag).
func TestLateShare(t *testing.T) {
	for late, want := range map[time.Duration]int{
		time.Second: 1, 5 * time.Second: 1, 12 * time.Second: 1,
		time.Minute: 2,
	} {
		t.Run(fmt.Sprint(late), func(t *testing.T) {
			exports(t, func(r *rig) {
				r.ws.Fail(sandbox.Fault{Method: slackapi.SharesFile, Kind: sandbox.Late, After: late})
				r.lines("sam types /stepin export; +3m")
				r.rested()
				if x := r.exported(); len(x.files) != want || x.said[hereIs] != 1 {
					r.t.Errorf("%d files, said %v\n%s", len(x.files), x.said, r.log)
				}
			})
		})
	}
}

// TestCrashOfAFile ends the bot at each point of an export and restarts it: there is one file, and the
// sentence about it once; or the messages, where Slack was asked for too many files.
func TestCrashOfAFile(t *testing.T) {
	met := 0
	for at := 1; ; at++ {
		died := false
		synctest.Test(t, func(t *testing.T) {
			l := &lived{
				rig:   newRig(t, sandbox.Config{Manifest: manifest(t, "file-export")}),
				known: map[nudges.RequestID]nudges.Request{},
			}
			defer l.end()
			l.options = store.Options{NoSync: true}
			l.ws.SetClock(time.Date(2026, 3, 4, 7, 31, 0, 0, time.UTC))
			l.rise()
			err := l.update(func(tx storage.Tx) error {
				return tx.PutTeam(team.Team{
					Manager: nudges.UserID(who["sam"]),
					Skills:  []team.Skill{{Name: ownSkill}},
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			l.c.mu.Lock()
			l.c.at = l.c.n + at
			l.c.mu.Unlock()
			acked := l.act(func() error { return l.as("sam").Types("/stepin export") }, nil)
			for range 30 {
				l.pass(10 * time.Second)
			}
			died = l.met > 0
			l.spare()
			l.rested()
			l.marksOnce()
			x := l.exported()
			if n := len(x.files); n > 1 || n != x.said[hereIs] || x.said[inPart] > 0 || acked && n != 1 {
				t.Errorf("with a crash at %d: %d files, said %v, acknowledged %v\n%s", at, n, x.said, acked, l.log)
			}
		})
		if !died || t.Failed() {
			break
		}
		met++
	}
	t.Logf("%d crashes", met)
	if met < 20 {
		t.Errorf("only %d crashes", met)
	}
}

// TestRestoreOfAFile takes a backup after each commit of an export and restores it in the end: a file whose id the
// backup knows is taken back before another one comes. Of one whose upload waited in the backup nothing tells, so that
// a second one comes; that is the one case.
func TestRestoreOfAFile(t *testing.T) {
	alone := 0
	for at, last := 0, 1; at < last && !t.Failed(); at++ {
		exports(t, func(r *rig) {
			dir, on := t.TempDir(), false
			var backups []string
			r.stop()
			r.options.Around = func(commit func() error) error {
				err := commit()
				if err == nil && on {
					b, _ := os.ReadFile(r.path)
					backups = append(backups, filepath.Join(dir, fmt.Sprint(len(backups))))
					err = os.WriteFile(backups[len(backups)-1], b, 0o600)
				}
				return err
			}
			r.start()
			on = true
			r.lines("sam types /stepin export; +1m; sam has 1 files")
			on, last = false, len(backups)
			if at >= last { // this time more of them were shared
				return
			}
			r.stop()
			r.restore(backups[at])
			want := 1
			r.start()
			_, waiting, err := r.said()
			if err != nil || slices.ContainsFunc(waiting,
				func(m nudges.Message) bool { return m.Kind == privacy.KindUpload }) {
				want = 2
			} else {
				alone++
			}
			time.Sleep(5 * time.Minute)
			r.rested()
			if x := r.exported(); len(x.files) != want {
				r.t.Errorf("backup %d of %d: %d files, said %v\n%s", at+1, last, len(x.files), x.said, r.log)
			}
		})
	}
	if alone == 0 { // how many there are hangs on which commits are shared
		t.Error("no backup has the file's id")
	}
}

// said is what was said to Sam without being about a request, and what waits.
func (r *rig) said() (delivered []string, waiting []nudges.Message, err error) {
	err = r.db.View(r.t.Context(), func(rd storage.Reader) (err error) {
		delivered, waiting, err = rd.SaidTo(nudges.Key("", 0, nudges.UserID(who["sam"]), ""))
		return err
	})
	return delivered, waiting, err
}

// TestRefusedTokenOfAFile: a share that ended unclearly waits, as everything does, until the token works again; then
// it is taken back, and another file comes. Nobody has the same as messages, too.
func TestRefusedTokenOfAFile(t *testing.T) {
	exports(t, func(r *rig) {
		r.ws.Fail(sandbox.Fault{Method: slackapi.SharesFile, Kind: sandbox.ResetAfter})
		r.lines("sam types /stepin export; ops the token is refused; +5m; slack mends; +5m")
		r.rested()
		if x := r.exported(); len(x.files) != 1 || x.said[hereIs] != 1 || x.said[inPart] != 0 {
			r.t.Errorf("%d files, said %v\n%s", len(x.files), x.said, r.log)
		}
	})
}

// TestRefusedDeletionHoldsUpNobody: where Slack refuses the app the deletion of one file, and nothing else, that is no
// reason to keep others waiting, and the one whose file it is learns that it stays.
func TestRefusedDeletionHoldsUpNobody(t *testing.T) {
	for _, code := range []string{"access_denied", "no_permission", "ekm_access_denied", "cant_delete_file"} {
		t.Run(code, func(t *testing.T) {
			exports(t, func(r *rig) {
				r.lines("sam types /stepin export; +10s; sam has 1 files")
				r.ws.Fail(sandbox.Fault{Method: slackapi.DeletesFile, Kind: sandbox.ErrorCode, Code: code, Count: -1})
				r.lines("sam types /stepin forget; sam submits; sam closes; +2m; priya types /stepin export; +10s; priya goes to stepin; priya reads I don't have anything you wrote; +10m")
				if x := r.exported(); x.said[stayed] != 1 {
					r.t.Errorf("%d files, said %v\n%s", len(x.files), x.said, r.log)
				}
				if h := r.bot.Health(); len(h.Causes) > 0 {
					r.t.Errorf("it says that %s", h.Causes)
				}
			})
		})
	}
}
