package check

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"stepin/bot/slackapi"
)

// A Part is a group of optional scopes, or another optional part of the manifest.
type Part struct {
	Name, For string
	Scopes    []string
}

// Asks lists the scopes, in words.
func (p Part) Asks() string { return cmp.Or(strings.Join(p.Scopes, ", "), "no scope") }

// organisation is the Part that lets an organisation's admin install the app for the whole of it.
const organisation = "organisation"

// Parts are all of them.
var Parts = []Part{
	{
		"group-dm", "a debrief between the two in a group DM, if the team has no channel",
		[]string{"mpim:write", "mpim:history"},
	},
	{
		"channel-lookup", "looking up stepin's own debrief in a channel, and the state of the channel",
		[]string{"channels:read", "channels:history"},
	},
	{"private-channels", "the same for private channels", []string{"groups:read", "groups:history"}},
	{"usergroup", "a user group in the setting allowed", []string{"usergroups:read"}},
	{"file-export", "/stepin export as one file", []string{slackapi.FileScope}},
	{organisation, "installing the app for a whole organisation, instead of one workspace", nil},
}

// Shortcut is the callback id of the global shortcut.
const Shortcut = "stepin_start"

// Manifest returns the app manifest to paste into Slack, as JSON. It asks for the required scopes and those of the
// named Parts.
func Manifest(optional ...string) ([]byte, error) {
	var scopes []string
	for _, s := range slackapi.Scopes {
		scopes = append(scopes, s.Name)
	}
	for _, g := range optional {
		i := slices.IndexFunc(Parts, func(p Part) bool { return p.Name == g })
		if i < 0 {
			var all []string
			for _, p := range Parts {
				all = append(all, p.Name)
			}
			return nil, fmt.Errorf("no optional part is called %q: choose from %s", g, strings.Join(all, ", "))
		}
		for _, s := range Parts[i].Scopes {
			if !slices.Contains(scopes, s) {
				scopes = append(scopes, s)
			}
		}
	}
	m := map[string]any{
		"_metadata": map[string]any{"major_version": 2, "minor_version": 1},
		"display_information": map[string]any{
			"name": "stepin", "description": "One honest minute before you step into a rep's call",
			"background_color": "#2c4a3e",
		},
		"features": map[string]any{
			"app_home": map[string]any{
				"home_tab_enabled": true, "messages_tab_enabled": true, "messages_tab_read_only_enabled": true,
			},
			"bot_user": map[string]any{"display_name": "stepin", "always_online": true},
			"shortcuts": []any{map[string]any{
				"name": "Step in?", "type": "global", "callback_id": Shortcut,
				"description": "One honest minute before a rep's call",
			}},
			"slash_commands": []any{map[string]any{
				"command": "/stepin", "description": "One honest minute before a rep's call",
				"usage_hint": "@rep deal | now | ask @manager deal | debrief | history | privacy | export | forget | " +
					"why | help",
				"should_escape": true, // or people's ids do not arrive
			}},
		},
		"oauth_config": map[string]any{"scopes": map[string]any{"bot": scopes}},
		"settings": map[string]any{
			"event_subscriptions": map[string]any{"bot_events": []string{"app_home_opened", "user_change"}},
			"interactivity":       map[string]any{"is_enabled": true},
			"org_deploy_enabled":  slices.Contains(optional, organisation),
			"socket_mode_enabled": true, "token_rotation_enabled": false,
		},
	}
	return json.MarshalIndent(m, "", "  ")
}
