package sandbox

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
)

const (
	answerLife = 30 * time.Minute // of a response URL (docs.slack.dev/interactivity/handling-user-interaction)
	answerUses = 5
)

// answerURL is a response URL: it works five times within half an hour.
type answerURL struct {
	id      string
	channel *world.Conversation
	user    string
	message *world.Message // the message that holds the kit.Element, nil for a command
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
	w.serve(rw, c, func() (int, []byte) {
		status, bad := w.respond(r.PathValue("id"), c, badJSON)
		if bad != nil {
			return status, kit.JSON(failed(bad))
		}
		return status, kit.JSON(kit.Obj{"ok": true})
	})
}

func (w *Workspace) respond(id string, c *call, badJSON bool) (int, *rules.Refusal) {
	u := w.grants.answers[id]
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
		if u.message != nil {
			w.world.Remove(u.channel, u.message)
		}
		return http.StatusOK, nil
	}
	m, bad := w.message(c)
	if bad != nil {
		return http.StatusBadRequest, bad
	}
	u.uses++
	if kit.Truth(c.args["replace_original"]) && u.message != nil {
		if u.channel.Message(u.message.TS) == nil {
			return http.StatusNotFound, rules.No("message_not_found")
		}
		w.world.Edit(u.message, m.Text, m.Blocks)
		return http.StatusOK, nil
	}
	if kit.Str(c.args["response_type"]) != "in_channel" {
		m.For = u.user
		if u.message != nil {
			m.Thread = u.message.Thread
		}
	} else {
		m.Thread = kit.Str(c.args["thread_ts"])
	}
	w.world.AddApp(u.channel, m)
	return http.StatusOK, nil
}

// ResponseURL gives the app a response URL for what a user did in c; m is the message that they did it in, nil for
// none.
func (h Held) ResponseURL(c *world.Conversation, user string, m *world.Message) string {
	g := &h.ws.grants
	u := &answerURL{id: rand.Text(), channel: c, user: user, message: m, made: time.Now()}
	g.answers[u.id], g.queue = u, append(g.queue, u)
	h.ws.given(&h.ws.keys.given.Answers, u.id)
	for len(g.queue) > 0 && time.Since(g.queue[0].made) > 2*answerLife {
		delete(g.answers, g.queue[0].id)
		g.queue = g.queue[1:]
	}
	return "http://" + g.host + "/response/" + u.id
}
