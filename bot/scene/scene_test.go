package scene

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
)

// A page of the history has what its filter asks for, newest first.
func TestHistoryPages(t *testing.T) {
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	var all []nudges.Request
	for i := range 25 {
		r := nudges.Request{ID: nudges.RequestID(fmt.Sprint(i)), Rep: "dana", Starts: now.Add(-time.Duration(i) * time.Hour), Phase: nudges.Done, Decision: nudges.Decided(ladder.Coach)}
		switch {
		case i%5 == 0:
			r.Rep, r.Debrief.Manager.Outcome = "lior", nudges.Won
		case i == 1:
			r.Phase = nudges.During
		case i == 2:
			r.Decision = nudges.Undecided // and nothing answered
		}
		all = append(all, r)
	}
	for name, x := range map[string]struct {
		HistoryFilter form.HistoryFilter
		page, calls   int
		first         nudges.RequestID
		more          bool
	}{
		"newest":     {form.HistoryFilter{}, 0, 10, "0", true},
		"last":       {form.HistoryFilter{Page: 2}, 2, 3, "22", false},
		"too far":    {form.HistoryFilter{Page: 99}, 2, 3, "22", false},
		"rep":        {form.HistoryFilter{Rep: "lior"}, 0, 5, "0", false},
		"won":        {form.HistoryFilter{Outcome: "won"}, 0, 5, "0", false},
		"not logged": {form.HistoryFilter{Outcome: form.NotLogged, Page: 1}, 1, 8, "16", false},
		"none":       {form.HistoryFilter{Outcome: "lost", Page: 3}, 0, 0, "", false},
		"both":       {form.HistoryFilter{Rep: "dana", Outcome: "won"}, 0, 0, "", false},
	} {
		h := page(slices.Clone(all), x.HistoryFilter)
		var first nudges.RequestID
		if len(h.Page) > 0 {
			first = h.Page[0].ID
		}
		if h.Filter.Page != x.page || len(h.Page) != x.calls || first != x.first || h.More != x.more || !h.Any {
			t.Errorf("%s: page %d with %d from %q, more %v", name, h.Filter.Page, len(h.Page), first, h.More)
		}
	}
}
