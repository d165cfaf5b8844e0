// Package decode turns a frame from Slack into a form.Input. No other package reads the JSON of envelopes.
//
// It decodes what stepin needs, and nothing else, into small structs of its own with encoding/json. That package reads
// on after a value of another kind than expected, and names the field. So a struct says what a field is worth:
//
//   - a field that is not in a struct costs nothing, whatever it is;
//   - a spare field (its type is spare) counts as missing if it is odd;
//   - any other odd field makes the envelope unreadable: Odd of a form.Input is its path, which never holds people's
//     words.
//
// slack-go decodes whole payloads, and one odd field costs the whole: reported are an empty list in place of an object,
// and text in place of a number. A lenient library for JSON would guess instead, and could take a filled form for an
// empty one. Null and an empty list stand for an empty form, since Slack and its libraries write both.
//
// It promises that each frame becomes an Input: one to be served, one of Kind Nothing that stepin does not use, or one
// with Odd, which still has as much as could be read of who to tell, and how.
//
//	Frame ─▶ Decode (decode.go) ─▶ command, event, interaction (interaction.go) ─▶ what is filled in (fields.go)
package decode

import (
	"cmp"
	"encoding/json"

	"stepin/bot/form"
	"stepin/bot/zones"
	"stepin/nudges"
)

// A Frame is what each message from Slack says about itself.
type Frame struct {
	Type    string // "" if it is odd
	ID      string // of the envelope; "" if it is odd
	Payload json.RawMessage
}

// Types of frames. Those that carry no input are first.
const (
	Hello      = "hello"
	Disconnect = "disconnect"

	commands    = "slash_commands"
	interactive = "interactive"
	events      = "events_api"
)

// Open reads a message. What is no JSON gives an empty Frame.
func Open(message []byte) Frame {
	var f struct {
		Type    spare           `json:"type"`
		ID      spare           `json:"envelope_id"`
		Payload json.RawMessage `json:"payload"`
	}
	_ = json.Unmarshal(message, &f) // what is missing is named by Decode
	return Frame{string(f.Type), string(f.ID), f.Payload}
}

// Decode reads a frame that is neither Hello nor Disconnect.
func Decode(f Frame) form.Input {
	var in form.Input
	switch f.carries() {
	case commands:
		in = command(f)
	case interactive:
		in = interaction(f)
	case events:
		in = event(f)
	case "":
		in = form.Input{Kind: form.Nothing, Odd: "type"}
	default: // of tomorrow
		in = form.Input{Kind: form.Nothing}
	}
	in.Odd = cmp.Or(in.Odd, missing("envelope_id", f.ID))
	return in
}

// carries returns the type of a frame. If that is odd, the payload tells it.
func (f Frame) carries() string {
	if f.Type != "" {
		return f.Type
	}
	var p struct {
		Command json.RawMessage `json:"command"`
		Event   json.RawMessage `json:"event"`
		Trigger json.RawMessage `json:"trigger_id"`
	}
	_ = json.Unmarshal(f.Payload, &p)
	switch {
	case p.Event != nil:
		return events
	case p.Command != nil:
		return commands
	case p.Trigger != nil:
		return interactive
	}
	return ""
}

func command(f Frame) form.Input {
	var c struct {
		User    string `json:"user_id"`
		Trigger spare  `json:"trigger_id"`
		Respond spare  `json:"response_url"`
		Text    string `json:"text"`
	}
	err := json.Unmarshal(f.Payload, &c)
	return form.Input{
		Kind: form.Typed, Identity: "command/" + cmp.Or(string(c.Trigger), f.ID),
		User: nudges.UserID(c.User), Trigger: string(c.Trigger), Respond: string(c.Respond),
		Text: c.Text, Odd: cmp.Or(odd("payload", err), missing("payload.user_id", c.User)),
	}
}

func event(f Frame) form.Input {
	var p struct {
		ID    spare `json:"event_id"`
		Event struct {
			Type spare           `json:"type"`
			User json.RawMessage `json:"user"`
			Tab  spare           `json:"tab"`
		} `json:"event"`
	}
	err := json.Unmarshal(f.Payload, &p)
	in := form.Input{
		Kind: form.Nothing, Identity: "event/" + cmp.Or(string(p.ID), f.ID),
		Odd: odd("payload", err),
	}
	kind := p.Event.Type
	if kind == "" && isObject(p.Event.User) {
		kind = "user_change"
	} else if kind == "" {
		kind = "app_home_opened" // to draw Home once more does no harm
	}
	switch kind {
	case "app_home_opened":
		if p.Event.Tab != "" && p.Event.Tab != "home" {
			return in
		}
		in.Kind, in.Where = form.HomeSeen, form.OnHome
		err = json.Unmarshal(p.Event.User, &in.User)
		in.Odd = cmp.Or(in.Odd, odd("payload.event.user", err), missing("payload.event.user", string(in.User)))
	case "user_change":
		in.Kind = form.Changed
		in.User, in.Profile = profile(p.Event.User)
		in.Odd = cmp.Or(in.Odd, missing("payload.event.user.id", string(in.User)))
	default:
		in.Odd = "" // of no use to stepin, whatever else is in it
	}
	return in
}

// profile reads a profile that has changed. It is nil if any part of it is odd, or if it does not say whose they are:
// then Slack is asked. Their id alone is enough to forget what was known of the person.
func profile(user json.RawMessage) (nudges.UserID, *form.Profile) {
	var u struct {
		ID              nudges.UserID `json:"id"`
		Zone            string        `json:"tz"`
		Offset          *int          `json:"tz_offset"`
		Locale          spare         `json:"locale"`
		Deleted         bool          `json:"deleted"`
		Restricted      bool          `json:"is_restricted"`
		UltraRestricted bool          `json:"is_ultra_restricted"`
		Bot             bool          `json:"is_bot"`
		Stranger        bool          `json:"is_stranger"`
		Team            string        `json:"team_id"`
		Enterprise      struct {
			ID string `json:"enterprise_id"`
		} `json:"enterprise_user"`
		Profile struct {
			Emoji  string `json:"status_emoji"`
			Expiry int    `json:"status_expiration"`
		} `json:"profile"`
	}
	if err := json.Unmarshal(user, &u); err != nil || u.Team == "" && u.Enterprise.ID == "" {
		return u.ID, nil
	}
	zone := zones.Word{Name: u.Zone, Offset: zones.NoOffset}
	if u.Offset != nil {
		zone.Offset = *u.Offset
	}
	return u.ID, &form.Profile{
		Zone: zone, Locale: string(u.Locale),
		Deleted: u.Deleted, Outsider: u.Restricted || u.UltraRestricted || u.Bot || u.Stranger,
		Team: u.Team, Organisation: u.Enterprise.ID,
		StatusEmoji: u.Profile.Emoji, StatusExpiry: u.Profile.Expiry,
	}
}
