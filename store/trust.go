package store

import (
	"bytes"
	"fmt"
	"time"

	"stepin/nudges"
	"stepin/nudges/privacy"
)

func (t *tx) PutTrust(rep nudges.UserID, answer int, now time.Time) error {
	if err := named("rep", string(rep)); err != nil {
		return err
	}
	if answer < 1 || answer > 5 {
		return fmt.Errorf("an answer of %d, from 1 to 5: %w", answer, nudges.ErrUnknown)
	}
	key := append(appendTime(nil, monthOf(now)), t.mac("", "trust", string(rep))...)
	return t.Put(trust, key, append(bytes.Clone(t.Get(trust, key)), byte(answer)))
}

// monthOf is all that is kept of when an answer was given: a moment would lead to its call.
func monthOf(at time.Time) time.Time {
	y, m, _ := at.UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

func (r *reader) Trust(since time.Time) (f privacy.TrustFigure, ok bool, err error) {
	return r.trustIn(monthOf(since), time.Time{})
}

func (r *reader) TrustOf(month time.Time) (f privacy.TrustFigure, ok bool, err error) {
	from := monthOf(month)
	return r.trustIn(from, from.AddDate(0, 1, 0))
}

// trustIn is what reps answered from a month on, and before another; zero for no end.
func (r *reader) trustIn(first, end time.Time) (f privacy.TrustFigure, ok bool, err error) {
	who := map[string]bool{}
	sum := 0
	for k, v := range r.Scan(trust, nil) {
		month, err := timeAt(trust, k)
		if err != nil || len(k) == timeSize || len(v) == 0 {
			return f, false, fmt.Errorf("%w: an answer in %s is cut short", ErrDamaged, trust)
		}
		if month.Before(first) || !end.IsZero() && !month.Before(end) {
			continue
		}
		who[string(k[timeSize:])] = true
		f.Answers += len(v)
		for _, answer := range v {
			sum += int(answer)
		}
	}
	if f.Reps = len(who); f.Reps < privacy.TrustReps {
		return privacy.TrustFigure{}, false, nil
	}
	f.Mean = float64(sum) / float64(f.Answers)
	return f, true, nil
}
