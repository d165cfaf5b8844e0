package bot

import (
	"context"
	"time"

	"stepin/nudges"
)

// A lessStore keeps nothing of what one setting turns off, whatever a button or a form says: no motives,
// no estimates, no ledger, and nothing to count. See nudges.Kept.Optional.
type lessStore struct {
	nudges.Store
	holds func() bool // the setting
}

func (s lessStore) View(ctx context.Context, fn func(nudges.Reader) error) error {
	if !s.holds() {
		return s.Store.View(ctx, fn)
	}
	return s.Store.View(ctx, func(r nudges.Reader) error { return fn(lessReader{r}) })
}

func (s lessStore) Update(ctx context.Context, fn func(nudges.Tx) error) error {
	if !s.holds() {
		return s.Store.Update(ctx, fn)
	}
	return s.Store.Update(ctx, func(tx nudges.Tx) error { return fn(lessTx{tx}) })
}

type lessReader struct{ nudges.Reader }

func (r lessReader) Past(manager, rep nudges.UserID, deal, skill string) (nudges.Past, error) {
	return lessPast(r.Reader, manager, rep, deal, skill)
}

func (lessReader) Trust(time.Time) (f nudges.TrustFigure, ok bool, err error) { return f, false, nil }

type lessTx struct{ nudges.Tx }

func (t lessTx) Past(manager, rep nudges.UserID, deal, skill string) (nudges.Past, error) {
	return lessPast(t.Tx, manager, rep, deal, skill)
}

func (lessTx) Trust(time.Time) (f nudges.TrustFigure, ok bool, err error) { return f, false, nil }

func (lessTx) Remember(...nudges.LedgerEntry) error { return nil }

func (lessTx) PutTrust(nudges.UserID, int, time.Time) error { return nil }

func (t lessTx) PutRequest(r nudges.Request, changes ...nudges.Transition) error {
	r, _ = r.Less()
	return t.Tx.PutRequest(r, changes...)
}

func lessPast(r nudges.Reader, manager, rep nudges.UserID, deal, skill string) (nudges.Past, error) {
	p, err := r.Past(manager, rep, deal, skill)
	return nudges.Past{Learn: p.Learn}, err
}
