package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store/kv"
	"stepin/store/storetest"
)

// Every table is one whose records are saved from a damaged file, or is made from those that are.
func TestEveryTableHasAShape(t *testing.T) {
	made := append(slices.Clone(indexes), reps)
	for _, s := range shapes {
		made = append(made, s.table)
	}
	all := slices.Concat(newTables...)
	slices.Sort(all)
	if slices.Sort(made); !slices.Equal(made, all) {
		t.Errorf("in shapes and indexes\n%v\nof\n%v", made, all)
	}
}

// What stepin writes into a table looks like its records, and like those of no other, where nothing else tells them. An
// entry of an index looks like no record. 300 requests have numbers in its keys that end in each byte, also in zero.
func TestShapesTellTablesApart(t *testing.T) {
	d := opened(t, storetest.File(t), Options{Team: "T1"})
	update(t, d, func(tx storage.Tx) error {
		err := storetest.Fill(tx)
		for i := range 300 {
			err = errors.Join(err, tx.PutRequest(storetest.Request(nudges.RequestID(fmt.Sprint("S", i)))))
		}
		return err
	})
	if err := d.PutGroup(t.Context(), "S1", []nudges.UserID{"U1"}, storetest.T0); err != nil {
		t.Fatal(err)
	}
	seen := map[kv.Table]bool{}
	err := d.kv.View(func(tx *kv.Tx) error {
		for _, s := range shapes {
			for k, v := range tx.Scan(s.table, nil) {
				seen[s.table] = true
				if !fits(s.table, k, v, false) {
					t.Errorf("%q in %s does not look like it", k, s.table)
				}
				for _, other := range shapes {
					if is := fits(other.table, k, v, true); is != (other.table == s.table) {
						t.Errorf("%q in %s: like %s: %t", k, s.table, other.table, is)
					}
				}
			}
			for _, index := range indexes {
				for k, v := range tx.Scan(index, nil) {
					if fits(s.table, k, v, true) {
						t.Errorf("%q in %s: like %s", k, index, s.table)
					}
				}
			}
		}
		return nil
	})
	if err != nil || len(seen) != len(shapes) {
		t.Errorf("%v, %v", slices.Collect(maps.Keys(seen)), err)
	}
}
