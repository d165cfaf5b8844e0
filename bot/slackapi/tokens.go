package slackapi

import (
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"
)

// Tokens are the bot token and the app-level token.
type Tokens struct{ Bot, App string }

// keys are the tokens in use, with the clients that call with them. They are replaced as a whole.
type keys struct {
	Tokens
	since time.Time     // when the bot token came; zero for the first
	api   *slack.Client // for all but what a trigger waits for
	quick *slack.Client // for views: short, without retries
}

func newKeys(o Options, t Tokens) *keys {
	return &keys{t, time.Time{}, o.Client(t, APITimeout), o.Client(t, ViewTimeout)}
}

// Renew replaces the tokens in use, each after a trial. The bot token must belong to the same app in the same
// workspace, have all scopes and pass try. The app-level token must open a socket address. A token that fails is
// not used; the other is used all the same. A *Setup in the error says what the operator can mend; any other fault
// may pass.
func (c *Client) Renew(ctx context.Context, t Tokens, try func(*slack.Client) error) (bot, app bool, err error) {
	c.swapping.Lock()
	defer c.swapping.Unlock()
	var errs []error
	if now := c.Tokens(); t.Bot != now.Bot {
		next := newKeys(c.opt, Tokens{t.Bot, now.App})
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
		next := newKeys(c.opt, Tokens{now.Bot, t.App})
		next.since = c.keys.Load().since // the bot token's
		if _, _, err := next.api.StartSocketModeContext(ctx); err != nil {
			errs = append(errs, c.opt.tokenError("SLACK_APP_TOKEN", OpenSocket, err))
		} else {
			c.keys.Store(next)
			app = true
			c.log.Info("the new app-level token is in use; the connections are renewed")
		}
	}
	return bot, app, errors.Join(errs...)
}

func (c *Client) tryBot(ctx context.Context, api *slack.Client) error {
	res, err := Identify(ctx, api)
	var next Us
	if err == nil {
		next = c.opt.usOf(res)
	}
	us := c.Us()
	switch {
	case errors.Is(err, ErrNoWord):
		return err
	case err != nil:
		return c.opt.tokenError("SLACK_BOT_TOKEN", AuthTest, err)
	case us.OrgWide() != next.OrgWide() && us.Organisation == next.Organisation:
		return &Setup{
			"the new SLACK_BOT_TOKEN is of the same organisation, and installed in another way: for all of it, " +
				"and not for one workspace, or the other way round",
			"restart stepin to work with it",
		}
	case next.Team != us.Team:
		return &Setup{
			"the new SLACK_BOT_TOKEN is of another workspace, " + res.Team,
			"put in one of the workspace that stepin works in",
		}
	case next.User != us.User:
		return &Setup{
			"the new SLACK_BOT_TOKEN is of another app",
			"put in one of the app that stepin runs as, whose messages it has to know again",
		}
	}
	if lacks := lacking(res.Header); len(lacks) > 0 {
		return lacksScopes(lacks...)
	}
	return nil
}

// tokenError explains why the token of that name failed its trial: by a *Setup if Slack refused it.
func (o Options) tokenError(name, method string, err error) error {
	s := o.Explain(method, err)
	if Refused(err) {
		return &Setup{"the new " + name + " was refused: " + s.What, s.Remedy}
	}
	return errors.New(s.Error())
}
