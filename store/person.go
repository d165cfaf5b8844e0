package store

import (
	"context"
	"time"

	"stepin/nudges"
	"stepin/nudges/storage"
)

// A personRecord is a nudges.Person.
type personRecord struct {
	ID         nudges.UserID    `json:"-"` // it stands in the key
	Zone       string           `json:"zone,omitempty"`
	SlackHours nudges.HourCycle `json:"slack_hours,omitempty"`
	OwnHours   nudges.HourCycle `json:"own_hours,omitempty"`
	DM         string           `json:"dm,omitempty"`
	ToldBy     string           `json:"told_by,omitempty"`
	Unasked    nudges.Date      `json:"unasked,omitempty"`
	Away       time.Time        `json:"away,omitzero"` // of the status that says so nothing is kept
	Read       time.Time        `json:"read,omitzero"`
	Member     time.Time        `json:"member,omitzero"`
	Used       bool             `json:"used,omitempty"`
	Hidden     bool             `json:"hidden,omitempty"`
	Uncounted  bool             `json:"uncounted,omitempty"`
	CountFrom  time.Time        `json:"count_from,omitzero"`
}

func (r *reader) Person(id nudges.UserID) (nudges.Person, error) {
	rec := personRecord{ID: id}
	err := r.loadIf(people, []byte(id), &rec)
	return nudges.Person(rec), err
}

func (t *tx) PutPerson(p nudges.Person) error {
	if err := named("person", string(p.ID)); err != nil {
		return err
	}
	rec := personRecord(p)
	return t.save(people, []byte(p.ID), &rec)
}

// A groupRecord is a user group with those who were in it, as Slack said at a moment.
type groupRecord struct {
	ID string          `json:"id"`
	In []nudges.UserID `json:"in"`
	At time.Time       `json:"at"`
}

// PutGroup keeps who is in a user group now, in place of what was kept of any group.
func (d *DB) PutGroup(ctx context.Context, id string, in []nudges.UserID, now time.Time) error {
	return d.Update(ctx, func(t storage.Tx) error {
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
