package slackapi

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"stepin/bot/health"
)

// An Ending says what to do about a message that was not sent. Its values are labels of a metric.
type Ending string

// The endings.
const (
	Retry   Ending = "retry"   // Slack did nothing: wait, and repeat
	Unknown Ending = "unknown" // it may have been sent: look it up first
	Hold    Ending = "hold"    // nothing can be sent until an operator acts
	Drop    Ending = "drop"    // Slack will never take it
)

// endingOf has a row for each code of docs.slack.dev/reference/methods that is not a final refusal.
var endingOf = map[string]Ending{
	"ratelimited": Retry, "rate_limited": Retry, "message_limit_exceeded": Retry,
	"service_unavailable": Retry, "org_login_required": Retry, "team_added_to_org": Retry,
	"external_channel_migrating": Retry, "streaming_state_conflict": Retry,
	"internal_error": Unknown, "fatal_error": Unknown, "request_timeout": Unknown, "update_failed": Unknown,
	"invalid_auth": Hold, "not_authed": Hold, "account_inactive": Hold, "token_revoked": Hold,
	"token_expired": Hold, "missing_scope": Hold, "not_allowed_token_type": Hold, "no_permission": Hold,
	"team_access_not_granted": Hold, "enterprise_is_restricted": Hold, "accesslimited": Hold,
	"access_denied": Hold, "two_factor_setup_required": Hold, "app_access_restricted": Hold,
	"ekm_access_denied": Hold, "messages_tab_disabled": Hold,
}

// ErrNoWord is an answer of ok:false without a code. slack-go takes it for success, with empty values.
var ErrNoWord = errors.New("no word from Slack")

// Code returns the code that Slack refused a call with; "" for every other error.
func Code(err error) string {
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	return no.Err
}

// Classify sorts a failed call. An unknown code is final, for sending again could double a message. An error without an
// answer from Slack is Unknown.
func Classify(err error) Ending {
	if _, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return Retry
	}
	if st, ok := errors.AsType[slack.StatusCodeError](err); ok && st.Code == http.StatusTooManyRequests {
		return Retry
	}
	code := Code(err)
	if e, known := endingOf[code]; known {
		return e
	}
	if code != "" {
		return Drop
	}
	return Unknown
}

// Refused says whether Slack has answered with a final no.
func Refused(err error) bool {
	e := Classify(err)
	return e == Hold || e == Drop
}

// RefusesFile says whether a refusal of a method for files concerns files only. The token may be valid elsewhere.
func RefusesFile(err error) bool {
	return slices.Contains([]string{"missing_scope", "no_permission", "access_denied", "ekm_access_denied"}, Code(err))
}

// LacksFileScope says whether a method for files failed because the app lacks FileScope.
func LacksFileScope(err error) bool { return Code(err) == "missing_scope" }

// SlackCause returns the cause that a refused call reveals, with Slack's code for it; "" for none.
func SlackCause(err error) (c health.Cause, code string) {
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	if endingOf[no.Err] != Hold {
		return "", ""
	}
	switch no.Err {
	case "missing_scope":
		if !lacksOurs(no) {
			return "", "" // an optional scope, which the caller does without
		}
		return health.ScopeMissing, no.Needed
	case "messages_tab_disabled":
		return health.MessagesOff, no.Err
	case "no_permission":
		return "", "" // concerns one conversation only
	}
	return health.TokenRefused, no.Err
}

// lacksOurs says whether a missing_scope is about one of Scopes. Slack may name several scopes that would do,
// including some that the app has.
func lacksOurs(no slack.SlackErrorResponse) bool {
	needed, has := strings.Split(no.Needed, ","), strings.Split(no.Provided, ",")
	return no.Needed == "" || slices.ContainsFunc(Scopes, func(s Scope) bool {
		return slices.Contains(needed, s.Name) && !slices.Contains(has, s.Name)
	})
}

// SocketCause is SlackCause for apps.connections.open, which uses the app-level token. The code is "" if Slack has
// not answered.
func SocketCause(err error) (c health.Cause, code string) {
	code = Code(err)
	if Expired(err) || code == "not_allowed_token_type" || code == "missing_scope" {
		return health.AppTokenRefused, code
	}
	return health.SocketModeOff, code
}

// Expired says whether Slack no longer accepts the token at all.
func Expired(err error) bool {
	codes := []string{"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
	return slices.Contains(codes, Code(err))
}

// Nobody says whether Slack has answered that there is no such person.
func Nobody(err error) bool {
	return slices.Contains([]string{"user_not_found", "users_not_found", "user_not_visible"}, Code(err))
}
