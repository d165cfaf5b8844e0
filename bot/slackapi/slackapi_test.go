package slackapi

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMissingScopes(t *testing.T) {
	var all []string
	for _, s := range Scopes {
		all = append(all, s.Name)
	}
	for _, tt := range []struct {
		name   string
		header http.Header
		lacks  []string
		told   bool
	}{
		{"no header", http.Header{}, nil, false},
		{"all", http.Header{"X-Oauth-Scopes": {strings.Join(all, ",")}}, nil, true},
		{
			"all and more, with blanks",
			http.Header{"X-Oauth-Scopes": {"emoji:read, " + strings.Join(all, ", ")}},
			nil,
			true,
		},
		{
			"in two headers",
			http.Header{"X-Oauth-Scopes": {strings.Join(all[:2], ","), strings.Join(all[2:], ",")}},
			nil,
			true,
		},
		{
			"some",
			http.Header{"X-Oauth-Scopes": {"commands,im:write,users:read.email"}},
			[]string{"chat:write", "im:history", "users:read"},
			true,
		},
		{"none", http.Header{"X-Oauth-Scopes": {""}}, all, true},
	} {
		if lacks, told := MissingScopes(tt.header); !slices.Equal(lacks, tt.lacks) || told != tt.told {
			t.Errorf("%s: %v, %v", tt.name, lacks, told)
		}
	}
}

// A redirect is not from Slack, and gets neither token nor words.
func TestNoRedirect(t *testing.T) {
	c := Options{}.http(time.Second)
	var asked []string
	c.Transport = roundTrip(func(r *http.Request) *http.Response {
		asked = append(asked, r.URL.Host)
		return &http.Response{
			StatusCode: http.StatusTemporaryRedirect, Header: http.Header{"Location": {"http://elsewhere.test/"}},
			Body: io.NopCloser(strings.NewReader("")), Request: r,
		}
	})
	res, err := c.Post("http://slack.test/api/auth.test", "application/x-www-form-urlencoded",
		strings.NewReader("token=secret"))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if !slices.Equal(asked, []string{"slack.test"}) {
		t.Errorf("asked %v", asked)
	}
}

type roundTrip func(*http.Request) *http.Response

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }
