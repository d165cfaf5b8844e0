package sandbox_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stepin/bot/sandbox/page/browser"
)

// screensInBrowser shows every fifth screen and message that stepin has, and at STEPIN_LONG=2 each one: on a phone and
// wide, light and dark, nothing sticks out, lies on something else, is too faint or has no name.
func screensInBrowser(t *testing.T, b *browser.Tab) {
	r := newPageRig(t, nil)
	files, err := filepath.Glob("../view/testdata/views/*.json")
	if err != nil || len(files) < 300 {
		t.Fatal(len(files), err)
	}
	dm := str(object(r.want("", "conversations.open", obj{"users": sam})["channel"])["id"])
	post := r.want("", "chat.postMessage", obj{"channel": dm, "text": "All", "blocks": []any{section("first")}})
	b.Open(r.base + "/#workspace/" + sam)
	b.Who = sam
	for i, f := range files {
		if i%5 != 0 && os.Getenv("STEPIN_LONG") != "2" {
			continue
		}
		js, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var screen obj
		mustDecode(js, &screen)
		blocks, ok := screen["blocks"].([]any)
		if !ok {
			continue // errors of a form, or a file
		}
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		screen["blocks"] = append(blocks, section("This is "+name))
		switch screen["type"] {
		case "modal", "home":
			b.Home()
			if js, err = json.Marshal(screen); err == nil {
				_, err = r.w.PlantView(sam, js)
			}
			if err != nil {
				t.Fatal(name, err)
			}
		default:
			b.Messages()
			r.want("", "chat.update", obj{"channel": dm, "ts": post["ts"], "text": "All", "blocks": screen["blocks"]})
		}
		b.Sees("This is " + name)
		b.Looks(name)
		r.w.Clear(sam)
		b.Closed()
	}
}
