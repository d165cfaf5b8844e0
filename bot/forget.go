package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"stepin/nudges"
)

// forgotAtOnce is how many requests one transaction takes somebody's words out of: each has a dozen
// messages.
const forgotAtOnce = 10

// A Forgetter takes somebody's words out of everything. What it needs is there without Slack, too: what
// is to be replaced there waits in the outbox then.
type Forgetter struct {
	Store    nudges.Store
	File     nudges.File // nil for none
	Now      func() time.Time
	Progress nudges.Progress // hears how far it is
	Live     Live            // what the configuration says, and whom it names
}

// ErrNobody is for somebody of whom nothing is kept.
var ErrNobody = errors.New("nothing is kept of this person: check the id, it is in their Slack profile under ⋮, Copy member ID")

// ErrNoted is for a forgetting that has failed on the way.
var ErrNoted = errors.New("not finished, but it is noted, and stepin finishes it by itself once it runs and can")

// errDry takes back what was only tried.
var errDry = errors.New("only tried")

// Look says what would be forgotten, and changes nothing. ErrNobody if there is nothing.
func (f Forgetter) Look(ctx context.Context, who nudges.UserID) (got nudges.Forgotten, err error) {
	if got, _, err = f.takeOut(ctx, who, true); err != nil {
		return got, err
	}
	if got.Requests+got.Marked+got.Removed+len(got.Settings) == 0 {
		return got, ErrNobody
	}
	if f.File != nil {
		got.Copies, err = f.File.Copies()
	}
	return got, err
}

// Forget takes somebody's words out of everything, replaces what stepin has said to and about them in
// Slack, and writes the file anew. It may be broken off at any point and done again: that they are to
// be forgotten stays in the file until it is done, and any fault after that was written down is ErrNoted.
func (f Forgetter) Forget(ctx context.Context, fg nudges.Forget) (got nudges.Forgotten, err error) {
	if err := f.Store.Update(ctx, func(tx nudges.Tx) error { return tx.PutForget(fg) }); err != nil {
		return nudges.Forgotten{Who: fg.Who}, err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrNoted, err)
		}
	}()
	got, words, err := f.takeOut(ctx, fg.Who, false)
	if err != nil {
		return got, err
	}
	if f.File != nil {
		f.Progress.Tell("writing the file anew", 0, 0)
		if err := f.File.Rewrite(); err != nil {
			return got, err
		}
		f.Progress.Tell("looking for what is left", 0, 0)
		// What others wrote as well stands in it still.
		long := slices.DeleteFunc(slices.Collect(maps.Keys(words)), func(s string) bool { return len(s) < shortest })
		if got.Still, err = f.File.Finds(long); err != nil {
			return got, err
		}
		if got.Copies, err = f.File.Copies(); err != nil {
			return got, err
		}
	}
	return got, f.Store.Update(ctx, func(tx nudges.Tx) error {
		if err := tx.EndForget(fg.Who); err != nil || !fg.Own {
			return err
		}
		now := f.Now()
		return tx.Enqueue(now, nudges.Message{
			Key: nudges.Key("", 0, fg.Who, fmt.Sprintf("%s-%d", nudges.KindForgotten, fg.At.UnixNano())), Kind: nudges.KindForgotten, To: fg.Who, Due: now,
		})
	})
}

