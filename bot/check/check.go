// Package check is "stepin check": it lists what keeps stepin from working in a workspace, with what to do about it. It
// also writes the app's manifest. It changes nothing, in Slack or in the file.
//
// The files: check.go runs the checks; findings.go checks whom the settings name; manifest.go is the manifest.
package check

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/health"
	"stepin/bot/people"
	"stepin/bot/roster"
	"stepin/bot/slackapi"
	"stepin/bot/view"
	"stepin/bot/zones"
)

// A Finding is one thing that was checked.
type Finding struct {
	OK     bool
	Unseen bool // Slack does not say: look yourself
	Name   string
	Says   string
	Remedy string // what to do if not OK
}

// clockSlack is how far this machine's clock may differ from Slack's.
const clockSlack = 30 * time.Second

// Run checks the tokens, scopes, socket and clock, the zone data, whom the settings name, and which wordings are cut
// when sent. team is the workspace or organisation that the file belongs to; "" for none yet. Run goes as far as the
// host of a socket, and opens none: another socket would take live commands. It keeps Slack's limits, so it takes a
// minute for each hundred people named.
func Run(ctx context.Context, o slackapi.Options, team string, s roster.Settings) []Finding {
	quiet := slog.New(slog.DiscardHandler)
	c := slackapi.New(o, quiet, health.New(quiet, time.Now), health.NewMeter(), time.Now)
	api := c.API()
	var out []Finding
	res, err := slackapi.Identify(ctx, api)
	switch {
	case err == nil:
		c.Meet(res)
		out = append(out, usFound(c.Us(), res.Team, team)...)
		out = append(out, scopesFound(res.Header)...)
		out = append(out, clockFound(res.Header)...)
	case slackapi.Refused(err):
		out = append(out, fault(o, "bot token", slackapi.AuthTest, err))
	default: // nothing else will get through either
		return append(out, fault(o, "Slack", slackapi.AuthTest, err))
	}
	out = append(out, socketFound(ctx, o, api)...)
	clocks := zones.New(quiet, time.Now)
	who := people.NewDirectory(c, clocks, quiet).Patient()
	out = append(out, allowedFindings(ctx, c, who, s.Allowed)...)
	out = append(out, TeamFindings(ctx, who, s.Teams, true, 0)...)
	out = append(out, adminFindings(ctx, who, s.Admins, true)...)
	out = append(out, contactFindings(ctx, who, s.Contact)...)
	out = append(out, channelFindings(ctx, who, s.Teams, 0)...)
	out = append(out, zoneFindings(clocks)...)
	if s.Words != nil {
		for _, text := range view.Overlong(s.Words) {
			out = append(out, Finding{
				Name: "wording", Says: "is cut when sent: " + text, Remedy: "shorten this text in your wording files",
			})
		}
	}
	return append(out, Finding{
		Unseen: true, Name: "Home tab", Says: "must be on, and no call shows whether it is",
		Remedy: "look under App Home, Show Tabs",
	})
}

// socketFound asks for a socket's address, and tries the way to its host.
func socketFound(ctx context.Context, o slackapi.Options, api *slack.Client) []Finding {
	_, address, err := api.StartSocketModeContext(ctx)
	if err != nil {
		return []Finding{fault(o, "app token", slackapi.OpenSocket, err)}
	}
	out := []Finding{{OK: true, Name: "app token", Says: "may open a socket (none was opened)"}}
	host, proxied, err := o.TrySocket(ctx, address)
	if err != nil {
		return append(out, fault(o, "socket", slackapi.OpenSocket, err))
	}
	says := "its host " + host + " can be reached"
	if proxied {
		says += " through the proxy"
	}
	return append(out, Finding{OK: true, Name: "socket", Says: says})
}

// usFound says whose token it is, and whether the file is theirs. name is what Slack calls them.
func usFound(us slackapi.Us, name, file string) (out []Finding) {
	f := Finding{OK: true, Name: "bot token", Says: "works in the workspace " + name}
	if us.OrgWide() {
		f.Says = "works in all workspaces of the organisation " + name
	}
	out = append(out, f)
	if us.OrgWide() {
		out = append(out, Finding{
			Unseen: true, Name: "workspaces", Says: "must each have the app, and no call shows which have it",
			Remedy: "look under Integrations in the organisation's settings: an admin there adds the app to workspaces",
		})
	}
	if file == "" || file == us.Team || us.OrgWide() && file == us.Workspace {
		return out
	}
	f = Finding{
		Name:   "workspace",
		Says:   "the file belongs to " + file + ", and the token to " + us.Team + ", which is " + name,
		Remedy: "use a token of " + file + ", or name another file with --db or STEPIN_DB",
	}
	if us.OrgWide() {
		f.Remedy += "; if " + file + " is a workspace of this organisation, set team_id: " + file + " in stepin.yaml"
	}
	return append(out, f)
}

func scopesFound(h http.Header) (out []Finding) {
	lacks, told := slackapi.MissingScopes(h)
	if !told {
		return []Finding{{
			Unseen: true, Name: "scopes", Says: "were not told; a proxy may have dropped the header X-OAuth-Scopes",
			Remedy: "look under OAuth & Permissions for those that \"stepin manifest\" prints",
		}}
	}
	for _, s := range slackapi.Scopes {
		f := Finding{OK: !slices.Contains(lacks, s.Name), Name: "scope " + s.Name, Says: "for " + s.For}
		if !f.OK {
			f.Says = "is missing; it is " + f.Says
			f.Remedy = "add " + s.Name + " under OAuth & Permissions " +
				"(or paste what \"stepin manifest\" prints), then reinstall the app"
		}
		out = append(out, f)
	}
	f := Finding{OK: true, Name: "scope " + slackapi.FileScope, Says: "for /stepin export as a file"}
	if !slices.Contains(slackapi.GivenScopes(h), slackapi.FileScope) {
		f.Says = "is not there, and need not be: /stepin export gives messages instead of a file " +
			"(\"stepin manifest --with file-export\")"
	}
	return append(out, f)
}

func clockFound(h http.Header) []Finding {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return nil
	}
	off := time.Since(date).Abs().Truncate(time.Second)
	f := Finding{OK: off <= clockSlack, Name: "clock", Says: "is " + off.String() + " from Slack's"}
	if !f.OK {
		f.Remedy = "set this machine's clock (NTP), or starts and ends of calls will be off"
	}
	return []Finding{f}
}

// zoneFindings say where our zone data is, how old it is, and in which zones Slack has another offset.
func zoneFindings(clocks *zones.Zones) []Finding {
	f := Finding{OK: true, Name: "time zones", Says: zones.Usual().String()}
	if why := zones.Fault(); why != "" {
		f.OK, f.Says, f.Remedy = false, why+"; used instead: "+f.Says, zones.MendZoneinfo
	}
	out := []Finding{f}
	for _, d := range clocks.Differences() {
		from := zones.Data(d.Zone)
		says := "in " + d.Zone + " Slack has " + d.Slack + ", which counts; our data, "
		if d.Ours == "" {
			says += from.String() + ", does not know the zone"
		} else {
			says += from.String() + ", has " + d.Ours
		}
		out = append(out, Finding{Unseen: true, Name: "time zones", Says: says, Remedy: from.Newer()})
	}
	return out
}

func fault(o slackapi.Options, name, method string, err error) Finding {
	s := o.Explain(method, err)
	return Finding{Name: name, Says: s.What, Remedy: s.Remedy}
}
