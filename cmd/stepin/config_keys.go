package main

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"stepin/nudges"
)

// A key is one setting: all that is said of it anywhere comes from here.
type key struct {
	name    string
	takes   string // what its value is, in a few words
	def     string // what holds without it, in a few words
	live    bool   // a reload changes it; else it needs a restart
	doc     string // a sentence
	env     string // the variable that goes before the file
	flag    string // the flag that goes before both
	example string // as it stands in the file, from the key on
	keys    []key  // those inside its value

	// read takes the value from the file. Of one that a variable or a flag may set, set takes it from
	// there too, and the error says what is wrong.
	read func(c *config, n *yaml.Node, fault faults)
	set  func(c *config, s string) error
	// show is the value in force; "" for the default.
	show func(c config) string
}

// fileKeys are the keys of stepin.yaml, in the order of the example.
var fileKeys = []key{
	{
		name: "allowed", takes: `"everybody", a list of user ids, or the id of a user group`, def: "everybody", live: true,
		doc:     "Who may use stepin, of the full members: guests, apps and people of other organisations never may. A group needs the scope usergroups:read (stepin manifest --with usergroup) and is asked for anew every five minutes.",
		example: "allowed: [U012ABCDEF, U0SAM001]",
		read:    readAllowed,
		show: func(c config) string {
			if c.Group != "" {
				return "the user group " + c.Group
			}
			return strings.Join(c.Allowed, ", ")
		},
	},
	{
		name: "contact", takes: "a user id, a channel id, or a few words", def: "the admins, if there are any", live: true,
		doc:     "Whom somebody is told to ask who may not use stepin.",
		example: "contact: U0INES01",
		read:    scalar("contact", setContact), set: setContact,
		show: func(c config) string { return c.Contact },
	},
	{
		name: "admins", takes: "a list of user ids", def: "nobody", live: true,
		doc:     "Who looks after stepin here: told, by DM, what only an operator can mend.",
		example: "admins: [U0INES01]",
		read: func(c *config, n *yaml.Node, fault faults) {
			for _, v := range fault.list(n, "admins") {
				if id := fault.user(v); id != "" {
					c.Admins = append(c.Admins, id)
				}
			}
		},
		show: func(c config) string { return joined(c.Admins) },
	},
	{
		name: "words", takes: "the path of a folder, seen from this file", def: "the words that stepin came with", live: true,
		doc:     "Wording of your own, in files that reword or translate: questions.yaml, texts.tmpl, mantras.txt.",
		example: "words: my-words",
		read:    scalar("words", setWords),
		show:    func(c config) string { return c.Words },
	},
	{
		name: "teams", takes: "a list of teams", def: "each manager sets their own, in Home", live: true,
		doc: "What a team leaves out, its manager sets in Home; what stands here is read-only there.",
		example: `teams:
  - manager: U0SAM001
    reps: [U0DANA01, U0LIOR01]
    policy: approver
    approvers: [{id: U0PRIYA1, delegate: U0INES01, from: 2026-12-21, until: 2027-01-03}, U0OMAR01]
    channel: C0DEBRF1
    skills: {Pricing: Negotiation basics, Legal questions: Contract school}
    holidays: {country: US}`,
		keys: teamKeys,
		read: func(c *config, n *yaml.Node, fault faults) { c.Teams, c.TeamHolidays = fault.teams(n) },
		show: func(c config) string {
			var ids []nudges.UserID
			for _, t := range c.Teams {
				ids = append(ids, t.Team.Manager)
			}
			return joined(ids)
		},
	},
	{
		name: "holidays", takes: "a country, a region of it, and dates, each optional", def: "none", live: true,
		doc:     "On these days nobody gets the daily reminder. Countries go by their two letters.",
		example: "holidays: {country: DE, region: BY, dates: [2026-12-24]}",
		keys:    holidayKeys,
		read:    func(c *config, n *yaml.Node, fault faults) { c.Holidays = fault.holidays(n) },
		show:    func(c config) string { return c.Holidays.String() },
	},
	{
		name: "away", takes: "a list of status emoji", def: "the usual ones, such as :palm_tree:", live: true,
		doc:     "Statuses by which somebody is away, and gets no daily reminder.",
		example: `away: [":palm_tree:", ":airplane:"]`,
		read:    func(c *config, n *yaml.Node, fault faults) { c.Away = fault.away(n) },
		show:    func(c config) string { return strings.Join(c.Away, " ") },
	},
	{
		name: "keep", takes: "text_days: a number of days", def: "30 days", live: true,
		doc:     "For how long people's words are kept once a call is done with; 90 days at most.",
		example: "keep: {text_days: 30}",
		keys:    []key{{name: "text_days", doc: "days, 1 to 90"}},
		read:    func(c *config, n *yaml.Node, fault faults) { c.TextDays = fault.textDays(n) },
		show: func(c config) string {
			if c.TextDays == 0 {
				return ""
			}
			return fmt.Sprintf("%d days", c.TextDays)
		},
	},
	{
		name: "sensitive", takes: "on or off", def: "on", live: true,
		doc:     "Off keeps no motives, no estimates, no ledger and no figures; what there is of them is erased.",
		example: "sensitive: off",
		read:    func(c *config, n *yaml.Node, fault faults) { c.NotSensitive = fault.sensitive(n) },
		show: func(c config) string {
			if c.NotSensitive {
				return "off"
			}
			return ""
		},
	},
	{
		name: "http", takes: "an address, such as 127.0.0.1:9464", def: "nowhere",
		doc: "Where to answer /healthz, /readyz and /metrics.", env: "STEPIN_HTTP", flag: "http",
		example: "http: 127.0.0.1:9464",
		read:    scalar("http", setHTTP), set: setHTTP,
		show: func(c config) string { return c.HTTP },
	},
	{
		name: "log", takes: "debug, info, warn or error", def: "info", live: true,
		doc: "How much the log says.", env: "STEPIN_LOG", flag: "log",
		example: "log: debug",
		read:    scalar("log", setLog), set: setLog,
		show: func(c config) string { return strings.ToLower(c.Log.String()) },
	},
	{
		name: "slack_api_url", takes: "an address", def: "slack.com",
		doc: "Another Slack, such as government Slack.", env: "SLACK_API_URL",
		example: "slack_api_url: https://slack-gov.com/api/",
		read:    scalar("slack_api_url", setAPIURL), set: setAPIURL,
		show: func(c config) string {
			if u, err := url.Parse(c.APIURL); err == nil {
				return u.Redacted() // somebody may have put a password into it
			}
			return c.APIURL
		},
	},
}

