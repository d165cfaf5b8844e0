package kv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"stepin/store/storetest"
)

// few is a table that is so small that it stands in the page of the names.
const few Table = "few"

// value is what a key has in a table: it tells both, and ends in x.
func value(table Table, key string, size int) []byte {
	return fmt.Appendf(nil, "%s %s %s", table, key, strings.Repeat("x", size))
}

func judge(table Table, k, v []byte, _ bool) bool {
	return bytes.HasPrefix(v, fmt.Appendf(nil, "%s %s x", table, k)) && !bytes.ContainsAny(v, "\x00\xff")
}

// lived is a file in which much was written, deleted and written over: it has free pages, leaves under branches, values
// that are larger than a page, and an index.
func lived(t testing.TB) (path string) {
	t.Helper()
	path = storetest.File(t)
	d := opened(t, path, Options{})
	for i := range 6 {
		update(t, d, func(tx *Tx) (err error) {
			err = tx.MakeTables(few)
			for j := range 60 {
				key, size := fmt.Sprintf("%d-%d", i, j), 100
				if j == 7 {
					size = 9000
				}
				err = errors.Join(err, tx.Put(things, []byte(key), value(things, key, size)), tx.Put(marks, []byte(key), nil))
				if was := fmt.Appendf(nil, "%d-%d", i-1, j); j%3 == 0 && i > 0 {
					err = errors.Join(err, tx.Delete(things, was), tx.Delete(marks, was))
				}
			}
			key := fmt.Sprint(i)
			return errors.Join(err, tx.Put(few, []byte(key), value(few, key, 10)))
		})
	}
	storetest.Close(t, d)
	return path
}

// contents is what bbolt finds in a file, or in the state before its last commit, by table and key.
func contents(t testing.TB, whole []byte, older bool) map[string]string {
	t.Helper()
	if older {
		metas, _, _ := readMetas(bytes.NewReader(whole))
		whole = spoilt(whole, int64(metas[0].id%2), make([]byte, os.Getpagesize()))
	}
	path := storetest.File(t)
	storetest.Write(t, path, whole)
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	err = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				if string(name) != string(marks) {
					all[string(name)+" "+string(k)] = string(v)
				}
				return nil
			})
		})
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return all
}

// spoilt is a file with another page in the place of one.
func spoilt(whole []byte, page int64, with []byte) []byte {
	b := bytes.Clone(whole)
	copy(b[page*int64(os.Getpagesize()):], with)
	return b
}

// salvaged reads a damaged file.
func salvaged(t testing.TB, whole []byte) (all map[string]string, found map[Table]*Found, behind bool, err error) {
	t.Helper()
	w, err := newWreck(bytes.NewReader(whole), int64(len(whole)), judge, []Table{things, few})
	if err != nil {
		return nil, nil, false, err
	}
	all = map[string]string{}
	found, err = w.Read(func(table Table, k, v []byte) error {
		all[string(table)+" "+string(k)] = string(v)
		return nil
	})
	w.Old(few, func([]byte, []byte) {})
	return all, found, w.Behind, err
}

// onPages is which records stand on which page, of the newer state and of the older.
func onPages(whole []byte) (states []map[int64]map[string]bool) {
	f := bytes.NewReader(whole)
	metas, _, _ := readMetas(f)
	var on map[int64]map[string]bool
	var walk func(m metaPage, id uint64, table Table)
	walk = func(m metaPage, id uint64, table Table) {
		p, _ := readPage(f, m, id)
		here := map[string]bool{}
		for i := range uint64(len(p.b)) / uint64(m.page) {
			on[int64(id+i)] = here
		}
		all, _, _ := p.elements(nil, nil)
		for _, e := range all {
			root, own, named := e.tree()
			switch {
			case named && root != 0:
				walk(m, root, Table(e.key))
			case named:
				inside, _, _ := own.elements(nil, nil)
				for _, in := range inside {
					here[string(e.key)+" "+string(in.key)] = true
				}
			case p.kind == branchPage:
				walk(m, e.page, table)
			default:
				here[string(table)+" "+string(e.key)] = true
			}
		}
	}
	for _, m := range metas {
		on = map[int64]map[string]bool{}
		walk(m, m.root, "")
		states = append(states, on)
	}
	return states
}

