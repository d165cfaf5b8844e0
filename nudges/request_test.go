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
