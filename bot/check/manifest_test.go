package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/slack-go/slack"
)

// readBack reads a manifest as slack-go knows it; a field that Slack does not know is an
// error there (docs.slack.dev/reference/app-manifest: unknown properties are rejected), and so it is here.
func readBack(t *testing.T, b []byte) slack.Manifest {
	t.Helper()
	var m slack.Manifest
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestManifest(t *testing.T) {
	b, err := Manifest()
	if err != nil {
		t.Fatal(err)
	}
	m := readBack(t, b)
	if !bytes.Contains(b, []byte("\n  ")) {
		t.Error("not indented")
	}
	if got, want := m.OAuthConfig.Scopes.Bot, []string{
		"commands", "chat:write", "im:write", "im:history",
		"users:read",
	}; !slices.Equal(got, want) {
		t.Errorf("scopes %v, want %v and no more", got, want)
	}
	if len(m.OAuthConfig.Scopes.User) > 0 {
		t.Error("asks for what a user token may do")
	}
	if s := m.Settings; !s.SocketModeEnabled || s.TokenRotationEnabled || s.Interactivity == nil ||
		!s.Interactivity.IsEnabled {
		t.Error("needs Socket Mode and interactivity on, token rotation off")
	}
	if got, want := m.Settings.EventSubscriptions.BotEvents, []string{
		"app_home_opened",
		"user_change",
	}; !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	if h := m.Features.AppHome; !h.HomeTabEnabled || !h.MessagesTabEnabled || !h.MessagesTabReadOnlyEnabled {
		t.Error("needs the Home tab, and a Messages tab in which nobody can type")
	}
	if len(m.Features.Shortcuts) != 1 || m.Features.Shortcuts[0].CallbackID != Shortcut ||
		m.Features.Shortcuts[0].Name != "Step in?" {
		t.Errorf("shortcuts %+v", m.Features.Shortcuts)
	}
	if len(m.Features.SlashCommands) != 1 || m.Features.SlashCommands[0].Command != "/stepin" ||
		!m.Features.SlashCommands[0].ShouldEscape {
		t.Errorf("commands %+v: /stepin must be escaped, or people in it have no ids", m.Features.SlashCommands)
	}
	for _, limit := range []struct {
		what, text string
		most       int // the manifest's schema
	}{
		{"name", m.Display.Name, 35},
		{"description", m.Display.Description, 140},
		{"bot's name", m.Features.BotUser.DisplayName, 80},
		{"shortcut's name", m.Features.Shortcuts[0].Name, 24},
		{"shortcut's description", m.Features.Shortcuts[0].Description, 150},
	} {
		if n := len([]rune(limit.text)); n == 0 || n > limit.most {
			t.Errorf("%s has %d characters, 1 to %d fit", limit.what, n, limit.most)
		}
	}
}

func TestManifestOptional(t *testing.T) {
	b, err := Manifest("group-dm", "channel-lookup", "private-channels", "usergroup", "file-export", "group-dm")
	if err != nil {
		t.Fatal(err)
	}
	got := readBack(t, b).OAuthConfig.Scopes.Bot
	for _, want := range []string{
		"users:read", "mpim:write", "mpim:history", "channels:read", "channels:history",
		"groups:read", "groups:history", "usergroups:read", "files:write",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no scope %s in %v", want, got)
		}
	}
	var settings struct {
		Settings map[string]any `json:"settings"`
	}
	for part, on := range map[string]bool{"organisation": true, "usergroup": false} {
		b, err := Manifest(part)
		if err := errors.Join(err, json.Unmarshal(b, &settings)); err != nil {
			t.Fatal(err)
		}
		if settings.Settings["org_deploy_enabled"] != on {
			t.Errorf("with %s: %v", part, settings.Settings)
		}
	}
	if once := slices.Compact(slices.Sorted(slices.Values(got))); len(once) != len(got) {
		t.Errorf("a scope twice in %v", got)
	}
	_, err = Manifest("group-dm", "everything")
	if err == nil {
		t.Fatal("no error for a group that there is not")
	}
	for _, want := range []string{
		`"everything"`, "channel-lookup", "group-dm", "private-channels", "usergroup",
		"file-export",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %s in %q", want, err)
		}
	}
}
