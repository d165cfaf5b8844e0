package sandbox

import (
	"regexp"
	"strings"
)

// loudMarkup pings many; loudWords become such a ping, or a live channel, where mrkdwn is not verbatim (SLACK.md
// section 5).
var (
	loudMarkup = regexp.MustCompile(`<!(channel|here|everyone|subteam\^[^>]*)(\|[^>]*)?>`)
	loudWords  = regexp.MustCompile(`(^|[^\w])@(channel|here|everyone)\b`)
)

// listen notes mass pings in a message: the platform does what it is told, and people are woken.
func (w *Workspace) listen(c *call, p *post) {
	if m := loudMarkup.FindString(p.Text); m != "" {
		w.violation("%s: the text pings many: %s", c.method, m)
	}
	if parse := c.str("parse"); (parse == "full" || c.flag("link_names")) && loudWords.MatchString(p.Text) {
		w.violation("%s: the text is parsed for names and pings many", c.method)
	}
	w.listenTo(c.method, p.Blocks)
}

// listenTo walks blocks for mrkdwn that pings many.
func (w *Workspace) listenTo(method string, v any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			w.listenTo(method, x)
		}
	case obj:
		if v["type"] == "mrkdwn" {
			t := str(v["text"])
			if m := loudMarkup.FindString(t); m != "" {
				w.violation("%s: a block pings many: %s", method, m)
			}
			if v["verbatim"] != true && loudWords.MatchString(t) {
				w.violation("%s: a block that is not verbatim holds %s, which is parsed", method, strings.TrimSpace(loudWords.FindString(t)))
			}
			return
		}
		if v["type"] == "broadcast" {
			w.violation("%s: a rich text pings many", method)
		}
		for _, x := range v {
			switch x.(type) {
			case []any, obj:
				w.listenTo(method, x)
			}
		}
	}
}
