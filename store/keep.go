package store

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"stepin/nudges"
)

// forgetRecord is somebody whom stepin is about to forget; who it is stands in the key.
type forgetRecord struct {
	At  time.Time `json:"at"`
	Own bool      `json:"own,omitempty"`
}

func (r *reader) RequestsAfter(id nudges.RequestID, limit int) (all []nudges.Request, err error) {
	c := r.session.cursor(requests)
	r.inside++
	defer func() { r.inside-- }()
	for k, v := c.seek([]byte(id)); k != nil && len(all) < limit; k, v = c.next() {
		if string(k) == string(id) {
			continue
		}
		var rec requestRecord
		if err := decode(requests, v, &rec); err != nil {
			return nil, err
		}
		all = append(all, rec.request(nudges.RequestID(k)))
	}
	return all, nil
}

// DoneBefore may be walked while the requests it gives are changed, as may FadedBefore.
func (r *reader) DoneBefore(at time.Time) iter.Seq2[nudges.RequestID, error] {
	return r.requestsUntil(done, at)
}

func (r *reader) FadedBefore(at time.Time) iter.Seq2[nudges.RequestID, error] {
	return r.requestsUntil(faded, at)
}

func (r *reader) requestsUntil(b bucket, at time.Time) iter.Seq2[nudges.RequestID, error] {
	return func(yield func(nudges.RequestID, error) bool) {
		for k, err := range r.until(b, at) {
			if err != nil {
				yield("", err)
				return
			}
			if !yield(nudges.RequestID(k[timeSize:]), nil) {
				return
			}
		}
	}
}

func (r *reader) SaidTo(prefix string) (delivered []string, waiting []nudges.Message, err error) {
	for k, v := range r.scan(said, []byte(prefix)) {
		var rec saidRecord
		if err := decode(said, v, &rec); err != nil {
			return nil, nil, err
		}
		if rec.Dropped == "" {
			delivered = append(delivered, string(k))
		}
	}
	for k, v := range r.scan(outbox, []byte(prefix)) {
		var rec messageRecord
		if err := decode(outbox, v, &rec); err != nil {
			return nil, nil, err
		}
		waiting = append(waiting, rec.message(string(k)))
	}
	return delivered, waiting, nil
}

func (r *reader) Forgets() (all []nudges.Forget, err error) {
	for k, v := range r.scan(forgets, nil) {
		var rec forgetRecord
		if err := decode(forgets, v, &rec); err != nil {
			return nil, err
		}
		all = append(all, nudges.Forget{Who: nudges.UserID(k), At: rec.At, Own: rec.Own})
	}
	return all, nil
}

func (t *tx) PutForget(f nudges.Forget) error {
	if err := named("person", string(f.Who)); err != nil {
		return err
	}
	return t.save(forgets, []byte(f.Who), forgetRecord{f.At.UTC(), f.Own})
}

func (t *tx) EndForget(who nudges.UserID) error { return t.del(forgets, []byte(who)) }

// DeleteRequest refuses one that is not done: something may still be said about it.
func (t *tx) DeleteRequest(id nudges.RequestID) error {
	var rec requestRecord
	if err := t.load(requests, []byte(id), &rec); err != nil {
		return err
	}
	if _, over := rec.request(id).DoneSince(); !over {
		return nudges.ErrNotNow
	}
	prefix := []byte(string(id) + "/") // of every message's key
	for k := range t.scan(outbox, prefix) {
		if err := t.Drop(string(k), "no request"); err != nil {
			return err
		}
	}
	for k := range t.scan(said, prefix) {
		if err := t.del(said, bytes.Clone(k)); err != nil {
			return err
		}
	}
	for k := range t.scan(history, historyPrefix(id)) {
		if err := t.del(history, bytes.Clone(k)); err != nil {
			return err
		}
	}
	if err := t.move(t.places(id, rec), nil); err != nil {
		return err
	}
	if _, err := t.add(countRequests, -1); err != nil {
		return err
	}
	return t.del(requests, []byte(id))
}

func (r *reader) Erased() (bool, error) { return r.has(meta, []byte(metaErased)), nil }

