package decide

import (
	"maps"
	"slices"
	"strings"

	"stepin/bot/form"
	"stepin/nudges"
)

// rows are the buttons and windows of one file. Each file has them beside the code that they name.
type rows struct {
	actions map[string]action
	windows map[form.Screen]window
}

// actions has a row for each action, windows one for each screen that can be submitted. Whether somebody may do an
// action to a request is decided by nudges.Next, whatever the button said; load only keeps others from learning that
// there is a request.
var actions, windows = joined(
	pauseRows, pauseSubmitRows, nowRows, othersRows, noteRows, debriefRows, debriefOpenRows, logRows, learningRows,
	reminderRows, teamRows, ownRows, mirrorRows, meantRows,
)

func joined(parts ...rows) (map[string]action, map[form.Screen]window) {
	a, w, n := map[string]action{}, map[form.Screen]window{}, 0
	for _, p := range parts {
		maps.Copy(a, p.actions)
		maps.Copy(w, p.windows)
		n += len(p.actions) + len(p.windows)
	}
	if len(a)+len(w) < n {
		panic("decide: an action or a window has two rows")
	}
	return a, w
}

// An action is a button or a field that answers at a tap.
type action struct {
	open reach
	// load reads the request that the tap is about, if the person may see it; nil if it is about none.
	load func(*handler) error
	do   func(*handler) error
}

// A reach says what somebody may do who is not on the list of those who may use stepin. They may answer
// what stepin has asked them.
type reach int

const (
	underMessage reach = iota // it answers a message: from under that message alone
	everywhere                // it answers what they were asked on Home as well, or it is everybody's right
	listedOnly                // it begins something of one's own
)

// A window is a screen that can be submitted.
type window struct {
	answers bool // it answers what somebody was asked, so they need not be on the list
	home    bool // it is opened from Home alone
	load    func(*handler) error
	// still says whether the window still asks what it did when it was drawn. If not, the reply says how things stand.
	// It comes before submit, which reads the fields: a tap can have put another screen into the window by now, and
	// Slack shows no error below a field that is gone.
	still  func(*handler) (bool, error)
	submit func(*handler) error
}

// actionOf is the row of an action. What has none is the option of a question.
func actionOf(name string) action {
	if a, ok := actions[name]; ok {
		return a
	}
	if answer, ok := strings.CutPrefix(name, form.ActFollowPlan+"_"); ok {
		follow := func(c *handler) error {
			return c.act(nudges.FollowPlan{By: c.in.User, Answer: nudges.PlanAnswer(answer)}, form.NoScreen)
		}
		return action{underMessage, (*handler).loadAny, follow}
	}
	if outcome, ok := strings.CutPrefix(name, form.ActOutcome+"_"); ok {
		log := func(c *handler) error { return c.logOutcome(nudges.CallOutcome(outcome)) }
		return action{underMessage, (*handler).loadAny, log}
	}
	return action{underMessage, (*handler).loadOwn, (*handler).tapOption}
}

func (c *handler) tap() error {
	a := actionOf(c.in.Action)
	if a.load != nil {
		if err := a.load(c); err != nil {
			return err
		}
	}
	return a.do(c)
}

// shows answers with a screen and changes nothing.
func shows(s form.Screen) func(*handler) error {
	return func(c *handler) error {
		c.out.Screen = s
		return nil
	}
}

func (c *handler) submit() error {
	w, ok := windows[form.Screen(c.in.Callback)]
	if !ok {
		w = window{load: (*handler).loadOwn, submit: func(*handler) error { return nudges.ErrUnknown }}
	}
	if w.load != nil {
		if err := w.load(c); err != nil {
			return err
		}
	}
	if w.still != nil {
		if asks, err := w.still(c); err != nil || !asks {
			return err
		}
	}
	return w.submit(c)
}

// A command is a word after /stepin, or none.
type command struct {
	info form.Screen // it only says something, and needs no transaction
	own  bool        // it is about their own words, which even those may ask for who may not use stepin
	do   func(*handler) error
}

// commands has a row for each of form.Verbs. Without one a pause begins.
var commands = map[string]command{
	"":         {do: func(c *handler) error { return c.begin(c.known.line.Rep, c.known.line.Deal) }},
	"now":      {do: (*handler).beginNow},
	"ask":      {do: (*handler).pull},
	"debrief":  {do: (*handler).openDebrief},
	"history":  {do: (*handler).turn},
	"settings": {do: shows(form.ReminderScreen)},
	"export":   {own: true, do: (*handler).export},
	"forget":   {own: true, do: shows(form.ForgetScreen)},
	"help":     {info: form.HelpScreen},
	"why":      {info: form.WhyScreen},
	"privacy":  {info: form.PrivacyScreen},
}

// meantRows are about words after the command that may be a verb or a deal.
var meantRows = rows{
	actions: map[string]action{form.ActMeant: {listedOnly, nil, (*handler).meant}},
	windows: map[form.Screen]window{form.MeantScreen: {submit: (*handler).submitMeant}},
}

// askMeant asks what was meant. What was typed stands in the window.
func (c *handler) askMeant() error {
	l := c.known.line
	c.out.Screen, c.out.Draft = form.MeantScreen, &Draft{Verb: l.Meant, Rep: l.Rep, Deal: l.Deal}
	return nil
}

// meant does what the verb does, with the words that followed it.
func (c *handler) meant() error {
	verb := c.in.Key
	if !slices.Contains(form.Verbs, verb) {
		return nudges.ErrUnknown
	}
	if first, rest, _ := strings.Cut(c.in.Form[form.ActDeal], " "); strings.EqualFold(first, verb) {
		c.known.line.Deal = rest
	}
	c.known.line.Boss = nudges.UserID(c.in.Form[form.ActRep]) // the person whom "ask" and "debrief" name
	switch info := commands[verb].info; info {
	case form.NoScreen:
		return commands[verb].do(c)
	case form.HelpScreen:
		c.out.Screen, c.out.Text = form.NoteScreen, "help"
	default:
		c.out.Screen = info
	}
	return nil
}

// submitMeant begins a pause before the call that was typed.
func (c *handler) submitMeant() error {
	rep := c.known.rep.ID
	if c.known.RepErr != nil {
		rep = ""
	}
	return c.begin(rep, c.in.Form[form.ActDeal])
}

// InfoOf is the screen that a word after /stepin only reads; "" for a word that does something.
func InfoOf(l form.Line) form.Screen { return commands[l.Verb].info }

// FromHome says whether a window is opened from Home alone.
func FromHome(s form.Screen) bool { return windows[s].home }

// OpenTo says whether an input may come from somebody who is not on the list of those who may use stepin.
// It answers what stepin has asked them, or it is about their own words.
func OpenTo(in form.Input) bool {
	switch in.Kind {
	case form.Typed:
		l, err := form.ParseLine(in.Text)
		return err == nil && commands[l.Verb].own
	case form.Tapped:
		a := actionOf(in.Action)
		return a.open == everywhere || a.open == underMessage && in.Where == form.OnMessage
	case form.Submitted:
		return windows[form.Screen(in.Callback)].answers
	default:
		return false
	}
}
