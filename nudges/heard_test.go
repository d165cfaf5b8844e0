package nudges

import (
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

// speakers are reps who have spoken in some way, or have not.
var speakers = []struct {
	name  string
	asked ladder.Rung // "" for nothing
	r     func(*testing.T) Request
}{
	{"silent", "", func(t *testing.T) Request { return begun() }},
	{"asked, without an answer", "", func(t *testing.T) Request { return askFirst(t, Met) }},
	{"got this", ladder.HoldBack, func(t *testing.T) Request { return replied(t, GotThis) }},
	{"coach me", ladder.Coach, func(t *testing.T) Request { return replied(t, CoachMe) }},
	{"please join", ladder.CoPilot, func(t *testing.T) Request { return replied(t, PleaseJoin) }},
	{"pull", ladder.CoPilot, func(*testing.T) Request {
		return BeginPull("R1", "dana", "sam", "Acme", "help", starts, 30*time.Minute, t0).Request
	}},
	{"told that the manager joins", "", func(t *testing.T) Request {
		r := does(t, begun(), t0, Answer{"sam", verdict.Q6, "customer"}, Decide{By: "sam", Rung: ladder.CoPilot, Seen: 1})
		r.Heard = Decided(ladder.CoPilot)
		return r
	}},
	{"said to have asked", ladder.CoPilot, func(t *testing.T) Request { return claimedHelp(t) }},
	{"confirmed", ladder.CoPilot, func(t *testing.T) Request { return does(t, claimedHelp(t), t0, Correct{"dana", true}) }},
	{"corrected", "", func(t *testing.T) Request { return does(t, claimedHelp(t), t0, Correct{"dana", false}) }},
	{"please join, then not asked", "", func(t *testing.T) Request {
		return does(t, replied(t, PleaseJoin), t0, Correct{"dana", false})
	}},
}

func replied(t *testing.T, a WordAnswer) Request {
	t.Helper()
	return does(t, askFirst(t, Met), t0.Add(time.Minute), Reply{"dana", a})
}

// claimedHelp is a request whose manager says that the rep wants them on the call, and will be there.
func claimedHelp(t *testing.T) Request {
	t.Helper()
	r := does(t, begun(), t0, Answer{"sam", verdict.Q7, verdict.AskedMeIn})
	return does(t, r, t0, Decide{By: "sam", Rung: ladder.CoPilot, Seen: 1, Around: Around{Bond: Met}})
}

// decisions are what can be settled on, with what comes of an approval.
var decisions = []struct {
	name string
	do   func(*testing.T, Request) []Outcome
}{
	{"hold back", decidesOn(ladder.HoldBack, Around{Policy: Self, Bond: Met})},
	{"coach", decidesOn(ladder.Coach, Around{Policy: Self, Bond: Met})},
	{"listen", decidesOn(ladder.Listen, Around{Policy: Self, Bond: Met})},
	{"co-pilot", decidesOn(ladder.CoPilot, Around{Policy: Self, Bond: Met})},
	{"take over", decidesOn(ladder.TakeOver, Around{Policy: Self, Bond: Met})},
	{"pending", decidesOn(ladder.TakeOver, byPriya)},
	{"approved", decidesOn(ladder.TakeOver, byPriya, Approve{"priya"})},
	{"declined", decidesOn(ladder.TakeOver, byPriya, Decline{By: "priya"})},
	{"coach first", decidesOn(ladder.TakeOver, byPriya, Decline{By: "priya", Coach: true})},
	{"nobody could", decidesOn(ladder.TakeOver, byPriya, Gone{"priya"})},
	{"not waited for", decidesOn(ladder.TakeOver, byPriya, BreakGlass{By: "sam", Reason: "why"})},
	{"withdrawn", func(t *testing.T, r Request) []Outcome { return []Outcome{next(t, r, Withdraw{By: "sam"}, t0)} }},
}

var byPriya = Around{Policy: ByOthers, Route: []UserID{"priya"}, Bond: Met}

func decidesOn(rung ladder.Rung, ar Around, then ...Action) func(*testing.T, Request) []Outcome {
	return func(t *testing.T, r Request) []Outcome {
		t.Helper()
		r = does(t, r, t0, Answer{"sam", verdict.Q8, "line"}) // nothing is gated
		os := []Outcome{next(t, r, Decide{By: "sam", Rung: rung, Seen: r.Seq, Around: ar}, t0)}
		for _, a := range then {
			if r = os[len(os)-1].Request; r.Grant.State == Asked {
				os = append(os, next(t, r, a, t0))
			}
		}
		return os
	}
}

// TestWhatTheRepHears: "!" is a message, "=" a message of theirs that is rewritten, "-" nothing.
func TestWhatTheRepHears(t *testing.T) {
	want := map[string]string{
		//                              hold coach listen co-pilot take pending approved declined coach-first nobody glass withdrawn
		"silent":                      "- - - - - - - - - - - -",
		"asked, without an answer":    "- - - - - - - - - - - -",
		"got this":                    "= ! ! ! ! - ! - - - ! -",
		"coach me":                    "! = ! ! ! - ! - - - ! !",
		"please join":                 "! ! ! = ! - ! - - - ! !",
		"pull":                        "! ! ! = ! ! ! ! ! ! ! !",
		"told that the manager joins": "! ! ! - ! - ! - - - ! !",
		"said to have asked":          "- - - - - - - - - - - -",
		"confirmed":                   "! ! ! - ! - ! - - - ! !",
		"corrected":                   "- - - - - - - - - - - -",
		"please join, then not asked": "- - - - - - - - - - - -",
	}
	for _, who := range speakers {
		var got []string
		for _, d := range decisions {
			r := who.r(t)
			was, sign := r.Heard, "-"
			for _, o := range d.do(t, r) {
				switch {
				case slices.Contains(said(o), "answered dana"):
					sign = "!"
				case o.Request.Heard != was && sign == "-":
					sign = "="
				}
				if h := o.Request.Heard; h != was && h != o.Request.Decision {
					t.Errorf("%s, %s: heard %q of %q", who.name, d.name, h, o.Request.Decision)
				}
			}
			got = append(got, sign)
		}
		if got := strings.Join(got, " "); got != want[who.name] {
			t.Errorf("%s:\n got %s\nwant %s", who.name, got, want[who.name])
		}
		if asked, ok := who.r(t).Asked(); asked != who.asked || ok != (who.asked != "") {
			t.Errorf("%s: asked for %q, %v", who.name, asked, ok)
		}
	}
}

// TestWhatTheRepHearsNext: what was told is told again only where it changes, and a new word gets an answer of its own.
func TestWhatTheRepHearsNext(t *testing.T) {
	met := Around{Policy: Self, Bond: Met}
	decide := func(rung ladder.Rung) Action { return Decide{By: "sam", Rung: rung, Seen: 99, Around: met} }
	for _, tt := range []struct {
		name string
		r    Request
		does []Action
		want string // by action: kinds of messages to the rep, or "-"
		told Decision
	}{
		{
			"once, however often it is decided", replied(t, CoachMe),
			[]Action{decide(ladder.HoldBack), decide(ladder.HoldBack), decide(ladder.Coach), decide(ladder.HoldBack)},
			"answered - answered answered", "hold_back",
		},
		{
			"a take-over that was weighed is not heard of", replied(t, PleaseJoin),
			[]Action{decide(ladder.HoldBack), Decide{By: "sam", Rung: ladder.TakeOver, Seen: 99, Around: byPriya}, Decline{By: "priya"}, decide(ladder.HoldBack)},
			"answered - - -", "hold_back",
		},
		{
			"what was said stays while an approval is pending", replied(t, PleaseJoin),
			[]Action{decide(ladder.CoPilot), Decide{By: "sam", Rung: ladder.TakeOver, Seen: 99, Around: byPriya}, Approve{"priya"}},
			"- - answered", "take_over",
		},
		{
			"an approver's other answer", replied(t, PleaseJoin),
			[]Action{Decide{By: "sam", Rung: ladder.TakeOver, Seen: 99, Around: byPriya}, Approve{"priya"}, Reconsider{By: "priya"}, decide(ladder.CoPilot)},
			"- answered answered answered", "co_pilot",
		},
		{
			"handed back before the call", replied(t, PleaseJoin),
			[]Action{decide(ladder.TakeOver), Return{"sam"}},
			"answered answered", Undecided,
		},
		{
			"a new word, the same step", replied(t, CoachMe),
			[]Action{decide(ladder.Coach), Reply{"dana", PleaseJoin}, decide(ladder.Coach), decide(ladder.Coach)},
			"- - answered -", "coach",
		},
		{
			"a new word that is followed", replied(t, CoachMe),
			[]Action{decide(ladder.Coach), Reply{"dana", PleaseJoin}, decide(ladder.CoPilot)},
			"- - answered", "co_pilot",
		},
		{
			"a word for what was decided already", does(t, askFirst(t, Met), t0, Answer{"sam", verdict.Q8, "line"}, decide(ladder.CoPilot)),
			[]Action{Reply{"dana", PleaseJoin}, decide(ladder.CoPilot)},
			"- -", "co_pilot",
		},
		{
			"a word against what was decided already", does(t, askFirst(t, Met), t0, Answer{"sam", verdict.Q8, "line"}, decide(ladder.CoPilot)),
			[]Action{Reply{"dana", GotThis}, decide(ladder.CoPilot)},
			"- answered", "co_pilot",
		},
		{
			"asked first, after the word", replied(t, PleaseJoin),
			[]Action{Decide{By: "sam", Rung: ladder.Coach, Seen: 99, AskFirst: true, Around: met}},
			"answered", "coach",
		},
		{
			"a coaching that waited for the word", replied(t, CoachMe),
			[]Action{EndCoaching{By: "sam"}},
			"-", "coach",
		},
		{
			"coached, and not joined", replied(t, PleaseJoin),
			[]Action{EndCoaching{By: "sam"}, EndCoaching{By: "sam"}},
			"answered -", "coach",
		},
		{
			"the rep is told, takes it back, and hears of the change", claimedHelp(t),
			[]Action{Correct{"dana", true}, Correct{"dana", false}, decide(ladder.HoldBack)},
			"- - answered", "hold_back",
		},
		{
			"the manager joins, and cancels", replied(t, GotThis),
			[]Action{decide(ladder.CoPilot), Withdraw{By: "sam"}},
			"answered answered", Withdrawn,
		},
		{
			"held back, and canceled", replied(t, PleaseJoin),
			[]Action{decide(ladder.HoldBack), Withdraw{By: "sam"}},
			"answered -", "hold_back",
		},
		{"another rep's call", replied(t, PleaseJoin), []Action{
			decide(ladder.HoldBack), Describe{By: "sam", Rep: "lior", Deal: "Acme", Starts: starts, Length: time.Hour}, decide(ladder.CoPilot),
		}, "answered - -", ""},
		{"a rep who says that this is not their manager", replied(t, PleaseJoin), []Action{
			Meet{By: "dana", Yes: false}, Decide{By: "sam", Rung: ladder.HoldBack, Seen: 99, Around: Around{Policy: Self, Bond: NotMyBoss}},
		}, "- -", ""},
		{
			"not their manager, who cancels", replied(t, PleaseJoin),
			[]Action{decide(ladder.TakeOver), Meet{By: "dana", Yes: false}, Return{"sam"}, Withdraw{By: "sam"}},
			"answered - - -", "take_over",
		},
		{
			"their manager, after all, who cancels", replied(t, PleaseJoin),
			[]Action{decide(ladder.CoPilot), Meet{By: "dana", Yes: false}, Meet{By: "dana", Yes: true}, Withdraw{By: "sam"}},
			"- - - answered", Withdrawn,
		},
	} {
		r := does(t, tt.r, t0, Answer{"sam", verdict.Q8, "line"})
		var got []string
		for _, a := range tt.does {
			o := next(t, r, a, t0)
			r = o.Request
			var kinds []string
			for _, s := range said(o) {
				if kind, ok := strings.CutSuffix(s, " dana"); ok {
					kinds = append(kinds, kind)
				}
			}
			if len(kinds) == 0 {
				kinds = []string{"-"}
			}
			got = append(got, kinds...)
		}
		if got := strings.Join(got, " "); got != tt.want || r.Heard != tt.told {
			t.Errorf("%s: says %s, and the rep knows %q; want %s and %q", tt.name, got, r.Heard, tt.want, tt.told)
		}
	}
}

// TestARunningCallIsNotDisturbed: only a rep who asks for help hears of a decision while the call runs.
func TestARunningCallIsNotDisturbed(t *testing.T) {
	hold := Decide{By: "sam", Rung: ladder.HoldBack, Seen: 99, Around: Around{Bond: Met}}
	o := next(t, replied(t, PleaseJoin), hold, starts)
	wantSaid(t, "a word", o)
	if o.Request.Heard != Decided(ladder.HoldBack) {
		t.Errorf("it is not shown in place: heard %q", o.Request.Heard)
	}
	pull := BeginPull("R1", "dana", "sam", "Acme", "help", starts, 30*time.Minute, t0).Request
	o = next(t, pull, hold, starts)
	wantSaid(t, "a pull", o, "answered dana")
	m := o.Messages[slices.IndexFunc(o.Messages, func(m Message) bool { return m.Kind == KindAnswered })]
	later := next(t, o.Request, Decide{By: "sam", Rung: ladder.CoPilot, Seen: 99, Around: Around{Bond: Met}}, starts)
	if !m.While.Holds(o.Request, starts) || m.While.Holds(later.Request, starts) || m.While.Holds(o.Request, ends.Add(1)) {
		t.Errorf("it is sent while %+v", m.While)
	}
}

// TestALateWordIsAnsweredAtTheStart: in place alone, where the manager has decided nothing since.
func TestALateWordIsAnsweredAtTheStart(t *testing.T) {
	for _, tt := range []struct {
		name string
		then []Action
		told Decision
	}{
		{"got this", []Action{Reply{"dana", GotThis}}, Decided(ladder.CoPilot)},
		{"coach me", []Action{Reply{"dana", CoachMe}}, Decided(ladder.CoPilot)},
		{"no word", nil, ""},
		{"not their manager", []Action{Reply{"dana", GotThis}, Meet{By: "dana", Yes: false}}, ""},
	} {
		r := does(t, askFirst(t, Met), t0, Answer{"sam", verdict.Q8, "line"})
		r = does(t, r, t0, Decide{By: "sam", Rung: ladder.CoPilot, Seen: 99, Around: Around{Policy: Self, Bond: Met}})
		o := next(t, does(t, r, t0, tt.then...), Tick{}, starts)
		wantSaid(t, tt.name, o)
		edits := func(m Message) bool { return m.Edits != "" && m.Kind == KindWord }
		if r = o.Request; r.Heard != tt.told || tt.told != "" && r.Word.Unanswered || !slices.ContainsFunc(o.Messages, edits) {
			t.Errorf("%s: heard %q, unanswered %v", tt.name, r.Heard, r.Word.Unanswered)
		}
	}
}

// TestAClaimIsMadeOfAJoin: coaching and holding back claim nothing, and a claim that nothing came of is not sent.
func TestAClaimIsMadeOfAJoin(t *testing.T) {
	said := does(t, begun(), t0, Answer{"sam", verdict.Q7, verdict.AskedMeIn})
	for _, rung := range ladder.Rungs {
		o := next(t, said, Decide{By: "sam", Rung: rung, Seen: 1, Around: Around{Bond: Met}, Reason: "why"}, t0)
		if claims := o.Request.Claim == ClaimTold; claims != rung.Joins() {
			t.Errorf("%s: claim %q", rung, o.Request.Claim)
		}
	}
	joins := claimedHelp(t)
	back := does(t, joins, t0, Decide{By: "sam", Rung: ladder.HoldBack, Seen: 99, Around: Around{Bond: Met}})
	while := While{Joins: true, Phase: []Phase{Before, After, Debrief}}
	if !while.Holds(joins, t0) || while.Holds(back, t0) || while.Holds(does(t, joins, t0, Withdraw{By: "sam"}), t0) {
		t.Errorf("%+v does not follow the decision", while)
	}
	back = does(t, back, t0, Missed{Kind: KindClaim}) // it had not gone out
	wantSaid(t, "joining after all", next(t, back, Decide{By: "sam", Rung: ladder.CoPilot, Seen: 99, Around: Around{Bond: Met}}, t0), "claim dana")

	waits := does(t, said, t0, Decide{By: "sam", Rung: ladder.CoPilot, Seen: 1})
	waits = does(t, waits, t0, Decide{By: "sam", Rung: ladder.HoldBack, Seen: 99})
	if waits.Claim != NoClaim || waits.WaitsForBond() {
		t.Errorf("claim %q waits for the rep", waits.Claim)
	}
}
