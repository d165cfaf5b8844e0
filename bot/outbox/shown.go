package outbox

import (
	"cmp"
	"encoding/json"
	"hash/maphash"
	"sync"
	"time"

	"stepin/bot/view"
)

// mostShown messages are remembered, before all are forgotten.
const mostShown = 4096

// shown is what messages show in Slack, as this process has sent them: a rewriting that changes nothing is no call.
// It holds no words, and ends with the process.
type shown struct {
	seed maphash.Seed
	mu   sync.Mutex
	all  map[string]uint64    // by the key of the message
	late map[string]time.Time // by the same: until when a rewriting whose end was unclear may still be carried out
}

func newShown() *shown {
	return &shown{seed: maphash.MakeSeed(), all: map[string]uint64{}, late: map[string]time.Time{}}
}

// sumOf is a hash of a drawn message; 0 for none.
func (s *shown) sumOf(m view.Message) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	if json.NewEncoder(&h).Encode(m) != nil {
		return 0
	}
	return h.Sum64()
}

// shows says whether Slack shows this already. If not, nobody knows what it shows until the call for it has ended
// well, when note is called.
func (s *shown) shows(d *delivery, sum uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := cmp.Or(d.m.Edits, d.m.Key)
	if d.m.Edits != "" && sum != 0 && s.all[key] == sum {
		return true
	}
	delete(s.all, key)
	return false
}

// unclear notes that a rewriting may still be carried out, and so undo a newer one.
func (s *shown) unclear(d *delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.late) >= mostShown {
		clear(s.late)
	}
	s.late[d.m.Edits] = time.Now().Add(absence)
}

// note notes what Slack shows now. Where an unclear rewriting may still undo that, it says for how long, and nobody
// knows what it shows until then.
func (s *shown) note(d *delivery, sum uint64) (doubt time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := cmp.Or(d.m.Edits, d.m.Key)
	if doubt = time.Until(s.late[key]); doubt > 0 {
		return doubt
	}
	delete(s.late, key)
	if len(s.all) >= mostShown {
		clear(s.all)
	}
	s.all[key] = sum
	return 0
}
