package nudges

import (
	"testing"
	"time"
)

func TestDoneSince(t *testing.T) {
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	o := Begin("R1", ByPause, "U1", "U2", "Acme", now.Add(time.Hour), time.Hour, now)
	if _, ok := o.Request.DoneSince(); ok {
		t.Error("it has only begun")
	}
	o, err := Next(o.Request, Withdraw{By: "U1"}, now.Add(time.Minute))
	if at, ok := o.Request.DoneSince(); err != nil || !ok || !at.Equal(now.Add(time.Minute)) {
		t.Errorf("%v, %v, %v", at, ok, err)
	}
	again, err := Next(o.Request, Tick{}, now.Add(50*24*time.Hour))
	if at, _ := again.Request.DoneSince(); err != nil || !at.Equal(now.Add(time.Minute)) {
		t.Errorf("later: %v, %v", at, err)
	}
	o = Begin("R1", ByPause, "U1", "U2", "Acme", now.Add(time.Hour), time.Hour, now)
	o, err = Next(o.Request, Tick{}, now.Add(50*24*time.Hour))
	if at, ok := o.Request.DoneSince(); err != nil || !ok || !at.Equal(now.Add(50*24*time.Hour)) {
		t.Errorf("lapsed: %v, %v, %v", at, ok, err)
	}
}

func TestRemoves(t *testing.T) {
	r := Request{ID: "R1", Manager: "U1", Rep: "U2"}
	for _, c := range []struct {
		key  string
		who  UserID
		want bool
	}{
		{"R1/2/U1/card", "U1", true},
		{"R1/2/U8/ask", "U1", true},
		{"R1/2/thread/root", "U1", true},
		{"R1/2/U1/card", "U2", false},
		{"R1/2/U2/word", "U2", true},
		{"R1/2/U1/reply", "U2", true},
		{"R1/2/thread/root", "U2", true},
		{"R1/2/U8/ask", "U8", true},
		{"R1/2/U1/card", "U8", false},
		{"R1/2/thread/root", "U8", false},
		{"R1/2/U1/edit-3", "U1", false},
		{"R1/2/U1/card/removed", "U1", false},
		{"R1", "U1", false},
	} {
		if got := r.Removes(c.key, c.who); got != c.want {
			t.Errorf("%s, %s: %v", c.key, c.who, got)
		}
	}
}
