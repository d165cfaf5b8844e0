package sandbox

import (
	"regexp"
	"slices"

	"stepin/bot/sandbox/kit"
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
