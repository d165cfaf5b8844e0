package config

import (
	"encoding"
	"fmt"
	"net/url"
	"strings"

	"stepin/bot/roster"
	"stepin/nudges/words"
)

// A Key is one setting of stepin.yaml. The example, the help and the errors take their texts from here.
type Key struct {
	Name    string
	Takes   string // what its value is, in a few words
	Default string // what applies without it, in a few words
	Live    bool   // SIGHUP changes it; else it needs a restart
	Doc     string // a sentence
	Env     string // the variable that overrides the file
	Flag    string // the flag that overrides both
	Example string // as it stands in the file, from the key on
	Keys    []Key  // those inside its value

	show  func(c Config) string                    // the current value; "" for the default
	field func(c *Config) encoding.TextUnmarshaler // the target of variable and flag; nil for none
}

// Keys are the keys of stepin.yaml, in the order of the example.
var Keys = []Key{
	{
		Name: "allowed", Default: "everybody", Live: true,
		Takes: `"everybody", a list of user ids, or the id of a user group`,
		Doc: "Which full members may use stepin. Guests, apps and people of other organisations never may. " +
			"A group needs the scope usergroups:read (stepin manifest --with usergroup). " +
			"stepin asks Slack for it every five minutes.",
		Example: "allowed: [U012ABCDEF, U0SAM001]",
		show: func(c Config) string {
			if c.Allowed.group != "" {
				return "the user group " + c.Allowed.group
			}
			return strings.Join(strs(c.Allowed.users), ", ")
		},
	},
	{
		Name: "contact", Default: "the admins, if there are any", Live: true,
		Takes:   "a user id, a channel id, or a few words",
		Doc:     "A person or channel. People who may not use stepin are told to ask there.",
		Example: "contact: U0INES01",
		show:    func(c Config) string { return string(c.Contact) },
	},
	{
		Name: "admins", Takes: "a list of user ids", Default: "nobody", Live: true,
		Doc:     "The operators of stepin here. They get a DM about a fault that only an operator can repair.",
		Example: "admins: [U0INES01]",
		show:    func(c Config) string { return strings.Join(strs(c.Admins), ", ") },
	},
	{
		Name: "words", Default: "the words that come with stepin", Live: true,
		Takes: "the path of a folder, relative to this file",
		Doc: "Wording of your own, or a translation, in questions.yaml, texts.tmpl and mantras.txt. " +
			"See stepin help words.",
		Example: "words: my-words",
		show:    func(c Config) string { return c.Words },
	},
	{
		Name: "teams", Takes: "a list of teams", Default: "each manager sets their own, in Home", Live: true,
		Doc: "What you set here is read-only in Home. What you leave out, the manager of the team sets there.",
		Example: `teams:
  - manager: U0SAM001
    reps: [U0DANA01, U0LIOR01]
    policy: approver
    approvers: [{id: U0PRIYA1, delegate: U0INES01, from: 2026-12-21, until: 2027-01-03}, U0OMAR01]
    channel: C0DEBRF1
    skills: {Pricing: Negotiation basics, Legal questions: Contract school}
    holidays: {country: US}`,
		Keys: teamKeys,
		show: func(c Config) string {
			var managers []string
			for _, t := range c.Teams {
				managers = append(managers, string(t.Manager))
			}
			return strings.Join(managers, ", ")
		},
	},
	{
		Name: "holidays", Default: "none", Live: true,
		Takes:   "a country, one of its regions, and dates; each is optional",
		Doc:     "On these days nobody gets the daily reminder. A country is its two letters.",
		Example: "holidays: {country: DE, region: BY, dates: [2026-12-24]}",
		Keys:    holidayKeys,
		show:    func(c Config) string { return c.Holidays.String() },
	},
	{
		Name: "away", Takes: "a list of status emoji", Default: "the usual ones, such as :palm_tree:", Live: true,
		Doc:     "Status emoji that mean away. People who are away get no daily reminder.",
		Example: `away: [":palm_tree:", ":airplane:"]`,
		show:    func(c Config) string { return strings.Join(strs(c.Away), " ") },
	},
	{
		Name: "keep", Takes: "text_days: a number of days", Default: "30 days", Live: true,
		Doc:     "How long people's words are kept after a call is closed; 90 days at most.",
		Example: "keep: {text_days: 30}",
		Keys:    keepKeys,
		show: func(c Config) string {
			if c.Keep.TextDays == 0 {
				return ""
			}
			return fmt.Sprintf("%d days", c.Keep.TextDays)
		},
	},
	{
		Name: "sensitive", Takes: "on or off", Default: "on", Live: true,
		Doc:     "Off keeps no motives, no estimates, no ledger and no figures. Existing ones are deleted.",
		Example: "sensitive: off",
		show: func(c Config) string {
			if c.Sensitive {
				return "off"
			}
			return ""
		},
	},
	{
		Name: "http", Takes: "an address, such as 127.0.0.1:9464", Default: "nowhere",
		Doc: "Where to answer /healthz, /readyz and /metrics.", Env: "STEPIN_HTTP", Flag: "http",
		Example: "http: 127.0.0.1:9464",
		show:    func(c Config) string { return c.Listen() },
		field:   func(c *Config) encoding.TextUnmarshaler { return &c.HTTP },
	},
	{
		Name: "log", Takes: "debug, info, warn or error", Default: "info", Live: true,
		Doc: "How detailed the log is.", Env: "STEPIN_LOG", Flag: "log",
		Example: "log: debug",
		show:    func(c Config) string { return strings.ToLower(c.LogLevel().String()) },
		field:   func(c *Config) encoding.TextUnmarshaler { return &c.Log },
	},
	{
		Name: "slack_api_url", Takes: "an address", Default: "slack.com",
		Doc:     "The address of another Slack, such as https://slack-gov.com/api/ for government Slack.",
		Env:     "SLACK_API_URL",
		Example: "slack_api_url: https://slack-gov.com/api/",
		show: func(c Config) string {
			if u, err := url.Parse(c.SlackURL()); err == nil {
				return u.Redacted() // it may have a password
			}
			return c.SlackURL()
		},
		field: func(c *Config) encoding.TextUnmarshaler { return &c.APIURL },
	},
	{
		Name: "team_id", Takes: "the id of a workspace", Default: "none",
		Doc: "Only for an app that is installed for a whole organisation: the workspace that the group in allowed " +
			"belongs to. A file that the app has from that workspace goes on.",
		Env:     "SLACK_TEAM_ID",
		Example: "team_id: T012ABCDEF",
		show:    func(c Config) string { return string(c.TeamID) },
		field:   func(c *Config) encoding.TextUnmarshaler { return &c.TeamID },
	},
}

