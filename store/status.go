package store

import (
	"context"
	"os"
	"time"

	"stepin/nudges/storage"
	"stepin/store/control"
	"stepin/store/kv"
)

// Now is how a running stepin and its file are.
type Now struct {
	control.Process
	Team     string    `json:"team,omitempty"`   // the workspace's id; "" if none has claimed the file
	Requests int       `json:"requests"`         // how many there are,
	Open     int       `json:"open"`             // and how many that Request.Open holds for
	Waiting  int       `json:"waiting"`          // messages in the outbox
	Oldest   time.Time `json:"oldest,omitzero"`  // when the oldest of them was or is due
	Changed  time.Time `json:"changed,omitzero"` // the last commit since the start; zero for none
	Size     int64     `json:"size"`             // the file's, in bytes
	// Room is what a rewrite of it needs.
	Room storage.Room `json:"room"`
}

// statusName is under what Serve answers with Now.
const statusName = "status"

// answer has Serve answer what every stepin answers.
func (d *DB) answer() {
	d.server.Handle(statusName, func() (any, error) { return d.Now() })
	d.server.Stream(BackupName, "a part of its file cannot be read", d.backup)
	d.server.Stream(PagesName, "its file was cut: stop it, and try again", d.pages)
}

// Now is the state of this store.
func (d *DB) Now() (Now, error) {
	now := Now{
		Process: control.Process{PID: os.Getpid(), Version: d.o.Version, Since: d.since.UTC()},
		Changed: d.kv.Stats().Last.UTC(), Room: d.Room(),
	}
	if info, err := os.Stat(d.path); err == nil && !d.Moved() {
		now.Size = info.Size()
	}
	err := d.look(func(r *reader) (err error) {
		if now.Size == 0 {
			now.Size = r.Bytes() // of the file that was moved away
		}
		now.Team = TeamOf(r.Tx)
		now.Requests, now.Open = int(r.count(countRequests)), r.Size(open)
		now.Waiting, now.Oldest, err = r.Waiting()
		return err
	})
	return now, err
}

// Effort tells what committing has cost since Open. It may be asked at any time, and reads nothing from the disk.
func (d *DB) Effort() kv.Stats { return d.kv.Stats() }

// Status asks the stepin that has the file at path open: control.ErrNotRunning if none answers, fs.ErrPermission if
// this user may not ask.
func Status(ctx context.Context, path string) (now Now, err error) {
	err = control.Ask(ctx, path, statusName, &now)
	return now, err
}
