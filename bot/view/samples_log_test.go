package view

import (
	"fmt"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/words"
)

// samplesOfLog draws the windows of a debrief, the history, and Home with them.
func samplesOfLog(words *words.Words, c sampleCall, begun nudges.Request,
	decided func(ladder.Rung) nudges.Request,
) []sample {
	var all []sample
	show := func(name string, s form.Screen, sc Scene) { all = append(all, sample{name, drawModal(s, sc)}) }
	to := func(viewer nudges.UserID, r nudges.Request) Scene {
		sc := c.scene(words, r, viewer)
		sc.Team = c.team()
		return sc
	}
	open := func(r nudges.Request, edits ...func(*nudges.Debriefing)) nudges.Request {
		r.Phase, r.Debrief.State = nudges.Debrief, nudges.DebriefQuiet
		for _, edit := range edits {
			edit(&r.Debrief)
		}
		return r
	}
	at := func(p nudges.Place) func(*nudges.Debriefing) {
		return func(d *nudges.Debriefing) { d.State, d.Place = nudges.DebriefShared, p }
	}
	said := nudges.Entry{
		Outcome: nudges.Lost, Route: "yes", Coached: c.skill, Learned: c.words, Link: c.link(),
		At: c.now,
	}
	manager := func(d *nudges.Debriefing) { d.Manager = said }
	otherwise := func(d *nudges.Debriefing) { d.Rep.Outcome = nudges.Won }
	rep := func(d *nudges.Debriefing) { d.Rep = said }
	because := func(d *nudges.Debriefing) { d.Reason = c.words }
	answered := func(d *nudges.Debriefing) { d.Trusted = true }

	held, joined := decided(ladder.HoldBack), decided(ladder.CoPilot)
	show("log", form.LogScreen, to(sampleManager, open(held)))
	show("log-second", form.LogScreen, to(sampleManager, open(joined, at(nudges.InChannel), rep)))
	show("log-again", form.LogScreen, to(sampleManager, open(joined, at(nudges.InGroup), rep, manager)))
	show("log-rep", form.LogScreen, to(sampleRep, open(joined, at(nudges.InGroup))))
	show("log-rep-second", form.LogScreen, to(sampleRep, open(joined, at(nudges.InChannel), manager)))
	show("log-rep-again", form.LogScreen, to(sampleRep, open(joined, at(nudges.InDMs), rep, manager, answered)))
	typed := to(sampleManager, open(joined, at(nudges.InGroup)))
	typed.Team.Skills = nil
	show("log-no-skills", form.LogScreen, typed)
	has := func(d *nudges.Debriefing) { d.RepHas = c.now.Add(time.Hour) }
	show("move-on", form.MoveOnScreen, to(sampleManager, open(held)))
	show("move-on-waits", form.MoveOnScreen, to(sampleManager, open(joined, at(nudges.InChannel), has)))
	show("move-on-rep", form.MoveOnScreen, to(sampleRep, open(joined, at(nudges.InGroup), has)))
	show("not-doing", form.NotDoingScreen, to(sampleManager, open(held)))
	show("not-doing-rep", form.NotDoingScreen, to(sampleRep, open(joined, at(nudges.InGroup))))
	moved := open(held, func(d *nudges.Debriefing) { d.State = nudges.DebriefMoved })
	show("reschedule", form.RescheduleScreen, to(sampleManager, moved))
	for text, action := range map[string]string{
		"err-link": form.ActRecording, "err-long": form.ActLearned, "err-pick-one": form.ActOutcome,
	} {
		all = append(all, sample{
			"errors-log-" + text,
			Errors(map[string]string{action: text}, to(sampleManager, open(held))),
		})
	}
	all = append(all,
		sample{"errors-not-doing", Errors(map[string]string{form.ActReason: "err-reason"},
			to(sampleManager, open(held)))},
		sample{"errors-reschedule", Errors(map[string]string{form.ActTime: "err-past"}, to(sampleManager, moved))})

	// A debrief on any call.
	filled := func(viewer nudges.UserID, with nudges.UserID, led string, channel bool) Scene {
		r := begun
		r.ID, r.Seq, r.Rep, r.Manager, r.Starts = "", 0, viewer, with, c.now
		sc := to(viewer, r)
		sc.Led, sc.InChannel = led, channel
		return sc
	}
	show("debrief-form", form.DebriefScreen, filled(sampleManager, sampleRep, form.LedByThem, false))
	show("debrief-form-rep", form.DebriefScreen, filled(sampleRep, sampleManager, form.LedByMe, true))
	show("debrief-form-no-channel", form.DebriefScreen, filled(sampleRep, sampleManager, form.LedByMe, false))
	blank := filled(sampleManager, "", "", false)
	blank.Request.Deal = ""
	show("debrief-form-blank", form.DebriefScreen, blank)
	who := filled(sampleManager, sampleRep, form.LedByThem, false)
	who.Data.Who = c.rep
	for text, action := range map[string]string{
		"err-with-missing": form.ActWith, "err-with-self": form.ActWith, "err-with-unmet": form.ActWith,
		"err-with-not-rep": form.ActWith, "team-guest": form.ActWith, "team-bot": form.ActWith,
		"team-gone": form.ActWith, "team-elsewhere": form.ActWith, "team-unknown": form.ActWith,
		"err-pick-one": form.ActLed, "err-deal-long": form.ActDeal, "err-day": form.ActDay,
	} {
		all = append(all, sample{"errors-debrief-" + text, Errors(map[string]string{action: text}, who)})
	}
	for _, text := range []string{
		"debrief-opened", "debrief-asking", "debrief-soon", "debrief-unwanted",
		"debrief-there-channel", "debrief-there-group", "debrief-there-dms",
		"err-with-self", "team-guest", "team-bot", "team-gone", "team-elsewhere", "team-unknown",
	} {
		sc := who
		sc.Request, sc.Text = nudges.Request{}, text
		show("told-"+text, form.NoteScreen, sc)
		all = append(all, sample{"line-" + text, Note(sc)})
	}
	for _, action := range []string{form.ActDebrief, form.ActHistory} {
		all = append(all, sample{"open-" + action, Open(to(sampleManager, nudges.Request{}), action, time.Time{})})
	}
	for _, action := range []string{form.ActLog, form.ActMoveOn, form.ActNotDoing, form.ActReschedule} {
		all = append(all, sample{"open-" + action, Open(to(sampleManager, open(held)), action, time.Time{})})
	}

	skipped := func(p nudges.Place) nudges.Request {
		r := open(joined, at(p), func(d *nudges.Debriefing) { d.End, d.Reason = nudges.EndSkip, c.words })
		r.Phase = nudges.Done
		return r
	}
	all = append(all,
		sample{"how-not-doing", dm(to(sampleManager, skipped("")), drawHow)},
		sample{"root-not-doing", OfKind(to(sampleManager, skipped(nudges.InGroup)), nudges.KindRoot)},
		sample{"root-not-doing-channel", OfKind(to(sampleManager, skipped(nudges.InChannel)), nudges.KindRoot)})

	// The history: what was agreed and what came of it, in each way.
	end := func(r nudges.Request, e nudges.DebriefEnd, edits ...func(*nudges.Debriefing)) nudges.Request {
		r = open(r, edits...)
		r.Phase, r.Debrief.End = nudges.Done, e
		return r
	}
	alone := begun
	alone.Way = nudges.ByDebrief
	undecided, withdrawn, waits := begun, begun, held
	undecided.Phase, withdrawn.Phase, waits.Phase = nudges.Done, nudges.Done, nudges.After
	withdrawn.Decision = nudges.Withdrawn
	past := func(viewer nudges.UserID, g form.HistoryFilter, rs ...nudges.Request) Scene {
		sc := to(viewer, nudges.Request{})
		for i := range rs {
			rs[i].ID = nudges.RequestID(fmt.Sprintf("R0123456789ABC%03d", i))
		}
		sc.History = History{Filter: g, Page: rs, Any: true, Manages: viewer == sampleManager}
		return sc
	}
	mine := past(sampleManager, form.HistoryFilter{Page: 1, Rep: sampleRep, Outcome: string(nudges.Lost)},
		open(held), open(joined, at(nudges.InChannel), manager, otherwise), moved, waits,
		end(decided(ladder.Coach), nudges.EndMoved),
		end(decided(ladder.Listen), nudges.EndSkip, because), end(decided(ladder.TakeOver), nudges.EndNever),
		end(alone, nudges.EndLapse, at(nudges.InGroup)), undecided, withdrawn)
	mine.History.More = true
	show("history", form.HistoryScreen, mine)
	theirs := past(sampleRep, form.HistoryFilter{}, open(decided(ladder.TakeOver), at(nudges.InGroup)),
		open(joined, at(nudges.InChannel), rep),
		end(decided(ladder.Listen), nudges.EndLapse, at(nudges.InDMs)), end(alone, nudges.EndMoved, at(nudges.InGroup)))
	show("history-rep", form.HistoryScreen, theirs)
	show("history-none", form.HistoryScreen, past(sampleManager, form.HistoryFilter{Outcome: form.NotLogged}))
	led := end(decided(ladder.TakeOver), nudges.EndMoved, at(nudges.InGroup))
	led.Planned = nudges.ClaimRight
	show("history-planned", form.HistoryScreen, past(sampleManager, form.HistoryFilter{}, led))
	show("history-planned-rep", form.HistoryScreen, past(sampleRep, form.HistoryFilter{}, led))
	none := to(sampleRep, nudges.Request{})
	show("history-empty", form.HistoryScreen, none)

	// Home.
	home := func(name string, viewer nudges.UserID, rs ...nudges.Request) {
		h := Home{Own: to(viewer, nudges.Request{}), Rep: viewer == sampleRep, Manages: viewer != sampleRep}
		for i, r := range rs {
			r.ID = nudges.RequestID(fmt.Sprintf("R0123456789ABC%03d", i))
			h.Debriefs = append(h.Debriefs, to(viewer, r))
		}
		all = append(all, sample{name, HomeTab(h)})
	}
	home("home-debriefs", sampleManager, open(held), open(joined, at(nudges.InGroup), manager), moved)
	home("home-debriefs-rep", sampleRep, open(joined, at(nudges.InGroup)))
	return all
}

// link is an address that somebody could have typed, of the longest if the sampleCall's words are.
func (c sampleCall) link() string {
	link := "https://meet.example/rec?a=1&b=2"
	for c.words != "" && len(link) < nudges.MaxEntry && len([]rune(c.words)) == form.MaxPlan {
		link += "&"
	}
	return link
}
