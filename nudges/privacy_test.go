package nudges

import "testing"

func TestMaySee(t *testing.T) {
	for _, c := range []struct {
		viewer Role
		kind   string
		own    bool
		want   bool
	}{
		{Author, ShownPause, true, true},
		{Author, ShownPause, false, false},
		{Rep, ShownPause, true, false},
		{Anyone, ShownCard, false, false},
		{Author, ShownCard, true, true},
		{Approver, ShownCard, false, false},
		{Author, ShownRepDM, false, false},
		{Rep, ShownRepDM, true, true},
		{Rep, ShownRepDM, false, false},
		{Anyone, ShownHome, true, true},
		{Anyone, ShownHome, false, false},
		{Anyone, ShownChannel, false, true},
		{Author, "diary", true, false},
	} {
		if got := MaySee(c.viewer, c.kind, c.own); got != c.want {
			t.Errorf("%s, %s, own %v: %v", c.viewer, c.kind, c.own, got)
		}
	}
	for kind, k := range shown {
		if k.What == "" || k.Why == "" || len(k.Sees) == 0 || k.Days < 0 || k.Days > 90 {
			t.Errorf("%s: %+v", kind, k)
		}
	}
}
