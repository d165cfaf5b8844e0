package rules

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Manifest is the part of an app's manifest that the platform's behaviour depends on.
type Manifest struct {
	Display struct {
		Name string `json:"name"`
	} `json:"display_information"`
	Features struct {
		AppHome struct {
			Home     bool `json:"home_tab_enabled"`
			Messages bool `json:"messages_tab_enabled"`
			ReadOnly bool `json:"messages_tab_read_only_enabled"`
		} `json:"app_home"`
		BotUser struct {
			Name string `json:"display_name"`
		} `json:"bot_user"`
		Commands  []Command  `json:"slash_commands"`
		Shortcuts []Shortcut `json:"shortcuts"`
	} `json:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `json:"bot"`
		} `json:"scopes"`
	} `json:"oauth_config"`
	Settings struct {
		Events struct {
			Bot []string `json:"bot_events"`
		} `json:"event_subscriptions"`
		Interactivity struct {
			On bool `json:"is_enabled"`
		} `json:"interactivity"`
		SocketMode bool `json:"socket_mode_enabled"`
		OrgDeploy  bool `json:"org_deploy_enabled"`
	} `json:"settings"`
}

// Command is a slash command of the app's. Its JSON is what the page reads, too.
type Command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
	Hint        string `json:"usage_hint"`
	Escape      bool   `json:"should_escape,omitempty"`
}

// Shortcut is a shortcut of the app's. Its JSON is what the page reads, too.
type Shortcut struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Callback    string `json:"callback_id"`
	Description string `json:"description"`
}

// ReadManifest reads an app's manifest in JSON.
func ReadManifest(b []byte) (Manifest, error) {
	var m Manifest
	if len(b) == 0 {
		return m, fmt.Errorf("sandbox: Config.Manifest is empty: give the app's manifest as JSON")
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("sandbox: the manifest is not JSON of a manifest's shape: %w", err)
	}
	if name := m.Display.Name; name == "" || len([]rune(name)) > 35 {
		return m, fmt.Errorf("sandbox: the manifest's display_information.name needs 1 to 35 characters, has %q", name)
	}
	return m, nil
}

// HasScope says whether the app's bot token has a scope.
func (m *Manifest) HasScope(s string) bool { return slices.Contains(m.OAuth.Scopes.Bot, s) }

// eventScopes are the scopes without which a subscribed event is simply not delivered
// (docs.slack.dev/reference/app-manifest).
var eventScopes = map[string]string{
	"message.im": "im:history", "message.mpim": "mpim:history",
	"message.channels": "channels:history", "message.groups": "groups:history",
}

// Command is the app's slash command with a name; false if it has none.
func (m *Manifest) Command(name string) (Command, bool) {
	i := slices.IndexFunc(m.Features.Commands, func(c Command) bool { return c.Command == name })
	if i < 0 {
		return Command{}, false
	}
	return m.Features.Commands[i], true
}

// Subscribed says whether the app is sent an event.
func (m *Manifest) Subscribed(s string) bool {
	scope := eventScopes[s]
	return slices.Contains(m.Settings.Events.Bot, s) && (scope == "" || m.HasScope(scope))
}

// ConversationKinds are the kinds that a Channel can be of.
var ConversationKinds = []string{"channel", "private", "im", "mpim"}

// ScopeFor is the scope that a method of the family "history" or "read" wants for a conversation of kind.
func ScopeFor(family, kind string) string {
	switch kind {
	case "im":
		return "im:" + family
	case "mpim":
		return "mpim:" + family
	case "private":
		return "groups:" + family
	}
	return "channels:" + family
}

// ScopeToOpen is the scope for a conversation with so many people.
func ScopeToOpen(people int) string {
	if people > 1 {
		return "mpim:write"
	}
	return "im:write"
}
