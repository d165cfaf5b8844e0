package nudges

import (
	"errors"
	"testing"
	"time"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

// settledOn is a request whose manager has decided, with the rep's yes that this is their manager.
func settledOn(t *testing.T, rung ladder.Rung) Request {
	t.Helper()
	r := does(t, begun(), t0, Answer{"sam", verdict.Q8, "line"})
	ar := Around{Policy: ByOthers, Route: []UserID{"priya"}, Bond: Met}
	return next(t, r, Decide{By: "sam", Rung: rung, Seen: 1, Around: ar}, t0).Request
}

func TestWhoMayBeToldWhat(t *testing.T) {
	agreed := does(t, settledOn(t, ladder.TakeOver), t0, Approve{By: "priya"})
	for _, tt := range []struct {
		name  string
		r     Request
		at    time.Time
		bond  BondState
		offer bool
		err   error
	}{
		{"undecided", begun(), t0, Met, false, ErrNotNow},
		{"hold back: a message from stepin would betray the pause", settledOn(t, ladder.HoldBack), t0, Met, false, ErrNotNow},
		{"coach: what is given", settledOn(t, ladder.Coach), t0, Met, false, nil},
		{"listen", settledOn(t, ladder.Listen), t0, Met, true, nil},
		{"co-pilot", settledOn(t, ladder.CoPilot), t0, Met, true, nil},
		{"co-pilot, unmet", settledOn(t, ladder.CoPilot), t0, Unmet, true, nil},
		{"co-pilot, refused", settledOn(t, ladder.CoPilot), t0, NotMyBoss, true, ErrUnmet},
		{"take over, asked", settledOn(t, ladder.TakeOver), t0, Met, false, ErrNotNow},
		{"take over, agreed", agreed, t0, Met, true, nil},
		{"handed back", does(t, agreed, t0, Return{By: "sam"}), t0, Met, false, ErrNotNow},
		{"it starts", settledOn(t, ladder.CoPilot), starts, Met, false, ErrTooLate},
		{"a minute before", settledOn(t, ladder.CoPilot), starts.Add(-time.Minute), Met, true, nil},
		{"over", settledOn(t, ladder.CoPilot), ends, Met, false, ErrTooLate},
		{"off the list", does(t, settledOn(t, ladder.CoPilot), t0, Withdraw{By: "sam"}), t0, Met, false, ErrClosed},
	} {
		if got := tt.r.MayTell(tt.at); got != tt.offer {
			t.Errorf("%s: offered %v", tt.name, got)
		}
		o, err := Next(tt.r, Tell{"sam", "You lead.", tt.r.Seq, tt.bond}, tt.at)
		if !errors.Is(err, tt.err) || tt.err == nil && err != nil {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.err)
		}
		if err == nil && o.Request.NoteText != "You lead." {
			t.Errorf("%s: %+v", tt.name, o.Request.NoteText)
		}
	}
	now := settledOn(t, ladder.CoPilot)
	if now.Way = ByNow; now.MayTell(t0) {
		t.Error("a call that runs")
	}
	heard := settledOn(t, ladder.CoPilot)
	if heard.Heard = Decided(ladder.CoPilot); heard.MayTell(t0) {
		t.Error("a rep who has heard it in answer to their word")
	}
	word := does(t, askFirst(t, Met), t0, Answer{"sam", verdict.Q8, "line"}, Decide{By: "sam", Rung: ladder.CoPilot, Seen: 99, Around: byPriya})
	if !word.MayTell(t0) || does(t, word, t0, Reply{"dana", GotThis}).MayTell(t0) {
		t.Error("before the rep's own word is answered")
	}
	nobody := settledOn(t, ladder.CoPilot)
	if nobody.Rep = ""; nobody.MayTell(t0) {
		t.Error("without a rep")
	}
}

func TestANoteGoesOnce(t *testing.T) {
	r := settledOn(t, ladder.CoPilot)
	tell := Tell{"sam", "I'll be on the call. You lead.", r.Seq, Met}
	o := next(t, r, tell, t0)
	wantSaid(t, "told", o, "from-manager dana")
	r = o.Request
	if _, err := Next(r, tell, t0); !errors.Is(err, ErrTold) || r.MayTell(t0) {
		t.Errorf("told twice: %v", err)
	}
	key := r.NoteKey
	if !r.NoteHolds(key) || r.NoteHolds("another") {
		t.Error("the message is not the one with the note")
	}
	if r.NoteText = ""; r.NoteHolds(key) {
		t.Error("Slack has it already")
	}
	// Another step: what is on its way is not so any more, and the offer is there again.
	r = next(t, settledOn(t, ladder.CoPilot), tell, t0).Request
	key = r.NoteKey
	o = next(t, r, Decide{By: "sam", Rung: ladder.Listen, Seen: r.Seq, Around: Around{Bond: Met}}, t0)
	wantSaid(t, "what never went is not told to change", o)
	r = o.Request
	if r.NoteHolds(key) || r.NoteText != "" {
		t.Errorf("the first sentence: %q", r.NoteText)
	}
	wantSaid(t, "that it was dropped is nothing to tell", next(t, r, Missed{KindFromManager, key}, t0))
	if _, err := Next(r, tell, t0); !errors.Is(err, ErrStale) {
		t.Errorf("from a screen that shows another step: %v", err)
	}
}

