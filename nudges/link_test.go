package nudges

import (
	"errors"
	"strings"
	"testing"
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
		host + strings.Repeat("x", MaxEntry-len(host)):   {link: host + strings.Repeat("x", MaxEntry-len(host))},
		host + strings.Repeat("x", MaxEntry-len(host)+1): {err: ErrLong},
		"zoom.example/rec/1":                             {err: ErrLink},
		"in the shared folder":                           {err: ErrLink},
		"https://":                                       {err: ErrLink},
		"https://:443/x":                                 {err: ErrLink},
		"https:zoom.example":                             {err: ErrLink},
		"ftp://zoom.example/x":                           {err: ErrLink},
		"javascript:alert(1)":                            {err: ErrLink},
		"https://zoom.example@evil.x":                    {err: ErrLink},
		"https://a.example/x y":                          {err: ErrLink},
		"https://a.example/x|y":                          {err: ErrLink},
		"https://a.example/<!here>":                      {err: ErrLink},
		"https://a.example/\u202eexe":                    {err: ErrLink},
		"https://a.example/%zz":                          {err: ErrLink},
		"https://a.example/\x00":                         {err: ErrLink},
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
		if err != nil && got != "" || strings.ContainsAny(got, "<>| \n") || len([]rune(got)) > MaxEntry {
			t.Errorf("%q gives %q, %v", s, got, err)
		}
		if again, err := ReadLink(got); err != nil || again != got {
			t.Errorf("%q is read as %q, and that as %q, %v", s, got, again, err)
		}
	})
}
