// Package verdict has the questions of a pause, and judges the answers: what stepin would do, and why.
//
// It is pure: Of gives the same verdict for the same answers and the same Past. It knows neither a request nor a
// person, and no words but those that it can quote.
//
//	Answers, Past ─▶ Of: a ground, else blanks, else the sum of reasons within its bounds ─▶ Verdict
//
// The rules of verdict.yaml are tried in this order: a ground, the highest first; the rep was not asked; three blanks;
// the rep's wish left blank; else reasons added up, bounded by the rep's own word, and by the first of estimate,
// learning deal and ledger that lowers the sum. The facts are asked in two steps: LaterFacts follow only where they
// can still change the rung (AsksLater). Missing is what a higher rung costs.
//
// The files, in the order of the data:
//
//	question.go  the questions and what an answer decides, by questions.yaml, which also words them
//	past.go      what is remembered of the rep and the deal
//	verdict.go   what stepin would do and why, by verdict.yaml, and what must be answered for more
package verdict

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"go.yaml.in/yaml/v4"

	"stepin/nudges/ladder"
)

// A Verdict is what stepin would do, and what made it say so.
type Verdict struct {
	Rung     ladder.Rung
	Rule     string       // id of the rule that decided, from verdict.yaml, or RuleUps
	Ground   string       // "", or the real reason to step in: GroundRep, GroundCustomer, GroundLine
	Because  []QuestionID // the answers it rests on, at most two
	Against  QuestionID   // the answer that speaks against it; "" for the rule's own sentence
	AskFirst bool         // coaching begins with asking the rep
	Learning bool         // the deal is marked for learning, which is a reason to leave it to the rep
}

// The grounds, and the rule that adds up reasons.
const (
	GroundRep      = "rep"
	GroundCustomer = "customer"
	GroundLine     = "line"
	RuleUps        = "ups"
)

// A rule is a row of the table. Which fields matter depends on the part it stands in.
type rule struct {
	ID     string
	When   Conditions // all of them hold
	Ground string
	Rung   ladder.Rung
	Least  int // of blanks, or percent
}

// A Condition is an answer that was given; an option of "" is a blank.
type Condition struct {
	Question QuestionID
	Option   OptionID
}

// A bound holds the sum at a rung or lifts it to one, by the rep's word.
type bound struct {
	ID          string
	When        Conditions
	Least, Most ladder.Rung // either may be ""
}

// Conditions stand in the order of the file.
type Conditions []Condition

// UnmarshalYAML reads a mapping from questions to options.
func (cs *Conditions) UnmarshalYAML(n *yaml.Node) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		*cs = append(*cs, Condition{QuestionID(n.Content[i].Value), OptionID(n.Content[i+1].Value)})
	}
	return nil
}

func (c Condition) holds(a Answers) bool { return answer(a, c.Question) == c.Option }

// A Table is verdict.yaml: the same data decides and explains.
type Table struct {
	Grounds  []rule
	NotAsked rule `yaml:"not_asked"`
	Blanks   rule
	Unsaid   rule
	Ups      `yaml:"ups"`
	Word     []bound
	Cap      rule
	Learning rule
	Ledger   rule
	Quote    []QuestionID
}

// Ups add up reasons: each is one rung up from the first, and never above the last.
type Ups struct {
	From ladder.Rung
	Each Conditions
	Most ladder.Rung
}

//go:embed verdict.yaml
var verdictYAML []byte

// Rules are those that decide. They are read at the first use: most commands need none.
var Rules = sync.OnceValue(func() (t Table) {
	if err := yaml.Load(verdictYAML, &t, yaml.WithKnownFields()); err != nil {
		panic(fmt.Sprint("nudges/verdict: verdict.yaml: ", err))
	}
	return t
})

// answer is what was said to q; "" for a blank, and for an option that does not exist.
func answer(a Answers, q QuestionID) OptionID {
	if o := a[q]; Known(q, o) {
		return o
	}
	return ""
}

// Of is the verdict on the answers and on what is remembered of the rep and the deal: a pure function of both. The
// words say the Rules that it follows.
func Of(a Answers, p Past) Verdict {
	v := Rules().judge(a, p)
	v.Learning = p.Learn != ""
	return v
}

func (t Table) judge(a Answers, p Past) Verdict {
	for _, g := range t.Grounds {
		if g.When.hold(a) {
			v := Verdict{Rung: g.Rung, Rule: g.ID, Ground: g.Ground, Because: []QuestionID{g.When.told().Question}}
			v.Against = t.quoted(a, v.Because, t.away)
			return v
		}
	}
	blanks := 0
	for _, q := range Facts {
		if answer(a, q) == "" {
			blanks++
		}
	}
	switch {
	case t.NotAsked.When.hold(a):
		because := []QuestionID{t.NotAsked.When[0].Question}
		return Verdict{
			Rung: t.NotAsked.Rung, Rule: t.NotAsked.ID, Because: because, Against: t.quoted(a, because, t.up),
			AskFirst: true,
		}
	case blanks >= t.Blanks.Least:
		return Verdict{Rung: t.Blanks.Rung, Rule: t.Blanks.ID, AskFirst: true}
	case t.Unsaid.When.hold(a):
		return Verdict{Rung: t.Unsaid.Rung, Rule: t.Unsaid.ID, Against: t.quoted(a, nil, t.up), AskFirst: true}
	}
	return t.capped(t.worded(t.sum(a), a), a, p)
}

