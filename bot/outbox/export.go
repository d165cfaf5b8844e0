package outbox

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"stepin/bot/decide"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/text"
)

// An export is what somebody has written, kept in memory while it is being sent. One message of it is sent
// at a time.
type export struct {
	entries []view.Entry
	url     string // where its bytes go: a secret; "" for none
	body    []byte
	up      bool // they are there
}

// An exportCache has the exports that are being sent, by their names.
type exportCache struct {
	own   func(context.Context, *view.Scene) ([]view.Entry, error) // reads what the viewer has written
	begun sync.Map                                                 // *export
}

// load is the export of a name. It is read again if it is not in memory: after a restart, or if somebody was
// forgotten since.
func (x *exportCache) load(ctx context.Context, sc *view.Scene, of string) (*export, error) {
	fresh := &export{} // there before it is read: what is read while somebody is forgotten is not kept
	if had, ok := x.begun.LoadOrStore(of, fresh); ok {
		return had.(*export), nil
	}
	var err error
	if fresh.entries, err = x.own(ctx, sc); err != nil {
		x.drop(of)
	}
	return fresh, err
}

// uploaded is the export of a name if Slack has said where its bytes go; else nil.
func (x *exportCache) uploaded(of string) *export {
	had, _ := x.begun.Load(of)
	if e, _ := had.(*export); e != nil && e.url != "" {
		return e
	}
	return nil
}

func (x *exportCache) drop(of string) { x.begun.Delete(of) }

func (x *exportCache) clear() { x.begun.Clear() }

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
func drawExport(ctx context.Context, o *Outbox, d *delivery) (view.Message, error) {
	d.then = nil
	of, part := exportOf(d.m.Key)
	if part < 1 {
		return view.Message{}, nil
	}
	sc := o.Scenes.Message(ctx, nudges.Request{}, d.m.To)
	x, err := o.exports.load(ctx, &sc, of)
	if err != nil {
		return view.Message{}, err
	}
	var sections []text.Text
	for _, e := range x.entries {
		sections = append(sections, e.Sections(sc)...)
	}
	drawn, parts := view.ExportPart(sc, sections, part)
	if part >= parts {
		o.exports.drop(of)
		return drawn, nil
	}
	d.then = []nudges.Message{decide.ExportPart(d.m.To, of, part+1)}
	return drawn, nil
}
