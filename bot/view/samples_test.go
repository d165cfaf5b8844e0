package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

// A sampleCall is whom and what the samples is about.
type sampleCall struct {
	manager, rep, who string // names; who may agree to a take-over
	deal, plan        string
	words             string // what anybody else may type, such as a reason
	skill             string
	zone              *time.Location
	hours             nudges.HourCycle
	now, starts       time.Time
}

// Who is who in the samples.
const (
	sampleManager  = nudges.UserID("U0SAM001")
	sampleRep      = nudges.UserID("U0DANA01")
	sampleApprover = nudges.UserID("U0PRIYA1")
	sampleDelegate = nudges.UserID("U0INES01")
)

// scene is what can be shown of r to somebody of the sampleCall.
func (c sampleCall) scene(words *words.Words, r nudges.Request, viewer nudges.UserID) Scene {
	sc := NewScene(words, r, viewer, map[nudges.UserID]string{
		sampleManager: c.manager, sampleRep: c.rep, sampleApprover: c.who, sampleDelegate: c.who,
	}, c.zone, c.hours, c.now)
	sc.Data.Who = sc.Askees()
	return sc
}

// A sample is one thing that the bot can show: a view, a Home, a message or the errors of
// a form, not yet shortened to what fits.
type sample struct {
	name string
	what any
}

// verdicts has answers for every rule, and for every sentence of a verdict: those with
// "alone" leave nothing to quote against it.
var verdicts = []struct {
	name    string
	answers verdict.Answers
}{
	{"line", said("P7 alone P6 theirs P8 line P5 yes P4 yes")},
	{"rep-whole", said("P7 asked for whole P6 theirs P8 yes")},
	{"rep-co-pilot", said("P7 asked for copilot P6 theirs P5 yes")},
	{"rep-open", said("P7 asked P6 theirs")},
	{"customer", said("P7 alone P6 customer P8 yes")},
	{"rep-listen", said("P7 asked for listen P6 theirs P4 no")},
	{"blanks", said("P6 theirs P8 yes")},
	{"blanks-alone", said("P7 alone P8 yes")},
	{"not-asked", said("P7 not_yet P6 theirs P8 yes")},
	{"not-asked-barely", said("P7 not_yet P6 theirs P8 barely")},
	{"unsaid", said("P6 theirs P8 yes P5 yes")},
	{"unsaid-barely", said("P6 theirs P8 barely P5 yes")},
	{"hold-back", said("P7 alone P6 theirs P8 yes P5 yes P4 yes")},
	{"hold-back-unsure", said("P7 alone P6 theirs P8 yes P5 unsure P4 unsure")},
	{"coach", said("P7 alone P6 theirs P8 barely P5 yes P4 yes")},
	{"coach-wished", said("P7 coaching P6 theirs P8 yes P5 yes P4 yes")},
	{"coach-alone-wished", said("P7 alone P6 theirs P8 barely P5 no P4 no")},
	{"listen", said("P7 coaching P6 theirs P8 barely P5 no P4 yes")},
	{"co-pilot", said("P7 coaching P6 theirs P8 barely P5 no P4 no")},
	{"estimate", said("P7 coaching P6 theirs P8 barely P5 no P4 no estimate 90")},
	{"old-yes", said("P7 yes P6 theirs P8 barely P5 no P4 no")},
	{"line-alone", said("P8 line")},
	{"rep-whole-alone", said("P7 asked for whole")},
	{"rep-co-pilot-alone", said("P7 asked for copilot")},
	{"rep-open-alone", said("P7 asked")},
	{"customer-alone", said("P6 customer")},
	{"rep-listen-alone", said("P7 asked for listen")},
	{"coach-alone", said("P7 coaching P8 barely P5 unsure P4 unsure")},
	{"coach-wished-alone", said("P7 coaching P5 unsure P4 unsure")},
	{"listen-alone", said("P7 coaching P8 barely P5 no P4 unsure")},
	{"co-pilot-alone", said("P7 coaching P8 barely P5 no P4 no")},
}

