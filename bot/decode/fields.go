package decode

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// A spare is a text that stepin can do without: "" if Slack sends another kind.
type spare string

// UnmarshalJSON never fails. A text without escapes needs no second decoder.
func (s *spare) UnmarshalJSON(b []byte) error {
	if plain := bytes.TrimPrefix(b, []byte(`"`)); len(plain) < len(b) &&
		bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
		*s = spare(plain[:len(plain)-1])
		return nil
	}
	var text string
	if json.Unmarshal(b, &text) == nil {
		*s = spare(text)
	}
	return nil
}

// odd returns the path of the field of a message that could not be read; "" if there is none.
func odd(err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && strings.HasPrefix(wrong.Field, "payload.") {
		return wrong.Field
	}
	if err != nil {
		return "payload"
	}
	return ""
}

// within is odd for a part at a path.
func within(path string, err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return path + "." + wrong.Field
	}
	if err != nil {
		return path
	}
	return ""
}

// missing returns the path of a field that is needed, if it is empty.
func missing(path, value string) string {
	if value == "" {
		return path
	}
	return ""
}

// A place is a part of a payload that says where something was done. stepin can do without it: what is odd is "".
type place struct {
	Channel spare `json:"channel_id"`
	Message spare `json:"message_ts"`
	ID      spare `json:"id"` // of a channel
	TS      spare `json:"ts"` // of a message
}

// UnmarshalJSON never fails.
func (p *place) UnmarshalJSON(b []byte) error {
	type plain place // without this method
	if isObject(b) {
		_ = json.Unmarshal(b, (*plain)(p))
	}
	return nil
}

// A presence says whether a field is there, whatever it is.
type presence bool

// UnmarshalJSON never fails.
func (p *presence) UnmarshalJSON([]byte) error {
	*p = true
	return nil
}

func isObject(b json.RawMessage) bool { return bytes.HasPrefix(b, []byte("{")) }

// isEmpty says whether b stands for an empty object: null, or an empty list.
func isEmpty(b []byte) bool {
	list, isList := bytes.CutPrefix(b, []byte("["))
	return string(b) == "null" || isList && len(bytes.TrimSpace(list)) == 1
}

// A state is what is filled in on a view: its fields by block and action.
type state struct {
	fields map[string]map[string]*field
	wrong  string // the path of what keeps it from being read
}

// UnmarshalJSON never fails.
func (s *state) UnmarshalJSON(b []byte) error {
	const at, in = "payload.view.state", "payload.view.state.values"
	*s = state{}
	if isEmpty(b) {
		return nil
	}
	var v struct {
		Values map[string]map[string]*field `json:"values"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		var raw struct {
			Values json.RawMessage `json:"values"`
		}
		if json.Unmarshal(b, &raw) != nil || !isEmpty(raw.Values) {
			s.wrong = within(at, err)
		}
		return nil
	}
	s.fields = v.Values
	for _, block := range s.fields {
		for _, f := range block {
			if f == nil {
				*s = state{wrong: in}
				return nil
			}
		}
		if len(block) == 0 {
			*s = state{wrong: in}
			return nil
		}
	}
	return nil
}

// A field is what is filled in or chosen. Null is how Slack writes that nothing is.
type field struct {
	ID           spare     `json:"action_id"` // of what was tapped, and
	TS           spare     `json:"action_ts"` // when
	Type         spare     `json:"type"`
	Value        string    `json:"value"`
	Option       *option   `json:"selected_option"`
	Options      []*option `json:"selected_options"`
	User         string    `json:"selected_user"`
	Users        []string  `json:"selected_users"`
	Conversation string    `json:"selected_conversation"`
	Date         string    `json:"selected_date"`
	Time         string    `json:"selected_time"`
}

type option struct {
	Value string `json:"value"`
}

// chosen returns what is filled in or chosen; "" for a button and for the menu of some, and where nothing is. wrong is
// the path of a part that is empty where none may be.
func (f *field) chosen(parent string) (value, wrong string) {
	if f.Type == "button" || f.Type == "overflow" {
		return "", ""
	}
	if f.Option != nil {
		value, wrong = f.Option.Value, missing(parent+".selected_option", f.Option.Value)
	}
	var all []string
	for _, o := range f.Options {
		if o == nil || o.Value == "" {
			return "", parent + ".selected_options"
		}
		all = append(all, o.Value)
	}
	if slices.Contains(f.Users, "") {
		return "", parent + ".selected_users"
	}
	value = cmp.Or(value, f.User, strings.Join(f.Users, ","), f.Conversation, f.Date, f.Time, strings.Join(all, ","),
		f.Value)
	if value == "" && f.Type == "" { // Slack has lost more than what was filled in
		wrong = cmp.Or(wrong, parent+".type")
	}
	return value, wrong
}
