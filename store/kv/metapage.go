package kv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/bits"
	"os"
)

// bbolt's file starts with two meta pages; each commit writes one of them. The layout is that of bbolt's
// internal/common: a page header of 16 bytes, then the fields below in the machine's byte order, then FNV-1a over
// them.
const (
	pageHeader   = 16
	metaFields   = 56
	metaMagic    = 0xED0CDAED
	metaVersion  = 2
	noFreelist   = ^uint64(0) // if the list of free pages was left out
	minPage      = 1 << 10    // bbolt looks for no smaller page,
	maxPage      = 1 << 24    // nor for a larger
	metaPageSize = pageHeader + metaFields + 8
)

// A metaPage is what one of them says.
type metaPage struct {
	page       int64  // the size of a page in bytes
	root, free uint64 // the pages of the tables' names, and of the free pages
	end        uint64 // the first page behind those in use
	id         uint64 // the transaction's number: the other page has the one before, or the one after
}

// checkMeta looks at both meta pages before bbolt may. bbolt maps a file that is cut short, and then faults where
// nothing can catch it. It would also open a file with one good page; but the bad page may be the newer, and then
// what was acknowledged last would be gone without a word.
func checkMeta(f io.ReaderAt, size int64) error {
	m, err := readMeta(f, 0)
	if err == nil {
		err = m.within(size)
	}
	if err != nil {
		return fmt.Errorf("first meta page: %w", err)
	}
	if m, err = readMeta(f, m.page); err == nil {
		err = m.within(size)
	}
	if err != nil {
		return fmt.Errorf("second meta page: %w", err)
	}
	return nil
}

// readMeta reads one of the two. What it says may be right even if there is an error.
func readMeta(f io.ReaderAt, at int64) (m metaPage, err error) {
	var buf [metaPageSize]byte
	if _, err := f.ReadAt(buf[:], at); err != nil {
		return m, fmt.Errorf("cannot be read: %w", err)
	}
	b, order := buf[pageHeader:], binary.NativeEndian
	m = metaPage{
		page: int64(order.Uint32(b[8:])),
		root: order.Uint64(b[16:]), free: order.Uint64(b[32:]), end: order.Uint64(b[40:]), id: order.Uint64(b[48:]),
	}
	sum := fnv.New64a()
	sum.Write(b[:metaFields]) //nolint:errcheck // a hash has no errors
	switch version := order.Uint32(b[4:]); {
	case order.Uint32(b) != metaMagic:
		return m, errors.New("no bbolt database")
	case sum.Sum64() != order.Uint64(b[metaFields:]):
		return m, errors.New("wrong checksum")
	case version != metaVersion:
		return m, fmt.Errorf("bbolt format %d, this one knows %d", version, metaVersion)
	case m.page < minPage || m.page > maxPage || bits.OnesCount64(uint64(m.page)) != 1:
		return m, fmt.Errorf("page size %d", m.page)
	case m.root >= m.end || m.free >= m.end && m.free != noFreelist:
		return m, errors.New("points past the end")
	}
	return m, nil
}

// within says that a file of so many bytes has all pages in use.
func (m metaPage) within(size int64) error {
	if m.end > uint64(size)/uint64(m.page) {
		return fmt.Errorf("the file is cut short: %d bytes of at least %d pages of %d", size, m.end, m.page)
	}
	return nil
}

// readMetas gives the meta pages that can be read, the newer one first. sure is false if the other one may be newer
// than the only one.
func readMetas(f io.ReaderAt) (all []metaPage, sure bool, err error) {
	first, err := readMeta(f, 0)
	if err != nil {
		for at := int64(minPage); at <= maxPage; at *= 2 {
			if m, no := readMeta(f, at); no == nil && m.page == at {
				return []metaPage{m}, first.id+1 == m.id, nil
			}
		}
		return nil, false, fmt.Errorf("neither of its meta pages can be read: %w", err)
	}
	second, err := readMeta(f, first.page)
	switch {
	case err != nil:
		return []metaPage{first}, second.id+1 == first.id, nil
	case second.id > first.id:
		return []metaPage{second, first}, true, nil
	}
	return []metaPage{first, second}, true, nil
}

// IsDatabase says whether a file begins as a database does, also as one with a damaged meta page.
func IsDatabase(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // it was only read
	_, _, no := readMetas(f)
	return no == nil, nil
}