// said are answers, each behind its question.
func said(pairs string) verdict.Answers {
	a := verdict.Answers{}
	for f := strings.Fields(pairs); len(f) > 1; f = f[2:] {
		a[verdict.QuestionID(f[0])] = verdict.OptionID(f[1])
	}
	return a
}

// How long the samples' calls are.
const sampleLength = 30 * time.Minute

// errTexts are the texts of errors.
var errTexts = []string{
	"err-not-found", "err-not-yours", "err-stale", "err-over", "err-closed", "err-started",
	"err-not-now", "err-unknown", "err-rung-gone", "err-more", "err-too-late", "err-past",
	"err-reason", "err-nudged", "err-unmet", "err-told", "err-planned-wrong", "team-skills-long", "team-two-teams",
	"err-reminder-off", "err-no-reminder", "err-pause-date", "err-no-days", "err-time-of-day", "err-zone",
	"err-link", "err-long", "err-day", "err-two-with", "err-manager-missing", "err-manager-self",
	"err-manager-unfit", "err-rep-unknown", "err-rep-bot", "err-rep-guest", "err-rep-self", "err-rep-gone",
	"err-rep-elsewhere", "err-rep-missing", "err-two-reps", "err-deal-long", "err-not-allowed", "err-who-unknown",
}

// Texts that come as a note of their own, beside those of an error, and above a screen.
var notes = []string{
	"closing-planned", "closing-planned-lead", "closing-planned-waits", "closing-passed", "closing-withdrawn", "grant-returned", "err-our-fault",
	"err-busy", "err-busy-again", "err-others-to-say", "note-waits",
}

