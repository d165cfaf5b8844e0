package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stepin/bot/sandbox"
)

// theirs begins everything that Sam types here. No text of ours has it.
const theirs = "zqsam"

// A running stepin shows operators and other programs no token or secret, no name and no words: in its log at every
// level, on its pages and in their headers, on its socket, and in the output of commands. The stories check the same for
// faults (bot, nothingLeaks).
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	w, v := workspace(t)
	dir := filepath.Dir(v["STEPIN_DB"])
	for _, name := range []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"} {
		v[name+"_FILE"] = put(t, t.TempDir(), "token", v[name])
		delete(v, name)
	}
	v["STEPIN_LOG"], v["STEPIN_HTTP"] = "debug", "127.0.0.1:0"
	log := v.start(t)
	holds := log.holds
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	sam := w.As("U0SAM001")
	shows := func(screen string) func() bool {
		return func() bool {
			m := w.Modals("U0SAM001")
			return len(m) > 0 && m[len(m)-1].Callback == screen
		}
	}
	must(sam.Types("/stepin help"))                                                     // so that Sam is known
	for _, method := range []string{"chat.postMessage", "response_url", "users.info"} { // so that the log speaks
		w.Fail(sandbox.Fault{Method: method, Kind: sandbox.ResetAfter})
	}
	must(sam.Types("/stepin @Dana " + theirs + "-deal"))
	holds("the call is there", shows("call"))
	must(sam.Press("I'll hold back"))
	holds("it is decided", shows("closing"))
	must(sam.Pick("What will you do if it gets hard?", "My own words"))
	holds("there is room for words", func() bool { return strings.Contains(sam.Reads(), "Your own words") })
	must(sam.Fill("Your own words", theirs+"-plan"))
	_, err := sam.Submit()
	must(err)
	must(w.OpenHome(t.Context(), "U0GUEST1"))
	must(w.As("U0GUEST1").Types("/stepin " + theirs)) // refused
	w.DropSockets()
	holds("the card is there, and both connections stand", func() bool {
		return len(w.Posts("U0SAM001", sam.DM())) > 0 && w.Stats().Sockets == 2
	})

	told := map[string]string{}
	ask := func(name string, dial func(context.Context, string, string) (net.Conn, error), url string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		must(err)
		res, err := (&http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}).Do(req)
		must(err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		must(err)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s answers %s", name, res.Status)
		}
		told[name+", headers"] = fmt.Sprint(res.Header)
		if name != "/backup" { // which is the file
			told[name] = string(body)
		}
	}
	for _, page := range []string{"/healthz", "/readyz", "/metrics"} {
		ask(page, new(net.Dialer).DialContext, "http://"+log.address()+page)
	}
	for _, name := range []string{"/status", "/connection", "/backup"} {
		ask(name, func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", v["STEPIN_DB"]+".sock")
		}, "http://stepin"+name)
	}
	says := func(args ...string) {
		t.Helper()
		got := v.run(t.Context(), args...)
		told[strings.Join(args, " ")] = got.out + got.errs
		if got.out+got.errs == "" {
			t.Errorf("%q says nothing", args)
		}
	}
	running := [][]string{
		{"status"},
		{"check", "--deep"},
		{"config"},
		{"privacy"},
		{"export", "--months", lastMonth()},
		{"serve"},
		{"backup", filepath.Join(dir, "b.db")},
		{"status", "--log"},
		{"backup", filepath.Join(dir, "b.db")},
		{"compact"},
		{"restore", filepath.Join(dir, "b.db"), "--force"},
		{"forget", "U0SAM001", "--dry-run"},
		{"forget", theirs[2:]},
	}
	for _, args := range running {
		says(args...)
	}
	log.end()
	told["log"] = log.String()
	for _, args := range append(running, []string{"forget", "U0SAM001"}) {
		if args[0] != "serve" {
			says(args...)
		}
	}
	says("status", "--log")
	files, err := os.ReadDir(dir)
	must(err)
	for _, f := range files {
		told["files"] += f.Name() + "\n"
	}

	s := w.Secrets()
	if len(s.Tickets) < 4 || len(s.Answers) == 0 || len(s.Triggers) == 0 || !strings.Contains(told["log"], "level=WARN") {
		t.Errorf("too little has happened: %+v\n%s", s, told["log"])
	}
	for where, text := range told {
		for _, x := range slices.Concat(s.Tokens, s.Tickets, s.Answers, s.Uploads, s.Triggers, []string{theirs, "Sam ", "Okafor", "Dana", "Reyes", "xoxb-", "xapp-"}) {
			if strings.Contains(text, x) {
				t.Errorf("%s: %q leaks in %s", where, x, text)
			}
		}
	}
}
