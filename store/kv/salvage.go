package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"stepin/store/disk"
)

// A Wreck is a damaged file that is read page by page, without bbolt, which panics about a page that is none.
//
// Of the two states that the meta pages lead to, the newer one is read. What is missing in it is filled from the older
// one, which is whole but for the pages that both share: a commit writes no page that the state before it has. What
// hangs under a page that cannot be read is found all the same: it is what no page leads to and what is not free. Which
// table it is of, a Judge tells. Pages that are free are left alone, for what was deleted stands in them.
type Wreck struct {
	file   io.ReaderAt
	size   int64
	close  func() error
	fits   Judge
	from   []Table
	states []*state // the newer one first

	// Behind is set if the last commit before the damage may be missing, or a part of it.
	Behind bool
}

// A Judge says whether a key and a value can be a record of a table; strictly, if nothing but they tell the table.
type Judge func(table Table, key, value []byte, strict bool) bool

// Found is what can be read of a table.
type Found struct {
	Records int
	Bad     int  // records that cannot be read, in pages that can
	Pages   int  // that hold the records
	Lost    int  // pages of records that cannot be read
	Unsure  bool // more may be missing

	holes   map[int]int // how many pages cannot be read, by how deep they hang
	depth   int         // how deep those with records hang; 0 if none was read
	adopted bool        // pages were found that no page leads to
	gaps    []gap       // where records are missing
}

// A gap is from a key to before another; nil for no bound.
type gap struct{ lo, hi []byte }

// OpenWreck opens a damaged file to read the records of some tables. If not even its meta pages can be read, it is
// ErrDamaged.
func OpenWreck(ctx context.Context, path string, l disk.Lock, fits Judge, of ...Table) (w *Wreck, err error) {
	l.Shared = true
	f, err := disk.OpenLocked(ctx, path, os.O_RDONLY, l)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		w, err = newWreck(f, info.Size(), fits, of)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	w.close = f.Close
	return w, nil
}

// newWreck reads both states, to know what is missing.
func newWreck(f io.ReaderAt, size int64, fits Judge, of []Table) (*Wreck, error) {
	metas, sure, err := readMetas(f)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	w := &Wreck{file: f, size: size, fits: fits, from: of, Behind: !sure}
	for _, m := range metas {
		m.end = min(m.end, uint64((w.size+maxRead)/m.page)) // a right sum does not make it right
		s := &state{wreck: w, meta: m}
		s.walk()
		w.states = append(w.states, s)
	}
	return w, nil
}

// Close closes the file.
func (w *Wreck) Close() error { return w.close() }

// Read gives every record that can be read, in no order, and says what was found of each table. What it gives of a key
// last is the newest.
func (w *Wreck) Read(put func(table Table, key, value []byte) error) (map[Table]*Found, error) {
	s := &state{wreck: w, meta: w.states[0].meta, put: put}
	filled := func(Table) bool { return false }
	if len(w.states) == 2 {
		filled = w.states[1].sound
		if err := w.fill(put); err != nil {
			return nil, err
		}
	}
	s.walk()
	s.adopt()
	for table, t := range s.found {
		t.end(filled(table))
		w.Behind = w.Behind || len(t.gaps) > 0 && filled(table)
	}
	return s.found, s.err
}

// fill gives of the older state what is missing in the newer one.
func (w *Wreck) fill(put func(table Table, key, value []byte) error) error {
	newer := w.states[0]
	if newer.whole() {
		return nil
	}
	older := &state{wreck: w, meta: w.states[1].meta}
	older.put = func(table Table, key, value []byte) error {
		t := newer.found[table]
		if t == nil && newer.names.sound() || t != nil && !slices.ContainsFunc(t.gaps, func(g gap) bool {
			return bytes.Compare(key, g.lo) >= 0 && (g.hi == nil || bytes.Compare(key, g.hi) < 0)
		}) {
			return nil
		}
		return put(table, key, value)
	}
	older.walk()
	return older.err
}

