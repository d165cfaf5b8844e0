package kv

import (
	"encoding/binary"
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
	noFreelist   = ^uint64(0)
	minPage      = 1 << 10 // bbolt looks for no smaller page,
	maxPage      = 1 << 24 // nor for a larger
	metaPageSize = pageHeader + metaFields + 8
)

// checkMeta looks at both meta pages before bbolt may. bbolt maps a file that is cut short, and then faults where
// nothing can catch it. It would also open a file with one good page; but the bad page may be the newer, and then
// what was acknowledged last would be gone without a word.
func checkMeta(f io.ReaderAt, size int64) error {
	page, err := checkMetaPage(f, 0, size)
	if err != nil {
		return fmt.Errorf("first meta page: %w", err)
	}
	if _, err := checkMetaPage(f, page, size); err != nil {
		return fmt.Errorf("second meta page: %w", err)
	}
	return nil
}

func checkMetaPage(f io.ReaderAt, at, size int64) (pageSize int64, err error) {
	var buf [metaPageSize]byte
	if _, err := f.ReadAt(buf[:], at); err != nil {
		return 0, fmt.Errorf("cannot be read: %w", err)
	}
	b, order := buf[pageHeader:], binary.NativeEndian
	if order.Uint32(b) != metaMagic {
		return 0, fmt.Errorf("no bbolt database")
	}
	sum := fnv.New64a()
	sum.Write(b[:metaFields]) //nolint:errcheck // a hash has no errors
	if sum.Sum64() != order.Uint64(b[metaFields:]) {
		return 0, fmt.Errorf("wrong checksum")
	}
	if v := order.Uint32(b[4:]); v != metaVersion {
		return 0, fmt.Errorf("bbolt format %d, this one knows %d", v, metaVersion)
	}
	page, root, free, end := order.Uint32(b[8:]), order.Uint64(b[16:]), order.Uint64(b[32:]), order.Uint64(b[40:])
	switch {
	case page < minPage || page > maxPage || bits.OnesCount32(page) != 1:
		return 0, fmt.Errorf("page size %d", page)
	case root >= end || free >= end && free != noFreelist:
		return 0, fmt.Errorf("points past the end")
	case end > uint64(size)/uint64(page):
		return 0, fmt.Errorf("the file is cut short: %d bytes of at least %d pages of %d", size, end, page)
	}
	return int64(page), nil
}

// IsDatabase says whether a file begins as a database does.
func IsDatabase(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	_, no := checkMetaPage(f, 0, info.Size())
	return no == nil, nil
}
