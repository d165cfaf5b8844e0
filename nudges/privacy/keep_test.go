package privacy

import (
	"slices"
	"strings"
	"testing"

	"stepin/nudges"
)

// Each kind of words on a request is in one row of text, and every such row is found among them.
func TestKeeping(t *testing.T) {
	found := map[string]bool{}
	for _, x := range writings {
		i := slices.IndexFunc(kept, func(k Kept) bool { return slices.Contains(k.Fields, x.field) })
		if i < 0 || kept[i].Class != ClassText {
			t.Errorf("%s is in no row of text", x.field)
			continue
		}
		found[x.field] = true
	}
	for _, k := range kept {
		for _, f := range k.Fields {
			if k.Class == ClassText && strings.HasPrefix(f, "requests.") && !found[f] {
				t.Errorf("%s is text, and nothing erases it", f)
			}
		}
	}
}

// A rep does not get to read, of their own words, what is the manager's own.
func TestOwnTellsNothing(t *testing.T) {
	r := nudges.Request{
		Manager: "U1", Rep: "U2", Way: nudges.ByPause, Deal: "Acme", Phase: nudges.Done,
		Debrief: nudges.Debriefing{State: nudges.DebriefQuiet, Reason: "no need"},
	}
	if own := OwnWords(r, "U2"); len(own) != 0 {
		t.Errorf("%q", own)
	}
	if own := OwnWords(r, "U1"); len(own) != 1 {
		t.Errorf("%q", own)
	}
	r.Debrief.State, r.Debrief.Place = nudges.DebriefShared, nudges.InGroup
	if own := OwnWords(r, "U2"); len(own) != 1 {
		t.Errorf("shared: %q", own)
	}
}
