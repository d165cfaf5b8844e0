package bot

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"stepin/bot/decide"
	"stepin/bot/roster"
	"stepin/bot/zones"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/storage"
)

// noonZone is a zone in which it is about noon, so that a real morning's reminders are of today.
func noonZone(now time.Time) string {
	switch east := 12 - now.UTC().Hour(); {
	case east > 0:
		return fmt.Sprintf("Etc/GMT-%d", east) // whose sign is the other way round
	case east < 0:
		return fmt.Sprintf("Etc/GMT+%d", -east)
	}
	return "Etc/GMT"
}

// TestKillStampede kills bots with signal 9 while they say the reminders of hundreds, after some
// number of posts each time: in the end everybody has theirs, once.
func TestKillStampede(t *testing.T) {
	t.Parallel()
	people, deaths := 300, tries(2, 6, 6)
	rng := dice(t)
	f := newBattlefield(t, people)
	id := func(i int) string { return fmt.Sprintf("U0CROWD%04d", i) }
	now := time.Now()
	zone, err := time.LoadLocation(noonZone(now))
	if err != nil {
		t.Fatal(err)
	}
	due := now.Add(-20 * time.Minute).In(zone) // later by up to five minutes for each
	f.fill(func(tx storage.Tx) error {
		for i := range people {
			who := nudges.UserID(id(i))
			_, err := decide.Rules{Current: &roster.Current{}, Zones: zones.New(slog.New(slog.DiscardHandler), time.Now).Find}.Remind(tx,
				daily.Reminder{Person: who}, now.Add(-time.Hour),
				daily.Profile{Zone: zone.String()},
				daily.SetSchedule{Schedule: daily.Schedule{
					At:   daily.TimeOfDay(due.Hour()*60 + due.Minute()),
					Days: daily.AllWeek,
				}},
				daily.SwitchOn{})
			if err := errors.Join(err,
				tx.PutPerson(nudges.Person{ID: who, Zone: zone.String(), Read: now})); err != nil {
				return err
			}
		}
		return nil
	})

	posted := func() int { return f.ws.Stats().Calls["chat.postMessage"] }
	for range deaths {
		k := f.spawn()
		target := min(posted()+1+rng.IntN(people/deaths), people)
		f.until(func() bool { return false }, target, posted)
		k.kill()
	}
	t.Logf("%d posts when the last was killed", posted())
	f.finish(func(r storage.Reader) error {
		for i := range people {
			var said []string
			for _, p := range f.ws.Posts(id(i), f.ws.As(id(i)).DM()) {
				if p.App && !p.Ephemeral && bytes.Contains(p.Blocks, []byte(`"b-mantra"`)) {
					said = append(said, p.TS)
				}
			}
			rem, err := r.Reminder(nudges.UserID(id(i)))
			if err != nil {
				return err
			}
			if len(said) != 1 || len(rem.Said) != 1 || len(rem.Skips) != 0 {
				t.Errorf("%s was told at %q: %+v", id(i), said, rem)
				continue
			}
			if rc, err := r.Receipt(daily.ReminderKey(rem.Person, rem.Shown, 0)); err != nil || rc.TS != said[0] {
				t.Errorf("%s was told at %q, the receipt is %+v, %v", id(i), said, rc, err)
			}
		}
		return nil
	})
}
