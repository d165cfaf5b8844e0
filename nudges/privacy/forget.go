package privacy

import (
	"strings"
	"time"

	"stepin/nudges"
)

// A Forget is somebody whom stepin is about to forget: it lasts until the file was rewritten, so
// that a crash on the way does not end it.
type Forget struct {
	Who nudges.UserID
	At  time.Time
	Own bool // they asked for it themselves, and are told how it went
	// Motives says that only why they wanted to step in is to be forgotten. They see how it went where they asked.
	Motives bool
}

// KindRemoved takes the place of a message to or about somebody who is forgotten.
const KindRemoved = "removed"

// KindForgotten tells them that it is done, and what stays.
const KindForgotten = "forgotten"

// KindExport gives somebody a part of what they have written; its Key ends with the part's number.
const KindExport = "export"

// What gives it as a file instead, where that can be done. Slack knows a file by its id before anybody sees
// it, so that it is remembered, as the TS of the upload's receipt, before it is shared: whatever comes
// after, the file can be taken back. The Keys of the first two end with the number of the file.
const (
	KindUpload    = "export-upload"
	KindShare     = "export-share" // shows them the file of the upload that it Edits
	KindExported  = "exported"     // says so
	KindFileStays = "file-stays"   // a file of somebody who is forgotten could not be taken back
)

// Uploads says whether a message, by its key, is an upload: what stands in Slack is a file.
func Uploads(key string) bool {
	_, kind := ToldTo(key)
	return strings.HasPrefix(kind, KindUpload+"/") && !strings.HasSuffix(kind, "/"+KindRemoved)
}

// StandsAlone says whether a message, by its key, is something in Slack, and not what was done to another.
func StandsAlone(key string) bool {
	_, kind := ToldTo(key)
	return !strings.HasPrefix(kind, KindShare+"/") && !strings.HasSuffix(kind, "/"+KindRemoved)
}

// ToldTo returns the recipient and the kind of a message, read from its Key.
func ToldTo(key string) (to nudges.UserID, kind string) {
	parts := strings.SplitN(key, "/", 4)
	if len(parts) < 4 {
		return "", ""
	}
	return nudges.UserID(parts[2]), parts[3]
}

// Removes says whether a message about r, by its key, is taken back when somebody is forgotten: all
// that was said about a manager's own call; else what was said to them, and about them in front of
// others.
func Removes(r nudges.Request, key string, who nudges.UserID) bool {
	to, kind := ToldTo(key)
	if to == "" || strings.HasPrefix(kind, nudges.KindEdit) || strings.HasSuffix(kind, "/"+KindRemoved) {
		return false // it rewrites another, which counts
	}
	if r.Manager == who || to == who {
		return true
	}
	return r.Rep == who && (to == nudges.ThreadTo || kind == nudges.KindReply || kind == nudges.KindRootDM)
}

// RemovedKey is the key of what takes the place of a message.
func RemovedKey(key string) string { return key + "/" + KindRemoved }
