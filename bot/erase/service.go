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
// The files: service.go runs the jobs in a running stepin; watched.go says when they are due, and how they went;
// retention.go, forget.go, forget_request.go, forget_motives.go and
// months.go do the work.
package erase

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"stepin/bot/health"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
)

const (
	// expireEvery is the time between two rounds of retention.
	expireEvery = 24 * time.Hour
	// retryAfter delays the next try after a failed one: each may fill the disk, for everybody's clicks.
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
	Health *health.Ledger
	Wake   func()              // there may be something to send
	Redraw func(nudges.UserID) // somebody's Home has changed
}

// A Service runs retention and forgetting in a running stepin, at most one round of each at a time.
type Service struct {
	Options

	expiring   sync.Mutex // held during a round of retention
	expire     turn       // when the next round is due,
	expiredFor privacy.Keep
	forgetting sync.Mutex // held while somebody is forgotten
	forgets    turn       // after a failure
}

// Expire starts a round of retention if one is due: once a day, at the start, and when the setting changes.
// It does not wait for the end.
func (s *Service) Expire(ctx context.Context) {
	if !s.expiring.TryLock() {
		return
	}
	keep := s.Keep()
	due := keep != s.expiredFor || s.due(s.expire)
	if due || s.Health.Holds(health.RetentionFails) {
		s.judge(nil) // what cannot end is said before it begins
	}
	if !due {
		s.expiring.Unlock()
		return
	}
	s.Go("retention", func() {
		defer s.expiring.Unlock()
		begun := s.Now()
		err := s.work(ctx, health.Retention, func() error {
			_, err := Retention{Store: s.Store, File: s.file(ctx), Keep: keep, Now: s.Now}.Expire(ctx)
			return err
		})
		if err != nil && ctx.Err() == nil {
			s.Log.Error("retention", "error", err)
		}
		s.expire, s.expiredFor = s.next(begun, err), keep
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
		if !asked && !s.due(s.forgets) {
			return
		}
		s.forgets = turn{}
		if err := s.forgetAll(ctx); err != nil {
			if ctx.Err() == nil {
				s.Log.Error("not forgotten yet", "error", err)
			}
			s.forgets = s.next(s.Now(), err)
		}
	})
}

// forgetAll forgets until nobody is waiting for it.
func (s *Service) forgetAll(ctx context.Context) error {
	for {
		var all []privacy.Forget
		err := s.Store.View(ctx, func(r storage.Reader) (err error) {
			all, err = r.Forgets()
			return err
		})
		if err != nil || len(all) == 0 {
			return err
		}
		for _, fg := range all {
			if _, err := s.forget(ctx, s.forgetter(ctx, nil), fg); err != nil {
				return err
			}
			s.Redraw(fg.Who)
		}
	}
}

// Forget forgets somebody at the request of an operator, by. With dry it says what would go. ErrNobody if nothing is
// kept of them.
func (s *Service) Forget(
	ctx context.Context, who nudges.UserID, by string, dry bool, p storage.Progress,
) (storage.Forgotten, error) {
	s.forgetting.Lock()
	defer s.forgetting.Unlock()
	f := s.forgetter(ctx, p)
	f.By = by
	if got, err := f.Look(ctx, who); err != nil || dry {
		return got, err
	}
	got, err := s.forget(ctx, f, privacy.Forget{Who: who, At: s.Now()})
	s.Redraw(who)
	return got, err
}

// forget forgets one person, and logs that it did, but not whom.
func (s *Service) forget(ctx context.Context, f Forgetter, fg privacy.Forget) (got storage.Forgotten, err error) {
	s.Clear()
	err = s.work(ctx, health.Forgetting, func() (err error) {
		if got, err = f.Forget(ctx, fg); err != nil && f.By != "" && !errors.Is(err, ErrNoted) {
			err = unnoted{err}
		}
		return err
	})
	s.Wake()
	if err == nil && !fg.Motives {
		s.Log.Info("somebody was forgotten", "requests", got.Requests, "texts", got.Words, "messages", got.Removed)
	}
	return got, err
}

func (s *Service) forgetter(ctx context.Context, p storage.Progress) Forgetter {
	return Forgetter{
		Store: s.Store, File: s.file(ctx), Now: s.Now, Names: s.Names, Keep: s.Keep(), Progress: p,
	}
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
