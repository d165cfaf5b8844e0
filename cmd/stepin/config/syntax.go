package config

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// syntax is a syntax error of YAML, with its place if it has one. The parser says what it expected; people need to know
// what they most likely typed.
func syntax(path string, text []byte, err error) error {
	e, ok := errors.AsType[*yaml.LoadError](err)
	if !ok || e.Mark.Line == 0 {
		return fmt.Errorf("%s: %w", path, err)
	}
	at, says := likely(text, e)
	return fmt.Errorf("%s:%d:%d: %s", path, at.Line, at.Column, says)
}

// likely says what is most likely wrong, and where. It repeats one character of the text at most.
func likely(text []byte, e *yaml.LoadError) (at yaml.Mark, says string) {
	at = e.Mark
	before, sign := around(text, at)
	const indent = "this line does not align with the lines it belongs to: begin it in the same column"
	switch e.Message {
	case "found a tab character that violates indentation":
		return at, "this is a tab: indent with spaces"
	case "found character that cannot start any token":
		if sign == '\t' {
			return at, "this is a tab: indent with spaces"
		}
		return at, fmt.Sprintf("a value cannot begin with %q: put it in quotation marks", sign)
	case "found unexpected end of stream":
		if e.ContextMark.Line > 0 {
			return e.ContextMark, "the quotation mark that opens here is never closed: close it, on the same line"
		}
	case "did not find expected ',' or ']'", "did not find expected ',' or '}'":
		if e.ContextMark.Line > 0 {
			return e.ContextMark, "the bracket that opens here is not closed, or a comma is missing after it"
		}
	case "did not find expected node content":
		return at, "a value is missing here, or a bracket above is not closed"
	case "mapping values are not allowed in this context":
		return at, "this \":\" does not belong here: align the line with the lines it belongs to, end the line " +
			"above with \":\" if that is missing, or put a value that has one in quotation marks"
	case "did not find expected '-' indicator":
		return at, indent
	case "did not find expected key":
		if strings.TrimSpace(before) == "" {
			return at, indent
		}
		return at, "this comes after the end of a value: is a quotation mark inside that value, or is one above " +
			"not closed?"
	case "found unknown escape character":
		return at, "in \"…\" a backslash has a special meaning: put the value in '…'"
	case "did not find expected alphabetic or numeric character":
		return at, "a value cannot begin with \"*\" or \"&\": put it in quotation marks"
	case "could not find expected ':'":
		return at, "a \":\" is missing after the key, here or on the line above"
	}
	if strings.HasPrefix(e.Message, "unknown anchor ") {
		return at, "an alias, which begins with \"*\", does not count here: write the value out"
	}
	return at, e.Message
}

// around returns the line before a place, and the character at it; 0 at the end of the line.
func around(text []byte, at yaml.Mark) (before string, sign rune) {
	n := 0
	for line := range strings.Lines(string(text)) {
		if n++; n < at.Line {
			continue
		}
		all := []rune(line)
		i := min(max(at.Column-1, 0), len(all))
		if i < len(all) {
			sign = all[i]
		}
		return string(all[:i]), sign
	}
	return "", 0
}
