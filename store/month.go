package store

import (
	"cmp"
	"strings"
	"time"

	"stepin/nudges"
	"stepin/nudges/mirror"
)

// A monthRecord is what is kept of a month of somebody's own numbers; the month stands in the key.
type monthRecord struct {
	Counts mirror.Counts `json:"counts"`
}

func (r *reader) Months(manager nudges.UserID) (all []mirror.Month, err error) {
	for k, v := range r.Scan(monthly, personPrefix(manager)) {
		rec, err := parse[monthRecord](monthly, v)
		if err != nil {
			return nil, err
		}
		_, month, _ := strings.Cut(string(k), "\x00")
		all = append(all, mirror.Month{Name: month, Counts: rec.Counts})
	}
	return all, nil
}

func (r *reader) Worded(manager nudges.UserID) ([]nudges.Request, error) {
	return r.since(recent, manager, time.Time{}, over)
}

func (t *tx) AddMonth(manager nudges.UserID, m mirror.Month) error {
	if len(m.Counts) == 0 {
		return nil
	}
	rec := monthRecord{Counts: mirror.Counts{}}
	if err := t.loadIf(monthly, monthKey(manager, m.Name), &rec); err != nil {
		return err
	}
	rec.Counts.Add(m.Counts)
	return t.PutMonth(manager, mirror.Month{Name: m.Name, Counts: rec.Counts})
}

func (t *tx) PutMonth(manager nudges.UserID, m mirror.Month) error {
	err := cmp.Or(named("manager", string(manager)), named("month", m.Name))
	if err != nil {
		return err
	}
	key := monthKey(manager, m.Name)
	if len(m.Counts) == 0 {
		return t.Delete(monthly, key)
	}
	return t.save(monthly, key, &monthRecord{m.Counts})
}

func monthKey(manager nudges.UserID, month string) []byte {
	return append(personPrefix(manager), month...)
}

// forgetMonths deletes somebody's own numbers.
func (t *tx) forgetMonths(who nudges.UserID) ([]string, error) {
	return nil, t.deleteAll(monthly, personPrefix(who))
}
