package store

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"stepin/nudges"
	"stepin/store/kv"
)

// A shape says what the records of a table look like, for a file in which nothing else tells them.
type shape struct {
	table     kv.Table
	one, many string // what a record is, in plain words
	key       func([]byte) bool
	value     func(v []byte, strict bool) bool
}

// shapes are the tables with records. All other tables, reps among them, are made from these.
var shapes = []shape{
	{meta, "setting of the file", "settings of the file", plain, nil},
	{counts, "count", "counts", plain, nil},
	{requests, "request", "requests", plain, record(func(r requestRecord) bool { return r.Manager != "" })},
	{
		history, "step in the history of a request", "steps in the history of requests", tailed(8),
		record(func(r transitionRecord) bool { return !r.At.IsZero() }),
	},
	{
		outbox, "message that waits", "messages that wait", plain,
		record(func(r messageRecord) bool { return r.Mark != "" && !r.Enqueued.IsZero() }),
	},
	{
		said, "note about a message that was sent", "notes about messages that were sent", plain,
		record(func(r saidRecord) bool { return r.Dropped != "" || r.TS != "" }),
	},
	{
		people, "person's zone and conversation", "people's zones and conversations", plain,
		record(func(r personRecord) bool { return r != personRecord{} }),
	},
	{teams, "team", "teams", plain, record(func(r teamRecord) bool {
		return r.Policy != "" || r.Channel != "" || len(r.Reps)+len(r.Approvers)+len(r.Skills) > 0
	})},
	{
		bonds, "answer about whose rep somebody is", "answers about whose rep somebody is", tailed(0),
		func(v []byte, strict bool) bool {
			all := []nudges.BondState{nudges.Unmet, nudges.Meeting, nudges.Met, nudges.NotMyBoss}
			return slices.Contains(all, nudges.BondState(v)) && (!strict || len(v) > 0) // indexes hold nothing
		},
	},
	{
		ledger, "note about what was taken over or coached", "notes about what was taken over or coached", tailed(32),
		record(func(r ledgerRecord) bool { return !r.Took.IsZero() || len(r.Coached) > 0 }),
	},
	{
		learning, "deal for learning", "deals for learning", tailed(32),
		record(func(r learningRecord) bool { return r.What != "" }),
	},
	{
		reminders, "daily reminder", "daily reminders", plain,
		record(func(r reminderRecord) bool { return r.State != "" }),
	},
	{
		envelopes, "answer to a click of the last day", "answers to clicks of the last day", plain,
		func(v []byte, strict bool) bool {
			at, err := timeAt(envelopes, v)
			return err == nil && (!strict || at.Year() > 2000 && at.Year() < 3000)
		},
	},
	{
		trust, "rep's answers about trust", "reps' answers about trust",
		func(k []byte) bool { return len(k) == timeSize+32 },
		func(v []byte, _ bool) bool { return len(v) > 0 && len(bytes.Trim(v, "\x01\x02\x03\x04\x05")) == 0 },
	},
	{
		forgets, "person whom stepin was about to forget", "people whom stepin was about to forget", plain,
		record(func(r forgetRecord) bool { return !r.At.IsZero() }),
	},
	{
		monthly, "month of somebody's own numbers", "months of people's own numbers", tailed(len("2006-01")),
		record(func(r monthRecord) bool { return len(r.Counts) > 0 }),
	},
	{
		runs, "command that an operator ran", "commands that operators ran",
		func(k []byte) bool { return len(k) == orderedSize },
		record(func(r runRecord) bool { return r.By != "" && r.Command != "" }),
	},
}

// plain is a key that is a name.
func plain(k []byte) bool { return !bytes.Contains(k, []byte{0}) }

// tailed is a key that begins with a name and a zero byte; n is how long its end is, 0 for any.
func tailed(n int) func([]byte) bool {
	return func(k []byte) bool {
		if n == 0 {
			return bytes.Count(k, []byte{0}) == 1
		}
		return len(k) > n && k[len(k)-n-1] == 0
	}
}

// record is a value that is JSON; strictly, with no field that is not of the record, and with those that it always has.
func record[R any](whole func(R) bool) func([]byte, bool) bool {
	return func(v []byte, strict bool) bool {
		var rec R
		if !utf8.Valid(v) || json.Unmarshal(v, &rec) != nil {
			return false
		}
		if !strict {
			return true
		}
		d := json.NewDecoder(bytes.NewReader(v))
		d.DisallowUnknownFields()
		return d.Decode(&rec) == nil && whole(rec)
	}
}

// fits is a kv.Judge.
func fits(b kv.Table, k, v []byte, strict bool) bool {
	switch b {
	case meta:
		known, ok := metaShape(string(k), v)
		return ok && (known || !strict)
	case counts:
		return len(v) == 8 && (!strict || strings.Contains(countRequests+countOutbox+countOrder, string(k)))
	}
	for _, s := range shapes {
		if s.table == b {
			return s.key(k) && s.value(v, strict)
		}
	}
	return false
}

// metaShape says whether a key of meta is known, and whether its value can be.
func metaShape(key string, v []byte) (known, ok bool) {
	switch key {
	case metaFormat:
		n, err := strconv.Atoi(string(v))
		return true, err == nil && n > 0
	case metaCreated:
		_, err := time.Parse(time.RFC3339, string(v))
		return true, err == nil
	case metaSecret:
		return true, len(v) == 32 && len(bytes.Trim(v, "\x00")) > 0
	case metaGroup:
		return true, json.Valid(v)
	case metaRestored:
		_, err := parseRestore(v)
		return true, err == nil
	case metaTeam, metaErased:
		return true, len(v) > 0
	}
	return false, true
}
