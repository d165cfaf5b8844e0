package bot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"stepin/nudges"
)

// own is all that somebody has written, the oldest first.
func (b *Bot) own(ctx context.Context, sc *scene) (out []ownEntry, err error) {
	var all []nudges.Request
	people := map[nudges.UserID]bool{}
	err = nudges.EachRequest(ctx, b.cfg.Store, nil, func(some []nudges.Request) error {
		for _, r := range some {
			if r.Concerns(sc.viewer) {
				all = append(all, r)
				people[r.Rep], people[r.Manager] = true, true
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	delete(people, "")
	var ids []nudges.UserID
	for id := range people {
		ids = append(ids, id)
	}
	for id, p := range b.find(ctx, ids) {
		sc.names[id] = p.name
	}
	slices.SortFunc(all, func(x, y nudges.Request) int { return x.Begun.Compare(y.Begun) })
	for _, r := range all {
		if e, ok := ownRequest(*sc, r); ok {
			out = append(out, e)
		}
	}
	err = b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		team, err := r.Team(sc.viewer)
		marked, more := r.Learning(sc.viewer)
		var skills ownEntry
		for _, s := range team.Skills {
			skills.lines = append(skills.lines, typedLine(*sc, nudges.Own{Name: "team", Text: strings.TrimSuffix(s.Name+": "+s.Training, ": ")}))
		}
		if len(skills.lines) > 0 {
			out = append(out, skills)
		}
		for _, l := range marked {
			out = append(out, ownEntry{
				call: true, d: nudges.Data{Deal: l.Deal, Day: l.At.In(sc.zone).Format("2 Jan 2006")}, on: nudges.DateIn(l.At, sc.zone),
				lines: []ownLine{typedLine(*sc, nudges.Own{Name: "learning", Text: l.What})},
			})
		}
		return errors.Join(err, more)
	})
	return out, err
}
