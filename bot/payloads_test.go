package bot

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"stepin/bot/check"
	"stepin/bot/decode"
	"stepin/bot/form"
	"stepin/bot/zones"
)

// received reads a frame. ok is false for one that stepin does not use or cannot read.
func received(frame []byte) (in form.Input, ok bool) {
	f, _ := decode.Open(frame)
	in = decode.Decode(f)
	return in, in.Kind != form.Nothing && in.Odd == ""
}

// interactive reads the payload of an interaction.
func interactive(tb testing.TB, payload any) (in form.Input, ok bool) {
	tb.Helper()
	frame, err := json.Marshal(map[string]any{"type": "interactive", "envelope_id": "env-1", "payload": payload})
	if err != nil {
		tb.Fatal(err)
	}
	return received(frame)
}

// TestPayloads reads an envelope of each kind. Those in testdata/payloads were put together
// from the platform's reference (docs.slack.dev/reference/interaction-payloads); a recorded one, cleaned of ids and
// secrets, may take the place of any.
func TestPayloads(t *testing.T) {
	const request = "R0123456789ABCDEF"
	sam := func(in form.Input) form.Input { in.User = "U0SAM001"; return in }
	fields := map[string]string{"rep": "U0DANA01", "deal": "Müller & Söhne <EU>", "day": "2026-03-04", "time": "09:30", "length": "45"}
	noDeal := maps.Clone(fields)
	delete(noDeal, "deal")
	shown := func(actions ...string) map[string]bool {
		has := map[string]bool{}
		for _, a := range actions {
			has[a] = true
		}
		return has
	}
	for file, want := range map[string]form.Input{
		"command": sam(form.Input{
			Kind: form.Typed, Identity: "command/1001.2002.aaaa", Trigger: "1001.2002.aaaa",
			Respond: "https://hooks.slack.com/commands/T0ACME01/1000/cleaned", Text: "<@U0DANA01|dana> Acme &amp; Sons",
		}),
		"command-enterprise": sam(form.Input{
			Kind: form.Typed, Identity: "command/1001.2002.aaaa", Trigger: "1001.2002.aaaa",
			Respond: "https://hooks.slack.com/commands/T0ACME01/1000/cleaned", Text: "now",
		}),
		"shortcut": sam(form.Input{Kind: form.Shortcut, Identity: "shortcut/1003.2002.bbbb", Trigger: "1003.2002.bbbb", Callback: check.Shortcut}),
		"tap-option": sam(form.Input{
			Kind: form.Tapped, Identity: "tap/V0MODAL1/1772610963.221100/P7/U0SAM001", Trigger: "1004.2002.cccc", Where: form.OnModal,
			ViewID: "V0MODAL1", ViewHash: "1772610961.aBcDeFgH", Callback: "facts", Request: request, Seen: 1,
			Action: "P7", Form: map[string]string{"P7": "not_yet"}, Shown: shown("P7", "P8"),
		}),
		"tap-hold-back": sam(form.Input{
			Kind: form.Tapped, Identity: "tap/V0MODAL1/1772610964.100000/hold/U0SAM001", Trigger: "1005.2002.dddd", Where: form.OnModal,
			ViewID: "V0MODAL1", ViewHash: "1772610961.aBcDeFgH", Callback: "facts", Request: request, Seen: 1,
			Action: "hold", Value: `{"r":"R0123456789ABCDEF","n":1}`, Form: map[string]string{"P7": "yes"}, Shown: shown("P7", "P8"),
		}),
		"tap-home": sam(form.Input{
			Kind: form.Tapped, Identity: "tap/V0HOME01/1772610965.300000/carry/U0SAM001", Trigger: "1006.2002.eeee", Where: form.OnHome,
			ViewID: "V0HOME01", ViewHash: "1772610961.aBcDeFgH", Request: request, Seen: 1,
			Action: "carry", Value: `{"r":"R0123456789ABCDEF","n":1}`, Form: map[string]string{}, Shown: shown(),
		}),
		"tap-card": sam(form.Input{
			Kind: form.Tapped, Identity: "tap/D0SAM001/1772610970.000200/1772610980.400000/mind/U0SAM001", Trigger: "1007.2002.ffff", Where: form.OnMessage,
			Respond: "https://hooks.slack.com/actions/T0ACME01/1001/cleaned", Request: request, Seen: 3,
			Action: "mind", Value: `{"r":"R0123456789ABCDEF","n":3}`,
		}),
		"tap-ephemeral": sam(form.Input{
			Kind: form.Tapped, Identity: "tap/C0DEALS1/1772610971.000100/1772610981.500000/open/U0SAM001", Trigger: "1008.2002.abab", Where: form.OnMessage,
			Respond: "https://hooks.slack.com/actions/T0ACME01/1002/cleaned", Request: request, Seen: 1,
			Action: "open", Value: `{"r":"R0123456789ABCDEF","n":1}`,
		}),
		"submit-fields": sam(form.Input{
			Kind: form.Submitted, Identity: "submit/V0MODAL1/1772610961.aBcDeFgH/" + form.Digest(fields), Trigger: "1009.2002.cdcd", Where: form.OnModal,
			ViewID: "V0MODAL1", ViewHash: "1772610961.aBcDeFgH", Callback: "fields", Request: request, Seen: 1, Form: fields, Shown: shown("rep", "deal", "day", "time", "length"),
		}),
		"submit-enterprise": sam(form.Input{
			Kind: form.Submitted, Identity: "submit/V0MODAL1/1772610961.aBcDeFgH/" + form.Digest(noDeal), Trigger: "1010.2002.efef", Where: form.OnModal,
			ViewID: "V0MODAL1", ViewHash: "1772610961.aBcDeFgH", Callback: "fields", Request: request, Seen: 1, Form: noDeal, Shown: shown("rep", "deal", "day", "time", "length"),
		}),
		"submit-verdict": func() form.Input {
			filled := map[string]string{"rung": "take_over", "P1": "a_lot", "P3": "often", "P2": "doubt", "why_not": "tried"}
			return sam(form.Input{
				Kind: form.Submitted, Identity: "submit/V0MODAL1/1772610961.aBcDeFgH/" + form.Digest(filled), Trigger: "1011.2002.0101", Where: form.OnModal,
				ViewID: "V0MODAL1", ViewHash: "1772610961.aBcDeFgH", Callback: "verdict", Request: request, Seen: 1, Form: filled, Shown: shown("rung", "P1", "P3", "P2", "why_not"),
			})
		}(),
		"closed":          {Kind: form.Nothing},
		"home-opened":     sam(form.Input{Kind: form.HomeSeen, Identity: "event/Ev0HOME01", Where: form.OnHome}),
		"messages-opened": {Kind: form.Nothing},
		"user-change":     {Kind: form.Changed, Identity: "event/Ev0USER01", User: "U0DANA01"},
	} {
		t.Run(file, func(t *testing.T) {
			in, ok := received([]byte(read(t, "testdata/payloads/"+file+".json")))
			if want.Kind == form.Nothing {
				if ok || in.Kind != form.Nothing {
					t.Errorf("taken for %+v", in)
				}
				return
			}
			if !ok {
				t.Fatalf("not taken: %+v", in)
			}
			if want.Kind == form.Changed {
				if in.Profile == nil || in.Profile.Zone != (zones.Word{Name: "Asia/Jerusalem", Offset: 7200}) {
					t.Errorf("the profile %+v", in.Profile)
				}
				in.Profile = nil
			}
			if (in.Form == nil) != (want.Form == nil) || !maps.Equal(in.Form, want.Form) {
				t.Errorf("form\n%v, want\n%v", in.Form, want.Form)
			}
			in.Form, want.Form = nil, nil
			if got, want := dump(in), dump(want); got != want {
				t.Errorf("read as\n%s, want\n%s", got, want)
			}
		})
	}
}

func dump(in form.Input) string {
	return strings.ReplaceAll(strings.TrimPrefix(fmt.Sprintf("%#v", in), "bot.input"), ", ", "\n  ")
}

// payloads are the envelopes in testdata/payloads.
func payloads(tb testing.TB) (out [][]byte) {
	tb.Helper()
	files, err := filepath.Glob("testdata/payloads/*.json")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no payloads: %v", err)
	}
	for _, f := range files {
		out = append(out, []byte(read(tb, f)))
	}
	return out
}
