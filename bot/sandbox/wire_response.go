package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
)

const (
	answerLife = 30 * time.Minute // of a response URL (SLACK.md section 4)
	answerUses = 5
)

// answerURL is a response URL: it works five times within half an hour.
type answerURL struct {
	id      string
	channel *channel
	user    string
	post    *post // the message that holds the kit.Element, nil for a command
	made    time.Time
	uses    int
}

func (w *Workspace) serveResponse(rw http.ResponseWriter, r *http.Request) {
	c := &call{method: "response_url", args: kit.Obj{}, now: time.Now()}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return
	}
	badJSON := json.Unmarshal(body, &c.args) != nil
	if !badJSON {
		c.raw = body
	}
	f := w.faultFor(c.method)
	if w.failBefore(rw, c, f) {
		return
	}
	w.mu.Lock()
	w.wire.stats.calls[c.method]++
	status, bad := w.respond(r.PathValue("id"), c, badJSON)
	w.mu.Unlock()
	if w.failAfter(rw, c, f) {
		return
	}
	out := kit.Obj{"ok": bad == nil}
	if bad != nil {
		out["error"] = bad.Code
		for k, v := range bad.Extra {
			out[k] = v
		}
	}
	w.answer(rw, c, status, out)
}

func (w *Workspace) respond(id string, c *call, badJSON bool) (int, *rules.Refusal) {
	u := w.answers[id]
	switch {
	case u == nil:
		return http.StatusNotFound, rules.No("invalid_url")
	case c.now.Sub(u.made) > answerLife:
		return http.StatusNotFound, rules.No("expired_url")
	case u.uses >= answerUses:
		return http.StatusNotFound, rules.No("used_url")
	case badJSON:
		return http.StatusBadRequest, rules.No("invalid_payload")
	}
	if kit.Truth(c.args["delete_original"]) {
		u.uses++
		if u.post != nil {
			w.remove(u.channel, u.post)
		}
		return http.StatusOK, nil
	}
	m, bad := w.message(c)
	if bad != nil {
		return http.StatusBadRequest, bad
	}
	u.uses++
	if kit.Truth(c.args["replace_original"]) && u.post != nil {
		p := u.post
		if u.channel.byTS[p.TS] == nil {
			return http.StatusNotFound, rules.No("message_not_found")
		}
		p.Text, p.Blocks = m.Text, m.Blocks
		p.Values = kit.KeepValues(p.Blocks, p.Values)
		if p.For == "" {
			p.EditedTS = formatTS(time.Now().Add(w.offset).UnixMicro())
		}
		w.changed()
		return http.StatusOK, nil
	}
	m.App, m.User = true, w.cfg.Seed.BotUser
	m.Values = kit.KeepValues(m.Blocks, nil)
	if kit.Str(c.args["response_type"]) != "in_channel" {
		m.For = u.user
		if u.post != nil {
			m.Thread = u.post.Thread
		}
	} else {
		m.Thread = kit.Str(c.args["thread_ts"])
	}
	w.add(u.channel, m)
	return http.StatusOK, nil
}
