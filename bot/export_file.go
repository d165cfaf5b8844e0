package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/nudges"
)

// The methods for files. Between the first two the bytes go to an address that the first one gives.
const (
	getsUpload  = "files.getUploadURLExternal"
	sharesFile  = "files.completeUploadExternal"
	deletesFile = "files.delete"
	fileScope   = "files:write" // for all three
)

// isFile says whether a method is about files.
func isFile(method string) bool { return strings.HasPrefix(method, "files.") }

const (
	mostFiles     = 3 // files begun for one export, before it goes as messages
	mostFileTries = 5 // of each call for one of them
)

// exportFile is what is in the file: for a program to read, and for a person.
type exportFile struct {
	About  string        `json:"about"`
	Person nudges.UserID `json:"person"`
	Made   string        `json:"made"` // RFC 3339, in their zone
	Wrote  []fileEntry   `json:"wrote"`
}

type fileEntry struct {
	Call  string      `json:"call,omitempty"` // or deal
	On    nudges.Date `json:"on,omitempty"`
	With  string      `json:"with,omitempty"`
	Lines []fileLine  `json:"lines"`
}

type fileLine struct {
	What string `json:"what"`
	Text string `json:"text"`
}

// drawFile draws the file of an export: the same as its messages, with people's words as they typed them.
func drawFile(sc scene, entries []ownEntry) exportFile {
	f := exportFile{
		About: sc.words.Text("export-about", nudges.Data{}).Plain(), Person: sc.viewer,
		Made: sc.now.In(sc.zone).Format(time.RFC3339), Wrote: []fileEntry{},
	}
	for _, e := range entries {
		x := fileEntry{On: e.on, Lines: []fileLine{}}
		if e.call {
			x.Call, x.With = e.d.Deal, e.d.Who
		}
		for _, l := range e.lines {
			text := l.raw
			if text == "" {
				text = l.text.Plain()
			}
			x.Lines = append(x.Lines, fileLine{l.what.Plain(), text})
		}
		f.Wrote = append(f.Wrote, x)
	}
	return f
}

// encoded is the file as it is sent, with a line for each thing so that it reads well.
func (f exportFile) encoded() ([]byte, error) {
	var b bytes.Buffer
	j := json.NewEncoder(&b)
	j.SetEscapeHTML(false)
	j.SetIndent("", "  ")
	err := j.Encode(f)
	return b.Bytes(), err
}

// fileName is how the file is called.
func fileName(sc scene) string {
	return fmt.Sprintf("stepin-export-%s.json", nudges.DateIn(sc.now, sc.zone))
}

// errNothing is for an export of nothing, of which one message says so.
var errNothing = errors.New("nothing to export")

// errGone is for a file whose bytes are no longer in memory.
var errGone = errors.New("the bytes are not in memory")

// errUpload stands for the network's error at an upload URL: that one names the URL.
var errUpload = errors.New("the upload did not get through")

// sendFile is send for the messages that do something to a file. An upload shows nobody anything, so that it
// is repeated at will. When the share of a file ends unclear, the file is taken back and another one begun
// (see reshare): nobody ever has two. Whatever Slack refuses is said as messages, which need no such scope.
func (o *outbox) sendFile(ctx context.Context, e errand, method string) (func(nudges.Tx) error, error) {
	var rc nudges.Receipt
	var err error
	switch method {
	case getsUpload:
		rc, err = o.upload(ctx, e)
	case sharesFile:
		rc, err = e.edit, o.share(ctx, e)
	default:
		rc = e.edit
		_, err = o.deleteFile(ctx, e.edit.TS)
	}
	if err == nil {
		o.count(method, sent)
		return o.settled(e, rc, nil), nil
	}
	if errors.Is(err, errNothing) || errors.Is(err, errGone) {
		return o.anew(e.m, err), nil
	}
	wait, end := o.b.pace.heard(method, err), fileEnding(method, err)
	o.count(method, string(end))
	level := slog.LevelWarn
	if lacksFileScope(err) && method == getsUpload {
		level = slog.LevelDebug // as it is in most workspaces
	}
	o.b.log.Log(ctx, level, "file not sent", "method", method, "key_mark", e.m.Mark, "tries", e.m.Tries+1, "then", end, "error", short(err))
	most := mostFileTries
	if method == deletesFile {
		most = maxTries
	}
	switch {
	case end == unsure:
		return nil, nil
	case end == hold:
		return func(tx nudges.Tx) error { return errors.Join(tx.Postpone(e.m.Key, o.b.now()), tx.Hold(e.m.Key)) }, err
	case end == again && e.m.Tries < most:
		return postpone(e.m.Key, o.b.now().Add(max(wait, backOff(e.m.Tries)))), nil
	case method == deletesFile:
		o.b.log.Error("a file of somebody who is forgotten stays in Slack", "file", e.edit.TS, "error", short(err))
		return o.instead(e.m, err, nudges.Message{Key: nudges.Key("", 0, e.m.To, nudges.KindFileStays+"/"+e.edit.TS), Kind: nudges.KindFileStays, To: e.m.To}), nil
	}
	of, _ := exportOf(e.m.Key)
	return o.instead(e.m, err, exportPart(e.m.To, of, 1)), nil
}

// fileEnding sorts the failed call of a method for files. What Slack refuses there says nothing about the
// token: but for the deletion there is another way, and only for a deletion is it waited until it works again.
func fileEnding(method string, err error) ending {
	end := classify(err)
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	switch {
	case method == sharesFile && (no.Err == "file_not_found" || no.Err == "file_update_failed"):
		return unsure
	case end == unsure && method != sharesFile:
		return again
	case end == hold && (method != deletesFile || refusesFile(err)):
		return drop
	}
	return end
}

