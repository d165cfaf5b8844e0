package form

import (
	"errors"
	"strings"
	"testing"
)

// What follows the command is a verb, a call, or words that may be either.
func TestParseLine(t *testing.T) {
	for typed, want := range map[string]Line{
		"":                                 {},
		"Acme renewal":                     {Deal: "Acme renewal"},
		"<@U0DANA01> Acme renewal":         {Rep: "U0DANA01", Deal: "Acme renewal"},
		"now":                              {Verb: "now"},
		" NOW ":                            {Verb: "now"},
		"now <@U0DANA01> Acme":             {Verb: "now", Rep: "U0DANA01", Deal: "Acme"},
		"Now <@U0DANA01|dana>":             {Verb: "now", Rep: "U0DANA01"},
		"now <@U0DANA01> Now Foods":        {Verb: "now", Rep: "U0DANA01", Deal: "Now Foods"},
		"Now Foods":                        {Deal: "Now Foods"},
		"New Foods":                        {Deal: "New Foods"},
		"Now Foods <@U0DANA01>":            {Rep: "U0DANA01", Deal: "Now Foods"},
		"<@U0DANA01> now":                  {Rep: "U0DANA01", Deal: "now"},
		"knows":                            {Deal: "knows"},
		"nowadays":                         {Deal: "nowadays"},
		"ask <@U0SAM001> Acme":             {Verb: "ask", Boss: "U0SAM001", Deal: "Acme"},
		"debrief <@U0SAM001>":              {Verb: "debrief", Boss: "U0SAM001"},
		"ask Acme":                         {Meant: "ask", Deal: "ask Acme"},
		"history Acme":                     {Meant: "history", Deal: "history Acme"},
		"History  <@U0DANA01>":             {Meant: "history", Rep: "U0DANA01", Deal: "History"},
		"why not":                          {Meant: "why", Deal: "why not"},
		"Help Scout renewal":               {Meant: "help", Deal: "Help Scout renewal"},
		"histor":                           {Meant: "history", Deal: "histor"},
		"Setting":                          {Meant: "settings", Deal: "Setting"},
		"debriefs":                         {Meant: "debrief", Deal: "debriefs"},
		"privacys":                         {Meant: "privacy", Deal: "privacys"},
		"forge":                            {Meant: "forget", Deal: "forge"},
		"helm":                             {Deal: "helm"}, // a short verb is near too much
		"historic":                         {Deal: "historic"},
		"histor Acme":                      {Deal: "histor Acme"},
		"<@U0DANA01> histor":               {Rep: "U0DANA01", Deal: "histor"},
		"Acme &amp; <https://x.example|x>": {Deal: "Acme & x"},
	} {
		got, err := ParseLine(typed)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v", typed, got, err)
		}
	}
	for typed, want := range map[string]error{
		"now @nobody Acme":                     ErrRepUnknown,
		"now <@U0DANA01> <@U0LIOR01>":          ErrTwoReps,
		"now <@U0DANA01> " + long:              ErrDealLong,
		"ask <@U0SAM001> <@U0DANA01>":          ErrTwoBosses,
		"debrief <@U0SAM001> <@U0DANA01> Acme": ErrTwoWith,
	} {
		if got, err := ParseLine(typed); !errors.Is(err, want) {
			t.Errorf("%.40q: %+v, %v", typed, got, err)
		}
	}
}

var long = strings.Repeat("x", MaxDeal+1)
