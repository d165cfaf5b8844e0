package zones

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The zone data says how old it is: the release, or else the date of its files. What package time would not read, or
// does not have, is passed over; if ZONEINFO names it, that is a fault.
func TestData(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		day := time.Date(2026, 4, 23, 12, 0, 0, 0, time.UTC)
		if err := os.Chtimes(path, day, day); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, strings.Split(name, "/")[0])
	}
	zipped := func(name string, method uint16) string {
		var b strings.Builder
		z := zip.NewWriter(&b)
		w, err := z.CreateHeader(&zip.FileHeader{Name: usual, Method: method})
		if err == nil {
			_, err = w.Write([]byte("TZif"))
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return write(name, b.String())
	}
	before := systemFolders
	t.Cleanup(func() { systemFolders = before })
	write("system/"+usual, "TZif")
	system := write("system/tzdata.zi", "# version 2026b\n# This\n")
	write("mac/"+usual, "TZif")
	mac := write("mac/+VERSION", "2026a\n")
	for _, c := range []struct{ zoneinfo, system, want, fault string }{
		{"", "", Inside, ""},
		{"", system, "2026b, in " + system, ""},
		{mac, system, "2026a, in " + mac, ""},
		{write("plain/"+usual, "TZif"), system, "files of 2026-04-23, in ", ""},
		{zipped("stored.zip", zip.Store), system, "files of 2026-04-23, in " + dir, ""},
		{zipped("small.zip", zip.Deflate), system, "2026b", "compressed"},
		{write("broken.zip", "x"), system, "2026b", "broken.zip"},
		{write("empty/readme", "x"), system, "2026b", "no such file"},
		{dir + "/nowhere.zip", system, "2026b", "no such file"},
	} {
		t.Setenv("ZONEINFO", c.zoneinfo)
		systemFolders = []string{c.system}
		if got := Usual().String(); !strings.HasPrefix(got, c.want) {
			t.Errorf("%+v: %s", c, got)
		}
		if got := Fault(); (got == "") != (c.fault == "") || !strings.Contains(got, c.fault) {
			t.Errorf("%+v: fault %q", c, got)
		}
		z, log := at(time.Now())
		if !strings.Contains(log.String(), c.fault) || (c.fault == "") != (log.Len() == 0) {
			t.Errorf("%+v: log %s", c, log)
		}
		if _, err := z.Find(usual); err != nil {
			t.Error(err)
		}
		if do := Usual().Newer(); !strings.Contains(do, "ZONEINFO") {
			t.Errorf("%+v: do %s", c, do)
		}
	}
}
