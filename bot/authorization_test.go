package bot

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/bot/form"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// An actorKind is what somebody is to a request of Sam's.
type actorKind string

const (
	anOwner       actorKind = "owner"
	theRep        actorKind = "rep"
	anApprover    actorKind = "approver"
	aDelegate     actorKind = "delegate"
	otherManager  actorKind = "other manager"
	aLeader       actorKind = "leader"
	aGuest        actorKind = "guest"
	aBot          actorKind = "bot"
	fromElsewhere actorKind = "other organisation"
	deactivated   actorKind = "deactivated"
)

// actors are one of each kind; those below the line are no full members, whom nothing is allowed.
var actors = []struct {
	kind     actorKind
	id       string
	outsider bool
}{
	{anOwner, "U0SAM001", false},
	{theRep, "U0DANA01", false},
	{anApprover, "U0PRIYA1", false},
	{aDelegate, "U0INES01", false},
	{otherManager, "U0LIOR01", false},
	{aLeader, "U0OMAR01", false},

	{aGuest, "U0GUEST1", true},
	{aBot, "U0OTHERB", true},
	{fromElsewhere, "U0STRNG1", true},
	{deactivated, "U0GONE01", true},
}

// A way is how an action comes: by a button under a message, in a thread, on Home or in a window, or by the submission of
// a window.
type way string

const (
	byMessage way = "under a message"
	byThread  way = "in a thread" // whose buttons answer in a window
	byHome    way = "on Home"
	byModal   way = "in a window"
	bySubmit  way = "by a window"
)

