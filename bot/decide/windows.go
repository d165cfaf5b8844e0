package decide

import (
	"stepin/bot/form"
	"stepin/nudges"
)

// A window is a screen that can be submitted. To add one, add its name to form, what it shows to the views'
// table, and its row here.
type window struct {
	answers bool // it answers what somebody was asked, so they need not be on the list
	home    bool // it is opened from Home alone
	load    func(*handler) error
	submit  func(*handler) error
}

// windows has a row for each screen that can be submitted.
var windows = map[form.Screen]window{
	form.PullScreen:     {submit: (*handler).submitPull},
	form.TeamScreen:     {home: true, submit: (*handler).submitTeam},
	form.ReminderScreen: {home: true, submit: (*handler).submitReminder},
	form.LearningScreen: {home: true, submit: (*handler).submitLearning},
	form.DebriefScreen:  {submit: (*handler).submitDebrief},
	form.ForgetScreen:   {answers: true, submit: (*handler).submitForget},
	form.HistoryScreen:  {submit: (*handler).turn}, // it has nothing to submit, and is drawn again

	form.SentenceScreen:   {answers: true, load: (*handler).loadAny, submit: (*handler).submitSentence},
	form.WordScreen:       {answers: true, load: (*handler).loadAny, submit: (*handler).submitWord},
	form.LogScreen:        {answers: true, load: (*handler).loadOfTwo, submit: (*handler).submitLog},
	form.NotDoingScreen:   {answers: true, load: (*handler).loadOfTwo, submit: (*handler).submitNotDoing},
	form.RescheduleScreen: {answers: true, load: (*handler).loadOfTwo, submit: (*handler).submitReschedule},

	form.CallScreen:     {load: (*handler).loadOwn, submit: (*handler).submitCall},
	form.FieldsScreen:   {load: (*handler).loadOwn, submit: (*handler).submitFields},
	form.FactsScreen:    {load: (*handler).loadOwn, submit: (*handler).submitFacts},
	form.VerdictScreen:  {load: (*handler).loadOwn, submit: (*handler).submitRung},
	form.NowScreen:      {load: (*handler).loadOwn, submit: (*handler).submitNow},
	form.ClosingScreen:  {load: (*handler).loadOwn, submit: (*handler).submitClosing},
	form.GlassScreen:    {load: (*handler).loadOwn, submit: (*handler).submitGlass},
	form.CoachingScreen: {load: (*handler).loadOwn, submit: (*handler).submitCoaching},
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
	"":         {do: func(c *handler) error { return c.begin(nudges.ByPause, c.known.line.Rep, c.known.line.Deal) }},
	"now":      {do: func(c *handler) error { return c.begin(nudges.ByNow, "", "") }},
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
