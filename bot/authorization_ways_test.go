package bot

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/world"
	"stepin/bot/socket"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/nudges/team"
	"stepin/nudges/verdict"
)

// waysIn say how each kind of input is held to who may: a kind without a row fails TestEveryWayIn.
var waysIn = map[form.Kind]string{
	form.Typed: "here", form.Shortcut: "here", form.HomeSeen: "here",
	form.Tapped: "TestAuthorization", form.Submitted: "TestAuthorization",
	form.Changed: "Slack's own word on somebody: it does nothing in their name", form.Nothing: "does nothing",
}

// TestEveryWayIn begins, as each kind of actor, all that needs no button: each word after the command, by the code's
// own list, words that are none, the app's shortcuts, and Home. Members begin something of their own; the rest are
// told whom to ask. For nobody does it change what is another's.
func TestEveryWayIn(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "form/input.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, _ := v.Type.(*ast.Ident); kind == nil || kind.Name != "Kind" {
			return true
		}
		kinds++
		s, _ := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if waysIn[form.Kind(s)] == "" {
			t.Errorf("nobody has said who may do what by a %q", s)
		}
		return true
	})
	if kinds != len(waysIn) {
		t.Errorf("%d kinds of input, and rows for %d", kinds, len(waysIn))
	}
	var app struct {
		Features struct {
			Shortcuts []struct {
				Callback string `json:"callback_id"`
			}
		}
	}
	if err := json.Unmarshal(manifest(t), &app); err != nil || len(app.Features.Shortcuts) == 0 {
		t.Fatal(app, err)
	}
	lines := append([]string{
		"", "Acme renewal", "<@U0DANA01> Acme renewal", "ask <@U0SAM001> Acme renewal",
		"debrief <@U0SAM001> Acme renewal", "debrief <@U0DANA01>",
		"now <@U0DANA01> Acme renewal", "history Acme", "histor", "why <@U0DANA01>", "Now Foods",
		"<@U0DANA01> <@U0LIOR01>", strings.Repeat("x", form.MaxDeal+1), "@nobody",
	}, form.Verbs...)
	inBubble(t, sandbox.Config{Seed: everyKind()}, func(r *rig) {
		t := r.t
		r.ws.SetClock(time.Date(2026, 3, 4, 7, 56, 0, 0, time.UTC))
		r.start()
		r.play(situations[0].story)
		for _, a := range actors {
			n := 0
			begins := func(what string, in form.Input) {
				t.Helper()
				n++
				in.Identity, in.User, in.Received = fmt.Sprint("try/", a.id, n), nudges.UserID(a.id), time.Now()
				was, waits := r.everything(), r.waits()
				out, about, err := r.bot.answers.Handle(t.Context(), in)
				if err != nil {
					t.Errorf("%s, %s: %v", a.kind, what, err)
				}
				if refused := out.Screen == form.NoteScreen && out.Text == "err-not-allowed"; refused != a.outsider {
					t.Errorf("%s, %s: gets %+v", a.kind, what, out)
				}
				if a.outsider && (about.ID != "" || r.waits() != waits) {
					t.Errorf("%s, %s: learns or changes something: %+v, %s", a.kind, what, about, r.waits())
				}
				for of, is := range r.everything() {
					if is != was[of] && (a.outsider || of != a.id && (of != "request" || a.kind != anOwner)) {
						t.Errorf("%s, %s: changed what is of %s:\n%s\nto\n%s", a.kind, what, of, was[of], is)
					}
				}
				if about.ID != "" && about.Manager != nudges.UserID(a.id) {
					t.Errorf("%s, %s: is shown a request of %s", a.kind, what, about.Manager)
				}
			}
			for _, l := range lines {
				if a.kind == anOwner && strings.Contains(l, "U0SAM001") || a.kind == theRep &&
					strings.Contains(l, "U0DANA01") {
					continue // to oneself
				}
				begins("/stepin "+l, form.Input{Kind: form.Typed, Text: l})
			}
			for _, s := range app.Features.Shortcuts {
				begins("shortcut "+s.Callback, form.Input{Kind: form.Shortcut, Callback: s.Callback})
			}
			if a.kind == aBot || a.kind == deactivated {
				continue // the platform draws them no Home
			}
			r.bot.answers.Serve(socket.Job{In: form.Input{
				Kind: form.HomeSeen, User: nudges.UserID(a.id),
				Where: form.OnHome,
			}, Ack: func(any) error { return nil }})
			r.settle()
			home, ok := r.ws.Home(a.id)
			if !ok || strings.Contains(string(home.JSON), "action_id") == a.outsider ||
				strings.Contains(string(home.JSON), "switched on for you") != a.outsider {
				t.Errorf("%s: Home is %s", a.kind, home.JSON)
			}
		}
	})
}