// plant is a button, or a window to submit, that names a request, before somebody's eyes.
func (r *rig) plant(id, name string, by way, about string) (at hands.Place) {
	r.t.Helper()
	text := func(s string) map[string]any { return map[string]any{"type": "plain_text", "text": s} }
	blocks := []any{map[string]any{"type": "actions", "block_id": "b", "elements": []any{map[string]any{
		"type": "button", "action_id": name, "value": about, "text": text("Press"),
	}}}}
	modal := map[string]any{
		"type": "modal", "callback_id": name, "private_metadata": about, "submit": text("Do"),
		"title": text("Window"), "blocks": blocks,
	}
	var err error
	switch by {
	case byMessage, byThread:
		at, err = r.ws.Plant("C0DEALS1", mustEncode(blocks))
	case byHome:
		at, err = r.ws.PlantView(id, mustEncode(map[string]any{"type": "home", "blocks": blocks}))
	case byModal:
		modal["callback_id"] = string(form.StatusScreen)
		at, err = r.ws.PlantView(id, mustEncode(modal))
	case bySubmit:
		modal["blocks"] = []any{map[string]any{"type": "divider"}}
		at, err = r.ws.PlantView(id, mustEncode(modal))
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return at
}

// cell does one action about a request as one of the actors, and tells whether they were refused for who they are, and
// what they got to read. Who is refused is the only one to read it, and nobody is told anything.
func (r *rig) cell(request nudges.Request, id, name string, by way) (refused bool, read string) {
	r.t.Helper()
	before := len(r.ws.Calls())
	about := form.WriteMetadata(request)
	if by == byThread {
		about = string(mustEncode(form.Metadata{Request: request.ID, Key: form.InThread}))
	}
	at := r.plant(id, name, by, about)
	var err error
	if by == bySubmit {
		err = r.ws.Send(r.t.Context(), id, at.View)
	} else {
		err = r.ws.Press(r.t.Context(), id, at, "b", name, about)
	}
	if err != nil {
		r.t.Errorf("%s, %s %s: %v", id, name, by, err)
	}
	r.settle()
	return r.refusal(id, name+" "+string(by), before)
}

// refusal says whether one of the calls since refuses somebody for who they are, and what they read.
func (r *rig) refusal(id, what string, since int) (refused bool, read string) {
	r.t.Helper()
	calls := r.ws.Calls()[since:]
	for _, c := range calls {
		switch c.Method {
		case "response_url", "ack", "views.open", "views.update":
			read += string(c.Args)
		}
		for _, no := range refusals {
			if !strings.Contains(string(c.Args), no) {
				continue
			}
			refused = true
			switch c.Method {
			case "views.update", "views.open": // a window is one person's
			case "ack", "response_url":
				args := string(c.Args)
				window := c.Method == "ack" && strings.Contains(args, `"response_action":"update"`)
				if !window && !strings.Contains(args, `"response_type":"ephemeral"`) ||
					strings.Contains(args, `"replace_original":true`) {
					r.t.Errorf("%s is refused %s in front of others: %s", id, what, args)
				}
			default:
				r.t.Errorf("%s is refused %s by %s", id, what, c.Method)
			}
		}
	}
	for _, c := range calls {
		if refused && (strings.HasPrefix(c.Method, "chat.") || strings.HasPrefix(c.Method, "conversations.")) {
			r.t.Errorf("%s is refused %s, and %s %s", id, what, c.Method, c.Args)
		}
	}
	return refused, read
}

// refusals are the sentences that say no to who somebody is.
var refusals = []string{"This one is Sam", "for someone else to say", "switched on for you"}

// The cells of the table: who may do an action, or submit a window, about a request.
const (
	theOwner  = "owner"
	asked     = "approver, delegate"
	aRep      = "rep"
	ofTheTwo  = "owner, rep"
	nobodyYet = "nobody" // in this situation
	// members is for what begins something of one's own: each member may, whatever request the button names, and
	// that one changes nothing.
	members = "members"
)

// mayDo has a row for every action and, in brackets, every window that the code knows; one that it has not fails the
// test, as does one that the code has not any more. Whatever stands beside no kind of actor is refused to it.
var mayDo = map[string][]string{
	theOwner: {
		// the pause and its windows
		form.ActHold, form.ActAsk, form.ActChange, form.ActRung, form.ActRole, form.ActRep, form.ActDeal, form.ActDay, form.ActTime,
		form.ActLength, form.ActPlan, form.ActMind, form.ActWithdraw, form.ActReturn,
		form.ActCarry, form.ActOpen, form.ActSkill, form.ActReason, form.ActNudge, form.ActGlass, form.ActSentence,
		form.ActGuess, form.ActHelp, form.ActNowCall, form.ActStarted, form.ActNotStarted,
		"P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "for", "estimate", "why_not", "plan", "motive", "asked_in",
		"must_stop", "step", "hand_back",
		"[call]", "[fields]", "[facts]", "[later]", "[role]", "[verdict]", "[closing]", "[now]", "[started]",
		"[on_call]", "[settled]", "[status]", "[note]", "[help]", "[why]",
		"[privacy]", "[guesses]", "[motives]", "[done]", "[glass]", "[decided]",
		// what follows a rep's word
		form.ActCoaching, form.ActJoin, form.ActListen, form.ActTake, form.ActGive, form.ActCoached, form.ActWords,
		form.ActTakeNote, form.ActSendNote, form.ActBoss, "[coaching]", "[words]", form.ActTell, form.ActTellText, "[tell]", "[cancel]",
		// the debrief, as long as it is not the rep's as well
		form.ActMore, form.ActLog, form.ActMoveOn, form.ActNotDoing, form.ActNever, form.ActCallMoved, form.ActReschedule,
		form.ActTogether, form.ActRepost, form.ActOutcome, form.ActRoute, form.ActLearned,
		form.ActRecording, form.ActTrusted, form.ActPlace, "[log]", "[move_on]", "[not_doing]", "[reschedule]",
		"follow", "follow_did", "follow_did_not", "follow_no_chance",
		"outcome_advanced", "outcome_won", "outcome_lost", "outcome_stalled", "outcome_too_early",
		// fields of windows, which are no buttons: about a request they do nothing
		form.ActWanted, form.ActAt, form.ActDays, form.ActZone, form.ActPauseUntil, form.ActHours,
		form.ActReps, form.ActPolicy, form.ActApprover, form.ActDelegate, form.ActFrom, form.ActUntil, form.ActNext,
		form.ActChannel, form.ActSkills, form.ActLearn,
	},
	asked: {form.ActApprove, form.ActCoachFirst, form.ActDecline, "[sentence]"},
	aRep: {
		string(nudges.GotThis), string(nudges.CoachMe), string(nudges.PleaseJoin), "[word]",
		form.ActMine, form.ActNotMine, form.ActClaimYes, form.ActClaimNo, form.ActPlannedYes, form.ActPlannedNo,
		form.ActFromHere,
	},
	nobodyYet: {form.ActTakeBack, form.ActWhereChannel, form.ActWhereGroup, form.ActWhereNot},
	members: {
		form.ActStart, form.ActNow, form.ActMeant, "[meant]", form.ActPull, "[pull]", form.ActTeam, "[team]", form.ActDebrief, "[debrief]",
		form.ActWith, form.ActLed,
		form.ActHistory, "[history]", form.ActWhose, form.ActEnded, form.ActNewer, form.ActOlder, form.ActAll,
		form.ActLearning, form.ActUnlearn, "[learning]",
		form.ActGuesses, form.ActMotives, form.ActEraseMotives, "[motives_erase]", form.ActMirrorHide, form.ActMirrorShow,
		form.ActMirrorStop, "[mirror_stop]", form.ActMirrorCount,
		form.ActForget, "[forget]", form.ActReminder, "[reminder]", form.ActReminderOn, form.ActReminderOff,
		form.ActSendNow, form.ActWeekly, form.ActSnoozeShort, form.ActSnoozeHour, form.ActSnoozeTomorrow,
	},
}

// A situation is a request of Sam's about a call of Dana's, at a moment at which others have a say in it.
type situation struct {
	name, story string
	but         map[string]string // the rows in which it differs from mayDo
	does        []string          // "kind: action": cells that must change something, or all buttons could be dead
	ways        []way             // in which buttons are pressed, beside those under a message
}

const notAsked = nobodyYet // no agreement is asked for

var situations = []situation{
	{
		"a take-over that waits for a yes", `
			team approver=priya delegate=ines reps=dana
			bond dana
			sam asks to take over Acme renewal because Mine to give
			sam closes`,
		nil,
		[]string{
			"owner: hold", "owner: ask", "owner: withdraw", "approver: approve", "approver: coach_first",
			"approver: decline", "delegate: approve",
			"rep: not_mine", "other manager: start", "leader: now",
		},
		[]way{byModal},
	},
	{
		"a rep's call for help", `
			team approver=priya delegate=ines reps=dana
			bond dana
			dana types /stepin ask @Sam Acme renewal
			dana submits`,
		map[string]string{
			form.ActApprove: notAsked, form.ActCoachFirst: notAsked, form.ActDecline: notAsked,
			"[sentence]": notAsked, form.ActTakeBack: aRep,
		},
		[]string{"rep: take_back", "owner: [cancel]"},
		nil,
	},
	{
		"a call that Sam leads as planned", `
			team approver=priya delegate=ines reps=dana
			bond dana
			sam types /stepin @Dana Acme renewal
			sam submits
			sam picks Whose call? = Ours, as planned
			sam submits
			sam picks your role? = I lead
			sam submits
			at 09:05`,
		map[string]string{
			form.ActApprove: notAsked, form.ActCoachFirst: notAsked, form.ActDecline: notAsked, "[sentence]": notAsked,
		},
		[]string{"owner: return", "owner: hold", "rep: planned_yes", "rep: planned_no", "rep: from_here"},
		nil,
	},
	{
		"a debrief that the rep is asked about", `
			team approver=priya delegate=ines reps=dana channel=debriefs
			bond dana
			sam types /stepin @Dana Acme renewal
			sam presses I'll hold back
			sam closes
			+50m
			sam goes to stepin
			sam presses Debrief together`,
		map[string]string{
			form.ActApprove: notAsked, form.ActCoachFirst: notAsked, form.ActDecline: notAsked, "[sentence]": notAsked,
			form.ActWhereChannel: aRep, form.ActWhereGroup: aRep, form.ActWhereNot: aRep,
		},
		[]string{"rep: where_channel", "rep: where_group", "rep: where_not", "owner: [move_on]"},
		nil,
	},
	{
		"a debrief that the manager has alone", `
			team approver=priya reps=dana channel=debriefs
			bond dana
			sam types /stepin @Dana Acme renewal
			sam presses I'll hold back
			sam closes
			+50m
			dana opens home
			dana does not read Acme
			dana types /stepin history
			dana does not read Acme
			dana closes`,
		map[string]string{
			form.ActApprove: notAsked, form.ActCoachFirst: notAsked, form.ActDecline: notAsked, "[sentence]": notAsked,
		},
		[]string{"owner: outcome_won"},
		[]way{byThread},
	},
	{
		"a debrief of both", `
			team approver=priya delegate=ines reps=dana channel=debriefs
			bond dana
			sam types /stepin @Dana Acme renewal
			sam submits
			sam picks say would help? = Having me on it
			sam picks To do what? = Help out
			sam picks Whose call? = Dana's
			sam submits
			sam submits
			sam closes
			at 09:37
			sam goes to debriefs
			sam reads Dana and Sam`,
		map[string]string{
			form.ActApprove: notAsked, form.ActCoachFirst: notAsked, form.ActDecline: notAsked, "[sentence]": notAsked,
			// either of the two logs and closes it
			form.ActLog: ofTheTwo, "[log]": ofTheTwo, form.ActMoveOn: ofTheTwo, form.ActNotDoing: ofTheTwo,
			"[move_on]": ofTheTwo, "[not_doing]": ofTheTwo, form.ActNever: ofTheTwo,
			form.ActCallMoved: ofTheTwo, form.ActReschedule: ofTheTwo, "[reschedule]": ofTheTwo,
			form.ActWhereChannel: aRep, form.ActWhereGroup: aRep, form.ActWhereNot: aRep, // it is answered already
			"outcome_advanced": ofTheTwo, "outcome_won": ofTheTwo, "outcome_lost": ofTheTwo,
			"outcome_stalled": ofTheTwo, "outcome_too_early": ofTheTwo,
		},
		[]string{"owner: outcome_won", "rep: outcome_lost", "owner: never", "rep: call_moved"},
		[]way{byHome},
	},
}

// TestAuthorization presses every action of the code's own list, and submits every window, as each kind of actor, in
// each situation: against the whole bot, whatever the button says.
func TestAuthorization(t *testing.T) {
	actions, screens := constants(t)
	all := slices.Clone(actions)
	for _, s := range screens {
		all = append(all, "["+s+"]")
	}
	slices.Sort(all)
	all = slices.Compact(all)
	base := map[string]string{}
	for cell, names := range mayDo {
		for _, n := range names {
			if base[n] != "" {
				t.Errorf("%q has two rows", n)
			}
			base[n] = cell
			if !slices.Contains(all, n) {
				t.Errorf("there is no %q any more", n)
			}
		}
	}
	for _, a := range all {
		if base[a] == "" {
			t.Errorf("nobody has said who may do %q: give it a row in mayDo", a)
		}
	}
	for n, st := range situations {
		if !sampledRaced(n, len(situations)) {
			continue
		}
		t.Run(st.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, sandbox.Config{Seed: everyKind(), KeepCalls: -1}, func(r *rig) {
				r.ws.SetClock(time.Date(2026, 3, 4, 7, 56, 0, 0, time.UTC))
				r.contact = "U0INES01"
				r.start()
				r.play(st.story)
				cells := maps.Clone(base)
				maps.Copy(cells, st.but)
				for _, by := range append(st.ways, byMessage) {
					r.pressAll(all, cells, st.does, by)
				}
			})
		})
	}
}