// takeOut takes somebody's words out of everything, a few requests in each transaction, and gives them. If dry,
// each transaction is taken back: what it counts is what would be done.
func (f Forgetter) takeOut(ctx context.Context, who nudges.UserID, dry bool) (got nudges.Forgotten, words map[string]bool, err error) {
	got.Who, got.Settings, words = who, f.Live.Names(who), map[string]bool{}
	update := func(do func(nudges.Tx, *nudges.Forgotten) ([]string, error)) error {
		var part nudges.Forgotten
		var wrote []string
		err := f.Store.Update(ctx, func(tx nudges.Tx) (err error) {
			part = nudges.Forgotten{}
			if wrote, err = do(tx, &part); err == nil && dry {
				err = errDry
			}
			return err
		})
		if err != nil && !errors.Is(err, errDry) {
			return err
		}
		got.Requests, got.Words = got.Requests+part.Requests, got.Words+len(wrote)
		got.Dropped, got.Removed, got.Marked = got.Dropped+part.Dropped, got.Removed+part.Removed, got.Marked+part.Marked
		for _, w := range wrote {
			words[w] = true
		}
		return nil
	}
	err = f.parts(ctx, who, func(ids []nudges.RequestID) error {
		for some := range slices.Chunk(ids, forgotAtOnce) {
			err := update(func(tx nudges.Tx, part *nudges.Forgotten) (wrote []string, err error) {
				for _, id := range some {
					more, err := f.request(tx, id, who, part)
					if err != nil {
						return nil, fmt.Errorf("request %s: %w", id, err)
					}
					wrote = append(wrote, more...)
				}
				return wrote, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return got, nil, err
	}
	return got, words, update(func(tx nudges.Tx, part *nudges.Forgotten) (wrote []string, err error) {
		if wrote, part.Marked, err = tx.ForgetPerson(who); err != nil {
			return nil, err
		}
		for _, prefix := range toPerson(who) {
			delivered, waiting, err := tx.SaidTo(prefix)
			if err != nil {
				return nil, err
			}
			if err := f.takeBack(tx, nudges.Request{}, who, delivered, waiting, nil, part); err != nil {
				return nil, err
			}
		}
		return wrote, nil
	})
}

// shortest is the length in bytes from which on a text is not in a file by chance.
const shortest = 8

// toPerson are the beginnings of the keys of what was said to somebody without being about a request.
func toPerson(who nudges.UserID) []string {
	return []string{nudges.ReminderKey(who, "", 0), nudges.ChaseKey(who, ""), nudges.Key("", 0, who, "")}
}

// parts gives the requests in which somebody has a part.
func (f Forgetter) parts(ctx context.Context, who nudges.UserID, do func([]nudges.RequestID) error) error {
	return nudges.EachRequest(ctx, f.Store, f.Progress, func(some []nudges.Request) error {
		var ids []nudges.RequestID
		for _, r := range some {
			if r.Concerns(who) {
				ids = append(ids, r.ID)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		return do(ids)
	})
}

// request takes somebody out of one request. What is open of it ends with their part in it.
func (f Forgetter) request(tx nudges.Tx, id nudges.RequestID, who nudges.UserID, part *nudges.Forgotten) (wrote []string, err error) {
	r, err := tx.Request(id)
	if err != nil {
		return nil, err
	}
	now := f.Now()
	o, err := partEnded(r, who, now)
	if err != nil {
		return nil, err
	}
	r, wrote = o.Request.Without(who)
	o.Request = r
	if err := nudges.Apply(tx, o, now); err != nil {
		return nil, err
	}
	delivered, waiting, err := tx.SaidTo(string(id) + "/")
	if err != nil {
		return nil, err
	}
	part.Requests++
	tell := map[string]bool{} // others learn that it has ended
	for _, m := range o.Messages {
		tell[m.Key] = m.To != who && m.Edits == ""
	}
	if err := f.takeBack(tx, r, who, delivered, waiting, tell, part); err != nil {
		return nil, err
	}
	if len(wrote) == 0 {
		return nil, nil
	}
	// What others see of it, or are being shown at this moment, is drawn anew without those words.
	shown := delivered
	for _, m := range waiting {
		if m.Attempted {
			shown = append(shown, m.Key)
		}
	}
	others := r.Others
	if r.Card != "" {
		others = append(slices.Clone(others), nudges.Sent{Key: r.Card, Kind: nudges.KindCard, To: r.Manager})
	}
	for i, s := range others {
		if r.Removes(s.Key, who) || !slices.Contains(shown, s.Key) {
			continue
		}
		kind := s.Kind
		if kind == nudges.KindCard {
			kind = nudges.KindEdit
		}
		if err := tx.Enqueue(now, nudges.Message{
			Key: nudges.Key(r.ID, r.Seq, s.To, fmt.Sprintf("%s-%d-%d", nudges.KindEdit, now.UnixNano(), i)), Kind: kind, To: s.To, Request: r.ID, Edits: s.Key, Due: now,
		}); err != nil {
			return nil, err
		}
	}
	return wrote, nil
}

// partEnded is a request without somebody's part in what is open of it.
func partEnded(r nudges.Request, who nudges.UserID, now time.Time) (nudges.Outcome, error) {
	var acts []nudges.Action
	switch {
	case r.Manager == who && r.Open():
		acts = append(acts, nudges.Withdraw{By: who})
	case r.Manager == who && r.Phase == nudges.After && r.Debrief.State == nudges.NoDebrief:
		r.Debrief.State = nudges.DebriefQuiet // a minute from now they would be asked how it went
	case r.Manager == who && r.Phase == nudges.Debrief:
		acts = append(acts, nudges.MoveOn{By: who})
	case r.Manager != who && r.Phase != nudges.Done:
		if slices.Contains(r.Grant.Askees(), who) {
			acts = append(acts, nudges.Gone{Who: who})
		}
		if r.Rep == who && (r.Word.State == nudges.WordAsked || r.Word.State == nudges.WordWaits) {
			acts = append(acts, nudges.Unheard{Who: who})
		}
	}
	o := nudges.Outcome{Request: r}
	for _, a := range acts {
		next, err := nudges.Next(o.Request, a, now)
		if _, ours := says(err); err != nil && !ours {
			continue // it ended a moment ago, or is not to be ended by them
		}
		if err != nil {
			return o, err
		}
		o.Request = next.Request
		o.Transitions, o.Messages, o.Ledger = append(o.Transitions, next.Transitions...), append(o.Messages, next.Messages...), append(o.Ledger, next.Ledger...)
	}
	return o, nil
}

// takeBack drops what waits to be said to somebody, or about their own request, and has what was said
// replaced. What is on its way is replaced once it has arrived.
func (f Forgetter) takeBack(tx nudges.Tx, r nudges.Request, who nudges.UserID, delivered []string, waiting []nudges.Message, tell map[string]bool, part *nudges.Forgotten) error {
	removes := func(key string) bool {
		return r.ID == "" && nudges.StandsAlone(key) || r.ID != "" && r.Removes(key, who)
	}
	var gone []string
	for _, key := range delivered {
		if removes(key) {
			gone = append(gone, key)
		}
	}
	for _, m := range waiting {
		switch {
		case m.Kind == nudges.KindRemoved || tell[m.Key]:
		case m.Attempted && m.Edits == "":
			if removes(m.Key) {
				gone = append(gone, m.Key)
			}
		case m.To == who || r.Manager == who || m.Edits != "" && removes(m.Edits):
			if err := tx.Drop(m.Key, "forgotten"); err != nil {
				return err
			}
			part.Dropped++
		}
	}
	now := f.Now()
	for _, key := range gone {
		to, _ := nudges.ToldTo(key)
		if r.ID == "" || to == "" || to == threadOf {
			to = who
		}
		_, err := tx.Receipt(nudges.RemovedKey(key))
		_, waits := tx.Message(nudges.RemovedKey(key))
		if err == nil || waits == nil {
			continue
		}
		part.Removed++
		if err := tx.Enqueue(now, nudges.Message{
			Key: nudges.RemovedKey(key), Kind: nudges.KindRemoved, To: to, Request: r.ID, Edits: key, Due: now,
		}); err != nil {
			return err
		}
	}
	return nil
}

// threadOf stands in a key for those who are in a thread.
const threadOf = nudges.UserID(inThread)

// forgetDue forgets those who are to be forgotten, beside everything else: at once if somebody has just asked for
// it, else not before an hour after it failed, for each try may fill the disk; see keepAgain.
func (b *Bot) forgetDue(ctx context.Context, asked bool) {
	b.beside(func() {
		defer func() {
			if p := recover(); p != nil {
				b.panicked(p, "kind", "forget")
			}
		}()
		if !b.forgetting.TryLock() {
			return // whoever is at it looks once more, or the next minute does
		}
		defer b.forgetting.Unlock()
		if !asked && b.now().Before(b.forgetAgain) {
			return
		}
		for {
			var all []nudges.Forget
			err := b.cfg.Store.View(ctx, func(r nudges.Reader) (err error) {
				all, err = r.Forgets()
				return err
			})
			if err == nil && len(all) == 0 {
				return
			}
			for _, fg := range all {
				if err == nil {
					err = b.forget(ctx, fg)
				}
			}
			if err != nil {
				if ctx.Err() == nil {
					b.log.Error("not forgotten yet", "error", err)
				}
				b.forgetAgain = b.now().Add(keepAgain)
				return
			}
		}
	})
}

func (b *Bot) forget(ctx context.Context, fg nudges.Forget) error {
	b.exports.Clear()
	got, err := b.forgetter().Forget(ctx, fg)
	b.out.wake()
	if err != nil {
		return err
	}
	b.sayForgotten(got)
	b.republish(fg.Who)
	return nil
}

// sayForgotten says it in the log, however it was asked for; whom is nobody's business.
func (b *Bot) sayForgotten(got nudges.Forgotten) {
	b.log.Info("somebody was forgotten", "requests", got.Requests, "texts", got.Words, "messages", got.Removed)
}

// copies are the databases beside the file.
func (b *Bot) copies() []nudges.Copy {
	if b.cfg.File == nil {
		return nil
	}
	all, err := b.cfg.File.Copies()
	if err != nil {
		b.log.Error("backups not found", "error", err)
	}
	return all
}

func (b *Bot) forgetter() Forgetter {
	return Forgetter{Store: b.cfg.Store, File: b.cfg.File, Now: b.now, Live: b.live().Live}
}

// Forget forgets somebody at the operator's wish, or says what that would be. ErrNobody if there is
// nothing to forget.
func (b *Bot) Forget(ctx context.Context, who nudges.UserID, dry bool, p nudges.Progress) (got nudges.Forgotten, err error) {
	b.forgetting.Lock()
	defer b.forgetting.Unlock()
	f := b.forgetter()
	f.Progress = p
	if got, err = f.Look(ctx, who); err != nil || dry {
		return got, err
	}
	b.exports.Clear()
	got, err = f.Forget(ctx, nudges.Forget{Who: who, At: b.now()})
	b.out.wake()
	if err == nil {
		b.sayForgotten(got)
	}
	b.republish(who)
	return got, err
}
