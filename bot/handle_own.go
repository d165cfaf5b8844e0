package bot

import (
	"fmt"
	"slices"
	"strings"

	"stepin/nudges"
)

// ownVerbs are the commands about somebody's own words. They are there for whoever has written any,
// also for who may not use stepin any more.
var ownVerbs = []string{"export", "forget"}

// aboutOwn says whether somebody asks for their own words, or to be forgotten.
func aboutOwn(in input) bool {
	switch in.kind {
	case typed:
		return slices.Contains(ownVerbs, strings.ToLower(strings.TrimSpace(in.text)))
	case tapped:
		return in.action == actForget
	case submitted:
		return screen(in.callback) == forgetScr
	}
	return false
}

// export puts the first part of what somebody has written into the outbox; each brings the next.
func (c *change) export() error {
	c.out.Screen, c.out.Text = noteScreen, "export-begun"
	return c.tx.Enqueue(c.now, exportPart(c.in.user, digest(map[string]string{"id": c.in.identity}), 1))
}

// exportPart is the message with a part of an export.
func exportPart(to nudges.UserID, of string, part int) nudges.Message {
	return nudges.Message{Key: nudges.Key("", 0, to, fmt.Sprintf("%s/%s/%d", nudges.KindExport, of, part)), Kind: nudges.KindExport, To: to}
}

// submitForget notes that somebody is to be forgotten. From here on nothing keeps it from being done.
func (c *change) submitForget() error {
	c.out.Screen, c.out.Text = noteScreen, "forget-begun"
	return c.tx.PutForget(nudges.Forget{Who: c.in.user, At: c.now, Own: true})
}