// pressAll does everything as everybody, and sees whether it went as the cells say. What has changed something is
// followed by a new start on the file as it was.
func (r *rig) pressAll(all []string, cells map[string]string, does []string, by way) {
	t := r.t
	request, then := r.only(), r.ws.Now()
	r.stop()
	saved := read(t, r.path)
	r.start()
	was := r.everything()
	changed := map[string]bool{}
	for _, name := range all {
		by := by
		if name[0] == '[' {
			if by != byMessage {
				continue
			}
			by = bySubmit
		}
		for _, a := range actors {
			cell := cells[name]
			own := cell == members
			may := !a.outsider && (own || slices.Contains(strings.Split(cell, ", "), string(a.kind)))
			what := string(a.kind) + ": " + name
			r.ws.SetClock(then)
			waits := r.waits()
			refused, text := r.cell(request, a.id, strings.Trim(name, "[]"), by)
			if refused == may || strings.Contains(text, "That didn't save") {
				t.Errorf("%s %s: may is %t, and reads %.300s", what, by, may, text)
			}
			if refused && (strings.Contains(text, "Acme") || strings.Contains(text, "hold")) {
				t.Errorf("%s %s: learns something: %.300s", what, by, text)
			}
			if refused && by == byThread && len(r.ws.Modals(a.id)) == 0 {
				t.Errorf("%s %s: is not answered in a window: %.300s", what, by, text)
			}
			if a.outsider && !strings.Contains(text, `Ask \u003c@U0INES01\u003e to`) {
				t.Errorf("%s %s: it does not say whom to ask: %.300s", what, by, text)
			}
			if n := r.waits(); !may && n != waits {
				t.Errorf("%s %s: waits for %s, and before for %s", what, by, n, waits)
			}
			r.ws.Clear(a.id)
			is := r.everything()
			if maps.Equal(is, was) {
				continue
			}
			changed[what] = true
			forgets := name == "[forget]" && may
			for of := range is {
				switch {
				case is[of] == was[of] || of == a.id && may:
				// one's own words, and name, go from all that names one
				case forgets && strings.Contains(was[of], a.id):
				case !may || own:
					t.Errorf("%s changed what is of %s:\n%s\nto\n%s", what, of, was[of], is[of])
				}
			}
			if forgets && a.kind != anOwner { // but what the owner said and decided stays
				q := r.only()
				if said(q) != said(request) {
					t.Errorf("%s: of %s is left %s", what, said(request), said(q))
				}
			}
			r.stop()
			if err := os.WriteFile(r.path, []byte(saved), 0o600); err != nil {
				t.Fatal(err)
			}
			r.start()
			r.settle() // the connections before are gone
		}
	}
	for _, d := range does {
		if !changed[d] {
			t.Errorf("%s does nothing", d)
		}
	}
	if v := r.ws.Violations(); len(v) > 0 {
		t.Errorf("rules broken: %q", v)
	}
}