var teamKeys = []key{
	{name: "manager", doc: "user id; the only one that must be there"},
	{name: "reps", doc: "user ids"},
	{name: "policy", doc: "self, or approver: somebody looks at a take-over"},
	{name: "approvers", doc: "user ids, or id with delegate, from and until", keys: approverKeys},
	{name: "channel", doc: "channel id, for debriefs"},
	{name: "skills", doc: "names with the trainings they belong to"},
	{name: "holidays", doc: "in place of those of everybody", keys: holidayKeys},
}

var approverKeys = []key{
	{name: "id", doc: "user id"},
	{name: "delegate", doc: "user id of who stands in; without days, they are asked after the approver"},
	{name: "from", doc: "first day of the absence, as 2026-12-31"},
	{name: "until", doc: "last day of it"},
}

var holidayKeys = []key{
	{name: "country", doc: "two letters"},
	{name: "region", doc: "of the country"},
	{name: "dates", doc: "days of your own"},
}

// An outside setting cannot stand in the file: it is needed before the file, or secret.
type outside struct {
	env, flag, def, doc string
	secret              bool
}

var outsideSettings = []outside{
	{env: "SLACK_BOT_TOKEN", secret: true, def: "required", doc: "The bot token, xoxb-…; or SLACK_BOT_TOKEN_FILE, the path of a file that holds it, which is watched: a new token is tried and taken without a restart."},
	{env: "SLACK_APP_TOKEN", secret: true, def: "required", doc: "The app-level token, xapp-…; or SLACK_APP_TOKEN_FILE, likewise."},
	{env: "STEPIN_DB", flag: "db", def: usualDB, doc: "The file that remembers everything."},
	{env: "STEPIN_CONFIG", flag: "config", def: usualConfig + " in the working directory, if it is there", doc: "The configuration."},
}

func names(keys []key) (out []string) {
	for _, k := range keys {
		out = append(out, k.name)
	}
	return out
}

