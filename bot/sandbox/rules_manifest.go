package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
)

// manifest is the part of an app's manifest that the platform's behaviour depends on.
type manifest struct {
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
		Commands []struct {
			Command string `json:"command"`
			Escape  bool   `json:"should_escape"`
		} `json:"slash_commands"`
		Shortcuts []struct {
			Name     string `json:"name"`
			Type     string `json:"type"`
			Callback string `json:"callback_id"`
		} `json:"shortcuts"`
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
	} `json:"settings"`
}

func readManifest(b []byte) (manifest, error) {
	var m manifest
	if len(b) == 0 {
		return m, fmt.Errorf("sandbox: Config.Manifest is empty: give the app's manifest as JSON")
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("sandbox: the manifest is not JSON of a manifest's shape: %w", err)
	}
	if m.Display.Name == "" || len([]rune(m.Display.Name)) > 35 {
		return m, fmt.Errorf("sandbox: the manifest's display_information.name needs 1 to 35 characters, has %q", m.Display.Name)
	}
	return m, nil
}

func (m *manifest) scope(s string) bool { return slices.Contains(m.OAuth.Scopes.Bot, s) }

// eventScopes are the scopes without which a subscribed event is simply not delivered (SLACK.md section 7).
var eventScopes = map[string]string{
	"message.im": "im:history", "message.mpim": "mpim:history",
	"message.channels": "channels:history", "message.groups": "groups:history",
}

func (m *manifest) event(s string) bool {
	scope := eventScopes[s]
	return slices.Contains(m.Settings.Events.Bot, s) && (scope == "" || m.scope(scope))
}

// methodRule is what a method demands. The tiers are of SLACK.md section 6.
type methodRule struct {
	scope    string // "" none; "history" and "read" depend on the conversation's kind
	appToken bool   // wants the app-level token instead of the bot's
	tier     int    // calls a minute; 0 for those with limits of their own
}

const (
	tier2 = 20
	tier3 = 50
	tier4 = 100
)

var methodRules = map[string]methodRule{
	"auth.test":             {tier: 600}, // "special": hundreds a minute
	"apps.connections.open": {appToken: true, tier: tier3},
	"chat.postMessage":      {scope: "chat:write"},
	"chat.postEphemeral":    {scope: "chat:write", tier: tier4},
	"chat.update":           {scope: "chat:write", tier: tier3},
	"chat.delete":           {scope: "chat:write", tier: tier3},
	"views.open":            {tier: tier4},
	"views.push":            {tier: tier4},
	"views.update":          {tier: tier4},
	"views.publish":         {tier: tier4},
	"users.info":            {scope: "users:read", tier: tier4},
	"users.list":            {scope: "users:read", tier: tier2},
	"usergroups.users.list": {scope: "usergroups:read", tier: tier2},
	"conversations.open":    {tier: tier3}, // its scope depends on with how many, see scopeToOpen
	"conversations.history": {scope: "history", tier: tier3},
	"conversations.replies": {scope: "history", tier: tier3},
	"conversations.info":    {scope: "read", tier: tier3},
	"conversations.members": {scope: "read", tier: tier4},

	"files.getUploadURLExternal":   {scope: "files:write", tier: tier4},
	"files.completeUploadExternal": {scope: "files:write", tier: tier4},
	"files.delete":                 {scope: "files:write", tier: tier3},
}

// conversationKinds are the kinds that a Channel can be of.
var conversationKinds = []string{"channel", "private", "im", "mpim"}

// scopeFor is the scope that a method of the family "history" or "read" wants for a conversation of kind.
func scopeFor(family, kind string) string {
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

// refusal is an answer that says no.
type refusal struct {
	code  string
	extra obj // more fields of the answer
}

func no(code string) *refusal { return &refusal{code: code} }

func (m *manifest) missing(scope string) *refusal {
	provided := ""
	for i, s := range m.OAuth.Scopes.Bot {
		if i > 0 {
			provided += ","
		}
		provided += s
	}
	return &refusal{code: "missing_scope", extra: obj{"needed": scope, "provided": provided}}
}

// badArguments is a refusal that says where: messages are those of the platform, with JSON pointers.
func badArguments(code string, messages []string) *refusal {
	return &refusal{code: code, extra: obj{"response_metadata": obj{"messages": messages}}}
}
