// Package text keeps people's words apart from ours inside one string, so that what shows a text can escape
// what people wrote, and just that.
//
// It promises that quoted words come out once, whole but for invisible characters, and through the caller's escape.
// It must not know what a text is about.
package text

import (
	"hash/fnv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is a text in which what people wrote stands between private marks, so
// that what shows it can escape just that. What is outside the marks is ours.
type Text string

// The marks are private-use code points. Unnamed stands before a word of ours that
// fills in for a name; it never leaves package words.
const (
	Begin   = '\uE000'
	End     = '\uE001'
	Unnamed = '\uE002'
)

// Quoted marks s as somebody's own words. It takes out of s what could forge a mark,
// and the invisible characters that turn the direction of the text around them.
// Nothing stays nothing, and what nobody could see is nothing.
func Quoted(s string) Text {
	if !Visible(s) {
		return ""
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= Begin && r <= Unnamed,
			r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069',
			r == '\u200E', r == '\u200F', r == '\u061C':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return Text(string(Begin) + s + string(End))
}

// invisible are the characters that show nothing by themselves, beside spaces and those that Unicode ignores.
var invisible = []*unicode.RangeTable{
	unicode.Cc, unicode.Cf, unicode.Mn, unicode.Me, unicode.White_Space, unicode.Other_Default_Ignorable_Code_Point,
}

// Visible says whether somebody who reads s sees anything. People's names and deals can be made of signs that show
// nothing, such as zero-width spaces and Hangul fillers. A button or a sentence needs a name that can be seen.
func Visible(s string) bool {
	const brailleBlank = '\u2800'
	for _, r := range s {
		mark := r >= Begin && r <= Unnamed
		if !mark && r != brailleBlank && !unicode.In(r, invisible...) {
			return true
		}
	}
	return false
}

// Plain is the text without marks, for where the platform parses nothing.
func (m Text) Plain() string {
	return m.Escape(func(s string) string { return s })
}

// Escape is the text without marks, with people's parts put through esc.
func (m Text) Escape(esc func(string) string) string {
	if strings.IndexByte(string(m), string(Begin)[0]) < 0 { // most texts have no mark
		return string(m)
	}
	var out, part strings.Builder
	out.Grow(len(m))
	inside := false
	for _, r := range string(m) {
		switch {
		case r == Begin && !inside:
			inside = true
		case r == End && inside:
			inside = false
			out.WriteString(isolated(part.String(), esc))
			part.Reset()
		case r >= Begin && r <= Unnamed:
		case inside:
			part.WriteRune(r)
		default:
			out.WriteRune(r)
		}
	}
	// What was begun and not ended is treated as people's words: the safe side.
	out.WriteString(isolated(part.String(), esc))
	return out.String()
}

// Empty says whether there is nothing to show.
func (m Text) Empty() bool { return !Visible(m.Plain()) }

// isolated is a part through esc. One written from right to left keeps its direction
// to itself, or the times and marks beside it would change places.
func isolated(part string, esc func(string) string) string {
	if part == "" {
		return ""
	}
	for _, r := range part {
		if r >= 0x590 && r <= 0x8FF || r >= 0xFB1D && r <= 0xFEFF && r != 0xFE0F || r >= 0x10800 && r <= 0x10FFF ||
			r >= 0x1E800 && r <= 0x1EFFF {
			return "\u2068" + esc(part) + "\u2069"
		}
	}
	return esc(part)
}

// Short is s cut to n characters, the last of them an ellipsis. It does not leave an
// accent or half of a joined emoji behind.
func Short(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)[:n-1]
	for len(r) > 1 && (r[len(r)-1] == '\u200D' || r[len(r)-1] == ' ') {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}

// Hash is the same for the same words, in every version of stepin.
func Hash(words ...string) uint64 {
	h := fnv.New64a()
	for _, w := range words {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	n := h.Sum64() // its high bits are the better mixed ones
	return n ^ n>>32
}
