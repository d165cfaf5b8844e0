package sandbox

import (
	"regexp"
	"slices"
	"strings"
)

// named is the markup that names a person in mrkdwn and in a message's text, also in a verbatim one (SLACK.md section 5).
var named = regexp.MustCompile(`<@([UW][A-Z0-9]+)(?:\|[^>]*)?>`)

// wakes are those whom p notifies: the only reader of an ephemeral, everybody else in a conversation of two or a few,
// and in channels and threads only the members that it names; that a thread also wakes whoever follows it is not
// relied on. With blocks, they alone count: the text stands for them (SLACK.md section 3).
func (c *channel) wakes(p *post) []string {
	if p.For != "" {
		return []string{p.For}
	}
	var names []string
	switch {
	case p.Thread == "" && (c.Kind == "im" || c.Kind == "mpim"):
		names = c.Members
	case len(p.Blocks) > 0:
		names = namedIn(p.Blocks)
	default:
		names = namedInText(p.Text)
	}
	var out []string
	for _, m := range c.Members {
		if m != p.User && slices.Contains(names, m) {
			out = append(out, m)
		}
	}
	return out
}

func namedInText(text string) (out []string) {
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// namedIn walks blocks for the people whom they name.
func namedIn(v any) (out []string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			out = append(out, namedIn(x)...)
		}
	case obj:
		switch {
		case v["type"] == "mrkdwn":
			return namedInText(str(v["text"]))
		case v["type"] == "user" && str(v["user_id"]) != "":
			return []string{str(v["user_id"])}
		}
		for _, x := range v {
			out = append(out, namedIn(x)...)
		}
	}
	return out
}

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
