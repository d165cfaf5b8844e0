package scene

import (
	"context"
	"errors"
	"slices"
	"strings"

	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/mirror"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
)

// Own is all that somebody has written, the oldest first.
func (s *Reader) Own(ctx context.Context, sc *view.Scene) (out []view.Entry, err error) {
	var all []nudges.Request
	var people []nudges.UserID
	err = storage.EachRequest(ctx, s.Store, nil, func(some []nudges.Request) error {
		for _, r := range some {
			if privacy.Concerns(r, sc.Viewer) {
				all = append(all, r)
				people = append(people, r.Rep, r.Manager)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for id, p := range s.People.Find(ctx, people) {
		sc.Names[id] = p.Name
	}
	slices.SortFunc(all, func(x, y nudges.Request) int { return x.Begun.Compare(y.Begun) })
	for _, r := range all {
		if e, ok := view.EntryOf(*sc, r); ok {
			out = append(out, e)
		}
	}
	err = s.Store.View(ctx, func(r storage.Reader) error {
		team, err := r.Team(sc.Viewer)
		marked, more := r.Learning(sc.Viewer)
		var skills view.Entry
		for _, k := range team.Skills {
			skill := strings.TrimSuffix(k.Name+": "+k.Training, ": ")
			skills.Lines = append(skills.Lines, view.Typed(*sc, privacy.Own{Name: "team", Text: skill}))
		}
		if len(skills.Lines) > 0 {
			out = append(out, skills)
		}
		for _, l := range marked {
			e := view.NewEntry(l.Deal, l.At, *sc)
			e.Lines = []view.Line{view.Typed(*sc, privacy.Own{Name: "learning", Text: l.What})}
			out = append(out, e)
		}
		me, none := r.Person(sc.Viewer)
		months, worded, last := numbers(r, sc.Viewer)
		if s.Settings().Keep.SensitiveOff {
			return errors.Join(err, more, none, last)
		}
		for _, m := range mirror.ByMonth(me, months, worded) {
			if e := view.NumbersOf(*sc, m); len(e.Lines) > 0 {
				out = append(out, e)
			}
		}
		return errors.Join(err, more, none, last)
	})
	return out, err
}
