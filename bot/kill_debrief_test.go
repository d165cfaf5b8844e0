package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"stepin/bot/form"
	"stepin/bot/sandbox/hands"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/team"
	"stepin/nudges/verdict"
	"stepin/store"
)

// TestKillDebriefs kills bots with signal 9 while they open the debriefs of calls that have ended, all in one
// channel, and while reps log what came of them: each thread stands there once, with its questions in their order,
// what was acknowledged is kept, and each root shows it.
func TestKillDebriefs(t *testing.T) {
	t.Parallel()
	const pairs = 30
	opening, logging := tries(1, 5, 5), tries(2, 6, 6)
	rng := dice(t)
	f := newBattlefield(t, 2*pairs, searchable...)
	manager := func(i int) nudges.UserID { return nudges.UserID(fmt.Sprintf("U0CROWD%04d", 2*i)) }
	rep := func(i int) nudges.UserID { return nudges.UserID(fmt.Sprintf("U0CROWD%04d", 2*i+1)) }
	about := func(i int) nudges.RequestID { return nudges.RequestID(fmt.Sprintf("RDEBRIEF%d", i)) }
	deal := func(i int) string { return fmt.Sprintf("Deal %d.", i) }
	f.fill(func(tx storage.Tx) error {
		then := time.Now().Add(-time.Hour)
		for i := range pairs {
			o := nudges.Begin(about(i), nudges.ByNow, manager(i), rep(i), deal(i), then, 40*time.Minute, then)
			err := storage.Apply(tx, privacy.KeepUsual, o, then)
			o, more := nudges.Next(o.Request, nudges.DecideNow{
				By: manager(i), Seen: o.Request.Seq,
				Around: nudges.Around{Bond: nudges.Met}, Answers: verdict.Answers{
					verdict.QAskedIn: "nobody", verdict.QStep: verdict.SpeakOnce,
				},
			}, then)
			if err := errors.Join(err, more, storage.Apply(tx, privacy.KeepUsual, o, then),
				tx.PutBond(rep(i), manager(i), nudges.Met),
				tx.PutTeam(team.Team{
					Manager: manager(i), Reps: []nudges.UserID{rep(i)},
					Channel: debriefsIn,
				})); err != nil {
				return err
			}
		}
		return nil
	})

	posted := func() int { return f.ws.Stats().Calls["chat.postMessage"] }
	for range opening {
		k := f.spawn()
		f.until(func() bool { return posted() >= 4*pairs }, posted()+1+rng.IntN(4*pairs/opening), posted)
		k.kill()
	}
	t.Logf("%d posts when the last of those was killed", posted())

	var mu sync.Mutex
	acked := map[int]bool{}
	for range logging {
		life, end := context.WithCancel(t.Context())
		k := f.spawn()
		f.hears(k, "ready")
		f.until(func() bool { return false }, 2*pairs, posted) // some threads are there by then
		var at sync.WaitGroup
		for w := range 4 {
			at.Go(func() {
				for i := w; i < pairs && life.Err() == nil; i += 4 {
					mu.Lock()
					done := acked[i]
					mu.Unlock()
					if !done && f.logs(life, string(rep(i)), deal(i)) {
						mu.Lock()
						acked[i] = true
						mu.Unlock()
					}
				}
			})
		}
		f.after(40 + rng.IntN(160)) // four logs are some 40 frames and calls, with the profiles of a new process
		k.kill()
		end()
		at.Wait()
	}
	f.finish(func(r storage.Reader) error {
		f.threads(pairs)
		logged := 0
		for i := range pairs {
			q, err := r.Request(about(i))
			if err != nil {
				return err
			}
			h, err := r.History(q.ID)
			if err != nil {
				return err
			}
			whole(t, q, h)
			is := q.Debrief.Rep.Outcome == nudges.Lost
			if is {
				logged++
			}
			if acked[i] && !is {
				t.Errorf("acknowledged and gone: %+v", q.Debrief)
			}
			root, ok := f.root(string(rep(i)), deal(i))
			rc, err := r.Receipt(q.Debrief.Root)
			if err != nil || !ok || rc.TS != root.TS {
				t.Errorf("the root of %s is not where its receipt says: %+v, %+v, %v", q.ID, rc, root, err)
			}
			if strings.Contains(string(root.Blocks), "Lost") {
				t.Errorf("the root of %+v shows what stands tomorrow: %s", q.Debrief, root.Blocks)
			}
		}
		t.Logf("%d debriefs, %d logs acknowledged, %d stored", pairs, len(acked), logged)
		if len(acked) == 0 {
			t.Error("nothing was acknowledged")
		}
		return nil
	})
}

