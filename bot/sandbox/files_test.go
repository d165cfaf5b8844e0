package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/page/browser"

	"github.com/slack-go/slack"
)

// upload gets an id and an address for a file, and puts bytes there.
func (r *rig) upload(body string) (id, address string) {
	r.t.Helper()
	out := r.want("", "files.getUploadURLExternal", obj{"filename": "a.json", "length": len(body)})
	id, address = str(out["file_id"]), str(out["upload_url"])
	if status := r.put(address, body); status != http.StatusOK {
		r.t.Fatal(status)
	}
	return id, address
}

// put sends raw bytes, and gives the status.
func (r *rig) put(address, body string) int {
	r.t.Helper()
	resp, err := r.http().Post(address, "application/octet-stream", strings.NewReader(body))
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func shares(channel string, ids ...string) obj {
	var files []any
	for _, id := range ids {
		files = append(files, obj{"id": id, "title": "A title"})
	}
	return obj{"files": files, "channel_id": channel}
}

// A file is shown once it was shared, to those in the conversation, and gone once it was deleted.
func TestFiles(t *testing.T) {
	bubble(t, withScopes("files:write"), func(t *testing.T, r *rig) {
		dm := str(object(r.want("", "conversations.open", obj{"users": sam})["channel"])["id"])
		sum, err := r.api.UploadFile(slack.UploadFileParameters{Channel: dm, Content: "{}", Filename: "own.json", FileSize: 2, Title: "Own"})
		if err != nil {
			t.Fatal(err)
		}
		posts := r.w.Posts(sam, dm)
		if len(posts) != 1 || len(posts[0].Files) != 1 || posts[0].Files[0] != (hands.PostedFile{ID: sum.ID, Name: "own.json", Title: "Own", Content: "{}"}) || len(posts[0].Wakes) != 1 {
			t.Errorf("%+v", posts)
		}
		if got := r.w.As(sam).Reads(); got != "Own\n{}\n" {
			t.Errorf("%q", got)
		}
		if len(r.w.Posts(dana, dm)) != 0 {
			t.Error("Dana reads Sam's conversation")
		}
		seen := object(list(r.want("", "conversations.history", obj{"channel": dm})["messages"])[0])
		if f := object(list(seen["files"])[0]); f["id"] != sum.ID || f["name"] != nil {
			t.Errorf("without files:read an app reads %v", f)
		}
		r.want("", "files.delete", obj{"file": sum.ID})
		r.want("file_deleted", "files.delete", obj{"file": sum.ID})
		if len(r.w.Posts(sam, dm)) != 0 {
			t.Error("the message stays")
		}
		with, _ := r.upload("two")
		r.want("", "files.completeUploadExternal", obj{"files": []any{obj{"id": with}}, "channel_id": deals, "initial_comment": "A comment"})
		r.want("", "files.delete", obj{"file": with})
		if p := r.w.Posts(sam, deals); p[len(p)-1].Text != "A comment" || len(p[len(p)-1].Files) != 0 {
			t.Errorf("what was said with it goes too: %+v", p)
		}
	})
}

// What the platform refuses about files, each just under and just over where there is a limit.
func TestFilesRefused(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		for _, m := range []string{"files.getUploadURLExternal", "files.completeUploadExternal", "files.delete"} {
			if out, _ := r.call(m, nil); out["error"] != "missing_scope" || out["needed"] != "files:write" {
				t.Errorf("%s: %v", m, out)
			}
		}
	})
	bubble(t, withScopes("files:write"), func(t *testing.T, r *rig) {
		const get = "files.getUploadURLExternal"
		file := obj{"filename": "a.json", "length": 1}
		for _, tt := range []struct {
			code string
			args obj
		}{
			{"invalid_arguments", with(file, "filename", "")},
			{"missing_argument", with(file, "length", 0)},
			{"", file},
			{"", with(file, "length", sandbox.MaxFile)},
			{"file_upload_size_restricted", with(file, "length", sandbox.MaxFile+1)},
			{"", with(file, "alt_txt", x(sandbox.MaxAltText))},
			{"alt_txt_too_large", with(file, "alt_txt", x(sandbox.MaxAltText+1))},
			{"", with(with(file, "snippet_type", "json"), "length", sandbox.MaxSnippet)},
			{"snippet_too_large", with(with(file, "snippet_type", "json"), "length", sandbox.MaxSnippet+1)},
		} {
			r.want(tt.code, get, tt.args)
		}

		id, address := r.upload("four")
		if n := r.put(address, "four"); n != http.StatusNotFound {
			t.Errorf("an address is good twice: %d", n)
		}
		if n := r.put(r.base+"/upload/v1/guessed", "four"); n != http.StatusNotFound {
			t.Error("an address can be guessed")
		}
		out := r.want("", get, with(file, "length", 4))
		bare := str(out["file_id"])
		for _, wrong := range []string{"thr", "five!"} {
			if n := r.put(str(out["upload_url"]), wrong); n != http.StatusBadRequest {
				t.Errorf("%q for four bytes: %d", wrong, n)
			}
		}
		if v := r.w.Violations(); len(v) != 2 {
			t.Errorf("%q", v)
		}

		const complete = "files.completeUploadExternal"
		for _, tt := range []struct {
			code string
			args obj
		}{
			{"invalid_arguments", obj{"channel_id": deals}},
			{"file_not_found", shares(deals, "F0NOBODYS")},
			{"file_not_found", shares(deals, bare)}, // without its bytes
			{"file_not_found", shares(deals, id, id)},
			{"invalid_arguments", shares(sam, id)}, // a person is no conversation
			{"channel_not_found", shares("C0NOWHERE", id)},
			{"channel_not_found", shares("D0SAMDANA", id)},
			{"", shares(deals, id)},
			{"file_not_found", shares(deals, id)}, // again
		} {
			r.want(tt.code, complete, tt.args)
		}
		r.want("file_not_found", "files.delete", obj{"file": bare}) // nobody has seen it
		r.want("file_not_found", "files.delete", obj{"file": "F0NOBODYS"})
		own, _ := r.upload("mine")
		r.want("", complete, shares("", own))
		r.want("", "files.delete", obj{"file": own})
	})
	bubble(t, func(c *config) { withScopes("files:write")(c); c.NoLimits = false }, func(t *testing.T, r *rig) {
		for method, tier := range map[string]int{"files.delete": sandbox.Tier3, "files.completeUploadExternal": sandbox.Tier4, "files.getUploadURLExternal": sandbox.Tier4} {
			for range tier {
				r.call(method, nil)
			}
			if out, _ := r.call(method, nil); out["error"] != "ratelimited" {
				t.Errorf("%s, call %d in one minute: %v", method, tier+1, out)
			}
		}
	})
}