// samples draws everything that the bot can show, about one call. What is missing here is
// not checked at the start, and has no golden file.
func samples(words *words.Words, c sampleCall) []sample {
	var all []sample
	add := func(name string, what any) { all = append(all, sample{name, what}) }
	begun := nudges.Request{
		ID: "R0123456789ABCDEF", Manager: sampleManager, Rep: sampleRep, Way: nudges.ByPause, Policy: nudges.Self,
		Deal: c.deal, Starts: c.starts, Ends: c.starts.Add(sampleLength), Begun: c.now,
		Decision: nudges.Undecided, Phase: nudges.Before, Grant: nudges.Grant{State: nudges.NoGrant}, Seq: 1,
	}
	about := func(r nudges.Request, edits ...func(*Scene)) Scene {
		sc := c.scene(words, r, sampleManager)
		sc.Data.Code = "E-4f2a"
		for _, edit := range edits {
			edit(&sc)
		}
		return sc
	}
	notice := func(text string) func(*Scene) { return func(sc *Scene) { sc.Notice = text } }
	show := func(name string, s form.Screen, sc Scene) { add(name, drawModal(s, sc)) }
	with := func(r nudges.Request, a verdict.Answers) nudges.Request { r.Answers = a; return r }
	decided := func(rung ladder.Rung) nudges.Request {
		r := begun
		r.Decision, r.Seq, r.DecidedSeq, r.DecidedAt = nudges.Decided(rung), 2, 2, c.now
		if rung == ladder.TakeOver {
			r.Grant = nudges.Grant{State: nudges.Given, Until: r.Ends.Add(nudges.GrantTail), EverGiven: true}
		}
		return r
	}
	during := func(r nudges.Request) nudges.Request { r.Phase = nudges.During; return r }

	// The pause.
	guessed := verdict.Answers{verdict.QEstimate: "40"}
	show("call", form.CallScreen, about(begun))
	other := begun
	other.ID, other.Starts = "R0123456789ABCDEG", begun.Starts.Add(sampleLength/2)
	also := func(sc *Scene) { sc.Also = &other }
	show("call-also", form.CallScreen, about(begun, also))
	add("card-also", Card(about(decided(ladder.HoldBack), also), false))
	show("call-again", form.CallScreen, about(with(begun, guessed), notice("notice-again")))
	nobody := begun
	nobody.Rep, nobody.Deal = "", ""
	blank := c.scene(words, nobody, sampleManager)
	show("fields", form.FieldsScreen, blank)
	show("fields-filled", form.FieldsScreen, about(begun))
	show("facts", form.FactsScreen, about(begun))
	show("facts-nobody", form.FactsScreen, blank)
	full := verdicts[0].answers
	show("facts-again", form.FactsScreen, about(with(begun, full), notice("notice-again")))
	show("later", form.LaterScreen, about(begun))
	show("later-again", form.LaterScreen, about(with(begun, full)))
	show("facts-asked-in", form.FactsScreen, about(with(begun, verdict.Answers{verdict.Q7: verdict.AskedMeIn})))
	for _, v := range verdicts {
		show("verdict-"+v.name, form.VerdictScreen, about(with(begun, v.answers)))
		if v.name == "coach" {
			more := func(sc *Scene) { sc.Wish, sc.Notice = ladder.TakeOver, "err-more" }
			show("verdict-more", form.VerdictScreen, about(with(begun, v.answers), more))
			show("verdict-all-eight", form.VerdictScreen, about(with(begun, said("P7 alone P6 theirs P8 barely")), more))
			show("verdict-during", form.VerdictScreen, about(during(with(begun, v.answers))))
			show("verdict-rung-gone", form.VerdictScreen,
				about(during(with(begun, v.answers)), notice("err-rung-gone")))
		}
	}
	for _, rung := range ladder.Rungs {
		show("closing-"+form.Dashed(rung), form.ClosingScreen, about(decided(rung)))
	}
	show("closing-ask-first", form.ClosingScreen, about(decided(ladder.Coach), notice("notice-ask-first")))
	show("closing-message", form.ClosingScreen, about(during(decided(ladder.Coach))))
	own := with(decided(ladder.HoldBack), verdict.Answers{verdict.QPlan: verdict.OwnPlan})
	show("closing-own", form.ClosingScreen, about(own))
	own.Plan = c.plan
	show("closing-own-typed", form.ClosingScreen, about(own))
	handing := with(decided(ladder.TakeOver), verdict.Answers{verdict.QHandBack: verdict.OwnPlan})
	handing.Plan = c.plan
	show("closing-hand-back-typed", form.ClosingScreen, about(handing))

	// On the call.
	now := during(begun)
	now.Way = nudges.ByNow
	show("now", form.NowScreen, about(now))
	show("now-nobody", form.NowScreen, c.scene(words, during(nobody), sampleManager))
	show("now-answered", form.NowScreen, about(with(during(decided(ladder.CoPilot)), verdict.Answers{
		verdict.QAskedIn: "rep", verdict.QStep: verdict.SpeakOnce,
	})))
	show("now-started", form.StartedScreen, about(begun))
	show("now-call", form.NowCallScreen, about(now))
	settled := func(rung ladder.Rung, by verdict.OptionID) nudges.Request {
		return with(during(decided(rung)), verdict.Answers{verdict.QAskedIn: by})
	}
	show("now-settled", form.SettledScreen, about(settled(ladder.TakeOver, "line")))
	show("now-settled-unasked", form.SettledScreen, about(settled(ladder.CoPilot, verdict.ByNobody)))
	show("now-settled-message", form.SettledScreen, about(settled(ladder.Coach, verdict.ByNobody)))

	// A request as it stands: in a window, as the manager's card, and at Home.
	show("status", form.StatusScreen, about(own, notice("notice-again")))
	show("status-stale", form.StatusScreen, about(decided(ladder.TakeOver), notice("err-stale")))
	card := func(name string, r nudges.Request) { add("card-"+name, Card(about(r), false)) }
	add("card-first", Card(about(decided(ladder.HoldBack)), true))
	for _, rung := range ladder.Rungs {
		card(form.Dashed(rung), decided(rung))
	}
	card("message", during(decided(ladder.Coach)))
	card("plan", with(decided(ladder.HoldBack), verdict.Answers{verdict.QPlan: "stuck"}))
	card("own-plan", own)
	card("hand-back-plan", with(decided(ladder.TakeOver), verdict.Answers{verdict.QHandBack: "next"}))
	back := decided(ladder.TakeOver)
	back.Grant = nudges.Grant{State: nudges.Returned, EverGiven: true}
	card("take-over-returned", back)
	over := decided(ladder.TakeOver)
	over.Phase = nudges.After
	card("take-over-over", over)
	over.Grant = nudges.Grant{State: nudges.Expired, EverGiven: true}
	card("take-over-expired", over)
	over.Grant = nudges.Grant{State: nudges.Returned, EverGiven: true}
	card("take-over-back-over", over)
	over.Grant = nudges.Grant{State: nudges.Declined}
	card("wish-over", over)
	for _, rung := range ladder.Rungs[:len(ladder.Rungs)-1] {
		over = decided(rung)
		over.Phase = nudges.After
		card(form.Dashed(rung)+"-over", over)
	}
	over.Decision, over.Phase = nudges.Withdrawn, nudges.Done
	card("withdrawn", over)
	over.Decision = nudges.Undecided
	card("lapsed", over)
	home := func(sc Scene, open ...Scene) any { return HomeTab(Home{Own: sc, Open: open, Manages: true}) }
	own0 := c.scene(words, nudges.Request{}, sampleManager)
	add("home", home(own0))
	add("home-new", HomeTab(Home{Own: own0, New: true}))
	numbered := func(n int, r nudges.Request) Scene {
		r.ID = nudges.RequestID(fmt.Sprintf("R0123456789ABC%03d", n))
		return about(r)
	}
	add("home-several", home(own0,
		numbered(0, begun), // nothing said yet: not shown
		numbered(1, with(begun, guessed)), numbered(2, own), numbered(3, decided(ladder.TakeOver)),
	))

	// Sentences: in a window, or to the person alone.
	said := append([]string{}, notes...)
	said = append(said, errTexts...)
	for _, rung := range ladder.Rungs {
		said = append(said, "closing-"+form.Dashed(rung)) // ends the questions on a call
	}
	for _, text := range append(said, "closing-message") {
		show("note-"+strings.TrimPrefix(text, "err-"), form.NoteScreen,
			about(decided(ladder.TakeOver), func(sc *Scene) { sc.Text = text }))
		add("line-"+strings.TrimPrefix(text, "err-"),
			Note(about(decided(ladder.TakeOver), func(sc *Scene) { sc.Text = text })))
	}
	add("wait", Wait(about(begun)))
	add("open", Open(about(begun), form.ActOpen, time.Time{}))
	add("open-from", Open(about(begun), form.ActOpen, c.now.Add(20*time.Second)))
	add("open-again", Open(about(nudges.Request{}), form.ActOpen, time.Time{}))
	add("open-again-from", Open(about(nudges.Request{}), form.ActOpen, c.now.Add(time.Minute)))
	add("help", Note(Scene{Words: words, Text: "help"}))
	add("why", Why(Scene{Words: words}))
	add("copy-ask-first", OfKind(about(begun), nudges.KindNote))

	// Errors below fields.
	for _, text := range errTexts {
		if strings.HasPrefix(text, "err-rep-") {
			add("errors-"+strings.TrimPrefix(text, "err-"), Errors(map[string]string{form.ActRep: text}, about(begun)))
		}
	}
	add("errors-past", Errors(map[string]string{form.ActTime: "err-past"}, about(begun)))
	pick := func(name string, qs ...verdict.QuestionID) {
		texts := map[string]string{}
		for _, q := range qs {
			texts[string(q)] = "err-pick-one"
		}
		add(name, Errors(texts, about(begun)))
	}
	pick("errors-rung", form.ActRung)
	pick("errors-more", append([]verdict.QuestionID{verdict.QWhyNot}, verdict.More...)...)
	pick("errors-now", verdict.NowAsks...)
	all = append(all, samplesOfOthers(words, c, begun, decided)...)
	all = append(all, samplesOfDebrief(words, c, begun, decided)...)
	all = append(all, samplesOfReminder(words, c, begun)...)
	all = append(all, samplesOfLog(words, c, begun, decided)...)
	all = append(all, samplesOfLearning(words, c, begun)...)
	all = append(all, samplesOfOwn(words, c, begun, decided)...)
	return append(all, samplesOfOps(words, c)...)
}

