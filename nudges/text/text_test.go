package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMarked(t *testing.T) {
	loud := func(s string) string { return "[" + s + "]" }
	for _, c := range []struct {
		m             Text
		plain, escape string
	}{
		{"", "", ""},
		{"*ours* & <b>", "*ours* & <b>", "*ours* & <b>"},
		{Quoted("<!here>"), "<!here>", "[<!here>]"},
		{"a " + Quoted("b") + " c " + Quoted("d"), "a b c d", "a [b] c [d]"},
		{Quoted("x\uE001<!here>\uE000"), "x<!here>", "[x<!here>]"},
		{Quoted("\uE000\uE001"), "", ""},
		{Quoted("a\u202Eb"), "ab", "[ab]"},
		{Quoted("دانا") + " 09:00", "\u2068دانا\u2069 09:00", "\u2068[دانا]\u2069 09:00"},
		{"broken \uE000<!here>", "broken <!here>", "broken [<!here>]"},
	} {
		if got := c.m.Plain(); got != c.plain {
			t.Errorf("%q plain: %q", c.m, got)
		}
		if got := c.m.Escape(loud); got != c.escape {
			t.Errorf("%q escaped: %q", c.m, got)
		}
	}
	for _, s := range []string{"", " ", "\u200b\u200d", "\u3164\uFFA0", "\u2800", "\u00ad\u2060", "\uFE0F", "\u0301", "\U000E0041"} {
		if Quoted(s) != "" || Visible(s) || !Text(s).Empty() {
			t.Errorf("%+q: nothing said is not empty", s)
		}
	}
	for _, s := range []string{"D", "דנה", "さ", "👩\u200d💻", "e\u0301", "-", "\u200b.\u200b"} {
		if Quoted(s).Empty() || !Visible(s) {
			t.Errorf("%+q cannot be seen", s)
		}
	}
}

func TestShort(t *testing.T) {
	for _, c := range []struct {
		s    string
		n    int
		want string
	}{
		{"Dana", 4, "Dana"},
		{"Danae", 4, "Dan…"},
		{"ab cd", 4, "ab…"},
		{"Dana", 1, "…"},
		{"👩\u200D💻x", 3, "👩…"},
	} {
		if got := Short(c.s, c.n); got != c.want {
			t.Errorf("short(%q, %d) = %q", c.s, c.n, got)
		}
	}
}

// Whatever anybody writes, it comes out once, whole but for invisible characters, and
// nowhere but through esc.
func FuzzMarked(f *testing.F) {
	for _, s := range []string{
		"", "Dana", "<!channel>", "\uE000\uE001\uE002", "دانا\u202E", "\xff\xfe",
		"a\uE001<@U1>\uE000b",
	} {
		f.Add("ours ", s, " too")
	}
	f.Fuzz(func(t *testing.T, before, s, after string) {
		before = Quoted(before).Escape(func(s string) string { return s })
		after = Quoted(after).Escape(func(s string) string { return s })
		m := Text(before) + Quoted(s) + Text(after)
		var seen []string
		escaped := m.Escape(func(part string) string { seen = append(seen, part); return "" })
		if strings.Trim(escaped, "\u2068\u2069") != strings.Trim(before+after, "\u2068\u2069") &&
			strings.NewReplacer("\u2068", "", "\u2069", "").Replace(escaped) != strings.NewReplacer("\u2068", "",
				"\u2069", "").Replace(before+after) {
			t.Fatalf("%q became %q", before+after, escaped)
		}
		if len(seen) > 1 {
			t.Fatalf("%q came in parts: %q", s, seen)
		}
		plain := m.Plain()
		if strings.ContainsAny(plain, "\uE000\uE001\uE002") {
			t.Fatalf("a mark is left in %q", plain)
		}
		if !utf8.ValidString(plain) {
			t.Fatalf("%q is no text", plain)
		}
	})
}
