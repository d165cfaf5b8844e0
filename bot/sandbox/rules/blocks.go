package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"stepin/bot/sandbox/kit"
)

// The limits of SLACK.md section 3. Characters are counted as runes of the text as it was sent, so after escaping; the
// platform's own unit is not documented.

// Surface is where blocks stand.
type Surface string

// The surfaces. A view's type is "modal" or "home".
const (
	Message Surface = "message"
	Modal   Surface = "modal"
	Home    Surface = "home"
)

// checker walks blocks and gathers what is wrong, with a JSON pointer each.
type checker struct {
	on   Surface
	bad  []string
	ids  map[string]bool // block ids
	acts map[string]bool // action ids in this block
	// focus counts elements that want the focus: one a view.
	focus int
}

func (k *checker) fail(at, format string, a ...any) {
	k.bad = append(k.bad, fmt.Sprintf("[ERROR] %s [json-pointer:%s]", fmt.Sprintf(format, a...), at))
}

// Blocks says what the platform finds wrong with blocks; nil if it takes them.
func Blocks(blocks []any, on Surface) []string {
	k := &checker{on: on, ids: map[string]bool{}}
	k.blocks("/blocks", blocks)
	return k.bad
}

func (k *checker) blocks(at string, blocks []any) {
	most := 100
	if k.on == Message {
		most = 50
	}
	if len(blocks) > most {
		k.fail(at, "no more than %d items allowed", most)
	}
	for i, x := range blocks {
		k.block(fmt.Sprintf("%s/%d", at, i), x)
	}
}

// blockRule is what the platform says of one kind of block.
type blockRule struct {
	fields []string // besides type and block_id; a leading ! marks those that it must have
	check  func(k *checker, at string, b kit.Obj)
}

var blockRules = map[string]blockRule{
	"section": {[]string{"text", "fields", "accessory", "expand"}, (*checker).section},
	"header": {[]string{"!text", "level"}, func(k *checker, at string, b kit.Obj) {
		k.plain(at+"/text", b["text"], 150)
	}},
	"context": {[]string{"!elements"}, func(k *checker, at string, b kit.Obj) {
		k.items(at+"/elements", b["elements"], 1, 10, k.contextPart)
	}},
	"divider": {nil, func(*checker, string, kit.Obj) {}},
	"actions": {[]string{"!elements"}, func(k *checker, at string, b kit.Obj) {
		k.items(at+"/elements", b["elements"], 1, 25, func(at string, el kit.Obj) { k.element(at, el, "actions") })
	}},
	"input":     {[]string{"!label", "!element", "dispatch_action", "hint", "optional"}, (*checker).inputBlock},
	"image":     {[]string{"!alt_text", "image_url", "slack_file", "title"}, (*checker).image},
	"rich_text": {[]string{"!elements"}, (*checker).rich},
}

// known checks o's fields against want; extra are allowed beside.
func (k *checker) known(at string, o kit.Obj, want []string, extra ...string) bool {
	ok := true
	for _, f := range want {
		if name, must := strings.CutPrefix(f, "!"); must {
			if v, has := o[name]; !has || v == nil {
				k.fail(at, "missing required field: %s", name)
				ok = false
			}
		}
	}
	for f := range o {
		if f != "type" && !slices.Contains(extra, f) && !slices.Contains(want, f) && !slices.Contains(want, "!"+f) {
			k.fail(at+"/"+f, "invalid additional property: %s", f)
			ok = false
		}
	}
	return ok
}

func (k *checker) block(at string, x any) {
	b := kit.Object(x)
	if b == nil {
		k.fail(at, "must be an object")
		return
	}
	kind := kit.Str(b["type"])
	rule, ok := blockRules[kind]
	if !ok {
		k.fail(at+"/type", "unsupported type: %s", kind)
		return
	}
	k.acts = map[string]bool{}
	k.length(at+"/block_id", b["block_id"], 0, 255)
	if id := kit.Str(b["block_id"]); id != "" {
		if k.ids[id] {
			k.fail(at+"/block_id", "block_id is duplicated: %s", id)
		}
		k.ids[id] = true
	}
	if k.known(at, b, rule.fields, "block_id") {
		rule.check(k, at, b)
	}
}

func (k *checker) contextPart(at string, el kit.Obj) {
	if kit.Str(el["type"]) == "image" {
		k.image(at, el)
	} else {
		k.text(at, el, 3000)
	}
}

