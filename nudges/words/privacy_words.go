package words

import (
	"time"

	"stepin/nudges/privacy"
	"stepin/nudges/text"
)

// Privacy is what is kept, why, who sees it and for how long: a line for each row of the table, as
// things are set.
func (w *Words) Privacy(k privacy.Keep) []text.Text {
	out := []text.Text{w.Text("privacy-lead", Data{})}
	for _, row := range privacy.Keeping() {
		if row.Class == privacy.ClassFile || row.Optional && k.SensitiveOff {
			continue
		}
		out = append(out, w.Quote("privacy-line", Data{}, w.Text("keep-"+row.Name, Data{}),
			w.seenBy(row)+" "+w.keptFor(row, k)))
	}
	if k.SensitiveOff {
		out = append(out, w.Text("privacy-less", Data{}))
	}
	return append(out, w.Text("privacy-now", Data{}), w.Text("privacy-own", Data{}))
}

func (w *Words) seenBy(row privacy.Kept) text.Text {
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

func (w *Words) keptFor(row privacy.Kept, k privacy.Keep) text.Text {
	d := Data{N: envelopeHours}
	switch row.Class {
	case privacy.ClassText:
		d.N = inDays(k.Text)
	case privacy.ClassCount, privacy.ClassMonth:
		d.N = inDays(k.Counts)
	case privacy.ClassHours, privacy.ClassStands, privacy.ClassFile:
	}
	return w.Text("kept-"+string(row.Class), d)
}

func inDays(d time.Duration) int { return int(d / (24 * time.Hour)) }
