package disk

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// Free is how many bytes this user may still write to the disk that a folder is on: errors.ErrUnsupported where the
// system does not tell.
func Free(dir string) (int64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	var free uint64
	if err == nil {
		err = windows.GetDiskFreeSpaceEx(name, &free, nil, nil)
	}
	if err != nil {
		return 0, fmt.Errorf("look for room in %s: %w", dir, err)
	}
	return int64(free), nil
}