func (k *checker) inputBlock(at string, b kit.Obj) {
	k.plain(at+"/label", b["label"], 2000)
	if b["hint"] != nil {
		k.plain(at+"/hint", b["hint"], 2000)
	}
	k.flag(at+"/optional", b["optional"])
	k.flag(at+"/dispatch_action", b["dispatch_action"])
	k.element(at+"/element", kit.Object(b["element"]), "input")
}

func (k *checker) section(at string, b kit.Obj) {
	if b["text"] == nil && b["fields"] == nil {
		k.fail(at, "missing required field: text or fields")
	}
	if b["text"] != nil {
		k.text(at+"/text", b["text"], 3000)
	}
	if b["fields"] != nil {
		k.items(at+"/fields", b["fields"], 1, 10, func(at string, f kit.Obj) { k.text(at, f, 2000) })
	}
	if b["accessory"] != nil {
		k.element(at+"/accessory", kit.Object(b["accessory"]), "section")
	}
}

func (k *checker) image(at string, b kit.Obj) {
	k.length(at+"/alt_text", b["alt_text"], 1, 2000)
	k.length(at+"/image_url", b["image_url"], 0, 3000)
	if b["image_url"] == nil && b["slack_file"] == nil {
		k.fail(at, "missing required field: image_url")
	}
	if b["title"] != nil {
		k.plain(at+"/title", b["title"], 2000)
	}
}

// items checks that v is a list of least to most objects, and gives each to check.
func (k *checker) items(at string, v any, least, most int, check func(at string, o kit.Obj)) {
	l, ok := v.([]any)
	if !ok {
		k.fail(at, "must be an array")
		return
	}
	if len(l) < least {
		k.fail(at, "must have at least %d items", least)
	}
	if len(l) > most {
		k.fail(at, "no more than %d items allowed", most)
	}
	for i, x := range l {
		p := fmt.Sprintf("%s/%d", at, i)
		if o := kit.Object(x); o != nil {
			check(p, o)
		} else {
			k.fail(p, "must be an object")
		}
	}
}

// length checks that v, if it is there, is text of least to most characters.
func (k *checker) length(at string, v any, least, most int) {
	if v == nil {
		if least > 0 {
			k.fail(at, "missing required field")
		}
		return
	}
	s, ok := v.(string)
	if !ok {
		k.fail(at, "must be a string")
		return
	}
	n := utf8.RuneCountInString(s)
	if n < least {
		k.fail(at, "must be more than %d characters", least-1)
	}
	if n > most {
		k.fail(at, "must be less than %d characters", most+1)
	}
}

func (k *checker) flag(at string, v any) {
	if _, ok := v.(bool); v != nil && !ok {
		k.fail(at, "must be a boolean")
	}
}

func (k *checker) text(at string, v any, most int) {
	t := kit.Object(v)
	switch kit.Str(t["type"]) {
	case "plain_text":
		k.plain(at, v, most)
	case "mrkdwn":
		if k.known(at, t, []string{"!text", "verbatim"}) {
			k.flag(at+"/verbatim", t["verbatim"])
			k.length(at+"/text", t["text"], 1, most)
		}
	default:
		k.fail(at+"/type", "must be plain_text or mrkdwn")
	}
}

func (k *checker) plain(at string, v any, most int) {
	t := kit.Object(v)
	if kit.Str(t["type"]) != "plain_text" {
		k.fail(at+"/type", "must be plain_text")
		return
	}
	if k.known(at, t, []string{"!text", "emoji"}) {
		k.flag(at+"/emoji", t["emoji"])
		k.length(at+"/text", t["text"], 1, most)
	}
}

var richParts = []string{"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}

func (k *checker) rich(at string, b kit.Obj) {
	k.items(at+"/elements", b["elements"], 1, 1000, func(at string, el kit.Obj) {
		if !slices.Contains(richParts, kit.Str(el["type"])) {
			k.fail(at+"/type", "unsupported type: %s", kit.Str(el["type"]))
			return
		}
		k.items(at+"/elements", el["elements"], 0, 1000, k.richPart)
	})
}

func (k *checker) richPart(at string, p kit.Obj) {
	switch kit.Str(p["type"]) {
	case "rich_text_section":
		k.items(at+"/elements", p["elements"], 0, 1000, k.richPart)
	case "text":
		k.length(at+"/text", p["text"], 1, 12000)
	case "link":
		k.length(at+"/url", p["url"], 1, 3000)
	case "user", "channel", "emoji", "date", "broadcast", "usergroup", "color", "team":
	default:
		k.fail(at+"/type", "unsupported type: %s", kit.Str(p["type"]))
	}
}
