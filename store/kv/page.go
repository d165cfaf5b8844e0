package kv

import (
	"bytes"
	"encoding/binary"
	"io"
)

// The pages of bbolt's file, as its internal/common has them. A page begins with its number, 8 bytes, its kind and how
// many elements it has, 2 bytes each, and in how many more pages it continues, 4 bytes. An element has 16 bytes. A
// leaf's says a flag, where its key stands from there, and how long key and value are; a branch's, where its key
// stands, how long it is, and the number of a page. The page of free pages has numbers of pages.
const (
	branchPage   = 0x01
	leafPage     = 0x02
	freePage     = 0x10
	elementSize  = 16
	bucketFlag   = 0x01    // an element of a leaf that is a table
	bucketHeader = 16      // of a table: its root page, or 0 if a page follows; and a number that is not used here
	maxKey       = 1 << 15 // bbolt takes no longer key
	// maxRead is how many bytes a page and what it continues in may have: more than any record.
	maxRead = 64 << 20
)

// A rawPage is a page with what it continues in, as far as that can be read. Nothing of it is known to be right but its
// number and its kind.
type rawPage struct {
	b    []byte
	kind uint16
}

// An element is what a page holds: a record or a table, or another page.
type element struct {
	table      bool
	key, value []byte
	page       uint64
}

// readPage reads a page; false if it is none.
func readPage(f io.ReaderAt, m metaPage, id uint64) (p rawPage, ok bool) {
	head := make([]byte, m.page)
	if n, err := f.ReadAt(head, int64(id)*m.page); err != nil && n < pageHeader {
		return p, false
	}
	order := binary.NativeEndian
	p.b, p.kind = head, order.Uint16(head[8:])
	more := uint64(order.Uint32(head[12:]))
	if order.Uint64(head) != id || p.kind != branchPage && p.kind != leafPage && p.kind != freePage {
		return p, false
	}
	if more == 0 || more >= m.end || id+more >= m.end || int64(more) >= maxRead/m.page {
		return p, true
	}
	p.b = make([]byte, int64(1+more)*m.page)
	n, _ := f.ReadAt(p.b, int64(id)*m.page) // what cannot be read shows in its elements
	p.b = p.b[:max(n, pageHeader)]
	return p, true
}

// elements are those of a branch or a leaf that lie within the page, with a key from lo to before hi; nil for no bound.
// bad is how many do not. used is how many bytes of the page they need.
func (p rawPage) elements(lo, hi []byte) (all []element, bad, used int) {
	n := int(binary.NativeEndian.Uint16(p.b[10:]))
	data := pageHeader + n*elementSize
	if data > len(p.b) {
		return nil, 1, 0
	}
	used = data
	for i := range n {
		e, end, ok := p.element(pageHeader+i*elementSize, data)
		if !ok || bytes.Compare(e.key, lo) < 0 || hi != nil && bytes.Compare(e.key, hi) >= 0 {
			bad++
			continue
		}
		all, used = append(all, e), max(used, end)
	}
	return all, bad, used
}

// element reads the element at one place of the page, whose keys and values begin at another. It ends at end.
func (p rawPage) element(at, data int) (e element, end int, ok bool) {
	order, b := binary.NativeEndian, p.b[at:]
	if p.kind == branchPage {
		key, ok := p.part(uint64(at)+uint64(order.Uint32(b)), uint64(order.Uint32(b[4:])), data)
		return element{key: key, page: order.Uint64(b[8:])}, 0, ok && len(key) > 0
	}
	flags, from := order.Uint32(b), uint64(at)+uint64(order.Uint32(b[4:]))
	keys, values := uint64(order.Uint32(b[8:])), uint64(order.Uint32(b[12:]))
	both, ok := p.part(from, keys+values, data)
	if !ok || flags > bucketFlag || keys == 0 || keys > maxKey {
		return e, 0, false
	}
	return element{table: flags == bucketFlag, key: both[:keys:keys], value: both[keys:]}, int(from) + len(both), true
}

func (p rawPage) part(from, n uint64, data int) ([]byte, bool) {
	if from < uint64(data) || from+n > uint64(len(p.b)) {
		return nil, false
	}
	return p.b[from : from+n : from+n], true
}

// tree is where a table's records are: in a tree under a page, or in a page of their own within the element.
func (e element) tree() (root uint64, own rawPage, ok bool) {
	if !e.table || len(e.value) < bucketHeader {
		return 0, own, false
	}
	if root = binary.NativeEndian.Uint64(e.value); root != 0 {
		return root, own, true
	}
	own.b = e.value[bucketHeader:]
	if len(own.b) < pageHeader {
		return 0, own, false
	}
	own.kind = binary.NativeEndian.Uint16(own.b[8:])
	return 0, own, own.kind == leafPage
}

// freePages are the numbers on the page of free pages; false if it is damaged.
func (p rawPage) freePages(m metaPage) (all []uint64, ok bool) {
	order, at := binary.NativeEndian, pageHeader
	n := uint64(order.Uint16(p.b[10:]))
	if n == 0xffff { // more than fit into the two bytes
		if len(p.b) < at+8 {
			return nil, false
		}
		n, at = order.Uint64(p.b[at:]), at+8
	}
	if n > uint64(len(p.b)-at)/8 {
		return nil, false
	}
	for i := range int(n) {
		id := order.Uint64(p.b[at+8*i:])
		if id < 2 || id >= m.end || i > 0 && id <= all[i-1] {
			return nil, false
		}
		all = append(all, id)
	}
	return all, true
}
