package view

import (
	"slices"
	"strings"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

// samplesOfDebrief draws the messages of a debrief: in its thread, to the manager alone, to the rep.
func samplesOfDebrief(words *words.Words, c sampleCall, begun nudges.Request,
	decided func(ladder.Rung) nudges.Request,
) []sample {
	var all []sample
	to := func(viewer nudges.UserID, r nudges.Request) Scene {
		sc := c.scene(words, r, viewer)
		sc.Team = c.team()
		return sc
	}
	over := func(r nudges.Request, edits ...func(*nudges.Request)) nudges.Request {
		r.Phase = nudges.Debrief
		r.Debrief = nudges.Debriefing{
			State: nudges.DebriefShared, Place: nudges.InChannel, Channel: c.team().Channel, At: c.now, Root: "root",
			Asked: nudges.DrawQuestions(r, nil),
		}
		for _, e := range edits {
			e(&r)
		}
		return r
	}
	state := func(is nudges.DebriefState) func(*nudges.Request) {
		return func(r *nudges.Request) { r.Debrief.State = is }
	}
	at := func(p nudges.Place) func(*nudges.Request) { return func(r *nudges.Request) { r.Debrief.Place = p } }
	logged := func(o nudges.CallOutcome) func(*nudges.Request) {
		return func(r *nudges.Request) {
			r.Debrief.Manager = nudges.Entry{Outcome: o, Route: "yes", Coached: c.skill, Learned: c.words, At: c.now}
		}
	}
	ended := func(end nudges.DebriefEnd) func(*nudges.Request) {
		return func(r *nudges.Request) {
			r.Phase, r.Debrief.End, r.Debrief.EndBy, r.Debrief.Reason = nudges.Done, end, sampleManager, c.words
		}
	}
	guess := func(r *nudges.Request) { r.Answers = verdict.Answers{verdict.QEstimate: "70"} }
	learn := func(r *nudges.Request) { r.Past.Learn = c.words }
	moved := state(nudges.DebriefMoved)

	inThread := func(name, kind string, r nudges.Request) {
		all = append(all, sample{"debrief-" + name, OfKind(to(sampleManager, r), kind)})
	}
	privatelyTo := func(name, kind string, viewer nudges.UserID, r nudges.Request) {
		sc := to(viewer, r)
		all = append(all, sample{"debrief-" + name, OfKind(sc, kind)})
	}

	back := decided(ladder.TakeOver)
	back.Grant.State, back.Grant.At = nudges.Returned, back.Starts.Add(time.Minute)
	own := begun
	own.Way = nudges.ByDebrief
	for name, r := range map[string]nudges.Request{
		"hold-back": over(decided(ladder.HoldBack)), "listen": over(decided(ladder.Listen)),
		"co-pilot":  over(decided(ladder.CoPilot)),
		"take-over": over(decided(ladder.TakeOver)), "handed-back": over(back), "own": over(own),
		"learning":  over(decided(ladder.CoPilot), learn),
		"moved":     over(decided(ladder.CoPilot), moved),
		"moved-on":  over(decided(ladder.CoPilot), logged(nudges.Lost), ended(nudges.EndMoved)),
		"not-doing": over(decided(ladder.CoPilot), ended(nudges.EndSkip)),
		"never":     over(decided(ladder.CoPilot), ended(nudges.EndNever)),
		"lapsed":    over(decided(ladder.CoPilot), ended(nudges.EndLapse)),
	} {
		inThread("root-"+name, nudges.KindRoot, r)
	}
	both := func(r *nudges.Request) { r.Debrief.Manager.Outcome, r.Debrief.Rep.Outcome = nudges.Lost, nudges.Won }
	inGroup := over(decided(ladder.CoPilot), both, at(nudges.InGroup))
	planned := func(r *nudges.Request) {
		r.Answers, r.Plan = verdict.Answers{verdict.QPlan: verdict.OwnPlan}, c.plan
		r.Debrief.Manager.Outcome = nudges.Won
	}
	followed := func(r *nudges.Request) { r.Debrief.DidPlan = "no_chance" }
	privatelyTo("how-plan", nudges.KindHow, sampleManager, over(decided(ladder.CoPilot), planned))
	privatelyTo("how-plan-said", nudges.KindHow, sampleManager, over(decided(ladder.CoPilot), planned, followed))
	inThread("root-both-group", nudges.KindRoot, inGroup)
	closing := func(r *nudges.Request) { r.Debrief.Closing, r.Debrief.RepHas = nudges.EndMoved, c.now.Add(time.Hour) }
	inThread("root-closing", nudges.KindRoot, over(decided(ladder.CoPilot), closing))
	privatelyTo("how-closing", nudges.KindHow, sampleManager, over(decided(ladder.CoPilot), closing))
	fresh := func(r *nudges.Request) { r.Debrief.StandsAt = c.now.Add(time.Hour) }
	inThread("root-fresh", nudges.KindRoot, over(decided(ladder.CoPilot), logged(nudges.Lost), fresh))
	inThread("root-both", nudges.KindRoot, over(decided(ladder.CoPilot), both))
	privatelyTo("how-both", nudges.KindHow, sampleManager, over(decided(ladder.CoPilot), both))
	old := func(r *nudges.Request) { r.Ends = r.Ends.AddDate(0, 0, -3) }
	inThread("root-another-day", nudges.KindRoot, over(own, old))
	for _, o := range nudges.CallOutcomes {
		inThread("root-"+strings.ReplaceAll(string(o), "_", "-"), nudges.KindRoot,
			over(decided(ladder.CoPilot), logged(o)))
	}
	for _, rung := range ladder.Rungs {
		r := over(decided(rung))
		inThread("asks-rep-"+form.Dashed(rung), nudges.KindAsksRep, r)
		inThread("asks-manager-"+form.Dashed(rung), nudges.KindAsksManager, r)
	}
	inThread("nag", nudges.KindThreadReminder, over(decided(ladder.CoPilot)))
	inThread("nag-over", nudges.KindThreadReminder, over(decided(ladder.CoPilot), ended(nudges.EndMoved)))
	privatelyTo("dm-rep", nudges.KindRootDM, sampleRep, over(decided(ladder.CoPilot), at(nudges.InDMs)))
	privatelyTo("dm-manager", nudges.KindRootDM, sampleManager, over(decided(ladder.CoPilot), at(nudges.InDMs)))
	privatelyTo("dm-over", nudges.KindRootDM, sampleManager,
		over(decided(ladder.CoPilot), at(nudges.InDMs), ended(nudges.EndMoved)))

	held := decided(ladder.HoldBack)
	for name, r := range map[string]nudges.Request{
		"quiet": over(held, state(nudges.DebriefQuiet)), "waits": over(held, state(nudges.DebriefWaits)),
		"waits-joined": over(decided(ladder.Listen), state(nudges.DebriefWaits)),
		"asked":        over(held, state(nudges.DebriefAsked)),
		"declined":     over(held, state(nudges.DebriefUnwant)), "channel": over(held),
		"group": over(held, at(nudges.InGroup)), "dms": over(held, at(nudges.InDMs)),
		"outcome": over(held, state(nudges.DebriefQuiet), guess, logged(nudges.Lost)), "moved": over(held, moved),
		"kept":     over(held, logged(nudges.Lost), func(r *nudges.Request) { r.Debrief.Kept = true }),
		"moved-on": over(held, guess, logged(nudges.Won), ended(nudges.EndMoved)),
		"over":     over(held, ended(nudges.EndLapse)),
	} {
		privatelyTo("how-"+name, nudges.KindHow, sampleManager, r)
	}
	for name, r := range map[string]nudges.Request{
		"asked": over(held, state(nudges.DebriefAsked)), "not": over(held, state(nudges.DebriefUnwant)),
		"channel": over(held),
		"group":   over(held, at(nudges.InGroup)), "dms": over(held, at(nudges.InDMs)),
		"over": over(held, ended(nudges.EndMoved)),
	} {
		privatelyTo("where-"+name, nudges.KindWhere, sampleRep, r)
	}
	for _, t := range []nudges.PlaceTrouble{
		nudges.TroubleArchived, nudges.TroubleNotIn, nudges.TroubleClosed,
		nudges.TroubleBusy, nudges.TroubleNoGroup,
	} {
		p := nudges.InGroup
		if t == nudges.TroubleNoGroup {
			p = nudges.InDMs
		}
		privatelyTo("displaced-"+string(t), nudges.KindDisplaced, sampleManager,
			over(decided(ladder.CoPilot), at(p), func(r *nudges.Request) { r.Debrief.Trouble = t }))
	}
	lost := func(r *nudges.Request) { r.Debrief.Trouble = nudges.TroubleUnclear }
	privatelyTo("unclear", nudges.KindUnclear, sampleManager, over(decided(ladder.CoPilot), lost))
	privatelyTo("unclear-asks", nudges.KindUnclear, sampleManager,
		over(decided(ladder.CoPilot), lost,
			func(r *nudges.Request) { r.Debrief.Unclear = []string{nudges.KindAsksRep} }))
	privatelyTo("unclear-group", nudges.KindUnclear, sampleManager,
		over(decided(ladder.CoPilot), lost, at(nudges.InGroup)))
	privatelyTo("unclear-done", nudges.KindUnclear, sampleManager, over(decided(ladder.CoPilot)))

	open := make([]Scene, MostChased)
	for i := range open {
		open[i] = to(sampleManager, over(held))
	}
	sc := c.scene(words, nudges.Request{}, sampleManager)
	sc.Line = text.Text(words.Mantras()[0])
	all = append(all, sample{"debrief-chase-many", DebriefReminder(sc, open, MostChased+2, MostChased+2)})
	sc.Line = ""
	all = append(all, sample{"debrief-chase-one", DebriefReminder(sc, open[:1], 1, 1)})
	kept := open[1]
	kept.Request.Debrief.Manager = nudges.Entry{Outcome: nudges.Won, Learned: c.words}
	gone := open[2]
	gone.Request.Phase, gone.Request.Debrief.End = nudges.Done, nudges.EndMoved
	all = append(all, sample{"debrief-chase-logged", DebriefReminder(sc, []Scene{open[0], kept, gone}, 1, 3)})
	all = append(all, sample{"debrief-chase-done", DebriefReminder(sc, []Scene{kept}, 0, 1)})
	slices.SortFunc(all, func(a, b sample) int { return strings.Compare(a.name, b.name) })
	return all
}
