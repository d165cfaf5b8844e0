package world

import (
	"regexp"
	"slices"

	"stepin/bot/sandbox/kit"
)

// named is the markup that names a person in mrkdwn and in a message's text, also in a verbatim one
// (docs.slack.dev/messaging/formatting-message-text).
var named = regexp.MustCompile(`<@([UW][A-Z0-9]+)(?:\|[^>]*)?>`)

// wakes are the users whom a message notifies: the only reader of an ephemeral one, everybody else in a conversation of
// two or a few, and in channels and threads only the members that it names. That a thread also wakes its followers is
// not relied on. With blocks, they alone count: the text stands for them (docs.slack.dev/reference/block-kit).
func (c *Conversation) wakes(m *Message) []string {
	if m.For != "" {
		return []string{m.For}
	}
	var names []string
	switch {
	case m.Thread == "" && (c.Kind == "im" || c.Kind == "mpim"):
		names = c.Members
	case len(m.Blocks) > 0:
		names = namedIn(m.Blocks)
	default:
		names = namedInText(m.Text)
	}
	var out []string
	for _, u := range c.Members {
		if u != m.User && slices.Contains(names, u) {
			out = append(out, u)
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
	case kit.Obj:
		switch {
		case v["type"] == "mrkdwn":
			return namedInText(kit.Str(v["text"]))
		case v["type"] == "user" && kit.Str(v["user_id"]) != "":
			return []string{kit.Str(v["user_id"])}
		}
		for _, x := range v {
			out = append(out, namedIn(x)...)
		}
	}
	return out
}
