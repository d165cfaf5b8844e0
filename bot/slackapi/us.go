package slackapi

import "github.com/slack-go/slack"

// Us is whose token stepin has.
type Us struct {
	// Team is the id of a workspace, or of an organisation if the app is installed for the whole of it. It says whose a
	// token and a file are, and must not be compared with the workspace of a person or of an input.
	Team         string
	Organisation string // id; "" if the workspace belongs to none
	// Workspace is the id of a workspace, which some methods need: Team, or Options.Workspace where Team is an
	// organisation. It may be "" there.
	Workspace string
	User      string // our user
}

// OrgWide says whether the app is installed for a whole organisation, and not in one workspace.
func (u Us) OrgWide() bool { return u.Organisation != "" && u.Team == u.Organisation }

// Us is whose token it is, by the last auth.test; the zero Us before the first.
func (c *Client) Us() Us {
	if u := c.us.Load(); u != nil {
		return *u
	}
	return Us{}
}

// Meet notes what an auth.test says about us. A workspace can join an organisation while stepin runs.
func (c *Client) Meet(res *slack.AuthTestResponse) {
	u := c.opt.usOf(res)
	c.us.Store(&u)
}

func (o Options) usOf(res *slack.AuthTestResponse) Us {
	u := Us{Team: res.TeamID, Organisation: res.EnterpriseID, Workspace: res.TeamID, User: res.UserID}
	if u.OrgWide() {
		u.Workspace = o.Workspace
	}
	return u
}
