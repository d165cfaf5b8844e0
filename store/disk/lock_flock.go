//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package disk

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock that bbolt uses, without waiting; false if another process has it. A shared lock is for those
// who only read. bbolt locks the same open file again, and gets it at once.
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

// lockFolder locks a folder until it is closed; false if another process has it locked.
func lockFolder(f *os.File) (bool, error) { return tryLock(f, false) }

func unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// OwnAs gives a file to the owner of another, who is to open it in that one's place. Without the right to give files
// away it changes nothing: the owner is most often the same then.
func OwnAs(path string, other os.FileInfo) {
	if s, ok := other.Sys().(*syscall.Stat_t); ok {
		_ = os.Lchown(path, int(s.Uid), int(s.Gid)) // it follows no link, which others may have put there
	}
}
