package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"stepin/bot/sandbox"
	"stepin/nudges"
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

// cell presses one button, or submits one window, about a request as one of the actors, and tells whether they were
// refused for who they are, and what they got to read.
func (r *rig) cell(request nudges.Request, id, name string) (refused bool, read string) {
	r.t.Helper()
	name, window := strings.CutPrefix(strings.TrimSuffix(name, "]"), "[")
	before := len(r.ws.Calls())
	if window {
		v, _ := json.Marshal(map[string]any{
			"type": "modal", "callback_id": name, "private_metadata": writeMetadata(request), "submit": map[string]any{"type": "plain_text", "text": "Do"},
			"title": map[string]any{"type": "plain_text", "text": "Window"}, "blocks": []any{map[string]any{"type": "divider"}},
		})
		at, err := r.ws.PlantModal(id, v)
		if err != nil {
			r.t.Fatal(err)
		}
		if err := r.ws.Send(r.t.Context(), id, at.View); err != nil {
			r.t.Errorf("%s submits %s: %v", id, name, err)
		}
	} else {
		blocks, _ := json.Marshal([]any{map[string]any{"type": "actions", "block_id": "b", "elements": []any{map[string]any{
			"type": "button", "action_id": name, "value": writeMetadata(request), "text": map[string]any{"type": "plain_text", "text": "Press"},
		}}}})
		at, err := r.ws.Plant("C0DEALS1", blocks)
		if err != nil {
			r.t.Fatal(err)
		}
		if err := r.ws.Press(r.t.Context(), id, at, "b", name, writeMetadata(request)); err != nil {
			r.t.Errorf("%s presses %s: %v", id, name, err)
		}
	}
	r.settle()
	for _, c := range r.ws.Calls()[before:] {
		switch c.Method {
		case "response_url", "ack", "views.open", "views.update":
			read += string(c.Args)
		}
		for _, no := range refusals {
			if strings.Contains(string(c.Args), no) {
				refused = true
				if c.Method != "response_url" && c.Method != "ack" && c.Method != "views.update" && c.Method != "views.open" {
					r.t.Errorf("%s is refused %s by %s", id, name, c.Method)
				}
			}
		}
	}
	return refused, read
}

// refusals are the sentences that say no to who somebody is.
var refusals = []string{"This one is Sam", "for somebody else to say", "switched on for you"}

// The cells of the table: who may do an action, or submit a window, about a request.
const (
	theOwner  = "owner"
	asked     = "approver, delegate"
	aRep      = "rep"
	ofTheTwo  = "owner, rep"
	nobodyYet = "nobody" // in this situation
	// members is for what begins something of one's own: each member may, whatever request the button names, and
	// nothing becomes of that one.
	members = "members"
)

// mayDo has a row for every action and, in brackets, every window that the code knows; one that it has not fails the
// test, as does one that the code has not any more. Whatever stands beside no kind of actor is refused to it.
var mayDo = map[string][]string{
	theOwner: {
		// the pause and its windows
		actHold, actAsk, actChange, actRung, actRep, actDeal, actDay, actTime, actLength, actPlan, actMind, actWithdraw, actReturn,
		actCarry, actOpen, actSkill, actReason, actNudge, actGlass, actSentence, actGuess, actHelp,
		"P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "for", "estimate", "why_not", "plan", "motive", "asked_in", "must_stop", "step",
		"[call]", "[fields]", "[facts]", "[verdict]", "[closing]", "[now]", "[status]", "[note]", "[help]", "[why]", "[privacy]", "[done]", "[glass]", "[decided]",
		// what follows a rep's word
		actCoaching, actJoin, actListen, actTake, actGive, actCoached, actWords, actTakeNote, actSendNote, actBoss, "[coaching]", "[words]",
		// the debrief, as long as it is not the rep's as well
		actLog, actMoveOn, actNotDoing, actNever, actCallMoved, actReschedule, actTogether, actRepost, actOutcome, actRoute, actLearned,
		actRecording, actTrusted, actPlace, "[log]", "[not_doing]", "[reschedule]",
		"outcome_advanced", "outcome_won", "outcome_lost", "outcome_stalled", "outcome_too_early",
		// fields of windows, which are no buttons: about a request they do nothing
		actWanted, actAt, actDays, actZone, actPauseUntil,
		actReps, actPolicy, actApprover, actDelegate, actFrom, actUntil, actNext, actChannel, actSkills,
	},
	asked: {actApprove, actCoachFirst, actDecline, "[sentence]"},
	aRep: {
		string(nudges.GotThis), string(nudges.CoachMe), string(nudges.PleaseJoin), "[word]",
		actMine, actNotMine, actClaimYes, actClaimNo,
	},
	nobodyYet: {actTakeBack, actWhereChannel, actWhereGroup, actWhereNot},
	members: {
		actStart, actNow, actPull, "[pull]", actTeam, "[team]", actDebrief, "[debrief]", actWith, actLed,
		actHistory, "[history]", actWhose, actEnded, actNewer, actOlder, actAll, actLearning, "[learning]",
		actForget, "[forget]", actReminder, "[reminder]", actReminderOn, actReminderOff, actSendNow, actWeekly, actSnoozeShort, actSnoozeHour, actSnoozeTomorrow,
	},
}

