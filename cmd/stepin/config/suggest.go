package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Suggest asks whether the nearest known word was meant; "" if none is near.
func Suggest(word string, known ...string) string {
	far := func(k string) int { return levenshtein.ComputeDistance(word, k) }
	near := slices.MinFunc(known, func(a, b string) int { return far(a) - far(b) })
	if far(near) <= (max(len(word), len(near))+2)/3 {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	return ""
}

// SuggestOr is Suggest, or else lists the known words.
func SuggestOr(word string, known ...string) string {
	if s := Suggest(word, known...); s != "" {
		return s
	}
	return ": there are " + strings.Join(known, ", ")
}
