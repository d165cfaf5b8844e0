package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"stepin/bot/sandbox/page/browser"
)

// ownInTheBrowser reads what is kept, takes out a file with one's own words, and is forgotten: the file goes, too.
func ownInTheBrowser(t *testing.T, p *browser.Tab) {
	url, stop := startDemo(t)
	defer stop()
	p.Open(url)
	p.Send()
	p.Reads("Chance without you?")
	p.Press("I'll hold back")
	p.Reads("That's the job")
	p.Press("Save")
	p.Closed()
	p.Be(sam)
	p.Types("/stepin privacy")
	p.Sees("Your words are in no log")
	p.Lower("own-privacy")
	p.Types("/stepin export")
	p.Messages()
	p.Sees("Here is a file")
	p.Lower("own-file")
	href := browser.Eval[string](p, p.Root()+`.querySelector('[data-test=file]').href`)
	var file struct {
		Wrote []struct{ Call string }
	}
	text := fetched(t, href, http.StatusOK)
	if err := json.Unmarshal([]byte(text), &file); err != nil || len(file.Wrote) == 0 || file.Wrote[0].Call != "Acme renewal" {
		t.Errorf("the file: %v\n%s", err, text)
	}
	p.Tap("[data-channel=D0SAMDANA]")
	p.Types("/stepin forget")
	p.Sees("Nobody can bring it back.")
	p.Looks("own-forget")
	p.Press("Forget me")
	p.Press("Close")
	p.Closed()
	p.Messages()
	p.Sees("What stays")
	p.Lower("own-forgotten")
	p.Misses("Acme renewal")
	fetched(t, href, http.StatusNotFound)
}

// fetched is what is at an address of the demo, which must answer so.
func fetched(t *testing.T, url string, code int) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != code {
		t.Errorf("%s: %s, %v", strings.SplitN(url, "?", 2)[0], res.Status, err)
	}
	return string(text)
}
