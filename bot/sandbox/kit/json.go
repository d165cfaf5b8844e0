// Package kit reads Block Kit: the platform's JSON as it was decoded, the interactive elements in it, and their
// state.
//
// It reads leniently: what is missing, or of another type, reads as the zero value. What the platform refuses is
// said by package rules.
//
// The files: json.go has the values of any payload, encode.go makes JSON of them again, element.go elements and their
// options, state.go what people entered.
package kit

// Obj is a decoded JSON object.
type Obj = map[string]any

// Str is v if it is a string, else "".
func Str(v any) string {
	s, _ := v.(string)
	return s
}

// Object is v if it is an object, else nil.
func Object(v any) Obj {
	o, _ := v.(Obj)
	return o
}

// List is v if it is an array, else nil.
func List(v any) []any {
	l, _ := v.([]any)
	return l
}

// Truth reads a flag as the platform does: true, "true", "1" and any number but 0 are set.
func Truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return v == "true" || v == "1"
	case float64:
		return v != 0
	}
	return false
}

// Text is the text of a text object.
func Text(v any) string { return Str(Object(v)["text"]) }
