package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// ownInTheBrowser reads what is kept, takes out a file with one's own words, and is forgotten: the file goes, too.
func ownInTheBrowser(t *testing.T, p *tab) {
	url, stop := startDemo(t)
	defer stop()
	p.run("open", chromedp.Navigate(url))
	p.send()
	p.reads("Chance without you?")
	p.press("I'll hold back")
	p.reads("That's the job")
	p.press("Save")
	p.closed()
	p.be(sam)
	p.types("/stepin privacy")
	p.sees("Your words are in no log")
	p.lower("own-privacy")
	p.types("/stepin export")
	p.messages()
	p.sees("Here is a file")
	p.lower("own-file")
	href, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](p.root()+`.querySelector('[data-test=file]').href`))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Wrote []struct{ Call string }
	}
	text := fetched(t, href, http.StatusOK)
	if err := json.Unmarshal([]byte(text), &file); err != nil || len(file.Wrote) == 0 || file.Wrote[0].Call != "Acme renewal" {
		t.Errorf("the file: %v\n%s", err, text)
	}
	p.click("[data-channel=D0SAMDANA]")
	p.types("/stepin forget")
	p.sees("Nobody can bring it back.")
	p.looks("own-forget")
	p.press("Forget me")
	p.press("Close")
	p.closed()
	p.messages()
	p.sees("What stays")
	p.lower("own-forgotten")
	p.misses("Acme renewal")
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
