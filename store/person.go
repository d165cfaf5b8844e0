package store

import (
	"time"

	"stepin/nudges"
)

// A personRecord is a nudges.Person.
type personRecord struct {
	ID      nudges.UserID `json:"-"` // it stands in the key
	Zone    string        `json:"zone,omitempty"`
	DM      string        `json:"dm,omitempty"`
	ToldBy  string        `json:"told_by,omitempty"`
	Unasked nudges.Date   `json:"unasked,omitempty"`
	Away    time.Time     `json:"away,omitzero"` // of the status that says so nothing is kept
	Read    time.Time     `json:"read,omitzero"`
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
