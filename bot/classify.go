package bot

import (
	"errors"
	"net/http"

	"github.com/slack-go/slack"
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
