//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package store

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock that bbolt uses, without waiting; false if another has it. A shared
// one is for those who only read, and keeps out who writes.
// bbolt, which locks the same open file again, then has it at once.
func tryLock(f *os.File, shared bool) (bool, error) {
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// lockFolder locks a folder until it is closed; false if another has it locked.
func lockFolder(f *os.File) (bool, error) { return tryLock(f, false) }

// unlock gives the lock back even if something still has the file mapped.
func unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// ownAs gives a file to the owner of another, who is to open it in that one's place. Whoever may
// not give files away owns it then, and that is most often the same.
func ownAs(path string, other os.FileInfo) {
	if s, ok := other.Sys().(*syscall.Stat_t); ok {
		_ = os.Lchown(path, int(s.Uid), int(s.Gid)) // whoever has the folder may have put a link there
	}
}
