package nudges

import (
	"cmp"
	_ "embed"
	"slices"
	"strings"
	"sync"

	"stepin/nudges/ladder"
	"stepin/nudges/text"
)

//go:embed words/texts.tmpl
var textsFile string

// debriefNames are the names of all texts that a debrief can ask, sorted: the words are data, and so is which there
// are. They are looked for when they are first needed, for most commands need none.
var debriefNames = sync.OnceValue(func() (names []string) {
	const begin = "\n{{define \""
	for text := range strings.SplitSeq(textsFile, begin) {
		name, _, _ := strings.Cut(text, "\"")
		if strings.HasPrefix(name, "debrief-rep-") || strings.HasPrefix(name, "debrief-manager-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
})

// mostAsked is how many questions each of the two is asked, the rep first.
const mostAsked = 3

// DebriefQuestions are the names of the texts that can be asked of the rep or of the manager
// after a call with that decision. After one for which nobody paused, and wherever others than the
// two read them, they are the same as after a hold-back, so that they tell nothing.
func DebriefQuestions(r Request, rep bool) []string {
	rung, joined := r.Joined()
	switch {
	case r.Debrief.Place == InChannel:
		rung = ladder.HoldBack
	case !joined:
		if rung = ladder.HoldBack; r.Decision == Decided(ladder.Coach) && !r.Coaching.At.IsZero() {
			rung = ladder.Coach // the rep was there
		}
	}
	who := "manager"
	if rep {
		who = "rep"
	}
	prefix := "debrief-" + who + "-" + strings.ReplaceAll(string(rung), "_", "-") + "-"
	var out []string
	for _, name := range debriefNames() {
		if strings.HasPrefix(name, prefix) {
			out = append(out, name)
		}
	}
	return out
}

// DrawQuestions picks what the two are asked, in an order of the call's own, without what the last
// debrief asked as long as there is enough else.
func DrawQuestions(r Request, avoid []string) []string {
	worn := func(name string) int {
		if slices.Contains(avoid, name) {
			return 1
		}
		return 0
	}
	var out []string
	for _, rep := range []bool{true, false} {
		all := DebriefQuestions(r, rep)
		slices.SortFunc(all, func(a, b string) int {
			return cmp.Or(
				cmp.Compare(worn(a), worn(b)),
				cmp.Compare(text.Hash(string(r.ID), a), text.Hash(string(r.ID), b)),
				cmp.Compare(a, b),
			)
		})
		out = append(out, all[:min(mostAsked, len(all))]...)
	}
	return out
}
