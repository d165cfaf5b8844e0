package bot

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"stepin/bot/form"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/view"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

// TestBigAnswers: with long words the facts are too big for an acknowledgement. A small view
// is acknowledged with, and the facts follow; so does the table of /stepin why.
func TestBigAnswers(t *testing.T) {
	// An & takes six bytes on the wire, and ten where it is escaped.
	var questions strings.Builder
	for _, q := range append([]verdict.QuestionID{verdict.QFor}, verdict.Facts...) {
		fmt.Fprintf(&questions, "%s:\n  ask: \"%s %s{{.Deal}}\"\n  options:\n", q, q, strings.Repeat("&", 44))
		for i, o := range testWords(t).Question(q, words.Data{}).Options {
			fmt.Fprintf(&questions, "    %q: {text: \"%d%s{{.Deal}}\"}\n", o.ID, i+1, strings.Repeat("&", 30))
		}
	}
	long := strings.Repeat("&", 240)
	texts := `{{define "why-when"}}{{.First}} ` + long + `{{end}}
{{define "why-lead"}}The table ` + long + `{{end}}
{{define "notice-again"}}Again ` + long + strings.Repeat("&", 40) + ` {{.Deal}}{{end}}
{{define "button-ask-first"}}` + strings.Repeat("&", 20) + ` {{.Deal}}{{end}}
{{define "title-pause"}}` + strings.Repeat("&", 24) + `{{end}}
{{define "submit-verdict"}}` + strings.Repeat("&", 24) + `{{end}}
{{define "close-pause"}}` + strings.Repeat("&", 24) + `{{end}}
{{define "why-ups"}}{{.First}}{{end}}
{{define "why-blanks"}}` + long + `{{end}}
{{define "why-estimate"}}The end ` + long + `{{end}}`
	words, err := words.Load("long", map[string]string{"questions.yaml": questions.String(), "texts.tmpl": texts})
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.words = words
		r.start()
		sam := r.as("sam")
		do := func(err error) {
			r.t.Helper()
			if err != nil {
				r.t.Fatalf("%v\n%s", err, r.log)
			}
			r.settle()
		}
		submit := func() {
			r.t.Helper()
			errs, err := sam.Submit()
			if len(errs) > 0 {
				r.t.Fatal(errs)
			}
			do(err)
		}
		tap := func(q verdict.QuestionID, o string) {
			r.t.Helper()
			open := r.ws.Modals(who["sam"])
			do(r.ws.Act(r.t.Context(), who["sam"], hands.Place{View: open[len(open)-1].ID}, form.Block(string(q)),
				string(q), hands.Value{Option: o}))
		}
		// The same call a second time leads back to its facts, with a line above them.
		deal := "R" + strings.Repeat("&", form.MaxDeal-1)
		do(sam.Types("/stepin @Dana " + deal))
		submit()
		tap(verdict.Q7, "asked")
		do(sam.Close())
		do(sam.Types("/stepin @Lior another"))
		do(sam.Press("Change"))
		do(sam.Fill("Whose call is it?", "Dana"))
		do(sam.Fill("Which deal or call?", deal))
		before := len(r.ws.Calls())
		submit()
		var methods []string
		for _, c := range r.ws.Calls()[before:] {
			methods = append(methods, c.Method)
			if c.Method == "ack" && (len(c.Args) > view.MaxAck || !strings.Contains(string(c.Args), "One moment.")) {
				t.Errorf("acknowledged with %d bytes: %.200s", len(c.Args), c.Args)
			}
			if c.Method == "views.update" && (len(c.Args) <= view.MaxAck || !strings.Contains(string(c.Args), "b-P7")) {
				t.Errorf("updated with %d bytes: %.200s", len(c.Args), c.Args)
			}
		}
		if !slices.Contains(methods, "ack") || !slices.Contains(methods, "views.update") {
			t.Errorf("on the wire: %v", methods)
		}
		// The window that came so is as good as any.
		facts := r.ws.Modals(who["sam"])
		if len(facts) != 1 || facts[0].Callback != string(form.FactsScreen) {
			r.t.Fatalf("the person sees\n%s", sam.Reads())
		}
		tap(verdict.QFor, "listen")
		submit()
		if now := sam.Reads(); !strings.Contains(now, "I'd listen.") {
			t.Errorf("after the facts the person sees\n%s", now)
		}
		if got := r.stored("sam"); len(got) != 1 || got[0].Answers[verdict.QFor] != "listen" {
			t.Errorf("stored: %+v", got)
		}
		do(sam.Press("I'll hold back"))
		do(sam.Close())

		// Where the facts do not come, there is a way to them.
		deal = "S" + strings.Repeat("&", form.MaxDeal-1)
		do(sam.Types("/stepin @Dana " + deal))
		submit()
		tap(verdict.Q7, "asked")
		do(sam.Close())
		do(sam.Types("/stepin @Lior another"))
		do(sam.Press("Change"))
		do(sam.Fill("Whose call is it?", "Dana"))
		do(sam.Fill("Which deal or call?", deal))
		r.ws.Fail(sandbox.Fault{Method: "views.update", Count: 2, Kind: sandbox.ServerError})
		submit()
		do(sam.Close())
		sam = sam.In(sam.DM())
		do(sam.Press("Open"))
		if now := sam.Reads(); !strings.Contains(now, "for &&&") {
			t.Errorf("behind the button the person sees\n%.100s", now)
		}
		do(sam.Close())

		before = len(r.ws.Calls())
		do(sam.Types("/stepin why"))
		methods = nil
		for _, c := range r.ws.Calls()[before:] {
			methods = append(methods, c.Method)
		}
		if slices.Sort(methods); !slices.Equal(methods, []string{"ack", "response_url"}) { // in any order
			t.Errorf("on the wire: %v", methods)
		}
		if now := sam.Reads(); !strings.Contains(now, "The table") || !strings.Contains(now, "The end") {
			t.Errorf("of the table the person sees\n%s", now)
		}
		if v := r.ws.Violations(); len(v) > 0 {
			t.Errorf("rules broken: %q", v)
		}
	})
}
