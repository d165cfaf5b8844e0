package nudges

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"
)

// A Verdict is what stepin would do, and what made it say so.
type Verdict struct {
	Rung     Rung
	Rule     string       // id of the rule that decided, from words/verdict.yaml, or RuleUps
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
	Rung   Rung
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
	Least, Most Rung // either may be ""
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

// A VerdictTable is words/verdict.yaml: the same data decides and explains.
type VerdictTable struct {
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
	From Rung
	Each Conditions
	Most Rung
}

//go:embed words/verdict.yaml
var verdictYAML []byte

var Verdicts = mustTable()

// answer is what was said to q; "" for a blank, and for an option that does not exist.
func answer(a Answers, q QuestionID) OptionID {
	if o := a[q]; Known(q, o) {
		return o
	}
	return ""
}

// Judge is the verdict on the answers and on what is remembered of the rep and the deal: a pure
// function of both. See Words.Why for the table that it follows.
func Judge(a Answers, p Past) Verdict {
	v := Verdicts.judge(a, p)
	v.Learning = p.Learn != ""
	return v
}

func (t VerdictTable) judge(a Answers, p Past) Verdict {
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
func (t VerdictTable) sum(a Answers) Verdict {
	ups := 0
	for _, c := range t.Each {
		if c.holds(a) {
			ups++
		}
	}
	v := Verdict{Rung: Ladder[min(t.From.Height()+ups, t.Most.Height())], Rule: RuleUps}
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
func (t VerdictTable) worded(v Verdict, a Answers) Verdict {
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
func (t VerdictTable) capped(v Verdict, a Answers, p Past) Verdict {
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
func (t VerdictTable) reasons(ups int) []fitting {
	if ups > 0 {
		return []fitting{t.up}
	}
	return []fitting{t.away, t.unsure}
}

func (t VerdictTable) up(q QuestionID, o OptionID) bool {
	return slices.Contains(t.Each, Condition{q, o})
}

// away is an answer that leans as far from stepping in as its question lets it.
func (t VerdictTable) away(q QuestionID, o OptionID) bool {
	lean, _ := Lean(q, o)
	return lean == 0 && !slices.Contains(t.NotAsked.When, Condition{q, o})
}

func (t VerdictTable) unsure(q QuestionID, o OptionID) bool {
	return !t.up(q, o) && !t.away(q, o)
}

// quoted is the first question whose answer can be quoted, fits, and is not among except.
func (t VerdictTable) quoted(a Answers, except []QuestionID, fits fitting) QuestionID {
	for _, q := range t.Quote {
		o, ok := offered[q].find(a[q])
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

// Missing is what must still be answered before the manager can go for wish. What the rep
// asked for is not gated.
func (r Request) Missing(wish Rung) []QuestionID {
	if asked, ok := r.Asked(); r.Way == ByAsk || ok && wish.Height() <= asked.Height() {
		return nil
	}
	return Missing(r.Answers, r.Past, wish)
}

// AsksLater says whether the facts that are asked last can still change the rung.
func (r Request) AsksLater() bool {
	a, rungs := maps.Clone(r.Answers), map[Rung]bool{}
	if a == nil {
		a = Answers{}
	}
	var try func(left []QuestionID)
	try = func(left []QuestionID) {
		if len(left) == 0 {
			rungs[Judge(a, r.Past).Rung] = true
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

// Verdict is what stepin would do about the request.
func (r Request) Verdict() Verdict { return Judge(r.Answers, r.Past) }

// Ground is the real reason to step in that the manager named, as an approver may know it:
// GroundRep, GroundCustomer, GroundLine, or "". A rep who did not ask is no ground, nor is
// one who has not been told that they are said to have asked. Nobody learns what was said on
// a running call.
func (r Request) Ground() string {
	g := r.Verdict().Ground
	if g == GroundRep && (r.Claim == ClaimWrong || r.Claim == NoClaim) {
		return ""
	}
	return g
}

// StepRung is the rung that a step of `now` stands for.
func StepRung(o OptionID) (Rung, bool) {
	switch o {
	case StaySilent:
		return Listen, true
	case MessageRep:
		return Coach, true
	case SpeakOnce:
		return CoPilot, true
	case TakeItOver:
		return TakeOver, true
	default:
		return "", false
	}
}

// Missing is what must still be answered before the manager can go for wish: nothing
// up to the verdict, and nothing with a ground. Above it the further questions and why
// no smaller step; before a take-over without a ground, all eight.
func Missing(a Answers, p Past, wish Rung) []QuestionID {
	v := Judge(a, p)
	if wish.Height() <= v.Rung.Height() || v.Ground != "" {
		return nil
	}
	var asks []QuestionID
	if wish == TakeOver {
		asks = append(asks, Facts...)
	}
	asks = append(append(asks, More...), QWhyNot)
	return slices.DeleteFunc(asks, func(q QuestionID) bool { return answer(a, q) != "" })
}

func mustTable() (t VerdictTable) {
	if err := yaml.Load(verdictYAML, &t, yaml.WithKnownFields()); err != nil {
		panic(fmt.Sprint("nudges: words/verdict.yaml: ", err))
	}
	return t
}

// A LearningDeal is a deal from which a rep is to learn something, won or lost.
type LearningDeal struct {
	Manager, Rep UserID
	Deal, What   string    // people's words; a deal matches by NormalDeal
	At           time.Time // when it was marked; tells the marks of a manager apart
}

// MaxLearn is the longest text of what is to be learned, in characters.
const MaxLearn = 300

// About says whether a request is about that rep and deal.
func (l LearningDeal) About(r Request) bool {
	return r.Manager == l.Manager && r.Rep == l.Rep && NormalDeal(r.Deal) == NormalDeal(l.Deal)
}

// Learn notes on a request what is to be learned from its deal; "" for nothing any more. The
// verdict holds to it, and the debrief opens with it.
type Learn struct {
	By   UserID
	What string
}

func (a Learn) do(s *step) error {
	if err := s.allowed("learn", a.By); err != nil {
		return err
	}
	if s.r.Past.Learn == a.What {
		return nil
	}
	s.r.Past.Learn = a.What
	s.refresh(KindRoot, KindRootDM, KindHow)
	return nil
}
