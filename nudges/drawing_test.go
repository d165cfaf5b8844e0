package nudges

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

// TestDrawing: the drawing in may.go has every change of phase and grant that ever happens, and no other. What happens
// is found by doing everything in every state that can be reached.
func TestDrawing(t *testing.T) {
	happens := map[string]map[string]bool{}
	note := func(from, to, why string) {
		edge := from + " → " + to
		if happens[edge] == nil {
			happens[edge] = map[string]bool{}
		}
		happens[edge][why] = true
	}
	everyTransition(t, func(tr Transition) {
		if tr.From.Phase != tr.To.Phase {
			note(string(tr.From.Phase), string(tr.To.Phase), tr.Why)
		}
		if tr.From.Grant != tr.To.Grant {
			note("grant "+string(tr.From.Grant), string(tr.To.Grant), tr.Why)
		}
	})
	src, err := os.ReadFile("may.go")
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^//\t((?:grant )?\w+) +→ (\w+) +(.+)$`).FindAllStringSubmatch(string(src), -1) {
		drawn[m[1]+" → "+m[2]] = m[3]
	}
	for edge, whys := range happens {
		if got := strings.Join(slices.Sorted(maps.Keys(whys)), ", "); drawn[edge] != got {
			t.Errorf("%s happens by %s; drawn is %q", edge, got, drawn[edge])
		}
	}
	for edge := range drawn {
		if happens[edge] == nil {
			t.Errorf("%s is drawn, and does not happen", edge)
		}
	}
}

// everyTransition gives f what follows from each action, by each person and at several moments, in each state that can
// be reached so. Of states that differ in nothing that decides about a phase or a grant it looks at one.
func everyTransition(t *testing.T, f func(Transition)) {
	t.Helper()
	type state struct {
		r   Request
		now time.Time
	}
	seen := map[string]bool{}
	var queue []state
	add := func(r Request, now time.Time) {
		key := fmt.Sprint(r.Situation(), r.Way == ByAsk, r.Policy, r.Grant.BreakGlass, len(r.Grant.Route) > 0,
			r.Debrief.State, r.IsPlanned(), r.Planned == ClaimWaits, r.Answers[verdict.Q8], now.After(r.Starts))
		if !seen[key] {
			seen[key] = true
			queue = append(queue, state{r, now})
		}
	}
	add(begun(), t0)
	add(BeginPull("R1", "dana", "sam", "Acme", "help", starts, 30*time.Minute, t0).Request, t0)
	add(Begin("R1", ByNow, "sam", "dana", "Acme", t0, 30*time.Minute, t0).Request, t0)
	n := 0
	for ; n < len(queue); n++ {
		s := queue[n]
		moments := []time.Time{s.now, s.now.Add(DebriefWindow + time.Hour)}
		if at, ok := s.r.NextTick(); ok && at.After(s.now) {
			moments = append(moments, at)
		}
		for _, now := range moments {
			for _, a := range everyAction(s.r, now) {
				o, err := Next(s.r, a, now)
				if err != nil {
					continue
				}
				for _, tr := range o.Transitions {
					f(tr)
				}
				add(o.Request, now)
			}
		}
	}
	t.Logf("%d states", n)
}

// everyAction has all actions that can bear on a phase or a grant.
func everyAction(r Request, now time.Time) []Action {
	facts := factsAt(now)
	all := []Action{
		Tick{},
		OpenDebrief{facts},
		Answer{"sam", verdict.Q8, "line"},
		Answer{"sam", verdict.Q7, verdict.AskedMeIn},
		Return{By: "sam"},
		Nudge{By: "sam"},
		BreakGlass{By: "sam", Reason: "why"},
		Withdraw{By: "sam"},
		TakeBack{By: "dana"},
		JoinAsPlanned{By: "sam", Rung: ladder.Listen, Seen: r.Seq, Bond: Met},
		JoinAsPlanned{By: "sam", Rung: ladder.TakeOver, Seen: r.Seq, Bond: Met},
		JoinAsPlanned{By: "sam", Rung: ladder.TakeOver, Seen: r.Seq, Bond: Unmet},
		CorrectPlan{By: "dana", Right: true},
		CorrectPlan{By: "dana"},
		FromHere{By: "dana"},
		Meet{By: "dana", Yes: true},
		Meet{By: "dana", Yes: false},
	}
	for _, ar := range []Around{
		{Policy: Self, Bond: Met}, {Policy: ByOthers, Bond: Met}, {Policy: ByOthers, Route: []UserID{"priya", "ines"}, Bond: Met},
	} {
		for _, rung := range []ladder.Rung{ladder.HoldBack, ladder.Listen, ladder.TakeOver} {
			all = append(all, Decide{By: "sam", Rung: rung, Seen: r.Seq, Around: ar, Reason: "why"})
		}
		for _, step := range []verdict.OptionID{verdict.SpeakOnce, verdict.TakeItOver} {
			answers := verdict.Answers{verdict.QAskedIn: "nobody", verdict.QStep: step}
			all = append(all, DecideNow{By: "sam", Seen: r.Seq, Around: ar, Answers: answers})
		}
	}
	for _, begins := range []time.Time{now.Add(-10 * time.Minute), now.Add(40 * time.Minute), now.Add(26 * time.Hour)} {
		all = append(all,
			Reschedule{"sam", begins, time.Hour, Around{Policy: Self, Bond: Met}},
			Reschedule{"sam", begins, time.Hour, Around{Policy: ByOthers, Route: []UserID{"ines"}, Bond: Met}})
		for _, rep := range []UserID{"dana", "priya"} {
			all = append(all, Describe{By: "sam", Rep: rep, Deal: "Other", Starts: begins, Length: time.Hour})
		}
	}
	for _, by := range []UserID{"sam", "dana", "priya", "ines"} {
		all = append(all, Reconsider{By: by}, Reconsider{By: by, Yes: true})
		all = append(all,
			Approve{By: by}, Decline{By: by}, Gone{by}, Together{By: by, Bond: Met}, Where{by, InGroup, facts},
			LogCall{By: by, Entry: Entry{Outcome: Won}}, FollowPlan{by, "did"}, MoveOn{by}, NotDoing{by, "a joint call"}, NeverHappened{by}, CallMoved{by})
	}
	return all
}