// waits is all that is to be said or done, and what is remembered of people.
func (r *rig) waits() (out string) {
	r.t.Helper()
	r.view(func(rd storage.Reader) error {
		n, oldest, err := rd.Waiting()
		forgets, err1 := rd.Forgets()
		out = fmt.Sprint(n, oldest, forgets)
		for _, a := range actors {
			p, err := rd.Person(nudges.UserID(a.id))
			err1 = errors.Join(err1, err)
			out += fmt.Sprint(p)
		}
		return errors.Join(err, err1)
	})
	return out
}

// said is what its manager has said of a call, and settled for it.
func said(q nudges.Request) string {
	if q.Way == nudges.ByAsk {
		q.Deal = "" // the rep's words
	}
	return fmt.Sprint(q.Manager, q.Rep, q.Deal, q.Starts, q.Ends, q.Answers, q.Plan, q.Decision, q.Grant.Reason,
		q.Phase)
}

// only is the one request that there is.
func (r *rig) only() (out nudges.Request) {
	r.t.Helper()
	r.view(func(rd storage.Reader) error {
		all, err := rd.Begun(nudges.UserID(who["sam"]), time.Time{})
		if len(all) != 1 {
			r.t.Fatalf("%d requests", len(all))
		}
		out = all[0]
		return err
	})
	return out
}

