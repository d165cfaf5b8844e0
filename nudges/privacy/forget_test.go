package privacy

import (
	"testing"

	"stepin/nudges"
)

func TestRemoves(t *testing.T) {
	r := nudges.Request{ID: "R1", Manager: "U1", Rep: "U2"}
	for _, c := range []struct {
		key  string
		who  nudges.UserID
		want bool
	}{
		{"R1/2/U1/card", "U1", true},
		{"R1/2/U8/ask", "U1", true},
		{"R1/2/thread/root", "U1", true},
		{"R1/2/U1/card", "U2", false},
		{"R1/2/U2/word", "U2", true},
		{"R1/2/U1/reply", "U2", true},
		{"R1/2/thread/root", "U2", true},
		{"R1/2/U8/ask", "U8", true},
		{"R1/2/U1/card", "U8", false},
		{"R1/2/thread/root", "U8", false},
		{"R1/2/U1/edit-3", "U1", false},
		{"R1/2/U1/card/removed", "U1", false},
		{"R1", "U1", false},
	} {
		if got := Removes(r, c.key, c.who); got != c.want {
			t.Errorf("%s, %s: %v", c.key, c.who, got)
		}
	}
}
