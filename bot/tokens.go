package bot

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

func newKeys(cfg Config, t Tokens) *keys {
	cfg.BotToken, cfg.AppToken = t.Bot, t.App
	return &keys{t, time.Time{}, webAPI(cfg, apiTimeout), webAPI(cfg, viewTimeout)}
}

func (b *Bot) api() *slack.Client   { return b.keys.Load().api }
func (b *Bot) quick() *slack.Client { return b.keys.Load().quick }

// Renew puts other tokens in the place of those in use, each after it was tried: the bot's must be
// of the same app in the same workspace and have all scopes, the app-level one must be given an address.
// One that fails stays out, and the other is taken all the same. A *Setup in the error says what the
// operator can mend; any other fault may pass. It may be called once Ready is closed.
func (b *Bot) Renew(ctx context.Context, t Tokens) error {
	b.swapping.Lock()
	defer b.swapping.Unlock()
	var errs []error
	if now := b.keys.Load().Tokens; t.Bot != now.Bot {
		next := newKeys(b.cfg, Tokens{t.Bot, now.App})
		if err := b.tryBot(ctx, next.api); err != nil {
			errs = append(errs, err)
		} else {
			next.since = time.Now()
			b.keys.Store(next)
			b.log.Info("the new bot token is in use")
			b.out.wake()
		}
	}
	if now := b.keys.Load().Tokens; t.App != now.App {
		next := newKeys(b.cfg, Tokens{now.Bot, t.App})
		next.since = b.keys.Load().since // the bot token's
		if _, _, err := next.api.StartSocketModeContext(ctx); err != nil {
			errs = append(errs, tokenError(b.cfg, "SLACK_APP_TOKEN", "apps.connections.open", err))
		} else {
			b.keys.Store(next)
			b.log.Info("the new app-level token is in use; the connections are renewed")
			for _, c := range b.newApp {
				poke(c)
			}
		}
	}
	return errors.Join(errs...)
}

// tryBot tries a bot token.
func (b *Bot) tryBot(ctx context.Context, api *slack.Client) error {
	res, err := api.AuthTestContext(ctx)
	switch {
	case err == nil && res.TeamID == "":
		return errNoWord
	case err != nil:
		return tokenError(b.cfg, "SLACK_BOT_TOKEN", "auth.test", err)
	case res.TeamID != b.team:
		return &Setup{"the new SLACK_BOT_TOKEN is of another workspace, " + res.Team, "put in one of the workspace that stepin works in"}
	case res.UserID != b.us:
		return &Setup{"the new SLACK_BOT_TOKEN is of another app", "put in one of the app that stepin runs as, whose messages it has to know again"}
	}
	if lacks, told := missingScopes(res.Header); told && len(lacks) > 0 {
		return lacksScopes(lacks...)
	}
	if g := b.live().group; g != nil {
		if _, err := groupMembers(ctx, api, b.pace, g.id); err != nil {
			if s := groupRefusal(g.id, err); s != nil {
				return s
			}
		}
	}
	return nil
}

// tokenError says what is wrong with a token of that name that was tried.
func tokenError(cfg Config, name, where string, err error) error {
	if refused(err) {
		s := refusal(where, err)
		return &Setup{"the new " + name + " was refused: " + s.What, s.Remedy}
	}
	d := diagnose(cfg, err)
	return errors.New(d.what + ": " + d.remedy)
}

// expired says whether Slack has refused a token for itself, not for what it may.
func expired(err error) bool {
	no, ok := errors.AsType[slack.SlackErrorResponse](err)
	return ok && slices.Contains([]string{"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}, no.Err)
}

// poke leaves one value in c.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