// A situation is a request of Sam's about a call of Dana's, at a moment at which others have a say in it.
type situation struct {
	name, story string
	but         map[string]string // the rows in which it differs from mayDo
	does        []string          // "kind: action": cells that must change something, or all buttons could be dead
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
			"owner: hold", "owner: ask", "owner: withdraw", "approver: approve", "approver: coach_first", "approver: decline", "delegate: approve",
			"rep: not_mine", "other manager: start", "leader: now",
		},
	},
	{
		"a rep's call for help", `
			team approver=priya delegate=ines reps=dana
			bond dana
			dana types /stepin ask @Sam Acme renewal
			dana submits`,
		map[string]string{actApprove: notAsked, actCoachFirst: notAsked, actDecline: notAsked, "[sentence]": notAsked, actTakeBack: aRep},
		[]string{"rep: take_back", "owner: withdraw"},
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
			actApprove: notAsked, actCoachFirst: notAsked, actDecline: notAsked, "[sentence]": notAsked,
			actWhereChannel: aRep, actWhereGroup: aRep, actWhereNot: aRep,
		},
		[]string{"rep: where_channel", "rep: where_group", "rep: where_not", "owner: move_on"},
	},
	{
		"a debrief of both", `
			team approver=priya delegate=ines reps=dana channel=debriefs
			bond dana
			sam types /stepin @Dana Acme renewal
			sam submits
			sam picks what would help? = Asked me in
			sam picks What did Dana ask for? = Helping out
			sam picks Whose call is it? = Dana's
			sam submits
			sam submits
			sam closes
			at 09:37
			sam goes to debriefs
			sam reads led by Dana`,
		map[string]string{
			actApprove: notAsked, actCoachFirst: notAsked, actDecline: notAsked, "[sentence]": notAsked,
			// either of the two logs and closes it
			actLog: ofTheTwo, "[log]": ofTheTwo, actMoveOn: ofTheTwo, actNotDoing: ofTheTwo, "[not_doing]": ofTheTwo, actNever: ofTheTwo,
			actCallMoved: ofTheTwo, actReschedule: ofTheTwo, "[reschedule]": ofTheTwo,
			actWhereChannel: aRep, actWhereGroup: aRep, actWhereNot: aRep, // it is answered already
			"outcome_advanced": ofTheTwo, "outcome_won": ofTheTwo, "outcome_lost": ofTheTwo, "outcome_stalled": ofTheTwo, "outcome_too_early": ofTheTwo,
		},
		[]string{"owner: outcome_won", "rep: outcome_lost", "rep: move_on", "owner: never", "rep: call_moved"},
	},
}

// TestAuthorization presses every action of the code's own list, and submits every window, as each kind of actor, in each
// situation: against the whole bot, whatever the button says.
func TestAuthorization(t *testing.T) {
	actions, screens := constants(t)
	for _, o := range nudges.CallOutcomes {
		actions = append(actions, actOutcome+"_"+string(o))
	}
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
	seed := sandbox.DefaultSeed()
	seed.People = append(seed.People,
		sandbox.Person{ID: "U0OMAR01", Name: "Omar Leader", Title: "Chief of sales", Zone: "Europe/Paris", Admin: true},
		sandbox.Person{ID: "U0STRNG1", Name: "Stef Elsewhere", Zone: "Europe/Paris", Stranger: true},
	)
	for _, st := range situations {
		t.Run(st.name, func(t *testing.T) {
			inBubble(t, sandbox.Config{Seed: seed, KeepCalls: -1}, func(r *rig) {
				r.ws.SetClock(time.Date(2026, 3, 4, 7, 56, 0, 0, time.UTC))
				r.start()
				r.play(st.story)
				cells := maps.Clone(base)
				maps.Copy(cells, st.but)
				r.pressAll(all, cells, st.does)
			})
		})
	}
}

