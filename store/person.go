package store

import (
	"errors"
	"time"

	"stepin/nudges"
)

// personRecord is what is remembered of somebody.
type personRecord struct {
	Zone    string `json:"zone,omitempty"`
	DM      string `json:"dm,omitempty"`
	ToldBy  string `json:"told_by,omitempty"`
	Unasked string `json:"unasked,omitempty"`
	// Away is until when their status says so; of the status nothing is kept.
	Away time.Time `json:"away,omitzero"`
	Read time.Time `json:"read,omitzero"`
}

func (r *reader) Person(id nudges.UserID) (nudges.Person, error) {
	var rec personRecord
	if err := r.load(people, []byte(id), &rec); err != nil && !errors.Is(err, nudges.ErrNotFound) {
		return nudges.Person{}, err
	}
	return nudges.Person{ID: id, Zone: rec.Zone, DM: rec.DM, ToldBy: rec.ToldBy, Unasked: nudges.Date(rec.Unasked), Away: rec.Away, Read: rec.Read}, nil
}

func (t *tx) PutPerson(p nudges.Person) error {
	if err := named("person", string(p.ID)); err != nil {
		return err
	}
	return t.save(people, []byte(p.ID), personRecord{Zone: p.Zone, DM: p.DM, ToldBy: p.ToldBy, Unasked: string(p.Unasked), Away: p.Away.UTC(), Read: p.Read.UTC()})
}
