package nudges

import "time"

// Privacy is what is kept, why, who sees it and for how long: a line for each row of the table, as
// things are set.
func (w *Words) Privacy(k Keep) []Marked {
	out := []Marked{w.Text("privacy-lead", Data{})}
	for _, row := range Keeping() {
		if row.Class == ClassFile || row.Optional && k.Less {
			continue
		}
		out = append(out, w.Quote("privacy-line", Data{}, w.Text("keep-"+row.Name, Data{}), w.seenBy(row)+" "+w.keptFor(row, k)))
	}
	if k.Less {
		out = append(out, w.Text("privacy-less", Data{}))
	}
	return append(out, w.Text("privacy-own", Data{}))
}

func (w *Words) seenBy(row Kept) Marked {
	name := "sees-"
	for i, r := range row.Sees {
		if i > 0 {
			name += "-"
		}
		name += string(r)
	}
	return w.Text(name, Data{})
}

// envelopeHours is for how long it is known that a click was answered.
const envelopeHours = 25

func (w *Words) keptFor(row Kept, k Keep) Marked {
	d := Data{N: envelopeHours}
	switch row.Class {
	case ClassText:
		d.N = inDays(k.Text)
	case ClassCount:
		d.N = inDays(k.Counts)
	case ClassHours, ClassStands, ClassFile:
	}
	return w.Text("kept-"+string(row.Class), d)
}

func inDays(d time.Duration) int { return int(d / (24 * time.Hour)) }