// pressAll does everything as everybody, and sees whether it went as the cells say. What has changed something is
// followed by a new start on the file as it was.
func (r *rig) pressAll(all []string, cells map[string]string, does []string) {
	t := r.t
	request, then := r.only(), r.ws.Now()
	r.stop()
	saved := read(t, r.path)
	r.start()
	was := r.everything()
	changed := map[string]bool{}
	for _, name := range all {
		for _, a := range actors {
			cell := cells[name]
			own := cell == members
			may := !a.outsider && (own || slices.Contains(strings.Split(cell, ", "), string(a.kind)))
			what := string(a.kind) + ": " + name
			r.ws.SetClock(then)
			refused, text := r.cell(request, a.id, name)
			if refused == may || strings.Contains(text, "That didn't save") {
				t.Errorf("%s: may is %t, and reads %.300s", what, may, text)
			}
			for !a.outsider && len(r.ws.Modals(a.id)) > 0 && r.ws.As(a.id).Close() == nil {
				r.settle()
			}
			is := r.everything()
			if maps.Equal(is, was) {
				continue
			}
			changed[what] = true
			forgets := name == "[forget]" && may // one's own words go from all that names them, see TestForget
			for of := range is {
				if forgets {
					break
				}
				if is[of] != was[of] && (!may || own && of != a.id) {
					t.Errorf("%s changed what is of %s", what, of)
				}
			}
			if own && !forgets && is["request"] != was["request"] {
				t.Errorf("%s changed the request that it named", what)
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

// only is the one request that there is.
func (r *rig) only() (out nudges.Request) {
	r.t.Helper()
	err := r.db.View(r.t.Context(), func(rd nudges.Reader) error {
		all, err := rd.Begun(nudges.UserID(who["sam"]), time.Time{})
		if len(all) != 1 {
			r.t.Fatalf("%d requests", len(all))
		}
		out = all[0]
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// everything is what is stored of each actor: their requests, team, reminder and learning deals, and the bond of rep and
// manager, with them.
func (r *rig) everything() map[string]string {
	r.t.Helper()
	out := map[string]string{}
	err := r.db.View(r.t.Context(), func(rd nudges.Reader) error {
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
			out[a.id] = fmt.Sprintf("%+v\n%+v\n%+v\n%+v\n%+v", begun, team, rem, learning, bond)
			if a.kind == anOwner && len(begun) > 0 {
				out["request"] = fmt.Sprintf("%+v", begun[len(begun)-1]) // the first that there was
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// constants are the string constants of screen.go: all action ids, and all screens. Whoever adds
// one has it tested with somebody else's finger on it.
func constants(t *testing.T) (actions, screens []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "screen.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			for i, name := range v.Names {
				if i >= len(v.Values) {
					continue
				}
				lit, ok := v.Values[i].(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					continue
				}
				s, _ := strconv.Unquote(lit.Value)
				kind, _ := v.Type.(*ast.Ident)
				switch {
				case strings.HasPrefix(name.Name, "act"):
					actions = append(actions, s)
				case kind != nil && kind.Name == "screen" && s != "":
					screens = append(screens, s)
				}
			}
		}
	}
	for _, a := range nudges.WordAnswers {
		actions = append(actions, string(a))
	}
	for _, q := range nudges.AllQuestions() {
		actions = append(actions, string(q))
	}
	if len(actions) < 70 || len(screens) < 15 {
		t.Fatalf("found %d actions and %d screens", len(actions), len(screens))
	}
	return actions, screens
}

// closeAll closes all of somebody's windows.
func (r *rig) closeAll(name string) {
	for len(r.ws.Modals(who[name])) > 0 && r.as(name).Close() == nil {
		r.settle()
	}
}
