package health

import (
	"maps"
	"slices"
	"time"
)

// A Job is work on the file as a whole that nobody waits for, so that its failure would pass unseen.
type Job string

// The jobs.
const (
	Retention  Job = "retention" // deletes what has expired
	Forgetting Job = "forget"
	Rewriting  Job = "rewrite" // of the file, at the end of both
	Backup     Job = "backup"  // by the command, which reports its end
)

// Jobs are all of them, in the order in which they are shown.
var Jobs = []Job{Retention, Forgetting, Rewriting, Backup}

// A Done says how a job went since the start.
type Done struct {
	Last    time.Time `json:"last,omitzero"`  // when it succeeded last; zero for never
	Seconds float64   `json:"seconds"`        // the last one, whether or not it succeeded
	Failed  int       `json:"failed"`         // how often
	Fault   string    `json:"fault,omitzero"` // why the last one failed; "" if it succeeded
}

// Ended notes how a job went that has taken so long.
func (h *Ledger) Ended(j Job, took time.Duration, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.done[j]
	if d.Seconds = took.Seconds(); err != nil {
		d.Failed, d.Fault = d.Failed+1, err.Error()
	} else {
		d.Last, d.Fault = time.Now(), ""
	}
	h.done[j] = d
}

// Done is how each job went that has ended since the start.
func (h *Ledger) Done() map[Job]Done {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.done)
}

// Failing says whether one of these jobs failed the last time.
func (h *Ledger) Failing(jobs ...Job) bool {
	done := h.Done()
	return slices.ContainsFunc(jobs, func(j Job) bool { return done[j].Fault != "" })
}
