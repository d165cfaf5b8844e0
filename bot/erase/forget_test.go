package erase

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/ladder"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/team"
	"stepin/nudges/verdict"
	"stepin/store"
	"stepin/store/storetest"
)

// The one who is forgotten, and another.
const (
	goes  nudges.UserID = "U0GOES01"
	stays nudges.UserID = "U0STAYS1"
)

// notWords are the fields of a request that are strings, and nobody's words.
var notWords = []string{"Card", "Key", "Kind", "Channel", "Root", "Asked", "NoteKey", "AnswerKey"}

// plantWords puts a text into every field of people's words; a field that is added is planted, too.
func plantWords(v reflect.Value, text func(field string) string) {
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case f.Type() == reflect.TypeFor[string]() && !slices.Contains(notWords, name):
			f.SetString(text(v.Type().Name() + name))
		case f.Kind() == reflect.Struct && f.Type() != reflect.TypeFor[time.Time]():
			plantWords(f, text)
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
			if f.Len() == 0 && !slices.Contains(notWords, name) && name != "Others" {
				f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			}
			for i := range f.Len() {
				plantWords(f.Index(i), text)
			}
		}
	}
}

// awkward are what a file could hide a text behind.
var awkward = []string{"", " größer & <kleiner>", " \"so\" \\ \t", " 日本語", " 😀"}

const marker = "zqgoes" // of no text but theirs

func theirText(field string) string {
	return marker + field + awkward[len(field)%len(awkward)]
}

func othersText(field string) string { return "zqstays" + field }

var forgetNow = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)

