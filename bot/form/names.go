package form

// A Screen is what a person sees in answer to an input. Its name is also the view's callback id.
type Screen string

// The screens.
const (
	NoScreen      Screen = ""        // nothing changes
	CallScreen    Screen = "call"    // the call in one line
	FieldsScreen  Screen = "fields"  // the call's fields
	FactsScreen   Screen = "facts"   // the facts that are asked first
	LaterScreen   Screen = "later"   // those asked where they can still change the rung
	VerdictScreen Screen = "verdict" // the verdict and the ladder
	ClosingScreen Screen = "closing" // the mantra and a plan
	RoleScreen    Screen = "role"    // the role on a call that the two planned
	NowScreen     Screen = "now"     // two questions on a running call
	StartedScreen Screen = "started" // whether a call has started
	NowCallScreen Screen = "on_call" // which call somebody is on
	SettledScreen Screen = "settled" // what was settled on a running call
	MeantScreen   Screen = "meant"   // whether what was typed is a verb or a deal
	StatusScreen  Screen = "status"  // a request that was there already
	NoteScreen    Screen = "note"    // a sentence
	HelpScreen    Screen = "help"
	WhyScreen     Screen = "why"
	DoneScreen    Screen = "done" // the window closes

	GlassScreen    Screen = "glass"    // why it can't wait
	SentenceScreen Screen = "sentence" // an approver's sentence with a no
	WordScreen     Screen = "word"     // what would help, in the rep's words
	CoachingScreen Screen = "coaching" // coaching questions, and what to give
	WordsScreen    Screen = "words"    // words for the rep after a hold-back
	TellScreen     Screen = "tell"     // a sentence to the rep: the manager joins, or what a coaching gives
	PullScreen     Screen = "pull"     // a rep asks for help
	CancelScreen   Screen = "cancel"   // whether to cancel what the rep asked for
	TeamScreen     Screen = "team"     // team settings
	ReminderScreen Screen = "reminder" // settings of the daily reminder
	DecidedScreen  Screen = "decided"  // for an approver: it was decided already

	LogScreen        Screen = "log"        // log what happened
	MoveOnScreen     Screen = "move_on"    // whether to close a debrief for good
	NotDoingScreen   Screen = "not_doing"  // why there will be no debrief
	RescheduleScreen Screen = "reschedule" // when a moved call takes place
	DebriefScreen    Screen = "debrief"    // open a debrief on any call
	HistoryScreen    Screen = "history"    // one's own calls
	ForgetScreen     Screen = "forget"     // what will be deleted, and what stays
	PrivacyScreen    Screen = "privacy"    // what is kept
	LearningScreen   Screen = "learning"   // deals marked for learning

	GuessesScreen Screen = "guesses"       // one's own odds beside what came of the calls
	MotivesScreen Screen = "motives"       // why one wanted to step in, beside what one then did
	EraseScreen   Screen = "motives_erase" // whether to erase those
	StopScreen    Screen = "mirror_stop"   // whether to stop counting
)

// Action ids. A question's action id is its own id.
const (
	ActHold     = "hold"
	ActAsk      = "ask"
	ActChange   = "change"
	ActRung     = "rung"
	ActRole     = "role"
	ActRep      = "rep"
	ActDeal     = "deal"
	ActDay      = "day"
	ActTime     = "time"
	ActLength   = "length"
	ActPlan     = "plan_text"
	ActMind     = "mind"
	ActWithdraw = "withdraw"
	ActReturn   = "return"
	ActCarry    = "carry"
	ActStart    = "start"
	ActNow      = "now"
	ActOpen     = "open"

	ActNowCall    = "on_call"
	ActStarted    = "started"
	ActNotStarted = "not_started"
	ActMeant      = "meant"

	ActSkill      = "skill"
	ActReason     = "reason"
	ActApprove    = "approve"
	ActCoachFirst = "coach_first"
	ActDecline    = "decline"
	ActNudge      = "nudge"
	ActGlass      = "glass"
	ActSentence   = "sentence"

	ActGuess      = "guess"
	ActHelp       = "help"
	ActMine       = "mine"
	ActNotMine    = "not_mine"
	ActClaimYes   = "claim_yes"
	ActClaimNo    = "claim_no"
	ActPlannedYes = "planned_yes"
	ActPlannedNo  = "planned_no"
	ActFromHere   = "from_here"
	ActCoaching   = "coaching"
	ActJoin       = "join"
	ActListen     = "listen"
	ActTake       = "take"
	ActGive       = "give_text"
	ActCoached    = "coached"
	ActWords      = "words"
	ActTakeNote   = "take_note"
	ActSendNote   = "send_note" // under old windows alone
	ActTell       = "tell"
	ActTellText   = "tell_text"
	ActPull       = "pull"
	ActTakeBack   = "take_back"
	ActBoss       = "boss"

	ActReminder       = "reminder"
	ActReminderOn     = "reminder_on"
	ActReminderOff    = "reminder_off"
	ActSendNow        = "reminder_now"
	ActWeekly         = "weekly"
	ActSnoozeShort    = "snooze_short"
	ActSnoozeHour     = "snooze_hour"
	ActSnoozeTomorrow = "snooze_tomorrow"
	ActWanted         = "wanted"
	ActAt             = "at"
	ActDays           = "days"
	ActZone           = "zone"
	ActPauseUntil     = "pause_until"
	ActHours          = "hours"

	ActFollowPlan   = "follow" // with "_" and an answer, a button
	ActMore         = "more"   // a menu of buttons
	ActLog          = "log"
	ActMoveOn       = "move_on"
	ActNotDoing     = "not_doing"
	ActNever        = "never"
	ActCallMoved    = "call_moved"
	ActReschedule   = "reschedule"
	ActTogether     = "together"
	ActWhereChannel = "where_channel"
	ActWhereGroup   = "where_group"
	ActWhereNot     = "where_not"
	ActRepost       = "repost"
	ActDebrief      = "debrief"
	ActHistory      = "history"
	ActForget       = "forget"
	ActLearning     = "learning"
	ActLearn        = "learn"   // a field: what is to be learned
	ActUnlearn      = "unlearn" // take a mark off
	ActOutcome      = "outcome" // a field of the log; with "_" and an outcome, a button
	ActRoute        = "route"
	ActLearned      = "learned"
	ActRecording    = "recording"
	ActTrusted      = "trusted"
	ActWith         = "with"
	ActLed          = "led"
	ActPlace        = "place"
	ActWhose        = "whose" // a filter of the history, like ActEnded
	ActEnded        = "ended"
	ActNewer        = "newer"
	ActOlder        = "older"
	ActAll          = "all"

	ActGuesses      = "guesses"
	ActMotives      = "motives"
	ActEraseMotives = "motives_erase"
	ActMirrorHide   = "mirror_hide"
	ActMirrorShow   = "mirror_show"
	ActMirrorStop   = "mirror_stop"
	ActMirrorCount  = "mirror_count"

	ActTeam     = "team"
	ActReps     = "reps"
	ActPolicy   = "policy"
	ActApprover = "approver"
	ActDelegate = "delegate"
	ActFrom     = "from"
	ActUntil    = "until"
	ActNext     = "next"
	ActChannel  = "channel"
	ActSkills   = "skills"
)
