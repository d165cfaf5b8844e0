// Package config reads the settings of stepin: flags, environment, stepin.yaml and the two tokens.
//
// It exists so that one table (Keys, Outside) describes each setting, for the file, its example, the help, the flags
// and the variables. It promises to report all faults at once, each with its place and its remedy, to reject unknown
// keys, and never to print a token. It must not call Slack, open the database, or log.
//
// Settings pass the files in this order:
//
//	settings.go   flags > environment > file: Read gives everything that a start needs
//	tokens.go     the two tokens, from a variable or a file; Secret
//	readfile.go   files and pipes, up to a size and for a time; whether they are text
//	parse.go      strict decoding of stepin.yaml, and its faults
//	syntax.go     syntax errors of YAML, in plain words
//	keys.go       the table of keys, the values they are read into, and what the rest of stepin gets of them
//	file.go       values that are more than one word: who is allowed, teams, approvers, skills
//	values.go     values that are one word: ids, days, levels, addresses
//	holidays.go   public holidays by country and region
//	laws.go       what laws say of them and the library does not
//	words.go      the folder of wording
//	config.go     what the rest of stepin asks of a configuration
//	print.go      the current values, with their sources
//	suggest.go    "did you mean"
package config

import (
	"log/slog"

	"stepin/nudges"
	"stepin/nudges/privacy"
)

// A Config is a checked stepin.yaml, overridden by environment and flags.
type Config struct {
	file
	Path string // of the file; "" if there is none
	Pipe bool   // the file is a pipe, which can be read only once

	from map[string]string // where a key's value comes from; nothing for the default
	bad  map[string]bool   // keys whose value is wrong
}

// Listen is the address for health checks and metrics; "" for none.
func (c Config) Listen() string { return string(c.HTTP) }

// LogLevel is the lowest level that the log shows.
func (c Config) LogLevel() slog.Level { return slog.Level(c.Log) }

// SlackURL is the address of another Slack; "" for slack.com.
func (c Config) SlackURL() string { return string(c.APIURL) }

// Retention is how long things are kept, and whether sensitive things are kept at all.
func (c Config) Retention() privacy.Keep {
	k := privacy.KeepUsual
	if c.Keep.TextDays > 0 {
		k.Text = privacy.Days(int(c.Keep.TextDays))
	}
	k.SensitiveOff = bool(c.Sensitive)
	return k
}

// holiday says whether a date is a holiday of a manager's team. A team's own holidays replace those of everybody.
func (c Config) holiday(manager nudges.UserID, day nudges.Date) bool {
	for _, t := range c.Teams {
		if t.Holidays != nil && nudges.UserID(t.Manager) == manager {
			return t.Holidays.on(day)
		}
	}
	return c.Holidays.on(day)
}