// refusesFile says whether what a method for files was refused with is about files, or this one, alone: elsewhere the
// token may be as good as ever.
func refusesFile(err error) bool {
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	return slices.Contains([]string{"missing_scope", "no_permission", "access_denied", "ekm_access_denied"}, no.Err)
}

func lacksFileScope(err error) bool {
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	return no.Err == "missing_scope"
}

// instead drops a message and says another.
func (o *outbox) instead(m nudges.Message, why error, other nudges.Message) func(nudges.Tx) error {
	return func(tx nudges.Tx) error { return errors.Join(tx.Drop(m.Key, short(why)), tx.Enqueue(o.b.now(), other)) }
}

// anew gives an export as another file, or as messages if there is nothing in it, or that was tried often enough.
func (o *outbox) anew(m nudges.Message, why error) func(nudges.Tx) error {
	of, n := exportOf(m.Key)
	other := exportPart(m.To, of, 1)
	if n < mostFiles && !errors.Is(why, errNothing) {
		o.b.exports.Delete(of)
		other = exportUpload(m.To, of, n+1)
	}
	return o.instead(m, why, other)
}

// upload has Slack give an id to a file, and remembers where its bytes go. The receipt has the id: it is
// written down before Slack has a byte of it.
func (o *outbox) upload(ctx context.Context, e errand) (rc nudges.Receipt, err error) {
	of, n := exportOf(e.m.Key)
	sc := o.b.scene(ctx, nudges.Request{}, e.m.To)
	x, err := o.b.exported(ctx, &sc, of)
	if err != nil {
		return rc, err
	}
	if len(x.entries) == 0 {
		return rc, errNothing
	}
	body, err := drawFile(sc, x.entries).encoded()
	if err != nil {
		return rc, err
	}
	rc = nudges.Receipt{Channel: e.to.DM, At: o.b.now()}
	if rc.Channel == "" {
		if rc.Channel, err = o.openDM(ctx, e.m.To); err != nil {
			return rc, err
		}
	}
	res, err := o.b.api().GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{FileName: fileName(sc), FileSize: len(body)})
	if err == nil && (res.FileID == "" || res.UploadURL == "") {
		err = errNoWord
	}
	if err != nil {
		return rc, err
	}
	x.url, x.body, x.up, rc.TS = res.UploadURL, body, false, res.FileID
	*e.then = []nudges.Message{exportShare(e.m.To, of, n)}
	return rc, nil
}

// share puts the bytes of a file where they go, and shows it to them.
func (o *outbox) share(ctx context.Context, e errand) error {
	of, _ := exportOf(e.m.Key)
	kept, _ := o.b.exports.Load(of)
	x, _ := kept.(*export)
	if x == nil || x.url == "" {
		return errGone
	}
	sc := o.b.scene(ctx, nudges.Request{}, e.m.To)
	name := fileName(sc)
	if !x.up {
		err := o.b.api().UploadToURL(ctx, slack.UploadToURLParameters{UploadURL: x.url, Filename: name, Content: string(x.body)})
		if askedToWait(err) > 0 {
			return err
		}
		if err != nil { // nothing was shown to anybody: it is taken for unclear, and begun anew
			return errUpload
		}
		x.up = true
	}
	res, err := o.b.api().CompleteUploadExternalContext(ctx, slack.CompleteUploadExternalParameters{
		Files: []slack.FileSummary{{ID: e.edit.TS, Title: name}}, Channel: e.edit.Channel,
	})
	if err == nil && len(res.Files) == 0 {
		err = errNoWord
	}
	if err != nil {
		return err
	}
	o.b.exports.Delete(of)
	*e.then = []nudges.Message{{Key: nudges.Key("", 0, e.m.To, nudges.KindExported+"/"+of), Kind: nudges.KindExported, To: e.m.To}}
	return nil
}

// deleteFile takes a file back, and says whether there was one. It asks twice, for slack-go takes ok:false
// without a code for success (SLACK trap 13): the second answer shows what the first has done.
func (o *outbox) deleteFile(ctx context.Context, id string) (there bool, err error) {
	for range 2 {
		err := o.b.api().DeleteFileContext(ctx, id)
		if no, _ := errors.AsType[slack.SlackErrorResponse](err); no.Err == "file_not_found" {
			return there, nil
		} else if no.Err == "file_deleted" {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		there = true
	}
	return true, nil
}

// reshare takes back a file of which nobody knows whether it was shared, and begins another one. If there is none
// yet it looks once more, as for a message: what Slack does later than that would be a second file. Where it
// cannot be taken back the export goes as messages. It gives what must be written about it; nil to look again at l.
func (o *outbox) reshare(ctx context.Context, e errand, l *look) func(nudges.Tx) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	there, err := false, o.b.pace.permit(deletesFile)
	if err == nil {
		if there, err = o.deleteFile(ctx, e.edit.TS); err != nil {
			o.b.pace.heard(deletesFile, err)
		}
	}
	switch {
	case err == nil && !there && l.done == 0:
		*l = look{at: time.Now().Add(secondLook), done: 1}
		return nil
	case err == nil:
		return o.anew(e.m, errors.New("unclear"))
	}
	if end := fileEnding(deletesFile, err); (end == again || end == hold) && l.done < mostFileTries {
		l.done++
		l.at = time.Now().Add(max(askedToWait(err), backOff(l.done)))
		if end == hold { // as for every message: not before the token works again
			o.heldTil = time.Now().Add(mended)
		}
		return nil
	}
	o.b.log.Error("an unclear file cannot be taken back and is not repeated", "file", e.edit.TS, "error", short(err))
	of, _ := exportOf(e.m.Key)
	return o.instead(e.m, err, exportPart(e.m.To, of, 1))
}
