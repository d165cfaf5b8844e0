package decide

import (
	"fmt"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/privacy"
)

// ownRows are what somebody may do with their own words.
var ownRows = rows{
	actions: map[string]action{
		form.ActForget: {everywhere, nil, shows(form.ForgetScreen)},
	},
	windows: map[form.Screen]window{
		form.ForgetScreen: {answers: true, submit: (*handler).submitForget},
	},
}

// Forgets says whether a window has something forgotten once it is submitted.
func Forgets(s form.Screen) bool { return s == form.ForgetScreen || s == form.EraseScreen }

// export sends somebody all that they have written.
func (c *handler) export() error {
	c.out.Screen, c.out.Text = form.NoteScreen, "export-begun"
	return c.tx.Enqueue(c.now, ExportUpload(c.in.User, form.Digest(map[string]string{"id": c.in.Identity}), 1))
}

// ExportUpload is the message that uploads file number n of an export. of names the input that asked for it.
func ExportUpload(to nudges.UserID, of string, n int) nudges.Message {
	return exportMessage(privacy.KindUpload, to, of, n)
}

// ExportShare is the message that shares file number n of an export.
func ExportShare(to nudges.UserID, of string, n int) nudges.Message {
	m := exportMessage(privacy.KindShare, to, of, n)
	m.Edits = ExportUpload(to, of, n).Key
	return m
}

// ExportPart is the message with one part of an export that cannot be a file. Each part brings the next.
func ExportPart(to nudges.UserID, of string, part int) nudges.Message {
	return exportMessage(privacy.KindExport, to, of, part)
}

func exportMessage(kind string, to nudges.UserID, of string, n int) nudges.Message {
	return nudges.Message{Key: nudges.Key("", 0, to, fmt.Sprintf("%s/%s/%d", kind, of, n)), Kind: kind, To: to}
}

// submitForget notes that somebody is to be forgotten. From here on it will be done.
func (c *handler) submitForget() error {
	c.out.Screen, c.out.Text = form.NoteScreen, "forget-begun"
	return c.tx.PutForget(privacy.Forget{Who: c.in.User, At: c.now, Own: true})
}
