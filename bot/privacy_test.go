package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/nudges"
	"stepin/nudges/team"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

// The markers: no text of ours has them.
const (
	markOption = "zqo" // then the question and the option
	markDeal   = "zqdeal"
	markPlan   = "zqplan"
	markLearn  = "zqlearn"
)

// markOf is the marker of one option: its text on the screen.
func markOf(q verdict.QuestionID, o string) string { return markOption + "-" + string(q) + "-" + o }

// markedWords are our words with a marker for the text of every option, and for how the verdict
// quotes it.
func markedWords(t *testing.T) *words.Words {
	t.Helper()
	shipped := testWords(t)
	quoted := []verdict.QuestionID{verdict.Q7, verdict.QFor, verdict.Q6, verdict.Q8, verdict.Q5, verdict.Q4, verdict.QEstimate}
	var b strings.Builder
	for _, q := range verdict.AllQuestions() {
		if len(verdict.Options(q)) == 0 {
			continue // no longer asked
		}
		fmt.Fprintf(&b, "%q:\n  options:\n", q)
		for _, o := range shipped.Question(q, words.Data{}).Options {
			fmt.Fprintf(&b, "    %q: {text: %q", o.ID, markOf(q, string(o.ID)))
			if slices.Contains(quoted, q) && o.ID != verdict.AsPlanned {
				fmt.Fprintf(&b, ", said: %q", markOf(q, string(o.ID)))
			}
			b.WriteString("}\n")
		}
	}
	w, err := words.Load("marked", map[string]string{"questions.yaml": b.String()})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// opaque are the fields that nobody sees, and that others than the person could read: exports,
// other apps, links.
var opaque = []string{
	"metadata", "private_metadata", "external_id", "callback_id", "action_id", "block_id", "value",
	"unfurl_links",
}

// eachText calls f for every text in v with the name of its field, also inside JSON that is text.
func eachText(name string, v any, f func(field, text string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if slices.Contains(opaque, name) {
				k = name // all that is inside
			}
			eachText(k, x, f)
		}
	case []any:
		for _, x := range v {
			eachText(name, x, f)
		}
	case string:
		var inner any
		if strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[") {
			if json.Unmarshal([]byte(v), &inner) == nil {
				eachText(name, inner, f)
				return
			}
		}
		f(name, v)
	}
}

