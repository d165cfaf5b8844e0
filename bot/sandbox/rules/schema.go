package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"stepin/bot/sandbox/kit"
)

// The limits of docs.slack.dev/reference/block-kit. Characters are counted as runes of the text as it was sent, so
// after escaping; the platform's own unit is not documented.

// checker walks a payload and gathers what is wrong, with a JSON pointer each.
type checker struct {
	bad     []string
	blocks  map[string]bool // block ids so far
	actions map[string]bool // action ids of this block so far
	block   string          // type of the block that is being checked
	focused bool            // an element has asked for the focus
	fields  []string        // the names of the fields of the objects around what is checked
	points  bool            // say where something is wrong
}

// found is what f finds wrong. It is asked a second time where, if there is something: pointers are half of the work.
func found(f func(k *checker)) []string {
	k := &checker{}
	if f(k); len(k.bad) == 0 {
		return nil
	}
	k = &checker{points: true}
	f(k)
	return k.bad
}

// under is where a part of something is.
func (k *checker) under(at, part string) string {
	if !k.points {
		return ""
	}
	return at + "/" + part
}

// check says what is wrong with a value that is there.
type check func(k *checker, at string, v any)

// schema has a check for each field that an object may have besides its type; nil takes any value. A leading ! marks a
// field that it must have.
type schema map[string]check

func (k *checker) fail(at, format string, a ...any) {
	k.bad = append(k.bad, fmt.Sprintf("[ERROR] %s [json-pointer:%s]", fmt.Sprintf(format, a...), at))
}

// object checks the fields of o, which may have those of all parts. It looks into them only if none is missing or
// unknown.
func (k *checker) object(at string, o kit.Obj, parts ...schema) {
	bad, outer := len(k.bad), len(k.fields)
	for _, s := range parts {
		for f := range s {
			if name, must := strings.CutPrefix(f, "!"); must && o[name] == nil {
				k.fail(at, "missing required field: %s", name)
			}
		}
	}
	for f := range o {
		k.fields = append(k.fields, f)
	}
	fields := k.fields[outer:]
	slices.Sort(fields)
	for _, f := range fields {
		if _, known := checkOf(f, parts); !known {
			k.fail(at+"/"+f, "invalid additional property: %s", f)
		}
	}
	if len(k.bad) == bad {
		for _, f := range fields {
			if c, _ := checkOf(f, parts); c != nil && o[f] != nil {
				c(k, k.under(at, f), o[f])
			}
		}
	}
	k.fields = k.fields[:outer]
}

// checkOf finds the check for a field.
func checkOf(field string, parts []schema) (c check, known bool) {
	if strings.HasPrefix(field, "!") { // no field is called so
		return nil, false
	}
	for _, s := range slices.Backward(parts) {
		for _, name := range [...]string{field, "!" + field} {
			if c, known = s[name]; known {
				return c, true
			}
		}
	}
	return nil, field == "type"
}

// shaped checks that a value is an object of a schema.
func shaped(s schema) check {
	return func(k *checker, at string, v any) {
		if o := kit.Object(v); o != nil {
			k.object(at, o, s)
		} else {
			k.fail(at, "must be an object")
		}
	}
}

// chars takes text of least to most characters.
func chars(least, most int) check {
	return func(k *checker, at string, v any) {
		s, ok := v.(string)
		switch n := utf8.RuneCountInString(s); {
		case !ok:
			k.fail(at, "must be a string")
		case n < least:
			k.fail(at, "must be more than %d characters", least-1)
		case n > most:
			k.fail(at, "must be less than %d characters", most+1)
		}
	}
}

// number takes a number from least to most.
func number(least, most float64) check {
	return func(k *checker, at string, v any) {
		if n, ok := v.(float64); !ok || n < least || n > most {
			k.fail(at, "must be between %v and %v", least, most)
		}
	}
}

// once says so if an id was seen already.
func (k *checker) once(at, what string, seen map[string]bool, id string) {
	if id != "" && seen[id] {
		k.fail(at, "%s is duplicated: %s", what, id)
	}
	seen[id] = true
}

func flag(k *checker, at string, v any) {
	if _, ok := v.(bool); !ok {
		k.fail(at, "must be a boolean")
	}
}

// is takes text for which f holds.
func is(f func(string) bool, otherwise string) check {
	return func(k *checker, at string, v any) {
		if !f(kit.Str(v)) {
			k.fail(at, "%s", otherwise)
		}
	}
}

// each checks what is in a list.
func each(c check) check {
	return func(k *checker, at string, v any) {
		for _, x := range kit.List(v) {
			c(k, at, x)
		}
	}
}

func oneOf(values ...string) check {
	return func(k *checker, at string, v any) {
		if !slices.Contains(values, kit.Str(v)) {
			k.fail(at, "must be one of %s", strings.Join(values, ", "))
		}
	}
}

// items takes a list of least to most objects, and has each checked; with nil, a list of anything.
func items(least, most int, each check) check {
	return func(k *checker, at string, v any) {
		l, ok := v.([]any)
		switch {
		case !ok:
			k.fail(at, "must be an array")
		case len(l) < least:
			k.fail(at, "must have at least %d items", least)
		case len(l) > most:
			k.fail(at, "no more than %d items allowed", most)
		}
		for i, x := range l {
			at := k.under(at, strconv.Itoa(i))
			switch {
			case each == nil:
			case kit.Object(x) == nil:
				k.fail(at, "must be an object")
			default:
				each(k, at, x)
			}
		}
	}
}

// plain takes a text object of type plain_text.
func plain(most int) check {
	s := schema{"!text": chars(1, most), "emoji": flag}
	return func(k *checker, at string, v any) {
		if t := kit.Object(v); t["type"] == "plain_text" {
			k.object(at, t, s)
		} else {
			k.fail(at+"/type", "must be plain_text")
		}
	}
}

// text takes a text object of either type.
func text(most int) check {
	s := schema{"!text": chars(1, most), "verbatim": flag}
	return func(k *checker, at string, v any) {
		switch t := kit.Object(v); t["type"] {
		case "plain_text":
			plain(most)(k, at, v)
		case "mrkdwn":
			k.object(at, t, s)
		default:
			k.fail(at+"/type", "must be plain_text or mrkdwn")
		}
	}
}