// sum counts the reasons.
func (t Table) sum(a Answers) Verdict {
	ups := 0
	for _, c := range t.Each {
		if c.holds(a) {
			ups++
		}
	}
	v := Verdict{Rung: ladder.Rungs[min(t.From.Height()+ups, t.Most.Height())], Rule: RuleUps}
	for _, fits := range t.reasons(ups) {
		for len(v.Because) < 2 {
			q := t.quoted(a, v.Because, fits)
			if q == "" {
				break
			}
			v.Because = append(v.Because, q)
		}
		if len(v.Because) > 0 {
			break
		}
	}
	against := t.away
	if ups == 0 {
		against = t.unsure
	}
	v.Against = t.quoted(a, v.Because, against)
	return v
}

// worded keeps a sum within what the rep's word allows.
func (t Table) worded(v Verdict, a Answers) Verdict {
	for _, b := range t.Word {
		if !b.When.hold(a) {
			continue
		}
		to, against := b.Most, t.up
		if b.Least != "" && v.Rung.Height() < b.Least.Height() {
			to, against = b.Least, t.away
		} else if b.Most == "" || v.Rung.Height() <= b.Most.Height() {
			continue
		}
		because := []QuestionID{b.When[0].Question}
		v = Verdict{Rung: to, Rule: b.ID, Because: because, Against: t.quoted(a, because, against)}
	}
	return v
}

// capped holds a sum at what the manager's own estimate, a deal marked for learning and the ledger allow.
func (t Table) capped(v Verdict, a Answers, p Past) Verdict {
	percent, err := strconv.Atoi(string(answer(a, QEstimate)))
	above := func(r rule) bool { return v.Rung.Height() > r.Rung.Height() }
	switch {
	case err == nil && percent >= t.Cap.Least && above(t.Cap):
		return Verdict{
			Rung: t.Cap.Rung, Rule: t.Cap.ID, Because: []QuestionID{QEstimate}, Against: t.quoted(a, nil, t.up),
		}
	case p.Learn != "" && above(t.Learning):
		return Verdict{Rung: t.Learning.Rung, Rule: t.Learning.ID, Against: t.quoted(a, nil, t.up)}
	case !p.Took.IsZero() && above(t.Ledger):
		return Verdict{Rung: t.Ledger.Rung, Rule: t.Ledger.ID, Against: t.quoted(a, nil, t.up)}
	}
	return v
}

type fitting func(QuestionID, OptionID) bool

// reasons are the kinds of answer that a sum rests on, the best kind first.
func (t Table) reasons(ups int) []fitting {
	if ups > 0 {
		return []fitting{t.up}
	}
	return []fitting{t.away, t.unsure}
}

func (t Table) up(q QuestionID, o OptionID) bool {
	return slices.Contains(t.Each, Condition{q, o})
}

// away is an answer that leans as far from stepping in as its question lets it.
func (t Table) away(q QuestionID, o OptionID) bool {
	lean, _ := Lean(q, o)
	return lean == 0 && !slices.Contains(t.NotAsked.When, Condition{q, o})
}

func (t Table) unsure(q QuestionID, o OptionID) bool {
	return !t.up(q, o) && !t.away(q, o)
}

// quoted is the first question whose answer can be quoted, fits, and is not among except.
func (t Table) quoted(a Answers, except []QuestionID, fits fitting) QuestionID {
	for _, q := range t.Quote {
		o, ok := offered()[q].find(a[q])
		if ok && o.Said != "" && !slices.Contains(except, q) && fits(q, o.id) {
			return q
		}
	}
	return ""
}

// told is the condition that is quoted: the last one that is an answer.
func (cs Conditions) told() Condition {
	told := cs[0]
	for _, c := range cs {
		if c.Option != "" {
			told = c
		}
	}
	return told
}

func (cs Conditions) hold(a Answers) bool {
	return !slices.ContainsFunc(cs, func(c Condition) bool { return !c.holds(a) })
}

// AsksLater says whether the facts that are asked last can still change the rung.
func AsksLater(given Answers, p Past) bool {
	a, rungs := maps.Clone(given), map[ladder.Rung]bool{}
	if a == nil {
		a = Answers{}
	}
	var try func(left []QuestionID)
	try = func(left []QuestionID) {
		if len(left) == 0 {
			rungs[Of(a, p).Rung] = true
			return
		}
		for _, o := range Options(left[0]) {
			a[left[0]] = o
			try(left[1:])
		}
	}
	try(LaterFacts)
	return len(rungs) > 1
}

// StepRung is the rung that a step of `now` stands for.
func StepRung(o OptionID) (ladder.Rung, bool) {
	switch o {
	case StaySilent:
		return ladder.Listen, true
	case MessageRep:
		return ladder.Coach, true
	case SpeakOnce:
		return ladder.CoPilot, true
	case TakeItOver:
		return ladder.TakeOver, true
	default:
		return "", false
	}
}

// Missing is what must still be answered before the manager can go for wish: nothing
// up to the verdict, and nothing with a ground. Above it the further questions and why
// no smaller step; before a take-over without a ground, all eight.
func Missing(a Answers, p Past, wish ladder.Rung) []QuestionID {
	v := Of(a, p)
	if wish.Height() <= v.Rung.Height() || v.Ground != "" {
		return nil
	}
	var asks []QuestionID
	if wish == ladder.TakeOver {
		asks = append(asks, Facts...)
	}
	asks = append(append(asks, More...), QWhyNot)
	return slices.DeleteFunc(asks, func(q QuestionID) bool { return answer(a, q) != "" })
}
