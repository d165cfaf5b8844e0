package words

import (
	"strings"

	"stepin/nudges/ladder"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
)

// A VerdictText is a verdict in words.
type VerdictText struct {
	Says    text.Text // at most two sentences: what stepin would do, and the manager's own answers
	Against text.Text // one reason against it
	Change  text.Text // what would change it
}

// voice is the name under which the words of a verdict are kept: the rule's own, and
// for a sum of reasons one for each rung.
func voice(v verdict.Verdict) string {
	if v.Rule == verdict.RuleUps {
		return verdict.RuleUps + "-" + strings.ReplaceAll(string(v.Rung), "_", "-")
	}
	return v.Rule
}

// VerdictText puts a verdict on those answers into words.
func (w *Words) VerdictText(v verdict.Verdict, a verdict.Answers, d Data) VerdictText {
	var quotes [2]text.Text
	for i, q := range v.Because {
		if i < len(quotes) {
			quotes[i] = w.said(q, a[q], d)
		}
	}
	about := func(part string, first, second text.Text) text.Text {
		return w.render(w.texts[part+voice(v)], room(part), d, first, second)
	}
	out := VerdictText{Says: about("says-", quotes[0], quotes[1]), Change: about("change-", quotes[0], quotes[1])}
	if v.AskFirst && a[verdict.Q7] == "" { // whatever else is blank, this is what counts
		out.Change = w.Text("change-unsaid", d)
	}
	if v.Learning && v.Ground == "" && v.Rule != verdict.Rules().Learning.ID {
		out.Change = w.Text("change-marked", d) // a reason for the rung, in place of what would change it
	}
	switch against := w.said(v.Against, a[v.Against], d); {
	case v.Learning && v.Ground != "":
		out.Against = w.Text("against-marked", d)
	case v.Against != "" && against != "":
		out.Against = w.Quote("against-quoted", d, against, "")
	default:
		out.Against = about("against-", quotes[0], quotes[1])
	}
	return out
}

// Why is the whole table by which verdict.Of decides, a line a rule, in its order and from the same data.
func (w *Words) Why(d Data) []text.Text {
	t := verdict.Rules()
	line := func(name string, rung ladder.Rung, n int, first, second text.Text) text.Text {
		about := d
		about.Rung, about.N = rung, n
		return w.render(w.texts[name], room(name), about, first, second)
	}
	var out []text.Text
	for _, g := range t.Grounds {
		out = append(out, line("why-when", g.Rung, 0, w.conditions(g.When, d), ""))
	}
	out = append(out,
		line("why-not-asked", t.NotAsked.Rung, 0, w.conditions(t.NotAsked.When, d), ""),
		line("why-blanks", t.Blanks.Rung, t.Blanks.Least, "", ""),
		line("why-not-asked", t.Unsaid.Rung, 0, w.conditions(t.Unsaid.When, d), ""),
		line("why-ups", t.Most, 0, w.conditions(t.Each, d), w.RungName(t.From, false, d)))
	for _, b := range t.Word {
		if b.Most != "" {
			out = append(out, line("why-most", b.Most, 0, w.conditions(b.When, d), ""))
		}
		if b.Least != "" {
			out = append(out, line("why-least", b.Least, 0, w.conditions(b.When, d), ""))
		}
	}
	return append(out,
		line("why-estimate", t.Cap.Rung, t.Cap.Least, "", ""),
		line("why-learning", t.Learning.Rung, 0, "", ""),
		line("why-ledger", t.Ledger.Rung, 0, "", ""))
}

// conditions are answers to questions, as they stand on the screen.
func (w *Words) conditions(cs []verdict.Condition, d Data) text.Text {
	var parts []string
	for _, c := range cs {
		q := w.Question(c.Question, d)
		tapped := w.Text("why-blank", d)
		for _, o := range q.Options {
			if o.ID == c.Option {
				tapped = o.Text
			}
		}
		parts = append(parts, string(w.render(w.texts["why-answer"], room("why-answer"), d, q.Ask, tapped)))
	}
	return text.Text(strings.Join(parts, " "))
}
