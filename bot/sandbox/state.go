package sandbox

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
)

// Workspace is the make-believe workspace. Make one with New. Its methods may be called from any goroutine.
type Workspace struct {
	cfg  Config
	app  rules.Manifest
	team team
	made string // tells this workspace from another, also over a restart
	host string // host of the newest apps.connections.open; response URLs are on it

	done   chan struct{} // closed by Close
	closed sync.Once
	work   sync.WaitGroup // all goroutines that Close waits for

	mu       sync.Mutex // guards all below; never held while waiting
	offset   time.Duration
	lastTS   int64 // microseconds of the newest ts
	people   []*Person
	byID     map[string]*Person
	channels []*channel
	chanByID map[string]*channel
	dms      map[string]*channel // user id to the app's DM with them
	views    map[string]*view
	external map[string]*view   // by external_id
	stacks   map[string][]*view // user id to open modals, bottom to top
	homes    map[string]*view   // user id to Home tab
	triggers rules.Triggers
	answers  map[string]*answerURL // response URLs by id
	answerQ  []*answerURL          // the same, oldest first
	wire     wireState
	issued   tokens
	secrets  Secrets             // but for the tokens
	groups   map[string][]string // user groups: who is in them
	files    map[string]*file
	watchers map[chan struct{}]struct{}
	played   played // the place in the story
	dirty    bool
	saveSoon chan struct{}
}

type team struct{ ID, Domain, Name, BotID string }

type channel struct {
	Channel
	Made    time.Time
	posts   []*post // oldest first, replies and ephemerals included
	byTS    map[string]*post
	replies map[string][]*post
}

func (c *channel) has(user string) bool { return slices.Contains(c.Members, user) }

// post is a message as it is kept.
type post struct {
	TS       string
	Channel  string
	User     string
	Text     string
	Thread   string     `json:",omitempty"`
	Blocks   []any      `json:",omitempty"`
	Files    []string   `json:",omitempty"` // ids
	Metadata kit.Obj    `json:",omitempty"`
	For      string     `json:",omitempty"` // an ephemeral's only reader
	EditedTS string     `json:",omitempty"`
	App      bool       `json:",omitempty"`
	Gone     bool       `json:",omitempty"` // a tombstone
	Wakes    []string   `json:",omitempty"` // whom it notified when it was said
	Values   kit.Values `json:",omitempty"`
	made     time.Time  // real time, for the history's lag
}

// Now is the workspace's clock, used for ts and for display. Triggers, deadlines, pings and limits go by real time.
func (w *Workspace) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.offset)
}

// SetClock moves the workspace's clock to t; it goes on from there.
func (w *Workspace) SetClock(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.offset = time.Until(t)
	w.changed()
}

// nextTS gives the next message id: microseconds of the workspace's clock, always increasing, also when the clock was
// moved back.
func (w *Workspace) nextTS() string {
	us := time.Now().Add(w.offset).UnixMicro()
	us = max(us, w.lastTS+1)
	w.lastTS = us
	return formatTS(us)
}

func formatTS(us int64) string { return fmt.Sprintf("%d.%06d", us/1e6, us%1e6) }

// changed notes that something a person can see, or the file keeps, is different now.
func (w *Workspace) changed() {
	w.advance()
	w.dirty = true
	select {
	case w.saveSoon <- struct{}{}:
	default:
	}
	for c := range w.watchers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Watch gives a channel that holds a signal when something has changed since it was last read. Call stop when done.
func (w *Workspace) Watch() (changed <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watchers[c] = struct{}{}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.watchers, c)
	}
}

// newID gives an id of the platform's kind, such as V0ABCDEFGHI.
func newID(prefix string) string { return prefix + "0" + rand.Text()[:10] }

func (w *Workspace) addChannel(c Channel) *channel {
	k := &channel{Channel: c, Made: time.Now().Add(w.offset), byTS: map[string]*post{}, replies: map[string][]*post{}}
	k.Members = slices.Clone(c.Members)
	w.channels = append(w.channels, k)
	w.chanByID[c.ID] = k
	if c.Kind == "im" && len(c.Members) == 2 && k.has(w.cfg.Seed.BotUser) {
		for _, m := range c.Members {
			if m != w.cfg.Seed.BotUser {
				w.dms[m] = k
			}
		}
	}
	return k
}

// dm is the app's direct conversation with user, made if there is none.
func (w *Workspace) dm(user string) *channel {
	if c := w.dms[user]; c != nil {
		return c
	}
	id := "D0" + strings.TrimPrefix(w.cfg.Seed.BotUser, "U0") + strings.TrimPrefix(user, "U0")
	if w.chanByID[id] != nil {
		id = newID("D")
	}
	c := w.addChannel(Channel{ID: id, Kind: "im", Members: []string{w.cfg.Seed.BotUser, user}})
	w.changed()
	return c
}

// add puts p at the end of its conversation.
func (w *Workspace) add(c *channel, p *post) *post {
	p.Channel = c.ID
	if p.TS == "" {
		p.TS = w.nextTS()
	}
	p.made = time.Now()
	p.Wakes = c.wakes(p)
	c.posts = append(c.posts, p)
	c.byTS[p.TS] = p
	if p.Thread != "" && p.For == "" {
		c.replies[p.Thread] = append(c.replies[p.Thread], p)
	}
	w.changed()
	return p
}

// remove takes p out of its conversation. A root that has replies leaves a tombstone, which goes with the last of them
// (field reports: hackclub/toriel#238, slack-edge/slack-edge#10).
func (w *Workspace) remove(c *channel, p *post) {
	if len(c.replies[p.TS]) > 0 {
		*p = post{TS: p.TS, Channel: p.Channel, User: slackbot, Text: "This message was deleted.", Gone: true, made: p.made}
		w.changed()
		return
	}
	delete(c.byTS, p.TS)
	gone := func(q *post) bool { return q == p }
	if i, ok := c.find(p.TS); ok {
		c.posts = slices.Delete(c.posts, i, i+1)
	}
	if p.Thread != "" {
		c.replies[p.Thread] = slices.DeleteFunc(c.replies[p.Thread], gone)
		if root := c.byTS[p.Thread]; root != nil && root.Gone && len(c.replies[p.Thread]) == 0 {
			w.remove(c, root)
		}
	}
	w.changed()
}

// find is where the post with ts is, or would be: ts of one length compare as text, and posts are in order.
func (c *channel) find(ts string) (int, bool) {
	return slices.BinarySearchFunc(c.posts, ts, func(p *post, ts string) int { return compareTS(p.TS, ts) })
}

func compareTS(a, b string) int {
	as, _, _ := strings.Cut(a, ".")
	bs, _, _ := strings.Cut(b, ".")
	if len(as) != len(bs) {
		return len(as) - len(bs)
	}
	return strings.Compare(a, b)
}

// sees tells whether user may read c.
func (w *Workspace) sees(user string, c *channel) bool {
	if c.Kind == "channel" && !c.Archived {
		p := w.byID[user]
		return c.has(user) || p != nil && !p.Guest && !p.Stranger
	}
	return c.has(user)
}
