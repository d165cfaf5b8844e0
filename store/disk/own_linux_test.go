package disk

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"stepin/store/storetest"
)

// Root gives away what it has made, and not what somebody who may write in the folder has put in its place.
func TestOwnAsFollowsNoLink(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files away")
	}
	dir := t.TempDir()
	precious, link := filepath.Join(dir, "precious"), filepath.Join(dir, "draft")
	storetest.Write(t, precious, nil)
	if err := os.Symlink(precious, link); err != nil {
		t.Fatal(err)
	}
	theirs := filepath.Join(dir, "theirs")
	storetest.Write(t, theirs, nil)
	if err := os.Chown(theirs, 65534, 65533); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(theirs)
	if err != nil {
		t.Fatal(err)
	}
	OwnAs(link, info)
	if info, err = os.Stat(precious); err != nil {
		t.Fatal(err)
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || s.Uid != 0 {
		t.Errorf("given away: %+v", info.Sys())
	}
}
