// Package nudgestest has what tests of several packages need of package nudges. Only tests may import it.
//
// The files: nudgestest.go has all sets of answers; window.go says how tall a window is, for the seconds that it takes.
package nudgestest

import (
	"iter"
	"maps"

	"stepin/nudges/verdict"
)

// Combinations are all answers to the questions that can be given; with blanks, also
// those with some left out. What the rep asked for is only there if the rep asked.
func Combinations(qs []verdict.QuestionID, blanks bool) iter.Seq[verdict.Answers] {
	return func(yield func(verdict.Answers) bool) {
		var each func(a verdict.Answers, left []verdict.QuestionID) bool
		each = func(a verdict.Answers, left []verdict.QuestionID) bool {
			if len(left) == 0 {
				if a[verdict.QFor] != "" && a[verdict.Q7] != verdict.AskedMeIn {
					return true
				}
				return yield(maps.Clone(a))
			}
			if blanks && !each(a, left[1:]) {
				return false
			}
			for _, o := range verdict.Options(left[0]) {
				a[left[0]] = o
				if !each(a, left[1:]) {
					return false
				}
			}
			delete(a, left[0])
			return true
		}
		each(verdict.Answers{}, qs)
	}
}
