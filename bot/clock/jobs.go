package clock

import (
	"context"
	"fmt"
	"time"

	"stepin/bot/decide"
	"stepin/bot/people"
	"stepin/bot/roster"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/storage"
)

// Jobs are what time alone starts.
type Jobs struct {
	Worker
	Rules    func() decide.Rules // by the settings that apply now
	People   *people.Directory
	Profiles *people.Profiles
}

// All are those that may say something to somebody, in their order.
func (j *Jobs) All() []func(context.Context) error {
	return []func(context.Context) error{j.Requests, j.Profiles.ReadDue, j.Reminders}
}

// Requests applies the clock to every request that is due.
func (j *Jobs) Requests(ctx context.Context) error {
	gone, err := j.goneReps(ctx, j.Now())
	if err != nil {
		return err
	}
	return CatchUp(ctx, &j.Worker, Kind[nudges.RequestID]{
		Due: storage.Reader.DueRequests,
		Do: func(tx storage.Tx, id nudges.RequestID, now time.Time) ([]nudges.UserID, []daily.Skip, error) {
			r, err := tx.Request(id)
			if err != nil {
				return nil, nil, fmt.Errorf("due request %s: %w", id, err)
			}
			touched, err := j.Rules().Tick(tx, r, gone, now)
			return touched, nil, err
		},
	})
}

// goneReps are those of the requests whose debrief is due who have no account any more, or are no full member. It is
// looked up before the transaction, for nothing in it may call Slack.
func (j *Jobs) goneReps(ctx context.Context, now time.Time) (map[nudges.UserID]bool, error) {
	var reps []nudges.UserID
	err := j.Store.View(ctx, func(rd storage.Reader) error {
		reps = nil
		for id, err := range rd.DueRequests(now) {
			if err != nil {
				return err
			}
			r, err := rd.Request(id)
			if err != nil {
				return err
			}
			if _, joined := r.Joined(); joined && r.Rep != "" && r.Debrief.State == nudges.NoDebrief &&
				r.Ends.Before(now) {
				reps = append(reps, r.Rep)
			}
			if len(reps) == storage.MostPerTx {
				return nil
			}
		}
		return nil
	})
	gone := map[nudges.UserID]bool{}
	for id, p := range j.People.Find(ctx, reps) {
		gone[id] = p.Err != nil || roster.Outsider(p.Person)
	}
	return gone, err
}

// MostWaiting is how many messages may wait for reminders to be added to them: what can be
// sent until the next tick, and a few more. Those that are left are still due then. So a stampede
// of reminders is no queue in which anything else would have to stand.
const MostWaiting = 330

// Reminders says or skips the reminders that are due.
func (j *Jobs) Reminders(ctx context.Context) error {
	return CatchUp(ctx, &j.Worker, Kind[nudges.UserID]{
		Due: storage.Reader.DueReminders,
		Room: func(r storage.Reader) (int, error) {
			waiting, _, err := r.Waiting()
			return MostWaiting - waiting, err
		},
		Do: func(tx storage.Tx, id nudges.UserID, now time.Time) ([]nudges.UserID, []daily.Skip, error) {
			skips, err := j.Rules().TickReminder(tx, id, now)
			return []nudges.UserID{id}, skips, err
		},
	})
}

// envelopeAge is how long an envelope's identity is kept: the platform's last redelivery
// comes after 24 hours (docs.slack.dev/apis/events-api).
const envelopeAge = 25 * time.Hour

// Envelopes deletes envelopes that Slack will not deliver again.
func (j *Jobs) Envelopes(ctx context.Context) error {
	if err := j.Worker.Sweep(ctx, envelopeAge); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	return nil
}
