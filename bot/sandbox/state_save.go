package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"stepin/bot/sandbox/kit"
)

// saved is the file that keeps a workspace.
type saved struct {
	Version  int
	Team     string
	Offset   time.Duration
	LastTS   int64
	Channels []savedChannel
	Homes    []*view
	Made     string  `json:",omitempty"`
	Played   *played `json:",omitempty"`
	Modals   []*view // each person's from bottom to top
	Files    []*file `json:",omitempty"` // those that were shared
}

type savedChannel struct {
	Channel
	Made  time.Time
	Posts []*post
}

const (
	savedVersion = 1
	// saveEvery is the least pause between two writes of the file.
	saveEvery = 250 * time.Millisecond
)

// saver writes the file soon after a change, and gathers the changes in between.
func (w *Workspace) saver() {
	for {
		select {
		case <-w.saveSoon:
		case <-w.done:
			return
		}
		t := time.NewTimer(saveEvery)
		select {
		case <-t.C:
		case <-w.done:
			t.Stop()
			return
		}
		if err := w.save(); err != nil {
			w.cfg.Log.Error("sandbox: cannot keep the workspace", "error", err)
		}
	}
}

// save replaces the file by one with what is there now.
func (w *Workspace) save() error {
	w.mu.Lock()
	if w.cfg.State == "" || !w.dirty {
		w.mu.Unlock()
		return nil
	}
	w.dirty = false
	s := saved{Version: savedVersion, Team: w.cfg.Seed.Team, Offset: w.offset, LastTS: w.lastTS, Made: w.made, Played: new(w.played)}
	for _, c := range w.channels {
		s.Channels = append(s.Channels, savedChannel{Channel: c.Channel, Made: c.Made, Posts: c.posts})
	}
	for _, v := range w.homes {
		s.Homes = append(s.Homes, v)
	}
	for _, stack := range w.stacks {
		s.Modals = append(s.Modals, stack...)
	}
	for _, f := range w.files {
		if f.Shared {
			s.Files = append(s.Files, f)
		}
	}
	b := kit.JSON(s)
	w.mu.Unlock()
	if err := writeFile(w.cfg.State, b); err != nil {
		w.mu.Lock()
		w.dirty = true
		w.mu.Unlock()
		return fmt.Errorf("sandbox: write %s (is the folder there, and writable?): %w", w.cfg.State, err)
	}
	return nil
}

// writeFile puts b in the place of the file at once, so that a crash leaves the old one or the new one.
func writeFile(name string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// load reads the file; false if there is none.
func (w *Workspace) load() (bool, error) {
	name := w.cfg.State
	if name == "" {
		return false, nil
	}
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("sandbox: read %s: %w", name, err)
	}
	var s saved
	if err := json.Unmarshal(b, &s); err != nil {
		return false, fmt.Errorf("sandbox: %s is damaged: remove it to start with a fresh workspace: %w", name, err)
	}
	if s.Version != savedVersion || s.Team != w.cfg.Seed.Team {
		return false, fmt.Errorf("sandbox: %s is of another version or workspace (version %d, team %s): remove it or name another file",
			name, s.Version, s.Team)
	}
	w.offset, w.lastTS = s.Offset, s.LastTS
	for _, sc := range s.Channels {
		c := w.addChannel(sc.Channel)
		c.Made = sc.Made
		for _, p := range sc.Posts {
			c.posts = append(c.posts, p)
			c.byTS[p.TS] = p
			if p.Thread != "" && p.For == "" {
				c.replies[p.Thread] = append(c.replies[p.Thread], p)
			}
		}
	}
	for _, f := range s.Files {
		w.files[f.ID] = f
	}
	for _, v := range s.Homes {
		w.homes[v.User] = v
		w.keepView(v)
	}
	for _, v := range s.Modals {
		w.stacks[v.User] = append(w.stacks[v.User], v)
		w.keepView(v)
	}
	if s.Made != "" {
		w.made = s.Made
	}
	if s.Played != nil {
		w.played = *s.Played
	} else {
		w.played = w.recall()
	}
	return true, nil
}

func (w *Workspace) keepView(v *view) {
	w.views[v.ID] = v
	if e := v.external(); e != "" {
		w.external[e] = v
	}
}
