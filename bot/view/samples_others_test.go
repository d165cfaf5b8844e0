package view

import (
	"maps"
	"slices"
	"strings"
	"time"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/team"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

// team is the sampleCall's.
func (c sampleCall) team() team.Team {
	t := team.Team{
		Manager: sampleManager, Policy: nudges.ByOthers, Reps: []nudges.UserID{sampleRep}, Channel: "C0DEBRF1",
		Approvers: []team.Approver{{
			ID: sampleApprover, Delegate: sampleDelegate, From: "2026-12-21",
			Until: "2027-01-03",
		}},
	}
	if c.skill != "" {
		t.Skills = []team.Skill{{Name: c.skill, Training: c.skill}}
	}
	return t
}

// Texts that come above the words for a rep.
var wordsNotices = []string{"note-taken", "note-yours"}

// samplesOfOthers draws all that concerns others than the manager: an approver, the rep, the
// team. begun is the sampleCall's request, decided one that is decided.
func samplesOfOthers(words *words.Words, c sampleCall, begun nudges.Request,
	decided func(ladder.Rung) nudges.Request,
) []sample {
	var all []sample
	to := func(viewer nudges.UserID, r nudges.Request) Scene {
		sc := c.scene(words, r, viewer)
		sc.Team = c.team()
		return sc
	}
	mine := func(r nudges.Request) Scene { return to(sampleManager, r) }
	show := func(name string, s form.Screen, sc Scene) { all = append(all, sample{name, drawModal(s, sc)}) }
	say := func(name, kind string, sc Scene) {
		all = append(all, sample{name, OfKind(sc, kind)})
	}
	card := func(name string, r nudges.Request) {
		all = append(all, sample{"card-" + name, Card(mine(r), false)})
	}
	changed := func(r nudges.Request, edit func(*nudges.Request)) nudges.Request {
		r.Answers = maps.Clone(r.Answers)
		edit(&r)
		return r
	}
	grant := func(state nudges.GrantState, edits ...func(*nudges.Grant)) nudges.Request {
		r := decided(ladder.TakeOver)
		r.Policy = nudges.ByOthers
		r.Grant = nudges.Grant{
			State: state, Until: c.starts, At: c.now, Route: []nudges.UserID{sampleApprover, sampleDelegate}, Asked: 1,
			Since: c.now,
		}
		for _, e := range edits {
			e(&r.Grant)
		}
		return r
	}
	by := func(who nudges.UserID) func(*nudges.Grant) { return func(g *nudges.Grant) { g.By = who } }
	was := func(g *nudges.Grant) { g.EverGiven = true }
	glass := func(g *nudges.Grant) { g.BreakGlass, g.EverGiven, g.Reason = true, true, c.words }
	because := func(g *nudges.Grant) { g.Reason = c.words }
	coachFirst := func(g *nudges.Grant) { g.CoachFirst = true }
	adds := func(g *nudges.Grant) { g.Word = c.words }
	// How a question ended, by the name of its drawings.
	ends := []struct {
		name string
		r    nudges.Request
	}{
		{"approved", grant(nudges.Given, by(sampleApprover), was)},
		{"declined", grant(nudges.Declined, by(sampleApprover), adds)},
		{"coach-first", grant(nudges.Declined, by(sampleApprover), coachFirst)},
		{"no-answer", grant(nudges.Expired)},
		{"nobody", grant(nudges.Expired, func(g *nudges.Grant) { g.Route = nil })},
		{"glass", grant(nudges.Given, glass)},
		{"returned", grant(nudges.Returned, by(sampleManager), was)},
		{"ended", grant(nudges.Expired, by(sampleApprover), was)},
		{"smaller", decided(ladder.CoPilot)},
		{"withdrawn", changed(begun, func(r *nudges.Request) { r.Decision, r.Phase = nudges.Withdrawn, nudges.Done })},
	}

	// Approval.
	typed := changed(begun, func(r *nudges.Request) {
		r.Answers = verdict.Answers{
			verdict.Q7: "coaching", verdict.Q6: "theirs", verdict.Q8: "barely", verdict.Q5: "no",
			verdict.Q4: "no",
		}
		r.Past = verdict.Past{Took: c.now, Coached: []verdict.Coached{{Skill: c.skill, At: c.now}}}
		r.Skill = c.skill
	})
	more := mine(typed)
	more.Wish, more.Route = ladder.TakeOver, []nudges.UserID{sampleApprover}
	show("verdict-typed", form.VerdictScreen, more)
	show("verdict-ledger", form.VerdictScreen, mine(typed))
	show("verdict-ledger-new", form.VerdictScreen,
		mine(changed(typed, func(r *nudges.Request) { r.Past.Coached = nil })))
	show("verdict-ledger-took", form.VerdictScreen,
		mine(changed(typed, func(r *nudges.Request) { r.Answers = said("P7 coaching P6 theirs P8 barely") })))
	show("later-skill", form.LaterScreen, mine(typed))
	show("fields-skill", form.FieldsScreen, mine(typed))
	show("closing-asked", form.ClosingScreen, mine(grant(nudges.Asked)))
	show("closing-nobody", form.ClosingScreen, mine(ends[4].r))
	show("glass", form.GlassScreen, mine(grant(nudges.Asked)))
	card("glass-alone", grant(nudges.Given, glass, func(g *nudges.Grant) { g.Route = nil }))
	show("sentence", form.SentenceScreen, to(sampleApprover, ends[1].r))
	for _, kind := range []string{nudges.KindAsk, nudges.KindRemind, nudges.KindApproverReminder} {
		say("to-approver-"+kind, kind, to(sampleApprover, grant(nudges.Asked, because)))
	}
	say("to-delegate-ask", nudges.KindAsk, to(sampleDelegate, grant(nudges.Asked)))
	set := to(sampleApprover, grant(nudges.Asked))
	set.Fixed.Approvers = true
	say("to-approver-of-the-team", nudges.KindAsk, set)
	for _, is := range []nudges.GrantState{nudges.Given, nudges.Declined} {
		hour := changed(grant(is, by(sampleApprover)), func(r *nudges.Request) {
			r.Starts, r.Ends = r.Starts.Add(time.Hour), r.Ends.Add(time.Hour)
		})
		say("to-approver-may-change-"+string(is), nudges.KindAsk, to(sampleApprover, hour))
		say("to-delegate-"+string(is), nudges.KindAsk, to(sampleDelegate, hour))
	}
	for name, a := range map[string]verdict.Answers{
		verdict.GroundRep:      {verdict.Q7: verdict.AskedMeIn},
		verdict.GroundCustomer: {verdict.Q6: "customer"},
		verdict.GroundLine:     {verdict.Q8: "line"},
	} {
		r := changed(grant(nudges.Asked), func(r *nudges.Request) { r.Answers, r.Claim = a, nudges.ClaimTold })
		say("to-approver-ground-"+name, nudges.KindAsk, to(sampleApprover, r))
		r = changed(grant(nudges.Given, glass), func(r *nudges.Request) {
			r.Answers, r.Grant.Reason, r.Claim = a, "",
				nudges.ClaimTold
		})
		say("glass-told-ground-"+name, nudges.KindGlass, to(sampleApprover, r))
	}
	for _, e := range ends {
		say("to-approver-"+e.name, nudges.KindAsk, to(sampleApprover, e.r))
		say("elsewhere-"+e.name, nudges.KindElsewhere, to(sampleDelegate, e.r))
		show("decided-"+e.name, form.DecidedScreen, to(sampleDelegate, e.r))
		say("settled-"+e.name, nudges.KindSettled, mine(e.r))
		say("glass-told-"+e.name, nudges.KindGlass, to(sampleApprover, e.r))
		card("grant-"+e.name, e.r)
	}
	say("settled-asked", nudges.KindSettled, mine(grant(nudges.Asked)))
	card("grant-asked", grant(nudges.Asked))
	now := changed(grant(nudges.Given, glass), func(r *nudges.Request) {
		r.Grant.Reason = ""
		r.Answers = verdict.Answers{verdict.QAskedIn: "nobody", verdict.QStep: verdict.TakeItOver}
	})
	say("glass-told-now", nudges.KindGlass, to(sampleApprover, now))
	say("glass-told-now-added", nudges.KindGlass, to(sampleApprover, changed(now, func(r *nudges.Request) { because(&r.Grant) })))
	on := mine(changed(grant(nudges.NoGrant), func(r *nudges.Request) {
		r.Decision, r.Phase, r.Grant.Route = nudges.Undecided, nudges.During, nil
	}))
	on.Route = []nudges.UserID{sampleApprover, sampleDelegate, sampleRep}
	show("now-approver", form.NowScreen, on)

	// The rep's word.
	for state, name := range map[nudges.BondState]string{
		nudges.Meeting: "meet", nudges.Met: "met-yes",
		nudges.NotMyBoss: "met-no",
	} {
		sc := to(sampleRep, decided(ladder.Coach))
		sc.Bond = state
		all = append(all, sample{name, dm(sc, drawMeet)})
		sc.Request = nudges.Request{Manager: sampleManager, Rep: sampleRep, Card: team.MeetKey(sampleManager, sampleRep, c.now)}
		all = append(all, sample{name + "-team", dm(sc, drawMeet)})
	}
	word := func(w nudges.Word) nudges.Request {
		return changed(decided(ladder.Coach), func(r *nudges.Request) { r.Word = w })
	}
	asked := word(nudges.Word{State: nudges.WordAsked})
	say("word", nudges.KindWord, to(sampleRep, asked))
	say("word-gone", nudges.KindWord,
		to(sampleRep, changed(asked, func(r *nudges.Request) { r.Phase = nudges.During })))
	say("word-erased", nudges.KindWord, to(sampleRep,
		changed(word(nudges.Word{State: nudges.WordGiven}), func(r *nudges.Request) { r.Phase = nudges.Done })))
	say("reply-erased", nudges.KindReply, mine(word(nudges.Word{State: nudges.WordGiven})))
	for _, a := range nudges.WordAnswers {
		given := word(nudges.Word{State: nudges.WordGiven, Answer: a, Help: c.words, Guess: c.words})
		say("word-"+string(a), nudges.KindWord, to(sampleRep, given))
		say("reply-"+string(a), nudges.KindReply, mine(given))
	}
	joins := changed(decided(ladder.CoPilot), func(r *nudges.Request) {
		r.Word = nudges.Word{State: nudges.WordGiven, Answer: nudges.PleaseJoin, Help: c.words}
		r.Heard = r.Decision
	})
	say("word-told", nudges.KindWord, to(sampleRep, joins))
	say("word-canceled", nudges.KindWord, to(sampleRep, changed(joins, func(r *nudges.Request) {
		r.Decision, r.Phase, r.Heard = nudges.Withdrawn, nudges.Done, nudges.Withdrawn
		r.Word = nudges.Word{State: nudges.WordGiven}
	})))
	card("passed", changed(joins, func(r *nudges.Request) {
		r.Decision, r.Phase, r.Heard, r.Word = nudges.Withdrawn, nudges.Done, nudges.Withdrawn, nudges.Word{}
	}))
	for a, name := range map[nudges.WordAnswer]string{nudges.PleaseJoin: "join", nudges.CoachMe: "coach"} {
		waits := changed(decided(ladder.HoldBack), func(r *nudges.Request) {
			r.Word = nudges.Word{State: nudges.WordGiven, Answer: a, Help: c.words}
		})
		card("asked-"+name, waits)
		show("cancel-"+name, form.CancelScreen, mine(waits))
		came := mine(waits)
		came.Notice = "notice-word"
		show("closing-word-"+name, form.ClosingScreen, came)
		show("facts-asked-"+name, form.FactsScreen, mine(waits))
	}
	card("asked-coaches", changed(decided(ladder.Coach), func(r *nudges.Request) {
		r.Word = nudges.Word{State: nudges.WordGiven, Answer: nudges.CoachMe}
	}))
	show("word-help", form.WordScreen, to(sampleRep, word(nudges.Word{State: nudges.WordGiven, Help: c.words})))
	guess := mine(asked)
	guess.Notice = "notice-asked"
	show("closing-guess", form.ClosingScreen, guess)
	guess = mine(word(nudges.Word{State: nudges.WordWaits, Guess: c.words}))
	guess.Notice = "notice-word-waits"
	show("closing-guess-waits", form.ClosingScreen, guess)
	for _, s := range []nudges.ClaimState{nudges.ClaimTold, nudges.ClaimRight, nudges.ClaimWrong} {
		say("claim-"+string(s), nudges.KindClaim, to(sampleRep,
			changed(decided(ladder.CoPilot), func(r *nudges.Request) {
				if r.Claim = s; s == nudges.ClaimRight {
					r.Heard = r.Decision
				}
			})))
	}
	for name, refused := range map[string]bool{"unmet": true, "unmet-back": false} {
		say(name, nudges.KindUnmet, mine(word(nudges.Word{State: nudges.WordRefused, Refused: refused})))
	}
	for _, kind := range []string{nudges.KindUnheard, nudges.KindCorrected, nudges.KindNoteMissed} {
		say(kind, kind, mine(decided(ladder.Coach)))
	}
	say("corrected-back", nudges.KindCorrected,
		mine(changed(decided(ladder.Coach), func(r *nudges.Request) { r.Claim = nudges.ClaimRight })))

	// A call that the two planned, and a rep who can take it from here.
	planned := func(rung ladder.Rung, p nudges.ClaimState, edits ...func(*nudges.Request)) nudges.Request {
		r := decided(rung)
		r.Planned = p
		for _, e := range edits {
			e(&r)
		}
		return r
	}
	show("role", form.RoleScreen, mine(begun))
	show("role-again", form.RoleScreen, mine(planned(ladder.Listen, nudges.ClaimUntold)))
	card("planned-co-pilot", planned(ladder.CoPilot, nudges.ClaimUntold))
	card("planned-lead", planned(ladder.TakeOver, nudges.ClaimTold))
	card("planned-lead-waits", planned(ladder.TakeOver, nudges.ClaimWaits))
	card("planned-lead-over", planned(ladder.TakeOver, nudges.ClaimTold, func(r *nudges.Request) {
		r.Phase, r.Grant.State = nudges.Done, nudges.Expired
	}))
	for _, s := range []nudges.ClaimState{nudges.ClaimTold, nudges.ClaimRight, nudges.ClaimWrong, nudges.ClaimWaits} {
		say("planned-"+string(s), nudges.KindPlanned, to(sampleRep, planned(ladder.TakeOver, s)))
	}
	say("unplanned", nudges.KindUnplanned, mine(planned(ladder.TakeOver, nudges.ClaimWrong, func(r *nudges.Request) {
		r.Decision, r.Grant = nudges.Undecided, nudges.Grant{State: nudges.NoGrant}
	})))
	say("unplanned-unmet", nudges.KindUnplanned, mine(planned(ladder.TakeOver, nudges.NoClaim, func(r *nudges.Request) {
		r.Phase, r.Decision, r.Grant = nudges.During, nudges.Undecided, nudges.Grant{State: nudges.NoGrant}
	})))
	runs := func(r *nudges.Request) { r.Phase = nudges.During }
	said := func(r *nudges.Request) { r.Others = []nudges.Sent{{Kind: nudges.KindFromHere}} }
	say("planned-during", nudges.KindPlanned, to(sampleRep, planned(ladder.TakeOver, nudges.ClaimTold, runs)))
	say("planned-from-here", nudges.KindPlanned, to(sampleRep, planned(ladder.TakeOver, nudges.ClaimTold, runs, said)))
	say("claim-during", nudges.KindClaim, to(sampleRep,
		changed(decided(ladder.CoPilot), func(r *nudges.Request) { r.Phase, r.Claim = nudges.During, nudges.ClaimTold })))
	say("word-during", nudges.KindWord, to(sampleRep, changed(decided(ladder.CoPilot), func(r *nudges.Request) {
		r.Phase, r.Heard = nudges.During, r.Decision
		r.Word = nudges.Word{State: nudges.WordGiven, Answer: nudges.PleaseJoin}
	})))
	say("from-here", nudges.KindFromHere, mine(changed(decided(ladder.CoPilot), runs)))
	say("from-here-lead", nudges.KindFromHere, mine(changed(decided(ladder.TakeOver), runs)))
	say("from-here-returned", nudges.KindFromHere, mine(changed(decided(ladder.TakeOver),
		func(r *nudges.Request) { r.Phase, r.Grant.State = nudges.During, nudges.Returned })))

	// Coaching, and the words after a hold-back.
	coached := changed(decided(ladder.Coach), func(r *nudges.Request) {
		r.Coaching = nudges.Coaching{At: c.now, Skill: c.skill}
		r.Word, r.Note, r.NoteText = nudges.Word{Help: c.words}, nudges.NoteWaits, c.words
	})
	show("coaching", form.CoachingScreen, mine(coached))
	plain := mine(changed(coached, func(r *nudges.Request) { r.Phase = nudges.During }))
	plain.Team.Skills = nil
	show("coaching-no-skills", form.CoachingScreen, plain)
	card("coached", coached)
	held := decided(ladder.HoldBack)
	show("words", form.WordsScreen, mine(held))
	for _, n := range wordsNotices {
		sc := mine(held)
		sc.Notice = n
		show("words-"+n, form.WordsScreen, sc)
	}

	// The manager joins, and tells the rep.
	given := mine(coached)
	given.Data.Typed = c.words
	show("tell-coach", form.TellScreen, given)
	for _, rung := range ladder.Rungs[ladder.Listen.Height():] {
		show("tell-"+form.Dashed(rung), form.TellScreen, mine(decided(rung)))
		show("closing-during-"+form.Dashed(rung), form.ClosingScreen,
			mine(changed(decided(rung), func(r *nudges.Request) { r.Phase = nudges.During })))
	}
	typing := changed(decided(ladder.CoPilot), func(r *nudges.Request) {
		r.Answers = verdict.Answers{verdict.QPlan: verdict.OwnPlan}
	})
	show("closing-typing", form.ClosingScreen, mine(typing))
	show("closing-typed", form.ClosingScreen, mine(changed(typing, func(r *nudges.Request) { r.Plan = c.plan })))
	told := changed(decided(ladder.CoPilot), func(r *nudges.Request) { r.Note, r.NoteText = nudges.NoteSent, c.words })
	card("told", told)
	say("from-manager", nudges.KindFromManager, to(sampleRep, told))
	after := changed(held, func(r *nudges.Request) { r.Phase = nudges.After })
	for name, r := range map[string]nudges.Request{"before": held, "after": after} {
		say("trust-"+name, nudges.KindTrust, mine(r))
	}

	// A pull.
	pull := changed(begun, func(r *nudges.Request) {
		r.Way, r.Word = nudges.ByAsk, nudges.Word{State: nudges.WordGiven, Help: c.words}
	})
	show("pull", form.PullScreen,
		to(sampleRep, changed(begun, func(r *nudges.Request) { r.ID, r.Rep = "", sampleRep })))
	card("pull", pull)
	say("pulled", nudges.KindPulled, to(sampleRep, pull))
	for _, rung := range ladder.Rungs {
		r := changed(decided(rung), func(r *nudges.Request) { r.Way, r.Heard = nudges.ByAsk, nudges.Decided(rung) })
		say("answered-"+form.Dashed(rung), nudges.KindAnswered, to(sampleRep, r))
	}
	say("answered-withdrawn", nudges.KindAnswered, to(sampleRep, changed(pull, func(r *nudges.Request) {
		r.Decision, r.Phase, r.Heard = nudges.Withdrawn, nudges.Done, nudges.Withdrawn
	})))
	say("answered-none", nudges.KindAnswered,
		to(sampleRep, changed(decided(ladder.TakeOver), func(r *nudges.Request) { r.Heard = nudges.Undecided })))
	say("pulled-told", nudges.KindPulled, to(sampleRep, changed(pull, func(r *nudges.Request) {
		r.Decision, r.Heard = nudges.Decided(ladder.Listen), nudges.Decided(ladder.Listen)
	})))
	say("pulled-over", nudges.KindPulled, to(sampleRep,
		changed(pull, func(r *nudges.Request) { r.Phase = nudges.Done })))
	for _, text := range []string{"pull-sent", "notice-pull-again", "nudged"} {
		sc := to(sampleRep, pull)
		sc.Text, sc.Data.Who = text, c.who
		show("told-"+text, form.NoteScreen, sc)
	}

	// The team, and the Homes of the three.
	set = mine(nudges.Request{})
	none := set
	none.Team = team.Team{Manager: sampleManager}
	fixed := set
	fixed.Fixed = roster.Fixed{Reps: true, Policy: true, Approvers: true}
	for name, sc := range map[string]Scene{"team": set, "team-none": none, "team-fixed": fixed} {
		show(name, form.TeamScreen, sc)
		all = append(all, sample{"home-" + name, HomeTab(Home{Own: sc, Manages: true})})
	}
	number := func(sc Scene, id nudges.RequestID) Scene { sc.Request.ID = id; return sc }
	all = append(all,
		sample{"home-approver", HomeTab(Home{
			Own: c.scene(words, nudges.Request{}, sampleApprover), Parts: []Scene{
				number(to(sampleApprover, grant(nudges.Asked, because)), "R0123456789ABC001"),
				number(to(sampleApprover, grant(nudges.Asked)), "R0123456789ABC002"),
			},
		})},
		sample{"home-rep", HomeTab(Home{
			Own:   c.scene(words, nudges.Request{}, sampleRep),
			Parts: []Scene{to(sampleRep, pull)}, Rep: true,
		})},
		sample{"home-rep-runs", HomeTab(Home{
			Own: c.scene(words, nudges.Request{}, sampleRep), Parts: []Scene{to(sampleRep,
				changed(decided(ladder.CoPilot), func(r *nudges.Request) { r.Phase, r.Heard = nudges.During, r.Decision }))}, Rep: true,
		})},
		sample{"home-rep-present", HomeTab(Home{
			Own: c.scene(words, nudges.Request{}, sampleRep), Parts: []Scene{to(sampleRep,
				changed(decided(ladder.TakeOver), func(r *nudges.Request) { r.Phase, r.Present = nudges.During, true }))}, Rep: true,
		})},
		sample{"home-unknown", HomeTab(Home{
			Own: c.scene(words, nudges.Request{}, sampleRep), Parts: []Scene{to(sampleRep, pull)}, Unknown: true,
		})},
		sample{"home-new-approver", HomeTab(Home{
			Own:   c.scene(words, nudges.Request{}, sampleApprover),
			Parts: []Scene{number(to(sampleApprover, grant(nudges.Asked)), "R0123456789ABC001")}, New: true,
		})},
		sample{"home-new-rep", HomeTab(Home{
			Own: c.scene(words, nudges.Request{}, sampleRep), Rep: true, Boss: c.manager, New: true,
		})},
		sample{"home-rep-nothing", HomeTab(Home{Own: c.scene(words, nudges.Request{}, sampleRep), Rep: true})},
	)
	for _, t := range teamTexts {
		sc := set
		sc.Data.Who = c.who
		all = append(all, sample{"errors-" + t.text, Errors(map[string]string{t.action: t.text}, sc)})
	}
	slices.SortFunc(all, func(a, b sample) int { return strings.Compare(a.name, b.name) })
	return all
}

// teamTexts are what can be wrong on a form beside those of a pause, and the field it is about.
var teamTexts = []struct{ text, action string }{
	{"team-no-approver", form.ActApprover},
	{"team-self-approver", form.ActApprover},
	{"team-guest", form.ActApprover},
	{"team-bot", form.ActApprover},
	{"team-gone", form.ActApprover},
	{"team-elsewhere", form.ActApprover},
	{"team-unknown", form.ActApprover},
	{"team-cycle", form.ActDelegate},
	{"team-two-teams", form.ActReps},
	{"team-own-rep", form.ActReps},
	{"team-dates", form.ActUntil},
	{"team-skills-long", form.ActSkills},
	{"team-channel-archived", form.ActChannel},
	{"team-channel-not-in", form.ActChannel},
	{"team-channel-external", form.ActChannel},
	{"team-channel-unknown", form.ActChannel},
	{"err-planned-late", form.ActRole},
	{"err-planned-unmet", form.ActRole},
	{"err-planned-asked", form.ActRole},
	{"err-planned-wrong", form.ActRole},
	{"err-reason", form.ActReason},
	{"err-tell-empty", form.ActTellText},
	{"err-note-late", form.ActTellText},
	{"err-manager-self", form.ActBoss},
	{"err-manager-missing", form.ActBoss},
}
