package bot

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"stepin/bot/health"
)

// An ending is what becomes of a message whose send failed.
type ending string

const (
	again  ending = "again"  // Slack did nothing: wait, and repeat
	unsure ending = "unsure" // it may have been said: look first
	hold   ending = "hold"   // nothing can be sent until somebody mends it
	drop   ending = "drop"   // it will never be taken
)

// endings has a row for each code of SLACK section 9 that is no refusal for good.
var endings = map[string]ending{
	"ratelimited": again, "rate_limited": again, "message_limit_exceeded": again,
	"service_unavailable": again, "org_login_required": again, "team_added_to_org": again,
	"external_channel_migrating": again, "streaming_state_conflict": again,
	"internal_error": unsure, "fatal_error": unsure, "request_timeout": unsure, "update_failed": unsure,
	"invalid_auth": hold, "not_authed": hold, "account_inactive": hold, "token_revoked": hold,
	"token_expired": hold, "missing_scope": hold, "not_allowed_token_type": hold, "no_permission": hold,
	"team_access_not_granted": hold, "enterprise_is_restricted": hold, "accesslimited": hold,
	"access_denied": hold, "two_factor_setup_required": hold, "app_access_restricted": hold,
	"ekm_access_denied": hold, "messages_tab_disabled": hold,
}

// errNoWord is ok:false without a code, which slack-go takes for success (SLACK trap 13). What
// came with it is empty.
var errNoWord = errors.New("no word from Slack")

// classify sorts a failed call. An unknown refusal is final, as SLACK section 9 advises for
// posts; whatever is no answer of Slack's at all is unclear.
func classify(err error) ending {
	if _, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return again
	}
	if st, ok := errors.AsType[slack.StatusCodeError](err); ok {
		if st.Code == http.StatusTooManyRequests {
			return again
		}
		return unsure
	}
	if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		if e, known := endings[no.Err]; known {
			return e
		}
		return drop
	}
	return unsure
}

// refused says whether Slack has answered, and said no for good.
func refused(err error) bool {
	e := classify(err)
	return e == hold || e == drop
}

// refusesFile says whether what a method for files was refused with is about files, or this one, alone: elsewhere the
// token may be as good as ever.
func refusesFile(err error) bool {
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	return slices.Contains([]string{"missing_scope", "no_permission", "access_denied", "ekm_access_denied"}, no.Err)
}

func lacksFileScope(err error) bool {
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	return no.Err == "missing_scope"
}

// slackCause is what a code of Slack's to a call says about the set-up.
func slackCause(err error) (c health.Cause, code string) {
	no, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok || endings[no.Err] != hold {
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

// socketCause is the same for apps.connections.open, which the app-level token is for.
func socketCause(err error) (c health.Cause, code string) {
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	switch no.Err {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type", "missing_scope":
		return health.AppTokenRefused, no.Err
	}
	return health.SocketModeOff, no.Err
}
