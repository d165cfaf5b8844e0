package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Suggest asks whether a word was meant to be the known one that is most like it; "" if none is.
func Suggest(word string, known ...string) string {
	far := func(k string) int { return levenshtein.ComputeDistance(word, k) }
	near := slices.MinFunc(known, func(a, b string) int { return far(a) - far(b) })
	if far(near) <= (max(len(word), len(near))+2)/3 {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	return ""
}

// SuggestOr is Suggest, or else says what there is.
func SuggestOr(word string, known ...string) string {
	if s := Suggest(word, known...); s != "" {
		return s
	}
	return ": there are " + strings.Join(known, ", ")
}
