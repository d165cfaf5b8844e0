package hands

import (
	"regexp"
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
	to, n := "", 0
	try := func(name, markup string) {
		if name == "" || len(name) < n || len(s) <= len(name) || !strings.EqualFold(s[1:1+len(name)], name) {
			return
		}
		after, size := utf8.DecodeRuneInString(s[1+len(name):])
		if size == 0 || !inWord(after) && after != '-' && after != '_' {
			to, n = markup, 1+len(name)
		}
	}
	switch s[0] {
	case '@':
		for _, p := range h.People() {
			first, _, _ := strings.Cut(p.Name, " ")
			for _, name := range []string{p.Name, p.Handle(), first, p.ID} {
				try(name, p.ID)
			}
		}
		to = "<@" + to + ">"
	case '#':
		for _, c := range h.Channels() {
			if c.Kind == "channel" {
				try(c.Name, c.ID+"|"+c.Name)
			}
		}
		to = "<#" + to + ">"
	}
	return to, n
}
