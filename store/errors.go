package store

import (
	"errors"

	"stepin/store/disk"
	"stepin/store/kv"
)

// What can be wrong with a file or its use. Each comes wrapped in one line that says what to do; the file is as it was.
var (
	ErrLocked    = disk.ErrLocked
	ErrDamaged   = kv.ErrDamaged
	ErrClosed    = kv.ErrClosed
	ErrUnclear   = kv.ErrUnclear
	ErrNewer     = errors.New("the file is from a newer stepin")
	ErrOlder     = errors.New("the file is of an older format")
	ErrOtherTeam = errors.New("the file belongs to another workspace")
)
