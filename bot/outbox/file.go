package outbox

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/decide"
	"stepin/bot/health"
	"stepin/bot/slackapi"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
)

const (
	mostFiles     = 3 // files begun for one export, before it goes as messages
	mostFileTries = 5 // of each call for one of them
)

var (
	// errNothing is for an export of nothing; one message says so.
	errNothing = errors.New("nothing to export")
	// errGone is for a file whose bytes are no longer in memory.
	errGone = errors.New("the bytes are not in memory")
	// errUpload stands for the network's error at an upload URL: that one names the URL, which is a secret.
	errUpload = errors.New("the upload did not get through")
	// errUnclear is for a file that may have been shared or not.
	errUnclear = errors.New("unclear")
)

// sendFile is send for what is done to a file. An upload shows nobody anything, so it may be repeated. When the
// share of a file ends unclear, the file is deleted and another one begun (see reshare): nobody ever has two. What
// Slack refuses goes as messages, which need no such scope.
func (o *Outbox) sendFile(ctx context.Context, d *delivery, method string) (func(storage.Tx) error, error) {
	rc := d.edit
	var err error
	if k := kindOf(d.m.Kind); k.call != nil {
		rc, err = k.call(o, ctx, d)
	} else {
		_, err = o.deleteFile(ctx, rc.TS)
	}
	switch {
	case err == nil:
		o.count(method, health.Sent)
		return o.settled(d, rc), nil
	case errors.Is(err, errNothing) || errors.Is(err, errGone):
		return o.otherFile(d.m, err), nil
	}
	return o.unsentFile(ctx, d, method, err)
}

// unsentFile is sendFile for a call that failed.
func (o *Outbox) unsentFile(ctx context.Context, d *delivery, method string, err error) (
	func(storage.Tx) error, error,
) {
	wait, end := o.Slack.Pace.Heard(method, err), fileEnding(method, err)
	o.count(method, string(end))
	level := slog.LevelWarn
	if slackapi.LacksFileScope(err) && method == slackapi.GetsUpload {
		level = slog.LevelDebug // as it is in most workspaces
	}
	o.Log.Log(ctx, level, "file not sent", "method", method, "key_mark", d.m.Mark,
		"tries", d.m.Tries+1, "then", end, "error", slackapi.Short(err))
	most := mostFileTries
	if method == slackapi.DeletesFile {
		most = MaxTries
	}
	switch {
	case end == slackapi.Unknown:
		return nil, nil
	case end == slackapi.Hold:
		return holds(d.m.Key, o.Now()), err
	case end == slackapi.Retry && d.m.Tries < most:
		return postpone(d.m.Key, o.Now().Add(max(wait, backOff(d.m.Tries)))), nil
	case method == slackapi.DeletesFile:
		o.Log.Error("a file of somebody who is forgotten stays in Slack",
			"file", d.edit.TS, "error", slackapi.Short(err))
		return o.instead(d.m, err, nudges.Message{
			Key:  nudges.Key("", 0, d.m.To, privacy.KindFileStays+"/"+d.edit.TS),
			Kind: privacy.KindFileStays, To: d.m.To,
		}), nil
	}
	return o.asMessages(d.m, err), nil
}

// fileEnding sorts the failed call of a method for files. What Slack refuses there says nothing about the token. Only
// a deletion waits until it works again, because for the others there is another way.
func fileEnding(method string, err error) slackapi.Ending {
	end := slackapi.Classify(err)
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	switch {
	case method == slackapi.SharesFile && (no.Err == "file_not_found" || no.Err == "file_update_failed"):
		return slackapi.Unknown
	case end == slackapi.Unknown && method != slackapi.SharesFile:
		return slackapi.Retry
	case end == slackapi.Hold && (method != slackapi.DeletesFile || slackapi.RefusesFile(err)):
		return slackapi.Drop
	}
	return end
}

// instead drops a message and says another.
func (o *Outbox) instead(m nudges.Message, why error, other nudges.Message) func(storage.Tx) error {
	return func(tx storage.Tx) error {
		return errors.Join(tx.Drop(m.Key, slackapi.Short(why)), tx.Enqueue(o.Now(), other))
	}
}

// asMessages gives an export as messages instead of as a file.
func (o *Outbox) asMessages(m nudges.Message, why error) func(storage.Tx) error {
	of, _ := exportOf(m.Key)
	return o.instead(m, why, decide.ExportPart(m.To, of, 1))
}

// otherFile gives an export as another file; as messages if there is nothing in it, or after enough files.
func (o *Outbox) otherFile(m nudges.Message, why error) func(storage.Tx) error {
	of, n := exportOf(m.Key)
	if n >= mostFiles || errors.Is(why, errNothing) {
		return o.asMessages(m, why)
	}
	o.exports.drop(of)
	return o.instead(m, why, decide.ExportUpload(m.To, of, n+1))
}

