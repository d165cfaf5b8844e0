package slackapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/health"
)

// An Ending is what becomes of a message whose send failed.
type Ending string

const (
	Retry   Ending = "again"  // Slack did nothing: wait, and repeat
	Unknown Ending = "unsure" // it may have been said: look first
	Hold    Ending = "hold"   // nothing can be sent until somebody mends it
	Drop    Ending = "drop"   // it will never be taken
)

// endingOf has a row for each code of SLACK section 9 that is no refusal for good.
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

// ErrNoWord is ok:false without a code, which slack-go takes for success (SLACK trap 13). What
// came with it is empty.
var ErrNoWord = errors.New("no word from Slack")

// Classify sorts a failed call. An unknown refusal is final, as SLACK section 9 advises for
// posts; whatever is no answer of Slack's at all is unclear.
func Classify(err error) Ending {
	if _, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return Retry
	}
	if st, ok := errors.AsType[slack.StatusCodeError](err); ok {
		if st.Code == http.StatusTooManyRequests {
			return Retry
		}
		return Unknown
	}
	if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		if e, known := endingOf[no.Err]; known {
			return e
		}
		return Drop
	}
	return Unknown
}

// Refused says whether Slack has answered, and said no for good.
func Refused(err error) bool {
	e := Classify(err)
	return e == Hold || e == Drop
}

// RefusesFile says whether what a method for files was refused with is about files, or this one, alone: elsewhere the
// token may be as good as ever.
func RefusesFile(err error) bool {
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	return slices.Contains([]string{"missing_scope", "no_permission", "access_denied", "ekm_access_denied"}, no.Err)
}

func LacksFileScope(err error) bool {
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	return no.Err == "missing_scope"
}

// SlackCause is what a code of Slack's to a call says about the set-up.
func SlackCause(err error) (c health.Cause, code string) {
	no, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok || endingOf[no.Err] != Hold {
		return "", ""
	}
	switch no.Err {
	case "missing_scope":
		if !lacksOurs(no) {
			return "", "" // an optional one, which whoever called does without
		}
		return health.ScopeMissing, no.Needed
	case "messages_tab_disabled":
		return health.MessagesOff, no.Err
	case "no_permission":
		return "", "" // of one conversation
	}
	return health.TokenRefused, no.Err
}

// lacksOurs says whether a refusal for a scope is for one of Scopes. Slack may name several that would do,
// also such as the app has.
func lacksOurs(no slack.SlackErrorResponse) bool {
	needed, has := strings.Split(no.Needed, ","), strings.Split(no.Provided, ",")
	return no.Needed == "" || slices.ContainsFunc(Scopes, func(s Scope) bool {
		return slices.Contains(needed, s.Name) && !slices.Contains(has, s.Name)
	})
}

// SocketCause is the same for apps.connections.open, which the app-level token is for.
func SocketCause(err error) (c health.Cause, code string) {
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	switch no.Err {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type", "missing_scope":
		return health.AppTokenRefused, no.Err
	}
	return health.SocketModeOff, no.Err
}

// Sleep waits for d, or until ctx ends.
func Sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// Nobody says whether Slack has answered that there is no such person.
func Nobody(err error) bool {
	no, refused := errors.AsType[slack.SlackErrorResponse](err)
	return refused && slices.Contains([]string{"user_not_found", "users_not_found", "user_not_visible"}, no.Err)
}

// Short is an error for the log: its kind, never a body or an address that could hold
// somebody's words or a secret.
func Short(err error) string {
	if err == nil {
		return ""
	}
	if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return no.Err
	}
	if rl, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return "rate limited for " + rl.RetryAfter.String()
	}
	if st, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return st.Status
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	}
	s := err.Error()
	if i := strings.LastIndex(s, ": "); i >= 0 {
		s = s[i+2:]
	}
	return s
}