// everyKind is the usual workspace with one of each kind of actor.
func everyKind() world.Seed {
	seed := world.DefaultSeed()
	seed.People = append(seed.People,
		world.Person{ID: "U0OMAR01", Name: "Omar Leader", Title: "Chief of sales", Zone: "Europe/Paris", Admin: true},
		world.Person{ID: "U0STRNG1", Name: "Stef Elsewhere", Zone: "Europe/Paris", Stranger: true},
	)
	return seed
}

// What stepin has no use for does nothing, no matter who sends it: windows that are closed, options that are loaded,
// shortcuts on messages, and whatever comes to be one day.
func TestNoOtherInteractionDoesAnything(t *testing.T) {
	for _, kind := range []slack.InteractionType{
		slack.InteractionTypeViewClosed, slack.InteractionTypeBlockSuggestion, slack.InteractionTypeMessageAction,
		slack.InteractionTypeInteractionMessage,
		slack.InteractionTypeDialogSubmission, slack.InteractionTypeDialogSuggestion,
		slack.InteractionTypeDialogCancellation, slack.InteractionTypeWorkflowStepEdit, "tomorrow",
	} {
		in, ok := interactive(t, map[string]any{
			"type": kind, "user": map[string]any{"id": "U0SAM001", "team_id": "T0ACME01"}, "callback_id": "pause",
			"action_id": form.ActHold, "value": "x",
			"view": map[string]any{
				"id": "V1", "type": "modal", "callback_id": string(form.FactsScreen),
				"private_metadata": `{"r":"R0123456789ABCDEF","n":1}`, "blocks": []any{},
			},
		})
		if ok || in.Kind != form.Nothing {
			t.Errorf("%s is taken for %+v", kind, in)
		}
	}
}