// fullHome is Home with more than it has room for.
func fullHome(words *words.Words, c sampleCall) sample {
	var crowd []Scene
	for n := range MaxHome + 1 {
		crowd = append(crowd, c.scene(words, nudges.Request{
			ID: nudges.RequestID(fmt.Sprintf("R0123456789ABC%03d", n)), Manager: sampleManager, Rep: sampleRep,
			Deal: c.deal, Plan: c.plan,
			Starts: c.starts, Ends: c.starts.Add(sampleLength), Begun: c.now,
			Answers:  verdict.Answers{verdict.QPlan: verdict.OwnPlan},
			Decision: nudges.Decided(ladder.TakeOver), Phase: nudges.Before,
			Coaching: nudges.Coaching{At: c.now, Skill: c.skill},
			Grant: nudges.Grant{
				State: nudges.Asked, Until: c.starts.Add(sampleLength),
				Route: []nudges.UserID{sampleApprover, sampleDelegate}, Asked: 2,
			}, Seq: 2,
		}, sampleManager))
	}
	own := c.scene(words, nudges.Request{}, sampleManager)
	own.Team, own.Fixed = c.team(), roster.Fixed{Policy: true}
	own.Reminder, own.Zones = daily.Reminder{
		State: daily.ReminderOn, At: daily.DefaultTime, Days: daily.Workdays, Zone: "UTC", Pinned: "UTC",
		Paused: "2026-12-24", Due: c.now.Add(time.Hour), DueOn: nudges.DateIn(c.now, time.UTC),
	}, daily.Zones(time.LoadLocation)
	own.Learning = []nudges.LearningDeal{{
		Manager: sampleManager, Rep: sampleRep, Deal: c.deal, What: c.words,
		At: c.now,
	}}
	over := crowd[0]
	over.Request.Phase, over.Request.Debrief.State = nudges.Debrief, nudges.DebriefQuiet
	return sample{
		"home-full",
		HomeTab(Home{Own: own, Open: crowd, Manages: true, Debriefs: slices.Repeat([]Scene{over}, MostOpenDebriefs)}),
	}
}

