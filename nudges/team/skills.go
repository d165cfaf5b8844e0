package team

import (
	"errors"
	"slices"
	"strings"
)

// ErrSkills means too many skills, or one with too long a name.
var ErrSkills = errors.New("too many skills, or one with too long a name")

// roomSkill is how many characters an option of a menu has (docs.slack.dev/reference/block-kit).
const roomSkill = 75

// maxSkills keeps a list of skills within what a menu can show (docs.slack.dev/reference/block-kit).
const maxSkills = 100

// ReadSkills reads skills as people write them, one a line: "Pricing: Negotiation basics".
// Too many, or one of more than 75 characters, is ErrSkills.
func ReadSkills(text string) ([]Skill, error) {
	var out []Skill
	for line := range strings.Lines(text) {
		name, training, _ := strings.Cut(line, ":")
		s := Skill{strings.Join(strings.Fields(name), " "), strings.Join(strings.Fields(training), " ")}
		if s.Name == "" {
			continue
		}
		if len([]rune(s.Name)) > roomSkill || len([]rune(s.Training)) > roomSkill || len(out) == maxSkills {
			return nil, ErrSkills
		}
		if !slices.ContainsFunc(out, func(x Skill) bool { return strings.EqualFold(x.Name, s.Name) }) {
			out = append(out, s)
		}
	}
	return out, nil
}

// WriteSkills is the text that ReadSkills reads.
func WriteSkills(skills []Skill) string {
	var b strings.Builder
	for _, s := range skills {
		b.WriteString(s.Name)
		if s.Training != "" {
			b.WriteString(": " + s.Training)
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String())
}
