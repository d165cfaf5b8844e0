package slackapi

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/slack-go/slack"
)

// Tokens are what opens Slack: the bot's token and the app-level one.
type Tokens struct{ Bot, App string }

// keys are the tokens in use, and who calls with them. They are replaced as a whole.
type keys struct {
	Tokens
	since time.Time     // when the bot token came; zero for that of the start
	api   *slack.Client // for all but what a trigger waits for
	quick *slack.Client // views: short, without retries
}

func newKeys(o Options, t Tokens) *keys {
	return &keys{t, time.Time{}, o.Client(t, APITimeout), o.Client(t, ViewTimeout)}
}

// Renew replaces the tokens in use, each after a try: the bot's must be of the same app in the same workspace,
// have all scopes and pass the caller's try; the app-level one must be given an address. One that fails stays
// out, and the other is taken all the same. A *Setup in the error says what the operator can mend; any other
// fault may pass.
func (c *Client) Renew(ctx context.Context, t Tokens, try func(*slack.Client) error) (bot, app bool, err error) {
	c.swapping.Lock()
	defer c.swapping.Unlock()
	var errs []error
	if now := c.Tokens(); t.Bot != now.Bot {
		next := newKeys(c.Opt, Tokens{t.Bot, now.App})
		err := c.tryBot(ctx, next.api)
		if err == nil {
			err = try(next.api)
		}
		if err != nil {
			errs = append(errs, err)
		} else {
			next.since = time.Now()
			c.keys.Store(next)
			bot = true
			c.log.Info("the new bot token is in use")
		}
	}
	if now := c.Tokens(); t.App != now.App {
		next := newKeys(c.Opt, Tokens{now.Bot, t.App})
		next.since = c.keys.Load().since // the bot token's
		if _, _, err := next.api.StartSocketModeContext(ctx); err != nil {
			errs = append(errs, c.Opt.tokenError("SLACK_APP_TOKEN", "apps.connections.open", err))
		} else {
			c.keys.Store(next)
			app = true
			c.log.Info("the new app-level token is in use; the connections are renewed")
		}
	}
	return bot, app, errors.Join(errs...)
}

// tryBot tries a bot token.
func (c *Client) tryBot(ctx context.Context, api *slack.Client) error {
	res, err := api.AuthTestContext(ctx)
	switch {
	case err == nil && res.TeamID == "":
		return ErrNoWord
	case err != nil:
		return c.Opt.tokenError("SLACK_BOT_TOKEN", "auth.test", err)
	case res.TeamID != c.Team:
		return &Setup{"the new SLACK_BOT_TOKEN is of another workspace, " + res.Team, "put in one of the workspace that stepin works in"}
	case res.UserID != c.us:
		return &Setup{"the new SLACK_BOT_TOKEN is of another app", "put in one of the app that stepin runs as, whose messages it has to know again"}
	}
	if lacks, told := MissingScopes(res.Header); told && len(lacks) > 0 {
		return lacksScopes(lacks...)
	}
	return nil
}

// tokenError says what is wrong with a token of that name that was tried.
func (o Options) tokenError(name, where string, err error) error {
	if Refused(err) {
		s := Refusal(where, err)
		return &Setup{"the new " + name + " was refused: " + s.What, s.Remedy}
	}
	d := Diagnose(o.APIURL, err)
	return errors.New(d.What + ": " + d.Remedy)
}

// Expired says whether Slack has refused a token for itself, not for what it may.
func Expired(err error) bool {
	no, ok := errors.AsType[slack.SlackErrorResponse](err)
	return ok && slices.Contains([]string{"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}, no.Err)
}

// Poke leaves one value in c.
func Poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
