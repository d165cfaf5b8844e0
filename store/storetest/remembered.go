package storetest

import (
	"errors"
	"iter"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/ladder"
	"stepin/nudges/mirror"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/team"
	"stepin/nudges/verdict"
)

// T0 is when everything here happened.
var T0 = time.Date(2019, 3, 4, 9, 0, 0, 123456789, time.UTC)

// Request is a request with every field set that an open one can have.
func Request(id nudges.RequestID) nudges.Request {
	r := RequestOf1(id)
	r.Skill = "Pricing"
	r.Past.Took, r.Past.Coached = T0.Add(-24*time.Hour), []verdict.Coached{{Skill: "Pricing", At: T0.Add(-time.Hour)}}
	r.Word = nudges.Word{
		State: nudges.WordGiven, Guess: "a fact", Answer: nudges.CoachMe, Help: "their lawyer's name", At: T0,
	}
	r.Claim, r.Note = nudges.ClaimTold, nudges.NoteSent
	r.Coaching = nudges.Coaching{At: T0, Skill: "Pricing", Gave: "fact"}
	r.Others = []nudges.Sent{{Key: string(id) + "/2/U8/ask", Kind: "ask", To: "U8"}}
	r.Grant.At, r.Grant.CoachFirst, r.Grant.Reason, r.Grant.Word = T0, true, "I want to lead", "Coach first"
	r.Grant.Route, r.Grant.Asked, r.Grant.Since = []nudges.UserID{"U8", "U9"}, 1, T0
	r.Grant.Reminded, r.Grant.Short, r.Grant.Nudged, r.Grant.EverGiven = true, true, T0, true
	return r
}

// Debrief is a request that is talked over.
func Debrief(id nudges.RequestID) nudges.Request {
	r := Request(id)
	r.Phase, r.Grant.State = nudges.Debrief, nudges.Expired
	r.Past.Learn = "let them name the price first"
	r.Debrief = nudges.Debriefing{
		State: nudges.DebriefShared, By: "U2", At: T0.Add(2 * time.Hour), Place: nudges.InChannel, Channel: "C1",
		Root:  string(id) + "/3/thread/root",
		Asked: []string{"debrief-rep-take-over-1", "debrief-manager-take-over-2"}, Trouble: nudges.TroubleArchived,
		Told: true, Unclear: []string{"asks-rep"},
		RemindAt: T0.Add(24 * time.Hour), ThreadRemindAt: T0.Add(72 * time.Hour), RemindOn: "2019-03-05",
		Reminded:       true,
		ThreadReminded: true,
		Manager: nudges.Entry{
			Outcome: nudges.Lost, Route: "unsure", Coached: "Pricing", Learned: "wait", Link: "https://example.com/1",
			At: T0.Add(3 * time.Hour),
		},
		Rep: nudges.Entry{
			Outcome: nudges.Won, Route: "yes", Coached: "Silence", Learned: "ask", Link: "https://example.com/2",
			At: T0.Add(4 * time.Hour),
		},
		Kept: true, Trusted: true, End: nudges.EndSkip, EndBy: "U2", Reason: "a joint call",
	}
	return r
}

// RequestOf1 is what a file of version 1 could hold.
func RequestOf1(id nudges.RequestID) nudges.Request {
	return nudges.Request{
		ID: id, Manager: "U1", Way: nudges.ByPause, Policy: nudges.ByOthers,
		Rep: "U2", Deal: "Acme renewal", Starts: T0.Add(time.Hour), Ends: T0.Add(2 * time.Hour),
		Answers: verdict.Answers{verdict.Q7: verdict.NotYet}, Plan: "mute, and count to ten",
		Decision: nudges.Decided(ladder.TakeOver), Phase: nudges.Before,
		Grant: nudges.Grant{State: nudges.Asked, Until: T0.Add(30 * time.Minute), By: "U8", BreakGlass: true},
		Seq:   3, Begun: T0, DecidedAt: T0.Add(time.Minute), DecidedSeq: 2, Edits: 4, Card: string(id) + "/1/U1/card",
	}
}

// Done is a request that is done.
func Done(id nudges.RequestID) nudges.Request {
	r := Debrief(id)
	r.Phase, r.DoneAt = nudges.Done, T0.Add(5*time.Hour)
	return r
}

// IDs collects what a walk gives.
func IDs(walk iter.Seq2[nudges.RequestID, error]) (all []nudges.RequestID, err error) {
	for id, err := range walk {
		if err != nil {
			return nil, err
		}
		all = append(all, id)
	}
	return all, nil
}

