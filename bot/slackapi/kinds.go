package slackapi

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"

	"stepin/bot/zones"
)

// A lax part is one that an answer can do without: its zero value if Slack sends another kind.
type lax[T any] struct{ v T }

// UnmarshalJSON never fails.
func (l *lax[T]) UnmarshalJSON(b []byte) error {
	var v T
	if json.Unmarshal(b, &v) == nil {
		l.v = v
	}
	return nil
}

// MarshalJSON writes the part alone.
func (l lax[T]) MarshalJSON() ([]byte, error) { return json.Marshal(l.v) }

// A spare is a text that an answer can do without.
type spare string

// UnmarshalJSON never fails.
func (s *spare) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*s = spare(text)
	}
	return nil
}

// A must is a text that an answer cannot do without. Only a refusal leaves it out.
type must string

// UnmarshalJSON reads a text that is not empty.
func (m *must) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil || text == "" {
		return &json.UnmarshalTypeError{Value: "no text", Type: reflect.TypeFor[string]()}
	}
	*m = must(text)
	return nil
}

// A number may come as text, as reported for status_expiration. It is 0 for anything else.
type number int

// UnmarshalJSON never fails.
func (n *number) UnmarshalJSON(b []byte) error {
	const most = 1e15
	if v, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64); err == nil && math.Abs(v) < most {
		*n = number(v)
	}
	return nil
}

// An offset is a number. slack-go takes one that is missing for 0, which is an offset too, so it becomes
// zones.NoOffset.
type offset struct{ v *number }

// UnmarshalJSON never fails.
func (o *offset) UnmarshalJSON(b []byte) error {
	v := number(zones.NoOffset)
	_ = v.UnmarshalJSON(b)
	o.v = &v
	return nil
}

// MarshalJSON writes the number.
func (o offset) MarshalJSON() ([]byte, error) {
	if o.v == nil {
		return json.Marshal(zones.NoOffset)
	}
	return json.Marshal(*o.v)
}

// A flag may come as a number or as text, as is_enterprise_install does. Null and nothing are false; anything else is
// an error, since a flag that is not known decides who is served.
type flag bool

// UnmarshalJSON reads a flag of any of these kinds.
func (f *flag) UnmarshalJSON(b []byte) error {
	switch strings.Trim(string(b), `"`) {
	case "true", "1":
		*f = true
	case "false", "0", "null", "":
		*f = false
	default:
		return &json.UnmarshalTypeError{Value: "no flag", Type: reflect.TypeFor[bool]()}
	}
	return nil
}
