package store

import (
	"context"
	"time"

	"stepin/nudges"
)

// A groupRecord is a user group with those who were in it, as Slack said at a moment.
type groupRecord struct {
	ID string          `json:"id"`
	In []nudges.UserID `json:"in"`
	At time.Time       `json:"at"`
}

// PutGroup keeps who is in a user group now, in place of what was kept of any group.
func (d *DB) PutGroup(ctx context.Context, id string, in []nudges.UserID, now time.Time) error {
	return d.Update(ctx, func(t nudges.Tx) error {
		return t.(*tx).save(meta, []byte(metaGroup), &groupRecord{id, in, now})
	})
}

// Group is who was in a user group when that was last kept, and when; the zero moment if it is not kept.
func (d *DB) Group(id string) (in []nudges.UserID, at time.Time, err error) {
	err = d.look(func(r *reader) error {
		var rec groupRecord
		if err := r.loadIf(meta, []byte(metaGroup), &rec); err != nil {
			return err
		}
		if rec.ID == id {
			in, at = rec.In, rec.At
		}
		return nil
	})
	return in, at, err
}
