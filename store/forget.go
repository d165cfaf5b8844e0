package store

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/privacy"
	"stepin/nudges/team"
)

// A forgetRecord is a privacy.Forget.
type forgetRecord struct {
	Who nudges.UserID `json:"-"` // it stands in the key
	At  time.Time     `json:"at"`
	Own bool          `json:"own,omitempty"`

	Motives bool `json:"motives,omitempty"`
}

func (r *reader) Forgets() (all []privacy.Forget, err error) {
	for k, v := range r.Scan(forgets, nil) {
		rec := forgetRecord{Who: nudges.UserID(k)}
		if err := decode(forgets, v, &rec); err != nil {
			return nil, err
		}
		all = append(all, privacy.Forget(rec))
	}
	return all, nil
}

func (t *tx) PutForget(f privacy.Forget) error {
	if err := named("person", string(f.Who)); err != nil {
		return err
	}
	rec := forgetRecord(f)
	return t.save(forgets, []byte(f.Who), &rec)
}

func (t *tx) EndForget(who nudges.UserID) error { return t.Delete(forgets, []byte(who)) }

func (r *reader) SaidTo(prefix string) (delivered []string, waiting []nudges.Message, err error) {
	for k, v := range r.Scan(said, []byte(prefix)) {
		rec, err := parse[saidRecord](said, v)
		if err != nil {
			return nil, nil, err
		}
		if rec.Dropped == "" {
			delivered = append(delivered, string(k))
		}
	}
	for k, v := range r.Scan(outbox, []byte(prefix)) {
		rec, err := parse[messageRecord](outbox, v)
		if err != nil {
			return nil, nil, err
		}
		waiting = append(waiting, rec.message(string(k)))
	}
	return delivered, waiting, nil
}

func (t *tx) ForgetPerson(who nudges.UserID) (words []string, changed int, err error) {
	if err := named("person", string(who)); err != nil {
		return nil, 0, err
	}
	before := t.Changes()
	for _, forget := range []func(nudges.UserID) ([]string, error){
		t.forgetTeams, t.forgetLearning, t.forgetLedger, t.forgetBonds, t.forgetReminder, t.forgetRuns, t.forgetMonths,
	} {
		more, err := forget(who)
		if err != nil {
			return nil, 0, err
		}
		words = append(words, more...)
	}
	if t.Has(people, []byte(who)) {
		err = t.Delete(people, []byte(who))
	}
	return words, t.Changes() - before, err
}

// forgetTeams deletes somebody's own team, and takes them out of others' teams. It gives their words, as do those
// below.
func (t *tx) forgetTeams(who nudges.UserID) (words []string, err error) {
	for k := range t.Scan(teams, nil) {
		manager := nudges.UserID(bytes.Clone(k))
		of, err := t.Team(manager)
		if err != nil {
			return nil, err
		}
		if manager == who {
			for _, s := range of.Skills {
				words = append(words, s.Name, s.Training)
			}
			err = errors.Join(t.PutTeam(team.Team{Manager: who}), t.Delete(teams, []byte(who)))
		} else if leave(&of, who) {
			err = t.PutTeam(of)
		}
		if err != nil {
			return nil, err
		}
	}
	return words, nil
}

// leave takes somebody out of a team; false if they are not in it.
func leave(of *team.Team, who nudges.UserID) (left bool) {
	for i, a := range of.Approvers {
		if a.Delegate == who {
			of.Approvers[i].Delegate, left = "", true
		}
	}
	members := len(of.Reps) + len(of.Approvers)
	of.Reps = slices.DeleteFunc(of.Reps, func(id nudges.UserID) bool { return id == who })
	of.Approvers = slices.DeleteFunc(of.Approvers, func(a team.Approver) bool { return a.ID == who })
	return left || len(of.Reps)+len(of.Approvers) < members
}

// forgetLearning deletes a manager's deals for learning.
func (t *tx) forgetLearning(who nudges.UserID) (words []string, err error) {
	for _, v := range t.Scan(learning, personPrefix(who)) {
		rec, err := parse[learningRecord](learning, v)
		if err != nil {
			return nil, err
		}
		words = append(words, rec.Deal, rec.What)
	}
	return words, t.deleteAll(learning, personPrefix(who))
}

// forgetLedger deletes the names of skills from a manager's ledger.
func (t *tx) forgetLedger(who nudges.UserID) (words []string, err error) {
	for k, v := range t.Scan(ledger, personPrefix(who)) {
		rec, err := parse[ledgerRecord](ledger, v)
		if err != nil {
			return nil, err
		}
		before := len(words)
		for i, c := range rec.Coached {
			if c.Skill != "" {
				words = append(words, c.Skill)
				rec.Coached[i].Skill = ""
			}
		}
		if len(words) == before {
			continue
		}
		if err := t.save(ledger, bytes.Clone(k), &rec); err != nil {
			return nil, err
		}
	}
	return words, nil
}

// forgetBonds deletes what was said about whose rep somebody is, and who is theirs.
func (t *tx) forgetBonds(who nudges.UserID) ([]string, error) {
	for k := range t.Scan(bonds, nil) {
		rep, manager, _ := strings.Cut(string(k), "\x00")
		if rep == string(who) || manager == string(who) {
			if err := t.Delete(bonds, bytes.Clone(k)); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// forgetReminder leaves of a reminder that it is off.
func (t *tx) forgetReminder(who nudges.UserID) ([]string, error) {
	was, err := t.Reminder(who)
	off := daily.Reminder{Person: who, State: daily.ReminderOff}
	if err != nil || !t.Has(reminders, []byte(who)) || reflect.DeepEqual(was, off) {
		return nil, err
	}
	return nil, t.PutReminder(off)
}
