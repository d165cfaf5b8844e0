package view

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/team"
)

// TestExportFile: a program reads what was typed, and a person can.
func TestExportFile(t *testing.T) {
	own := stage(t).scene(shippedWords(t), nudges.Request{}, sampleManager)
	typed := "a <b> & \"c\"\n\u202eחידוש"
	b, err := FileOf(own, []Entry{{Lines: []Line{Typed(own, privacy.Own{Name: "plan", Text: typed})}}}).Encoded()
	if err != nil {
		t.Fatal(err)
	}
	var f File
	if err := json.Unmarshal(b, &f); err != nil || len(f.Wrote) != 1 || f.Wrote[0].Lines[0].Text != typed {
		t.Errorf("%v, %s", err, b)
	}
	if !strings.Contains(string(b), "a <b> & ") || FileName(own) != "stepin-export-2026-03-04.json" {
		t.Errorf("%s is called %s", b, FileName(own))
	}
}

// Skills that just fit into their field still do after they were tidied up.
func TestSkillsFitTheirField(t *testing.T) {
	skills := make([]team.Skill, 0, 99)
	for i := range 99 {
		skills = append(skills, team.Skill{Name: fmt.Sprintf("%02d%s", i, strings.Repeat("s", 24)), Training: "ab"})
	}
	if n := len(team.WriteSkills(skills)); n <= maxInput {
		t.Fatalf("%d characters, too few for this test", n)
	}
	if n := len(skillsText(skills)); n > maxInput {
		t.Errorf("%d characters", n)
	}
	if got, err := team.ReadSkills(skillsText(skills)); err != nil || len(got) != len(skills) || got[7] != skills[7] {
		t.Errorf("read back: %d, %v", len(got), err)
	}
}