// LearningDeal is a deal for learning.
func LearningDeal() nudges.LearningDeal {
	return nudges.LearningDeal{Manager: "U1", Rep: "U2", Deal: "Globex", What: "let them name the price first", At: T0}
}

// Reminder is somebody's daily reminder, with every field set.
func Reminder() daily.Reminder {
	return daily.Reminder{
		Person: "U1", State: daily.ReminderOn, At: 540, Days: daily.Workdays, Zone: "Europe/Berlin",
		Pinned: "Asia/Tokyo",
		Paused: "2019-03-05", Gone: true, Due: T0.Add(time.Hour), DueOn: "2019-03-04", Had: "2019-03-03",
		Snoozed: T0.Add(2 * time.Hour),
		First:   "2019-03-01", Offered: "2019-03-02", Shown: "2019-03-03", ShownAt: T0, Again: 2,
		Said:  []daily.SaidLine{{On: "2019-03-03", Line: daily.Line{Kind: daily.LinePlan, ID: "R1"}}},
		Skips: []daily.Skip{{On: "2019-03-02", Kind: daily.SkipAway}},
	}
}

func another() nudges.Request {
	r := Request("R2")
	r.Deal = "Globex"
	return r
}

// Team is a manager's team.
func Team() team.Team {
	return team.Team{
		Manager: "U1", Policy: nudges.ByOthers, Reps: []nudges.UserID{"U2", "U3"}, Channel: "C1",
		Approvers: []team.Approver{{ID: "U8", Delegate: "U9", From: "2019-03-01", Until: "2019-03-08"}},
		Skills:    []team.Skill{{Name: "Pricing", Training: "Negotiation basics"}},
	}
}

var aPerson = nudges.Person{
	ID: "U1", Zone: "Pacific/Apia", DM: "D1", ToldBy: "R1/1/U1/card", Unasked: "2011-12-31",
}

// Run is a command that somebody ran.
func Run() storage.Run {
	return storage.Run{At: T0, By: "ines", Command: "backup", Args: []string{"/safe/monday.db", "--force"}}
}

var month = mirror.Month{Name: "2019-03", Counts: mirror.Counts{"self/led": 2, "plans": 1}}

// Fill writes one of everything.
func Fill(tx storage.Tx) error {
	return errors.Join(
		tx.PutRequest(RequestOf1("R1"), nudges.Transition{Seq: 1, By: "U1", At: T0, Why: "decide"}),
		tx.Enqueue(T0, nudges.Message{Key: "R1/1/U1/card", Kind: "card", To: "U1", Request: "R1"},
			nudges.Message{Key: "R1/2/U1/asked", Kind: "asked", To: "U1", Request: "R1", Due: T0.Add(time.Hour)}),
		tx.Attempt("R1/1/U1/card"),
		tx.Settle("R1/1/U1/card", nudges.Receipt{Channel: "D1", TS: "1551690000.000100", At: T0}),
		tx.PutPerson(aPerson),
		tx.Record("envelope", []byte("answer"), T0),
		tx.PutRequest(another(), nudges.Transition{Seq: 1, By: "U1", At: T0, Why: "decide"}),
		tx.PutTeam(Team()),
		tx.PutBond("U2", "U1", nudges.Met),
		tx.PutReminder(Reminder()),
		tx.PutRequest(Debrief("R3"), nudges.Transition{Seq: 1, By: "U1", At: T0, Why: "decide"}),
		tx.Enqueue(T0, nudges.Message{
			Key: "R3/4/thread/root", Kind: "root", To: "U1", With: "U2", Request: "R3", Due: T0.Add(time.Hour),
		}),
		tx.PutRequest(Done("R4"), nudges.Transition{Seq: 1, By: "U1", At: T0.Add(5 * time.Hour), Why: "not-doing"}),
		tx.PutRequest(privacy.Anonymise(Done("R5"))),
		tx.PutForget(privacy.Forget{Who: "U7", At: T0, Own: true}),
		tx.PutRun(Run()),
		tx.AddMonth("U1", month), tx.AddMonth("U1", month),
		tx.PutLearning(LearningDeal()),
		tx.PutTrust("U2", 1, T0), tx.PutTrust("U3", 2, T0), tx.PutTrust("U4", 3, T0), tx.PutTrust("U5", 4, T0),
		tx.PutTrust("U6", 5, T0),
		tx.Remember(
			nudges.LedgerEntry{Manager: "U1", Rep: "U2", Deal: "Acme renewal", Took: true, At: T0},
			nudges.LedgerEntry{Manager: "U1", Rep: "U2", Deal: "Acme renewal", Skill: "Pricing", At: T0.Add(time.Hour)},
		),
	)
}

