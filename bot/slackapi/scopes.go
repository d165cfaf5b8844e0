package slackapi

import (
	"net/http"
	"slices"
	"strings"
)

// A Scope is what the bot token may do, and what for.
type Scope struct{ Name, For string }

// Scopes are the bot scopes that stepin cannot do without, with what each is for.
var Scopes = []Scope{
	{"commands", "/stepin and the shortcut"},
	{"chat:write", "your own card, and messages to rep and approver"},
	{"im:write", "opening the conversation between a person and stepin"},
	{"im:history", "looking up stepin's own messages there, so that nothing is sent twice"},
	{"users:read", "names, time zones, and whether a status says away"},
}

// The methods for files. Between the first two the bytes go to an address that the first one gives.
const (
	GetsUpload  = "files.getUploadURLExternal"
	SharesFile  = "files.completeUploadExternal"
	DeletesFile = "files.delete"
	FileScope   = "files:write" // for all three
)

// IsFile says whether a method is about files.
func IsFile(method string) bool { return strings.HasPrefix(method, "files.") }

// MissingScopes gives those of Scopes that an answer to the bot token does not list. An answer
// that lists none at all, for a proxy may drop the header, tells nothing.
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

// GivenScopes are those that an answer to the bot token lists; nil if it lists none at all.
func GivenScopes(h http.Header) (given []string) {
	if lists := h.Values("X-OAuth-Scopes"); len(lists) > 0 {
		for s := range strings.SplitSeq(strings.Join(lists, ","), ",") {
			given = append(given, strings.TrimSpace(s))
		}
	}
	return given
}
