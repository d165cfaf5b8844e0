package bot

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stepin/bot/sandbox"
	"stepin/nudges"
	"stepin/store"
)

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

// own are the actions and screens that begin something of one's own.
var own = []string{
	actStart, actNow, actPull, actTeam, string(pullScreen), string(teamScreen), string(reminderScr),
	actReminder, actReminderOn, actReminderOff, actSendNow, actWeekly, actSnoozeShort, actSnoozeHour, actSnoozeTomorrow,
	actLearning, actUnlearn, string(learningScr), actForget, string(forgetScr),
	actDebrief, string(debriefScr), actWith, actLed, actHistory, string(historyScr), actWhose, actEnded, actNewer, actOlder, actAll,
}

// theirs are what somebody with a part in a request may do to it.
var theirs = map[string][]string{
	"priya": {actApprove, actCoachFirst, actDecline, string(sentenceScr)},
	"dana":  {string(nudges.GotThis), string(nudges.CoachMe), string(nudges.PleaseJoin), actMine, actNotMine, actClaimYes, actClaimNo, string(wordScreen), actWhereChannel, actWhereGroup, actWhereNot},
}

// TestSomebodyElsesButton has everybody press each button of each other's messages, and submit
// each other's windows: it is answered privately, and changes nothing.
func TestSomebodyElsesButton(t *testing.T) {
	actions, screens := constants(t)
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.options = store.Options{NoSync: true}
		r.start()
		s := &story{r: r, hands: map[string]*sandbox.Hands{}}
		for _, l := range []string{
			"team approver=priya delegate=ines reps=dana", "bond dana", "priya opens home", "lior opens home", "dana opens home", "ines opens home",
			"sam asks to take over Acme renewal at 11:00 because Mine to give", "sam closes",
		} {
			if err := s.line(l); err != nil {
				t.Fatal(l, err)
			}
		}
		request := r.stored("sam")[0]
		before := fmt.Sprintf("%+v", r.stored("sam"))
		unchanged := func(what string) {
			t.Helper()
			if now := fmt.Sprintf("%+v", r.stored("sam")); now != before {
				t.Errorf("%s changed\n%s\nto\n%s", what, before, now)
				before = now
			}
			err := r.db.View(t.Context(), func(rd nudges.Reader) error {
				team, err := rd.Team(nudges.UserID(who["sam"]))
				if len(team.Approvers) != 1 {
					t.Errorf("%s changed the team: %+v", what, team)
				}
				bond, _ := rd.Bond(nudges.UserID(who["dana"]), nudges.UserID(who["sam"]))
				if bond != nudges.Met {
					t.Errorf("%s changed the bond to %s", what, bond)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"lior", "ines", "priya", "dana"} {
			h := r.as(name)
			for _, a := range actions {
				if slices.Contains(theirs[name], a) {
					continue
				}
				blocks, _ := json.Marshal([]any{map[string]any{"type": "actions", "block_id": "b", "elements": []any{map[string]any{
					"type": "button", "action_id": a, "value": writeMetadata(request), "text": map[string]any{"type": "plain_text", "text": "Press"},
				}}}})
				at, err := r.ws.Plant(h.DM(), blocks)
				if err != nil {
					t.Fatal(err)
				}
				seen := len(r.ws.Posts(who[name], h.DM()))
				if err := r.ws.Act(t.Context(), who[name], at, "b", a, sandbox.Value{}); err != nil {
					t.Errorf("%s presses %s: %v", name, a, err)
				}
				r.settle()
				unchanged(name + " pressing " + a)
				if slices.Contains(own, a) {
					r.closeAll(name)
					continue
				}
				posts := r.ws.Posts(who[name], h.DM())
				last := posts[len(posts)-1]
				if len(posts) != seen+1 || !last.Ephemeral || !strings.Contains(string(last.Blocks), "This one is Sam's") {
					t.Errorf("%s presses %s and reads %s", name, a, last.Blocks)
				}
				if len(r.ws.Modals(who[name])) > 0 {
					t.Errorf("%s presses %s and gets a window", name, a)
					r.closeAll(name)
				}
			}
			for _, sc := range screens {
				if slices.Contains(theirs[name], sc) || slices.Contains(own, sc) {
					continue
				}
				v, _ := json.Marshal(map[string]any{
					"type": "modal", "callback_id": sc, "private_metadata": writeMetadata(request), "submit": map[string]any{"type": "plain_text", "text": "Do"},
					"title": map[string]any{"type": "plain_text", "text": "Window"}, "blocks": []any{map[string]any{"type": "divider"}},
				})
				at, err := r.ws.PlantModal(who[name], v)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := r.ws.Submit(t.Context(), who[name], at.View); err != nil {
					t.Errorf("%s submits %s: %v", name, sc, err)
				}
				r.settle()
				unchanged(name + " submitting " + sc)
				if got := h.Reads(); !strings.Contains(got, "This one is Sam's") {
					t.Errorf("%s submits %s and reads %s", name, sc, got)
				}
				r.closeAll(name)
			}
		}
		// And the manager presses what is for the approver, and for the rep.
		for _, a := range slices.Concat(theirs["priya"][:3], theirs["dana"][:7], []string{actTakeBack}) {
			blocks, _ := json.Marshal([]any{map[string]any{"type": "actions", "block_id": "b", "elements": []any{map[string]any{
				"type": "button", "action_id": a, "value": writeMetadata(request), "text": map[string]any{"type": "plain_text", "text": "Press"},
			}}}})
			at, err := r.ws.Plant(r.as("sam").DM(), blocks)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.ws.Act(t.Context(), who["sam"], at, "b", a, sandbox.Value{}); err != nil {
				t.Errorf("sam presses %s: %v", a, err)
			}
			r.settle()
			unchanged("sam pressing " + a)
			posts := r.ws.Posts(who["sam"], r.as("sam").DM())
			if last := posts[len(posts)-1]; !last.Ephemeral || !strings.Contains(string(last.Blocks), "for somebody else to say") {
				t.Errorf("sam presses %s and reads %s", a, last.Blocks)
			}
		}
		if v := r.ws.Violations(); len(v) > 0 {
			t.Errorf("rules broken: %q", v)
		}
	})
}

// closeAll closes all of somebody's windows.
func (r *rig) closeAll(name string) {
	for len(r.ws.Modals(who[name])) > 0 && r.as(name).Close() == nil {
		r.settle()
	}
}

// Who is not on the list answers what they were asked from Home, too, and starts nothing.
func TestAnsweringFromHome(t *testing.T) {
	b := &Bot{cfg: Config{Allowed: Allowed{Users: []string{"U0SAM001"}}}}
	for action, may := range map[string]bool{actApprove: true, actDecline: true, actCoachFirst: true, actStart: false, actTeam: false, actPull: false} {
		err := b.mayUse(input{kind: tapped, where: onHome, user: "U0PRIYA1", action: action}, person{})
		if (err == nil) != may {
			t.Errorf("%s: %v", action, err)
		}
	}
}
