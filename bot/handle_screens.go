package bot

import (
	"stepin/bot/form"
	"stepin/nudges"
)

// A window is a screen that can be submitted. To add one, add its name to form, what it shows to the views'
// table, and its row here.
type window struct {
	answers bool // it answers what somebody was asked, so they need not be on the list
	home    bool // it is opened from Home alone
	load    func(*change) error
	submit  func(*change) error
}

// windows has a row for each screen that can be submitted.
var windows = map[form.Screen]window{
	form.PullScreen:     {submit: (*change).submitPull},
	form.TeamScreen:     {home: true, submit: (*change).submitTeam},
	form.ReminderScreen: {home: true, submit: (*change).submitReminder},
	form.LearningScreen: {home: true, submit: (*change).submitLearning},
	form.DebriefScreen:  {submit: (*change).submitDebrief},
	form.ForgetScreen:   {answers: true, submit: (*change).submitForget},
	form.HistoryScreen:  {submit: (*change).turn}, // it has nothing to submit, and is drawn again

	form.SentenceScreen:   {answers: true, load: (*change).loadAny, submit: (*change).submitSentence},
	form.WordScreen:       {answers: true, load: (*change).loadAny, submit: (*change).submitWord},
	form.LogScreen:        {answers: true, load: (*change).loadOfTwo, submit: (*change).submitLog},
	form.NotDoingScreen:   {answers: true, load: (*change).loadOfTwo, submit: (*change).submitNotDoing},
	form.RescheduleScreen: {answers: true, load: (*change).loadOfTwo, submit: (*change).submitReschedule},

	form.CallScreen:     {load: (*change).loadOwn, submit: (*change).submitCall},
	form.FieldsScreen:   {load: (*change).loadOwn, submit: (*change).submitFields},
	form.FactsScreen:    {load: (*change).loadOwn, submit: (*change).submitFacts},
	form.VerdictScreen:  {load: (*change).loadOwn, submit: (*change).submitRung},
	form.NowScreen:      {load: (*change).loadOwn, submit: (*change).submitNow},
	form.ClosingScreen:  {load: (*change).loadOwn, submit: (*change).submitClosing},
	form.GlassScreen:    {load: (*change).loadOwn, submit: (*change).submitGlass},
	form.CoachingScreen: {load: (*change).loadOwn, submit: (*change).submitCoaching},
}

func (c *change) submit() error {
	w, ok := windows[form.Screen(c.in.Callback)]
	if !ok {
		w = window{load: (*change).loadOwn, submit: func(*change) error { return nudges.ErrUnknown }}
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
	own  bool        // it is about somebody's own words, which are theirs whoever may use stepin
	do   func(*change) error
}

// commands has a row for each of form.Verbs. Without one a pause begins.
var commands = map[string]command{
	"":         {do: func(c *change) error { return c.begin(nudges.ByPause, c.line.Rep, c.line.Deal) }},
	"now":      {do: func(c *change) error { return c.begin(nudges.ByNow, "", "") }},
	"ask":      {do: (*change).plead},
	"debrief":  {do: (*change).openDebrief},
	"history":  {do: (*change).turn},
	"settings": {do: shows(form.ReminderScreen)},
	"export":   {own: true, do: (*change).export},
	"forget":   {own: true, do: shows(form.ForgetScreen)},
	"help":     {info: form.HelpScreen},
	"why":      {info: form.WhyScreen},
	"privacy":  {info: form.PrivacyScreen},
}

// openTo says whether an input may come from somebody who is not on the list of those who may use stepin.
// It answers what stepin has asked them, or it is about their own words.
func openTo(in form.Input) bool {
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
