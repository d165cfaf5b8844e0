package form

import (
	"errors"
	"strings"
	"testing"

	"stepin/nudges"
)

func TestReadLink(t *testing.T) {
	host := "https://meet.example/"
	for typed, want := range map[string]struct {
		link string
		err  error
	}{
		"":                                     {},
		"  \n":                                 {},
		" https://zoom.example/rec/1?a=1&b=2 ": {link: "https://zoom.example/rec/1?a=1&b=2"},
		"http://192.0.2.1:8080/r":              {link: "http://192.0.2.1:8080/r"},
		"https://münchen.example/ü":            {link: "https://münchen.example/ü"},
		host + strings.Repeat("x", nudges.MaxEntry-len(host)):   {link: host + strings.Repeat("x", nudges.MaxEntry-len(host))},
		host + strings.Repeat("x", nudges.MaxEntry-len(host)+1): {err: nudges.ErrLong},
		"zoom.example/rec/1":          {err: nudges.ErrLink},
		"in the shared folder":        {err: nudges.ErrLink},
		"https://":                    {err: nudges.ErrLink},
		"https://:443/x":              {err: nudges.ErrLink},
		"https:zoom.example":          {err: nudges.ErrLink},
		"ftp://zoom.example/x":        {err: nudges.ErrLink},
		"javascript:alert(1)":         {err: nudges.ErrLink},
		"https://zoom.example@evil.x": {err: nudges.ErrLink},
		"https://a.example/x y":       {err: nudges.ErrLink},
		"https://a.example/x|y":       {err: nudges.ErrLink},
		"https://a.example/<!here>":   {err: nudges.ErrLink},
		"https://a.example/\u202eexe": {err: nudges.ErrLink},
		"https://a.example/%zz":       {err: nudges.ErrLink},
		"https://a.example/\x00":      {err: nudges.ErrLink},
	} {
		got, err := ReadLink(typed)
		if got != want.link || !errors.Is(err, want.err) {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
}

func FuzzReadLink(f *testing.F) {
	for _, s := range []string{"", "https://a.example/x", "https://a.example|x>", "http://[::1]/", "HTTPS://A.B", "//x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ReadLink(s)
		if err != nil && got != "" || strings.ContainsAny(got, "<>| \n") || len([]rune(got)) > nudges.MaxEntry {
			t.Errorf("%q gives %q, %v", s, got, err)
		}
		if again, err := ReadLink(got); err != nil || again != got {
			t.Errorf("%q is read as %q, and that as %q, %v", s, got, again, err)
		}
	})
}
