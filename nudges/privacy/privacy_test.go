package privacy

import "testing"

func TestMaySee(t *testing.T) {
	for _, c := range []struct {
		viewer Role
		kind   string
		own    bool
		want   bool
	}{
		{RoleAuthor, ShownPause, true, true},
		{RoleAuthor, ShownPause, false, false},
		{RoleRep, ShownPause, true, false},
		{RoleAnyone, ShownCard, false, false},
		{RoleAuthor, ShownCard, true, true},
		{RoleApprover, ShownCard, false, false},
		{RoleAuthor, ShownRepDM, false, false},
		{RoleRep, ShownRepDM, true, true},
		{RoleRep, ShownRepDM, false, false},
		{RoleAnyone, ShownHome, true, true},
		{RoleAnyone, ShownHome, false, false},
		{RoleAnyone, ShownChannel, false, true},
		{RoleAuthor, "diary", true, false},
	} {
		if got := MaySee(c.viewer, c.kind, c.own); got != c.want {
			t.Errorf("%s, %s, own %v: %v", c.viewer, c.kind, c.own, got)
		}
	}
	for kind, sees := range shown {
		if len(sees) == 0 {
			t.Errorf("nobody may see %s", kind)
		}
	}
}
