package store

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"stepin/store/kv"
)

// Contents is what a file holds at one moment, without any of it.
type Contents struct {
	Format int    `json:"format"` // the version of its layout
	Team   string `json:"team"`   // the workspace's id; "" if none has claimed it
	kv.Holding
}

// Requests is how many requests there are.
func (c Contents) Requests() int { return c.Keys[string(requests)] }

// Waiting is how many messages are in the outbox.
func (c Contents) Waiting() int { return c.Keys[string(outbox)] }

// Differs says in what two contents differ that should be of the same records; "" if in nothing.
func (c Contents) Differs(other Contents) string {
	if c.Format != other.Format {
		return fmt.Sprintf("format %d and %d", c.Format, other.Format)
	}
	return c.Holding.Differs(other.Holding)
}

// ContentsOf reads everything that a transaction sees.
func ContentsOf(t *kv.Tx) (c Contents, err error) {
	if c.Format, err = formatOf(t); err != nil {
		return c, err
	}
	c.Team = TeamOf(t)
	c.Holding, err = t.Holds()
	return c, err
}

// TeamOf is the id of the workspace that a file belongs to; "" if none has claimed it.
func TeamOf(t *kv.Tx) string {
	if !t.HasTable(meta) {
		return ""
	}
	return string(t.Get(meta, []byte(metaTeam)))
}

// What Serve answers to GET /backup: the file as it is at one moment, and in a header its Contents as JSON; and to GET
// /pages: the same without looking at what is in it, for a damaged file.
const (
	BackupName     = "backup"
	PagesName      = "pages"
	ContentsHeader = "Stepin-Holds"
)

func (d *DB) backup(begin func(headers map[string]string) io.Writer) error {
	return d.kv.View(func(t *kv.Tx) error {
		c, err := ContentsOf(t)
		if err != nil {
			return err
		}
		holds, err := json.Marshal(c)
		if err != nil {
			return err
		}
		_, err = t.WriteTo(begin(map[string]string{
			"Content-Type": "application/octet-stream", "Content-Length": strconv.FormatInt(c.Bytes, 10),
			ContentsHeader: string(holds),
		}))
		return err
	})
}

func (d *DB) pages(begin func(headers map[string]string) io.Writer) error {
	return d.kv.View(func(t *kv.Tx) error {
		_, err := t.WriteTo(begin(map[string]string{
			"Content-Type": "application/octet-stream", "Content-Length": strconv.FormatInt(t.Bytes(), 10),
		}))
		return err
	})
}
