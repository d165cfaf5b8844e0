package form

import (
	"strings"

	"stepin/nudges"
)

// Dashed is a rung in the names of texts.
func Dashed(r nudges.Rung) string { return strings.ReplaceAll(string(r), "_", "-") }

// ClosingText names the sentence that ends a request as it stands.
func ClosingText(r nudges.Request) string {
	rung, ok := r.Decision.Rung()
	switch {
	case !ok:
		return "closing-withdrawn"
	case rung == nudges.Coach && r.Phase != nudges.Before:
		return "closing-message"
	case rung == nudges.TakeOver && r.Grant.State == nudges.Asked:
		return "closing-asked"
	}
	return "closing-" + Dashed(rung)
}
