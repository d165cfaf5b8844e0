package form

import (
	"strings"

	"stepin/nudges"
	"stepin/nudges/ladder"
)

// Dashed returns a rung as names of texts have it.
func Dashed(r ladder.Rung) string { return strings.ReplaceAll(string(r), "_", "-") }

// ClosingText names the sentence that ends a request in its present state.
func ClosingText(r nudges.Request) string {
	rung, ok := r.Decision.Rung()
	switch {
	case !ok:
		return "closing-withdrawn"
	case rung == ladder.Coach && r.Phase != nudges.Before:
		return "closing-message"
	case rung == ladder.TakeOver && r.Grant.State == nudges.Asked:
		return "closing-asked"
	}
	return "closing-" + Dashed(rung)
}
