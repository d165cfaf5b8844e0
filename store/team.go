package store

import (
	"errors"
	"fmt"
	"slices"

	"stepin/nudges"
	"stepin/nudges/team"
)

// A teamRecord is what a manager has settled for their reps.
type teamRecord struct {
	Policy    nudges.Policy    `json:"policy,omitempty"`
	Reps      []nudges.UserID  `json:"reps,omitempty"`
	Approvers []approverRecord `json:"approvers,omitempty"`
	Channel   string           `json:"channel,omitempty"`
	Skills    []skillRecord    `json:"skills,omitempty"`
}

type approverRecord struct {
	ID       nudges.UserID `json:"id"`
	Delegate nudges.UserID `json:"delegate,omitempty"`
	From     nudges.Date   `json:"from,omitempty"`
	Until    nudges.Date   `json:"until,omitempty"`
}

type skillRecord struct {
	Name     string `json:"name"`
	Training string `json:"training,omitempty"`
}

func (r *reader) Team(manager nudges.UserID) (team.Team, error) {
	var rec teamRecord
	err := r.loadIf(teams, []byte(manager), &rec)
	return team.Team{
		Manager: manager, Policy: rec.Policy, Reps: rec.Reps, Channel: rec.Channel,
		Approvers: each(rec.Approvers, func(a approverRecord) team.Approver { return team.Approver(a) }),
		Skills:    each(rec.Skills, func(s skillRecord) team.Skill { return team.Skill(s) }),
	}, err
}

func (r *reader) TeamOf(rep nudges.UserID) (nudges.UserID, error) {
	if v := r.Get(reps, []byte(rep)); v != nil {
		return nudges.UserID(v), nil
	}
	return "", nudges.ErrNotFound
}

func (t *tx) PutTeam(of team.Team) error {
	if err := named("manager", string(of.Manager)); err != nil {
		return err
	}
	was, err := t.Team(of.Manager)
	if err != nil {
		return err
	}
	for _, rep := range was.Reps {
		if !slices.Contains(of.Reps, rep) {
			if err := t.Delete(reps, []byte(rep)); err != nil {
				return err
			}
		}
	}
	for _, rep := range of.Reps {
		if err := t.putRep(rep, of.Manager); err != nil {
			return err
		}
	}
	return t.save(teams, []byte(of.Manager), &teamRecord{
		Policy: of.Policy, Reps: of.Reps, Channel: of.Channel,
		Approvers: each(of.Approvers, func(a team.Approver) approverRecord { return approverRecord(a) }),
		Skills:    each(of.Skills, func(s team.Skill) skillRecord { return skillRecord(s) }),
	})
}

func (t *tx) putRep(rep, manager nudges.UserID) error {
	if err := named("rep", string(rep)); err != nil {
		return err
	}
	switch other, err := t.TeamOf(rep); {
	case err == nil && other != manager:
		return fmt.Errorf("%s is on the team of %s: %w", rep, other, nudges.ErrTwoTeams)
	case unlessNotFound(err) != nil:
		return err
	}
	return t.Put(reps, []byte(rep), []byte(manager))
}

func bondKey(rep, manager nudges.UserID) []byte { return append(personPrefix(rep), manager...) }

func (r *reader) Bond(rep, manager nudges.UserID) (nudges.BondState, error) {
	return nudges.BondState(r.Get(bonds, bondKey(rep, manager))), nil
}

func (t *tx) PutBond(rep, manager nudges.UserID, is nudges.BondState) error {
	if err := errors.Join(named("rep", string(rep)), named("manager", string(manager))); err != nil {
		return err
	}
	return t.Put(bonds, bondKey(rep, manager), []byte(is))
}
