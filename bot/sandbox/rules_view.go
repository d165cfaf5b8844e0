package sandbox

// maxView is the size of a view in bytes (SLACK.md section 2: 250 KB).
const maxView = 250 * 1024

var (
	modalFields = []string{
		"!title", "!blocks", "submit", "close", "private_metadata", "callback_id", "external_id",
		"clear_on_close", "notify_on_close", "submit_disabled",
	}
	homeFields = []string{"!blocks", "private_metadata", "callback_id", "external_id"}
)

// checkView gives what the platform finds wrong with a view of a kind, "modal" or "home"; nil if it takes it.
func checkView(v obj, kind string) []string {
	k := &checker{on: surface(kind), ids: map[string]bool{}}
	const at = "/view"
	if str(v["type"]) != kind {
		k.fail(at+"/type", "must be %s", kind)
		return k.bad
	}
	fields := homeFields
	if kind == "modal" {
		fields = modalFields
	}
	if kind == "home" { // client libraries send them for every view
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
	if kind == "modal" && v["submit"] == nil {
		for _, b := range blocks {
			if str(object(b)["type"]) == "input" {
				k.fail(at+"/submit", "submit is required when an input is within blocks")
				break
			}
		}
	}
	return k.bad
}