func (t *tx) MarkErased() error { return t.put(meta, []byte(metaErased), []byte("yes")) }

// rests are the buckets that FadeRest walks, in this order.
var rests = []bucket{ledger, learning, trust, said}

// fadeFor is how long one FadeRest may take: whoever clicks meanwhile waits for it.
const fadeFor = 5 * time.Millisecond

// FadeRest names where it stands by the bucket and the key.
func (t *tx) FadeRest(now time.Time, k nudges.Keep, after string, limit int) (next string, changed bool, err error) {
	at, from, begun := 0, []byte(nil), time.Now()
	if name, key, ok := strings.Cut(after, "/"); ok {
		at = slices.IndexFunc(rests, func(b bucket) bool { return b.String() == name })
		if from, err = hex.DecodeString(key); err != nil || at < 0 {
			return "", false, errors.New("fade: no such place")
		}
	}
	for ; at < len(rests); at, from = at+1, nil {
		b := rests[at]
		keys, values := t.some(b, from, limit)
		for i, key := range keys {
			did, err := t.fade(b, key, values[i], now, k)
			if err != nil {
				return "", changed, err
			}
			changed = changed || did
			if time.Since(begun) > fadeFor {
				return b.String() + "/" + hex.EncodeToString(key), changed, nil
			}
		}
		if len(keys) == limit {
			return b.String() + "/" + hex.EncodeToString(keys[limit-1]), changed, nil
		}
		limit -= len(keys)
	}
	return "", changed, nil
}

// some are at most limit entries behind a key.
func (r *reader) some(b bucket, after []byte, limit int) (keys, values [][]byte) {
	r.inside++
	defer func() { r.inside-- }()
	c := r.session.cursor(b)
	for k, v := c.seek(after); k != nil && len(keys) < limit; k, v = c.next() {
		if !bytes.Equal(k, after) {
			keys, values = append(keys, bytes.Clone(k)), append(values, bytes.Clone(v))
		}
	}
	return keys, values
}

// fade takes out of one entry what has had its time.
func (t *tx) fade(b bucket, key, value []byte, now time.Time, k nudges.Keep) (bool, error) {
	gone := func() (bool, error) { return true, t.del(b, key) }
	switch b {
	case ledger:
		var rec ledgerRecord
		if err := decode(b, value, &rec); err != nil {
			return false, err
		}
		last, did := rec.fade(now, k)
		switch {
		case k.Less || last.Before(now.Add(-k.Counts)):
			return gone()
		case did:
			return true, t.save(b, key, rec)
		}
	case learning:
		var rec learningRecord
		if err := decode(b, value, &rec); err != nil {
			return false, err
		}
		if rec.At.After(now.Add(-k.Text)) {
			return false, nil
		}
		// A mark outlives the time of its words for as long as a call about the deal has its own.
		manager, _, _ := strings.Cut(string(key), "\x00")
		for req, err := range t.found(managers, personPrefix(nudges.UserID(manager))) {
			if err != nil {
				return false, err
			}
			if req.Deal != "" && string(req.Rep) == rec.Rep && nudges.NormalDeal(req.Deal) == nudges.NormalDeal(rec.Deal) {
				return false, nil
			}
			if req.Faded && req.Begun.Before(now.Add(-k.Counts)) {
				break
			}
		}
		return gone()
	case trust:
		month, err := timeAt(b, key)
		if err != nil {
			return false, err
		}
		if k.Less || month.AddDate(0, 1, 0).Before(now.Add(-k.Counts)) {
			return gone()
		}
	case said: // of a request: with it
		var rec saidRecord
		if err := decode(b, value, &rec); err != nil {
			return false, err
		}
		at := cmp.Or(rec.At, rec.Due)
		if rec.Request == "" && !at.IsZero() && at.Before(now.Add(-nudges.Days(nudges.SaidDays))) {
			return gone()
		}
	default: // goes with what it belongs to
	}
	return false, nil
}

