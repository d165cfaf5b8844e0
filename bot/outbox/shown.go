package outbox

import (
	"cmp"
	"encoding/json"
	"hash/maphash"
	"sync"

	"stepin/bot/view"
)

// mostShown messages are remembered, before all are forgotten.
const mostShown = 4096

// shown is what messages show in Slack, as this process has sent them: a rewriting that changes nothing is no call.
// It holds no words, and ends with the process.
type shown struct {
	seed maphash.Seed
	mu   sync.Mutex
	all  map[string]uint64 // by the key of the message
}

func newShown() *shown { return &shown{seed: maphash.MakeSeed(), all: map[string]uint64{}} }

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

// note notes what Slack shows now.
func (s *shown) note(d *delivery, sum uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) >= mostShown {
		clear(s.all)
	}
	s.all[cmp.Or(d.m.Edits, d.m.Key)] = sum
}
