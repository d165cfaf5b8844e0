package store

import (
	"bytes"
	"slices"
	"sort"
	"sync"
)

// memory keeps the bytes in memory alone. It is what `demo` runs on without a
// file, and what the price of the disk is measured against.
type memory struct {
	mu     sync.RWMutex // held through a session
	tables [bucketCount]table
	closed bool
}

func (m *memory) begin(write bool) (session, error) {
	if write {
		m.mu.Lock()
	} else {
		m.mu.RLock()
	}
	s := &memorySession{m: m, write: write}
	if m.closed {
		s.end()
		return nil, ErrClosed
	}
	return s, nil
}

func (m *memory) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.tables = [bucketCount]table{}
	return nil
}

type memorySession struct {
	m     *memory
	write bool
}

func (s *memorySession) get(b bucket, key []byte) []byte { return s.m.tables[b].get(key) }

func (s *memorySession) put(b bucket, key, value []byte) error {
	if value == nil {
		value = []byte{} // as bbolt reads it back
	}
	s.m.tables[b].put(key, value)
	return nil
}

func (s *memorySession) del(b bucket, key []byte) error {
	s.m.tables[b].del(key)
	return nil
}

func (s *memorySession) cursor(b bucket) cursor { return &tableCursor{t: &s.m.tables[b]} }

func (s *memorySession) commit() error {
	s.end()
	return nil
}

func (s *memorySession) rollback(changes []change) {
	_ = undo(s, changes) // put and del have no errors here
	s.end()
}

func (s *memorySession) end() {
	if s.write {
		s.m.mu.Unlock()
	} else {
		s.m.mu.RUnlock()
	}
}

// A table is an ordered map in pieces of at most pieceSize entries, so that an
// insertion moves few of them. No piece is empty.
type table struct{ pieces [][]entry }

type entry struct{ key, value []byte }

const pieceSize = 256

// find gives the place of key, or where it would go.
func (t *table) find(key []byte) (piece, i int, found bool) {
	piece = sort.Search(len(t.pieces), func(p int) bool {
		return bytes.Compare(t.pieces[p][0].key, key) > 0
	}) - 1
	if piece < 0 {
		return 0, 0, false
	}
	i, found = slices.BinarySearchFunc(t.pieces[piece], key, func(e entry, key []byte) int {
		return bytes.Compare(e.key, key)
	})
	return piece, i, found
}

func (t *table) get(key []byte) []byte {
	if p, i, ok := t.find(key); ok {
		return t.pieces[p][i].value
	}
	return nil
}

func (t *table) put(key, value []byte) {
	p, i, found := t.find(key)
	switch {
	case found:
		t.pieces[p][i].value = value
		return
	case len(t.pieces) == 0:
		t.pieces = [][]entry{{{key, value}}}
		return
	}
	t.pieces[p] = slices.Insert(t.pieces[p], i, entry{key, value})
	if piece := t.pieces[p]; len(piece) > pieceSize {
		half := slices.Clone(piece[pieceSize/2:])
		t.pieces[p] = slices.Delete(piece, pieceSize/2, len(piece))
		t.pieces = slices.Insert(t.pieces, p+1, half)
	}
}

func (t *table) del(key []byte) {
	p, i, found := t.find(key)
	if !found {
		return
	}
	t.pieces[p] = slices.Delete(t.pieces[p], i, i+1)
	if len(t.pieces[p]) == 0 {
		t.pieces = slices.Delete(t.pieces, p, p+1)
	}
}

type tableCursor struct {
	t        *table
	piece, i int
}

func (c *tableCursor) seek(key []byte) (k, v []byte) {
	c.piece, c.i, _ = c.t.find(key)
	return c.here()
}

func (c *tableCursor) next() (k, v []byte) {
	c.i++
	return c.here()
}

func (c *tableCursor) here() (k, v []byte) {
	for c.piece < len(c.t.pieces) {
		if piece := c.t.pieces[c.piece]; c.i < len(piece) {
			return piece[c.i].key, piece[c.i].value
		}
		c.piece, c.i = c.piece+1, 0
	}
	return nil, nil
}
