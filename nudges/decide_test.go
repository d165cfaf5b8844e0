package nudges

import (
	"testing"
	"time"
)

// The call that somebody is on: what runs, else what is near, else what was begun last.
func TestOnCall(t *testing.T) {
	call := func(id RequestID, starts, length, begun int) Request {
		at := func(m int) time.Time { return t0.Add(time.Duration(m) * time.Minute) }
		r := Begin(id, ByPause, "sam", "dana", string(id), at(starts), time.Duration(length)*time.Minute, at(begun)).Request
		if starts+length <= 0 {
			r.Decision, r.Phase = Decided(HoldBack), Debrief
		}
		return r
	}
	as := func(r Request, change func(*Request)) Request {
		change(&r)
		return r
	}
	for _, tt := range []struct {
		name string
		all  []Request
		want RequestID
		near bool
	}{
		{"none", nil, "", false},
		{"it runs", []Request{call("last", 60, 30, -1), call("runs", -10, 30, -90)}, "runs", true},
		{"it starts now", []Request{call("soon", 1, 30, -1), call("starts", 0, 30, -90)}, "starts", true},
		{"two run: the last to start", []Request{call("long", -50, 90, -1), call("short", -5, 30, -90)}, "short", true},
		{"two run alike: the last begun", []Request{call("older", -5, 30, -90), call("newer", -5, 30, -9)}, "newer", true},
		{"one runs, and another has just ended", []Request{call("ended", -31, 30, -40), call("runs", -25, 60, -90)}, "runs", true},
		{"it has ended by the plan", []Request{call("soon", 20, 30, -1), call("ended", -40, 30, -90)}, "ended", true},
		{"it starts soon", []Request{call("soon", 9, 30, -90), call("ended", -40, 30, -1)}, "soon", true},
		{"as near before as after", []Request{call("soon", 10, 30, -90), call("ended", -40, 30, -1)}, "ended", true},
		{"half an hour to go", []Request{call("last", 600, 30, -1), call("soon", 30, 30, -90)}, "soon", true},
		{"half an hour ago", []Request{call("last", 600, 30, -1), call("ended", -60, 30, -90)}, "ended", true},
		{"all are far: the last begun", []Request{call("old", 31, 30, -90), call("last", 600, 30, -1), call("past", -61, 30, -9)}, "last", false},
		{
			"taken off the list", []Request{
				as(call("off", -10, 30, -1), func(r *Request) { r.Decision, r.Phase = Withdrawn, Done }), call("soon", 20, 30, -90),
			}, "soon", true,
		},
		{
			"it lapsed at its end", []Request{
				as(call("lapsed", -40, 30, -60), func(r *Request) { r.Decision, r.Phase = Undecided, Done }), call("last", 600, 30, -1),
			}, "lapsed", true,
		},
		{
			"a debrief is on no call", []Request{
				as(call("debrief", -40, 30, -1), func(r *Request) { r.Way = ByDebrief }), call("soon", 20, 30, -90),
			}, "soon", true,
		},
	} {
		on, found := OnCall(tt.all, t0)
		if on.ID != tt.want || found != (tt.want != "") || found && on.Near(t0) != tt.near {
			t.Errorf("%s: %q, near is %t", tt.name, on.ID, on.Near(t0))
		}
	}
}

// Nobody learns what was said on a running call, and what is no longer asked stays readable in old records.
func TestNowNamesNoGround(t *testing.T) {
	for _, by := range Options(QAskedIn) {
		r := Begin("R1", ByNow, "sam", "dana", "Acme", t0, 30*time.Minute, t0).Request
		r = does(t, r, t0, DecideNow{By: "sam", Seen: 1, Answers: Answers{QAskedIn: by, QStep: TakeItOver}, Around: Around{Bond: Met}})
		if g := r.Ground(); g != "" {
			t.Errorf("asked in by %s: the ground is %q", by, g)
		}
	}
	if len(Options(QMustStop)) > 0 || !Known(QMustStop, "yes") || !Known(QMustStop, "no") {
		t.Error("whether it must stop is asked, or unknown")
	}
}
