package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stepin/nudges"
)

// teamRecord is what a manager has settled for their reps.
type teamRecord struct {
	Policy    string           `json:"policy,omitempty"`
	Reps      []nudges.UserID  `json:"reps,omitempty"`
	Approvers []approverRecord `json:"approvers,omitempty"`
	Channel   string           `json:"channel,omitempty"`
	Skills    []skillRecord    `json:"skills,omitempty"`
}

type approverRecord struct {
	ID       string `json:"id"`
	Delegate string `json:"delegate,omitempty"`
	From     string `json:"from,omitempty"`
	Until    string `json:"until,omitempty"`
}

type skillRecord struct {
	Name     string `json:"name"`
	Training string `json:"training,omitempty"`
}

func (r *reader) Team(manager nudges.UserID) (nudges.Team, error) {
	var rec teamRecord
	if err := r.load(teams, []byte(manager), &rec); err != nil && !errors.Is(err, nudges.ErrNotFound) {
		return nudges.Team{}, err
	}
	t := nudges.Team{Manager: manager, Policy: nudges.Policy(rec.Policy), Reps: rec.Reps, Channel: rec.Channel}
	for _, a := range rec.Approvers {
		t.Approvers = append(t.Approvers, nudges.Approver{
			ID: nudges.UserID(a.ID), Delegate: nudges.UserID(a.Delegate), From: nudges.Date(a.From), Until: nudges.Date(a.Until),
		})
	}
	for _, s := range rec.Skills {
		t.Skills = append(t.Skills, nudges.Skill{Name: s.Name, Training: s.Training})
	}
	return t, nil
}

func (r *reader) TeamOf(rep nudges.UserID) (nudges.UserID, error) {
	if v := r.get(reps, []byte(rep)); v != nil {
		return nudges.UserID(v), nil
	}
	return "", nudges.ErrNotFound
}

func (t *tx) PutTeam(team nudges.Team) error {
	if err := named("manager", string(team.Manager)); err != nil {
		return err
	}
	was, err := t.Team(team.Manager)
	if err != nil {
		return err
	}
	for _, rep := range was.Reps {
		if !slices.Contains(team.Reps, rep) {
			if err := t.del(reps, []byte(rep)); err != nil {
				return err
			}
		}
	}
	for _, rep := range team.Reps {
		if err := named("rep", string(rep)); err != nil {
			return err
		}
		switch other, err := t.TeamOf(rep); {
		case err == nil && other != team.Manager:
			return fmt.Errorf("%s is on the team of %s: %w", rep, other, nudges.ErrTwoTeams)
		case err != nil && !errors.Is(err, nudges.ErrNotFound):
			return err
		}
		if err := t.put(reps, []byte(rep), []byte(team.Manager)); err != nil {
			return err
		}
	}
	rec := teamRecord{Policy: string(team.Policy), Reps: team.Reps, Channel: team.Channel}
	for _, a := range team.Approvers {
		rec.Approvers = append(rec.Approvers, approverRecord{string(a.ID), string(a.Delegate), string(a.From), string(a.Until)})
	}
	for _, s := range team.Skills {
		rec.Skills = append(rec.Skills, skillRecord{s.Name, s.Training})
	}
	return t.save(teams, []byte(team.Manager), rec)
}

func bondKey(rep, manager nudges.UserID) []byte {
	return append(personPrefix(rep), manager...)
}

func (r *reader) Bond(rep, manager nudges.UserID) (nudges.BondState, error) {
	return nudges.BondState(r.get(bonds, bondKey(rep, manager))), nil
}

func (t *tx) PutBond(rep, manager nudges.UserID, is nudges.BondState) error {
	if err := errors.Join(named("rep", string(rep)), named("manager", string(manager))); err != nil {
		return err
	}
	return t.put(bonds, bondKey(rep, manager), []byte(is))
}

func (r *reader) PartOf(user nudges.UserID) ([]nudges.Request, error) {
	var all []nudges.Request
	for req, err := range r.found(parts, personPrefix(user)) {
		if err != nil {
			return nil, err
		}
		all = append(all, req)
	}
	return all, nil
}

