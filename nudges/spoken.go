package nudges

import "strings"

// Spoken is a verdict in words.
type Spoken struct {
	Says    Marked // at most two sentences: what stepin would do, and the manager's own answers
	Against Marked // one reason against it
	Change  Marked // what would change it
}

// voice is the name under which the words of a verdict are kept: the rule's own, and
// for a sum of reasons one for each rung.
func voice(v Verdict) string {
	if v.Rule == RuleUps {
		return RuleUps + "-" + strings.ReplaceAll(string(v.Rung), "_", "-")
	}
	return v.Rule
}

// Spoken puts a verdict on those answers into words.
func (w *Words) Spoken(v Verdict, a Answers, d Data) Spoken {
	var quotes [2]Marked
	for i, q := range v.Because {
		if i < len(quotes) {
			quotes[i] = w.said(q, a[q], d)
		}
	}
	about := func(part string, first, second Marked) Marked {
		return w.render(w.texts[part+voice(v)].tmpl, room(part), d, first, second)
	}
	out := Spoken{Says: about("says-", quotes[0], quotes[1]), Change: about("change-", quotes[0], quotes[1])}
	if v.Learning && v.Ground == "" && v.Rule != decides.learning.id {
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

// Why is the whole table by which Judge decides, a line a rule, in its order and from
// the same data.
func (w *Words) Why(d Data) []Marked {
	t := decides
	line := func(name string, rung Rung, n int, first, second Marked) Marked {
		about := d
		about.Rung, about.N = rung, n
		return w.render(w.texts[name].tmpl, room(name), about, first, second)
	}
	var out []Marked
	for _, g := range t.grounds {
		out = append(out, line("why-when", g.rung, 0, w.conditions(g.when, d), ""))
	}
	return append(out,
		line("why-blanks", t.blanks.rung, t.blanks.least, "", ""),
		line("why-not-asked", t.notAsked.rung, 0, w.conditions(t.notAsked.when, d), ""),
		line("why-ups", t.most, 0, w.conditions(t.each, d), w.RungName(t.from, false, d)),
		line("why-ledger", t.ledger.rung, 0, "", ""),
		line("why-learning", t.learning.rung, 0, "", ""),
		line("why-estimate", t.cap.rung, t.cap.least, "", ""))
}

// conditions are answers to questions, as they stand on the screen.
func (w *Words) conditions(cs []condition, d Data) Marked {
	var parts []string
	for _, c := range cs {
		q := w.Question(c.q, d)
		tapped := w.Text("why-blank", d)
		for _, o := range q.Options {
			if o.ID == c.o {
				tapped = o.Text
			}
		}
		parts = append(parts, string(w.render(w.texts["why-answer"].tmpl, room("why-answer"), d, q.Ask, tapped)))
	}
	return Marked(strings.Join(parts, " "))
}
