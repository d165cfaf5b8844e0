package zones

import (
	"archive/zip"
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Inside is the IANA release in package time/tzdata, which is in this program. It comes with Go: a test reads it there.
const Inside = "2025c"

// systemFolders are where package time looks before it uses what is inside the program, in its order.
var systemFolders = []string{"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo"}

// usual is a zone that all data has.
const usual = "America/New_York"

// MendZoneinfo is what to do about a Fault.
const MendZoneinfo = "let ZONEINFO name a folder such as /usr/share/zoneinfo, or an uncompressed zoneinfo.zip of Go's"

// A Source is where our data about a zone is.
type Source struct {
	Path string // "" for inside this program
	Age  string // the IANA release, or else the date of the file
}

func (s Source) String() string {
	if s.Path == "" {
		return s.Age + ", inside this program"
	}
	return s.Age + ", in " + s.Path
}

// Newer says how to get newer data.
func (s Source) Newer() string {
	const help = "; see \"stepin help deployment\""
	switch s.Path {
	case "":
		return "install tzdata on this machine, or set ZONEINFO, or use a newer stepin, and restart" + help
	case os.Getenv("ZONEINFO"):
		return "put newer data where ZONEINFO says, and restart" + help
	}
	return "update tzdata on this machine, or set ZONEINFO, and restart" + help
}

// Usual is where our data about most zones is.
func Usual() Source { return Data(usual) }

// Data says where our data about a zone is. It looks where package time does.
func Data(zone string) Source {
	for _, path := range append([]string{os.Getenv("ZONEINFO")}, systemFolders...) {
		if path == "" {
			continue
		}
		if age, err := ageIn(path, zone); err == nil {
			return Source{path, age}
		}
	}
	return Source{Age: Inside + " (" + runtime.Version() + ")"}
}

// Fault says why what ZONEINFO names is not used; "" if it is, or if there is no such variable.
func Fault() string {
	path := os.Getenv("ZONEINFO")
	if path == "" {
		return ""
	}
	if _, err := ageIn(path, usual); err != nil {
		return "ZONEINFO: " + err.Error()
	}
	return ""
}

var errCompressed = errors.New("is compressed, which package time cannot read")

// ageIn says how old the data about a zone is in a folder or zip. The error is for data that has none.
func ageIn(path, zone string) (age string, err error) {
	if !fs.ValidPath(zone) {
		return "", &fs.PathError{Op: "open", Path: path + ": " + zone, Err: fs.ErrInvalid}
	}
	file := path
	if strings.HasSuffix(path, ".zip") {
		err = inZip(path, zone)
	} else {
		file = filepath.Join(path, filepath.FromSlash(zone))
	}
	if err != nil {
		return "", err
	}
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if release, ok := strings.CutPrefix(firstLine(filepath.Join(path, "tzdata.zi")), "# version "); ok {
		return release, nil
	}
	if release := firstLine(filepath.Join(path, "+VERSION")); release != "" { // on macOS and BSD
		return release, nil
	}
	return "files of " + info.ModTime().UTC().Format("2006-01-02"), nil
}

// firstLine is the first line of a file; "" if there is none.
func firstLine(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	line, _ := bufio.NewReader(f).ReadString('\n')
	return strings.TrimSpace(line)
}

// inZip says whether a zip has a zone that package time can read.
func inZip(path, zone string) error {
	z, err := zip.OpenReader(path)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer func() { _ = z.Close() }()
	for _, f := range z.File {
		switch {
		case f.Name != zone:
		case f.Method != zip.Store:
			return &fs.PathError{Op: "read", Path: path, Err: errCompressed}
		default:
			return nil
		}
	}
	return &fs.PathError{Op: "read", Path: path, Err: fs.ErrNotExist}
}
