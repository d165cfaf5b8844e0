package main

import (
	"fmt"
	"strings"
	"time"

	"stepin/bot/erase"
	"stepin/cmd/stepin/config"
	"stepin/nudges/privacy"
	"stepin/nudges/text"
	"stepin/store"
)

type privacyCmd struct {
	config.DBFlag
	config.FileFlag
	progressFlag
	Due bool `help:"Only report what the next daily round deletes, with the present configuration."`
}

func (privacyCmd) Help() string {
	return `Prints what is kept, why, who sees it and for how long, with your configuration. People read the same with
"/stepin privacy". Use --due before you change "keep" or "sensitive". It tries the daily round on a copy,
and the file stays as it is.`
}

func (p privacyCmd) Run(e env) error {
	c, err := p.Read(e.ctx, e.getenv)
	if err != nil {
		return err
	}
	if p.Due {
		return p.due(e, c.Retention())
	}
	words, err := c.LoadWords(e.ctx)
	if err != nil {
		return err
	}
	for _, l := range words.Privacy(c.Retention()) {
		if _, err := fmt.Fprintln(e.stdout, plain(l)); err != nil {
			return err
		}
	}
	return nil
}

// plain is a text without Slack's markup.
func plain(m text.Text) string { return strings.NewReplacer("*", "", "`", "").Replace(m.Plain()) }

// due reports what the daily round would delete now.
func (p privacyCmd) due(e env, k privacy.Keep) error {
	say, end := e.progress("looking", p.Progress)
	var did erase.Expired
	err := e.aside(p.Path(e.getenv), say, func(db *store.DB) (err error) {
		did, err = erase.Retention{Store: db, Keep: k, Now: time.Now, Progress: say}.Expire(e.ctx)
		return err
	})
	end()
	if err != nil {
		return interrupted(e.ctx, err)
	}
	rest := "nothing"
	if did.Rest {
		rest = "something"
	}
	fmt.Fprintf(e.stdout, "the next round deletes the words of %s, and all of %s; of what belongs to no call it "+
		"deletes %s\n",
		count(did.Anonymised, "call"), count(did.Deleted, "call"), rest)
	if k.SensitiveOff {
		_, err = fmt.Fprintf(e.stdout, "of %s it deletes motives, estimates and the past, since \"sensitive\" is "+
			"off\n", count(did.Sensitive, "call"))
	}
	return err
}
