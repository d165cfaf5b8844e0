// Package nudgestest has what tests of several packages need of package nudges. Only tests may import it.
//
// The files: nudgestest.go has all sets of answers; window.go says how tall a window is, for the seconds that it takes.
package nudgestest

import (
	"iter"
	"maps"

	"stepin/nudges"
)

// Combinations are all answers to the questions that can be given; with blanks, also
// those with some left out. What the rep asked for is only there if the rep asked.
func Combinations(qs []nudges.QuestionID, blanks bool) iter.Seq[nudges.Answers] {
	return func(yield func(nudges.Answers) bool) {
		var each func(a nudges.Answers, left []nudges.QuestionID) bool
		each = func(a nudges.Answers, left []nudges.QuestionID) bool {
			if len(left) == 0 {
				if a[nudges.QFor] != "" && a[nudges.Q7] != nudges.AskedMeIn {
					return true
				}
				return yield(maps.Clone(a))
			}
			if blanks && !each(a, left[1:]) {
				return false
			}
			for _, o := range nudges.Options(left[0]) {
				a[left[0]] = o
				if !each(a, left[1:]) {
					return false
				}
			}
			delete(a, left[0])
			return true
		}
		each(nudges.Answers{}, qs)
	}
}
