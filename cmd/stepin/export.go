package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"stepin/bot/erase"
	"stepin/cmd/stepin/config"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/control"
)

type exportCmd struct {
	config.DBFlag
	config.FileFlag
	progressFlag
	Months string `required:"" placeholder:"2026-03..2026-05" help:"One whole month that is over, or a range."`
	Format string `enum:"csv,json" default:"csv" help:"csv or json."`
}

func (exportCmd) Help() string {
	return `Each figure covers one month and at least five managers, and at least five reps if it is about reps. A
figure with fewer people is left out, and so is a figure from which it could be computed. Only calls that
were closed in that month count, since they no longer change. Only a person can export what is about that
person, with "/stepin export" in Slack.`
}

// Names on the socket of a running stepin.
const (
	exportName = "export"
	forgetName = "forget"
)

func (x exportCmd) Run(e env) error {
	if _, err := privacy.Months(x.Months, privacy.KeepUsual, time.Now()); err != nil {
		return misuse{err}
	}
	p, end := e.progress("exporting", x.Progress)
	figures, err := x.figures(e, p)
	end()
	if err != nil {
		return interrupted(e.ctx, err)
	}
	e.record(x.Path(e.getenv), ranNow("export", "--months", x.Months, "--format", x.Format))
	if len(figures) == 0 {
		fmt.Fprintf(e.stderr, "stepin: there are no figures for %s: none covers five people\n", x.Months)
	}
	if x.Format == "json" {
		out := json.NewEncoder(e.stdout)
		out.SetIndent("", "  ")
		return out.Encode(figures)
	}
	w := csv.NewWriter(e.stdout)
	rows := [][]string{{"month", "figure", "value", "n"}}
	for _, f := range figures {
		rows = append(rows, []string{f.Month, f.Name, f.Value, strconv.FormatFloat(f.N, 'f', -1, 64)})
	}
	return w.WriteAll(rows)
}

// figures come from the running stepin, or else from the file.
func (x exportCmd) figures(e env, p storage.Progress) ([]privacy.Figure, error) {
	figures := []privacy.Figure{}
	err := control.Tell(e.ctx, x.Path(e.getenv), exportName, url.Values{"months": {x.Months}}, p, &figures)
	if !errors.Is(err, control.ErrNotRunning) {
		return figures, err
	}
	c, err := x.Read(e.ctx, e.getenv)
	if err != nil {
		return nil, err
	}
	err = e.peek(x.Path(e.getenv), p, func(db *store.DB) (err error) {
		figures, err = erase.Months(e.ctx, db, x.Months, c.Retention(), time.Now(), p)
		return err
	})
	return figures, err
}
