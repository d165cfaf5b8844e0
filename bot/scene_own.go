package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
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

// An export is what somebody has written, kept in memory while it is being sent. One message of it is sent
// at a time.
type export struct {
	entries []ownEntry
	url     string // where its bytes go: a secret; "" for none
	body    []byte
	up      bool // they are there
}

// exported is the export of a name; read anew if it is not in memory, as after a restart, or if somebody was
// forgotten since.
func (b *Bot) exported(ctx context.Context, sc *scene, of string) (*export, error) {
	fresh := &export{} // there before it is read: what is read while somebody is forgotten is not kept
	if x, ok := b.exports.LoadOrStore(of, fresh); ok {
		return x.(*export), nil
	}
	var err error
	if fresh.entries, err = b.own(ctx, sc); err != nil {
		b.exports.Delete(of)
	}
	return fresh, err
}

// exportOf is which export a message belongs to, by its key, and the number of the part or of the file.
func exportOf(key string) (of string, n int) {
	f := strings.Split(key, "/")
	if len(f) < 3 {
		return "", 0
	}
	n, _ = strconv.Atoi(f[len(f)-1])
	return f[len(f)-2], n
}

// drawExport draws a part of an export, and gives the message with the next; none at the end.
// What somebody wrote stays in memory from the first part to the last.
func (b *Bot) drawExport(ctx context.Context, sc scene, m nudges.Message) (message, []nudges.Message, error) {
	of, part := exportOf(m.Key)
	if part < 1 {
		return message{}, nil, nil
	}
	x, err := b.exported(ctx, &sc, of)
	if err != nil {
		return message{}, nil, err
	}
	var sections []nudges.Marked
	for _, e := range x.entries {
		sections = append(sections, e.sections(sc)...)
	}
	drawn, parts := exportMessage(sc, sections, part)
	if part >= parts {
		b.exports.Delete(of)
		return drawn, nil, nil
	}
	return drawn, []nudges.Message{exportPart(m.To, of, part+1)}, nil
}
