package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"stepin/nudges/storage"
	"stepin/store/disk"
	"stepin/store/kv"
)

// Remedy is what to do about the damaged file at path, with the commands for a shell.
func Remedy(path string) string {
	db, saved := inShell(path), inShell(path+".saved")
	return fmt.Sprintf("restore a backup; if there is none, \"stepin backup --damaged --db %s %s\" saves what can be "+
		"read, and \"stepin restore --force --db %s %s\" puts that in its place", db, saved, db, saved)
}

func inShell(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool {
		return r < 0x80 && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-+:@%", r)
	}) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// OpenAs opens the file at path for one purpose, without asking for its format; see kv.Open. remedy is what to do
// about a damaged one; "" for the usual.
func OpenAs(ctx context.Context, path string, o Options, m kv.Mode, remedy string) (*kv.File, error) {
	f, err := kv.Open(ctx, path, o.Filled().kv(path, m))
	return f, remedied(err, path, remedy)
}

func remedied(err error, path, with string) error {
	if !errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w; %s", err, cmp.Or(with, Remedy(path)))
}

// OpenToRead opens the file at path beside others who read it. What Open would refuse is refused, but for a file of
// another workspace.
func OpenToRead(ctx context.Context, path string, o Options, remedy string) (*kv.File, error) {
	if path == "" {
		return nil, errors.New("no file is named")
	}
	if there, err := disk.IsFile(path); err != nil {
		return nil, err
	} else if !there {
		return nil, disk.Missing(path)
	}
	f, err := OpenAs(ctx, path, o, kv.Read, remedy)
	if err != nil {
		return nil, err
	}
	if _, err := FormatOf(f, path, remedy); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// openFile opens the file at path, made first if there is none, and looks at everything that can be wrong with it
// before it writes anything.
func openFile(ctx context.Context, path string, o Options, ms []migration) (f *kv.File, err error) {
	there, err := disk.IsFile(path)
	if err != nil {
		return nil, err
	}
	if !there && o.Existing {
		return nil, disk.Missing(path)
	}
	if !there {
		if err := create(ctx, path, o, ms); err != nil {
			return nil, fmt.Errorf("make %s: %w", path, err)
		}
	}
	if f, err = OpenAs(ctx, path, o, kv.Use, ""); err != nil {
		return nil, err
	}
	disk.Sweep(filepath.Dir(path), o.Log)
	if err := upToDate(f, path, o, ms); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// create makes the file whole at another place first: under the right name a crash leaves nothing, or a database.
// Should another process be quicker, its file stays.
func create(ctx context.Context, path string, o Options, ms []migration) (err error) {
	d, err := disk.NewDraft(path, o.Log)
	if err != nil {
		return err
	}
	d.NoSync = o.NoSync
	defer func() { err = d.Drop(err) }()
	if err := d.File.Close(); err != nil {
		return err
	}
	f, err := kv.Open(ctx, d.Temp, o.kv(d.Temp, kv.Make))
	if err != nil {
		return err
	}
	if err := errors.Join(migrate(f, 0, ms, o.Now()), f.Close()); err != nil {
		return err
	}
	if err := d.Place(false); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// upToDate brings a file to the present format, after a copy of it was kept.
func upToDate(f *kv.File, path string, o Options, ms []migration) error {
	version, err := formatIn(f, path, "", len(ms))
	if err != nil || version == len(ms) {
		return err
	}
	if o.AsItIs {
		return ErrOlder
	}
	if err := keepCopy(f, fmt.Sprintf("%s.v%d.bak", path, version), o); err != nil {
		return fmt.Errorf("open %s: copy before the migration: %w", path, err)
	}
	o.Log.Info("migrating the database", "from", version, "to", len(ms))
	if err := migrate(f, version, ms, o.Now()); err != nil {
		return fmt.Errorf("open %s: %w; the file is as it was", path, err)
	}
	return nil
}

// keepCopy copies a file before a migration; a copy that is there is replaced, for it was made before the same
// migration of the same file.
func keepCopy(f *kv.File, to string, o Options) (err error) {
	d, err := disk.NewDraft(to, o.Log)
	if err != nil {
		return err
	}
	defer func() { err = d.Drop(err) }()
	err = f.View(func(t *kv.Tx) error {
		_, err := t.WriteTo(d.File)
		return err
	})
	if err := errors.Join(err, d.Written()); err != nil {
		return err
	}
	return d.Place(true)
}

// FormatOf is the version of the layout of the file at path; ErrNewer if this stepin does not know it. remedy as in
// OpenAs.
func FormatOf(f *kv.File, path, remedy string) (version int, err error) {
	return formatIn(f, path, remedy, len(migrations))
}

func formatIn(f *kv.File, path, remedy string, known int) (version int, err error) {
	err = f.View(func(t *kv.Tx) (err error) {
		version, err = formatOf(t)
		return err
	})
	switch {
	case err != nil:
		return version, fmt.Errorf("open %s: %w", path, remedied(err, path, remedy))
	case version > known:
		return version, disk.Plain(fmt.Sprintf(
			"open %s: format %d, this stepin knows %d: run the newer stepin, or restore a backup from before",
			path, version, known), ErrNewer)
	}
	return version, nil
}

// formatOf is the version of the layout; ErrDamaged if the file is not one of ours.
func formatOf(t *kv.Tx) (version int, err error) {
	if !t.HasTable(meta) {
		return 0, fmt.Errorf("%w: this is no database of stepin", ErrDamaged)
	}
	version, err = strconv.Atoi(string(t.Get(meta, []byte(metaFormat))))
	if err != nil || version < 1 || len(t.Get(meta, []byte(metaSecret))) == 0 {
		return 0, fmt.Errorf("%w: its format or key is missing", ErrDamaged)
	}
	if version > len(newTables) {
		return version, nil // it will be refused as newer
	}
	for _, tables := range newTables[:version] {
		for _, table := range tables {
			if !t.HasTable(table) {
				return version, fmt.Errorf("%w: bucket %s is missing", ErrDamaged, table)
			}
		}
	}
	return version, nil
}

// Tried is what Try has found.
type Tried struct {
	There    bool // else Open would make it
	Migrates bool // Open would bring it to the present format
	Team     string
	Room     storage.Room // what a rewrite of it needs
}

// Try says whether Open could open or make the file at path, for reading and writing, and whether its folder can be
// written to, where the socket comes and copies are made. The file stays as it is. What Open would refuse is refused.
func Try(ctx context.Context, path string, o Options) (t Tried, err error) {
	o = o.Filled()
	if t.There, err = disk.IsFile(path); err != nil {
		return t, err
	}
	if t.There {
		if err := t.look(ctx, path, o); err != nil {
			return t, err
		}
	}
	d, err := disk.NewDraft(path, o.Log)
	if err != nil && t.There {
		return t, fmt.Errorf("its folder %s cannot be written to: %w", filepath.Dir(path), err)
	}
	if err != nil {
		return t, err
	}
	return t, d.Drop(nil)
}

func (t *Tried) look(ctx context.Context, path string, o Options) (err error) {
	f, err := OpenAs(ctx, path, o, kv.Use, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	version, err := FormatOf(f, path, "")
	if err != nil {
		return err
	}
	t.Migrates, t.Room = version < len(migrations), storage.Room(f.Room(o.kv(path, kv.Use)))
	if t.Team, err = TeamIn(f); err != nil {
		return fmt.Errorf("open %s: %w", path, remedied(err, path, ""))
	}
	return nil
}

// TeamIn is TeamOf for an open file.
func TeamIn(f *kv.File) (team string, err error) {
	err = f.View(func(t *kv.Tx) error {
		team = TeamOf(t)
		return nil
	})
	return team, err
}