// longest has the longest words that people can have put in: each letter of them takes five
// once it is escaped.
func longest(words *words.Words) sampleCall {
	long := func(n int) string { return strings.Repeat("&", n) }
	// Slack's longest name has 80 characters, our input for a plan 300.
	c := sampleCall{
		manager: long(80), rep: long(80), who: long(80), deal: long(form.MaxDeal), plan: long(form.MaxPlan),
		words: long(form.MaxPlan),
		skill: long(maxOption), zone: time.UTC, hours: nudges.Hours12,
	}
	c.now = time.Date(2026, 9, 23, 23, 30, 0, 0, time.UTC)
	for _, ahead := range []int{0, 1, 7} { // "today", "tomorrow", "Wed 30 Sep"
		starts := c.now.AddDate(0, 0, ahead)
		if c.starts.IsZero() || len([]rune(day(words, starts, c.now))) > len([]rune(day(words, c.starts, c.now))) {
			c.starts = starts
		}
	}
	return c
}

// sampleCalls are calls as people have them, with the longest names, with none, and with names that would do harm.
func sampleCalls(tb testing.TB) map[string]sampleCall {
	tb.Helper()
	usual := stage(tb)
	return map[string]sampleCall{
		"usual": usual, "longest": longest(shippedWords(tb)),
		"nobody": {zone: usual.zone, now: usual.now, starts: usual.starts},
		"hostile": {
			manager: "<!channel>", rep: "دانا", deal: "*_~`<@U1>|x", plan: "\u202e<https://x.example|y>", who: "<!here>",
			words: "<@U1> & co", skill: "<b>|", zone: usual.zone, now: usual.now, starts: usual.starts,
		},
	}
}

// shippedWords are the words that stepin comes with.
func shippedWords(testing.TB) *words.Words { return words.Shipped() }
