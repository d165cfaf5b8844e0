// Package scene reads what a screen shows. One transaction reads all of it, at one moment; then the people on it
// are looked up, side by side. It changes nothing, and draws nothing.
//
//	store ─▶ reading ─▶ people.Directory.Find ─▶ view.Scene
//
//	scene.go     windows, messages, Home, the history and the daily reminder
//	mirror.go    somebody's own numbers
//	own.go       all that somebody has written, for an export
package scene

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"time"

	"stepin/bot/form"
	"stepin/bot/people"
	"stepin/bot/roster"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/calls"
	"stepin/nudges/daily"
	"stepin/nudges/mirror"
	"stepin/nudges/storage"
	"stepin/nudges/team"
)

// A Reader reads what screens show: one transaction for a screen, and after it the names of those on it.
type Reader struct {
	Store    storage.Store
	People   *people.Directory
	Settings func() *roster.Current
	Zones    daily.Zones
	Now      func() time.Time
	Log      *slog.Logger
}

// Patient returns a reader of screens for which nobody waits: people who wait go first at Slack.
func (s *Reader) Patient() *Reader {
	patient := *s
	patient.People = s.People.Patient()
	return &patient
}

// A reading is what the store says for one screen, at one moment.
type reading struct {
	at       time.Time
	settings *roster.Current
	viewer   nudges.UserID
	person   nudges.Person // the viewer, as the store knows them
	reminder daily.Reminder
	about    []nudges.Request  // a scene each
	teams    []team.Team       // for each of them
	also     []*nudges.Request // for each of them, where it is asked for: the same rep's other call at the same time
}

// read begins a reading. If the store cannot be read, there is still a scene for each request.
func (s *Reader) read(viewer nudges.UserID, about ...nudges.Request) reading {
	return reading{
		at: s.Now(), settings: s.Settings(), viewer: viewer, about: about, teams: make([]team.Team, len(about)),
		also: make([]*nudges.Request, len(about)),
	}
}

