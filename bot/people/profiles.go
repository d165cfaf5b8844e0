package people

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/health"
	"stepin/bot/roster"
	"stepin/bot/zones"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/storage"
)

// Forever is the end of a status that has none.
var Forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// An old profile is read again before its reminder is due.
const (
	readAhead   = 75 * time.Minute // before the reminder: it comes an hour sooner if the zone's rules were wrong
	readAge     = 20 * time.Hour   // of an old profile
	offsetAge   = 2 * time.Hour    // of one with an offset of Slack's: when that changes, only Slack knows
	mostRead    = 60               // a minute: leaves room for others within the limit of users.info
	mostReading = 5 * time.Second  // a minute: the clock does nothing else meanwhile
	mostKnown   = 100_000          // people for whom the time of reading is remembered
	mostSeen    = 600              // reminders looked at in one minute
)

// AwayUntil returns when the absence ends that a status tells of; zero if it tells of none. Nothing else of a status is
// kept.
func AwayUntil(away []string, emoji string, expires int) time.Time {
	if plain, _, toned := strings.Cut(emoji, "::skin-tone-"); toned {
		emoji = plain + ":"
	}
	switch {
	case emoji == "" || !slices.Contains(away, emoji):
		return time.Time{}
	case expires == 0:
		return Forever
	}
	return time.Unix(int64(expires), 0).UTC()
}

// A Standing is what a profile means for the daily reminder.
type Standing struct {
	Zone  string           // as it is kept; "" for the last one known
	hours nudges.HourCycle // likewise
	Gone  bool             // deactivated, a guest, a bot, or of another organisation
	away  time.Time
	Asked time.Time // when Slack was asked; zero for an event
}

// Profiles applies changed profiles to reminders: time zones, absences and departures.
type Profiles struct {
	People   *Directory
	Store    storage.Store
	Health   *health.Ledger
	Now      func() time.Time
	Redraw   func(nudges.UserID) // Home shows something else now
	Settings func() *roster.Current
	// Remind does actions on a reminder.
	Remind func(storage.Tx, daily.Reminder, time.Time, ...daily.ReminderAction) (daily.Reminding, error)

	mu    sync.Mutex
	until map[nudges.UserID]time.Time // until when a profile counts, for people whose reminder is near
}

func (p *Profiles) standingOf(u slack.User) Standing {
	who := p.People.fromUser(u)
	return Standing{
		Zone: who.ZoneName(), hours: who.Hours, Gone: roster.Outsider(who),
		away: AwayUntil(p.Settings().AwayEmoji, u.Profile.StatusEmoji, u.Profile.StatusExpiration),
	}
}

// StandingIn is what a changed profile says.
func (p *Profiles) StandingIn(u form.Profile) Standing {
	gone := u.Deleted || u.Outsider || !p.People.ours(u.Team, u.Organisation)
	return Standing{
		Zone: p.People.heard(u.Zone, gone), hours: zones.Hours(u.Locale), Gone: gone,
		away: AwayUntil(p.Settings().AwayEmoji, u.StatusEmoji, u.StatusExpiry),
	}
}

// Ask returns what Slack says about somebody now.
func (p *Profiles) Ask(ctx context.Context, id nudges.UserID) (Standing, error) {
	asked := p.Now()
	u, err := p.People.refresh(ctx, id)
	if errors.Is(err, form.ErrRepUnknown) {
		return Standing{Gone: true, Asked: asked}, nil
	}
	s := p.standingOf(u)
	s.Asked = asked
	return s, err
}

// Forget forgets who somebody is, in memory and in the file.
func (p *Profiles) Forget(ctx context.Context, id nudges.UserID) error {
	p.People.changed(id)
	kept := false
	err := p.Store.View(ctx, func(r storage.Reader) error {
		who, err := r.Person(id)
		kept = !who.Member.IsZero()
		return err
	})
	if err != nil || !kept {
		return err
	}
	return p.Health.Stored(p.Store.Update(ctx, func(tx storage.Tx) error {
		who, err := tx.Person(id)
		if err != nil {
			return err
		}
		who.Member = time.Time{}
		return tx.PutPerson(who)
	}))
}

// Follow applies profiles to the people's reminders. It keeps nothing about people without one.
func (p *Profiles) Follow(ctx context.Context, all map[nudges.UserID]Standing) error {
	var has []nudges.UserID
	err := p.Store.View(ctx, func(r storage.Reader) error {
		has = nil
		for id := range all {
			rem, err := r.Reminder(id)
			if err != nil {
				return err
			}
			if rem.State != daily.ReminderNew || rem.First != "" {
				has = append(has, id)
			}
		}
		return nil
	})
	if err != nil || len(has) == 0 {
		return err
	}
	slices.Sort(has)
	err = p.Health.Stored(p.Store.Update(ctx, func(tx storage.Tx) error {
		now := p.Now()
		for _, id := range has {
			s := all[id]
			who, err := tx.Person(id)
			if err != nil {
				return err
			}
			if !s.Asked.IsZero() && who.Read.After(s.Asked) {
				continue // an event brought a newer profile meanwhile
			}
			who.Zone, who.Away, who.Read = cmp.Or(s.Zone, who.Zone), s.away, now
			who.SlackHours = cmp.Or(s.hours, who.SlackHours)
			if err := tx.PutPerson(who); err != nil {
				return err
			}
			rem, err := tx.Reminder(id)
			if err != nil {
				return err
			}
			if _, err := p.Remind(tx, rem, now, daily.Profile{Zone: s.Zone, Gone: s.Gone}); err != nil {
				return err
			}
		}
		return nil
	}))
	for _, id := range has {
		p.Redraw(id)
	}
	return err
}

// ReadDue reads old profiles of people whose reminder is due soon, and applies them.
func (p *Profiles) ReadDue(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	stale, err := p.stale(ctx)
	if err != nil || len(stale) == 0 {
		return err
	}
	all := map[nudges.UserID]Standing{}
	till := time.Now().Add(mostReading)
	for failed := 0; len(stale) > 0 && failed < 3 && time.Now().Before(till); stale = stale[1:] {
		if s, err := p.Ask(ctx, stale[0]); err == nil {
			all[stale[0]] = s
		} else { // no answer: the last known profile counts
			failed++
		}
	}
	return p.Follow(ctx, all)
}

// stale returns the people whose reminder is due soon and whose profile is old.
func (p *Profiles) stale(ctx context.Context) (stale []nudges.UserID, err error) {
	if p.until == nil || len(p.until) > mostKnown {
		p.until = map[nudges.UserID]time.Time{}
	}
	err = p.Store.View(ctx, func(r storage.Reader) error {
		stale = nil
		seen := 0
		now := p.Now()
		for id, err := range r.DueReminders(now.Add(readAhead)) {
			if err != nil {
				return err
			}
			if seen++; seen > mostSeen || len(stale) == mostRead {
				return nil
			}
			counts := func() bool { left := p.until[id].Sub(now); return left >= 0 && left <= readAge }
			if counts() {
				continue
			}
			who, err := r.Person(id)
			if err != nil {
				return err
			}
			if p.until[id] = p.countsUntil(who); !counts() {
				stale = append(stale, id)
			}
		}
		return nil
	})
	return stale, err
}

// countsUntil is until when a profile counts: less long if its clock does.
func (p *Profiles) countsUntil(who nudges.Person) time.Time {
	old, clock := who.Read.Add(readAge), p.People.clockUntil(who.Read, who.Zone)
	if clock.Before(old) {
		return clock
	}
	return old
}