// TestForgedValues has Lior, who has a request of his own, mix it with Sam's: whatever names Sam's is refused, and what
// the platform shows him as his own is his own.
func TestForgedValues(t *testing.T) {
	inBubble(t, sandbox.Config{Seed: everyKind(), KeepCalls: -1}, func(r *rig) {
		t := r.t
		r.ws.SetClock(time.Date(2026, 3, 4, 7, 56, 0, 0, time.UTC))
		r.teams = []roster.TeamConfig{{
			Team: team.Team{
				Manager: nudges.UserID(who["lior"]), Policy: nudges.ByOthers,
				Approvers: []team.Approver{{ID: nudges.UserID(who["priya"])}},
			},
			Fixed: roster.Fixed{Policy: true, Approvers: true},
		}, {
			Team:  team.Team{Manager: nudges.UserID(who["ines"]), Reps: []nudges.UserID{"U0OMAR01"}},
			Fixed: roster.Fixed{Reps: true},
		}}
		r.start()
		r.play(situations[0].story)
		sams := r.only()
		r.play(`lior types /stepin @Dana Hooli pilot`)
		r.closeAll("lior")
		lior := who["lior"]
		liors := r.stored("lior")[0]
		err := r.update(func(tx storage.Tx) error {
			return tx.PutLearning(nudges.LearningDeal{
				Manager: sams.Manager, Rep: sams.Rep, Deal: "Acme renewal",
				What: "price", At: r.ws.Now(),
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		samsKey := func() string {
			var all []nudges.LearningDeal
			if err := r.db.View(t.Context(), func(rd storage.Reader) (err error) {
				all,
					err = rd.Learning(sams.Manager)
				return err
			}); err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			return form.WriteLearning(all[0])
		}()
		view := func(callback, metadata string) func() hands.Place {
			return func() hands.Place { return r.plant(lior, callback, bySubmit, metadata) }
		}
		message := func() hands.Place { return r.plant(lior, form.ActHold, byMessage, "") }
		own, other := form.WriteMetadata(liors), form.WriteMetadata(sams)
		for name, tt := range map[string]struct {
			at      func() hands.Place
			action  string
			value   string
			refused bool
		}{
			"another's button in one's own window": {view("facts", own), form.ActAsk, other, false},
			"one's own button in another's window": {view("facts", other), form.ActAsk, own, true},
			"another's, in the list of one's own": {
				view("history", form.WriteHistoryFilter(form.HistoryFilter{})),
				form.ActLog, other, true,
			},
			"another's, and a list that names them": {view("history",
				form.WriteHistoryFilter(form.HistoryFilter{Rep: sams.Rep})), form.ActMoveOn, other, true},
			"another's mark on a learning deal": {view("learning", samsKey), form.ActUnlearn, samsKey, false},
			"nobody's":                          {message, form.ActHold, `{"r":"RAAAAAAAAAAAAAAAA","n":1}`, false},
			"a name with a zero byte":           {message, form.ActHold, "{\"r\":\"R\\u0000\",\"n\":1}", false},
			"a person in place of a request":    {message, form.ActHold, `{"r":"U0SAM001","n":-1}`, false},
			"no metadata":                       {message, form.ActHold, `[`, false},
			"far ahead of all that was drawn": {
				message, form.ActHold,
				strings.Replace(other, `"n":2`, `"n":999999`, 1), true,
			},
		} {
			was, before := r.everything(), len(r.ws.Calls())
			if err := r.ws.Press(t.Context(), lior, tt.at(), "b", tt.action, tt.value); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			r.settle()
			refused, read := r.refusal(lior, name, before)
			if refused != tt.refused || strings.Contains(read, "didn't save") {
				t.Errorf("%s: refused is %v, reads %.300s", name, refused, read)
			}
			for of, is := range r.everything() {
				if of != lior && is != was[of] {
					t.Errorf("%s: changed what is of %s:\n%s\nto\n%s", name, of, was[of], is)
				}
			}
			r.ws.Clear(lior)
		}
		if q := r.stored("lior"); len(q) != 1 || q[0].Decision != nudges.Decided(ladder.Coach) {
			t.Errorf("his own was not decided: %+v", q)
		}

		// His team's settings are his, by the rules for his own, whatever request their window names.
		save := func(metadata nudges.RequestID, reps string) string {
			t.Helper()
			out, _, err := r.bot.answers.Handle(t.Context(), form.Input{
				Kind: form.Submitted, Callback: string(form.TeamScreen), Request: metadata,
				Identity: "forged/" + string(metadata) + reps,
				Form:     map[string]string{form.ActPolicy: string(nudges.Self), form.ActReps: reps},
				User:     nudges.UserID(lior), Received: time.Now(),
			})
			if err != nil {
				t.Fatal(err)
			}
			var was team.Team
			err = r.update(func(tx storage.Tx) (err error) {
				if was, err = tx.Team(nudges.UserID(lior)); err != nil {
					return err
				}
				return tx.PutTeam(team.Team{Manager: nudges.UserID(lior)}) // for the next one
			})
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%v %v %+v", out.Screen, out.Errors, was)
		}
		for _, reps := range []string{"", "U0OMAR01", who["dana"]} {
			if honest, forged := save("", reps), save(sams.ID, reps); honest != forged {
				t.Errorf("with Sam's request his team is set by other rules: %s, not %s", forged, honest)
			}
		}
	})
}

// TestOffTheList says, for every action and window of the code's own list, whether a member who may not use stepin gets on
// with it: they answer what they were asked, and see to their own words, and begin nothing.
func TestOffTheList(t *testing.T) {
	b, _ := newIdle(t)
	b.apply(roster.Settings{Words: testWords(t), Allowed: roster.Allowed{Users: []string{"U0SAM001"}}}, nil)
	begins := mayDo[members]
	anyway := []string{form.ActForget, "[forget]", form.ActReminderOff} // to be forgotten, and to hear no more
	fromAnywhere := []string{
		form.ActApprove, form.ActCoachFirst, form.ActDecline, form.ActTakeBack, form.ActLog,
		form.ActFromHere,
	}
	windows := []string{"[word]", "[sentence]", "[log]", "[move_on]", "[not_doing]", "[reschedule]"}
	actions, screens := constants(t)
	for _, s := range screens {
		actions = append(actions, "["+s+"]")
	}
	for _, name := range actions {
		for _, where := range []form.Surface{form.OnMessage, form.OnHome, form.OnModal} {
			in := form.Input{
				Kind: form.Tapped, Where: where, Action: name, User: "U0PRIYA1",
				Request: "R0123456789ABCDEF",
			}
			may := slices.Contains(anyway, name) || slices.Contains(fromAnywhere, name) || where == form.OnMessage &&
				!slices.Contains(begins, name)
			if s, window := strings.CutPrefix(strings.TrimSuffix(name, "]"), "["); window {
				in.Kind, in.Callback, in.Action = form.Submitted, s, ""
				may = slices.Contains(anyway, name) || slices.Contains(windows, name)
			}
			if err := b.answers.MayUse(t.Context(), in, roster.Person{Known: true}); (err == nil) != may {
				t.Errorf("%s in a %s: may is %t, and gets %v", name, where, may, err)
			}
			for what, me := range map[string]roster.Person{
				"guest": {Known: true, Guest: true},
				"bot":   {Known: true, Bot: true}, "stranger": {Known: true, Stranger: true},
				"deleted": {Known: true, Deleted: true},
			} {
				if b.answers.MayUse(t.Context(), in, me) == nil {
					t.Errorf("a %s may do %s in a %s", what, name, where)
				}
			}
		}
	}
}

// constants are all action ids, and all screens, that the code names: the string constants that begin with "act", those
// of the type screen, the questions, and whatever else is drawn anywhere. If you add one, it is tested with somebody
// else's finger on it.
func constants(t *testing.T) (actions, screens []string) {
	t.Helper()
	files, err := filepath.Glob("form/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
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
				case anAction.MatchString(name.Name):
					actions = append(actions, s)
				case kind != nil && kind.Name == "Screen" && s != "":
					screens = append(screens, s)
				}
			}
			return true
		})
	}
	for _, a := range nudges.WordAnswers {
		actions = append(actions, string(a))
	}
	for _, q := range verdict.AllQuestions() {
		actions = append(actions, string(q))
	}
	for _, o := range nudges.CallOutcomes {
		actions = append(actions, form.ActOutcome+"_"+string(o))
	}
	for _, a := range nudges.PlanAnswers {
		actions = append(actions, form.ActFollowPlan+"_"+string(a))
	}
	if len(actions) < 70 || len(screens) < 15 {
		t.Fatalf("found %d actions and %d screens", len(actions), len(screens))
	}
	drawn := map[string]bool{} // also by what is no constant
	for _, d := range goldens(t) {
		var v any
		if err := json.Unmarshal(d.json, &v); err != nil {
			t.Fatal(err)
		}
		sentOpaque("", v, func(field, s string) {
			drawn[field+" "+s] = true
			if field == "action_id" && !slices.Contains(actions, s) || field == "callback_id" && s != "" &&
				!slices.Contains(screens, s) {
				t.Errorf("%s has the %s %q, which the table does not find", d.name, field, s)
			}
		})
	}
	if len(drawn) < 100 {
		t.Fatalf("%d things are drawn", len(drawn))
	}
	return actions, screens
}