// upload has Slack give an id to a file, and remembers where its bytes go. The receipt has the id: it is
// written down before Slack has a byte of it.
func (o *Outbox) upload(ctx context.Context, d *delivery) (rc nudges.Receipt, err error) {
	of, n := exportOf(d.m.Key)
	sc := o.Scenes.Message(ctx, nudges.Request{}, d.m.To)
	x, err := o.exports.load(ctx, &sc, of)
	if err != nil {
		return rc, err
	}
	if len(x.entries) == 0 {
		return rc, errNothing
	}
	body, err := view.FileOf(sc, x.entries).Encoded()
	if err != nil {
		return rc, err
	}
	rc = nudges.Receipt{Channel: d.to.DM, At: o.Now()}
	if rc.Channel == "" {
		if rc.Channel, err = o.open(ctx, d.m.To); err != nil {
			return rc, err
		}
	}
	res, err := o.Slack.API().GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{
		FileName: view.FileName(sc), FileSize: len(body),
	})
	if err == nil && (res.FileID == "" || res.UploadURL == "") {
		err = slackapi.ErrNoWord
	}
	if err != nil {
		return rc, err
	}
	x.url, x.body, x.up, rc.TS = res.UploadURL, body, false, res.FileID
	d.then = []nudges.Message{decide.ExportShare(d.m.To, of, n)}
	return rc, nil
}

// uploadAgain repeats an upload without a look.
func (o *Outbox) uploadAgain(_ context.Context, d *delivery, _ *lookup) func(storage.Tx) error {
	return postpone(d.m.Key, o.Now())
}

// share puts the bytes of a file where they go, and shows it to them.
func (o *Outbox) share(ctx context.Context, d *delivery) (nudges.Receipt, error) {
	of, _ := exportOf(d.m.Key)
	x := o.exports.uploaded(of)
	if x == nil {
		return d.edit, errGone
	}
	name := view.FileName(o.Scenes.Message(ctx, nudges.Request{}, d.m.To))
	if !x.up {
		err := o.Slack.API().UploadToURL(ctx, slack.UploadToURLParameters{
			UploadURL: x.url, Filename: name, Content: string(x.body),
		})
		if slackapi.AskedToWait(err) > 0 {
			return d.edit, err
		}
		if err != nil { // nothing was shown to anybody: it counts as unclear, and another file is begun
			return d.edit, errUpload
		}
		x.up = true
	}
	res, err := o.Slack.API().CompleteUploadExternalContext(ctx, slack.CompleteUploadExternalParameters{
		Files: []slack.FileSummary{{ID: d.edit.TS, Title: name}}, Channel: d.edit.Channel,
	})
	if err == nil && len(res.Files) == 0 {
		err = slackapi.ErrNoWord
	}
	if err != nil {
		return d.edit, err
	}
	o.exports.drop(of)
	d.then = []nudges.Message{{
		Key: nudges.Key("", 0, d.m.To, privacy.KindExported+"/"+of), Kind: privacy.KindExported, To: d.m.To,
	}}
	return d.edit, nil
}

// deleteFile deletes a file, and says whether there was one. It asks twice, because slack-go takes ok:false
// without a code for success: the second answer shows what the first has done.
func (o *Outbox) deleteFile(ctx context.Context, id string) (there bool, err error) {
	for range 2 {
		err := o.Slack.API().DeleteFileContext(ctx, id)
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

// reshare deletes a file that may have been shared or not, and begins another one. If Slack knows no such file yet, it
// looks once more, as for a message: what Slack does later than that would be a second file. Where it cannot be
// deleted the export goes as messages. It returns what must be written about it; nil to look again at l.
func (o *Outbox) reshare(ctx context.Context, d *delivery, l *lookup) func(storage.Tx) error {
	ctx, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
	defer cancel()
	there, err := false, o.Slack.Pace.Permit(slackapi.DeletesFile)
	if err == nil {
		if there, err = o.deleteFile(ctx, d.edit.TS); err != nil {
			o.Slack.Pace.Heard(slackapi.DeletesFile, err)
		}
	}
	switch {
	case err == nil && !there && l.done == 0:
		*l = lookup{at: time.Now().Add(secondLookup), done: 1}
		return nil
	case err == nil:
		return o.otherFile(d.m, errUnclear)
	}
	end := fileEnding(slackapi.DeletesFile, err)
	if (end == slackapi.Retry || end == slackapi.Hold) && l.done < mostFileTries {
		l.done++
		l.at = time.Now().Add(max(slackapi.AskedToWait(err), backOff(l.done)))
		if end == slackapi.Hold { // as for every message: not before the token works again
			o.heldTil = time.Now().Add(Mended)
		}
		return nil
	}
	o.Log.Error("an unclear file cannot be taken back and is not repeated",
		"file", d.edit.TS, "error", slackapi.Short(err))
	return o.asMessages(d.m, err)
}
