package health

import (
	"strings"

	"stepin/nudges"
)

// KindPrefix begins the kinds of what admins are told; a cause follows. It begins the names of the texts, too.
const KindPrefix = "ops-"

// An Alarm is one thing to tell the admins: once for a cause and a date.
type Alarm struct {
	Cause Cause
	on    nudges.Date
	Tried map[nudges.UserID]bool           // whom we have written to past the outbox,
	Said  map[nudges.UserID]nudges.Receipt // and where that is known to have gone
}

// AlarmKey sorts by date, so that old ones can be forgotten.
func AlarmKey(on nudges.Date, c Cause, to nudges.UserID) string {
	return AlarmKeys + strings.Join([]string{string(on), string(c), string(to)}, "/")
}

const AlarmKeys = "ops/"

// Messages are the alarm's for each admin.
func (a *Alarm) Messages(admins []nudges.UserID) (all []nudges.Message) {
	for _, id := range admins {
		all = append(all, nudges.Message{Key: AlarmKey(a.on, a.Cause, id), Kind: KindPrefix + string(a.Cause), To: id})
	}
	return all
}
