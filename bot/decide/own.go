package decide

import (
	"fmt"

	"stepin/bot/form"
	"stepin/nudges"
)

// export puts what somebody has written into the outbox, as a file. Where it cannot be one, it goes as
// messages.
func (c *handler) export() error {
	c.out.Screen, c.out.Text = form.NoteScreen, "export-begun"
	return c.tx.Enqueue(c.now, ExportUpload(c.in.User, form.Digest(map[string]string{"id": c.in.Identity}), 1))
}

// ExportUpload is the message that puts the file of an export into Slack, the how manyth there is.
func ExportUpload(to nudges.UserID, of string, n int) nudges.Message {
	return nudges.Message{Key: nudges.Key("", 0, to, fmt.Sprintf("%s/%s/%d", nudges.KindUpload, of, n)), Kind: nudges.KindUpload, To: to}
}

// ExportShare is the message that shares it.
func ExportShare(to nudges.UserID, of string, n int) nudges.Message {
	return nudges.Message{
		Key: nudges.Key("", 0, to, fmt.Sprintf("%s/%s/%d", nudges.KindShare, of, n)), Kind: nudges.KindShare, To: to,
		Edits: ExportUpload(to, of, n).Key,
	}
}

// ExportPart is the message with a part of an export; each brings the next.
func ExportPart(to nudges.UserID, of string, part int) nudges.Message {
	return nudges.Message{Key: nudges.Key("", 0, to, fmt.Sprintf("%s/%s/%d", nudges.KindExport, of, part)), Kind: nudges.KindExport, To: to}
}

// submitForget notes that somebody is to be forgotten. From here on nothing keeps it from being done.
func (c *handler) submitForget() error {
	c.out.Screen, c.out.Text = form.NoteScreen, "forget-begun"
	return c.tx.PutForget(nudges.Forget{Who: c.in.User, At: c.now, Own: true})
}