// fill writes what there is before the first bot.
func (f *battlefield) fill(write func(storage.Tx) error) {
	f.t.Helper()
	db, err := store.Open(f.t.Context(), f.path, store.Options{})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := errors.Join(db.Update(f.t.Context(), write), db.Close()); err != nil {
		f.t.Fatal(err)
	}
}

// until waits until a count has come so far, or nothing more is to come.
func (f *battlefield) until(over func() bool, target int, count func() int) {
	f.t.Helper()
	changed, stop := f.ws.Watch()
	defer stop()
	for patience := time.After(2 * time.Minute); count() < target && !over(); {
		select {
		case <-changed:
		case <-patience:
			f.t.Fatalf("%d of %d\n%s", count(), target, f.tail())
		}
	}
}

// root is the root of a debrief, as somebody sees it.
func (f *battlefield) root(user, deal string) (hands.Post, bool) {
	for _, p := range f.ws.Posts(user, debriefsIn) {
		if p.App && p.Thread == "" && strings.Contains(string(p.Blocks), "*"+deal+"*") {
			return p, true
		}
	}
	return hands.Post{}, false
}

// logs has a rep log what came of a call. It says whether that was acknowledged as saved.
func (f *battlefield) logs(life context.Context, user, deal string) bool {
	p, ok := f.root(user, deal)
	if !ok || life.Err() != nil {
		return false
	}
	defer func() { _ = closeAll(f.ws, user) }()
	if f.ws.Act(life, user, hands.Place{Channel: p.Channel, TS: p.TS}, "b-debrief", form.ActLog,
		hands.Value{}) != nil ||
		f.window(life, user, form.LogScreen, deal) == "" || f.ws.As(user).Pick("How did it go?", "Lost") != nil {
		return false
	}
	errs, err := f.ws.As(user).Submit()
	top := f.ws.Modals(user)
	return err == nil && len(errs) == 0 && (len(top) == 0 || top[len(top)-1].Callback != string(form.NoteScreen))
}

// threads checks that so many threads stand in the channel, each once, with their questions in order.
func (f *battlefield) threads(roots int) {
	f.t.Helper()
	marks := map[string]bool{}
	below := map[string][]string{} // by root, what the replies are
	first := map[string]bool{}
	for _, p := range f.ws.Posts("U0CROWD0000", debriefsIn) {
		if !p.App || p.Ephemeral {
			continue
		}
		if mark := string(p.Metadata); marks[mark] || !strings.Contains(mark, `"mark"`) {
			f.t.Errorf("said twice, or without a mark: %s %s", mark, p.Blocks)
		} else {
			marks[mark] = true
		}
		switch {
		case p.Thread == "":
			first[p.TS] = true
		case strings.Contains(string(p.Blocks), "you first:"):
			below[p.Thread] = append(below[p.Thread], "rep")
		default:
			below[p.Thread] = append(below[p.Thread], "manager")
		}
	}
	if len(first) != roots || len(below) != roots {
		f.t.Errorf("%d roots, %d of them with questions, want %d", len(first), len(below), roots)
	}
	for ts, is := range below {
		if got := strings.Join(is, " "); !first[ts] || got != "rep manager" {
			f.t.Errorf("below the root %s (there: %v): %s", ts, first[ts], got)
		}
	}
}
