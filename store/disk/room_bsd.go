//go:build darwin || freebsd

package disk

import (
	"fmt"
	"syscall"
)

// Free is how many bytes this user may still write to the disk that a folder is on: errors.ErrUnsupported where the
// system does not tell.
func Free(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("look for room in %s: %w", dir, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}
