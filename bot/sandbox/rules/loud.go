package rules

import (
	"regexp"
	"strings"

	"stepin/bot/sandbox/kit"
)

// loudMarkup pings many; loudWords become such a ping, or a live channel, where mrkdwn is not verbatim
// (docs.slack.dev/messaging/formatting-message-text).
var (
	loudMarkup = regexp.MustCompile(`<!(channel|here|everyone|subteam\^[^>]*)(\|[^>]*)?>`)
	loudWords  = regexp.MustCompile(`(^|[^\w])@(channel|here|everyone)\b`)
)

// Loud says in which ways a message pings many: the platform does what it is told, and people are woken. parsed says
// whether the platform looks for names in the text.
func Loud(text string, parsed bool, blocks []any) []string {
	var out []string
	if m := loudMarkup.FindString(text); m != "" {
		out = append(out, "the text pings many: "+m)
	}
	if parsed && loudWords.MatchString(text) {
		out = append(out, "the text is parsed for names and pings many")
	}
	return append(out, loudBlocks(blocks)...)
}

func loudBlocks(v any) (out []string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			out = append(out, loudBlocks(x)...)
		}
	case kit.Obj:
		switch v["type"] {
		case "mrkdwn":
			t := kit.Str(v["text"])
			if m := loudMarkup.FindString(t); m != "" {
				out = append(out, "a block pings many: "+m)
			}
			if m := loudWords.FindString(t); m != "" && v["verbatim"] != true {
				m = strings.TrimSpace(m)
				out = append(out, "a block that is not verbatim holds "+m+", which is parsed")
			}
			return out
		case "broadcast":
			out = append(out, "a rich text pings many")
		}
		for _, x := range v {
			out = append(out, loudBlocks(x)...)
		}
	}
	return out
}
