package erase

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
	"stepin/store"
)

// Figures come from the file, of whole months.
func TestMonths(t *testing.T) {
	db, err := store.Open(t.Context(), t.TempDir()+"/stepin.db", store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	march := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	err = db.Update(t.Context(), func(tx storage.Tx) error {
		var errs []error
		for n := range 300 { // more than one look reads
			m := nudges.UserID(fmt.Sprint("U", n%6))
			errs = append(errs, tx.PutRequest(nudges.Request{
				ID: nudges.RequestID(fmt.Sprint("R", n)), Manager: m, Rep: "UR", Way: nudges.ByPause,
				Phase:    nudges.Done,
				Decision: nudges.Decided(ladder.HoldBack), DoneAt: march.AddDate(0, n%2, 0),
				Answers: verdict.Answers{verdict.Q7: "yes"},
			}, nudges.Transition{Seq: 1, By: m, To: nudges.Situation{Decision: nudges.Decided(ladder.TakeOver)}}))
		}
		for rep := range 5 {
			errs = append(errs, tx.PutTrust(nudges.UserID(fmt.Sprint("U", rep)), 4, march))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	// Each month has three of the six managers: too few. Six more in March are enough.
	got, err := Months(t.Context(), db, "2026-03..2026-04", privacy.KeepUsual, march.AddDate(0, 3, 0), nil)
	if err != nil || len(got) != 1 || got[0].N != 4 {
		t.Errorf("%+v, %v", got, err)
	}
	err = db.Update(t.Context(), func(tx storage.Tx) error {
		var errs []error
		for n := range 6 {
			errs = append(errs, tx.PutRequest(nudges.Request{
				ID: nudges.RequestID(fmt.Sprint("RX", n)), Manager: nudges.UserID(fmt.Sprint("U", n)),
				Way: nudges.ByPause, Phase: nudges.Done,
				Decision: nudges.Decided(ladder.HoldBack), DoneAt: march, Answers: verdict.Answers{verdict.Q7: "yes"},
			}, nudges.Transition{Seq: 1, To: nudges.Situation{Decision: nudges.Decided(ladder.TakeOver)}}))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err = Months(t.Context(), db, "2026-03..2026-04", privacy.KeepUsual, march.AddDate(0, 3, 0), nil)
	var b bytes.Buffer
	for _, f := range got {
		fmt.Fprintln(&b, f.Month, f.Name, f.Value, f.N)
	}
	want := "2026-03 came about push 156\n2026-03 decided hold_back 156\n2026-03 against the first wish smaller 156\n2026-03 reps felt trusted  4\n"
	if err != nil || b.String() != want {
		t.Errorf("%s, %v", b.String(), err)
	}
}
