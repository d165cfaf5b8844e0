package page

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/world"
)

// Story is what the page opens on: two phones side by side. All words come from the caller.
type Story struct {
	Title string `json:"title"`
	Lead  string `json:"lead"`
	// LaterTitle and LaterLead replace Title and Lead once the story without its branches is over, and from Call on.
	LaterTitle string `json:"latertitle"`
	LaterLead  string `json:"laterlead"`
	Left       string `json:"left"`       // user id of the left phone
	Right      string `json:"right"`      // user id of the right phone
	Channel    string `json:"channel"`    // the conversation that both phones open on
	Before     []Line `json:"before"`     // posted once, when a fresh workspace starts
	Typed      string `json:"typed"`      // already typed in the left phone's composer
	Steps      []Step `json:"steps"`      // skippable guidance
	LensLabel  string `json:"lenslabel"`  // such as "What can the head of sales see?"
	LensViewer string `json:"lensviewer"` // user id whose eyes the lens uses
	// Call is how long after the workspace's beginning the moment comes that Title and Lead look forward to.
	Call time.Duration `json:"-"`
}

// Line is something that was said before a story starts.
type Line struct {
	User string        `json:"user"`
	Text string        `json:"text"`
	Ago  time.Duration `json:"ago"`
}

// Step is one piece of guidance in a story.
type Step struct {
	Text string `json:"text"`
	// Done tells when the step is behind us: "modal:<callback_id>" is open on the left phone,
	// "modal:<callback_id>/<block_id>" with such a block, "nomodal" is open there, "post:<user>" a direct message of
	// the app reached that user, "post:<user>/<block_id>" one with such a block, "news:…" the same since the step
	// came, "gone:<user>/<block_id>" none has such a block, "left:<user>/<action_id>" of one a single button is left,
	// with that action. Of what the app said last in a channel, replies left out: "root:<channel>" it is there,
	// "edited:<channel>" it was changed since, "closed:<channel>" no button is left on it. "opened:<callback_id>":
	// since the step came, that was open on a phone; "shut:<callback_id>": and neither that nor any window of the left
	// phone is open now. Of several with a | between them one is enough; of those with a & all are needed.
	Done string `json:"done"`
	// Over tells, in the same terms, that the step was done another way, which leaves all of its branch behind.
	Over string `json:"over,omitempty"`
	// Hints replace Text, the first that holds: what the open window asks, or the way back after one was closed.
	Hints []Hint `json:"-"`
	// Branch is a name that steps beyond the story share. They are not counted, come only in turn, and are skipped
	// as one.
	Branch string `json:"branch,omitempty"`
	// Typed is typed in the left phone's composer when the step comes, and again when a window was closed there.
	Typed string `json:"typed,omitempty"`
}

// Hint is what is said while a condition holds, in the terms of a step's Done.
type Hint struct{ When, Text string }

// played is how far the story is. The workspace keeps it, so that every page, and the next run on the same file,
// goes on from there.
type played struct {
	Step  int    `json:"step"`            // steps that are behind us
	Used  bool   `json:"used"`            // a command went through on the left phone: the typed one has had its turn
	Since string `json:"since,omitempty"` // ts of the first such command
	// Opened are the windows that were open on a phone since the step came.
	Opened []string `json:"opened,omitempty"`
	Hint   string   `json:"hint,omitempty"` // stands in place of the step's text
	From   string   `json:"from,omitempty"` // ts when the step came
}

// begin takes up the story where the workspace left it; a fresh one is told what was said before. The lock is held.
func (p *page) begin(w *world.World) {
	switch {
	case p.Story == nil:
		return
	case w.Fresh:
		if c := w.Channel(p.Story.Channel); c != nil {
			for _, l := range p.Story.Before {
				w.AddPast(c, &world.Message{User: l.User, Text: l.Text}, l.Ago)
			}
		}
	case w.Played != nil:
		_ = json.Unmarshal(w.Played, &p.played) // it is our own
	case p.reached(w, p.Story.Left, "", anything): // an older file; an app that has spoken was played with
		p.played = played{Step: len(p.Story.Steps), Used: true}
	}
	w.Played = kit.JSON(p.played)
}

// advance moves the story on as far as the workspace has got: people may take another way than the steps do. A step
// of a branch, and one that ends when no window is open, is only judged in its turn. The lock is held.
func (p *page) advance(w *world.World) {
	if p.Story == nil {
		return
	}
	was, at, steps := p.played.Step, &p.played.Step, p.Story.Steps
	p.note(w)
	for i := *at; i < len(steps) && steps[i].Branch == ""; i++ {
		if steps[i].Done != "nomodal" && p.happened(w, steps[i].Done) {
			*at = i + 1
		}
	}
	if *at != was {
		p.came(w)
	}
	for *at > 0 && *at < len(steps) {
		s := steps[*at]
		if (s.Branch != "" || s.Done == "nomodal") && p.happened(w, s.Done) {
			*at++
		} else if s.Branch != "" && p.happened(w, s.Over) {
			p.leave()
		} else {
			break
		}
		p.came(w)
	}
	p.played.Hint = ""
	if *at < len(steps) {
		hints := steps[*at].Hints
		if i := slices.IndexFunc(hints, func(h Hint) bool { return p.happened(w, h.When) }); i >= 0 {
			p.played.Hint = hints[i].Text
		}
	}
	w.Played = kit.JSON(p.played)
}

