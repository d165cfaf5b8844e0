package form

// A Screen is what a person sees in answer to an input. Its name is also the view's callback id.
type Screen string

// The screens.
const (
	NoScreen      Screen = ""        // nothing changes
	CallScreen    Screen = "call"    // the call in one line
	FieldsScreen  Screen = "fields"  // the call's fields
	FactsScreen   Screen = "facts"   // five facts
	VerdictScreen Screen = "verdict" // the verdict and the ladder
	ClosingScreen Screen = "closing" // the mantra and a plan
	NowScreen     Screen = "now"     // three questions on a running call
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
	PullScreen     Screen = "pull"     // a rep asks for help
	TeamScreen     Screen = "team"     // team settings
	ReminderScreen Screen = "reminder" // settings of the daily reminder
	DecidedScreen  Screen = "decided"  // for an approver: it was decided already

	LogScreen        Screen = "log"        // log what happened
	NotDoingScreen   Screen = "not_doing"  // why there will be no debrief
	RescheduleScreen Screen = "reschedule" // when a moved call takes place
	DebriefScreen    Screen = "debrief"    // open a debrief on any call
	HistoryScreen    Screen = "history"    // one's own calls
	ForgetScreen     Screen = "forget"     // what will be deleted, and what stays
	PrivacyScreen    Screen = "privacy"    // what is kept
	LearningScreen   Screen = "learning"   // deals marked for learning
)
