package store

import (
	"iter"
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

// A courseRecord is the part of a requestRecord that says how a request went.
type courseRecord struct {
	Way      nudges.Way        `json:"way"`
	Starts   time.Time         `json:"starts"`
	Begun    time.Time         `json:"begun"`
	Decision nudges.Decision   `json:"decision"`
	Phase    nudges.Phase      `json:"phase"`
	Planned  nudges.ClaimState `json:"planned"`
	Grant    struct {
		State     nudges.GrantState `json:"state"`
		EverGiven bool              `json:"ever_given"`
		At        time.Time         `json:"at"`
	} `json:"grant"`
	Debrief struct {
		State nudges.DebriefState `json:"state"`
		End   nudges.DebriefEnd   `json:"end"`
	} `json:"debrief"`
	Uncounted bool `json:"uncounted"`
}

func (r *reader) Courses(manager nudges.UserID, since time.Time) iter.Seq2[nudges.Request, error] {
	return func(yield func(nudges.Request, error) bool) {
		more := true
		read := func(id, record []byte) (keep, sure bool) {
			if past, _ := over(id, record); more && past {
				rec, err := parse[courseRecord](requests, record)
				more = yield(rec.request(nudges.RequestID(id), manager), err) && err == nil
			}
			return false, true
		}
		for _, err := range r.found(managers, personPrefix(manager), since, read) {
			if more {
				yield(nudges.Request{}, err)
			}
			return
		}
	}
}

func (rec courseRecord) request(id nudges.RequestID, manager nudges.UserID) nudges.Request {
	return nudges.Request{
		ID: id, Manager: manager, Way: rec.Way, Starts: rec.Starts, Begun: rec.Begun,
		Decision: rec.Decision, Phase: rec.Phase, Planned: rec.Planned, Uncounted: rec.Uncounted,
		Grant:   nudges.Grant{State: rec.Grant.State, EverGiven: rec.Grant.EverGiven, At: rec.Grant.At},
		Debrief: nudges.Debriefing{State: rec.Debrief.State, End: rec.Debrief.End},
	}
}

func (r *reader) Worded(manager nudges.UserID) ([]nudges.Request, error) {
	return r.since(recent, manager, time.Time{}, over)
}

func (t *tx) AddMonth(manager nudges.UserID, m mirror.Month) error {
	if len(m.Counts) == 0 {
		return nil
	}
	rec := monthRecord{Counts: mirror.Counts{}}
	if err := t.loadIf(monthly, append(personPrefix(manager), m.Name...), &rec); err != nil {
		return err
	}
	rec.Counts.Add(m.Counts)
	return t.PutMonth(manager, mirror.Month{Name: m.Name, Counts: rec.Counts})
}

func (t *tx) PutMonth(manager nudges.UserID, m mirror.Month) error {
	if err := named("manager", string(manager)); err != nil {
		return err
	}
	key := append(personPrefix(manager), m.Name...)
	if len(m.Counts) == 0 {
		return t.Delete(monthly, key)
	}
	return t.save(monthly, key, &monthRecord{m.Counts})
}

// forgetMonths deletes somebody's own numbers.
func (t *tx) forgetMonths(who nudges.UserID) ([]string, error) {
	return nil, t.deleteAll(monthly, personPrefix(who))
}
