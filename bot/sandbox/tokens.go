package sandbox

import (
	"maps"
	"math"
	"slices"
	"strconv"
)

// BotToken is the first token of the app's bot user.
func (w *Workspace) BotToken() string { return "xoxb-sandbox-" + w.world.IDs.App }

// AppToken is the first app-level token, for apps.connections.open.
func (w *Workspace) AppToken() string { return "xapp-sandbox-" + w.world.IDs.App }

// tokenKind is what a token is good for.
type tokenKind string

const (
	noToken  tokenKind = ""
	botToken tokenKind = "bot"
	appToken tokenKind = "app"
	revoked  tokenKind = "revoked"
	foreign  tokenKind = "foreign" // a bot token of another workspace
)

// keys are what lets somebody act as the app.
type keys struct {
	issued map[string]tokenKind // tokens beside the first two, and those that were revoked
	given  Secrets              // but for the tokens
}

// kind tells what a token is good for, with the lock held.
func (w *Workspace) kind(token string) tokenKind {
	switch k := w.keys.issued[token]; {
	case k != noToken:
		return k
	case token == w.BotToken():
		return botToken
	case token == w.AppToken():
		return appToken
	}
	return noToken
}

// IssueBotToken gives the app another bot token; those before stay good until they are revoked.
func (w *Workspace) IssueBotToken() string { return w.issue(w.BotToken(), botToken) }

// IssueAppToken gives the app another app-level token; those before stay good until they are revoked.
func (w *Workspace) IssueAppToken() string { return w.issue(w.AppToken(), appToken) }

// IssueForeignToken gives a bot token that is good in another workspace only: there, auth.test tells.
func (w *Workspace) IssueForeignToken() string { return w.issue("xoxb-sandbox-elsewhere", foreign) }

func (w *Workspace) issue(like string, kind tokenKind) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := like + "-" + strconv.Itoa(len(w.keys.issued)+2)
	w.keys.issued[t] = kind
	return t
}

// Revoke ends a token. Connections that were opened with it stand until they are dropped.
func (w *Workspace) Revoke(token string) {
	w.With(func(Held) { w.keys.issued[token] = revoked })
}

// Secrets are what the platform has given to the app alone, since New. Anybody who has one could act in its place.
type Secrets struct {
	Tokens   []string // all that were ever good for anything
	Tickets  []string // of the addresses of apps.connections.open
	Answers  []string // what makes a response URL work: the end of its path
	Uploads  []string // the same of upload URLs
	Triggers []string
}

// Secrets gives all tokens, and the other secrets where Config.KeepCalls is for all.
func (w *Workspace) Secrets() Secrets {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.keys.given
	s.Tokens = append(slices.Sorted(maps.Keys(w.keys.issued)), w.BotToken(), w.AppToken())
	for _, l := range []*[]string{&s.Tickets, &s.Answers, &s.Uploads, &s.Triggers} {
		*l = slices.Clone(*l)
	}
	return s
}

// given notes a secret, with the lock held.
func (w *Workspace) given(to *[]string, secret string) {
	if w.cfg.KeepCalls == math.MaxInt {
		*to = append(*to, secret)
	}
}
