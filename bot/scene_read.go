package bot

import (
	"context"
	"slices"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
)

const historyFor = 12 // months that the history goes back

// sharedWith are the requests whose debrief a rep had a part in, with what they may see of it.
func sharedWith(r nudges.Reader, rep nudges.UserID, since time.Time) ([]nudges.Request, error) {
	all, err := r.SharedDebriefs(rep, since)
	for i := range all {
		all[i].Debrief = all[i].Debrief.Open()
	}
	return all, err
}

// recall reads a page of the viewer's history for a scene, and looks up whom it names.
func (b *Bot) recall(ctx context.Context, sc *scene, g form.HistoryFilter) {
	h := history{glance: g}
	err := b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		h = history{glance: g}
		since := sc.now.AddDate(0, -historyFor, 0)
		all, err := r.Begun(sc.viewer, since)
		if err != nil {
			return err
		}
		h.manages = len(all) > 0
		shared, err := sharedWith(r, sc.viewer, since)
		if err != nil {
			return err
		}
		h.turn(append(all, shared...))
		return nil
	})
	if err != nil {
		b.log.Error("history", "error", err)
	}
	var people []nudges.UserID
	for _, r := range h.page {
		people = append(people, r.Manager, r.Rep)
	}
	for id, p := range b.find(ctx, slices.DeleteFunc(people, func(id nudges.UserID) bool { return id == "" })) {
		sc.names[id] = p.name
	}
	sc.history = h
}

// withDebriefs are the requests whose debrief somebody has open, newest first, as many as Home shows.
func withDebriefs(r nudges.Reader, user nudges.UserID, now time.Time) ([]nudges.Request, error) {
	since := now.Add(-nudges.DebriefReach)
	all, err := r.Begun(user, since)
	if err != nil {
		return nil, err
	}
	shared, err := sharedWith(r, user, since)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(append(all, shared...), func(q nudges.Request) bool { return q.Phase != nudges.Debrief })
	slices.SortStableFunc(all, func(a, b nudges.Request) int { return b.Ends.Compare(a.Ends) })
	return all[:min(len(all), mostOpenDebriefs)], nil
}

// showLearning has a scene show the deals that its viewer has marked, and names their reps.
func (b *Bot) showLearning(ctx context.Context, sc *scene) {
	err := b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		var err error
		sc.learning, err = r.Learning(sc.viewer)
		return err
	})
	if err != nil {
		b.log.Error("learning deals", "error", err)
	}
	var reps []nudges.UserID
	for _, l := range sc.learning[:min(mostLearning, len(sc.learning))] {
		reps = append(reps, l.Rep)
	}
	for id, p := range b.find(ctx, reps) {
		sc.names[id] = p.name
	}
}

// debriefScenes are the debriefs that a reminder names.
func (b *Bot) debriefScenes(ctx context.Context, d *delivery) []scene {
	var out []scene
	for _, r := range d.open[:min(mostChased, len(d.open))] {
		p, _ := b.people.look(ctx, r.Rep)
		names := map[nudges.UserID]string{r.Rep: p.name}
		out = append(out, newScene(b.live().Words, r, d.m.To, names, d.rem.Location(b.zones), b.now()))
	}
	return out
}

// lineScene is all that a message of the daily reminder shows.
func (b *Bot) lineScene(ctx context.Context, d *delivery) scene {
	names := map[nudges.UserID]string{}
	if d.r.Rep != "" {
		p, _ := b.people.look(ctx, d.r.Rep)
		names[d.r.Rep] = p.name
	}
	sc := newScene(b.live().Words, d.r, d.m.To, names, d.rem.Location(b.zones), b.now())
	sc.rem, sc.zones = d.rem, b.zones
	l, ok := d.rem.LineOn(lineDate(d.m))
	if sc = sc.saying(l); !ok && d.m.Kind == nudges.KindChase { // there was none to be carried
		sc.line = ""
	}
	return sc
}
