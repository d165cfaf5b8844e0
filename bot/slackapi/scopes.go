package slackapi

import (
	"net/http"
	"slices"
	"strings"
)

// A Scope is a permission of the bot token, with what stepin needs it for.
type Scope struct{ Name, For string }

// Scopes are the bot scopes that stepin requires.
var Scopes = []Scope{
	{"commands", "/stepin and the shortcut"},
	{"chat:write", "your own card, and messages to rep and approver"},
	{"im:write", "opening the conversation between a person and stepin"},
	{"im:history", "looking up stepin's own messages there, so that nothing is sent twice"},
	{"users:read", "names, time zones, and whether a status says away"},
}

// Methods that ask who we are and where a socket opens.
const (
	AuthTest   = "auth.test"
	OpenSocket = "apps.connections.open" // the only one that uses the app-level token
)

// The methods for files. Between the first two the bytes go to an address that the first one returns.
const (
	GetsUpload  = "files.getUploadURLExternal"
	SharesFile  = "files.completeUploadExternal"
	DeletesFile = "files.delete"
	FileScope   = "files:write" // for all three
)

// IsFile says whether a method is one for files.
func IsFile(method string) bool { return strings.HasPrefix(method, "files.") }

// MissingScopes returns those of Scopes that the header of an answer does not list. told is false if it lists no
// scopes at all: a proxy may have dropped the header.
func MissingScopes(h http.Header) (lacks []string, told bool) {
	given := GivenScopes(h)
	if given == nil {
		return nil, false
	}
	for _, s := range Scopes {
		if !slices.Contains(given, s.Name) {
			lacks = append(lacks, s.Name)
		}
	}
	return lacks, true
}

// lacking returns the missing scopes as far as the header tells.
func lacking(h http.Header) []string {
	lacks, _ := MissingScopes(h)
	return lacks
}

// GivenScopes returns the scopes that the header of an answer lists; nil if it lists none at all.
func GivenScopes(h http.Header) (given []string) {
	if lists := h.Values("X-OAuth-Scopes"); len(lists) > 0 {
		for s := range strings.SplitSeq(strings.Join(lists, ","), ",") {
			given = append(given, strings.TrimSpace(s))
		}
	}
	return given
}
