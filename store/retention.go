package store

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/store/kv"
)

// rests are the tables that ExpireRest walks, in this order.
var rests = []kv.Table{ledger, learning, trust, said, runs, monthly}

// expireFor is how long one ExpireRest may take: clicks wait meanwhile.
const expireFor = 5 * time.Millisecond

// ExpireRest deletes expired records that belong to no request. It names where it stands by the table and the key.
func (t *tx) ExpireRest(now time.Time, k privacy.Keep, after string, limit int) (next string, changed bool, err error) {
	at, from, begun := 0, []byte(nil), time.Now()
	if name, key, ok := strings.Cut(after, "/"); ok {
		at = slices.Index(rests, kv.Table(name))
		if from, err = hex.DecodeString(key); err != nil || at < 0 {
			return "", false, errors.New("expire: no such place")
		}
	}
	for ; at < len(rests); at, from = at+1, nil {
		b := rests[at]
		for key, value := range t.After(b, from) {
			key := bytes.Clone(key)
			did, err := t.expire(b, key, bytes.Clone(value), now, k)
			if err != nil {
				return "", changed, err
			}
			changed = changed || did
			if limit--; limit == 0 || time.Since(begun) > expireFor {
				return string(b) + "/" + hex.EncodeToString(key), changed, nil
			}
		}
	}
	return "", changed, nil
}

// expire deletes from one record what has expired.
func (t *tx) expire(b kv.Table, key, value []byte, now time.Time, k privacy.Keep) (did bool, err error) {
	gone := false
	switch b {
	case ledger:
		rec, err := parse[ledgerRecord](b, value)
		if err != nil {
			return false, err
		}
		last, did := rec.expire(now, k)
		if gone = k.SensitiveOff || last.Before(now.Add(-k.Counts)); !gone && did {
			return true, t.save(b, key, &rec)
		}
	case learning:
		if gone, err = t.learningExpired(key, value, now, k); err != nil {
			return false, err
		}
	case trust:
		month, err := timeAt(b, key)
		if err != nil {
			return false, err
		}
		gone = k.SensitiveOff || month.AddDate(0, 1, 0).Before(now.Add(-k.Counts))
	case said: // what belongs to a request goes with it
		rec, err := parse[saidRecord](b, value)
		if err != nil {
			return false, err
		}
		at := cmp.Or(rec.At, rec.Due)
		gone = rec.Request == "" && !at.IsZero() && at.Before(now.Add(-privacy.Days(privacy.SaidDays)))
	case runs:
		at, err := timeAt(b, key)
		if err != nil {
			return false, err
		}
		gone = at.Before(now.Add(-k.Counts))
	case monthly:
		_, month, _ := strings.Cut(string(key), "\x00")
		at, err := time.Parse("2006-01", month)
		if err != nil {
			return false, fmt.Errorf("%w: a key in %s is no month", ErrDamaged, b)
		}
		gone = k.SensitiveOff || at.AddDate(0, 1, 0).Before(now.Add(-k.Counts))
	default:
	}
	if !gone {
		return false, nil
	}
	return true, t.Delete(b, key)
}

// learningExpired says whether a deal for learning has expired: a mark stays as long as a request about the deal has
// its words.
func (r *reader) learningExpired(key, value []byte, now time.Time, k privacy.Keep) (bool, error) {
	rec, err := parse[learningRecord](learning, value)
	if err != nil {
		return false, err
	}
	if rec.At.After(now.Add(-k.Text)) {
		return false, nil
	}
	manager, _, _ := strings.Cut(string(key), "\x00")
	for req, err := range r.found(managers, personPrefix(nudges.UserID(manager)), time.Time{}, every) {
		if err != nil {
			return false, err
		}
		if req.Deal != "" && req.Rep == rec.Rep && nudges.NormalDeal(req.Deal) == nudges.NormalDeal(rec.Deal) {
			return false, nil
		}
		if req.Anonymised && req.Begun.Before(now.Add(-k.Counts)) {
			break
		}
	}
	return true, nil
}

func (r *reader) Erased() (bool, error) { return r.Has(meta, []byte(metaErased)), nil }

func (t *tx) MarkErased() error { return t.Put(meta, []byte(metaErased), []byte("yes")) }
