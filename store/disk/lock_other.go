//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package disk

import (
	"errors"
	"os"
)

// tryLock leaves the lock to bbolt, which locks by other means here.
func tryLock(*os.File, bool) (bool, error) { return true, nil }

// lockFolder cannot lock: what a killed process left stays.
func lockFolder(*os.File) (bool, error) { return false, errors.ErrUnsupported }

func unlock(*os.File) error { return nil }

// OwnAs does nothing here.
func OwnAs(string, os.FileInfo) {}