// TestANoteThatNeverLeft: nothing betrays the pause to a rep who never read that the manager joins.
func TestANoteThatNeverLeft(t *testing.T) {
	hold := Decide{By: "sam", Rung: ladder.HoldBack, Seen: 99, Around: Around{Bond: Met}}
	agreed := does(t, settledOn(t, ladder.TakeOver), t0, Approve{By: "priya"})
	for _, tt := range []struct {
		name string
		r    Request
		then Action
		gone []string // what is said if Slack has the note
	}{
		{"held back", settledOn(t, ladder.CoPilot), hold, []string{"answered dana"}},
		{"canceled", settledOn(t, ladder.CoPilot), Withdraw{By: "sam"}, []string{"answered dana"}},
		{"handed back", agreed, Return{By: "sam"}, []string{"answered dana"}},
	} {
		r := does(t, tt.r, t0, Tell{"sam", "I'll be there.", 99, Met})
		o := next(t, r, tt.then, t0)
		wantSaid(t, tt.name, o)
		if o.Request.Heard != "" || o.Request.NoteText != "" {
			t.Errorf("%s: the rep knows %q, and may read %q", tt.name, o.Request.Heard, o.Request.NoteText)
		}
		r.NoteText = ""
		wantSaid(t, tt.name+", delivered", next(t, r, tt.then, t0), tt.gone...)
	}
	// What the rep was told in another way meanwhile stays.
	r := does(t, askFirst(t, Met), t0, Answer{"sam", verdict.Q8, "line"})
	r = does(t, r, t0, Decide{By: "sam", Rung: ladder.CoPilot, Seen: 99, Around: Around{Bond: Met}})
	r = does(t, r, t0, Tell{"sam", "I'll be there.", 99, Met}, Reply{"dana", PleaseJoin})
	if r = does(t, r, starts, Missed{KindFromManager, r.NoteKey}); r.Heard != Decided(ladder.CoPilot) {
		t.Errorf("told in place, and knows %q", r.Heard)
	}
}

func TestANoteWaits(t *testing.T) {
	r := settledOn(t, ladder.CoPilot)
	o := next(t, r, Tell{"sam", "You lead.", r.Seq, Unmet}, t0)
	wantSaid(t, "waits", o, "meet dana")
	if r = o.Request; !r.WaitsForBond() || r.MayTell(t0) {
		t.Errorf("%v", r.Note)
	}
	wantSaid(t, "yes", next(t, r, Meet{By: "dana", Yes: true}, t0), "from-manager dana")
	o = next(t, r, Meet{By: "dana", Yes: false}, t0)
	if wantSaid(t, "no", o, "unmet sam"); o.Request.NoteText != "" {
		t.Errorf("kept %q", o.Request.NoteText)
	}
	o = next(t, r, Tick{}, starts)
	if wantSaid(t, "it starts", o, "note-missed sam"); o.Request.NoteText != "" || o.Request.WaitsForBond() {
		t.Errorf("kept %q", o.Request.NoteText)
	}
	o = next(t, r, Describe{By: "sam", Rep: "dana", Deal: "Acme", Starts: t0, Length: time.Hour}, t0)
	if wantSaid(t, "it has started", o, "note-missed sam"); o.Request.WaitsForBond() {
		t.Errorf("waits: %+v", o.Request)
	}
	o = next(t, r, Tick{}, starts)
	wantSaid(t, "yes too late", next(t, o.Request, Meet{By: "dana", Yes: true}, starts))
	if r = does(t, r, t0, Withdraw{By: "sam"}); r.NoteText != "" {
		t.Errorf("off the list: %q", r.NoteText)
	}
	// One that an earlier stepin kept after a hold-back does not go out any more, and the manager is told.
	r = settledOn(t, ladder.HoldBack)
	r.Note = NoteWaits
	wantSaid(t, "a hold-back", next(t, r, Meet{By: "dana", Yes: true}, t0), "note-missed sam")
}

func TestANoteIsMissed(t *testing.T) {
	r := settledOn(t, ladder.CoPilot)
	r = next(t, r, Tell{"sam", "You lead.", r.Seq, Met}, t0).Request
	o := next(t, r, Missed{KindFromManager, r.NoteKey}, starts)
	if wantSaid(t, "too late", o, "note-missed sam"); o.Request.NoteText != "" {
		t.Errorf("kept %q", o.Request.NoteText)
	}
	o = next(t, r, Unheard{"dana"}, t0)
	if wantSaid(t, "unreachable", o, "unheard sam"); o.Request.NoteText != "" || o.Request.MayTell(t0) {
		t.Errorf("kept %q", o.Request.NoteText)
	}
}

func TestACoachingCanBeToldEachTime(t *testing.T) {
	r := does(t, settledOn(t, ladder.Coach), t0, EndCoaching{"sam", "Pricing"})
	for range 2 {
		o := next(t, r, Tell{"sam", "Their floor is 12.", r.Seq, Met}, t0)
		wantSaid(t, "told", o, "from-manager dana")
		if _, err := Next(o.Request, Tell{"sam", "Their floor is 12.", r.Seq, Met}, t0); !errors.Is(err, ErrTold) {
			t.Errorf("twice: %v", err)
		}
		o.Request.NoteText = "" // Slack has it
		r = does(t, o.Request, t0, EndCoaching{"sam", "Legal"})
	}
	// A new coaching does not keep back what is on its way.
	r = next(t, r, Tell{"sam", "One more.", r.Seq, Met}, t0).Request
	if r = does(t, r, t0, EndCoaching{"sam", ""}); !r.NoteHolds(r.NoteKey) {
		t.Error("dropped")
	}
}