// everything is what is stored of each actor: their requests, team, reminder and learning deals, and the bond of rep
// and manager, with them.
func (r *rig) everything() map[string]string {
	r.t.Helper()
	out := map[string]string{}
	r.view(func(rd storage.Reader) error {
		for _, a := range actors {
			id := nudges.UserID(a.id)
			begun, err := rd.Begun(id, time.Time{})
			team, err1 := rd.Team(id)
			rem, err2 := rd.Reminder(id)
			learning, err3 := rd.Learning(id)
			bond, err4 := rd.Bond(id, nudges.UserID(who["sam"]))
			if err := errors.Join(err, err1, err2, err3, err4); err != nil {
				return err
			}
			out[a.id] = fmt.Sprintf("%+v\n%+v\n%+v\n%+v", begun, team, rem, learning)
			if bond != nudges.Unmet {
				out[a.id] += fmt.Sprintf("\nthe rep of %s: %s", who["sam"], bond)
			}
			if a.kind == anOwner && len(begun) > 0 {
				out["request"] = fmt.Sprintf("%+v", begun[len(begun)-1]) // the first that there was
			}
		}
		return nil
	})
	return out
}

// closeAll closes all of somebody's windows.
func (r *rig) closeAll(name string) {
	for len(r.ws.Modals(who[name])) > 0 && r.as(name).Close() == nil {
		r.settle()
	}
}