// Old gives what leaves hold of a table in all of the file, also in what is free: old states of it, and what is of
// other tables.
func (w *Wreck) Old(table Table, see func(key, value []byte)) {
	m := w.states[0].meta
	for id := uint64(2); id < uint64(w.size/m.page); id++ {
		p, ok := readPage(w.file, m, id)
		if !ok || p.kind != leafPage {
			continue
		}
		all, _, _ := p.elements(nil, nil)
		for _, e := range all {
			if _, own, ok := e.tree(); ok && own.b != nil && string(e.key) == string(table) {
				inside, _, _ := own.elements(nil, nil)
				for _, e := range inside {
					see(e.key, e.value)
				}
			} else if !e.table {
				see(e.key, e.value)
			}
		}
	}
}

// A state is what one of the meta pages leads to.
type state struct {
	wreck *Wreck
	meta  metaPage
	put   func(table Table, key, value []byte) error // nil to look only
	err   error                                      // of put
	seen  []uint64                                   // a bit for each page that is accounted for
	names Found                                      // the tree of the tables' names
	found map[Table]*Found
}

func (s *state) has(id uint64) bool { return s.seen[id/64]&(1<<(id%64)) != 0 }
func (s *state) mark(from, n uint64) {
	for id := from; id < min(from+n, s.meta.end); id++ {
		s.seen[id/64] |= 1 << (id % 64)
	}
}

// markUsed marks a page of which so many bytes are used: its header may tell a wrong number of pages.
func (s *state) markUsed(id uint64, used int) {
	s.mark(id, max(1, (uint64(used)+uint64(s.meta.page)-1)/uint64(s.meta.page)))
}

// walk reads all that the meta page leads to.
func (s *state) walk() {
	s.seen, s.found = make([]uint64, s.meta.end/64+1), map[Table]*Found{}
	s.mark(0, 2)
	s.tree(&s.names, s.meta.root, 1, gap{}, s.table)
}

// sound says whether all of a table can be read.
func (s *state) sound(table Table) bool {
	t := s.found[table]
	return s.names.sound() && t != nil && t.sound()
}

func (s *state) whole() bool {
	for _, t := range s.found {
		if !t.sound() {
			return false
		}
	}
	return s.names.sound()
}

func (t *Found) sound() bool { return len(t.holes)+len(t.gaps)+t.Bad == 0 }

// table reads what a table's name leads to.
func (s *state) table(e element) bool {
	root, own, ok := e.tree()
	if !ok {
		return false
	}
	name, t := Table(e.key), &Found{}
	s.found[name] = t
	each := func(e element) bool { return s.record(name, t, e) }
	if root != 0 {
		s.tree(t, root, 1, gap{}, each)
		return true
	}
	all, bad, _ := own.elements(nil, nil)
	t.leaf(all, bad, gap{}, 1, each)
	return true
}

// tree reads a page and what hangs under it, with keys in within.
func (s *state) tree(t *Found, id uint64, depth int, within gap, each func(element) bool) {
	if id >= s.meta.end || s.has(id) {
		t.hole(depth, within)
		return
	}
	p, ok := readPage(s.wreck.file, s.meta, id)
	if !ok || p.kind == freePage {
		s.mark(id, 1)
		t.hole(depth, within)
		return
	}
	all, bad, used := p.elements(within.lo, within.hi)
	if len(all) == 0 && bad > 0 || p.kind == branchPage && (bad > 0 || len(all) == 0) {
		t.hole(depth, within) // it may hang elsewhere, and so may what hangs under it
		return
	}
	s.markUsed(id, used)
	if p.kind == leafPage {
		t.leaf(all, bad, within, depth, each)
		return
	}
	for i, e := range all {
		under := within
		if i > 0 {
			under.lo = e.key
		}
		if i+1 < len(all) {
			under.hi = all[i+1].key
		}
		s.tree(t, e.page, depth+1, under, each)
	}
}

// leaf reads the elements of a leaf.
func (t *Found) leaf(all []element, bad int, within gap, depth int, each func(element) bool) {
	for _, e := range all {
		if !each(e) {
			bad++
		}
	}
	t.Pages, t.Bad, t.depth = t.Pages+1, t.Bad+bad, depth
	if bad > 0 {
		t.gaps = append(t.gaps, within)
	}
}

