package decide

import (
	"testing"

	"stepin/bot/form"
	"stepin/nudges"
)

// Every word after /stepin and every answer that a rep can give has a row in its table.
func TestTablesAreWhole(t *testing.T) {
	for _, v := range form.Verbs {
		if c, ok := commands[v]; !ok || (c.do == nil) == (c.info == "") {
			t.Errorf("/stepin %s: %+v", v, c)
		}
	}
	for _, a := range nudges.WordAnswers {
		if _, ok := actions[string(a)]; !ok {
			t.Errorf("the answer %s does nothing", a)
		}
	}
}
