// Package rules says what the platform refuses of what an app sends: blocks, views, methods without their scope,
// triggers that are used up, calls that come too often.
//
// It is pure: each rule judges what it is given and keeps nothing but its own book. It knows no workspace. The
// numbers are those of docs.slack.dev; where a number is ours, the comment says so.
//
// The files: refusal.go is a refusal, and its words; schema.go, blocks.go, elements.go and view.go judge Block Kit;
// manifest.go says what an app may do and hears of, loud.go which messages ping many, trigger.go what may open a
// window, rate.go how often a method may be called.
package rules

import (
	"strings"

	"stepin/bot/sandbox/kit"
)

// Refusal is an answer that says no.
type Refusal struct {
	Code  string
	Extra kit.Obj // more fields of the answer
}

// No is a refusal with a code alone.
func No(code string) *Refusal { return &Refusal{Code: code} }

// Missing refuses a call for want of a scope.
func (m *Manifest) Missing(scope string) *Refusal {
	provided := strings.Join(m.OAuth.Scopes.Bot, ",")
	return &Refusal{Code: "missing_scope", Extra: kit.Obj{"needed": scope, "provided": provided}}
}

// BadArguments is a refusal that says where: messages are those of the platform, with JSON pointers.
func BadArguments(code string, messages ...string) *Refusal {
	return &Refusal{Code: code, Extra: kit.Obj{"response_metadata": kit.Obj{"messages": messages}}}
}
