package store

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
	"stepin/store/storetest"
)

// A model is the store as one would naively write it: maps, searched whole.
type model struct {
	requests  map[nudges.RequestID]nudges.Request
	born      map[nudges.RequestID]int
	outbox    map[string]nudges.Message
	queued    map[string]int
	receipts  map[string]nudges.Receipt
	dropped   map[string]bool
	envelopes map[string]time.Time
	learning  map[string]nudges.LearningDeal
	trust     map[string][]int // by month and rep
	took      map[string][]time.Time
	coached   map[string][]verdict.Coached
	n         int
}

func newModel() *model {
	return &model{
		map[nudges.RequestID]nudges.Request{},
		map[nudges.RequestID]int{},
		map[string]nudges.Message{},
		map[string]int{},
		map[string]nudges.Receipt{},
		map[string]bool{},
		map[string]time.Time{},
		map[string]nudges.LearningDeal{},
		map[string][]int{},
		map[string][]time.Time{},
		map[string][]verdict.Coached{},
		0,
	}
}

func (m *model) clone() *model {
	return &model{
		maps.Clone(m.requests), maps.Clone(m.born), maps.Clone(m.outbox), maps.Clone(m.queued),
		maps.Clone(m.receipts), maps.Clone(m.dropped), maps.Clone(m.envelopes),
		maps.Clone(m.learning), maps.Clone(m.trust), maps.Clone(m.took), maps.Clone(m.coached), m.n,
	}
}

// step does one random thing to both.
func (m *model) step(tx storage.Tx, rng *rand.Rand, now time.Time) error {
	id := nudges.RequestID(fmt.Sprint("R", rng.IntN(25)))
	key := fmt.Sprint("k", rng.IntN(40))
	_, waits := m.outbox[key]
	moment := now.Add(time.Duration(rng.IntN(200)-100) * time.Minute)
	expect := func(err error, ok bool) error {
		if ok || !errors.Is(err, nudges.ErrNotFound) {
			return err
		}
		return nil
	}
	m.n++
	switch rng.IntN(16) {
	case 0, 1, 2, 3:
		r := m.requests[id]
		r.ID, r.Manager, r.Rep = id, pick(rng, nudges.UserID("U"), "U1", "U11"),
			pick(rng, nudges.UserID(""), "V1", "V2")
		r.Deal, r.Phase = pick(rng, "", "Acme", "ACME!", "Beta"),
			pick(rng, nudges.Before, nudges.During, nudges.After, nudges.Debrief, nudges.Done)
		r.Debrief = nudges.Debriefing{
			Place: pick(rng, "", nudges.InGroup), RemindAt: moment.Add(time.Minute),
			Reminded: rng.IntN(2) == 0,
		}
		r.Decision = pick(rng, nudges.Undecided, nudges.Withdrawn, nudges.Decided(ladder.Coach))
		r.Grant = nudges.Grant{State: pick(rng, nudges.NoGrant, nudges.Asked), Until: moment}
		r.Starts, r.Ends, r.Begun = moment, moment.Add(time.Hour),
			storetest.T0.Add(time.Duration(rng.IntN(5))*time.Second)
		if _, ok := m.requests[id]; !ok {
			m.born[id] = m.n
		}
		m.requests[id] = r
		return tx.PutRequest(r)
	case 4, 5:
		msg := nudges.Message{Key: key, Kind: "x", Due: moment}
		if _, was := m.receipts[key]; !waits && !was && !m.dropped[key] {
			m.outbox[key], m.queued[key] = msg, m.n
		}
		return tx.Enqueue(now, msg)
	case 6:
		if msg, ok := m.outbox[key]; ok {
			msg.Attempted, msg.Tries = true, msg.Tries+1
			m.outbox[key] = msg
		}
		return expect(tx.Attempt(key), waits)
	case 7:
		rc := nudges.Receipt{Channel: "D", TS: key, At: now.UTC()}
		_, was := m.receipts[key]
		if (waits || m.dropped[key]) && !was {
			m.receipts[key] = rc
			delete(m.outbox, key)
			delete(m.dropped, key)
			waits = true
		}
		return expect(tx.Settle(key, rc), waits)
	case 8:
		if waits {
			delete(m.outbox, key)
			m.dropped[key] = true
		}
		return expect(tx.Drop(key, "x"), waits)
	case 9:
		if msg, ok := m.outbox[key]; ok {
			msg.Attempted, msg.Due = false, moment
			m.outbox[key] = msg
		}
		return expect(tx.Postpone(key, moment), waits)
	case 10:
		if msg, ok := m.outbox[key]; ok {
			if msg.Held = true; msg.Tries > 1 {
				msg.Tries--
			}
			m.outbox[key] = msg
		}
		if rng.IntN(4) > 0 {
			return expect(tx.Hold(key), waits)
		}
		for k, msg := range m.outbox {
			msg.Held = false
			m.outbox[k] = msg
		}
		_, err := tx.Release()
		return errors.Join(expect(tx.Hold(key), false), second(tx.Release()), err)
	case 11:
		l := nudges.LearningDeal{
			Manager: pick(rng, users...), Rep: pick(rng, theirReps...),
			Deal: pick(rng, "Acme", "ACME!", "Beta"), What: pick(rng, "", "price", "silence"), At: now.UTC(),
		}
		call := fmt.Sprint(l.Manager, "/", l.Rep, "/", nudges.NormalDeal(l.Deal))
		if m.learning[call] = l; l.What == "" {
			delete(m.learning, call)
		}
		return tx.PutLearning(l)
	case 12:
		rep, answer, at := nudges.UserID(fmt.Sprint("W", rng.IntN(7))), 1+rng.IntN(5),
			storetest.T0.AddDate(0, rng.IntN(3), rng.IntN(20))
		month := fmt.Sprint(at.Format("2006-01 "), rep)
		m.trust[month] = append(slices.Clone(m.trust[month]), answer)
		return tx.PutTrust(rep, answer, at)
	case 13, 14:
		e := nudges.LedgerEntry{
			Manager: pick(rng, users...), Rep: pick(rng, theirReps...), Deal: pick(rng, "", "Acme", "ACME!", "Beta"),
			Skill: pick(rng, "", "Pricing", "Silence"),
			Took:  rng.IntN(3) > 0, At: storetest.T0.Add(time.Duration(rng.IntN(10)) * time.Hour),
		}
		if e.Took && rng.IntN(3) == 0 {
			e.Not = e.At
		}
		for _, what := range []string{"deal/" + nudges.NormalDeal(e.Deal), "skill/" + strings.ToLower(e.Skill)} {
			key := fmt.Sprint(e.Manager, "/", e.Rep, "/", what)
			took := slices.Clone(m.took[key])
			i := len(took) - 1
			for i >= 0 && !took[i].Equal(e.Not) {
				i--
			}
			switch {
			case strings.HasSuffix(what, "/"):
			case !e.Took:
				all := append(slices.Clone(m.coached[key]), verdict.Coached{Skill: e.Skill, At: e.At})
				m.coached[key] = all[max(0, len(all)-mostCoached):]
			case e.Not.IsZero():
				took = append(took, e.At)
				m.took[key] = took[max(0, len(took)-2):] // one can be taken back
			case i >= 0:
				m.took[key] = slices.Delete(took, i, i+1)
			}
		}
		return tx.Remember(e)
	default:
		if rng.IntN(3) == 0 {
			want := 0
			for k, at := range m.envelopes {
				if at.Before(moment) {
					delete(m.envelopes, k)
					want++
				}
			}
			if n, err := tx.Sweep(moment, 1000); n != want || err != nil {
				return fmt.Errorf("swept %d, want %d: %w", n, want, err)
			}
			return nil
		}
		m.envelopes[key] = moment
		return tx.Record(key, []byte(key), moment)
	}
}

