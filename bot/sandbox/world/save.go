package world

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

const savedVersion = 1

// saved is the file that keeps a workspace.
type saved struct {
	Version  int
	Team     string
	Offset   time.Duration
	LastTS   int64
	Channels []*Conversation
	Homes    []*View
	Made     string          `json:",omitempty"`
	Played   json.RawMessage `json:",omitempty"`
	Modals   []*View         // each person's from bottom to top
	Files    []*File         `json:",omitempty"` // those that were shared
}

// Encode is the world as Load reads it. Triggers, tokens and people's profiles are not in it.
func (w *World) Encode() []byte {
	s := saved{
		Version: savedVersion, Team: w.IDs.Team, Offset: w.clock.offset, LastTS: w.clock.lastTS,
		Channels: w.channels.all, Made: w.Made, Played: w.Played,
	}
	for _, v := range w.views.homes {
		s.Homes = append(s.Homes, v)
	}
	for _, stack := range w.views.stacks {
		s.Modals = append(s.Modals, stack...)
	}
	for _, f := range w.files {
		if f.Shared {
			s.Files = append(s.Files, f)
		}
	}
	return kit.JSON(s)
}

// Load reads what Encode wrote into a file. It reports false if the file does not exist.
func (w *World) Load(name string) (bool, error) {
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
	if s.Version != savedVersion || s.Team != w.IDs.Team {
		return false, fmt.Errorf("sandbox: %s is of another version or workspace (version %d, team %s): "+
			"remove it or name another file", name, s.Version, s.Team)
	}
	w.clock = clock{s.Offset, s.LastTS}
	for _, old := range s.Channels {
		c := w.AddChannel(old.Channel)
		c.Made = old.Made
		for _, m := range old.Messages {
			c.keep(m)
		}
	}
	for _, f := range s.Files {
		w.files[f.ID] = f
	}
	for _, v := range s.Homes {
		w.views.homes[v.User] = v
		w.keepView(v)
	}
	for _, v := range s.Modals {
		w.views.stacks[v.User] = append(w.views.stacks[v.User], v)
		w.keepView(v)
	}
	if s.Made != "" {
		w.Made = s.Made
	}
	w.Played = s.Played
	return true, nil
}

// WriteFile replaces a file in one step: a crash leaves the old one or the new one.
func WriteFile(name string, b []byte) error {
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
