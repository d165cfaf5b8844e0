package rules

import (
	"slices"

	"stepin/bot/sandbox/kit"
)

// MaxView is the size of a view in bytes (docs.slack.dev/surfaces/modals: 250 KB).
const MaxView = 250 * 1024

var (
	viewSchema  = schema{"private_metadata": chars(0, 3000), "callback_id": chars(0, 255), "external_id": chars(0, 255)}
	modalSchema = schema{
		"!title": plain(24), "submit": plain(24), "close": plain(24), "!blocks": blocksOn(Modal),
		"clear_on_close": nil, "notify_on_close": nil, "submit_disabled": nil,
	}
	homeSchema = schema{"!blocks": blocksOn(Home)}
)

// View says what the platform finds wrong with a view; nil if it takes it.
func View(v kit.Obj, kind Surface) []string {
	return found(func(k *checker) { view(k, v, kind) })
}

func view(k *checker, v kit.Obj, kind Surface) {
	if kit.Str(v["type"]) != string(kind) {
		k.fail("/view/type", "must be %s", kind)
		return
	}
	if kind == Home {
		// Client libraries send these for every view.
		for _, f := range []string{"title", "submit", "close", "clear_on_close", "notify_on_close"} {
			if x := v[f]; x == nil || x == false {
				delete(v, f)
			}
		}
		k.object("/view", v, viewSchema, homeSchema)
		return
	}
	k.object("/view", v, viewSchema, modalSchema)
	isInput := func(b any) bool { return kit.Object(b)["type"] == "input" }
	if v["submit"] == nil && slices.ContainsFunc(kit.List(v["blocks"]), isInput) {
		k.fail("/view/submit", "submit is required when an input is within blocks")
	}
}
