package privacy

import (
	"slices"
	"time"

	"stepin/nudges"
	"stepin/nudges/verdict"
)

// Keep is for how long things are kept, and whether all of them are.
type Keep struct {
	Text   time.Duration // people's words, from when the call is done with
	Counts time.Duration // all else about it, from then
	// SensitiveOff leaves out what is Optional in the table of what is kept: it is neither asked nor stored,
	// what there is of it is erased, and nothing is counted.
	SensitiveOff bool
}

// The limits of what is kept, in days.
const (
	TextDays     = 30
	MostTextDays = 90
	CountDays    = 365
	SaidDays     = 60 // what belongs to no request: the reminders' receipts
)

func Days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// KeepUsual is what holds without a setting.
var KeepUsual = Keep{Text: Days(TextDays), Counts: Days(CountDays)}

// writing is one kind of words on a request: where they are, and who may have written them. Where the
// record does not tell, it is everybody who could have: we erase too much rather than too little.
type writing struct {
	field string // in the table of what is kept
	by    func(nudges.Request) []nudges.UserID
	at    func(*nudges.Request) []*string
}

func byManager(r nudges.Request) []nudges.UserID { return []nudges.UserID{r.Manager} }
func byRep(r nudges.Request) []nudges.UserID     { return []nudges.UserID{r.Rep} }
func byTwo(r nudges.Request) []nudges.UserID     { return []nudges.UserID{r.Manager, r.Rep} }

// byOpen are both once the debrief is shared with the rep, and the manager alone before.
func byOpen(r nudges.Request) []nudges.UserID {
	if r.Debrief.WasShared() || r.Way == nudges.ByDebrief {
		return byTwo(r)
	}
	return byManager(r)
}

// byCaller are those who can have named the call: the manager can rename what a rep has asked for.
func byCaller(r nudges.Request) []nudges.UserID {
	if r.Way == nudges.ByAsk || r.Way == nudges.ByDebrief {
		return byTwo(r)
	}
	return byManager(r)
}

func byApprover(r nudges.Request) []nudges.UserID {
	all := slices.Clone(r.Grant.Route)
	if by := r.Grant.By; by != "" && by != r.Manager {
		all = append(all, by)
	}
	return all
}

func only(s func(*nudges.Request) *string) func(*nudges.Request) []*string {
	return func(r *nudges.Request) []*string { return []*string{s(r)} }
}

// writings are all words that a request holds.
var writings = []writing{
	{"requests.deal", byCaller, only(func(r *nudges.Request) *string { return &r.Deal })},
	{"requests.skill", byManager, only(func(r *nudges.Request) *string { return &r.Skill })},
	{"requests.plan", byManager, only(func(r *nudges.Request) *string { return &r.Plan })},
	{"requests.word.guess", byManager, only(func(r *nudges.Request) *string { return &r.Word.Guess })},
	{"requests.note_text", byManager, only(func(r *nudges.Request) *string { return &r.NoteText })},
	{"requests.grant.reason", byManager, only(func(r *nudges.Request) *string { return &r.Grant.Reason })},
	{"requests.grant.word", byApprover, only(func(r *nudges.Request) *string { return &r.Grant.Word })},
	{"requests.word.help", byRep, only(func(r *nudges.Request) *string { return &r.Word.Help })},
	{"requests.word.answer", byRep, only(func(r *nudges.Request) *string { return (*string)(&r.Word.Answer) })},
	{
		"requests.debrief.manager.coached", byManager,
		only(func(r *nudges.Request) *string { return &r.Debrief.Manager.Coached }),
	},
	{
		"requests.debrief.manager.learned", byManager,
		only(func(r *nudges.Request) *string { return &r.Debrief.Manager.Learned }),
	},
	{
		"requests.debrief.manager.link", byManager,
		only(func(r *nudges.Request) *string { return &r.Debrief.Manager.Link }),
	},
	{"requests.debrief.rep.coached", byRep, only(func(r *nudges.Request) *string { return &r.Debrief.Rep.Coached })},
	{"requests.debrief.rep.learned", byRep, only(func(r *nudges.Request) *string { return &r.Debrief.Rep.Learned })},
	{"requests.debrief.rep.link", byRep, only(func(r *nudges.Request) *string { return &r.Debrief.Rep.Link })},
	{"requests.debrief.reason", byOpen, only(func(r *nudges.Request) *string { return &r.Debrief.Reason })},
	{"requests.coaching.skill", byManager, only(func(r *nudges.Request) *string { return &r.Coaching.Skill })},
	{"requests.past.learn", byManager, only(func(r *nudges.Request) *string { return &r.Past.Learn })},
	{"requests.past.coached.skill", byManager, func(r *nudges.Request) (all []*string) {
		for i := range r.Past.Coached {
			all = append(all, &r.Past.Coached[i].Skill)
		}
		return all
	}},
}

