package bot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/copy"
)

// restore puts a backup in the place of the bot's file, while no bot runs.
func (r *rig) restore(backup string) copy.Restored {
	r.t.Helper()
	done, err := copy.Restore(r.t.Context(), backup, r.path,
		copy.Options{Force: true, Options: store.Options{Now: r.ws.Now}})
	if err != nil {
		r.t.Fatal(err)
	}
	return done
}

// after is what a story of a pause goes on with: the clock reminds, asks the next one and closes,
// and says the reminder of the next morning.
const after = `
at 10:31
ines presses Decline
at 11:40
at 09:05
`

// TestRestore takes a backup after each commit of two days and goes on. Each of them is restored in
// the end: nothing is said a second time, though the file knows nothing of what was said since, and
// nothing is left unsaid.
func TestRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, sandbox.Config{})
		defer r.end()
		r.ws.SetClock(time.Date(2026, 3, 4, 7, 56, 0, 0, time.UTC))
		dir := t.TempDir()
		var backups []string
		r.options = store.Options{NoSync: true, Around: func(commit func() error) error {
			if err := commit(); err != nil {
				return err
			}
			b, err := os.ReadFile(r.path)
			if err != nil {
				return err
			}
			backups = append(backups, filepath.Join(dir, fmt.Sprint(len(backups))))
			return os.WriteFile(backups[len(backups)-1], b, 0o600)
		}}
		r.start()
		for _, line := range shares["clock"].before {
			r.lines(line)
		}
		r.play(after)
		r.stop()
		r.marksOnce()
		said, mornings := r.marks(), r.mornings()
		if len(said) < 7 || mornings != 1 {
			t.Fatalf("only %d messages, %d of the morning", len(said), mornings)
		}
		r.options = store.Options{NoSync: true}
		step, looked := tries(5, 1, 1), 0
		for i := 0; i < len(backups); i += step {
			looked += r.restore(backups[i]).Looked
			r.start()
			time.Sleep(time.Minute) // both looks
			synctest.Wait()
			r.idle()
			r.stop()
			if r.marksOnce(); t.Failed() {
				t.Fatalf("backup %d of %d\n%s", i+1, len(backups), r.log)
			}
		}
		// Where the debrief opens only after the restore, its reminder is for another day, and today's line
		// comes by itself: that is one more, and once.
		if n := r.mornings(); n > mornings+1 {
			t.Errorf("%d mornings instead of %d", n, mornings)
		}
		t.Logf("%d messages, %d backups, %d messages in them looked for; %d messages in the end", len(said),
			len(backups), looked, len(r.marks()))
		if looked == 0 {
			t.Error("no backup had a message to look for")
		}
	})
}

// marks are those of all messages that people have.
func (r *rig) marks() map[string]bool {
	marks := map[string]bool{}
	for name, id := range who {
		for _, p := range r.ws.Posts(id, r.as(name).DM()) {
			if p.App && !p.Ephemeral && len(p.Metadata) > 0 {
				marks[string(p.Metadata)] = true
			}
		}
	}
	return marks
}

// mornings are the lines of the day that Sam has, by themselves or carried by the reminder of a debrief.
func (r *rig) mornings() (n int) {
	for _, p := range r.ws.Posts(who["sam"], r.as("sam").DM()) {
		if blocks := string(p.Blocks); p.App && !p.Ephemeral &&
			(strings.Contains(blocks, "b-mantra") || strings.Contains(blocks, "b-chase")) {
			n++
		}
	}
	return n
}

// idle checks that nothing that is due waits still, and nothing is unclear.
func (r *rig) idle() {
	r.t.Helper()
	r.view(func(rd storage.Reader) error {
		for m, err := range rd.Attempted() {
			r.t.Errorf("unclear still: %+v, %v", m, err)
		}
		for m, err := range rd.Ready(r.ws.Now()) {
			r.t.Errorf("unsaid: %+v, %v", m, err)
		}
		return nil
	})
}

// TestRestoreLosesNothing restores what a crash has left at each point of a story: everything is
// said, once, as it is without a restore.
func TestRestoreLosesNothing(t *testing.T) {
	for name, l := range shares {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := 1
			for ; !t.Failed() && l.live(t, at, true); at += tries(13, 5, 5) {
			}
			t.Logf("%d points", at-1)
			if at < 20 {
				t.Errorf("only %d points were met", at-1)
			}
		})
	}
}

// TestUnclearLater marks a message while the bot runs, as Enqueue does when the clock catches up on
// more after a restore than it does at the start: it is looked for, and said.
func TestUnclearLater(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		r.settle()
		err := r.db.Update(r.t.Context(), func(tx storage.Tx) error {
			return errors.Join(tx.Enqueue(r.ws.Now(),
				nudges.Message{Key: "late", Kind: view.KindOpen, To: nudges.UserID(who["sam"])}), tx.Attempt("late"))
		})
		if err != nil {
			r.t.Fatal(err)
		}
		r.bot.out.Wake()
		time.Sleep(time.Minute)
		synctest.Wait()
		r.idle()
		r.marksOnce()
		if n := len(r.marks()); n != 1 {
			r.t.Errorf("%d messages\n%s", n, r.log)
		}
	})
}

// TestRestoreOfALostThread restores a file in which a debrief's root and its questions wait: whether
// the root was said cannot be told without the scope, so that its manager is asked, and nothing waits on.
func TestRestoreOfALostThread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, sandbox.Config{})
		defer r.end()
		r.options = store.Options{NoSync: true}
		r.ws.SetClock(time.Date(2026, 3, 4, 7, 56, 0, 0, time.UTC))
		r.start()
		r.play(`team reps=dana channel=debriefs
bond dana
sam types /stepin @Dana Acme renewal
sam submits
sam picks say would help? = Having me on it
sam picks To do what? = Help out
sam picks Whose call? = Dana's
sam submits
sam submits
sam closes
at 09:30
slack refuses the token
at 09:40
`)
		r.stop()
		r.ws.Mend()
		b, err := os.ReadFile(r.path)
		backup := filepath.Join(t.TempDir(), "backup")
		if err := errors.Join(err, os.WriteFile(backup, b, 0o600)); err != nil {
			t.Fatal(err)
		}
		if n := r.restore(backup).Looked; n < 3 {
			t.Fatalf("%d messages looked for, not the root and its questions", n)
		}
		r.start()
		time.Sleep(5 * time.Minute)
		r.settle()
		r.idle()
		r.play("sam goes to stepin\nsam reads Slack didn't tell me whether the debrief on Acme renewal arrived.\n")
	})
}
