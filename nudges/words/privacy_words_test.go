package words

import (
	"strings"
	"testing"

	"stepin/nudges/privacy"
)

// Every row has a class with a time that can be told.
func TestPrivacyTellsEveryRow(t *testing.T) {
	w, kept := loadWords(t), privacy.Keeping()
	if n := len(w.Privacy(privacy.KeepUsual)); n != len(kept)+2 { // the lead and two at the end, and not the file's own
		t.Errorf("%d lines for %d rows", n, len(kept))
	}
	all := ""
	for _, l := range w.Privacy(privacy.Keep{Text: privacy.Days(7), Counts: privacy.Days(365), SensitiveOff: true}) {
		all += l.Plain() + "\n"
	}
	for _, k := range kept {
		if k.Class != privacy.ClassFile && strings.Contains(all, w.Text("keep-"+k.Name, Data{}).Plain()) == k.Optional {
			t.Errorf("%s is told: %v", k.Name, k.Optional)
		}
	}
	if told := "will see a takeover, and when. Nothing else"; !strings.Contains(all, told) ||
		!strings.Contains(w.Text("now-told", sample).Plain(), told) {
		t.Errorf("of a running call it says something else than the window:\n%s", all)
	}
	if !strings.Contains(all, "I delete it 7 days") || strings.Contains(all, "30 days") {
		t.Errorf("not as it is set:\n%s", all)
	}
}
