package hands

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	links   = regexp.MustCompile(`https?://[^\s<>]+`)
)

// mentions turns what a person typed into what the app is given: & < > escaped, and with resolve "@Dana" into <@U…>,
// "#deals" into <#C…|deals> and a link into <link>. A name that nobody has stays as typed.
func mentions(h held, typed string, resolve bool) string {
	s := escaper.Replace(typed)
	if !resolve {
		return s
	}
	s = links.ReplaceAllString(s, "<$0>")
	var b strings.Builder
	before := ' '
	for len(s) > 0 {
		if !inWord(before) {
			if to, n := mention(h, s); n > 0 {
				b.WriteString(to)
				s, before = s[n:], '>'
				continue
			}
		}
		r, n := utf8.DecodeRuneInString(s)
		b.WriteString(s[:n])
		s, before = s[n:], r
	}
	return b.String()
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// mention reads a name at the start of s, the longest that fits, and gives its markup and how much of s it takes.
func mention(h held, s string) (string, int) {
	type name struct{ is, to string }
	var names []name
	switch s[0] {
	case '@':
		for _, p := range h.People() {
			first, _, _ := strings.Cut(p.Name, " ")
			for _, n := range []string{p.Name, p.Handle(), first, p.ID} {
				names = append(names, name{n, "<@" + p.ID + ">"})
			}
		}
	case '#':
		for _, c := range h.Channels() {
			if c.Kind == "channel" {
				names = append(names, name{c.Name, "<#" + c.ID + "|" + c.Name + ">"})
			}
		}
	default:
		return "", 0
	}
	slices.SortStableFunc(names, func(a, b name) int { return len(b.is) - len(a.is) })
	for _, n := range names {
		if n.is == "" || len(s) <= len(n.is) || !strings.EqualFold(s[1:1+len(n.is)], n.is) {
			continue
		}
		after, size := utf8.DecodeRuneInString(s[1+len(n.is):])
		if size == 0 || !inWord(after) && after != '-' && after != '_' {
			return n.to, 1 + len(n.is)
		}
	}
	return "", 0
}
