package kv

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"

	bolt "go.etcd.io/bbolt"
)

// A Holding is what a file holds at one moment, without any of it.
type Holding struct {
	Keys  map[string]int `json:"keys"`  // how many keys each table has
	Sum   uint32         `json:"sum"`   // CRC-32C of every key and value, each behind its length
	Bytes int64          `json:"bytes"` // up to the end of the last page in use
}

// Differs says in what two holdings differ that should be of the same records; "" if in nothing.
func (h Holding) Differs(other Holding) string {
	switch {
	case !maps.Equal(h.Keys, other.Keys):
		return fmt.Sprintf("keys %v and %v", h.Keys, other.Keys)
	case h.Sum != other.Sum:
		return fmt.Sprintf("sum %08x and %08x", h.Sum, other.Sum)
	}
	return ""
}

// Holds reads everything that the transaction sees.
func (t *Tx) Holds() (Holding, error) {
	h := Holding{Keys: map[string]int{}, Bytes: t.Bytes()}
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	add := func(b []byte) {
		_, _ = sum.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b)))) // a hash has no errors
		_, _ = sum.Write(b)
	}
	t.inside++
	err := t.bolt.ForEach(func(name []byte, b *bolt.Bucket) error {
		n := 0
		add(name)
		cursor := b.Cursor()
		for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
			if t.ended.Load() {
				return ErrSlow
			}
			add(k)
			add(v)
			n++
		}
		h.Keys[string(name)] = n
		return nil
	})
	t.inside--
	h.Sum = sum.Sum32()
	return h, err
}

// Check has bbolt check that each page is used once, and that keys are in order; ErrDamaged if not. It must come after
// Holds: what Holds meets as an error, bbolt's check would meet on a goroutine of its own, where nobody can catch it.
func (t *Tx) Check() (err error) {
	n := 0
	for fault := range t.bolt.Check() { // to its end, for it runs on a goroutine of its own
		if n++; n == 1 {
			err = fmt.Errorf("%w: %w", ErrDamaged, fault)
		}
	}
	if n > 1 {
		err = fmt.Errorf("%w, and %d more faults", err, n-1)
	}
	return err
}