// came begins what is counted from the step that is on. The lock is held.
func (p *page) came(w *world.World) {
	p.played.Opened, p.played.From = nil, w.NextTS()
	p.note(w)
}

// note takes down which windows are open on the phones. The lock is held.
func (p *page) note(w *world.World) {
	for _, v := range slices.Concat(w.Modals(p.Story.Left), w.Modals(p.Story.Right)) {
		if !slices.Contains(p.played.Opened, v.Callback()) {
			p.played.Opened = append(p.played.Opened, v.Callback())
		}
	}
}

// leave goes past a step, and past all of its branch.
func (p *page) leave() {
	at, steps := &p.played.Step, p.Story.Steps
	branch := steps[*at].Branch
	for *at++; branch != "" && *at < len(steps) && steps[*at].Branch == branch; {
		*at++
	}
}

// happened says whether a step's condition holds.
func (p *page) happened(w *world.World, done string) bool {
	return slices.ContainsFunc(strings.Split(done, "|"), func(one string) bool {
		if one, other, both := strings.Cut(one, "&"); both {
			return p.happened(w, one) && p.happened(w, other)
		}
		kind, what, _ := strings.Cut(one, ":")
		user, block, _ := strings.Cut(what, "/") // of a window, its callback_id
		with := func(m *world.Message) bool { return block == "" || hasBlock(m.Blocks, block) }
		shows := func(v *world.View) bool {
			return v.Callback() == user && (block == "" || hasBlock(v.Blocks(), block))
		}
		modals, root := w.Modals(p.Story.Left), p.lastRoot(w, what)
		switch kind {
		case "nomodal":
			return len(modals) == 0
		case "modal":
			return slices.ContainsFunc(modals, shows)
		case "opened":
			return slices.Contains(p.played.Opened, what)
		case "shut":
			return len(modals) == 0 && slices.Contains(p.played.Opened, what) &&
				!slices.ContainsFunc(w.Modals(p.Story.Right), shows)
		case "post":
			return p.played.Since != "" && p.reached(w, user, p.played.Since, with)
		case "news":
			return p.reached(w, user, p.played.From, with)
		case "gone":
			return !p.reached(w, user, p.played.Since, with)
		case "left":
			return p.reached(w, user, p.played.Since, func(m *world.Message) bool {
				el := kit.Elements(m.Blocks)
				return len(el) == 1 && el[0].ID() == block
			})
		case "root":
			return root != nil
		case "edited":
			return root != nil && root.EditedTS != ""
		case "closed":
			return root != nil && len(kit.Elements(root.Blocks)) == 0
		default:
			return false
		}
	})
}

// lastRoot is the last message of the app in a channel since the story began that is no reply; nil for none.
func (p *page) lastRoot(w *world.World, channel string) *world.Message {
	c := w.Channel(channel)
	if c == nil || p.played.Since == "" {
		return nil
	}
	for _, m := range slices.Backward(c.Messages) {
		switch {
		case world.CompareTS(m.TS, p.played.Since) <= 0:
			return nil
		case m.App && m.Thread == "" && m.For == "":
			return m
		}
	}
	return nil
}

func anything(*world.Message) bool { return true }

// reached says whether the app has told user something since a moment, outside channels, that fits.
func (p *page) reached(w *world.World, user, since string, fits func(*world.Message) bool) bool {
	for _, c := range w.Channels() {
		if c.Kind != "im" && c.Kind != "mpim" || !c.Has(user) {
			continue
		}
		for _, m := range slices.Backward(c.Messages) {
			if world.CompareTS(m.TS, since) <= 0 {
				break
			}
			if m.App && (m.For == "" || m.For == user) && fits(m) {
				return true
			}
		}
	}
	return false
}

func hasBlock(blocks []any, id string) bool {
	return slices.ContainsFunc(blocks, func(b any) bool { return kit.Str(kit.Object(b)["block_id"]) == id })
}

// call is when the story's call begins, Unix milliseconds, counted from what was said first before the story; 0 if that
// is no longer there.
func (p *page) call(w *world.World) int64 {
	s := p.Story
	if s == nil || len(s.Before) == 0 || w.Channel(s.Channel) == nil {
		return 0
	}
	first := s.Before[0]
	for _, m := range w.Channel(s.Channel).Messages {
		if m.User == first.User && m.Text == first.Text {
			us, _ := strconv.ParseInt(strings.Replace(m.TS, ".", "", 1), 10, 64)
			return us/1000 + (first.Ago + s.Call).Milliseconds()
		}
	}
	return 0
}

// command runs a command, and notes whether it was one of the story's.
func (p *page) command(ctx context.Context, q request) error {
	command, _, _ := strings.Cut(q.Text, " ")
	told := command != hands.InviteCommand && p.Story != nil && q.User == p.Story.Left
	p.ws.With(func(h sandbox.Held) {
		if told && p.played.Since == "" {
			p.played.Since = h.NextTS()
		}
	})
	err := p.ws.Command(ctx, q.User, q.Channel, q.Text)
	if told && err == nil {
		p.ws.With(func(h sandbox.Held) {
			p.played.Used = true
			h.Changed()
		})
	}
	return err
}

// skip leaves a step behind, or all of a branch. Of two pages that skip the same step, the second skips nothing.
func (p *page) skip(q request) error {
	p.ws.With(func(h sandbox.Held) {
		if s := p.Story; s != nil && q.Step == p.played.Step && q.Step < len(s.Steps) {
			p.leave()
			p.came(h.World)
			h.Changed()
		}
	})
	return nil
}
