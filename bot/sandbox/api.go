package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
)

// maxBody is more than any call needs: the largest argument is a view of 250 KB.
const maxBody = 2 << 20

// call is one Web API call on its way.
type call struct {
	method string
	token  string
	args   kit.Obj
	raw    json.RawMessage // args as they came, without the token
	json   bool            // it came as JSON
	plain  bool            // its answer is text
	host   string
	now    time.Time // real
	wait   int       // seconds that it is told to wait
	// channel is the conversation that it reads, of a method whose scope depends on the conversation.
	channel *world.Conversation
}

func (c *call) str(k string) string {
	switch v := c.args[k].(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func (c *call) flag(k string) bool { return kit.Truth(c.args[k]) }

// tree gives an argument that is JSON: as it is in a JSON body, or as text in a form.
func (c *call) tree(k string) (v any, ok bool) {
	s, isText := c.args[k].(string)
	if !isText {
		return c.args[k], true
	}
	return v, s == "" || json.Unmarshal([]byte(s), &v) == nil
}

func (c *call) number(k string, otherwise int) int {
	if n, err := strconv.Atoi(c.str(k)); err == nil {
		return n
	}
	return otherwise
}

func (w *Workspace) serveAPI(rw http.ResponseWriter, r *http.Request) {
	c := &call{method: r.PathValue("method"), args: kit.Obj{}, host: r.Host, now: time.Now()}
	var buf bytes.Buffer
	buf.Grow(int(min(max(r.ContentLength, 0), maxBody)) + bytes.MinRead) // so that it need not grow
	_, err := buf.ReadFrom(io.LimitReader(r.Body, maxBody))
	body := buf.Bytes()
	if err != nil {
		w.reply(rw, c, http.StatusOK, kit.JSON(failed(rules.No("request_timeout"))))
		return
	}
	bad := c.parse(r, body)
	w.serve(rw, c, func() (int, []byte) {
		status, out := w.do(rw.Header(), c, bad)
		return status, kit.JSON(out)
	})
}

// serve answers a call with what do says, unless a fault was ordered for it. do runs with the lock held, so that
// what it encodes does not change meanwhile.
func (w *Workspace) serve(rw http.ResponseWriter, c *call, do func() (status int, answer []byte)) {
	f := w.faultFor(c.method)
	if w.failBefore(rw, c, f) {
		return
	}
	if f.Kind == Late {
		reset(rw)
		w.pause(f.After)
		c.now = time.Now()
	}
	w.mu.Lock()
	w.ledger.stats.Calls[c.method]++
	status, b := do()
	w.mu.Unlock()
	switch {
	case f.Kind == Late:
		w.note(c, 0, nil) // the connection is gone already
	case w.failAfter(rw, c, f):
	case c.plain:
		w.note(c, status, nil)
		rw.WriteHeader(status)
		_, _ = rw.Write(b)
	default:
		w.reply(rw, c, status, b)
	}
}

// failed is the answer that says a refusal.
func failed(bad *rules.Refusal) kit.Obj {
	out := kit.Obj{"ok": false, "error": bad.Code}
	maps.Copy(out, bad.Extra)
	return out
}

// parse reads the arguments from the query, a form or a JSON body, and the token from the header or the form.
func (c *call) parse(r *http.Request, body []byte) *rules.Refusal {
	for k, v := range r.URL.Query() {
		c.args[k] = v[0]
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if strings.TrimSpace(kind) == "application/json" {
		c.json = true
		if len(bytes.TrimSpace(body)) > 0 && json.Unmarshal(body, &c.args) != nil {
			return rules.No("invalid_json")
		}
	} else {
		r.Body = io.NopCloser(bytes.NewReader(body))
		if r.ParseMultipartForm(maxBody) != nil && r.ParseForm() != nil {
			return rules.No("invalid_form_data")
		}
		for k, v := range r.Form {
			c.args[k] = v[0]
		}
	}
	if t, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		c.token = t
	} else if !c.json {
		c.token = c.str("token")
	}
	if _, has := c.args["token"]; c.json && !has && len(body) > 0 && r.URL.RawQuery == "" {
		c.raw = body
		return nil
	}
	delete(c.args, "token")
	c.raw = kit.JSON(c.args)
	return nil
}

// do does the work of a call, with the lock held.
func (w *Workspace) do(h http.Header, c *call, bad *rules.Refusal) (int, kit.Obj) {
	m, known := methods[c.method]
	if bad == nil {
		bad = w.allowed(c, m, known)
	}
	if w.kind(c.token) == botToken {
		h.Set("X-OAuth-Scopes", strings.Join(w.world.App.OAuth.Scopes.Bot, ","))
	}
	if bad == nil {
		w.limits.Windows = w.faults.Windows
		wait, through := w.limits.Limit(c.now, c.method, m.tier, w.conversation(c), w.cfg.NoLimits)
		if wait > 0 {
			return http.StatusTooManyRequests, w.limited(h, c, wait, through)
		}
	}
	if bad == nil && m.scope != "" && !strings.Contains(m.scope, ":") {
		c.channel, bad = w.readable(c, m.scope)
	}
	var out kit.Obj
	if bad == nil {
		out, bad = m.do(w, c)
	}
	if bad != nil {
		return http.StatusOK, failed(bad)
	}
	out["ok"] = true
	return http.StatusOK, out
}

// limited is the answer that tells the app to wait for some seconds. through is set if it called during an earlier
// wait.
func (w *Workspace) limited(h http.Header, c *call, wait int, through bool) kit.Obj {
	if through {
		w.violation("%s was called while its Retry-After was running", c.method)
	}
	w.ledger.stats.Limited++
	if c.wait = wait; wait > 0 {
		h.Set("Retry-After", strconv.Itoa(wait))
	}
	return failed(rules.No("ratelimited"))
}

// conversation is the id of the conversation that c is about, also where it names a person.
func (w *Workspace) conversation(c *call) string {
	id := c.str("channel")
	if ch := w.world.DMOf(id); ch != nil {
		return ch.ID
	}
	return id
}

// allowed checks token and scope. Scopes that depend on the conversation are checked by the method.
func (w *Workspace) allowed(c *call, m method, known bool) *rules.Refusal {
	kind := w.kind(c.token)
	switch {
	case !known:
		return rules.No("unknown_method")
	case c.token == "":
		return rules.No("not_authed")
	case kind == revoked:
		return rules.No("token_revoked")
	case kind == foreign && c.method == "auth.test":
	case kind == noToken, kind == foreign:
		return rules.No("invalid_auth")
	case m.appToken != (kind == appToken) && c.method != "auth.test":
		return rules.No("not_allowed_token_type")
	case strings.Contains(m.scope, ":") && !w.world.App.HasScope(m.scope):
		return w.world.App.Missing(m.scope)
	}
	return nil
}

// reply writes an answer, and notes the call.
func (w *Workspace) reply(rw http.ResponseWriter, c *call, status int, b []byte) {
	w.note(c, status, b)
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.mu.Lock()
	if odd := w.faults.Odd; odd != nil && c.method != "" {
		b = odd(c.method, b)
	}
	rw.Header().Set("Date", w.world.Now().Add(w.faults.ClockAhead).UTC().Format(http.TimeFormat))
	w.mu.Unlock()
	rw.WriteHeader(status)
	_, _ = rw.Write(b)
}

// method is one of the Web API. The tiers are those of docs.slack.dev/apis/web-api/rate-limits.
type method struct {
	scope    string // "" none; "history" and "read" depend on the kind of the conversation that is read
	appToken bool   // wants the app-level token instead of the bot's
	tier     int    // calls a minute; 0 for those with limits of their own
	do       func(*Workspace, *call) (kit.Obj, *rules.Refusal)
}

const (
	tier2 = 20
	tier3 = 50
	tier4 = 100
)

// methods are all methods that the workspace knows; each runs with the lock held.
var methods = map[string]method{
	"auth.test":             {tier: 600, do: (*Workspace).authTest}, // "special": hundreds a minute
	"apps.connections.open": {appToken: true, tier: tier3, do: (*Workspace).connectionsOpen},
	"chat.postMessage":      {scope: "chat:write", do: (*Workspace).chatPost},
	"chat.postEphemeral":    {scope: "chat:write", tier: tier4, do: (*Workspace).chatEphemeral},
	"chat.update":           {scope: "chat:write", tier: tier3, do: (*Workspace).chatUpdate},
	"chat.delete":           {scope: "chat:write", tier: tier3, do: (*Workspace).chatDelete},
	"views.open":            {tier: tier4, do: (*Workspace).viewsOpen},
	"views.push":            {tier: tier4, do: (*Workspace).viewsPush},
	"views.update":          {tier: tier4, do: (*Workspace).viewsUpdate},
	"views.publish":         {tier: tier4, do: (*Workspace).viewsPublish},
	"users.info":            {scope: "users:read", tier: tier4, do: (*Workspace).usersInfo},
	"users.list":            {scope: "users:read", tier: tier2, do: (*Workspace).usersList},
	"usergroups.users.list": {scope: "usergroups:read", tier: tier2, do: (*Workspace).groupUsers},
	"conversations.open":    {tier: tier3, do: (*Workspace).conversationsOpen}, // its scope: see rules.ScopeToOpen
	"conversations.history": {scope: "history", tier: tier3, do: (*Workspace).conversationsHistory},
	"conversations.replies": {scope: "history", tier: tier3, do: (*Workspace).conversationsReplies},
	"conversations.info":    {scope: "read", tier: tier3, do: (*Workspace).conversationsInfo},
	"conversations.members": {scope: "read", tier: tier4, do: (*Workspace).conversationsMembers},

	"files.getUploadURLExternal":   {scope: "files:write", tier: tier4, do: (*Workspace).filesGetURL},
	"files.completeUploadExternal": {scope: "files:write", tier: tier4, do: (*Workspace).filesComplete},
	"files.delete":                 {scope: "files:write", tier: tier3, do: (*Workspace).filesDelete},
}
