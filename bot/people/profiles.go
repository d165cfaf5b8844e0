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
	"github.com/slack-go/slack/slackevents"

	"stepin/bot/form"
	"stepin/bot/health"
	"stepin/bot/roster"
	"stepin/nudges"
)

// Forever is until when a status holds that has no end.
var Forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Before a reminder is due, the profile is read again if that was long ago: at most so many
// in a minute as leave room for others within users.info's limit.
const (
	readAhead = 15 * time.Minute
	readAge   = 20 * time.Hour
	mostRead  = 60
	// mostReading bounds it in time, for nothing else of the clock's is done meanwhile.
	mostReading = 5 * time.Second
	mostKnown   = 100_000 // people of whom it is remembered when they were read
	mostSeen    = 600     // people looked at for that in one tick
)

// AwayUntil is until when a status says that somebody is away; zero if it does not. Nothing
// else of a status is ever kept.
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

// A Standing is what a profile says for the daily reminder.
type Standing struct {
	Zone  string
	gone  bool // deactivated, a guest or a bot
	away  time.Time
	Asked time.Time // when it was asked for; zero for what Slack tells of itself
}

// Profiles keeps time zones, absences and departures of those who have a reminder, by what their profiles say.
type Profiles struct {
	People   *Directory
	Store    nudges.Store
	Health   *health.Ledger
	Now      func() time.Time
	Redraw   func(nudges.UserID) // Home shows something else now
	Settings func() *roster.Current
	// remind does an action on a reminder.
	Remind func(nudges.Tx, nudges.Reminder, time.Time, ...nudges.ReminderAction) (nudges.Reminding, error)

	mu   sync.Mutex
	read map[nudges.UserID]time.Time // when the profiles of those were read whose reminder is near
}

func (p *Profiles) standingOf(u slack.User) Standing {
	return Standing{
		Zone: u.TZ, gone: roster.Outsider(fromUser(u)),
		away: AwayUntil(p.Settings().AwayEmoji, u.Profile.StatusEmoji, u.Profile.StatusExpiration),
	}
}

func (p *Profiles) StandingIn(u slackevents.User) Standing {
	gone := u.Deleted || u.IsRestricted || u.IsUltraRestricted || u.IsBot
	return Standing{Zone: u.TZ, gone: gone, away: AwayUntil(p.Settings().AwayEmoji, u.Profile.StatusEmoji,
		u.Profile.StatusExpiration)}
}

// Follow applies profiles to the reminders of those who have one. Of others nothing is kept.
func (p *Profiles) Follow(ctx context.Context, all map[nudges.UserID]Standing) error {
	var has []nudges.UserID
	err := p.Store.View(ctx, func(r nudges.Reader) error {
		has = nil
		for id := range all {
			rem, err := r.Reminder(id)
			if err != nil {
				return err
			}
			if rem.State != nudges.ReminderNew || rem.First != "" {
				has = append(has, id)
			}
		}
		return nil
	})
	if err != nil || len(has) == 0 {
		return err
	}
	slices.Sort(has)
	err = p.Health.Stored(p.Store.Update(ctx, func(tx nudges.Tx) error {
		now := p.Now()
		for _, id := range has {
			s := all[id]
			who, err := tx.Person(id)
			if err != nil {
				return err
			}
			if !s.Asked.IsZero() && who.Read.After(s.Asked) {
				continue // an event has told of a newer one meanwhile
			}
			who.Zone, who.Away, who.Read = cmp.Or(s.Zone, who.Zone), s.away, now
			if err := tx.PutPerson(who); err != nil {
				return err
			}
			rem, err := tx.Reminder(id)
			if err != nil {
				return err
			}
			if _, err := p.Remind(tx, rem, now, nudges.Profile{Zone: s.Zone, Gone: s.gone}); err != nil {
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

// ReadDue reads the profiles again of those whose reminder is due soon.
func (p *Profiles) ReadDue(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.read == nil || len(p.read) > mostKnown {
		p.read = map[nudges.UserID]time.Time{}
	}
	var stale []nudges.UserID
	err := p.Store.View(ctx, func(r nudges.Reader) error {
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
			if now.Sub(p.read[id]).Abs() <= readAge {
				continue
			}
			who, err := r.Person(id)
			if err != nil {
				return err
			}
			if p.read[id] = who.Read; now.Sub(who.Read).Abs() > readAge {
				stale = append(stale, id)
			}
		}
		return nil
	})
	if err != nil || len(stale) == 0 {
		return err
	}
	all := map[nudges.UserID]Standing{}
	till := time.Now().Add(mostReading)
	for failed := 0; len(stale) > 0 && failed < 3 && time.Now().Before(till); stale = stale[1:] {
		asked := p.Now()
		switch u, err := p.People.anew(ctx, stale[0]); {
		case err == nil:
			s := p.standingOf(u)
			s.Asked = asked
			all[stale[0]] = s
		case errors.Is(err, form.ErrRepUnknown):
			all[stale[0]] = Standing{gone: true, Asked: asked}
		default: // Slack does not say now; what was known last is what counts
			failed++
		}
	}
	return p.Follow(ctx, all)
}
