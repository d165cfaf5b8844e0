package rules

import "stepin/bot/sandbox/kit"

// Surface is where blocks stand.
type Surface string

// The surfaces. A view's type is "modal" or "home".
const (
	Message Surface = "message"
	Modal   Surface = "modal"
	Home    Surface = "home"
)

// Blocks says what the platform finds wrong with blocks; nil if it takes them.
func Blocks(blocks []any, on Surface) []string {
	return found(func(k *checker) { blocksOn(on)(k, "/blocks", blocks) })
}

// blocksOn takes a list of blocks.
func blocksOn(on Surface) check {
	most := 100
	if on == Message {
		most = 50
	}
	return func(k *checker, at string, v any) {
		k.blocks = map[string]bool{}
		items(0, most, block)(k, at, v)
	}
}

// blockSchemas are the fields of each kind of block, by its page.
var blockSchemas = map[string]schema{
	"section": {"text": text(3000), "fields": items(1, 10, text(2000)), "accessory": element, "expand": nil},
	"header":  {"!text": plain(150), "level": nil},
	"context": {"!elements": items(1, 10, contextPart)},
	"divider": {},
	"actions": {"!elements": items(1, 25, element)},
	"input": {
		"!label": plain(2000), "hint": plain(2000), "!element": element, "optional": flag, "dispatch_action": flag,
	},
	"image":     imageSchema,
	"rich_text": {"!elements": items(1, 1000, richBlock)},
}

var imageSchema = schema{
	"!alt_text": chars(1, 2000), "image_url": chars(0, 3000), "slack_file": nil, "title": plain(2000),
}

var blockID = schema{"block_id": chars(0, 255)}

func block(k *checker, at string, v any) {
	b := kit.Object(v)
	k.block, k.actions = kit.Str(b["type"]), map[string]bool{}
	s, ok := blockSchemas[k.block]
	if !ok {
		k.fail(at+"/type", "unsupported type: %s", k.block)
		return
	}
	k.object(at, b, s, blockID)
	k.once(k.under(at, "block_id"), "block_id", k.blocks, kit.Str(b["block_id"]))
	switch {
	case k.block == "section" && b["text"] == nil && b["fields"] == nil:
		k.fail(at, "missing required field: text or fields")
	case k.block == "image":
		source(k, at, b)
	}
}

// source says so if an image comes from nowhere.
func source(k *checker, at string, image kit.Obj) {
	if image["image_url"] == nil && image["slack_file"] == nil {
		k.fail(at, "missing required field: image_url")
	}
}

func contextPart(k *checker, at string, v any) {
	if el := kit.Object(v); el["type"] == "image" {
		k.object(at, el, imageSchema)
		source(k, at, el)
	} else {
		text(3000)(k, at, v)
	}
}

func richBlock(k *checker, at string, v any) {
	switch el := kit.Object(v); el["type"] {
	case "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted":
		items(0, 1000, richPart)(k, at+"/elements", el["elements"])
	default:
		k.fail(at+"/type", "unsupported type: %v", el["type"])
	}
}

func richPart(k *checker, at string, v any) {
	switch p := kit.Object(v); p["type"] {
	case "rich_text_section":
		richBlock(k, at, v)
	case "text":
		chars(1, 12000)(k, at+"/text", p["text"])
	case "link":
		chars(1, 3000)(k, at+"/url", p["url"])
	case "user", "channel", "emoji", "date", "broadcast", "usergroup", "color", "team":
	default:
		k.fail(at+"/type", "unsupported type: %v", p["type"])
	}
}