// An upload fails as a method does.
func TestFaultsOfAnUpload(t *testing.T) {
	for _, tt := range []struct {
		fault sandbox.Fault
		there bool
	}{
		{sandbox.Fault{Kind: sandbox.RateLimited, After: time.Second}, false},
		{sandbox.Fault{Kind: sandbox.ServerError}, false},
		{sandbox.Fault{Kind: sandbox.ResetBefore}, false},
		{sandbox.Fault{Kind: sandbox.ResetAfter}, true},
		{sandbox.Fault{Kind: sandbox.Slow, After: time.Second}, true},
	} {
		t.Run(fmt.Sprint(tt.fault.Kind), func(t *testing.T) {
			bubble(t, withScopes("files:write"), func(t *testing.T, r *rig) {
				out := r.want("", "files.getUploadURLExternal", obj{"filename": "a", "length": 1})
				tt.fault.Method = "upload"
				r.w.Fail(tt.fault)
				if n := r.put(str(out["upload_url"]), "x"); (n == http.StatusOK) != (tt.fault.Kind == sandbox.Slow) {
					t.Errorf("status %d", n)
				}
				code := "file_not_found"
				if tt.there {
					code = ""
				}
				r.want(code, "files.completeUploadExternal", shares(deals, str(out["file_id"])))
			})
		})
	}
}

// Late does the work after the connection was reset.
func TestFaultLate(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		r.w.Fail(sandbox.Fault{Method: "chat.postMessage", Kind: sandbox.Late, After: 5 * time.Second})
		if _, _, err := r.api.PostMessage(sam, slack.MsgOptionText("x", true)); !broken(err) {
			t.Errorf("%v", err)
		}
		posts := func() int { return len(r.w.Posts(sam, r.w.As(sam).DM())) }
		if n := posts(); n != 0 {
			t.Errorf("%d posts at once", n)
		}
		time.Sleep(6 * time.Second)
		if n := posts(); n != 1 {
			t.Errorf("%d posts in the end", n)
		}
	})
}

// The page opens a file to those who see it; a workspace that is kept keeps it.
func TestFilesOnThePage(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "workspace")
	change := func(c *config) { withScopes("files:write")(c); c.State = kept }
	r := newPageRig(t, change)
	dm := str(object(r.want("", "conversations.open", obj{"users": sam})["channel"])["id"])
	id, _ := r.upload(`{"a": "<b>"}`)
	r.want("", "files.completeUploadExternal", shares(dm, id))
	if err := sandbox.Save(r.w.Workspace); err != nil {
		t.Fatal(err)
	}
	open := func(r *rig, user string) (int, string) {
		resp, err := r.http().Get(r.base + "/people/file?" + url.Values{"user": {user}, "channel": {dm}, "id": {id}}.Encode())
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode == http.StatusOK && !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%v, %v", err, resp.Header)
		}
		return resp.StatusCode, string(b)
	}
	for _, r := range []*rig{r, newPageRig(t, change)} {
		if status, body := open(r, sam); status != http.StatusOK || body != `{"a": "<b>"}` {
			t.Errorf("%d %s", status, body)
		}
		for _, other := range []string{dana, "U0STEPIN1", ""} {
			if status, _ := open(r, other); status != http.StatusNotFound {
				t.Errorf("%q opens it: %d", other, status)
			}
		}
	}
}

// filesInBrowser finds a file in the conversation with the app, and a link that opens it.
func filesInBrowser(t *testing.T, b *browser.Tab) {
	r := newPageRig(t, withScopes("files:write"))
	dm := str(object(r.want("", "conversations.open", obj{"users": sam})["channel"])["id"])
	b.Size(390, 844, "light")
	b.Open(r.base)
	b.Until(`document.querySelector(".left .post")`)
	id, _ := r.upload("What I wrote")
	r.want("", "files.completeUploadExternal", shares(dm, id))
	b.Until(`document.querySelector(".left [data-test=banner]")`)
	b.Click(".left [data-test=banner]")
	b.Until(`document.querySelector(".left [data-test=file]").textContent === "A title"`)
	b.LooksRight("file")
	browser.Eval[any](b, `void fetch(document.querySelector(".left [data-test=file]").href).then((r) => r.text()).then((text) => { window.opened = text; })`)
	b.Until(`window.opened === "What I wrote"`)
}