// record takes a record; false if it is none.
func (s *state) record(table Table, t *Found, e element) bool {
	if !slices.Contains(s.wreck.from, table) {
		return true
	}
	if e.table || !s.wreck.fits(table, e.key, e.value, false) {
		return false
	}
	t.Records++
	if s.put != nil && s.err == nil {
		s.err = s.put(table, e.key, e.value)
	}
	return true
}

// adopt reads what hangs under pages that cannot be read.
func (s *state) adopt() {
	if s.whole() {
		return
	}
	unsure := !s.skipFree()
	if !unsure {
		s.orphans(s.orphanNames)
	}
	var lost []Table // the tables that the rest can be of
	for _, table := range s.wreck.from {
		if s.found[table] == nil && !s.names.sound() {
			s.found[table] = &Found{}
			s.found[table].hole(1, gap{})
		}
		if t := s.found[table]; t != nil && len(t.holes) > 0 {
			lost, t.Unsure = append(lost, table), unsure
		}
	}
	broken := 0 // tables, also those that are not read
	for _, t := range s.found {
		broken += min(1, len(t.holes))
	}
	if !unsure {
		strict := broken > 1 || !s.names.sound()
		s.orphans(func(id uint64, p rawPage) { s.orphan(id, p, lost, strict) })
	}
}

// orphans are the leaves that are in use, and that no page leads to.
func (s *state) orphans(see func(id uint64, p rawPage)) {
	for id := uint64(2); id < s.meta.end && int64(id)*s.meta.page < s.wreck.size; id++ {
		if s.has(id) {
			continue
		}
		if p, ok := readPage(s.wreck.file, s.meta, id); ok && p.kind == leafPage {
			see(id, p)
		}
	}
}

// orphanNames reads tables' names.
func (s *state) orphanNames(id uint64, p rawPage) {
	all, _, used := p.elements(nil, nil)
	for _, e := range all {
		if e.table && s.found[Table(e.key)] == nil {
			s.markUsed(id, used)
			s.names.leaf([]element{e}, 0, gap{}, 0, s.table)
		}
	}
}

// skipFree marks the free pages as seen; false if nobody can tell which they are.
func (s *state) skipFree() bool {
	if s.meta.free == noFreelist {
		return false
	}
	p, ok := readPage(s.wreck.file, s.meta, s.meta.free)
	if !ok || p.kind != freePage {
		return false
	}
	all, ok := p.freePages(s.meta)
	s.mark(s.meta.free, uint64(len(p.b))/uint64(s.meta.page))
	for _, id := range all {
		s.mark(id, 1)
	}
	return ok
}

// orphan reads records of one of the tables.
func (s *state) orphan(id uint64, p rawPage, lost []Table, strict bool) {
	all, bad, used := p.elements(nil, nil)
	var table Table
	most := 0
	for _, is := range lost {
		n := 0
		for _, e := range all {
			if !e.table && s.wreck.fits(is, e.key, e.value, strict) {
				n++
			}
		}
		if n > most {
			table, most = is, n
		}
	}
	if most == 0 {
		return // an index, or nothing that can be read
	}
	s.markUsed(id, used)
	t := s.found[table]
	t.adopted = true
	t.leaf(all, bad, gap{}, t.depth, func(e element) bool { return s.record(table, t, e) })
}

func (t *Found) hole(depth int, within gap) {
	if t.holes == nil {
		t.holes = map[int]int{}
	}
	t.holes[depth]++
	t.gaps = append(t.gaps, within)
}

// end sums up which of the pages that cannot be read held records: those that hang as deep as others with records. What
// hung under the rest was adopted. If the gaps were filled, nothing is missing.
func (t *Found) end(filled bool) {
	if filled {
		t.Bad, t.Unsure = 0, false
		return
	}
	for depth, n := range t.holes {
		if depth == t.depth || t.depth == 0 && !t.adopted {
			t.Lost += n
		}
	}
}
