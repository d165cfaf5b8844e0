package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// Tried is what Try has found.
type Tried struct {
	There    bool // else Open would make it
	Migrates bool // Open would bring it to the present format
	Team     string
}

// Try says whether Open could open or make the file at path, for reading and writing, and whether its folder can be
// written to, where the socket comes and copies are made. The file stays as it is. What would be refused is
// refused as by Open.
func Try(ctx context.Context, path string, o Options) (t Tried, err error) {
	o = o.filled()
	if path == "" {
		return t, errors.New("open the database: no file is named")
	}
	if t.There, err = isFile(path); err != nil {
		return t, err
	}
	if t.There {
		if err := t.look(ctx, path, o); err != nil {
			return t, err
		}
	}
	d, err := newDraft(path, o.Log)
	if err != nil && t.There {
		return t, fmt.Errorf("its folder %s cannot be written to: %w", filepath.Dir(path), err)
	}
	if err != nil {
		return t, err
	}
	return t, d.drop(nil)
}

func (t *Tried) look(ctx context.Context, path string, o Options) (err error) {
	db, err := openBolt(ctx, path, o, toUse)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	version, err := formatOf(boltBackend{db})
	switch {
	case err != nil:
		return fmt.Errorf("open %s: %w; %s", path, err, remedy)
	case version > len(migrations):
		return newer(path, version, len(migrations))
	}
	t.Migrates = version < len(migrations)
	err = guarded(func() error { return db.View(func(tx *bolt.Tx) error { t.Team = teamIn(tx); return nil }) })
	if err != nil {
		return fmt.Errorf("open %s: %w; %s", path, err, remedy)
	}
	return nil
}

// teamIn is the id of the workspace that a file belongs to; "" if none has claimed it.
func teamIn(tx *bolt.Tx) string {
	m := tx.Bucket([]byte(bucketNames[meta]))
	if m == nil {
		return ""
	}
	return string(m.Get([]byte(metaTeam)))
}
