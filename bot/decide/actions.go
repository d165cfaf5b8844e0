package decide

import (
	"strings"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/daily"
)

// An action is a button or a field that answers at a tap. To add one, add its name to form and its row here.
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

// actions has a row for each action. Whether somebody may do it to a request is decided by nudges.Next,
// whatever the button said; load only keeps others from learning that there is a request.
var actions = map[string]action{
	form.ActStart:  {listedOnly, nil, func(c *handler) error { return c.begin(nudges.ByPause, "", "") }},
	form.ActNow:    {listedOnly, nil, func(c *handler) error { return c.begin(nudges.ByNow, "", "") }},
	form.ActPull:   {listedOnly, nil, (*handler).pull},
	form.ActTeam:   {listedOnly, nil, shows(form.TeamScreen)},
	form.ActForget: {everywhere, nil, shows(form.ForgetScreen)},

	form.ActReminder:       {listedOnly, nil, shows(form.ReminderScreen)},
	form.ActReminderOn:     {listedOnly, nil, reminds(daily.SwitchOn{})},
	form.ActReminderOff:    {everywhere, nil, reminds(daily.SwitchOff{})},
	form.ActWeekly:         {listedOnly, nil, reminds(daily.GoWeekly{})},
	form.ActSendNow:        {listedOnly, nil, (*handler).sendNow},
	form.ActSnoozeShort:    {listedOnly, nil, snoozes(daily.SnoozeShort)},
	form.ActSnoozeHour:     {listedOnly, nil, snoozes(daily.SnoozeHour)},
	form.ActSnoozeTomorrow: {listedOnly, nil, snoozes(daily.SnoozeTomorrow)},

	form.ActLearning: {listedOnly, nil, shows(form.LearningScreen)},
	form.ActUnlearn:  {listedOnly, nil, (*handler).unlearn},

	form.ActDebrief: {listedOnly, nil, (*handler).openDebrief},
	form.ActWith:    {listedOnly, nil, (*handler).redrawDebrief},
	form.ActLed:     {listedOnly, nil, (*handler).redrawDebrief},

	form.ActHistory: {listedOnly, nil, (*handler).turn},
	form.ActWhose:   {listedOnly, nil, (*handler).turn},
	form.ActEnded:   {listedOnly, nil, (*handler).turn},
	form.ActNewer:   {listedOnly, nil, (*handler).turn},
	form.ActOlder:   {listedOnly, nil, (*handler).turn},
	form.ActAll:     {listedOnly, nil, (*handler).turn},

	// The manager's own request.
	form.ActCarry:    {underMessage, (*handler).loadOwn, (*handler).carryOn},
	form.ActOpen:     {underMessage, (*handler).loadAny, (*handler).openAgain},
	form.ActMind:     {underMessage, (*handler).loadOwn, (*handler).changeMind},
	form.ActWithdraw: {underMessage, (*handler).loadOwn, (*handler).withdraw},
	form.ActReturn:   {underMessage, (*handler).loadOwn, (*handler).giveBack},
	form.ActChange:   {underMessage, (*handler).loadOwn, shows(form.FieldsScreen)},
	form.ActHold:     {underMessage, (*handler).loadOwn, (*handler).holdBack},
	form.ActAsk:      {underMessage, (*handler).loadOwn, (*handler).askFirst},
	form.ActRung:     {underMessage, (*handler).loadOwn, (*handler).tapRung},
	form.ActNudge:    {underMessage, (*handler).loadOwn, (*handler).nudge},
	form.ActGlass:    {underMessage, (*handler).loadOwn, (*handler).openGlass},
	form.ActJoin:     {underMessage, (*handler).loadOwn, decides(nudges.CoPilot)},
	form.ActListen:   {underMessage, (*handler).loadOwn, decides(nudges.Listen)},
	form.ActTake:     {underMessage, (*handler).loadOwn, decides(nudges.TakeOver)},
	form.ActCoaching: {underMessage, (*handler).loadOwn, (*handler).coach},
	form.ActWords:    {underMessage, (*handler).loadOwn, shows(form.WordsScreen)},
	form.ActTakeNote: {underMessage, (*handler).loadOwn, (*handler).takeNote},
	form.ActSendNote: {underMessage, (*handler).loadOwn, (*handler).sendNote},

	// An approver's answer.
	form.ActApprove:    {everywhere, (*handler).loadAny, (*handler).approve},
	form.ActCoachFirst: {everywhere, (*handler).loadAny, (*handler).coachFirst},
	form.ActDecline:    {everywhere, (*handler).loadAny, (*handler).decline},

	// The rep's answers.
	form.ActClaimYes:          {underMessage, (*handler).loadAny, corrects(true)},
	form.ActClaimNo:           {underMessage, (*handler).loadAny, corrects(false)},
	form.ActTakeBack:          {everywhere, (*handler).loadAny, (*handler).takeBack},
	form.ActMine:              {underMessage, (*handler).loadAny, meets(true)},
	form.ActNotMine:           {underMessage, (*handler).loadAny, meets(false)},
	string(nudges.GotThis):    {underMessage, (*handler).loadAny, replies(nudges.GotThis)},
	string(nudges.CoachMe):    {underMessage, (*handler).loadAny, replies(nudges.CoachMe)},
	string(nudges.PleaseJoin): {underMessage, (*handler).loadAny, replies(nudges.PleaseJoin)},
	form.ActWhereChannel:      {underMessage, (*handler).loadAny, wants(nudges.InChannel)},
	form.ActWhereGroup:        {underMessage, (*handler).loadAny, wants(nudges.InGroup)},
	form.ActWhereNot:          {underMessage, (*handler).loadAny, wants("")},

	// The debrief, of both.
	form.ActTogether:   {underMessage, (*handler).loadAny, (*handler).together},
	form.ActMoveOn:     {underMessage, (*handler).loadAny, (*handler).moveOn},
	form.ActNever:      {underMessage, (*handler).loadAny, (*handler).never},
	form.ActCallMoved:  {underMessage, (*handler).loadAny, (*handler).callMoved},
	form.ActRepost:     {underMessage, (*handler).loadAny, (*handler).repost},
	form.ActLog:        {everywhere, (*handler).loadOfTwo, opensWindow(form.LogScreen)},
	form.ActNotDoing:   {underMessage, (*handler).loadOfTwo, opensWindow(form.NotDoingScreen)},
	form.ActReschedule: {underMessage, (*handler).loadOfTwo, (*handler).openReschedule},
}

// actionOf is the row of an action. What has none is the option of a question.
func actionOf(name string) action {
	if a, ok := actions[name]; ok {
		return a
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