// Whatever is in the place of one page, all that stands on the others is read, and nothing that was deleted before the
// last commit. What stood on that page is as it was before the last commit, if that wrote the page.
func TestSalvageWithoutAPage(t *testing.T) {
	path := lived(t)
	live := storetest.Read(t, path)
	f, err := Open(t.Context(), path, Options{Mode: Read})
	if err != nil {
		t.Fatal(err)
	}
	var copied bytes.Buffer // both its meta pages lead to one state
	err = f.View(func(tx *Tx) error { _, err := tx.WriteTo(&copied); return err })
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	size := os.Getpagesize()
	for name, whole := range map[string][]byte{"of a file that was used": live, "of a backup": copied.Bytes()} {
		newest, older, on := contents(t, whole, false), contents(t, whole, true), onPages(whole)
		if all, found, behind, err := salvaged(t, whole); err != nil || behind || !maps.Equal(all, newest) {
			t.Errorf("%s: all pages: %d records of %d, %v, %v, %v", name, len(all), len(newest), found, behind, err)
		}
		for page := range int64(len(whole) / size) {
			for i, with := range [][]byte{make([]byte, size), ones(size), whole[3*size : 4*size]} {
				if i > 0 && int(page)%3 != i { // page 3 is no other page than itself
					continue
				}
				what := fmt.Sprintf("page %d %s, %d", page, name, i)
				all, found, behind, err := salvaged(t, spoilt(whole, page, with))
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				lost := 0
				for key, v := range newest {
					if all[key] == v {
						continue
					}
					lost++
					_, had := older[key]
					if page > 1 && (!on[0][page][key] || all[key] == "" && had && !on[1][page][key]) {
						t.Errorf("%s: %s is missing", what, key)
					}
				}
				for key, v := range all {
					if newest[key] != v && older[key] != v {
						t.Errorf("%s: %s was deleted, or has another value", what, key)
					}
				}
				said := 0
				for _, table := range []Table{things, few} {
					if f := found[table]; f != nil {
						said += f.Bad + f.Lost
					}
				}
				if lost > 0 && !behind && said == 0 || lost == 0 && said > 0 {
					t.Errorf("%s: %d are missing, and %d are told, %v", what, lost, said, behind)
				}
			}
		}
	}
}

// Where an index is damaged too, its entries are not taken for records, however much they look like some.
func TestSalvageTakesNoIndex(t *testing.T) {
	f, err := Open(t.Context(), lived(t), Options{Mode: Read})
	if err != nil {
		t.Fatal(err)
	}
	var copied bytes.Buffer // both its meta pages lead to one state
	err = f.View(func(tx *Tx) error { _, err := tx.WriteTo(&copied); return err })
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	whole := copied.Bytes()
	metas, _, _ := readMetas(bytes.NewReader(whole))
	names, _ := readPage(bytes.NewReader(whole), metas[0], metas[0].root)
	all, _, _ := names.elements(nil, nil)
	bad := whole
	for _, e := range all {
		if root, _, _ := e.tree(); root != 0 {
			bad = spoilt(bad, int64(root), make([]byte, os.Getpagesize()))
		}
	}
	for name, b := range map[string][]byte{
		"the roots of both": bad, "the names": spoilt(whole, int64(metas[0].root), make([]byte, os.Getpagesize())),
	} {
		n := 0
		w, err := newWreck(bytes.NewReader(b), int64(len(b)), func(table Table, k, v []byte, strict bool) bool {
			return !strict || judge(table, k, v, strict)
		}, []Table{things})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Read(func(_ Table, k, v []byte) error {
			if n++; !judge(things, k, v, true) {
				t.Errorf("without %s: %q is taken for a record", name, k)
			}
			return nil
		})
		if err != nil || n < 200 {
			t.Errorf("without %s: %d records, %v", name, n, err)
		}
	}
}

