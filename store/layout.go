package store

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"stepin/nudges"
	"stepin/store/kv"
)

// The tables of the layout; see the package comment. Their names are part of the file's format.
const (
	meta       kv.Table = "meta"
	counts     kv.Table = "counts"
	requests   kv.Table = "requests"
	history    kv.Table = "history"
	managers   kv.Table = "managers"
	open       kv.Table = "open"
	calls      kv.Table = "calls"
	ticks      kv.Table = "ticks"
	envelopes  kv.Table = "envelopes"
	arrivals   kv.Table = "arrivals"
	outbox     kv.Table = "outbox"
	due        kv.Table = "due"
	attempted  kv.Table = "attempted"
	held       kv.Table = "held"
	said       kv.Table = "said"
	people     kv.Table = "people"
	teams      kv.Table = "teams"
	reps       kv.Table = "reps"
	bonds      kv.Table = "bonds"
	parts      kv.Table = "parts"
	ledger     kv.Table = "ledger"
	reminders  kv.Table = "reminders"
	wakes      kv.Table = "wakes"
	shared     kv.Table = "shared"
	learning   kv.Table = "learning"
	trust      kv.Table = "trust"
	done       kv.Table = "done"
	anonymised kv.Table = "faded"
	forgets    kv.Table = "forgets"
	runs       kv.Table = "runs"
	monthly    kv.Table = "mirror"
	recent     kv.Table = "recent"
)

// newTables are the tables that each version of the format brought.
var newTables = [][]kv.Table{
	{
		meta, counts, requests, history, managers, open, calls, ticks, envelopes, arrivals,
		outbox, due, attempted, held, said, people,
	},
	{teams, reps, bonds, parts, ledger},
	{reminders, wakes},
	{shared, learning, trust},
	{done, anonymised, forgets},
	{runs},
	{monthly, recent},
}

// Keys in meta.
const (
	metaFormat   = "format"
	metaCreated  = "created"
	metaSecret   = "secret"
	metaTeam     = "team"
	metaGroup    = "group"
	metaRestored = "restored"
	metaErased   = "erased"
)

// Keys in counts.
const (
	countRequests = "requests" // how many there are
	countOutbox   = "outbox"   // how many messages wait
	countOrder    = "order"    // the last number given to a request or message
)

// A place is an entry of an index; the key says all.
type place struct {
	table kv.Table
	key   string
}

// timeSize is the length of a moment in a key: seconds since 1970 with the sign flipped, so that bytes sort as time
// does, and nanoseconds.
const timeSize = 12

// orderedSize is the length of a moment and an order in a key.
const orderedSize = timeSize + 8

func appendTime(key []byte, t time.Time) []byte {
	key = binary.BigEndian.AppendUint64(key, uint64(t.Unix())^1<<63)
	return binary.BigEndian.AppendUint32(key, uint32(t.Nanosecond()))
}

// timeAt reads the moment that a key starts with.
func timeAt(b kv.Table, key []byte) (time.Time, error) {
	if len(key) < timeSize {
		return time.Time{}, shortKey(b)
	}
	seconds, nanos := binary.BigEndian.Uint64(key)^1<<63, binary.BigEndian.Uint32(key[8:])
	return time.Unix(int64(seconds), int64(nanos)).UTC(), nil
}

func shortKey(b kv.Table) error { return fmt.Errorf("%w: a key in %s is too short", ErrDamaged, b) }

// descending turns the order of a key's bytes around: newest first.
func descending(key []byte) []byte {
	for i := range key {
		key[i] = ^key[i]
	}
	return key
}

func personPrefix(id nudges.UserID) []byte { return append([]byte(id), 0) }

// atTime is the entry of an index by time.
func atTime(b kv.Table, at time.Time, name string) place {
	return place{b, string(appendTime(nil, at)) + name}
}

// named refuses what could not be told apart inside a key.
func named(what, name string) error {
	if name == "" {
		return fmt.Errorf("%s: %w", what, errEmptyName)
	}
	if strings.ContainsRune(name, 0) {
		return fmt.Errorf("%s %q: a zero byte in a name", what, name)
	}
	return nil
}