// keyNamed is the key of that name; nil if there is none.
func keyNamed(name string) *key {
	i := slices.IndexFunc(fileKeys, func(k key) bool { return k.name == name })
	if i < 0 {
		return nil
	}
	return &fileKeys[i]
}

func joined(ids []nudges.UserID) string {
	var s []string
	for _, id := range ids {
		s = append(s, string(id))
	}
	return strings.Join(s, ", ")
}

// scalar reads a key whose value is one word or sentence.
func scalar(name string, set func(*config, string) error) func(*config, *yaml.Node, faults) {
	return func(c *config, n *yaml.Node, fault faults) {
		if n.Kind != yaml.ScalarNode || n.Value == "" || n.Tag == "!!null" {
			fault(n, "%s takes one value", name)
			return
		}
		if err := set(c, n.Value); err != nil {
			fault(n, "%v", err)
		}
	}
}

func setWords(c *config, s string) error {
	c.Words = s
	return nil
}

// longContact is how many characters a contact may have: it stands in one sentence.
const longContact = 100

func setContact(c *config, s string) error {
	c.Contact = strings.TrimSpace(s)
	if utf8.RuneCountInString(c.Contact) > longContact || strings.ContainsFunc(c.Contact, unicode.IsControl) {
		return fmt.Errorf("contact is a user id, a channel id, or at most %d characters on one line", longContact)
	}
	return nil
}

var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

func setHTTP(c *config, s string) (err error) {
	c.HTTP, err = readHTTP(s)
	return err
}

func setLog(c *config, s string) error {
	l, ok := levels[strings.ToLower(s)]
	if !ok {
		return fmt.Errorf("log is debug, info, warn or error, not %q%s", s, meant(strings.ToLower(s), slices.Sorted(maps.Keys(levels))...))
	}
	c.Log = l
	return nil
}

func setAPIURL(c *config, s string) (err error) {
	c.APIURL, err = readAPIURL(s)
	return err
}

var (
	userID  = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)
	groupID = regexp.MustCompile(`^S[A-Z0-9]{2,}$`)
)

// readAllowed reads "everybody", a user group, or a list of user ids.
func readAllowed(c *config, v *yaml.Node, fault faults) {
	switch {
	case v.Kind == yaml.ScalarNode && v.Value == "everybody":
		return
	case v.Kind == yaml.ScalarNode && groupID.MatchString(v.Value):
		c.Group = v.Value
		return
	case v.Kind != yaml.SequenceNode || len(v.Content) == 0:
		fault(v, "allowed takes \"everybody\", a list of user ids, or the id of one user group, such as S012ABCDEF")
		return
	}
	for _, n := range v.Content {
		switch {
		case n.Kind == yaml.ScalarNode && groupID.MatchString(n.Value):
			fault(n, "a user group stands alone: \"allowed: %s\"", n.Value)
		case fault.user(n) != "":
			c.Allowed = append(c.Allowed, n.Value)
		}
	}
}

// over lays over the file what the environment says, and over that the flags.
func (c *config) over(e env, f settingFlags) error {
	if c.from == nil {
		c.from = map[string]string{}
	}
	var errs []error
	for _, k := range fileKeys {
		for _, o := range []struct{ value, name string }{{e.getenv(k.env), k.env}, {f.value(k.flag), "--" + k.flag}} {
			if k.set == nil || o.value == "" {
				continue
			}
			if err := k.set(c, o.value); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", o.name, err))
			}
			c.from[k.name] = o.name
		}
	}
	return errors.Join(errs...)
}

// settingFlags are the flags that go before environment and file.
type settingFlags struct {
	configFlag
	DB   string `name:"db" placeholder:"FILE" help:"The file that remembers everything, in place of STEPIN_DB (stepin.db)."`
	HTTP string `name:"http" placeholder:"HOST:PORT" help:"Where to answer /healthz, /readyz and /metrics, in place of STEPIN_HTTP; nowhere without it."`
	Log  string `name:"log" placeholder:"LEVEL" help:"How much the log says, in place of STEPIN_LOG: debug, info, warn or error."`
}

// value is what the flag of that name says; "" for nothing.
func (f settingFlags) value(name string) string {
	switch name {
	case "config":
		return f.Config
	case "db":
		return f.DB
	case "http":
		return f.HTTP
	case "log":
		return f.Log
	}
	return ""
}
