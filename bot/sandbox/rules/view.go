package rules

import "stepin/bot/sandbox/kit"

// MaxView is the size of a view in bytes (SLACK.md section 2: 250 KB).
const MaxView = 250 * 1024

var (
	modalFields = []string{
		"!title", "!blocks", "submit", "close", "private_metadata", "callback_id", "external_id",
		"clear_on_close", "notify_on_close", "submit_disabled",
	}
	homeFields = []string{"!blocks", "private_metadata", "callback_id", "external_id"}
)

// View says what the platform finds wrong with a view; nil if it takes it.
func View(v kit.Obj, kind Surface) []string {
	k := &checker{on: kind, ids: map[string]bool{}}
	const at = "/view"
	if kit.Str(v["type"]) != string(kind) {
		k.fail(at+"/type", "must be %s", kind)
		return k.bad
	}
	fields := modalFields
	if kind == Home {
		fields = homeFields
		// Client libraries send these for every view.
		for _, f := range []string{"title", "submit", "close", "clear_on_close", "notify_on_close"} {
			if x := v[f]; x == nil || x == false {
				delete(v, f)
			}
		}
	}
	if !k.known(at, v, fields) {
		return k.bad
	}
	k.length(at+"/private_metadata", v["private_metadata"], 0, 3000)
	k.length(at+"/callback_id", v["callback_id"], 0, 255)
	k.length(at+"/external_id", v["external_id"], 0, 255)
	for _, f := range []string{"title", "submit", "close"} {
		if v[f] != nil {
			k.plain(at+"/"+f, v[f], 24)
		}
	}
	blocks, ok := v["blocks"].([]any)
	if !ok {
		k.fail(at+"/blocks", "must be an array")
		return k.bad
	}
	k.blocks(at+"/blocks", blocks)
	if kind == Modal && v["submit"] == nil {
		for _, b := range blocks {
			if kit.Str(kit.Object(b)["type"]) == "input" {
				k.fail(at+"/submit", "submit is required when an input is within blocks")
				break
			}
		}
	}
	return k.bad
}
