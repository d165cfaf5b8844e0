package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// moreMemory limits the address space of the test binary, as stepin, to that many bytes beside what it has.
const moreMemory = "STEPIN_TEST_MORE_MEMORY"

func init() {
	var has, more uint64
	if _, err := fmt.Sscan(os.Getenv(moreMemory), &more); err != nil {
		return
	}
	b, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(b), &has)
	}
	if err == nil {
		most := has*uint64(os.Getpagesize()) + more
		err = syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: most, Max: most})
	}
	if err != nil {
		panic(err)
	}
}

// A file that does not fit into memory is not reported as damaged, so that nobody replaces it.
func TestNoMemoryForTheFile(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "stepin.db")
	makeDB(t, db, 1)
	if err := os.Truncate(db, 16<<30); err != nil { // it takes no room
		t.Skip("no file can be that long here: ", err)
	}
	got := ran(t, vars{moreMemory: fmt.Sprint(8 << 30)}.process(t, t.Context(), "compact", "--db", db)) // enough for all but the file
	if got.fails(t, "cannot allocate memory: allow more memory, since stepin maps the whole file, and try again\n"); strings.Contains(got.errs, "damaged") {
		t.Error(got.errs)
	}
}
