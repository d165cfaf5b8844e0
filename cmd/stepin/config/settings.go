package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"stepin/nudges/words"
)

const (
	// UsualFile is read if it exists and no other is named: a list of people in it must not be ignored.
	UsualFile = "stepin.yaml"
	usualDB   = "stepin.db"
)

// FileFlag names the configuration, for the commands that need no other setting.
type FileFlag struct {
	Config string `placeholder:"FILE" help:"The configuration, in place of STEPIN_CONFIG (stepin.yaml)."`
}

// Named is the name of the configuration; getenv reads the environment.
func (f FileFlag) Named(getenv func(string) string) string {
	return cmp.Or(f.Config, getenv("STEPIN_CONFIG"), UsualFile)
}

// Read reads only the configuration. If nobody has named a file, it may be missing.
func (f FileFlag) Read(ctx context.Context, getenv func(string) string) (Config, error) {
	by, path := "", f.Named(getenv)
	switch path {
	case f.Config:
		by = "--config"
	case getenv("STEPIN_CONFIG"):
		by = "STEPIN_CONFIG"
	}
	got, err := readFile(ctx, path, mostText)
	switch {
	case err == nil:
		c, err := parse(path, got.text)
		c.Path, c.Pipe = path, got.pipe
		return c, err
	case by == "" && errors.Is(err, fs.ErrNotExist):
		return Config{}, nil
	}
	return Config{}, unread(by, path, err)
}

// DBFlag names the database, for the commands that need no other setting.
type DBFlag struct {
	DB string `placeholder:"FILE" help:"The file that remembers everything, in place of STEPIN_DB (stepin.db)."`
}

// Path is the name of the database; getenv reads the environment.
func (d DBFlag) Path(getenv func(string) string) string {
	return cmp.Or(d.DB, getenv("STEPIN_DB"), usualDB)
}

// Flags override environment and file.
type Flags struct {
	FileFlag
	DBFlag
	HTTP string `placeholder:"ADDRESS" help:"Address of health pages and metrics, in place of STEPIN_HTTP; else none."`
	Log  string `placeholder:"LEVEL" help:"Detail of the log, in place of STEPIN_LOG: debug, info, warn or error."`
}

// value is the value of the flag of that name, or "".
func (f Flags) value(name string) string {
	return map[string]string{"config": f.Config, "db": f.DB, "http": f.HTTP, "log": f.Log}[name]
}

// Settings are all that serve and check need.
type Settings struct {
	Bot, App HeldToken
	DB       string // path of the database
	Config   Config
	Words    *words.Words
}

// Read reads all settings. The error lists all faults.
func Read(ctx context.Context, getenv func(string) string, f Flags) (s Settings, err error) {
	s.DB = f.Path(getenv)
	var errs [4]error
	s.Bot, errs[0] = BotToken.Read(ctx, getenv)
	s.App, errs[1] = AppToken.Read(ctx, getenv)
	s.Config, s.Words, errs[2] = ReadLive(ctx, getenv, f)
	_, errs[3] = LogJSON(getenv)
	return s, errors.Join(errs[:]...)
}

const logFormat = "STEPIN_LOG_FORMAT"

// LogJSON says whether the log is to be JSON, in place of text.
func LogJSON(getenv func(string) string) (bool, error) {
	switch format := getenv(logFormat); strings.ToLower(format) {
	case "json":
		return true, nil
	case "", "text":
		return false, nil
	default:
		return false, fmt.Errorf("%s takes text or json, not %q", logFormat, format)
	}
}

// ReadLive reads the configuration and its words.
func ReadLive(ctx context.Context, getenv func(string) string, f Flags) (Config, *words.Words, error) {
	c, err := f.Read(ctx, getenv)
	if over := c.override(getenv, f); err != nil || over != nil {
		return c, nil, errors.Join(err, over)
	}
	w, err := c.LoadWords(ctx)
	return c, w, err
}

// override applies the environment over the file, and the flags over both.
func (c *Config) override(getenv func(string) string, f Flags) error {
	if c.from == nil {
		c.from = map[string]string{}
	}
	var errs []error
	for _, k := range Keys {
		for _, o := range []struct{ value, name string }{{getenv(k.Env), k.Env}, {f.value(k.Flag), "--" + k.Flag}} {
			if k.field == nil || o.value == "" {
				continue
			}
			if err := k.field(c).UnmarshalText([]byte(o.value)); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", o.name, err))
			}
			c.from[k.Name] = o.name
		}
	}
	return errors.Join(errs...)
}

// NeedsRestart are the keys that differ from an earlier configuration and that no reload changes.
func (c Config) NeedsRestart(earlier Config) (out []string) {
	for _, k := range Keys {
		if !k.Live && k.show(c) != k.show(earlier) {
			out = append(out, k.Name)
		}
	}
	return out
}
