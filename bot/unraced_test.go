//go:build !race

package bot

// raced says that the race detector is on, which makes all of this about ten times slower.
const raced = false