var keepKeys = []Key{{Name: "text_days", Doc: "days, 1 to 90"}}

var teamKeys = []Key{
	{Name: "manager", Doc: "user id; required"},
	{Name: "reps", Doc: "user ids"},
	{Name: "policy", Doc: "self; or approver, who must agree to a take-over"},
	{Name: "approvers", Doc: "user ids, or id with delegate, from and until", Keys: approverKeys},
	{Name: "channel", Doc: "channel id, for debriefs"},
	{Name: "skills", Doc: "names of skills, each with its training"},
	{Name: "holidays", Doc: "replaces the holidays of everybody", Keys: holidayKeys},
}

var approverKeys = []Key{
	{Name: "id", Doc: "user id"},
	{Name: "delegate", Doc: "user id of the delegate; without days, the delegate is asked after the approver"},
	{Name: "from", Doc: "first day of the absence, such as 2026-12-31"},
	{Name: "until", Doc: "last day of the absence"},
}

var holidayKeys = []Key{
	{Name: "country", Doc: "two letters"},
	{Name: "region", Doc: "a region of the country"},
	{Name: "dates", Doc: "other days"},
}

// file is stepin.yaml. Every key is optional; what each means is in Keys.
type file struct {
	Allowed   allowed
	Contact   contact
	Admins    []userID
	Words     string // a folder
	Teams     []fileTeam
	Holidays  holidays
	Away      []emoji // nil for the usual ones
	Keep      keepFile
	Sensitive notSensitive
	HTTP      address
	Log       level
	APIURL    apiURL `yaml:"slack_api_url"`
	TeamID    teamID `yaml:"team_id"`
}

type keepFile struct {
	TextDays days `yaml:"text_days"`
}

// Settings are those that may change while stepin runs.
func (c Config) Settings(words *words.Words) roster.Settings {
	l := roster.Settings{
		Words: words, Contact: string(c.Contact), Holiday: c.holiday, Keep: c.Retention(),
		Allowed: roster.Allowed{
			Everybody: len(c.Allowed.users) == 0 && c.Allowed.group == "",
			Users:     strs(c.Allowed.users), Group: c.Allowed.group,
		},
		Admins: ids(c.Admins), AwayEmoji: strs(c.Away),
	}
	for _, t := range c.Teams {
		l.Teams = append(l.Teams, t.config())
	}
	return l
}

// A Setting cannot be in the file: it is needed to find the file or before it is read, or is secret.
type Setting struct {
	Env, Flag, Default, Doc string
	Secret                  bool // the variable Env+"_FILE" may name a file that holds it
}

// Outside are the settings outside the file.
var Outside = []Setting{
	{
		Env: "SLACK_BOT_TOKEN", Secret: true, Default: "required",
		Doc: "The bot token, xoxb-…; or SLACK_BOT_TOKEN_FILE, the path of a file that holds it. stepin watches the " +
			"file, and uses a new token without a restart.",
	},
	{
		Env: "SLACK_APP_TOKEN", Secret: true, Default: "required",
		Doc: "The app-level token, xapp-…; or SLACK_APP_TOKEN_FILE in the same way.",
	},
	{Env: "STEPIN_DB", Flag: "db", Default: usualDB, Doc: "The file that remembers everything."},
	{
		Env: "STEPIN_CONFIG", Flag: "config", Default: UsualFile + " in the working directory, if it is there",
		Doc: "The configuration.",
	},
	{Env: logFormat, Default: "text", Doc: "The form of the log of serve and demo: text or json, a line each."},
}

func names(keys []Key) (out []string) {
	for _, k := range keys {
		out = append(out, k.Name)
	}
	return out
}