// TestPrivacy plants a marker in everything that a manager says to stepin alone, and looks for
// it in all that stepin sends and logs.
func TestPrivacy(t *testing.T) {
	inBubble(t, sandbox.Config{KeepCalls: -1}, func(r *rig) {
		t := r.t // the bubble's
		r.words = markedWords(t)
		r.start()
		// Failures make the log speak.
		for _, m := range []string{"chat.postMessage", "chat.update", "views.publish", "views.update"} {
			r.ws.Fail(sandbox.Fault{Method: m, Kind: sandbox.ErrorAfter})
		}
		must := func(what string, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			r.settle()
		}
		homes := func() { // those who are no authors look at their Home
			for _, n := range []string{"dana", "lior", "priya", "ines"} {
				must(n, r.ws.OpenHome(t.Context(), who[n]))
			}
		}
		homes()
		must("home", r.ws.OpenHome(t.Context(), who["sam"]))

		var chosen []string
		pick := func(h *hands.Hands, ask string, q verdict.QuestionID, o string) {
			t.Helper()
			must(ask, h.Pick(ask, markOf(q, o)))
			chosen = append(chosen, markOf(q, o))
		}
		submit := func() {
			t.Helper()
			errs, err := r.as("sam").Submit()
			must(fmt.Sprint(errs), err)
		}
		sam := r.as("sam")
		// All eight questions, and a plan in one's own words.
		must("command", sam.Types("/stepin @Dana "+markDeal+"1"))
		pick(sam, "Odds without you?", verdict.QEstimate, "30")
		submit()
		pick(sam, "say would help?", verdict.Q7, "coaching")
		pick(sam, "Whose call?", verdict.Q6, "theirs")
		pick(sam, "worst case?", verdict.Q8, "barely")
		submit()
		pick(sam, "way work?", verdict.Q5, "no")
		pick(sam, "trained for this?", verdict.Q4, "no")
		submit()
		must("rung", sam.Pick("Step in?", "Take over"))
		pick(sam, "would leading teach", "P1", "a_lot")
		pick(sam, "come up again?", "P3", "often")
		pick(sam, "Dana hears:", "P2", "doubt")
		pick(sam, "smaller step?", verdict.QWhyNot, "tried")
		submit()
		pick(sam, "hand it back?", verdict.QHandBack, "own")
		must("plan", sam.Fill("Your own words", markPlan))
		pick(sam, "made you want to step in?", verdict.QMotive, "rescue")
		submit()
		must("close", sam.Close())
		// The rep asked.
		must("command", sam.Types("/stepin @Dana "+markDeal+"2"))
		submit()
		pick(sam, "say would help?", verdict.Q7, "asked")
		pick(sam, "To do what?", verdict.QFor, "copilot")
		submit()
		submit()
		submit()
		must("close", sam.Close())
		// On the call.
		must("command", sam.Types("/stepin now @Dana "+markDeal+"3"))
		pick(sam, "Who asked you in?", verdict.QAskedIn, "nobody")
		pick(sam, "Smallest step that helps?", verdict.QStep, "speak")
		submit()
		// A deal for learning, from Home.
		must("close", sam.Close())
		must("learning", sam.AtHome().Press("Learning deals"))
		must("rep", sam.Fill("Whose call is it?", "Dana"))
		must("deal", sam.Fill("Which deal", markDeal+"3"))
		must("learn", sam.Fill("learn from it?", markLearn))
		submit()
		must("learning", sam.AtHome().Press("Learning deals"))
		must("close", sam.Close())
		time.Sleep(5 * time.Minute)
		homes()
		must("home", r.ws.OpenHome(t.Context(), who["sam"]))
		time.Sleep(2 * time.Hour) // the calls end, the agreement expires
		r.settle()

		calls := r.ws.Calls()
		r.ownSurfacesOnly(calls, append(chosen, markDeal+"1", markDeal+"2", markDeal+"3", markPlan, markLearn))

		// The rep pauses on a call of her own: her windows have the same options, and nothing
		// of what he said.
		must("dana", r.as("dana").Types("/stepin @Lior Hooli"))
		must("dana", r.as("dana").Press("I'll hold back"))
		must("dana", r.as("dana").Close())
		homes()
		for _, c := range r.ws.Calls()[len(calls):] {
			if s := string(c.Args); strings.Contains(s, markDeal) || strings.Contains(s, markPlan) ||
				strings.Contains(s, markLearn) {
				t.Errorf("%s to somebody else: %s", c.Method, s)
			}
		}
		r.othersSeeNothing()
		if log := r.log.String(); strings.Contains(log, "zq") || !strings.Contains(log, "not sent") {
			t.Errorf("log:\n%s", log)
		}
	})
}

// TestPrivacyOfNow takes a running call over by each answer, under both policies. An approver reads who took over, what,
// from whom and when, and what the manager wrote for them: never a tap. Nobody else reads anything.
func TestPrivacyOfNow(t *testing.T) {
	const added = "zqadded"
	for _, policy := range []nudges.Policy{nudges.Self, nudges.ByOthers} {
		t.Run(string(policy), func(t *testing.T) {
			inBubble(t, sandbox.Config{KeepCalls: -1}, func(r *rig) {
				t := r.t
				r.words = markedWords(t)
				r.teams = []roster.TeamConfig{{
					Team: team.Team{
						Manager: nudges.UserID(who["sam"]), Reps: []nudges.UserID{nudges.UserID(who["dana"])}, Policy: policy,
						Approvers: []team.Approver{{ID: nudges.UserID(who["priya"])}},
					},
					Fixed: roster.Fixed{Reps: true, Policy: true, Approvers: true},
				}}
				r.start()
				var lines []string
				for _, by := range verdict.Options(verdict.QAskedIn) {
					lines = append(lines, "sam types /stepin now @Dana Deal "+string(by),
						"sam picks Who asked you in? = "+markOf(verdict.QAskedIn, string(by)),
						"sam picks Smallest step that helps? = "+markOf(verdict.QStep, string(verdict.TakeItOver)))
					if policy == nudges.ByOthers {
						lines = append(lines, "sam reads Priya will see a takeover, and when. Nothing else.")
					} else {
						lines = append(lines, "sam does not read Priya")
					}
					if policy == nudges.ByOthers && by == verdict.ByNobody {
						lines = append(lines, "sam fills Add a sentence? = "+added)
					}
					lines = append(lines, "sam submits", "sam closes")
				}
				r.play(strings.Join(append(lines, "sam opens home", "priya opens home", "dana opens home", "+1m"), "\n"))
				for _, name := range []string{"priya", "dana", "lior", "ines"} {
					read := ""
					for _, ch := range r.ws.Channels(who[name]) {
						for _, post := range r.ws.Posts(who[name], ch.ID) {
							read += post.Text + string(post.Blocks) + string(post.Metadata)
						}
					}
					if v, ok := r.ws.Home(who[name]); ok {
						read += string(v.JSON)
					}
					told := policy == nudges.ByOthers && name == "priya"
					if n := strings.Count(read, "went ahead and took over"); told != (n == len(verdict.Options(verdict.QAskedIn))) || !told && n > 0 {
						t.Errorf("%s is told of %d take-overs: %s", name, n, read)
					}
					if n := strings.Count(read, added); told != (n == 1) || n > 1 {
						t.Errorf("%s reads %d times what Sam adds: %s", name, n, read)
					}
					if strings.Contains(read, markOption) || told && strings.Contains(read, "asked") {
						t.Errorf("%s reads a tap or a ground: %s", name, read)
					}
				}
				if log := r.log.String(); strings.Contains(log, "zq") {
					t.Errorf("log:\n%s", log)
				}
			})
		})
	}
}

