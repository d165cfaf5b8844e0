//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package store

import (
	"errors"
	"os"
)

// tryLock leaves the lock to bbolt, which locks by other means here.
func tryLock(*os.File, bool) (bool, error) { return true, nil }

// lockFolder cannot: what a killed process leaves stays.
func lockFolder(*os.File) (bool, error) { return false, errors.ErrUnsupported }

func unlock(*os.File) error { return nil }

func ownAs(string, os.FileInfo) {}
