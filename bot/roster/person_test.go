package roster

import "testing"

// A colleague is told by workspace and organisation. The id of a workspace is never taken for one of an organisation.
func TestCompanyHas(t *testing.T) {
	alone := Company{Workspace: "T1"}
	inOrg := Company{Workspace: "T1", Organisation: "E1"}
	orgWide := Company{Organisation: "E1"}
	for name, tt := range map[string]struct {
		c                       Company
		workspace, organisation string
		want                    bool
	}{
		"same workspace":                             {alone, "T1", "", true},
		"same workspace, which has joined one":       {alone, "T1", "E1", true},
		"another workspace":                          {alone, "T2", "", false},
		"another, of an organisation":                {alone, "T2", "E2", false},
		"no workspace":                               {alone, "", "", false},
		"in one: same workspace":                     {inOrg, "T1", "E1", true},
		"in one: another workspace of it":            {inOrg, "T2", "E1", true},
		"in one: another organisation":               {inOrg, "T2", "E2", false},
		"in one: another, with our workspace's name": {inOrg, "T1", "E2", false},
		"in one: without an organisation, ours":      {inOrg, "T1", "", true},
		"in one: without an organisation, not ours":  {inOrg, "T2", "", false},
		"org-wide: a workspace of it":                {orgWide, "T2", "E1", true},
		"org-wide: another organisation":             {orgWide, "T2", "E2", false},
		"org-wide: a workspace of none":              {orgWide, "T2", "", false},
		"org-wide: the organisation's id as one's":   {orgWide, "E1", "", false},
		"org-wide: nothing":                          {orgWide, "", "", false},
		"nothing is known of us":                     {Company{}, "", "", false},
		"nothing of us, something of them":           {Company{}, "T1", "E1", false},
	} {
		if got := tt.c.Has(tt.workspace, tt.organisation); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
