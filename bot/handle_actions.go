package bot

import (
	"strings"

	"stepin/bot/form"
	"stepin/nudges"
)

// An action is a button or a field that answers at a tap. To add one, add its name to form and its row here.
type action struct {
	open reach
	// load reads the request that the tap is about, if the person may see it; nil if it is about none.
	load func(*change) error
	do   func(*change) error
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
	form.ActStart:  {listedOnly, nil, func(c *change) error { return c.begin(nudges.ByPause, "", "") }},
	form.ActNow:    {listedOnly, nil, func(c *change) error { return c.begin(nudges.ByNow, "", "") }},
	form.ActPull:   {listedOnly, nil, (*change).plead},
	form.ActTeam:   {listedOnly, nil, shows(form.TeamScreen)},
	form.ActForget: {everywhere, nil, shows(form.ForgetScreen)},

	form.ActReminder:       {listedOnly, nil, shows(form.ReminderScreen)},
	form.ActReminderOn:     {listedOnly, nil, reminds(nudges.SwitchOn{})},
	form.ActReminderOff:    {everywhere, nil, reminds(nudges.SwitchOff{})},
	form.ActWeekly:         {listedOnly, nil, reminds(nudges.GoWeekly{})},
	form.ActSendNow:        {listedOnly, nil, (*change).sendNow},
	form.ActSnoozeShort:    {listedOnly, nil, snoozes(nudges.SnoozeShort)},
	form.ActSnoozeHour:     {listedOnly, nil, snoozes(nudges.SnoozeHour)},
	form.ActSnoozeTomorrow: {listedOnly, nil, snoozes(nudges.SnoozeTomorrow)},

	form.ActLearning: {listedOnly, nil, shows(form.LearningScreen)},
	form.ActUnlearn:  {listedOnly, nil, (*change).unlearn},

	form.ActDebrief: {listedOnly, nil, (*change).openDebrief},
	form.ActWith:    {listedOnly, nil, (*change).redrawDebrief},
	form.ActLed:     {listedOnly, nil, (*change).redrawDebrief},

	form.ActHistory: {listedOnly, nil, (*change).turn},
	form.ActWhose:   {listedOnly, nil, (*change).turn},
	form.ActEnded:   {listedOnly, nil, (*change).turn},
	form.ActNewer:   {listedOnly, nil, (*change).turn},
	form.ActOlder:   {listedOnly, nil, (*change).turn},
	form.ActAll:     {listedOnly, nil, (*change).turn},

	// The manager's own request.
	form.ActCarry:    {underMessage, (*change).loadOwn, (*change).carryOn},
	form.ActOpen:     {underMessage, (*change).loadAny, (*change).openAgain},
	form.ActMind:     {underMessage, (*change).loadOwn, (*change).changeMind},
	form.ActWithdraw: {underMessage, (*change).loadOwn, (*change).withdraw},
	form.ActReturn:   {underMessage, (*change).loadOwn, (*change).giveBack},
	form.ActChange:   {underMessage, (*change).loadOwn, shows(form.FieldsScreen)},
	form.ActHold:     {underMessage, (*change).loadOwn, (*change).holdBack},
	form.ActAsk:      {underMessage, (*change).loadOwn, (*change).askFirst},
	form.ActRung:     {underMessage, (*change).loadOwn, (*change).tapRung},
	form.ActNudge:    {underMessage, (*change).loadOwn, (*change).nudge},
	form.ActGlass:    {underMessage, (*change).loadOwn, (*change).openGlass},
	form.ActJoin:     {underMessage, (*change).loadOwn, decides(nudges.CoPilot)},
	form.ActListen:   {underMessage, (*change).loadOwn, decides(nudges.Listen)},
	form.ActTake:     {underMessage, (*change).loadOwn, decides(nudges.TakeOver)},
	form.ActCoaching: {underMessage, (*change).loadOwn, (*change).coach},
	form.ActWords:    {underMessage, (*change).loadOwn, shows(form.WordsScreen)},
	form.ActTakeNote: {underMessage, (*change).loadOwn, (*change).takeNote},
	form.ActSendNote: {underMessage, (*change).loadOwn, (*change).sendNote},

	// An approver's answer.
	form.ActApprove:    {everywhere, (*change).loadAny, (*change).approve},
	form.ActCoachFirst: {everywhere, (*change).loadAny, (*change).coachFirst},
	form.ActDecline:    {everywhere, (*change).loadAny, (*change).decline},

	// The rep's answers.
	form.ActClaimYes:          {underMessage, (*change).loadAny, corrects(true)},
	form.ActClaimNo:           {underMessage, (*change).loadAny, corrects(false)},
	form.ActTakeBack:          {everywhere, (*change).loadAny, (*change).takeBack},
	form.ActMine:              {underMessage, (*change).loadAny, meets(true)},
	form.ActNotMine:           {underMessage, (*change).loadAny, meets(false)},
	string(nudges.GotThis):    {underMessage, (*change).loadAny, replies(nudges.GotThis)},
	string(nudges.CoachMe):    {underMessage, (*change).loadAny, replies(nudges.CoachMe)},
	string(nudges.PleaseJoin): {underMessage, (*change).loadAny, replies(nudges.PleaseJoin)},
	form.ActWhereChannel:      {underMessage, (*change).loadAny, wants(nudges.InChannel)},
	form.ActWhereGroup:        {underMessage, (*change).loadAny, wants(nudges.InGroup)},
	form.ActWhereNot:          {underMessage, (*change).loadAny, wants("")},

	// The debrief, of both.
	form.ActTogether:   {underMessage, (*change).loadAny, (*change).together},
	form.ActMoveOn:     {underMessage, (*change).loadAny, (*change).moveOn},
	form.ActNever:      {underMessage, (*change).loadAny, (*change).never},
	form.ActCallMoved:  {underMessage, (*change).loadAny, (*change).callMoved},
	form.ActRepost:     {underMessage, (*change).loadAny, (*change).repost},
	form.ActLog:        {everywhere, (*change).loadOfTwo, opensWindow(form.LogScreen)},
	form.ActNotDoing:   {underMessage, (*change).loadOfTwo, opensWindow(form.NotDoingScreen)},
	form.ActReschedule: {underMessage, (*change).loadOfTwo, (*change).openReschedule},
}

// actionOf is the row of an action. What has none is the option of a question.
func actionOf(name string) action {
	if a, ok := actions[name]; ok {
		return a
	}
	if outcome, ok := strings.CutPrefix(name, form.ActOutcome+"_"); ok {
		log := func(c *change) error { return c.logOutcome(nudges.CallOutcome(outcome)) }
		return action{underMessage, (*change).loadAny, log}
	}
	return action{underMessage, (*change).loadOwn, (*change).tapOption}
}

func (c *change) tap() error {
	a := actionOf(c.in.Action)
	if a.load != nil {
		if err := a.load(c); err != nil {
			return err
		}
	}
	return a.do(c)
}

// shows answers with a screen and changes nothing.
func shows(s form.Screen) func(*change) error {
	return func(c *change) error {
		c.out.Screen = s
		return nil
	}
}
