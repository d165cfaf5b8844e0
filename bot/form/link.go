package form

import (
	"net/url"
	"strings"
	"unicode"

	"stepin/nudges"
)

// ReadLink reads the address of a recording as somebody typed it; "" is none. ErrLink unless it is
// a whole web address, http or https, with a host, and without a user's name in it; ErrLong if it is
// longer than MaxEntry.
func ReadLink(typed string) (string, error) {
	s := strings.TrimSpace(typed)
	if s == "" {
		return "", nil
	}
	if len([]rune(s)) > nudges.MaxEntry {
		return "", nudges.ErrLong
	}
	// What is not in any address, and could show it as another one.
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }) ||
		strings.ContainsAny(s, `<>|"\`) {
		return "", nudges.ErrLink
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return "", nudges.ErrLink
	}
	return s, nil
}
