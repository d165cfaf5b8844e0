package copy

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"stepin/store/storetest"
)

// Root puts a backup back for the owner of the folder: the owner can open it.
func TestRestoreByRoot(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files away")
	}
	backup := filled(t, "")
	path := storetest.File(t)
	if err := os.Chown(filepath.Dir(path), 65534, 65533); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), backup, path, Options{}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || s.Uid != 65534 || s.Gid != 65533 || info.Mode().Perm() != 0o600 {
		t.Errorf("it is of %+v, %v", info.Sys(), info.Mode())
	}
}