// A torn meta page costs the last commit at most, and nothing if it is the older one. Without both nothing is known.
func TestSalvageTornMeta(t *testing.T) {
	whole := storetest.Read(t, lived(t))
	metas, _, _ := readMetas(bytes.NewReader(whole))
	newer, size := int64(metas[0].id%2), os.Getpagesize()
	torn := func(b []byte, page int64) []byte {
		b = bytes.Clone(b)
		copy(b[page*int64(size)+pageHeader+metaFields:], make([]byte, 8))
		return b
	}
	all, _, behind, err := salvaged(t, torn(whole, newer))
	if err != nil || !behind || !maps.Equal(all, contents(t, whole, true)) {
		t.Errorf("the newer: %d records, %v, %v", len(all), behind, err)
	}
	for page := range int64(2) { // nothing must take it for something else, such as a file without words in it
		path := storetest.File(t)
		storetest.Write(t, path, torn(whole, page))
		if is, err := IsDatabase(path); !is || err != nil {
			t.Errorf("without meta page %d it is no database: %v", page, err)
		}
	}
	all, _, behind, err = salvaged(t, torn(whole, 1-newer))
	if err != nil || behind || !maps.Equal(all, contents(t, whole, false)) {
		t.Errorf("the older: %d records, %v, %v", len(all), behind, err)
	}
	for name, b := range map[string][]byte{
		"both": torn(torn(whole, 0), 1), "nothing": nil, "text": []byte(strings.Repeat("no database at all ", 4000)),
	} {
		if _, _, _, err := salvaged(t, b); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A meta page that names an end far behind the file's costs neither memory nor what is there.
func TestSalvageWrongEnd(t *testing.T) {
	whole := storetest.Read(t, lived(t))
	want := contents(t, whole, false)
	for _, end := range []uint64{1 << 40, 1<<63 - 1, 1<<64 - 1} {
		b := bytes.Clone(whole)
		for page := range 2 {
			fields := b[page*os.Getpagesize()+pageHeader:]
			binary.NativeEndian.PutUint64(fields[40:], end)
			sum := fnv.New64a()
			_, _ = sum.Write(fields[:metaFields])
			binary.NativeEndian.PutUint64(fields[metaFields:], sum.Sum64())
		}
		if all, _, behind, err := salvaged(t, b); err != nil || behind || !maps.Equal(all, want) {
			t.Errorf("end %d: %d records of %d, %v, %v", end, len(all), len(want), behind, err)
		}
	}
}

// Of a file that was cut, all that stands before the cut is read, unless nobody can tell what is free there: that is
// told.
func TestSalvageCut(t *testing.T) {
	whole := storetest.Read(t, lived(t))
	newest, older, on, size := contents(t, whole, false), contents(t, whole, true), onPages(whole), os.Getpagesize()
	for cut := 2 * size; cut < len(whole); cut += size - 1 {
		all, found, behind, err := salvaged(t, whole[:cut])
		if err != nil {
			t.Fatalf("at %d: %v", cut, err)
		}
		behindCut := func(key string) bool {
			for page, here := range on[0] {
				if here[key] && int(page+1)*size > cut {
					return true
				}
			}
			return false
		}
		for key, v := range newest {
			if all[key] != v && !behindCut(key) && !found[things].Unsure && !(behind && all[key] == older[key]) {
				t.Errorf("at %d: %s is missing", cut, key)
			}
		}
	}
}

// Whatever is in a file, reading it ends, without a panic and with little memory.
func FuzzSalvage(f *testing.F) {
	path := storetest.File(f)
	d := opened(f, path, Options{})
	update(f, d, func(tx *Tx) error {
		for i := range 300 {
			key := fmt.Sprint(i)
			if err := tx.Put(things, []byte(key), value(things, key, 30)); err != nil {
				return err
			}
		}
		return nil
	})
	storetest.Close(f, d)
	whole := storetest.Read(f, path)[:16*os.Getpagesize()] // what follows is room
	for at := range 16 {
		f.Add(uint32(at*os.Getpagesize()+8), []byte{0x02, 0, 0xff, 0xff, 0xff, 0, 1})
	}
	f.Fuzz(func(t *testing.T, at uint32, with []byte) {
		b := bytes.Clone(whole)
		copy(b[int(at)%len(b):], with)
		if _, _, _, err := salvaged(t, b); err != nil && !errors.Is(err, ErrDamaged) {
			t.Error(err)
		}
	})
}
