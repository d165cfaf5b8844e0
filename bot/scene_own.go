package bot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"stepin/nudges"
)

// own is all that somebody has written, the oldest first.
func (s *scenes) own(ctx context.Context, sc *scene) (out []ownEntry, err error) {
	var all []nudges.Request
	var people []nudges.UserID
	err = nudges.EachRequest(ctx, s.store, nil, func(some []nudges.Request) error {
		for _, r := range some {
			if r.Concerns(sc.viewer) {
				all = append(all, r)
				people = append(people, r.Rep, r.Manager)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for id, p := range s.people.find(ctx, people) {
		sc.names[id] = p.Name
	}
	slices.SortFunc(all, func(x, y nudges.Request) int { return x.Begun.Compare(y.Begun) })
	for _, r := range all {
		if e, ok := ownRequest(*sc, r); ok {
			out = append(out, e)
		}
	}
	err = s.store.View(ctx, func(r nudges.Reader) error {
		team, err := r.Team(sc.viewer)
		marked, more := r.Learning(sc.viewer)
		var skills ownEntry
		for _, k := range team.Skills {
			skills.lines = append(skills.lines, typedLine(*sc, nudges.Own{Name: "team", Text: strings.TrimSuffix(k.Name+": "+k.Training, ": ")}))
		}
		if len(skills.lines) > 0 {
			out = append(out, skills)
		}
		for _, l := range marked {
			e := newOwnEntry(l.Deal, l.At, *sc)
			e.lines = []ownLine{typedLine(*sc, nudges.Own{Name: "learning", Text: l.What})}
			out = append(out, e)
		}
		return errors.Join(err, more)
	})
	return out, err
}
