package erase

import (
	"context"
	"errors"
	"time"

	"stepin/bot/health"
	"stepin/nudges/storage"
)

// A turn says when a job is due.
type turn struct {
	at    time.Time
	short bool // the last try failed for lack of room: it is due as soon as there is some
}

func (s *Service) due(t turn) bool {
	wait := t.at.Sub(s.Now())
	return wait <= 0 || wait > expireEvery || // the clock was set back
		t.short && !s.room().Lacks()
}

// next is when a job is due again that has begun then and ended with err.
func (s *Service) next(begun time.Time, err error) turn {
	if err != nil {
		return turn{begun.Add(retryAfter), s.room().Lacks()}
	}
	return turn{at: begun.Add(expireEvery)}
}

// An unnoted error is of a forgetting that was not even saved as due: the operator reads it, and no job is left to end.
type unnoted struct{ error }

func (u unnoted) Unwrap() error { return u.error }

// work does a job, and reports how it went. That ctx has ended is no failure.
func (s *Service) work(ctx context.Context, j health.Job, does func() error) error {
	began := time.Now()
	err := s.Health.Stored(does())
	if _, no := errors.AsType[unnoted](err); !no && (err == nil || ctx.Err() == nil) {
		s.Health.Ended(j, time.Since(began), err)
		s.judge(err)
	}
	return err
}

// judge begins and ends RetentionFails, before a job and after one that has ended with err. What has a cause of its own
// is not said twice.
func (s *Service) judge(err error) {
	switch room := s.room(); {
	case room.Lacks():
		s.Health.Begin(health.RetentionFails, "room", room)
	case err != nil && health.StoreCause(err) == "":
		s.Health.Begin(health.RetentionFails, "error", err)
	case !s.Health.Failing(health.Retention, health.Forgetting):
		s.Health.End(health.RetentionFails)
	}
}

func (s *Service) room() storage.Room {
	if s.File == nil {
		return storage.Room{Free: -1}
	}
	return s.File.Room()
}

// A watched file reports its rewrites.
type watched struct {
	storage.File
	s   *Service
	ctx context.Context // of the job
}

func (w watched) Rewrite() error { return w.s.work(w.ctx, health.Rewriting, w.File.Rewrite) }

// file is the file for a job; nil for none.
func (s *Service) file(ctx context.Context) storage.File {
	if s.File == nil {
		return nil
	}
	return watched{s.File, s, ctx}
}