// ledgerRecord is what is remembered of a rep and a deal, or a rep and a skill.
type ledgerRecord struct {
	Took    time.Time       `json:"took,omitzero"`
	Before  time.Time       `json:"before,omitzero"` // the take-over before that, if Took is taken back
	Coached []coachedRecord `json:"coached,omitempty"`
	Learn   string          `json:"learn,omitempty"` // of a request's; private text
}

type coachedRecord struct {
	Skill string    `json:"skill,omitempty"`
	At    time.Time `json:"at"`
}

// mostCoached is how many coachings are kept of one rep and deal: the newest.
const mostCoached = 20

// ledgerKeys are the entries for a deal and for a skill: all that the file knows of either
// is an HMAC under its key. The manager and the rep stand before it, for both to be found.
func (r *reader) ledgerKeys(manager, rep nudges.UserID, deal, skill string) (keys [][]byte) {
	prefix := append(personPrefix(manager), personPrefix(rep)...)
	if deal := nudges.NormalDeal(deal); deal != "" {
		keys = append(keys, append(slices.Clone(prefix), r.mac("", "ledger", "deal", string(manager), string(rep), deal)...))
	}
	if skill := strings.ToLower(skill); skill != "" {
		keys = append(keys, append(slices.Clone(prefix), r.mac("", "ledger", "skill", string(manager), string(rep), skill)...))
	}
	return keys
}

func (r *reader) Past(manager, rep nudges.UserID, deal, skill string) (nudges.Past, error) {
	var p nudges.Past
	for _, key := range r.ledgerKeys(manager, rep, deal, skill) {
		var rec ledgerRecord
		if err := r.load(ledger, key, &rec); err != nil {
			if errors.Is(err, nudges.ErrNotFound) {
				continue
			}
			return p, err
		}
		q := nudges.Past{Took: rec.Took} // Merge leaves what was coached since
		for _, c := range rec.Coached {
			q.Coached = append(q.Coached, nudges.Coached{Skill: c.Skill, At: c.At})
		}
		p = p.Merge(q)
	}
	l, err := r.learn(manager, rep, deal)
	p.Learn = l.What
	return p, err
}

func (t *tx) Remember(entries ...nudges.LedgerEntry) error {
	for _, e := range entries {
		if err := errors.Join(named("manager", string(e.Manager)), named("rep", string(e.Rep))); err != nil {
			return err
		}
		for _, key := range t.ledgerKeys(e.Manager, e.Rep, e.Deal, e.Skill) {
			var rec ledgerRecord
			if err := t.load(ledger, key, &rec); err != nil && !errors.Is(err, nudges.ErrNotFound) {
				return err
			}
			switch back := e.Took && !e.Not.IsZero(); {
			case back && rec.Took.Equal(e.Not):
				rec.Took, rec.Before = rec.Before, time.Time{}
			case back && rec.Before.Equal(e.Not): // another has been noted since
				rec.Before = time.Time{}
			case back:
				continue
			case e.Took:
				rec.Took, rec.Before = e.At.UTC(), rec.Took
			default:
				rec.Coached = append(rec.Coached, coachedRecord{e.Skill, e.At.UTC()})
				rec.Coached = rec.Coached[max(0, len(rec.Coached)-mostCoached):]
			}
			if err := t.save(ledger, key, rec); err != nil {
				return err
			}
		}
	}
	return nil
}

// partsOf are the entries of a request in the index of those who have a part in it.
func partsOf(req nudges.Request, newest []byte) map[place]bool {
	p := map[place]bool{}
	in := func(who nudges.UserID) {
		if who != "" {
			p[place{parts, string(append(personPrefix(who), newest...))}] = true
		}
	}
	if req.Phase == nudges.Debrief && req.Debrief.Shared() || req.Phase != nudges.Done && req.WaitsForBond() || req.Open() && req.Way == nudges.ByAsk {
		in(req.Rep)
	}
	if req.Open() && req.Grant.State == nudges.Asked {
		for _, who := range req.Grant.Askees() {
			in(who)
		}
	}
	return p
}
