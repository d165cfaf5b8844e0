package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"stepin/nudges"
)

// groupRecord is a user group with those whom Slack said to be in it, and when.
type groupRecord struct {
	ID string          `json:"id"`
	In []nudges.UserID `json:"in"`
	At time.Time       `json:"at"`
}

// PutGroup keeps who is in a user group by now, in place of what was kept of any.
func (d *DB) PutGroup(ctx context.Context, id string, in []nudges.UserID, now time.Time) error {
	v, err := json.Marshal(groupRecord{id, in, now.UTC()})
	if err != nil {
		return fmt.Errorf("encode the group %s: %w", id, err)
	}
	return d.Update(ctx, func(t nudges.Tx) error { return t.(*tx).put(meta, []byte(metaGroup), v) })
}

// Group is who was in a user group when that was last kept, and when; the zero moment if it is not kept.
func (d *DB) Group(id string) (in []nudges.UserID, at time.Time, err error) {
	err = d.look(func(r *reader) error {
		v := r.get(meta, []byte(metaGroup))
		if v == nil {
			return nil
		}
		var rec groupRecord
		if err := decode(meta, v, &rec); err != nil {
			return err
		}
		if rec.ID == id {
			in, at = rec.In, rec.At
		}
		return nil
	})
	return in, at, err
}
