package team

import (
	"slices"
	"testing"

	"stepin/nudges"
)

func TestRoute(t *testing.T) {
	on := func(nudges.UserID) nudges.Date { return "2026-03-04" }
	all := func(nudges.UserID) bool { return true }
	a := func(id, delegate nudges.UserID, from, until nudges.Date) Approver {
		return Approver{id, delegate, from, until}
	}
	for _, tt := range []struct {
		name string
		by   []Approver
		not  nudges.UserID // cannot be reached
		want []nudges.UserID
	}{
		{"in order, each with a delegate", []Approver{a("p", "d", "", ""), a("q", "", "", "")}, "", []nudges.UserID{"p", "d", "q"}},
		{"away: the delegate", []Approver{a("p", "d", "2026-03-04", "2026-03-04"), a("q", "", "", "")}, "", []nudges.UserID{"d", "q"}},
		{"back since yesterday", []Approver{a("p", "d", "2026-03-01", "2026-03-03")}, "", []nudges.UserID{"p", "d"}},
		{"away from tomorrow", []Approver{a("p", "d", "2026-03-05", "")}, "", []nudges.UserID{"p", "d"}},
		{"away until further notice", []Approver{a("p", "d", "2026-03-01", "")}, "", []nudges.UserID{"d"}},
		{"away, nobody stands in", []Approver{a("p", "", "", "2026-03-09"), a("q", "", "", "")}, "", []nudges.UserID{"q"}},
		{"the only one is away", []Approver{a("p", "", "", "2026-03-09")}, "", nil},
		{"unreachable", []Approver{a("p", "d", "", "")}, "p", []nudges.UserID{"d"}},
		{"the delegate is away, too", []Approver{a("p", "q", "", "2026-03-09"), a("q", "r", "", "2026-03-09")}, "", []nudges.UserID{"r"}},
		{"in a circle", []Approver{a("p", "q", "", "2026-03-09"), a("q", "p", "", "2026-03-09")}, "", nil},
		{"never the manager", []Approver{a("sam", "sam", "", ""), a("q", "sam", "", "")}, "", []nudges.UserID{"q"}},
	} {
		usable := all
		if tt.not != "" {
			usable = func(u nudges.UserID) bool { return u != tt.not }
		}
		got := Team{Manager: "sam", Policy: nudges.ByOthers, Approvers: tt.by}.Route(on, usable)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
