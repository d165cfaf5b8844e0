package bot

import (
	"context"
	"time"

	"stepin/nudges"
)

// goneReps are those of the requests whose debrief is due who have no account any more. It is looked
// up before the transaction, for nothing in it may call Slack.
func (b *Bot) goneReps(ctx context.Context, now time.Time) (map[nudges.UserID]bool, error) {
	var reps []nudges.UserID
	err := b.cfg.Store.View(ctx, func(rd nudges.Reader) error {
		reps = nil
		for id, err := range rd.DueRequests(now) {
			if err != nil {
				return err
			}
			r, err := rd.Request(id)
			if err != nil {
				return err
			}
			if _, joined := r.Joined(); joined && r.Rep != "" && r.Debrief.State == nudges.NoDebrief && r.Ends.Before(now) {
				reps = append(reps, r.Rep)
			}
			if len(reps) == nudges.MostPerTx {
				return nil
			}
		}
		return nil
	})
	gone := map[nudges.UserID]bool{}
	for id, p := range b.people.Find(ctx, reps) {
		gone[id] = p.Deleted || p.Err != nil
	}
	return gone, err
}
