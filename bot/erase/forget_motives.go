package erase

import (
	"context"
	"slices"

	"stepin/nudges"
	"stepin/nudges/mirror"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
)

// takeOutMotives deletes why somebody wanted to step in: from their requests, some per transaction, and then from what
// was counted of them, for retention may count one on the way.
func (f Forgetter) takeOutMotives(ctx context.Context, who nudges.UserID) error {
	r := &round{Forgetter: f, who: who}
	err := storage.EachRequest(ctx, f.Store, f.Progress, func(some []nudges.Request) error {
		var ids []nudges.RequestID
		for _, q := range some {
			if q.Manager == who && q.Answers[verdict.QMotive] != "" {
				ids = append(ids, q.ID)
			}
		}
		for ids := range slices.Chunk(ids, forgotAtOnce) {
			if err := r.update(ctx, func(p *part) error { return p.motives(ids) }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.update(ctx, (*part).monthsOfMotives)
}

func (p *part) motives(ids []nudges.RequestID) error {
	for _, id := range ids {
		r, err := p.tx.Request(id)
		if err != nil {
			return err
		}
		r = r.Clone()
		delete(r.Answers, verdict.QMotive)
		if err := p.tx.PutRequest(r); err != nil {
			return err
		}
	}
	return nil
}

func (p *part) monthsOfMotives() error {
	all, err := p.tx.Months(p.who)
	for _, m := range all {
		if err == nil {
			err = p.tx.PutMonth(p.who, mirror.Month{Name: m.Name, Counts: m.Counts.WithoutMotives()})
		}
	}
	return err
}
