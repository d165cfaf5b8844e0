package kv

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"stepin/store/storetest"
)

func TestCutFileIsRefused(t *testing.T) {
	path, used := filled(t)
	whole := storetest.Read(t, path)
	cuts := []int64{0, 1, 15, 16, 79, 80, 81, 4095, 4096, 4097, 8191, 8192, 8193, used - 1, used - 4096}
	for i := range int64(80) {
		cuts = append(cuts, used*(i+1)/81)
	}
	for _, cut := range cuts {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			path := storetest.File(t)
			storetest.Write(t, path, whole[:cut])
			refused(t, path, ErrDamaged)
		})
	}
	storetest.Write(t, path, whole[:used])
	if err := opened(t, path, Options{}).Close(); err != nil {
		t.Errorf("the whole file: %v", err)
	}
}

func TestDamagedFileIsRefused(t *testing.T) {
	path, _ := filled(t)
	whole := storetest.Read(t, path)
	page := os.Getpagesize()
	spoil := func(at int) []byte {
		b := append([]byte(nil), whole...)
		b[at] ^= 0xff
		return b
	}
	freelist := binary.NativeEndian.Uint64(whole[pageHeader+32:])
	for name, b := range map[string][]byte{
		"garbage":             []byte(strings.Repeat("no database at all ", 4000)),
		"zeros":               make([]byte, 1<<16),
		"magic of the first":  spoil(pageHeader),
		"field of the first":  spoil(pageHeader + 40),
		"sum of the first":    spoil(pageHeader + metaFields),
		"magic of the second": spoil(page + pageHeader),
		"field of the second": spoil(page + pageHeader + 40),
		"page of free pages":  spoil(int(freelist)*page + 8),
	} {
		t.Run(name, func(t *testing.T) {
			path := storetest.File(t)
			storetest.Write(t, path, b)
			refused(t, path, ErrDamaged)
		})
	}
}
