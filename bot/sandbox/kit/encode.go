package kit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"
)

// JSON encodes a value of ours, which must be encodable, as json.Marshal does. That takes two allocations for each key
// of a map, and nearly all that a workspace encodes are maps.
func JSON(v any) json.RawMessage {
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	return bytes.Clone(e.all(v))
}

// Size is how long the JSON of a value of ours is.
func Size(v any) int {
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	return len(e.all(v))
}

var encoders = sync.Pool{New: func() any { return new(encoder) }}

// An encoder appends to out. Its keys are those of the maps around what it encodes.
type encoder struct {
	out  []byte
	keys []string
}

func (e *encoder) all(v any) []byte {
	e.out, e.keys = e.out[:0], e.keys[:0]
	e.value(v)
	return e.out
}

func (e *encoder) value(v any) {
	switch v := v.(type) {
	case nil:
		e.out = append(e.out, "null"...)
	case bool:
		e.out = strconv.AppendBool(e.out, v)
	case string:
		e.string(v)
	case Obj:
		object(e, v)
	case Values:
		object(e, v)
	case map[string]Obj:
		object(e, v)
	case []any:
		e.list(v)
	default:
		b, err := json.Marshal(v)
		if err != nil {
			panic(fmt.Sprintf("kit: encoding our own value: %v", err))
		}
		e.out = append(e.out, b...)
	}
}

// string appends a text, by itself if nothing in it is escaped.
func (e *encoder) string(s string) {
	for _, r := range s {
		escaped := r < ' '
		switch r {
		case '"', '\\', '<', '>', '&', '\u2028', '\u2029', utf8.RuneError:
			escaped = true
		}
		if escaped {
			b, _ := json.Marshal(s)
			e.out = append(e.out, b...)
			return
		}
	}
	e.out = append(append(append(e.out, '"'), s...), '"')
}

func (e *encoder) list(l []any) {
	if l == nil {
		e.out = append(e.out, "null"...)
		return
	}
	e.out = append(e.out, '[')
	for i, v := range l {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.value(v)
	}
	e.out = append(e.out, ']')
}

func object[V any](e *encoder, m map[string]V) {
	if m == nil {
		e.out = append(e.out, "null"...)
		return
	}
	from := len(e.keys)
	for k := range m {
		e.keys = append(e.keys, k)
	}
	slices.Sort(e.keys[from:])
	e.out = append(e.out, '{')
	for i := from; i < from+len(m); i++ { // what is inside may move keys
		if i > from {
			e.out = append(e.out, ',')
		}
		e.string(e.keys[i])
		e.out = append(e.out, ':')
		e.value(m[e.keys[i]])
	}
	e.out = append(e.out, '}')
	e.keys = e.keys[:from]
}
