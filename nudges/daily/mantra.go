package daily

import (
	"cmp"
	"slices"
	"strconv"

	"stepin/nudges"
	"stepin/nudges/text"
)

// A LineKind says what a line of the daily reminder is about.
type LineKind string

// The kinds, those that a person made first.
const (
	LinePlan   LineKind = "plan"   // what they planned to do when it gets hard
	LineWell   LineKind = "well"   // a hold-back of theirs that went well
	LineLesson LineKind = "lesson" // what they said they learned
	LineMantra LineKind = "mantra" // one of Words.Mantras
)

// A Line names what the reminder says on one day, without any words: they are people's
// own, and may be forgotten meanwhile.
type Line struct {
	Kind LineKind
	ID   string // of the request it comes from; of a mantra, its MantraID
}

// A SaidLine is a line and the date whose reminder said it.
type SaidLine struct {
	On    nudges.Date
	Line  Line
	Again int // which repetition of that date brought it; 0 for the first showing
}

// A Made is what a person made lately. A line can speak of it.
type Made struct {
	Line Line
	On   nudges.Date // on the person's own calendar
}

// How long a line stays unsaid once it was said, and how long it is worth saying what
// somebody made: a plan belongs to the next working day, with a weekend between.
const (
	lineRest   = 14 // days
	planFresh  = 3
	otherFresh = lineRest
)

// MantraID names a mantra by its words, so that a list in another order or with other
// lines says nothing twice.
func MantraID(mantra string) string { return strconv.FormatUint(text.Hash(mantra)&0xffffffff, 36) }

// PickLine is what today's reminder says to a person, given what was said lately, what
// they made, and the list of mantras. first marks the person's day one, which is the
// first of the list as it stands.
//
// What they made comes first, each once: the newest plan of the days just past, a
// hold-back that went well, a lesson. Otherwise it is the next mantra, in an order of
// the person's own that goes through the whole list. Nothing comes again within a
// fortnight; if nothing is left, nothing is said.
func PickLine(person nudges.UserID, today nudges.Date, first bool, said []SaidLine, made []Made,
	mantras []string,
) (Line, bool) {
	if len(mantras) > 0 && first {
		return Line{LineMantra, MantraID(mantras[0])}, true
	}
	since := today.Plus(-lineRest)
	rests := func(l Line) bool {
		return slices.ContainsFunc(said, func(s SaidLine) bool { return s.Line == l && s.On >= since })
	}
	kinds := []LineKind{LinePlan, LineWell, LineLesson}
	var best Made
	for _, m := range made {
		fresh := otherFresh
		if m.Line.Kind == LinePlan {
			fresh = planFresh
		}
		if m.On >= today || m.On < today.Plus(-fresh) || !slices.Contains(kinds, m.Line.Kind) || rests(m.Line) {
			continue
		}
		better := cmp.Or(
			cmp.Compare(slices.Index(kinds, m.Line.Kind), slices.Index(kinds, best.Line.Kind)),
			cmp.Compare(best.On, m.On), // the newest
			cmp.Compare(m.Line.ID, best.Line.ID),
		) < 0
		if best.On == "" || better {
			best = m
		}
	}
	if best.On != "" {
		return best.Line, true
	}
	return nextMantra(person, today, said, mantras, rests)
}

// nextMantra is the first mantra that does not rest, in the person's order after the one
// that was said last.
func nextMantra(person nudges.UserID, today nudges.Date, said []SaidLine, mantras []string,
	rests func(Line) bool,
) (Line, bool) {
	if len(mantras) == 0 {
		return Line{}, false
	}
	type placed struct {
		place uint64
		id    string
	}
	order := make([]placed, 0, len(mantras))
	for _, m := range mantras {
		id := MantraID(m)
		order = append(order, placed{text.Hash(string(person), id), id})
	}
	slices.SortFunc(order,
		func(a, b placed) int { return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.id, b.id)) })
	start := int(text.Hash(string(person), string(today)) % uint64(len(order)))
	for _, s := range slices.Backward(said) {
		if i := slices.IndexFunc(order, func(p placed) bool { return p.id == s.Line.ID }); s.Line.Kind == LineMantra &&
			i >= 0 {
			start = i + 1
			break
		}
	}
	for i := range order {
		l := Line{LineMantra, order[(start+i)%len(order)].id}
		if !rests(l) {
			return l, true
		}
	}
	return Line{}, false
}
