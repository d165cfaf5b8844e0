// Package erase deletes what stepin may no longer keep, and counts what may be published.
//
// It promises three things. Retention: people's words and whole calls are deleted once they expire. Forgetting: when
// somebody asks for it, all their words are deleted, in the file and in Slack. Figures: months.go returns only those
// with enough people behind them. It never calls Slack: what must change there waits in the outbox.
//
// Every job takes small transactions, so nobody's click waits for it. It may be interrupted anywhere and run
// again. Deleted words stay in the file's free pages until storage.File.Rewrite; a mark in the file makes the
// next round rewrite it after a crash.
//
//	Service ─┬─▶ Retention.Expire ─▶ update (some at a time) ─▶ rewrite the file
//	         └─▶ Forgetter.Forget ─▶ update (some at a time) ─▶ rewrite the file ─▶ outbox: removed, edited
//	Months   ───▶ read ─▶ privacy.Aggregate
//
// The files: service.go runs the jobs in a running stepin; retention.go, forget.go, forget_request.go and
// months.go do the work.
package erase

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
)

const (
	// expireEvery is the time between two rounds of retention.
	expireEvery = 24 * time.Hour
	// retryAfter delays the next round after a failed one. A round usually fails on a full disk, and each try
	// fills it further, for everybody's clicks.
	retryAfter = time.Hour
)

// Options say what a Service works on and whom it tells. All are required but File.
type Options struct {
	Store storage.Store
	File  storage.File // nil for none
	Now   func() time.Time
	Keep  func() privacy.Keep          // the retention that is set now
	Names func(nudges.UserID) []string // the keys of the configuration that name somebody
	Log   *slog.Logger
	Go    func(kind string, f func()) // runs f in a goroutine; recovers from panics
	// Clear drops what is cached of people's words, before somebody is forgotten.
	Clear  func()
	Failed func(error)         // hears the errors of the store
	Wake   func()              // there may be something to send
	Redraw func(nudges.UserID) // somebody's Home has changed
}

// A Service runs retention and forgetting in a running stepin, at most one round of each at a time.
type Service struct {
	Options

	expiring   sync.Mutex // held during a round of retention
	expired    time.Time  // when the last round began,
	expiredFor privacy.Keep
	forgetting sync.Mutex // held while somebody is forgotten
	retryAt    time.Time  // after a failure: no try before
}

// Expire starts a round of retention if one is due: once a day, at the start, and when the setting changes.
// It does not wait for the end.
func (s *Service) Expire(ctx context.Context) {
	if !s.expiring.TryLock() {
		return
	}
	now, keep := s.Now(), s.Keep()
	if since := now.Sub(s.expired); !s.expired.IsZero() && keep == s.expiredFor && since >= 0 && since < expireEvery {
		s.expiring.Unlock()
		return
	}
	s.Go("retention", func() {
		defer s.expiring.Unlock()
		if _, err := (Retention{Store: s.Store, File: s.File, Keep: keep, Now: s.Now}).Expire(ctx); err != nil {
			s.Failed(err)
			if ctx.Err() == nil {
				s.Log.Error("retention", "error", err)
			}
			s.expired, s.expiredFor = now.Add(retryAfter-expireEvery), keep
			return
		}
		s.expired, s.expiredFor = now, keep
	})
}

// ForgetDue starts to forget those who are waiting for it. After a failure it tries again after an hour, or at
// once if somebody has just asked. It does not wait for the end.
func (s *Service) ForgetDue(ctx context.Context, asked bool) {
	s.Go("forget", func() {
		if !s.forgetting.TryLock() {
			return // the round that runs looks again, or the next minute does
		}
		defer s.forgetting.Unlock()
		if !asked && s.Now().Before(s.retryAt) {
			return
		}
		if err := s.forgetAll(ctx); err != nil {
			if ctx.Err() == nil {
				s.Log.Error("not forgotten yet", "error", err)
			}
			s.retryAt = s.Now().Add(retryAfter)
		}
	})
}

// forgetAll forgets until nobody is waiting for it.
func (s *Service) forgetAll(ctx context.Context) error {
	for {
		var all []nudges.Forget
		err := s.Store.View(ctx, func(r storage.Reader) (err error) {
			all, err = r.Forgets()
			return err
		})
		if err != nil || len(all) == 0 {
			return err
		}
		for _, fg := range all {
			if _, err := s.forget(ctx, s.forgetter(nil), fg); err != nil {
				return err
			}
			s.Redraw(fg.Who)
		}
	}
}

// Forget forgets somebody at the operator's request. With dry it says what would go. ErrNobody if nothing is
// kept of them.
func (s *Service) Forget(
	ctx context.Context, who nudges.UserID, dry bool, p storage.Progress,
) (storage.Forgotten, error) {
	s.forgetting.Lock()
	defer s.forgetting.Unlock()
	f := s.forgetter(p)
	if got, err := f.Look(ctx, who); err != nil || dry {
		return got, err
	}
	got, err := s.forget(ctx, f, nudges.Forget{Who: who, At: s.Now()})
	s.Redraw(who)
	return got, err
}

// forget forgets one person, and logs that it did, but not whom.
func (s *Service) forget(ctx context.Context, f Forgetter, fg nudges.Forget) (storage.Forgotten, error) {
	s.Clear()
	got, err := f.Forget(ctx, fg)
	s.Wake()
	if err != nil {
		s.Failed(err)
	} else {
		s.Log.Info("somebody was forgotten", "requests", got.Requests, "texts", got.Words, "messages", got.Removed)
	}
	return got, err
}

func (s *Service) forgetter(p storage.Progress) Forgetter {
	return Forgetter{Store: s.Store, File: s.File, Now: s.Now, Names: s.Names, Keep: s.Keep(), Progress: p}
}

// Copies are the other databases beside the file.
func (s *Service) Copies() []storage.Copy {
	if s.File == nil {
		return nil
	}
	all, err := s.File.Copies()
	if err != nil {
		s.Log.Error("backups not found", "error", err)
	}
	return all
}

// Months are the figures of some months; see the function of that name.
func (s *Service) Months(ctx context.Context, months string, p storage.Progress) ([]privacy.Figure, error) {
	return Months(ctx, s.Store, months, s.Keep(), s.Now(), p)
}
