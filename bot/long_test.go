package bot

import (
	"os"
	"runtime/debug"
	"strconv"
)

// A run tries what is long by nature as often as STEPIN_LONG says: a sample if it is not set, at level 1 all that a
// change must pass (.ci/run), at level 2 all there is (half an hour on two cores; give -timeout 1h).
var level = func() int {
	n, err := strconv.Atoi(os.Getenv("STEPIN_LONG"))
	if err != nil {
		return 0
	}
	return min(max(n, 0), 2)
}()

// tries chooses by the level of the run.
func tries(sample, all, most int) int { return []int{sample, all, most}[level] }

// sampled says whether the nth of many cases is tried: all are in a long run, and one in so many otherwise.
func sampled(n, of int) bool { return level > 0 || n%of == 0 }

// sampledRaced is sampled for what is always tried in full, but with the race detector.
func sampledRaced(n, of int) bool { return !raced || sampled(n, of) }

// lessGarbageCollection suits these tests: most of their work is small garbage.
func lessGarbageCollection() { debug.SetGCPercent(400) }