// ownSurfacesOnly checks calls made while nobody but Sam acted: marks go to his windows, his
// Home and his conversation, as what is shown there and nothing else.
func (r *rig) ownSurfacesOnly(calls []sandbox.Call, marks []string) {
	r.t.Helper()
	own := []string{who["sam"], r.as("sam").DM()}
	seen := map[string]bool{}
	for _, c := range calls {
		var args map[string]any
		if len(c.Args) > 0 && json.Unmarshal(c.Args, &args) != nil {
			r.t.Errorf("%s: %s", c.Method, c.Args)
			continue
		}
		marked := false
		eachText("", args, func(field, text string) {
			if !strings.Contains(text, "zq") {
				return
			}
			marked = true
			for _, m := range marks {
				seen[m] = seen[m] || strings.Contains(text, m)
			}
			if slices.Contains(opaque, field) {
				r.t.Errorf("%s: %s has %q", c.Method, field, text)
			}
		})
		if text, _ := args["text"].(string); strings.Contains(text, "zq") {
			r.t.Errorf("%s: a notification with private words: %q", c.Method, text)
		}
		channel, _ := args["channel"].(string)
		switch c.Method {
		case "views.open", "views.update", "response_url", "ack": // of a trigger, view or envelope, which are all his
		case "views.publish":
			if marked && args["user_id"] != who["sam"] {
				r.t.Errorf("published for %v: %s", args["user_id"], c.Args)
			}
		case "chat.postMessage", "chat.update":
			if marked && !slices.Contains(own, channel) {
				r.t.Errorf("%s to %s: %s", c.Method, channel, c.Args)
			}
		default:
			if marked {
				r.t.Errorf("%s: %s", c.Method, c.Args)
			}
		}
	}
	for _, m := range marks {
		if !seen[m] {
			r.t.Errorf("%s was shown nowhere: the walk sees too little", m)
		}
	}
}

// othersSeeNothing looks with everybody else's eyes, at everything.
func (r *rig) othersSeeNothing() {
	r.t.Helper()
	for _, p := range r.ws.People() {
		if p.ID == who["sam"] || p.Bot {
			continue
		}
		shows := func(where, s string) {
			if strings.Contains(s, markDeal) || strings.Contains(s, markPlan) || strings.Contains(s, markLearn) ||
				(p.ID != who["dana"] && strings.Contains(s, markOption)) {
				r.t.Errorf("%s sees on %s: %s", p.Name, where, s)
			}
		}
		for _, v := range r.ws.Modals(p.ID) {
			shows("a window", string(v.JSON))
		}
		if v, ok := r.ws.Home(p.ID); ok {
			shows("Home", string(v.JSON))
		}
		for _, ch := range r.ws.Channels(p.ID) {
			for _, post := range r.ws.Posts(p.ID, ch.ID) {
				shows(ch.Name, post.Text+string(post.Blocks)+string(post.Metadata))
			}
		}
	}
}