// anAction is the name of a constant that is an action's id.
var anAction = regexp.MustCompile(`^Act[A-Z]`)

// Only the rep answers the question whose rep they are that was asked when the team was saved: it belongs to no request.
func TestMeetIsTheReps(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		about := string(mustEncode(form.Metadata{Key: team.MeetKey("U0SAM001", "U0DANA01", r.ws.Now())}))
		for _, a := range actors {
			if a.kind == aLeader || a.kind == fromElsewhere { // not in that channel
				continue
			}
			for _, name := range []string{form.ActMine, form.ActNotMine} {
				before := len(r.ws.Calls())
				at := r.plant(a.id, name, byMessage, about)
				if err := r.ws.Press(r.t.Context(), a.id, at, "b", name, about); err != nil {
					r.t.Errorf("%s: %v", a.kind, err)
				}
				r.settle()
				var bond nudges.BondState
				err := r.db.View(r.t.Context(), func(rd storage.Reader) (err error) {
					bond, err = rd.Bond("U0DANA01", "U0SAM001")
					return err
				})
				if err != nil {
					r.t.Fatal(err)
				}
				if (bond != nudges.Unmet) != (a.kind == theRep) {
					r.t.Errorf("%s pressed %s: the bond is %q", a.kind, name, bond)
				}
				if err := r.update(func(tx storage.Tx) error { return tx.PutBond("U0DANA01", "U0SAM001", nudges.Unmet) }); err != nil {
					r.t.Fatal(err)
				}
				if len(r.ws.Calls()) == before {
					r.t.Errorf("%s pressed %s, and reads nothing", a.kind, name)
				}
			}
		}
	})
}