// plantAll fills a store with words of theirs in every place there is.
func plantAll(t *testing.T, st storage.Store) {
	t.Helper()
	with := func(id nudges.RequestID, phase nudges.Phase, text func(string) string) nudges.Request {
		r := nudges.Request{
			ID: id, Manager: goes, Rep: stays, Way: nudges.ByPause, Starts: forgetNow.Add(time.Hour),
			Ends:     forgetNow.Add(2 * time.Hour),
			Decision: nudges.Decided(ladder.TakeOver), Phase: phase, Begun: forgetNow, Seq: 3,
			Card:  string(id) + "/1/" + string(goes) + "/card",
			Grant: nudges.Grant{State: nudges.NoGrant, Route: []nudges.UserID{"U0PRIYA1"}},
		}
		plantWords(reflect.ValueOf(&r).Elem(), text)
		r.Word.State = nudges.WordGiven
		return r
	}
	err := st.Update(t.Context(), func(tx storage.Tx) error {
		var errs []error
		put := func(r nudges.Request) {
			errs = append(errs, tx.PutRequest(r, nudges.Transition{Seq: 1, By: r.Manager, At: forgetNow, Why: "begin"}))
		}
		for i, phase := range []nudges.Phase{nudges.Before, nudges.During, nudges.After, nudges.Debrief, nudges.Done} {
			r := with(nudges.RequestID(fmt.Sprint("RM", i)), phase, theirText)
			r.Word.Help, r.Debrief.Rep, r.Grant.Word = othersText("Help"), nudges.Entry{Learned: othersText("Learned")},
				othersText("Word")
			put(r)
			for _, kind := range []string{"card", "how"} {
				key := nudges.Key(r.ID, 1, goes, kind)
				errs = append(errs, tx.Enqueue(forgetNow,
					nudges.Message{Key: key, Kind: kind, To: goes, Request: r.ID}))
				if kind == "card" {
					errs = append(errs, tx.Settle(key, nudges.Receipt{Channel: "D1", TS: "1.1", At: forgetNow}))
				}
			}
		}
		rep := with("RR", nudges.Done, othersText) // of another's call, on which they were the rep
		rep.Manager, rep.Rep = stays, goes
		rep.Word.Help, rep.Debrief.Rep = theirText("Help"),
			nudges.Entry{Coached: theirText("Coached"), Learned: theirText("Learned"), Link: theirText("Link")}
		put(rep)
		asks := with("RA", nudges.Before, theirText) // they asked for help, and the other renamed it
		asks.Manager, asks.Rep, asks.Way = stays, goes, nudges.ByAsk
		asks.Plan, asks.Grant.Reason, asks.Grant.Word, asks.Past, asks.Skill, asks.Coaching, asks.Word.Guess = "", "",
			"", verdict.Past{}, "", nudges.Coaching{}, ""
		asks.NoteText = ""
		asks.Debrief = nudges.Debriefing{}
		put(asks)
		approver := with("RP", nudges.Done, othersText)
		approver.Manager, approver.Rep, approver.Grant.Route, approver.Grant.Word = stays, "U0LIOR01",
			[]nudges.UserID{goes}, theirText("Word")
		put(approver)
		stay := with("RS", nudges.Done, othersText)
		stay.Manager, stay.Rep = stays, "U0LIOR01"
		put(stay)
		return errors.Join(append(errs,
			tx.PutTeam(team.Team{
				Manager: goes, Reps: []nudges.UserID{stays},
				Skills: []team.Skill{{Name: theirText("Skill"), Training: theirText("Training")}},
			}),
			tx.PutLearning(nudges.LearningDeal{
				Manager: goes, Rep: stays, Deal: theirText("Learning"),
				What: theirText("What"), At: forgetNow,
			}),
			tx.Remember(nudges.LedgerEntry{
				Manager: goes, Rep: stays, Deal: "x", Skill: theirText("Ledger"),
				At: forgetNow,
			}),
			tx.Enqueue(forgetNow, nudges.Message{
				Key:  daily.ReminderKey(goes, "2026-03-04", 0),
				Kind: daily.KindDailyLine, To: goes,
			}),
			tx.Settle(daily.ReminderKey(goes, "2026-03-04", 0),
				nudges.Receipt{Channel: "D1", TS: "2.1", At: forgetNow}),
			tx.PutReminder(daily.Reminder{
				Person: goes, State: daily.ReminderOn, At: 540, Days: daily.Workdays,
				Zone: "UTC",
			}),
			tx.PutPerson(nudges.Person{ID: goes, DM: "D1"}), tx.PutBond(stays, goes, nudges.Met))...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// traces looks for any text of theirs, however written, in every file of a folder.
func traces(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range append([]string{marker}, theirText("Help"), theirText("RequestPlan"),
			theirText("EntryLearned"), theirText("Word"), theirText("What")) {
			escaped, _ := json.Marshal(s)
			for _, form := range [][]byte{
				[]byte(s), bytes.Trim(escaped, `"`),
				[]byte(strings.Trim(fmt.Sprintf("%+q", s), `"`)),
			} {
				if i := bytes.Index(b, form); i >= 0 {
					t.Errorf("%s has it at %d: %q", f.Name(), i, b[max(0, i-40):min(len(b), i+60)])
					return
				}
			}
		}
	}
}

// left checks that what others wrote, and the counts, are there.
func left(t *testing.T, st storage.Store) {
	t.Helper()
	err := st.View(t.Context(), func(r storage.Reader) error {
		for _, id := range []nudges.RequestID{"RM0", "RM1", "RM2", "RM3", "RM4", "RR", "RA", "RP", "RS"} {
			q, err := r.Request(id)
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			if words := privacy.OwnWords(q, goes); len(words) > 0 {
				t.Errorf("%s: %q", id, words)
			}
			switch id {
			case "RM2":
				if q.DebriefDue(forgetNow.Add(24 * time.Hour)) {
					t.Errorf("%s: they will be asked how it went", id)
				}
			case "RM4":
				if q.Word.Help != othersText("Help") || q.Debrief.Rep.Learned != othersText("Learned") {
					t.Errorf("%s lost what others wrote: %+v", id, q)
				}
			case "RS", "RR", "RP":
				if q.Deal != othersText("RequestDeal") || q.Plan != othersText("RequestPlan") {
					t.Errorf("%s lost what others wrote: %+v", id, q)
				}
			}
			if h, err := r.History(id); err != nil || len(h) == 0 || h[0].By == "" {
				t.Errorf("%s has lost its history: %v, %v", id, h, err)
			}
		}
		open, err := storage.All(r.OpenRequests(goes))
		if err != nil || len(open) > 0 {
			t.Errorf("still open: %v, %v", open, err)
		}
		all, err := r.Forgets()
		if err != nil || len(all) > 0 {
			t.Errorf("still to be forgotten: %v, %v", all, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Nothing that somebody wrote is in the file once they are forgotten, while others write.
func TestForgetLeavesNoTrace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "stepin.db")
	db, err := store.Open(t.Context(), path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	plantAll(t, db)
	f := Forgetter{Store: db, File: db, Now: func() time.Time { return forgetNow }}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil || n < 10; n++ {
				id := nudges.RequestID(fmt.Sprint("RL", w, "-", n))
				if err := db.Update(t.Context(), func(tx storage.Tx) error {
					return tx.PutRequest(nudges.Request{
						ID: id, Manager: stays, Deal: "busy", Phase: nudges.Before,
						Starts: forgetNow, Ends: forgetNow,
					})
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if n := storetest.Finds(t, path, marker, theirText("Help"), theirText("RequestPlan")); n != 3 {
		t.Fatalf("%d are found before", n)
	}
	saw, err := f.Look(t.Context(), goes)
	if err != nil {
		t.Error(err)
	}
	got, err := f.Forget(t.Context(), privacy.Forget{Who: goes, At: forgetNow, Own: true})
	if err != nil {
		t.Error(err)
	}
	stop()
	wg.Wait()
	traces(t, dir)
	left(t, db)
	// Some words go with what is open, and are not counted.
	if got.Words < 60 || got.Requests != 8 || got.Removed != 6 || got.Dropped < 4 {
		t.Errorf("got %+v", got)
	}
	if saw.Words != got.Words || saw.Requests != got.Requests || saw.Removed != got.Removed ||
		saw.Dropped != got.Dropped || saw.Marked != got.Marked {
		t.Errorf("got %+v, looked like %+v", got, saw)
	}
	_ = db.View(t.Context(), func(r storage.Reader) error {
		_, waiting, err := r.SaidTo("")
		kinds := map[string]int{}
		for _, m := range waiting {
			kinds[m.Kind]++
		}
		if err != nil || kinds[privacy.KindRemoved] != 6 || kinds[privacy.KindForgotten] != 1 || kinds["how"] != 0 {
			t.Errorf("to be said: %v, %v", kinds, err)
		}
		return nil
	})
	if _, err := f.Look(t.Context(), "U0NOBODY"); !errors.Is(err, ErrNobody) {
		t.Errorf("nobody: %v", err)
	}
}

// Wherever a crash comes, the next start goes on to the end.
func TestForgetAfterACrash(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "stepin.db")
	var points [][]byte
	look := func() {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		points = append(points, b)
	}
	on := false
	db, err := store.Open(t.Context(), path, store.Options{NoSync: true, Around: func(commit func() error) error {
		if !on {
			return commit()
		}
		look()
		err := commit()
		look()
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	plantAll(t, db)
	on = true
	now := func() time.Time { return forgetNow }
	if _, err := (Forgetter{Store: db, File: db, Now: now}).Forget(t.Context(),
		privacy.Forget{Who: goes, At: forgetNow, Own: true}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	begun := 0
	for i, b := range points {
		dir := t.TempDir()
		path := filepath.Join(dir, "stepin.db")
		if err := os.Mkdir(filepath.Join(dir, ".stepin-1"), 0o700); err != nil {
			t.Fatal(err)
		}
		// and half of a new one beside it
		for p, has := range map[string][]byte{path: b, filepath.Join(dir, ".stepin-1", "draft"): b[:len(b)/2]} {
			if err := os.WriteFile(p, has, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		db, err := store.Open(t.Context(), path, store.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		var due []privacy.Forget
		if err := db.View(t.Context(), func(r storage.Reader) (err error) {
			due,
				err = r.Forgets()
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, fg := range due {
			begun++
			if fg.Who != goes || !fg.Own {
				t.Errorf("%+v", fg)
			}
			if _, err := (Forgetter{Store: db, File: db, Now: now}).Forget(t.Context(), fg); err != nil {
				t.Fatal(err)
			}
		}
		if len(due) > 0 || i > len(points)/2 {
			traces(t, dir)
			left(t, db)
			err := db.View(t.Context(), func(r storage.Reader) error {
				_, waiting, err := r.SaidTo("/0/" + string(goes))
				if len(waiting) != 1 {
					t.Errorf("at %d they are told %d times", i, len(waiting))
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if begun < 5 {
		t.Errorf("only %d of %d points are in the middle of it", begun, len(points))
	}
}

// What others are being shown at this moment has words of the person who is forgotten, too: it is redrawn as
// soon as it has arrived.
func TestForgetWhatIsOnItsWayToOthers(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "stepin.db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const id nudges.RequestID = "RR"
	keys := map[string]bool{} // and whether it is to be redrawn
	err = db.Update(t.Context(), func(tx storage.Tx) error {
		key := func(kind string, redrawn bool) string {
			k := nudges.Key(id, 1, stays, kind)
			keys[k] = redrawn
			return k
		}
		arrived, flies, waits := key("word", true), key("from-rep", true), key("how", false)
		r := nudges.Request{
			ID: id, Manager: stays, Rep: goes, Way: nudges.ByPause, Phase: nudges.Before,
			Starts: forgetNow.Add(time.Hour), Ends: forgetNow.Add(2 * time.Hour),
			Word: nudges.Word{State: nudges.WordGiven, Help: theirText("Help")}, Begun: forgetNow,
			Others: []nudges.Sent{
				{Key: arrived, Kind: nudges.KindWord, To: stays},
				{Key: flies, Kind: nudges.KindWord, To: stays},
				{Key: waits, Kind: nudges.KindWord, To: stays},
			},
		}
		errs := []error{tx.PutRequest(r)}
		for k := range keys {
			errs = append(errs, tx.Enqueue(forgetNow,
				nudges.Message{Key: k, Kind: nudges.KindWord, To: stays, Request: id}))
		}
		return errors.Join(append(errs, tx.Settle(arrived, nudges.Receipt{Channel: "D1", TS: "1.1", At: forgetNow}),
			tx.Attempt(flies))...)
	})
	if err != nil {
		t.Fatal(err)
	}
	f := Forgetter{Store: db, Now: func() time.Time { return forgetNow }}
	if _, err := f.Forget(t.Context(), privacy.Forget{Who: goes, At: forgetNow}); err != nil {
		t.Fatal(err)
	}
	err = db.View(t.Context(), func(r storage.Reader) error {
		_, waiting, err := r.SaidTo(string(id) + "/")
		redrawn := map[string]bool{}
		for _, m := range waiting {
			if m.Edits != "" && m.Kind != privacy.KindRemoved {
				redrawn[m.Edits] = true
			}
		}
		for k, want := range keys {
			if redrawn[k] != want {
				t.Errorf("%s is redrawn: %v", k, redrawn[k])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Somebody who was asked once and is not asked any more has read what it was about: that goes, too.
func TestForgetApprover(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "stepin.db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	key := nudges.Key("RP", 1, goes, nudges.KindAsk)
	err = db.Update(t.Context(), func(tx storage.Tx) error {
		return errors.Join(
			tx.PutRequest(nudges.Request{
				ID: "RP", Manager: stays, Rep: "U0LIOR01", Way: nudges.ByPause, Phase: nudges.Before,
				Starts: forgetNow.Add(time.Hour), Ends: forgetNow.Add(2 * time.Hour),
				Grant:  nudges.Grant{State: nudges.Asked, Route: []nudges.UserID{"U0PRIYA1"}, Asked: 1},
				Others: []nudges.Sent{{Key: key, Kind: nudges.KindAsk, To: goes}},
			}),
			tx.Enqueue(forgetNow, nudges.Message{Key: key, Kind: nudges.KindAsk, To: goes, Request: "RP"}),
			tx.Settle(key, nudges.Receipt{Channel: "D1", TS: "1.1", At: forgetNow}))
	})
	if err != nil {
		t.Fatal(err)
	}
	f := Forgetter{Store: db, Now: func() time.Time { return forgetNow }}
	saw, err := f.Look(t.Context(), goes)
	if err != nil || saw.Removed != 1 {
		t.Errorf("looked like %+v, %v", saw, err)
	}
	got, err := f.Forget(t.Context(), privacy.Forget{Who: goes, At: forgetNow})
	if err != nil || got.Removed != 1 || got.Requests != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