// Without is a request without the words that somebody has written, or may have, and those words; ""
// takes out everybody's. Situation and counts stay as they are.
func Without(r nudges.Request, who nudges.UserID) (nudges.Request, []string) {
	r = r.Clone()
	r.Past.Coached = slices.Clone(r.Past.Coached)
	var gone []string
	for _, w := range writings {
		if who != "" && !slices.Contains(w.by(r), who) {
			continue
		}
		for _, s := range w.at(&r) {
			if *s != "" {
				gone = append(gone, *s)
				*s = ""
			}
		}
	}
	return r, gone
}

// An Own is something that somebody has written.
type Own struct {
	Name string // of its row in the table of what is kept
	Text string
}

// OwnWords are the words on a request that somebody has written, or may have, with what they are.
func OwnWords(r nudges.Request, who nudges.UserID) (all []Own) {
	for _, w := range writings {
		if !slices.Contains(w.by(r), who) {
			continue
		}
		for _, s := range w.at(&r) {
			if *s != "" && w.field != "requests.deal" && w.field != "requests.word.answer" {
				all = append(all, Own{rowOf(w.field), *s})
			}
		}
	}
	return all
}

func rowOf(field string) string {
	i := slices.IndexFunc(kept, func(k Kept) bool { return slices.Contains(k.Fields, field) })
	return kept[i].Name // a test asks for each
}

// Anonymise is a request that has been done for long enough to lose its words. No message is drawn again
// for it: what Slack has, it keeps by its own rules.
func Anonymise(r nudges.Request) nudges.Request {
	r, _ = Without(r, "")
	r.Anonymised = true
	return r
}

// Minimise is a request without what is Optional in the table of what is kept, and whether there was
// anything of it.
func Minimise(r nudges.Request) (nudges.Request, bool) {
	past := !r.Past.Took.IsZero() || len(r.Past.Coached) > 0
	if r.Answers[verdict.QMotive] == "" && r.Answers[verdict.QEstimate] == "" && !past {
		return r, false
	}
	r = r.Clone()
	delete(r.Answers, verdict.QMotive)
	delete(r.Answers, verdict.QEstimate)
	r.Past = verdict.Past{Learn: r.Past.Learn}
	return r, true
}

// Request is r without what is not to be kept at all.
func (k Keep) Request(r nudges.Request) nudges.Request {
	if k.SensitiveOff {
		r, _ = Minimise(r)
	}
	return r
}

// Past is p without what is not to be kept at all: what is to be learned was typed for that.
func (k Keep) Past(p verdict.Past) verdict.Past {
	if k.SensitiveOff {
		return verdict.Past{Learn: p.Learn}
	}
	return p
}

// Concerns says whether somebody has a part in a request, now or before, or was shown it.
func Concerns(r nudges.Request, who nudges.UserID) bool {
	return r.Manager == who || r.Rep == who || r.Grant.By == who || r.Debrief.By == who ||
		slices.Contains(r.Grant.Route, who) ||
		slices.ContainsFunc(r.Others, func(o nudges.Sent) bool { return o.To == who })
}
