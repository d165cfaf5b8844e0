package words

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/ladder"
)

// asksOf are the questions to the rep or to the manager after a call that was decided so.
func asksOf(rung ladder.Rung, rep bool) []string {
	at := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	r := nudges.Request{
		ID: "R1", Manager: "sam", Rep: "dana", Decision: nudges.Decided(rung), Phase: nudges.After, Starts: at,
		Ends: at.Add(30 * time.Minute),
	}
	switch rung {
	case ladder.Coach:
		r.Coaching.At = at.Add(-20 * time.Minute)
	case ladder.TakeOver:
		r.Grant = nudges.Grant{State: nudges.Given, EverGiven: true}
	default:
	}
	return nudges.DebriefQuestions(r, rep)
}

// everyAsk are all questions of debriefs.
func everyAsk() (all []string) {
	for _, rung := range ladder.Rungs {
		all = append(append(all, asksOf(rung, true)...), asksOf(rung, false)...)
	}
	return all
}

// TestDebriefQuestions: six or more for each decision and role, no two alike, one
// line on a phone each, about the call and not about feelings.
func TestDebriefQuestions(t *testing.T) {
	w := loadWords(t)
	feel := regexp.MustCompile(`(?i)\bfeel|\bfelt|\bwhy\b|\bfault\b|\bmistake|\bwrong\b|\bfail|\blost?\b|\bloss\b|\bwon\b|\bwin\b`)
	asked := map[string]string{}
	for _, rung := range ladder.Rungs {
		for _, rep := range []bool{true, false} {
			names := asksOf(rung, rep)
			if len(names) < 6 {
				t.Errorf("%s, rep %v: %d questions", rung, rep, len(names))
			}
			for _, n := range names {
				s := w.Text(n, sample).Plain()
				if was := asked[strings.ToLower(s)]; was != "" {
					t.Errorf("%s asks the same as %s: %q", n, was, s)
				}
				asked[strings.ToLower(s)] = n
				if len([]rune(s)) > 60 || !strings.HasSuffix(s, "?") || strings.Count(s, "?") != 1 {
					t.Errorf("%s, %d characters: %q", n, len([]rune(s)), s)
				}
				if m := feel.FindString(s); m != "" {
					t.Errorf("%s says %q: %q", n, m, s)
				}
				if rep && strings.Contains(s, sample.Rep) || !rep && strings.Contains(s, sample.Manager) {
					t.Errorf("%s names the one it asks: %q", n, s)
				}
			}
		}
	}
}

// TestQuestionsTellNothing: after a hold-back the team reads the same as after a call for which
// nobody paused, and nothing of it speaks of what the manager did before.
func TestQuestionsTellNothing(t *testing.T) {
	w := loadWords(t)
	tells := regexp.MustCompile(`(?i)\bhold|\bheld\b|\bback\b|\bpaus|\bdoubt|\bstep(ped|ping)? in\b|\bjoin|\btrust|\blisten|\bco-pilot|\btak(e|ing) over\b|\bcoach|\bprepar|\bbefore the call\b|\bstay|\baway\b|\bworr|\blet\b|\bwithout you\b`)
	for _, rep := range []bool{true, false} {
		held := asksOf(ladder.HoldBack, rep)
		nobody := nudges.DebriefQuestions(nudges.Request{
			ID: "R2", Manager: "sam", Rep: "dana",
			Decision: nudges.Undecided, Way: nudges.ByDebrief, Phase: nudges.Debrief,
		}, rep)
		unseen := nudges.DebriefQuestions(nudges.Request{
			ID: "R3", Manager: "sam", Rep: "dana",
			Decision: nudges.Decided(ladder.Coach), Phase: nudges.After,
		}, rep)
		if !slices.Equal(held, nobody) || !slices.Equal(held, unseen) {
			t.Errorf("rep %v: after a hold-back %v, for no pause %v, for coaching that was not %v", rep, held, nobody,
				unseen)
		}
		for _, n := range held {
			if s := w.Text(n, sample).Plain(); tells.MatchString(s) {
				t.Errorf("%s says %q: %q", n, tells.FindString(s), s)
			}
		}
	}
}
