package main

import (
	"embed"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"

	"stepin/bot/check"
)

//go:embed completion
var completions embed.FS

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"One of ${enum}."`
}

func (completionCmd) Help() string {
	return `The comment at the top of the script says how to use it. Make it again after an update of stepin.`
}

// A completed is a command as a shell completes it.
type completed struct {
	Name, Help string
	Words      []string // what its argument can be
	Files      bool     // its argument is a file
	Flags      []completedFlag
}

type completedFlag struct {
	Name, Help string
	Takes      bool     // a value follows,
	Words      []string // which is one of these,
	File       bool     // or a file
}

func (c completionCmd) Run(e env, k *kong.Context) error {
	single := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	t, err := template.New("").Funcs(template.FuncMap{
		"quote": single, "join": func(words []string) string { return strings.Join(words, " ") },
	}).ParseFS(completions, "completion/*.tmpl")
	if err != nil {
		return err
	}
	return t.ExecuteTemplate(e.stdout, c.Shell+".tmpl", completedCommands(k.Model))
}

// completedCommands are what the shells complete, from the model that --help prints.
func completedCommands(m *kong.Application) (all []completed) {
	var names []string
	for _, n := range m.Children {
		names = append(names, n.Name)
	}
	for _, n := range m.Children {
		c := completed{Name: n.Name, Help: n.Help}
		for _, p := range n.Positional {
			c.Words, c.Files = wordsOf(p), c.Files || p.Name == "file"
		}
		if n.Name == "help" {
			c.Words = slices.Concat(topics, names)
		}
		for _, f := range slices.Concat(n.Flags, []*kong.Flag{m.HelpFlag}) {
			flag := completedFlag{
				Name: f.Name, Help: f.Help, Takes: !f.IsBool(), Words: wordsOf(f.Value), File: f.PlaceHolder == "FILE",
			}
			if n.Name == "manifest" && f.Name == "with" {
				for _, p := range check.Parts {
					flag.Words = append(flag.Words, p.Name)
				}
			}
			c.Flags = append(c.Flags, flag)
		}
		all = append(all, c)
	}
	return all
}

// wordsOf are what a value can be, if only some words are allowed.
func wordsOf(v *kong.Value) []string {
	if v.Enum == "" {
		return nil
	}
	return v.EnumSlice()
}
