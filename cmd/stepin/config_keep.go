package main

import (
	"strconv"

	"go.yaml.in/yaml/v4"

	"stepin/nudges"
)

// keep is for how long things are kept, and whether all of them are.
func (c config) keep() nudges.Keep {
	k := nudges.KeepUsual
	if c.TextDays > 0 {
		k.Text = nudges.Days(c.TextDays)
	}
	k.Less = c.NotSensitive
	return k
}

// textDays reads for how many days people's words are kept.
func (fault faults) textDays(n *yaml.Node) int {
	v, ok := fault.entries(n, "text_days")["text_days"]
	if !ok {
		return 0
	}
	days, err := strconv.Atoi(v.Value)
	if v.Kind != yaml.ScalarNode || err != nil || days < 1 || days > nudges.MostTextDays {
		fault(v, "text_days takes a number of days from 1 to %d: people's words are never kept for longer", nudges.MostTextDays)
		return 0
	}
	return days
}

// sensitive reads whether motives, estimates, the ledger and aggregates are left out.
func (fault faults) sensitive(n *yaml.Node) (off bool) {
	if n.Kind != yaml.ScalarNode || n.Value != "on" && n.Value != "off" {
		fault(n, "sensitive takes \"on\" or \"off\": off leaves out motives, estimates, the ledger and all counting")
	}
	return n.Value == "off"
}
