package calls

import (
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/ladder"
)

var t0 = time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)

// The call that somebody is on: what runs, else what is near, else what was begun last.
func TestOn(t *testing.T) {
	call := func(id nudges.RequestID, starts, length, begun int) nudges.Request {
		at := func(m int) time.Time { return t0.Add(time.Duration(m) * time.Minute) }
		r := nudges.Begin(id, nudges.ByPause, "sam", "dana", string(id), at(starts), time.Duration(length)*time.Minute, at(begun)).Request
		if starts+length <= 0 {
			r.Decision, r.Phase = nudges.Decided(ladder.HoldBack), nudges.Debrief
		}
		return r
	}
	as := func(r nudges.Request, change func(*nudges.Request)) nudges.Request {
		change(&r)
		return r
	}
	for _, tt := range []struct {
		name string
		all  []nudges.Request
		want nudges.RequestID
		near bool
	}{
		{"none", nil, "", false},
		{"it runs", []nudges.Request{call("last", 60, 30, -1), call("runs", -10, 30, -90)}, "runs", true},
		{"it starts now", []nudges.Request{call("soon", 1, 30, -1), call("starts", 0, 30, -90)}, "starts", true},
		{"two run: the last to start", []nudges.Request{call("long", -50, 90, -1), call("short", -5, 30, -90)}, "short", true},
		{"two run alike: the last begun", []nudges.Request{call("older", -5, 30, -90), call("newer", -5, 30, -9)}, "newer", true},
		{"one runs, and another has just ended", []nudges.Request{call("ended", -31, 30, -40), call("runs", -25, 60, -90)}, "runs", true},
		{"it has ended by the plan", []nudges.Request{call("soon", 20, 30, -1), call("ended", -40, 30, -90)}, "ended", true},
		{"it starts soon", []nudges.Request{call("soon", 9, 30, -90), call("ended", -40, 30, -1)}, "soon", true},
		{"as near before as after", []nudges.Request{call("soon", 10, 30, -90), call("ended", -40, 30, -1)}, "ended", true},
		{"half an hour to go", []nudges.Request{call("last", 600, 30, -1), call("soon", 30, 30, -90)}, "soon", true},
		{"half an hour ago", []nudges.Request{call("last", 600, 30, -1), call("ended", -60, 30, -90)}, "ended", true},
		{"all are far: the last begun", []nudges.Request{call("old", 31, 30, -90), call("last", 600, 30, -1), call("past", -61, 30, -9)}, "last", false},
		{
			"taken off the list", []nudges.Request{
				as(call("off", -10, 30, -1), func(r *nudges.Request) { r.Decision, r.Phase = nudges.Withdrawn, nudges.Done }), call("soon", 20, 30, -90),
			}, "soon", true,
		},
		{
			"it lapsed at its end", []nudges.Request{
				as(call("lapsed", -40, 30, -60), func(r *nudges.Request) { r.Decision, r.Phase = nudges.Undecided, nudges.Done }), call("last", 600, 30, -1),
			}, "lapsed", true,
		},
		{
			"a debrief is on no call", []nudges.Request{
				as(call("debrief", -40, 30, -1), func(r *nudges.Request) { r.Way = nudges.ByDebrief }), call("soon", 20, 30, -90),
			}, "soon", true,
		},
	} {
		on, found := On(tt.all, t0)
		if on.ID != tt.want || found != (tt.want != "") || found && Near(on, t0) != tt.near {
			t.Errorf("%s: %q, near is %t", tt.name, on.ID, Near(on, t0))
		}
	}
}

func TestOfDebrief(t *testing.T) {
	now := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	call := func(id nudges.RequestID, ended time.Duration, edit func(*nudges.Request)) nudges.Request {
		r := nudges.Request{ID: id, Manager: "sam", Rep: "dana", Deal: "Acme renewal", Ends: now.Add(ended), Phase: nudges.Debrief, Decision: nudges.Decided(ladder.HoldBack)}
		r.Debrief.State = nudges.DebriefQuiet
		if edit != nil {
			edit(&r)
		}
		return r
	}
	shared := func(r *nudges.Request) { r.Debrief.State, r.Debrief.Place = nudges.DebriefShared, nudges.InGroup }
	for name, x := range map[string]struct {
		all  []nudges.Request
		want nudges.RequestID
	}{
		"none":               {},
		"quiet":              {[]nudges.Request{call("a", -time.Hour, nil)}, "a"},
		"not open yet":       {[]nudges.Request{call("a", -time.Minute, func(r *nudges.Request) { r.Phase, r.Debrief.State = nudges.After, nudges.NoDebrief })}, "a"},
		"from before":        {[]nudges.Request{call("a", -time.Minute, func(r *nudges.Request) { r.Phase = nudges.After })}, ""},
		"the nearest":        {[]nudges.Request{call("a", -3*time.Hour, nil), call("b", -time.Hour, nil), call("c", -2*time.Hour, nil)}, "b"},
		"another rep":        {[]nudges.Request{call("a", -time.Hour, func(r *nudges.Request) { r.Rep = "lior" })}, ""},
		"another deal":       {[]nudges.Request{call("a", -time.Hour, func(r *nudges.Request) { r.Deal = "Globex" })}, ""},
		"written otherwise":  {[]nudges.Request{call("a", -time.Hour, func(r *nudges.Request) { r.Deal = " acme  RENEWAL" })}, "a"},
		"the day before":     {[]nudges.Request{call("a", -day, nil)}, ""},
		"still to come":      {[]nudges.Request{call("a", time.Hour, func(r *nudges.Request) { r.Phase = nudges.Before })}, ""},
		"closed":             {[]nudges.Request{call("a", -time.Hour, func(r *nudges.Request) { r.Phase = nudges.Done })}, ""},
		"moved":              {[]nudges.Request{call("a", -time.Hour, func(r *nudges.Request) { r.Debrief.State = nudges.DebriefMoved })}, ""},
		"shared today":       {[]nudges.Request{call("a", -time.Hour, shared)}, "a"},
		"shared on a day":    {[]nudges.Request{call("a", -day, shared)}, ""},
		"one that is shared": {[]nudges.Request{call("a", -2*time.Hour, shared), call("b", -time.Hour, nil)}, "b"},
	} {
		got, ok := OfDebrief(x.all, "dana", "Acme renewal", now)
		if ok != (x.want != "") || ok && got.ID != x.want {
			t.Errorf("%s: found %q, %v", name, got.ID, ok)
		}
	}
}
