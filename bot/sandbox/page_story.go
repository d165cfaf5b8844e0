package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"stepin/bot/sandbox/kit"
)

// played is how far the story is. It is the workspace's and not a page's, so that every page, and the next run on the
// same file, goes on from there.
type played struct {
	Step  int    `json:"step"`            // steps that are behind us
	Used  bool   `json:"used"`            // a command went through on the left phone: the typed one has had its turn
	Since string `json:"since,omitempty"` // ts of the first such command
}

// advance moves the story on as far as the workspace has got, with the lock held: people may take another way than the
// steps do. A step of a branch, and one that ends when no window is open, is only judged in its turn.
func (w *Workspace) advance() {
	if w.cfg.Story == nil {
		return
	}
	p, steps := &w.played, w.cfg.Story.Steps
	for i := p.Step; i < len(steps) && steps[i].Branch == ""; i++ {
		if steps[i].Done != "nomodal" && w.happened(steps[i].Done) {
			p.Step = i + 1
		}
	}
	for p.Step > 0 && p.Step < len(steps) {
		if s := steps[p.Step]; s.Branch == "" && s.Done != "nomodal" || !w.happened(s.Done) {
			break
		}
		p.Step++
	}
}

// happened tells whether a step's condition holds, with the lock held.
func (w *Workspace) happened(done string) bool {
	modals := w.stacks[w.cfg.Story.Left]
	for one := range strings.SplitSeq(done, "|") {
		kind, what, _ := strings.Cut(one, ":")
		user, block, _ := strings.Cut(what, "/")
		switch {
		case kind == "nomodal" && len(modals) == 0,
			kind == "modal" && slices.ContainsFunc(modals, func(v *view) bool { return v.callback() == what }),
			kind == "post" && w.played.Since != "" && w.reached(user, block, w.played.Since):
			return true
		}
		if root := w.lastRoot(what); root != nil &&
			(kind == "root" || kind == "edited" && root.EditedTS != "" || kind == "closed" && len(kit.Elements(root.Blocks)) == 0) {
			return true
		}
	}
	return false
}

// lastRoot is what the app said last in a channel since the story began, replies aside; nil for nothing. The lock is held.
func (w *Workspace) lastRoot(channel string) *post {
	c := w.chanByID[channel]
	if c == nil || w.played.Since == "" {
		return nil
	}
	for _, p := range slices.Backward(c.posts) {
		switch {
		case compareTS(p.TS, w.played.Since) <= 0:
			return nil
		case p.App && p.Thread == "" && p.For == "":
			return p
		}
	}
	return nil
}

// reached tells whether the app has said something to user after a ts, not just in a channel where they are, with a block
// if that is named. The lock is held.
func (w *Workspace) reached(user, block, since string) bool {
	for _, c := range w.channels {
		if c.Kind != "im" && c.Kind != "mpim" {
			continue
		}
		for i := len(c.posts) - 1; i >= 0 && c.has(user); i-- {
			p := c.posts[i]
			if compareTS(p.TS, since) <= 0 {
				break
			}
			if p.App && (p.For == "" || p.For == user) && (block == "" || slices.ContainsFunc(p.Blocks, func(b any) bool { return kit.Str(kit.Object(b)["block_id"]) == block })) {
				return true
			}
		}
	}
	return false
}

// call is when the story's call begins, Unix milliseconds, reckoned from what was said first before the story; 0 if that
// is no longer there. The lock is held.
func (w *Workspace) call() int64 {
	s := w.cfg.Story
	if s == nil || len(s.Before) == 0 || w.chanByID[s.Channel] == nil {
		return 0
	}
	first := s.Before[0]
	for _, p := range w.chanByID[s.Channel].posts {
		if p.User == first.User && p.Text == first.Text {
			us, _ := strconv.ParseInt(strings.Replace(p.TS, ".", "", 1), 10, 64)
			return us/1000 + (first.Ago + s.Call).Milliseconds()
		}
	}
	return 0
}

// pageCommand runs a command, and notes whether it was one of the story's.
func (w *Workspace) pageCommand(ctx context.Context, q pageRequest) error {
	command, _, _ := strings.Cut(q.Text, " ")
	told := command != inviteCommand && w.cfg.Story != nil && q.User == w.cfg.Story.Left
	w.mu.Lock()
	if told && w.played.Since == "" {
		w.played.Since = w.nextTS()
	}
	w.mu.Unlock()
	err := w.Command(ctx, q.User, q.Channel, q.Text)
	if told && err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.played.Used = true
		w.changed()
	}
	return err
}

// pageSkip leaves a step behind, or all of a branch. Of two pages that skip the same step, the second skips nothing.
func (w *Workspace) pageSkip(q pageRequest) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.cfg.Story; s != nil && q.Step == w.played.Step && q.Step < len(s.Steps) {
		branch := s.Steps[q.Step].Branch
		for w.played.Step++; branch != "" && w.played.Step < len(s.Steps) && s.Steps[w.played.Step].Branch == branch; {
			w.played.Step++
		}
		w.changed()
	}
	return nil
}

// recall is the place in the story of a file that does not name it: an app that has spoken was played with.
func (w *Workspace) recall() played {
	if s := w.cfg.Story; s != nil && w.reached(s.Left, "", "") {
		return played{Step: len(s.Steps), Used: true}
	}
	return played{}
}

// boot is the same for a page as long as neither the page's files nor the workspace are others.
func (w *Workspace) boot(files fs.FS) string {
	sum := sha256.New()
	_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b, _ := fs.ReadFile(files, name)
			sum.Write(b)
		}
		return err
	})
	return w.made + "-" + hex.EncodeToString(sum.Sum(nil)[:8])
}
