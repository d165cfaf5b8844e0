package team

import (
	"fmt"
	"strings"
	"time"

	"stepin/nudges"
)

// MeetKeys begins the keys of the questions to reps whether somebody is their manager that belong to no request: they
// are asked when a team is saved.
const MeetKeys = nudges.KindMeet + "/"

// MeetKey is the identity of such a question.
func MeetKey(manager, rep nudges.UserID, at time.Time) string {
	return fmt.Sprintf("%s%s/%s/%d", MeetKeys, manager, rep, at.UnixNano())
}

// MeetOf reads from such a key, or one that begins with it, whom it is about.
func MeetOf(key string) (manager, rep nudges.UserID, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) < 4 || !strings.HasPrefix(key, MeetKeys) {
		return "", "", false
	}
	return nudges.UserID(parts[1]), nudges.UserID(parts[2]), true
}
