package scene

import (
	"errors"

	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/mirror"
	"stepin/nudges/storage"
)

// mirror reads what Home says of the viewer's own last weeks. It reads no request that began before them, unless there
// are so few that all must be known.
func (x *reading) mirror(rd storage.Reader) (m view.Mirror, err error) {
	if x.settings.Keep.SensitiveOff {
		return m, nil
	}
	if m.Hidden, m.Stopped = x.person.Hidden, x.person.Uncounted; m.Hidden || m.Stopped {
		return m, nil
	}
	m.Last, m.Before = mirror.Weeks(x.person, func(yield func(nudges.Request) bool) {
		for r, bad := range rd.Courses(x.viewer, x.at.Add(-2*mirror.FourWeeks)) {
			if err = bad; bad != nil || !yield(r) {
				return
			}
		}
	}, x.at)
	if err != nil {
		return m, err
	}
	if m.Paused = m.Last.All() + m.Before.All(); m.Paused >= mirror.Few {
		return m, nil
	}
	kept, err := x.counted(rd)
	m.Paused = kept.Paused().All()
	return m, err
}

// counted is all that is counted of the viewer's own calls; nothing where nothing may be.
func (x *reading) counted(rd storage.Reader) (mirror.Counts, error) {
	if x.settings.Keep.SensitiveOff {
		return nil, nil
	}
	months, worded, err := numbers(rd, x.viewer)
	return mirror.Kept(x.person, months, worded), err
}

// numbers are what somebody's own numbers come from.
func numbers(rd storage.Reader, who nudges.UserID) ([]mirror.Month, []nudges.Request, error) {
	months, err := rd.Months(who)
	worded, more := rd.Worded(who)
	return months, worded, errors.Join(err, more)
}
