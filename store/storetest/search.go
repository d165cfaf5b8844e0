package storetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

// Finds counts the texts that stand in a file in any form that the file could have them in; see Forms.
func Finds(t testing.TB, path string, texts ...string) (n int) {
	t.Helper()
	b := Read(t, path)
	for _, text := range texts {
		for _, form := range Forms(text) {
			if bytes.Contains(b, form) {
				n++
				break
			}
		}
	}
	return n
}

// Forms are a text as it is, as JSON with and without escapes of HTML, and with everything escaped that is not ASCII.
func Forms(text string) [][]byte {
	html, _ := json.Marshal(text) // a text cannot fail
	html = bytes.Trim(html, `"`)
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	_ = e.Encode(text)
	forms := [][]byte{[]byte(text), html, bytes.Trim(plain.Bytes(), "\"\n")}
	for _, x := range []string{`\u%04x`, `\u%04X`} {
		var ascii strings.Builder
		for _, r := range string(html) {
			if r < 0x80 {
				ascii.WriteRune(r)
				continue
			}
			for _, u := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&ascii, x, u)
			}
		}
		forms = append(forms, []byte(ascii.String()))
	}
	return forms
}
