package health

import (
	"strings"

	"stepin/nudges"
)

// KindPrefix begins the kinds of messages to admins, and the names of their texts. A cause follows.
const KindPrefix = "ops-"

// An Alarm is one thing to tell the admins, once for each cause and date.
type Alarm struct {
	Cause Cause
	on    nudges.Date
	Tried map[nudges.UserID]bool           // admins written to past the outbox, and
	Said  map[nudges.UserID]nudges.Receipt // where their message is
}

// AlarmKey is the key of an alarm's message. Keys sort by date, so that old ones can be deleted.
func AlarmKey(on nudges.Date, c Cause, to nudges.UserID) string {
	return AlarmKeys + strings.Join([]string{string(on), string(c), string(to)}, "/")
}

// AlarmKeys begins each AlarmKey.
const AlarmKeys = "ops/"

// Messages returns one message for each admin.
func (a *Alarm) Messages(admins []nudges.UserID) (all []nudges.Message) {
	for _, id := range admins {
		all = append(all, nudges.Message{Key: AlarmKey(a.on, a.Cause, id), Kind: KindPrefix + string(a.Cause), To: id})
	}
	return all
}