func second(_ int, err error) error { return err }

var (
	users     = []nudges.UserID{"U", "U1", "U11"}
	theirReps = []nudges.UserID{"V1", "V2"}
)

// past is what counts of what the model remembers.
func (m *model) past(key string) string {
	var took time.Time
	if all := m.took[key]; len(all) > 0 {
		took = all[len(all)-1]
	}
	all := slices.Clone(m.coached[key])
	slices.SortStableFunc(all, func(a, b verdict.Coached) int { return a.At.Compare(b.At) })
	var since []verdict.Coached
	for _, c := range all {
		if !c.At.Before(took) && !slices.Contains(since, c) {
			since = append(since, c)
		}
	}
	return fmt.Sprint(took.UTC(), since)
}

func pick[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

// say writes down all that the model knows, as the store should.
func (m *model) say(now time.Time) string {
	var b strings.Builder
	newest := slices.SortedFunc(maps.Values(m.requests), func(x, y nudges.Request) int {
		return cmp.Or(y.Begun.Compare(x.Begun), cmp.Compare(m.born[y.ID], m.born[x.ID]))
	})
	for _, u := range []nudges.UserID{"U", "U1", "U11"} {
		var open []nudges.RequestID
		last := nudges.RequestID("")
		calls := map[string]nudges.RequestID{}
		for _, r := range newest {
			if r.Manager != u {
				continue
			}
			last = cmp.Or(last, r.ID)
			if r.Open() {
				open = append(open, r.ID)
				call := fmt.Sprint(r.Rep, "/", nudges.NormalDeal(r.Deal))
				calls[call] = cmp.Or(calls[call], r.ID)
			}
		}
		fmt.Fprintln(&b, u, "open", open, "last", last, "calls", calls)
	}
	for _, u := range theirReps {
		fmt.Fprint(&b, u, " shared")
		for _, r := range newest {
			if r.Rep == u && r.Debrief.Place != "" && !r.Begun.Before(storetest.T0.Add(2*time.Second)) {
				fmt.Fprint(&b, " ", r.ID)
			}
		}
		fmt.Fprintln(&b)
	}
	for _, u := range users {
		for _, v := range theirReps {
			for _, deal := range []string{"Acme", "Beta"} {
				call := fmt.Sprint(u, "/", v, "/", nudges.NormalDeal(deal))
				fmt.Fprintln(&b, u, v, deal, m.past(fmt.Sprint(u, "/", v, "/deal/", nudges.NormalDeal(deal))),
					m.learning[call].What)
			}
			fmt.Fprintln(&b, u, v, m.past(fmt.Sprint(u, "/", v, "/skill/pricing")))
		}
	}
	n := map[nudges.UserID]int{}
	for _, l := range m.learning {
		n[l.Manager]++
	}
	fmt.Fprintln(&b, "learning", n)
	for month := range 4 {
		who, answers, sum := map[string]bool{}, 0, 0
		for k, all := range m.trust {
			at, rep, _ := strings.Cut(k, " ")
			if at < storetest.T0.AddDate(0, month, 0).Format("2006-01") {
				continue
			}
			who[rep] = true
			answers += len(all)
			for _, a := range all {
				sum += a
			}
		}
		f := privacy.TrustFigure{}
		if len(who) >= 5 {
			f = privacy.TrustFigure{Reps: len(who), Answers: answers, Mean: float64(sum) / float64(answers)}
		}
		fmt.Fprintln(&b, "trust", f, len(who) >= 5)
	}
	var due []string
	var next []time.Time
	for _, r := range m.requests {
		if at, ok := r.NextTick(); ok {
			next = append(next, at)
			if !at.After(now) {
				due = append(due, fmt.Sprint(at.UTC().Format(time.RFC3339Nano), " ", r.ID))
			}
		}
	}
	slices.Sort(due)
	fmt.Fprintln(&b, "due", due)
	var ready, tried []nudges.Message
	var oldest time.Time
	for _, msg := range m.outbox {
		if oldest.IsZero() || msg.Due.Before(oldest) {
			oldest = msg.Due
		}
		switch {
		case msg.Held:
		case msg.Attempted:
			tried = append(tried, msg)
		default:
			next = append(next, msg.Due)
			if !msg.Due.After(now) {
				ready = append(ready, msg)
			}
		}
	}
	byDue := func(x, y nudges.Message) int {
		return cmp.Or(x.Due.Compare(y.Due), cmp.Compare(m.queued[x.Key], m.queued[y.Key]))
	}
	for _, l := range [][]nudges.Message{ready, tried} {
		for _, msg := range slices.SortedFunc(slices.Values(l), byDue) {
			fmt.Fprint(&b, msg.Key, msg.Tries, " ")
		}
		fmt.Fprintln(&b)
	}
	first := time.Time{}
	if len(next) > 0 {
		first = slices.MinFunc(next, time.Time.Compare)
	}
	fmt.Fprintln(&b, "next", first.UTC(), "waiting", len(m.outbox), oldest.UTC(), "requests", len(m.requests))
	fmt.Fprintln(&b, m.receipts, slices.Sorted(maps.Keys(m.envelopes)))
	return b.String()
}

// hear asks the store for the same, through its methods.
func hear(r *reader, now time.Time) (string, error) {
	var b strings.Builder
	var errs []error
	for _, u := range []nudges.UserID{"U", "U1", "U11"} {
		all, err := storage.All(r.OpenRequests(u))
		errs = append(errs, err)
		var open []nudges.RequestID
		calls := map[string]nudges.RequestID{}
		for _, q := range all {
			open = append(open, q.ID)
			got, err := r.SameCall(u, q.Rep, q.Deal, "")
			errs = append(errs, err)
			calls[fmt.Sprint(q.Rep, "/", nudges.NormalDeal(q.Deal))] = got.ID
		}
		last, err := r.LastRequest(u)
		if !errors.Is(err, nudges.ErrNotFound) {
			errs = append(errs, err)
		}
		fmt.Fprintln(&b, u, "open", open, "last", last.ID, "calls", calls)
	}
	for _, u := range theirReps {
		all, err := r.SharedDebriefs(u, storetest.T0.Add(2*time.Second))
		errs = append(errs, err)
		fmt.Fprint(&b, u, " shared")
		for _, q := range all {
			fmt.Fprint(&b, " ", q.ID)
		}
		fmt.Fprintln(&b)
	}
	n := map[nudges.UserID]int{}
	for _, u := range users {
		for _, v := range theirReps {
			for _, deal := range []string{"Acme", "Beta"} {
				p, err := r.Past(u, v, deal, "")
				errs = append(errs, err)
				fmt.Fprintln(&b, u, v, deal, fmt.Sprint(p.Took, p.Coached), p.Learn)
			}
			p, err := r.Past(u, v, "", "pricing")
			errs = append(errs, err)
			fmt.Fprintln(&b, u, v, fmt.Sprint(p.Took, p.Coached))
		}
		all, err := r.Learning(u)
		errs = append(errs, err)
		if len(all) > 0 {
			n[u] = len(all)
		}
	}
	fmt.Fprintln(&b, "learning", n)
	for month := range 4 {
		f, ok, err := r.Trust(storetest.T0.AddDate(0, month, 0))
		errs = append(errs, err)
		fmt.Fprintln(&b, "trust", f, ok)
	}
	var due []string
	for id, err := range r.DueRequests(now) {
		q, err2 := r.Request(id)
		at, _ := q.NextTick()
		errs = append(errs, err, err2)
		due = append(due, fmt.Sprint(at.UTC().Format(time.RFC3339Nano), " ", id))
	}
	slices.Sort(due) // those due in one moment come by their id's bytes, as here
	fmt.Fprintln(&b, "due", due)
	for m, err := range r.Ready(now) {
		errs = append(errs, err)
		fmt.Fprint(&b, m.Key, m.Tries, " ")
	}
	fmt.Fprintln(&b)
	for m, err := range r.Attempted() {
		errs = append(errs, err)
		fmt.Fprint(&b, m.Key, m.Tries, " ")
	}
	fmt.Fprintln(&b)
	next, _, err := r.NextDue()
	waiting, oldest, err2 := r.Waiting()
	errs = append(errs, err, err2)
	fmt.Fprintln(&b, "next", next.UTC(), "waiting", waiting, oldest.UTC(), "requests", r.count(countRequests))
	receipts := map[string]nudges.Receipt{}
	var recorded []string
	for i := range 40 {
		key := fmt.Sprint("k", i)
		if rc, err := r.Receipt(key); err == nil {
			receipts[key] = rc
		}
		if a, err := r.Answered(key); err == nil && string(a) == key {
			recorded = append(recorded, key)
		}
	}
	slices.Sort(recorded)
	fmt.Fprintln(&b, receipts, recorded)
	return b.String(), errors.Join(errs...)
}

// Random work leaves the store as it leaves the model, and the indexes have nothing
// left over; transactions that fail leave nothing at all.
func TestAgainstModel(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 7))
			path, o := storetest.File(t), Options{}
			d, m := opened(t, path, o), newModel()
			now := storetest.T0
			for i := 0; i < 2600; {
				next, steps, fail := m.clone(), 1+rng.IntN(5), rng.IntN(6) == 0
				err := d.Update(t.Context(), func(tx storage.Tx) error {
					for range steps {
						if err := next.step(tx, rng, now); err != nil {
							return err
						}
					}
					if fail {
						return storetest.ErrOnPurpose
					}
					return nil
				})
				switch {
				case fail && errors.Is(err, storetest.ErrOnPurpose):
				case err != nil:
					t.Fatal(err)
				default:
					m = next
				}
				if rng.IntN(200) == 0 {
					storetest.Close(t, d)
					d = opened(t, path, o)
				}
				i += steps
				now = now.Add(time.Minute)
				if i%10 == 0 || i >= 2600 {
					compare(t, d, m, now, i)
				}
			}
		})
	}
}

func compare(t *testing.T, d *DB, m *model, now time.Time, i int) {
	t.Helper()
	if err := d.look(func(r *reader) error {
		got, err := hear(r, now)
		if want := m.say(now); got != want {
			t.Fatalf("after %d steps\ngot\n%s\nwant\n%s", i, got, want)
		}
		size := r.Size
		if n := size(due) + size(attempted) + size(held); n != len(m.outbox) {
			t.Fatalf("%d index entries for %d messages", n, len(m.outbox))
		}
		wasShared := 0
		for _, q := range m.requests {
			if q.Rep != "" && q.Debrief.Place != "" {
				wasShared++
			}
		}
		if n := size(shared); n != wasShared {
			t.Fatalf("%d index entries for %d debriefs of reps", n, wasShared)
		}
		if n := size(managers); n != len(m.requests) {
			t.Fatalf("%d index entries for %d requests", n, len(m.requests))
		}
		if size(open) != size(calls) || size(envelopes) != size(arrivals) {
			t.Fatalf("open %d, calls %d, envelopes %d, arrivals %d", size(open), size(calls), size(envelopes),
				size(arrivals))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
