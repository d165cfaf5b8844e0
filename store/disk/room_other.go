//go:build !linux && !darwin && !freebsd && !windows

package disk

import "errors"

// Free is how many bytes this user may still write to the disk that a folder is on: errors.ErrUnsupported where the
// system does not tell.
func Free(string) (int64, error) { return 0, errors.ErrUnsupported }