// fade takes the names of skills out of a ledger's entry once they have had their time, and gives the
// last moment that it remembers.
func (rec *ledgerRecord) fade(now time.Time, k nudges.Keep) (last time.Time, did bool) {
	last = rec.Took
	rec.Coached = slices.DeleteFunc(rec.Coached, func(c coachedRecord) bool { return c.At.Before(now.Add(-k.Counts)) })
	for i, c := range rec.Coached {
		if c.At.After(last) {
			last = c.At
		}
		if c.Skill != "" && c.At.Before(now.Add(-k.Text)) {
			rec.Coached[i].Skill, did = "", true
		}
	}
	return last, did
}

func (t *tx) ForgetPerson(who nudges.UserID) (words []string, changed int, err error) {
	if err := named("person", string(who)); err != nil {
		return nil, 0, err
	}
	before := len(t.undo)
	for _, f := range []func(nudges.UserID) ([]string, error){t.forgetTeams, t.forgetMarks} {
		more, err := f(who)
		if err != nil {
			return nil, 0, err
		}
		words = append(words, more...)
	}
	for k := range t.scan(bonds, nil) {
		rep, manager, _ := strings.Cut(string(k), "\x00")
		if rep == string(who) || manager == string(who) {
			if err := t.del(bonds, bytes.Clone(k)); err != nil {
				return nil, 0, err
			}
		}
	}
	was, err := t.Reminder(who)
	if off := (nudges.Reminder{Person: who, State: nudges.ReminderOff}); err == nil && t.has(reminders, []byte(who)) && !reflect.DeepEqual(was, off) {
		err = t.PutReminder(off)
	}
	if err == nil && t.has(people, []byte(who)) {
		err = t.del(people, []byte(who))
	}
	return words, len(t.undo) - before, err
}

// forgetTeams takes out what somebody has settled for their team, and them out of others' teams.
func (t *tx) forgetTeams(who nudges.UserID) (words []string, err error) {
	for k := range t.scan(teams, nil) {
		manager := nudges.UserID(bytes.Clone(k))
		team, err := t.Team(manager)
		if err != nil {
			return nil, err
		}
		if manager == who {
			for _, s := range team.Skills {
				words = append(words, s.Name, s.Training)
			}
			if err := errors.Join(t.PutTeam(nudges.Team{Manager: who}), t.del(teams, []byte(who))); err != nil {
				return nil, err
			}
			continue
		}
		is := func(u nudges.UserID) bool { return u == who }
		member := slices.ContainsFunc(team.Reps, is)
		team.Reps = slices.DeleteFunc(slices.Clone(team.Reps), is)
		for i, a := range team.Approvers {
			if a.Delegate == who {
				team.Approvers[i].Delegate, member = "", true
			}
		}
		n := len(team.Approvers)
		team.Approvers = slices.DeleteFunc(team.Approvers, func(a nudges.Approver) bool { return a.ID == who })
		if member || len(team.Approvers) < n {
			if err := t.PutTeam(team); err != nil {
				return nil, err
			}
		}
	}
	return words, nil
}

// forgetMarks takes out a manager's deals for learning, and the names of skills in their ledger.
func (t *tx) forgetMarks(who nudges.UserID) (words []string, err error) {
	for k, v := range t.scan(learning, personPrefix(who)) {
		var rec learningRecord
		if err := decode(learning, v, &rec); err != nil {
			return nil, err
		}
		words = append(words, rec.Deal, rec.What)
		if err := t.del(learning, bytes.Clone(k)); err != nil {
			return nil, err
		}
	}
	for k, v := range t.scan(ledger, personPrefix(who)) {
		var rec ledgerRecord
		if err := decode(ledger, v, &rec); err != nil {
			return nil, err
		}
		did := rec.Learn != ""
		rec.Learn = ""
		for i, c := range rec.Coached {
			if c.Skill != "" {
				words, did = append(words, c.Skill), true
				rec.Coached[i].Skill = ""
			}
		}
		if did {
			if err := t.save(ledger, bytes.Clone(k), rec); err != nil {
				return nil, err
			}
		}
	}
	return words, nil
}

func (r *reader) TrustOf(month time.Time) (f nudges.TrustFigure, ok bool, err error) {
	from := monthOf(month)
	return r.trustIn(from, from.AddDate(0, 1, 0))
}