// Looks check, for each version of the format, what Fill wrote into a file of that version, or of a later one.
var Looks = []func(testing.TB, storage.Reader){
	func(t testing.TB, r storage.Reader) {
		Same(t, RequestOf1("R1"))(r.Request("R1"))
		Same(t, nudges.Receipt{Channel: "D1", TS: "1551690000.000100", At: T0})(r.Receipt("R1/1/U1/card"))
		Same(t, aPerson)(r.Person("U1"))
		Same(t, []byte("answer"))(r.Answered("envelope"))
		m, err := r.Message("R1/2/U1/asked")
		if err != nil || m.Kind != "asked" || !m.Due.Equal(T0.Add(time.Hour)) || m.Mark == "" {
			t.Errorf("message: %+v, %v", m, err)
		}
		q, err := r.SameCall("U1", "U2", "ACME renewal", "")
		if err != nil || q.ID != "R1" {
			t.Errorf("same call: %v, %v", q.ID, err)
		}
		h, err := r.History("R1")
		if err != nil || len(h) != 1 || h[0].Why != "decide" {
			t.Errorf("history: %v, %v", h, err)
		}
	},
	func(t testing.TB, r storage.Reader) {
		Same(t, another())(r.Request("R2"))
		Same(t, Team())(r.Team("U1"))
		Same(t, nudges.UserID("U1"))(r.TeamOf("U2"))
		Same(t, nudges.Met)(r.Bond("U2", "U1"))
		past := verdict.Past{Took: T0, Coached: []verdict.Coached{{Skill: "Pricing", At: T0.Add(time.Hour)}}}
		Same(t, past)(r.Past("U1", "U2", "ACME renewal", ""))
		got, err := r.PartOf("U8")
		if err != nil || len(got) != 1 || got[0].ID != "R2" {
			t.Errorf("part: %v, %v", got, err)
		}
	},
	func(t testing.TB, r storage.Reader) {
		Same(t, Reminder())(r.Reminder("U1"))
		n := 0
		for who, err := range r.DueReminders(T0.Add(time.Hour)) {
			if n++; err != nil || who != "U1" {
				t.Errorf("due: %s, %v", who, err)
			}
		}
		if n != 1 {
			t.Errorf("%d are due", n)
		}
	},
	func(t testing.TB, r storage.Reader) {
		Same(t, Debrief("R3"))(r.Request("R3"))
		got, err := r.SharedDebriefs("U2", T0)
		if err != nil || len(got) != 1 || got[0].ID != "R3" {
			t.Errorf("shared: %v, %v", got, err)
		}
		Same(t, []nudges.LearningDeal{LearningDeal()})(r.Learning("U1"))
		p, err := r.Past("U1", "U2", "globex", "")
		if err != nil || p.Learn != LearningDeal().What {
			t.Errorf("past: %+v, %v", p, err)
		}
		f, ok, err := r.Trust(T0)
		if want := (privacy.TrustFigure{Reps: 5, Answers: 5, Mean: 3}); err != nil || !ok || f != want {
			t.Errorf("trust: %+v, %v, %v", f, ok, err)
		}
		m, err := r.Message("R3/4/thread/root")
		if err != nil || m.With != "U2" {
			t.Errorf("message: %+v, %v", m, err)
		}
	},
	func(t testing.TB, r storage.Reader) {
		Same(t, Done("R4"))(r.Request("R4"))
		Same(t, []nudges.RequestID{"R4"})(IDs(r.DoneBefore(T0.Add(5 * time.Hour))))
		Same(t, []nudges.RequestID{"R5"})(IDs(r.AnonymisedBefore(T0.Add(5 * time.Hour))))
		Same(t, []privacy.Forget{{Who: "U7", At: T0, Own: true}})(r.Forgets())
	},
	func(t testing.TB, r storage.Reader) { Same(t, []storage.Run{Run()})(r.Runs()) },
	func(t testing.TB, r storage.Reader) {
		Same(t, []mirror.Month{{Name: "2019-03", Counts: mirror.Counts{"self/led": 4, "plans": 2}}})(r.Months("U1"))
		all, err := r.Worded("U1")
		if err != nil || len(all) != 2 || all[0].ID != "R4" || all[1].ID != "R3" { // the others' calls are not over
			t.Errorf("with their words: %v, %v", all, err)
		}
	},
}
