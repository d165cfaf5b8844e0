package nudges

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Every row has a class with a time that can be told, each kind of words on a request is in one of
// text, and every such row is found among them.
func TestKeeping(t *testing.T) {
	w := loadWords(t)
	if n := len(w.Privacy(KeepUsual)); n != len(kept)+1 { // the lead and the end, and not the file's own
		t.Errorf("%d lines for %d rows", n, len(kept))
	}
	found := map[string]bool{}
	for _, x := range writings {
		i := slices.IndexFunc(kept, func(k Kept) bool { return slices.Contains(k.Fields, x.field) })
		if i < 0 || kept[i].Class != ClassText {
			t.Errorf("%s is in no row of text", x.field)
			continue
		}
		found[x.field] = true
	}
	for _, k := range kept {
		for _, f := range k.Fields {
			if k.Class == ClassText && strings.HasPrefix(f, "requests.") && !found[f] {
				t.Errorf("%s is text, and nothing erases it", f)
			}
		}
	}
	all := ""
	for _, l := range w.Privacy(Keep{Text: Days(7), Counts: Days(365), Less: true}) {
		all += l.Plain() + "\n"
	}
	for _, k := range kept {
		if line := w.Text("privacy-lead", Data{}); k.Class != ClassFile && strings.Contains(all, w.Text("keep-"+k.Name, Data{}).Plain()) == k.Optional {
			t.Errorf("%s: %v", k.Name, line)
		}
	}
	if !strings.Contains(all, "It goes 7 days") || strings.Contains(all, "30 days") {
		t.Errorf("not as it is set:\n%s", all)
	}
}

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
	again, err := Next(o.Request, Tick{}, now.Add(Days(50)))
	if at, _ := again.Request.DoneSince(); err != nil || !at.Equal(now.Add(time.Minute)) {
		t.Errorf("later: %v, %v", at, err)
	}
	o = Begin("R1", ByPause, "U1", "U2", "Acme", now.Add(time.Hour), time.Hour, now)
	o, err = Next(o.Request, Tick{}, now.Add(Days(50)))
	if at, ok := o.Request.DoneSince(); err != nil || !ok || !at.Equal(now.Add(Days(50))) {
		t.Errorf("lapsed: %v, %v, %v", at, ok, err)
	}
}

// A rep does not get to read, of their own words, what is the manager's own.
func TestOwnTellsNothing(t *testing.T) {
	r := Request{Manager: "U1", Rep: "U2", Way: ByPause, Deal: "Acme", Phase: Done, Debrief: Debriefing{State: DebriefQuiet, Reason: "no need"}}
	if own := OwnWords(r, "U2"); len(own) != 0 {
		t.Errorf("%q", own)
	}
	if own := OwnWords(r, "U1"); len(own) != 1 {
		t.Errorf("%q", own)
	}
	r.Debrief.State, r.Debrief.Place = DebriefShared, InGroup
	if own := OwnWords(r, "U2"); len(own) != 1 {
		t.Errorf("shared: %q", own)
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
