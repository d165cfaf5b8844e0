package storage

// A Progress hears how far long work is: what is being done at this moment, and how much of it, of how
// much if that is known, else of 0. It must come back at once. Nil is nobody who listens.
type Progress func(step string, done, total int64)

// Tell calls p, if it is not nil.
func (p Progress) Tell(step string, done, total int64) {
	if p != nil {
		p(step, done, total)
	}
}
