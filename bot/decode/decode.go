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
//	message ─▶ Open ─▶ Decode (decode.go) ─▶ command, event, interaction (interaction.go) ─▶ fields (fields.go)
package decode

import (
	"cmp"
	"encoding/json"
	"errors"

	"stepin/bot/form"
	"stepin/bot/zones"
	"stepin/nudges"
)

// A Frame is one message from Slack. It holds the message, which must not change before Decode returns.
type Frame struct {
	Type    string // "" if it is odd
	ID      string // of the envelope; "" if it is odd
	Reason  string // of Disconnect
	message []byte
	act     action // the payload, read as an interaction
	err     error  // why act is not all of it
}

// Types of frames. Those that carry no input are first.
const (
	Hello      = "hello"
	Disconnect = "disconnect"

	commands    = "slash_commands"
	interactive = "interactive"
	events      = "events_api"
)

// Open reads a message. Most are interactions, which are also the largest since they carry a view: so its payload is
// read as one, in the same pass. The error says that it is no JSON.
func Open(message []byte) (Frame, error) {
	var f struct {
		Type    spare  `json:"type"`
		ID      spare  `json:"envelope_id"`
		Reason  spare  `json:"reason"`
		Payload action `json:"payload"`
	}
	err := json.Unmarshal(message, &f)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return Frame{}, syntax
	}
	return Frame{string(f.Type), string(f.ID), string(f.Reason), message, f.Payload, err}, nil
}

// Greeting reads a hello: Slack's estimate of the connection's life in seconds, and how many connections the app has;
// 0 for what is odd.
func (f Frame) Greeting() (life, connections int) {
	var count struct {
		N int `json:"num_connections"`
	}
	var debug struct {
		Info struct {
			Life int `json:"approximate_connection_time"`
		} `json:"debug_info"`
	}
	_, _ = json.Unmarshal(f.message, &count), json.Unmarshal(f.message, &debug)
	return debug.Info.Life, count.N
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
		Payload struct {
			Command json.RawMessage `json:"command"`
			Event   json.RawMessage `json:"event"`
			Trigger json.RawMessage `json:"trigger_id"`
		} `json:"payload"`
	}
	_ = json.Unmarshal(f.message, &p)
	switch {
	case p.Payload.Event != nil:
		return events
	case p.Payload.Command != nil:
		return commands
	case p.Payload.Trigger != nil:
		return interactive
	}
	return ""
}

func command(f Frame) form.Input {
	var c struct {
		Payload struct {
			User    string `json:"user_id"`
			Trigger spare  `json:"trigger_id"`
			Respond spare  `json:"response_url"`
			Text    string `json:"text"`
		} `json:"payload"`
	}
	err := json.Unmarshal(f.message, &c)
	p := c.Payload
	return form.Input{
		Kind: form.Typed, Identity: "command/" + cmp.Or(string(p.Trigger), f.ID),
		User: nudges.UserID(p.User), Trigger: string(p.Trigger), Respond: string(p.Respond),
		Text: p.Text, Odd: cmp.Or(odd(err), missing("payload.user_id", p.User)),
	}
}

func event(f Frame) form.Input {
	var e struct {
		Payload struct {
			ID    spare `json:"event_id"`
			Event struct {
				Type spare           `json:"type"`
				User json.RawMessage `json:"user"`
				Tab  spare           `json:"tab"`
			} `json:"event"`
		} `json:"payload"`
	}
	err := json.Unmarshal(f.message, &e)
	p := e.Payload
	in := form.Input{
		Kind: form.Nothing, Identity: "event/" + cmp.Or(string(p.ID), f.ID),
		Odd: odd(err),
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
		in.Odd = cmp.Or(in.Odd, within("payload.event.user", err), missing("payload.event.user", string(in.User)))
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
