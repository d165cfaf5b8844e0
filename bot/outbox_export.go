package bot

import (
	"context"
	"strconv"
	"strings"

	"stepin/nudges"
)

// An export is what somebody has written, kept in memory while it is being sent. One message of it is sent
// at a time.
type export struct {
	entries []ownEntry
	url     string // where its bytes go: a secret; "" for none
	body    []byte
	up      bool // they are there
}

// exported is the export of a name; read anew if it is not in memory, as after a restart, or if somebody was
// forgotten since.
func (b *Bot) exported(ctx context.Context, sc *scene, of string) (*export, error) {
	fresh := &export{} // there before it is read: what is read while somebody is forgotten is not kept
	if x, ok := b.exports.LoadOrStore(of, fresh); ok {
		return x.(*export), nil
	}
	var err error
	if fresh.entries, err = b.scenes.own(ctx, sc); err != nil {
		b.exports.Delete(of)
	}
	return fresh, err
}

// exportOf is which export a message belongs to, by its key, and the number of the part or of the file.
func exportOf(key string) (of string, n int) {
	f := strings.Split(key, "/")
	if len(f) < 3 {
		return "", 0
	}
	n, _ = strconv.Atoi(f[len(f)-1])
	return f[len(f)-2], n
}

// drawExport draws a part of an export, and notes the message with the next; none at the end.
// What somebody wrote stays in memory from the first part to the last.
func drawExport(ctx context.Context, b *Bot, d *delivery) (message, error) {
	d.then = nil
	of, part := exportOf(d.m.Key)
	if part < 1 {
		return message{}, nil
	}
	sc := b.scenes.about(ctx, nudges.Request{}, d.m.To)
	x, err := b.exported(ctx, &sc, of)
	if err != nil {
		return message{}, err
	}
	var sections []nudges.Marked
	for _, e := range x.entries {
		sections = append(sections, e.sections(sc)...)
	}
	drawn, parts := exportMessage(sc, sections, part)
	if part >= parts {
		b.exports.Delete(of)
		return drawn, nil
	}
	d.then = []nudges.Message{exportPart(d.m.To, of, part+1)}
	return drawn, nil
}
