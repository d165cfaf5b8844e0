package decide

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/nudges/team"
)

// A Need is what Slack must be asked before an input can be decided, for a transaction may not call Slack.
type Need struct {
	People  []nudges.UserID // who must be looked up
	Channel string          // the channel whose state must be known; "" for none
	in      form.Input
	known   Facts // what the store says already
}

// Needs reads from the store what must be asked about an input: who is named in it, and who could agree.
func (d Rules) Needs(r storage.Reader, in form.Input, l form.Line, now time.Time) (Need, error) {
	n := Need{People: people(in), in: in, known: Facts{line: l, elsewhere: map[nudges.UserID]bool{}}}
	k := &n.known
	if l.Boss != "" {
		n.People = append(n.People, l.Boss)
	}
	whose := in.User // the manager whose team it is about

	if in.Request != "" && form.Screen(in.Callback) != form.TeamScreen { // that one is about one's own team
		q, err := r.Request(in.Request)
		if err != nil && !errors.Is(err, nudges.ErrNotFound) {
			return n, err
		}
		whose = q.Manager
	}
	var err error
	if k.boss, err = d.BossOf(r, in.User); err != nil {
		return n, err
	}
	if k.team, err = d.TeamOf(r, whose); err != nil {
		return n, err
	}
	with := nudges.UserID(cmp.Or(in.Form[form.ActWith], string(l.Boss), string(k.boss)))
	if k.theirs, err = d.TeamOf(r, with); err != nil {
		return n, err
	}
	if c, ok := d.Configured(whose); ok {
		k.fixed = c.Fixed
	}
	for _, rep := range ids(in.Form[form.ActReps]) {
		boss := d.SetBoss(rep)
		k.elsewhere[rep] = boss != "" && boss != whose
	}
	// Who could agree matters only to those who can ask for it.
	asks := whose == in.User || form.Screen(in.Callback) == form.RescheduleScreen
	if asks && k.team.Agreement() == nudges.ByOthers {
		n.People = append(n.People, k.team.People()...)
	}
	if in.Kind == form.Submitted && form.Screen(in.Callback) == form.TeamScreen && !k.fixed.Channel {
		n.Channel = in.Form[form.ActChannel]
	}
	if begins(in, l) { // a pause offers the rep of the last one
		last, err := r.LastRequest(in.User)
		if err != nil && !errors.Is(err, nudges.ErrNotFound) {
			return n, err
		}
		n.People = append(n.People, last.Rep)
	}
	if beginsNow(in, l) {
		on, err := onCall(r, in.User, l, now)
		if err != nil {
			return n, err
		}
		k.on, n.People = &on, append(n.People, on.Rep)
	}
	return n, nil
}

// begins says whether an input begins a pause without naming a call.
func begins(in form.Input, l form.Line) bool {
	switch in.Kind {
	case form.Shortcut:
		return true
	case form.Typed:
		return l.Verb == "" && l.Rep == "" && l.Deal == ""
	case form.Tapped:
		return in.Action == form.ActStart
	default:
		return false
	}
}

// Facts joins what the store says with what Slack said about the person, the rep they named, the People and the
// Channel.
func (n Need) Facts(
	me roster.Person, rep roster.LookedUp, found map[nudges.UserID]roster.LookedUp, ch roster.ChannelState,
	now time.Time,
) Facts {
	k := n.known
	k.me, k.rep, k.channel = me, rep.Person, ch
	if k.RepErr = rep.Err; k.RepErr == nil {
		k.RepErr = asRep(k.rep, n.in.User)
	}
	k.unfit = map[nudges.UserID]string{}
	for id, p := range found {
		if text := roster.WhyUnfit(p.Person, p.Err); text != "" {
			k.unfit[id] = text
		}
	}
	today := func(id nudges.UserID) nudges.Date {
		return nudges.DateIn(now, cmp.Or(found[id].Zone, me.Clock()))
	}
	k.route = k.team.Route(today, func(id nudges.UserID) bool { return k.unfit[id] == "" })
	return k
}

// Facts are what a decision goes by beside the transaction: what Slack says, and what follows from it.
type Facts struct {
	line    form.Line // what was typed
	me, rep roster.Person
	RepErr  error
	team    team.Team                // of the request's manager, or the person's own
	route   []nudges.UserID          // whom to ask for an agreement, in order
	unfit   map[nudges.UserID]string // of people named in a form: the text that says why not
	fixed   roster.Fixed             // what of the team the configuration sets
	boss    nudges.UserID            // on whose team the person is; "" for nobody's
	theirs  team.Team                // the team of the person they want to debrief with
	channel roster.ChannelState      // of the channel that a form names
	on      *nudges.Request          // the one whose call the person may be on; nil or the zero Request for none
	// elsewhere are reps whom the configuration puts on another team.
	elsewhere map[nudges.UserID]bool
}

// people are those whom a form names, but for the rep of a call.
func people(in form.Input) []nudges.UserID {
	var out []nudges.UserID
	fields := []string{form.ActBoss, form.ActWith, form.ActReps, form.ActApprover, form.ActDelegate, form.ActNext}
	for _, action := range fields {
		out = append(out, ids(in.Form[action])...)
	}
	return out
}

// ids are the people of a field that takes several.
func ids(value string) []nudges.UserID {
	var out []nudges.UserID
	for id := range strings.SplitSeq(value, ",") {
		if id != "" {
			out = append(out, nudges.UserID(id))
		}
	}
	return out
}

// asRep says whether somebody can be the rep of this manager's call.
func asRep(p roster.Person, manager nudges.UserID) error {
	switch {
	case p.ID == "":
		return form.ErrRepMissing
	case p.ID == manager:
		return form.ErrRepSelf
	case p.Bot:
		return form.ErrRepBot
	case p.Deleted:
		return form.ErrRepGone
	case p.Stranger:
		return form.ErrRepElsewhere
	case p.Guest:
		return form.ErrRepGuest
	}
	return nil
}
