package decode

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// A spare is a text that stepin can do without: "" if Slack sends another kind.
type spare string

// UnmarshalJSON never fails.
func (s *spare) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*s = spare(text)
	}
	return nil
}

// odd returns the path of the field that could not be read, in parent; "" if there is none.
func odd(parent string, err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return parent + "." + wrong.Field
	}
	if err != nil {
		return parent
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

// inside returns a text of an object that stepin can do without; "" if either is odd.
func inside(object json.RawMessage, name string) string {
	var all map[string]json.RawMessage
	var text spare
	if json.Unmarshal(object, &all) == nil {
		_ = json.Unmarshal(all[name], &text)
	}
	return string(text)
}

func isObject(b json.RawMessage) bool { return bytes.HasPrefix(b, []byte("{")) }

// isEmpty says whether b stands for an empty object: nothing, null, or an empty list.
func isEmpty(b json.RawMessage) bool {
	var list []json.RawMessage
	return len(b) == 0 || json.Unmarshal(b, &list) == nil && len(list) == 0
}

// shown reads the state of a view: its fields by block and action. odd is the path of what keeps it from being read.
func shown(state json.RawMessage) (fields map[string]map[string]*field, wrong string) {
	const at, in = "payload.view.state", "payload.view.state.values"
	if isEmpty(state) {
		return nil, ""
	}
	var s struct {
		Values json.RawMessage `json:"values"`
	}
	if err := json.Unmarshal(state, &s); err != nil {
		return nil, at
	}
	if isEmpty(s.Values) {
		return nil, ""
	}
	if err := json.Unmarshal(s.Values, &fields); err != nil {
		return nil, odd(in, err)
	}
	for _, block := range fields {
		for _, f := range block {
			if f == nil {
				return nil, in
			}
		}
		if len(block) == 0 {
			return nil, in
		}
	}
	return fields, ""
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
