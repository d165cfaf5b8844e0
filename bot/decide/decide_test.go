package decide

import (
	"errors"
	"testing"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/verdict"
)

func TestEndedOn(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 4, 0, 30, 0, 0, berlin) // still the third in UTC
	for day, want := range map[string]string{
		"2026-03-04": "2026-03-04 00:30", "2026-03-03": "2026-03-03 12:00", "2026-01-04": "2026-01-04 12:00",
		"2026-03-05": "", "2026-01-02": "", "1970-01-01": "", "": "", "4 March": "",
	} {
		at, err := endedOn(day, now, berlin)
		got := at.Format("2006-01-02 15:04")
		if want != "" && (err != nil || got != want) || want == "" && !errors.Is(err, nudges.ErrDay) {
			t.Errorf("%q: %s, %v", day, got, err)
		}
	}
}

// TestLearnsIn is when the fields of a call change a mark.
func TestLearnsIn(t *testing.T) {
	was := nudges.Request{Rep: "dana", Deal: "Acme", Past: verdict.Past{Learn: "to wait"}}
	none := nudges.Request{Rep: "dana", Deal: "Acme"}
	for _, tt := range []struct {
		name  string
		r     nudges.Request
		deal  string
		typed string
		shown bool
		want  bool
	}{
		{"typed", none, "Acme", "to ask", true, true},
		{"changed", was, "acme!", "to ask", true, true},
		{"untouched", was, "Acme", " to wait ", true, false},
		{"emptied", was, "Acme", "", true, true},
		{"a window without the field", was, "Acme", "", false, false},
		{"untouched, another deal", was, "Hooli", "to wait", true, false},
		{"typed for another deal", was, "Hooli", "to ask", true, true},
		{"emptied, another deal", was, "Hooli", "", true, false},
		{"nothing there, another deal", none, "Hooli", "", true, false},
	} {
		c := &handler{in: form.Input{Shown: map[string]bool{form.ActLearn: tt.shown}, Form: map[string]string{form.ActLearn: tt.typed}}}
		if got := c.learnsIn(tt.r, nudges.Describe{Rep: "dana", Deal: tt.deal}); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