// load reads what the store says for scenes about those requests; cards says that they show Scene.Also.
func (x *reading) load(rd storage.Reader, cards bool, about ...nudges.Request) error {
	if x.about = about; len(about) != len(x.teams) {
		x.teams, x.also = make([]team.Team, len(about)), make([]*nudges.Request, len(about))
	}
	p, err := rd.Person(x.viewer)
	reminder, more := rd.Reminder(x.viewer)
	x.person, x.reminder = p, reminder
	errs := []error{err, more}
	for i, r := range about {
		x.teams[i], err = x.settings.TeamOf(rd, cmp.Or(r.Manager, x.viewer))
		errs = append(errs, err)
		if cards && r.Manager == x.viewer && r.Rep != "" && r.Open() {
			x.also[i], err = also(rd, r)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// also is another call of the same rep at the same time, about which the manager has a request open, too.
func also(rd storage.Reader, r nudges.Request) (*nudges.Request, error) {
	for o, err := range rd.OpenAround(r) {
		if err != nil {
			return nil, err
		}
		if o.Rep == r.Rep && !o.Blank() {
			return &o, nil
		}
	}
	return nil, nil
}

// named are the people that the scenes name.
func (x *reading) named() (ids []nudges.UserID) {
	for i, r := range x.about {
		ids = append(append(ids, r.Manager, r.Rep, r.Grant.By), r.Grant.Route...)
		if slices.Contains(r.Grant.Route, x.viewer) {
			ids = append(ids, view.StandsInFor(x.teams[i], x.viewer))
		}
		if t := x.teams[i]; t.Manager == x.viewer && t.Agreement() == nudges.ByOthers {
			ids = append(ids, t.People()...)
		}
	}
	return ids
}

// scenes turns a reading into scenes, and looks up the names in them, and of others. me is the viewer.
func (s *Reader) scenes(
	ctx context.Context, x reading, others ...nudges.UserID,
) (out []view.Scene, me roster.LookedUp) {
	found := s.People.Find(ctx, append(append(x.named(), others...), x.viewer))
	names := map[nudges.UserID]string{}
	for id, p := range found {
		names[id] = p.Name
	}
	me = found[x.viewer]
	zone := me.Zone
	if kept := s.Zones.First(x.person.Zone); zone == nil || !me.Known && kept != time.UTC {
		zone = kept // what they read and fill in are local times
	}
	hours := cmp.Or(x.person.OwnHours, me.Hours, x.person.SlackHours)
	unfit := map[nudges.UserID]bool{}
	for id, p := range found {
		unfit[id] = roster.WhyUnfit(p.Person, p.Err) != ""
	}
	fits := func(id nudges.UserID) bool { return !unfit[id] }
	for i, r := range x.about {
		sc := view.NewScene(x.settings.Words, r, x.viewer, names, zone, hours, x.at)
		sc.Contact, sc.Keep, sc.Zones = x.settings.WhomToAsk(fits), x.settings.Keep, s.Zones
		sc.Unfit, sc.Also = unfit, x.also[i]
		sc.Team, sc.Reminder, sc.OwnHours = x.teams[i], x.reminder, x.person.OwnHours
		sc.Route = sc.Team.Route(func(id nudges.UserID) nudges.Date {
			return nudges.DateIn(x.at, cmp.Or(found[id].Zone, zone))
		}, fits)
		c, _ := x.settings.Configured(sc.Team.Manager)
		sc.Fixed = c.Fixed
		out = append(out, sc)
	}
	return out, me
}

// Message is what a message about r shows to its viewer.
func (s *Reader) Message(ctx context.Context, r nudges.Request, viewer nudges.UserID) view.Scene {
	return s.Screen(ctx, form.NoScreen, form.HistoryFilter{}, r, viewer)
}

// Screen is what a screen about r shows to its viewer. The filter is for the history.
func (s *Reader) Screen(
	ctx context.Context, screen form.Screen, filter form.HistoryFilter, r nudges.Request, viewer nudges.UserID,
) view.Scene {
	x := s.read(viewer, r)
	var learning []nudges.LearningDeal
	var h view.History
	var counts mirror.Counts
	err := s.Store.View(ctx, func(rd storage.Reader) (err error) {
		switch screen {
		case form.LearningScreen:
			learning, err = rd.Learning(viewer)
		case form.HistoryScreen:
			h, err = loadHistory(rd, viewer, filter, x.at)
		default:
		}
		err = errors.Join(x.load(rd, view.ShowsAlso(screen), r), err)
		if mirrors := screen == form.GuessesScreen || screen == form.MotivesScreen; mirrors && err == nil {
			counts, err = x.counted(rd)
		}
		return err
	})
	if err != nil {
		s.Log.Error("screen not read", "screen", screen, "error", err)
	}
	var others []nudges.UserID
	switch screen {
	case form.TeamScreen:
		others = everybody(x.teams[0])
	case form.NoteScreen: // it may be a refusal
		others = x.settings.Referees()
	default:
	}
	for _, l := range learning[:min(view.MostLearning, len(learning))] {
		others = append(others, l.Rep)
	}
	for _, q := range h.Page {
		others = append(others, q.Manager, q.Rep)
	}
	all, _ := s.scenes(ctx, x, others...)
	all[0].Learning, all[0].History, all[0].Counts = learning, h, counts
	return all[0]
}

// everybody is who is named where all of a team is shown.
func everybody(t team.Team) []nudges.UserID { return slices.Concat(t.People(), t.Reps) }

// Home is what somebody's Home shows.
func (s *Reader) Home(ctx context.Context, user nudges.UserID) (view.Home, error) {
	x := s.read(user)
	var open, parts, debriefs []nudges.Request
	var learning []nudges.LearningDeal
	var boss nudges.UserID
	var seen view.Mirror
	err := s.Store.View(ctx, func(rd storage.Reader) (err error) {
		if open, err = toShow(rd.OpenRequests(user)); err != nil {
			return err
		}
		if parts, err = rd.PartOf(user); err != nil {
			return err
		}
		if learning, err = rd.Learning(user); err != nil {
			return err
		}
		if debriefs, err = withDebriefs(rd, user, x.at); err != nil {
			return err
		}
		boss, err = x.settings.BossOf(rd, user)
		err = errors.Join(err, x.load(rd, true, slices.Concat([]nudges.Request{{}}, open, parts, debriefs)...))
		if err == nil {
			seen, err = x.mirror(rd)
		}
		return err
	})
	if err != nil {
		return view.Home{}, err
	}
	all, me := s.scenes(ctx, x, append(append(everybody(x.teams[0]), x.settings.Referees()...), boss)...)
	out := roster.Outsider(me.Person) || errors.Is(me.Err, form.ErrRepUnknown)
	h := view.Home{Own: all[0], Mirror: seen, Rep: boss != "", Barred: out || !x.settings.Listed(user)}
	h.Unknown = !out && !me.Known && !roster.Fresh(x.person.Member)
	h.Boss = h.Own.Names[boss]
	h.Manages = len(learning) > 0 || len(x.teams[0].Reps) > 0 || x.person.ToldBy != "" ||
		boss == "" && x.reminder.State != daily.ReminderNew || len(open) > 0
	h.New = !h.Manages && !x.person.Used
	h.Own.Learning, all = learning, all[1:]
	h.Open, all = all[:len(open)], all[len(open):]
	h.Parts, h.Debriefs = all[:len(parts)], all[len(parts):]
	if out {
		h.Parts = nil
	}
	return h, nil
}

// toShow are the open requests that Home has room for. Of a blank one there is nothing to show.
func toShow(open iter.Seq2[nudges.Request, error]) (some []nudges.Request, err error) {
	for r, err := range open {
		if err != nil {
			return nil, err
		}
		if !r.Blank() {
			some = append(some, r)
		}
		if len(some) == view.MaxHome {
			break
		}
	}
	return some, nil
}

// withDebriefs are the requests whose debrief somebody has open, newest first, as many as Home shows.
func withDebriefs(r storage.Reader, user nudges.UserID, now time.Time) ([]nudges.Request, error) {
	all, err := r.OpenDebriefs(user, now.Add(-calls.Reach))
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Manager != user {
			all[i].Debrief = all[i].Debrief.Open()
		}
	}
	all = slices.DeleteFunc(all, func(q nudges.Request) bool {
		return q.Debrief.Closing != "" && q.Manager == user // who has moved on
	})
	slices.SortStableFunc(all, func(a, b nudges.Request) int { return b.Ends.Compare(a.Ends) })
	return all[:min(len(all), view.MostOpenDebriefs)], nil
}

// sharedWith are the requests whose debrief a rep had a part in, with what they may see of it.
func sharedWith(r storage.Reader, rep nudges.UserID, since time.Time) ([]nudges.Request, error) {
	all, err := r.SharedDebriefs(rep, since)
	for i := range all {
		all[i].Debrief = all[i].Debrief.Open()
	}
	return all, err
}

const (
	pageSize   = 10
	historyFor = 12 // months that the history goes back
)

// loadHistory reads a page of somebody's own calls.
func loadHistory(
	rd storage.Reader, viewer nudges.UserID, filter form.HistoryFilter, now time.Time,
) (view.History, error) {
	since := now.AddDate(0, -historyFor, 0)
	mine, err := rd.Begun(viewer, since)
	if err != nil {
		return view.History{Filter: filter}, err
	}
	shared, err := sharedWith(rd, viewer, since)
	if err != nil {
		return view.History{Filter: filter}, err
	}
	h := page(append(mine, shared...), filter)
	h.Manages = len(mine) > 0
	return h, nil
}

// page is the page of all calls that a filter asks for. One that is not there any more is the last one.
func page(all []nudges.Request, filter form.HistoryFilter) view.History {
	h := view.History{Filter: filter}
	all = slices.DeleteFunc(all, func(r nudges.Request) bool { return !past(r) })
	h.Any = len(all) > 0
	all = slices.DeleteFunc(all, func(r nudges.Request) bool {
		return filter.Rep != "" && r.Rep != filter.Rep ||
			filter.Outcome == form.NotLogged && r.Debrief.Logged() ||
			filter.Outcome != form.NotLogged && filter.Outcome != "" &&
				r.Debrief.Outcome() != nudges.CallOutcome(filter.Outcome)
	})
	slices.SortStableFunc(all, func(a, b nudges.Request) int { return b.Starts.Compare(a.Starts) })
	h.Filter.Page = min(filter.Page, max(0, (len(all)-1)/pageSize))
	from := h.Filter.Page * pageSize
	till := min(from+pageSize, len(all))
	h.Page, h.More = all[from:till], till < len(all)
	return h
}

// past says whether a request is of a call that is over, or will not be, and about which something was said.
func past(r nudges.Request) bool {
	switch r.Phase {
	case nudges.Before, nudges.During:
		return r.Decision == nudges.Withdrawn
	default:
		return r.Way == nudges.ByDebrief || !r.Blank()
	}
}

// DailyLine is what a message of the daily reminder shows: the line of that date, which may speak of r. ok is false
// if there is none. It looks nobody up but the rep of r, for there can be thousands of these at once.
func (s *Reader) DailyLine(
	ctx context.Context, to nudges.Person, rem daily.Reminder,
	r nudges.Request, day nudges.Date, again int,
) (sc view.Scene, ok bool) {
	sc = s.small(ctx, to, rem, r)
	sc.Reminder, sc.Zones = rem, s.Zones
	l, ok := rem.LineOn(day, again)
	return sc.Saying(l), ok
}

// Debriefs are those that a reminder of them names.
func (s *Reader) Debriefs(
	ctx context.Context, to nudges.Person, rem daily.Reminder, open []nudges.Request,
) (out []view.Scene) {
	for _, r := range open[:min(view.MostChased, len(open))] {
		out = append(out, s.small(ctx, to, rem, r))
	}
	return out
}

// small is a scene about r that names its rep alone, on the reminder's own clock.
func (s *Reader) small(ctx context.Context, to nudges.Person, rem daily.Reminder, r nudges.Request) view.Scene {
	p, _ := s.People.Look(ctx, r.Rep)
	names := map[nudges.UserID]string{r.Rep: p.Name}
	return view.NewScene(s.Settings().Words, r, to.ID, names, rem.Location(s.Zones), to.Hours(), s.Now())
}
