package erase

import (
	"fmt"
	"slices"
	"time"

	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/team"
)

// A part is one transaction of a round.
type part struct {
	tx    storage.Tx
	who   nudges.UserID
	now   time.Time
	keep  privacy.Keep
	got   storage.Forgotten
	words []string // the person's words that were deleted
}

// requests deletes the person's words in some requests.
func (p *part) requests(ids []nudges.RequestID) error {
	for _, id := range ids {
		if err := p.request(id); err != nil {
			return fmt.Errorf("request %s: %w", id, err)
		}
	}
	return nil
}

// rest deletes the person's words outside of requests.
func (p *part) rest() error {
	words, marked, err := p.tx.ForgetPerson(p.who)
	if err != nil {
		return err
	}
	p.words, p.got.Marked = words, marked
	if err := p.meets(); err != nil {
		return err
	}
	for _, prefix := range []string{
		daily.ReminderKey(p.who, "", 0), nudges.DebriefReminderKey(p.who, ""), nudges.Key("", 0, p.who, ""),
	} {
		delivered, waiting, err := p.tx.SaidTo(prefix)
		if err != nil {
			return err
		}
		if err := p.takeBack(nudges.Request{}, delivered, waiting, nil); err != nil {
			return err
		}
	}
	return nil
}

// meets takes back the questions to reps whether somebody is their manager: those to the person, and about them.
func (p *part) meets() error {
	delivered, waiting, err := p.tx.SaidTo(team.MeetKeys)
	if err != nil {
		return err
	}
	others := func(key string) bool {
		manager, rep, _ := team.MeetOf(key)
		return manager != p.who && rep != p.who
	}
	delivered = slices.DeleteFunc(delivered, func(key string) bool { return others(key) })
	waiting = slices.DeleteFunc(waiting, func(m nudges.Message) bool { return others(m.Key) })
	return p.takeBack(nudges.Request{Manager: p.who}, delivered, waiting, nil)
}

// request deletes the person's words in one request. It also ends what they have open there.
func (p *part) request(id nudges.RequestID) error {
	r, err := p.tx.Request(id)
	if err != nil {
		return err
	}
	o := partEnded(r, p.who, p.now)
	r, wrote := privacy.Without(o.Request, p.who)
	if r.Manager == p.who { // it counts for them no more, and why they wanted to step in goes, too
		r, _ = privacy.Minimise(r)
		r.Uncounted = true
	}
	o.Request = r
	if err := storage.Apply(p.tx, p.keep, o, p.now); err != nil {
		return err
	}
	delivered, waiting, err := p.tx.SaidTo(string(id) + "/")
	if err != nil {
		return err
	}
	p.got.Requests++
	tell := map[string]bool{} // others learn that it has ended
	for _, m := range o.Messages {
		tell[m.Key] = m.To != p.who && m.Edits == ""
	}
	if err := p.takeBack(r, delivered, waiting, tell); err != nil || len(wrote) == 0 {
		return err
	}
	p.words = append(p.words, wrote...)
	shown := delivered
	for _, m := range waiting {
		if m.Attempted {
			shown = append(shown, m.Key)
		}
	}
	return p.redraw(r, shown)
}

// redraw edits the messages about a request that others have or are being sent, so that the words go there, too.
func (p *part) redraw(r nudges.Request, shown []string) error {
	others := r.Others
	if r.Card != "" {
		others = append(slices.Clone(others), nudges.Sent{Key: r.Card, Kind: nudges.KindCard, To: r.Manager})
	}
	for i, s := range others {
		if privacy.Removes(r, s.Key, p.who) || !slices.Contains(shown, s.Key) {
			continue
		}
		kind := s.Kind
		if kind == nudges.KindCard {
			kind = nudges.KindEdit
		}
		if err := p.tx.Enqueue(p.now, nudges.Message{
			Key:  nudges.Key(r.ID, r.Seq, s.To, fmt.Sprintf("%s-%d-%d", nudges.KindEdit, p.now.UnixNano(), i)),
			Kind: kind, To: s.To, Request: r.ID, Edits: s.Key, Due: p.now,
		}); err != nil {
			return err
		}
	}
	return nil
}

// partEnded ends a person's open part in a request.
func partEnded(r nudges.Request, who nudges.UserID, now time.Time) nudges.Outcome {
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
		if err != nil {
			continue // refused: it ended a moment ago, or they may not end it
		}
		o.Request = next.Request
		o.Transitions = append(o.Transitions, next.Transitions...)
		o.Messages, o.Ledger = append(o.Messages, next.Messages...), append(o.Ledger, next.Ledger...)
	}
	return o
}

// takeBack drops waiting messages to the person or about their own request r, and replaces delivered ones. A message on
// its way is replaced once it has arrived. Messages in tell stay.
func (p *part) takeBack(r nudges.Request, delivered []string, waiting []nudges.Message, tell map[string]bool) error {
	removes := func(key string) bool {
		return r.ID == "" && privacy.StandsAlone(key) || r.ID != "" && privacy.Removes(r, key, p.who)
	}
	var gone []string
	for _, key := range delivered {
		if removes(key) {
			gone = append(gone, key)
		}
	}
	for _, m := range waiting {
		switch {
		case m.Kind == privacy.KindRemoved || tell[m.Key]:
		case m.Attempted && m.Edits == "":
			if removes(m.Key) {
				gone = append(gone, m.Key)
			}
		case m.To == p.who || r.Manager == p.who || m.Edits != "" && removes(m.Edits):
			if err := p.tx.Drop(m.Key, "forgotten"); err != nil {
				return err
			}
			p.got.Dropped++
		}
	}
	return p.replace(r, gone)
}

// replace puts a neutral sentence in place of delivered messages.
func (p *part) replace(r nudges.Request, keys []string) error {
	for _, key := range keys {
		to, _ := privacy.ToldTo(key)
		if r.ID == "" && r.Manager == "" || to == "" || to == nudges.ThreadTo {
			to = p.who
		}
		_, err := p.tx.Receipt(privacy.RemovedKey(key))
		_, waits := p.tx.Message(privacy.RemovedKey(key))
		if err == nil || waits == nil {
			continue
		}
		p.got.Removed++
		if err := p.tx.Enqueue(p.now, nudges.Message{
			Key: privacy.RemovedKey(key), Kind: privacy.KindRemoved, To: to, Request: r.ID, Edits: key, Due: p.now,
		}); err != nil {
			return err
		}
	}
	return nil
}
