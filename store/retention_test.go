package store

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
	"stepin/store/kv"
	"stepin/store/storetest"
)

// kinds are the records of each bucket; those that are not here hold none.
var kinds = map[kv.Table]any{
	requests: requestRecord{}, history: transitionRecord{}, outbox: messageRecord{}, said: saidRecord{},
	people: personRecord{},
	teams:  teamRecord{}, ledger: ledgerRecord{}, reminders: reminderRecord{}, learning: learningRecord{},
	forgets: forgetRecord{}, runs: runRecord{}, monthly: monthRecord{},
}

// leaves calls f for each field of a record that holds no others, with its name in JSON.
func leaves(name string, t reflect.Type, f func(string)) {
	for t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		f(name)
		return
	}
	for field := range t.Fields() {
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag == "-" { // it stands in the key
			continue
		}
		leaves(name+"."+tag, field.Type, f)
	}
}

// Whatever the file can hold is in one row of the table of what is kept, and no row speaks of what is
// not there: a new field cannot be forgotten.
func TestEveryFieldIsInTheTable(t *testing.T) {
	rows := map[string][]string{}
	for _, k := range privacy.Keeping() {
		for _, f := range k.Fields {
			rows[f] = append(rows[f], k.Name)
		}
	}
	seen := map[string]bool{}
	one := func(name string) {
		seen[name] = true
		if len(rows[name]) != 1 {
			t.Errorf("%s is in the rows %q of privacy.Keeping: say in one what it is, who sees it and for how long",
				name, rows[name])
		}
	}
	for _, b := range slices.Concat(newTables...) {
		if rec, ok := kinds[b]; ok {
			leaves(string(b), reflect.TypeOf(rec), one)
		} else {
			one(string(b))
		}
	}
	seen["requests.answers.motive"], seen["requests.answers.estimate"] = true, true // entries of a map
	for f, in := range rows {
		if !seen[f] {
			t.Errorf("%q names %s, which is no field of a record", in, f)
		}
	}
}

// classOf is the class of a field.
func classOf(name string) privacy.Class {
	for _, k := range privacy.Keeping() {
		if slices.Contains(k.Fields, name) {
			return k.Class
		}
	}
	return ""
}

// plant puts a word of its own into every text of a record: the name of its field.
func plant(name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("zq:" + name + ":")
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		plant(name, v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("P1").Convert(v.Type().Key()),
			reflect.ValueOf("zq:"+name+":").Convert(v.Type().Elem()))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(storetest.T0))
			return
		}
		for i := range v.NumField() {
			tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			plant(name+"."+tag, v.Field(i))
		}
	}
}

// After its time a request has no text that the table calls one, and everything else; and somebody who is
// forgotten leaves none that they may have written.
func TestTextsGoAndCountsStay(t *testing.T) {
	full := func() requestRecord {
		var rec requestRecord
		plant("requests", reflect.ValueOf(&rec).Elem())
		rec.Phase, rec.Manager, rec.Rep = nudges.Done, "U1", "U2"
		return rec
	}
	texts := 0
	rec := requestRecordOf(privacy.Anonymise(full().request("R1")), 1)
	v := fmt.Sprintf("%+v", rec)
	leaves("requests", reflect.TypeFor[requestRecord](), func(name string) {
		has := strings.Contains(v, "zq:"+name+":")
		if classOf(name) == privacy.ClassText {
			texts++
			if has {
				t.Errorf("%s is still there", name)
			}
		}
		if planted := strings.Contains(fmt.Sprintf("%+v", full()), "zq:"+name+":"); planted && !has &&
			classOf(name) != privacy.ClassText && !optionalOnly(name) {
			t.Errorf("%s, which is a count, has gone", name)
		}
	})
	if texts < 15 {
		t.Errorf("only %d texts", texts)
	}
	left := full()
	for _, who := range []nudges.UserID{"U1", "U2", "U3"} {
		r := left.request("R1")
		r.Grant.Route = []nudges.UserID{"U3"}
		r, words := privacy.Without(r, who)
		if len(words) == 0 {
			t.Errorf("%s wrote nothing", who)
		}
		left = requestRecordOf(r, 1)
	}
	v = fmt.Sprintf("%+v", left)
	leaves("requests", reflect.TypeFor[requestRecord](), func(name string) {
		if classOf(name) == privacy.ClassText && strings.Contains(v, "zq:"+name+":") {
			t.Errorf("nobody of the three wrote %s", name)
		}
	})
}

// optionalOnly are fields that a request has no part in: the file's ledger shares its record.
func optionalOnly(name string) bool { return name == "requests.past.before" }

// A request that was done long enough goes with all that there is of it, and no other.
func TestDeleteRequest(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	update(t, d, storetest.Fill)
	before := map[kv.Table]int{}
	view(t, d, func(r storage.Reader) error {
		for _, b := range slices.Concat(newTables...) {
			before[b] = r.(*reader).Size(b)
		}
		return nil
	})
	update(t, d, func(tx storage.Tx) error {
		r := storetest.Done("R9")
		return errors.Join(
			tx.PutRequest(r, nudges.Transition{Seq: 1, By: "U1", At: storetest.T0, Why: "not-doing"}),
			tx.Enqueue(storetest.T0, nudges.Message{Key: "R9/1/U1/card", Kind: "card", To: "U1", Request: "R9"},
				nudges.Message{Key: "R9/2/U1/how", Kind: "how", To: "U1", Request: "R9"}),
			tx.Settle("R9/1/U1/card", nudges.Receipt{Channel: "D1", TS: "1.1", At: storetest.T0}),
		)
	})
	if err := d.Update(t.Context(), func(tx storage.Tx) error { return tx.DeleteRequest("R1") }); !errors.Is(err,
		nudges.ErrNotNow) {
		t.Errorf("an open one: %v", err)
	}
	update(t, d, func(tx storage.Tx) error { return tx.DeleteRequest("R9") })
	view(t, d, func(r storage.Reader) error {
		for _, b := range slices.Concat(newTables...) {
			if n := r.(*reader).Size(b); n != before[b] {
				t.Errorf("%s has %d entries, not %d", b, n, before[b])
			}
		}
		return nil
	})
	if err := d.kv.View(Check); err != nil {
		t.Error(err)
	}
}

// expireAll runs ExpireRest to its end, a few at a time.
func expireAll(t *testing.T, d *DB, now time.Time, k privacy.Keep) (changed bool) {
	t.Helper()
	next := ""
	for first := true; first || next != ""; first = false {
		var did bool
		update(t, d, func(tx storage.Tx) (err error) {
			next, did, err = tx.ExpireRest(now, k, next, 2)
			return err
		})
		changed = changed || did
	}
	return changed
}

func TestExpireRest(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	update(t, d, storetest.Fill)
	update(t, d, func(tx storage.Tx) error {
		return errors.Join(tx.Enqueue(storetest.T0, nudges.Message{
			Key: "mantra/U1/2019-03-04", Kind: "mantra",
			To: "U1",
		}),
			tx.Settle("mantra/U1/2019-03-04", nudges.Receipt{Channel: "D1", TS: "1.1", At: storetest.T0}),
			tx.Enqueue(storetest.T0, nudges.Message{Key: "/0/U1/open", Kind: "open", To: "U1"}),
			tx.Drop("/0/U1/open", "no longer true"))
	})
	traces := func() (n int) {
		view(t, d, func(r storage.Reader) error { n = r.(*reader).Size(said); return nil })
		return n
	}
	before := traces()
	looks := func(days int, k privacy.Keep) (coached []verdict.Coached, took bool, marked int, trusted, receipt bool) {
		expireAll(t, d, storetest.T0.Add(privacy.Days(days)), k)
		if expireAll(t, d, storetest.T0.Add(privacy.Days(days)), k) {
			t.Errorf("day %d: not all at once", days)
		}
		view(t, d, func(r storage.Reader) error {
			p, err := r.Past("U1", "U2", "acme renewal", "")
			coached, took = p.Coached, !p.Took.IsZero()
			all, more := r.Learning("U1")
			marked = len(all)
			_, ok, still := r.Trust(storetest.T0)
			trusted = ok
			_, none := r.Receipt("mantra/U1/2019-03-04")
			receipt = none == nil
			return errors.Join(err, more, still)
		})
		return coached, took, marked, trusted, receipt
	}
	c, took, marked, trusted, receipt := looks(30, privacy.KeepUsual)
	if len(c) != 1 || c[0].Skill != "Pricing" || !took || marked != 1 || !trusted || !receipt {
		t.Errorf("day 30: %v %v %d %v %v", c, took, marked, trusted, receipt)
	}
	c, took, marked, trusted, receipt = looks(61, privacy.KeepUsual)
	if len(c) != 1 || c[0].Skill != "" || !took || marked != 1 || !trusted || receipt {
		t.Errorf("day 61: %v %v %d %v %v", c, took, marked, trusted, receipt) // R2 is about Globex, and has its words
	}
	if n := traces(); n != before-2 {
		t.Errorf("%d traces are left of %d", n, before)
	}
	update(t, d, func(tx storage.Tx) error {
		r, err := tx.Request("R2")
		if err != nil {
			return err
		}
		r.Phase = nudges.Done
		return tx.PutRequest(privacy.Anonymise(r))
	})
	if _, _, marked, _, _ = looks(61, privacy.KeepUsual); marked != 0 {
		t.Error("a deal for learning outlives the last call about it")
	}
	if c, took, _, trusted, _ = looks(400, privacy.KeepUsual); len(c) != 0 || took || trusted {
		t.Errorf("day 400: %v %v %v", c, took, trusted)
	}
}

// With "sensitive" off, what there is of it goes at once.
func TestExpireSensitiveOff(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	update(t, d, storetest.Fill)
	expireAll(t, d, storetest.T0, privacy.Keep{Text: privacy.Days(30), Counts: privacy.Days(365), SensitiveOff: true})
	view(t, d, func(r storage.Reader) error {
		own := r.(*reader)
		if own.Size(ledger)+own.Size(trust) > 0 || own.Size(learning) != 1 {
			t.Errorf("%d in the ledger, %d of trust, %d for learning", own.Size(ledger), own.Size(trust),
				own.Size(learning))
		}
		return nil
	})
}

func TestForgetPerson(t *testing.T) {
	for _, who := range []nudges.UserID{"U1", "U2", "U8", "U9"} {
		d := opened(t, storetest.File(t), Options{})
		update(t, d, storetest.Fill)
		update(t, d, func(tx storage.Tx) error { _, _, err := tx.ForgetPerson(who); return err })
		view(t, d, func(r storage.Reader) error {
			team, err := r.Team("U1")
			if err != nil {
				return err
			}
			all := append(team.People(), team.Reps...)
			if slices.Contains(all, who) || who == "U1" && (len(all) > 0 || len(team.Skills) > 0) || who != "U1" &&
				len(all) == 0 {
				t.Errorf("%s: the team is %+v", who, team)
			}
			_, err = r.TeamOf("U2")
			if gone := who == "U1" || who == "U2"; errors.Is(err, nudges.ErrNotFound) != gone {
				t.Errorf("%s: the team of U2: %v", who, err)
			}
			bond, err := r.Bond("U2", "U1")
			if gone := who == "U1" || who == "U2"; (bond == nudges.Unmet) != gone || err != nil {
				t.Errorf("%s: %q, %v", who, bond, err)
			}
			rem, err := r.Reminder("U1")
			if off := rem.State == daily.ReminderOff && len(rem.Said) == 0; off != (who == "U1") || err != nil {
				t.Errorf("%s: %+v, %v", who, rem, err)
			}
			marked, err := r.Learning("U1")
			if (len(marked) == 0) != (who == "U1") || err != nil {
				t.Errorf("%s: %+v, %v", who, marked, err)
			}
			p, err := r.Past("U1", "U2", "Acme renewal", "")
			if err != nil || len(p.Coached) != 1 || (p.Coached[0].Skill == "") != (who == "U1") || p.Took.IsZero() {
				t.Errorf("%s: %+v, %v", who, p, err)
			}
			return nil
		})
	}
}

// A command is in the record for as long as counts are kept, and then it is gone.
func TestRunsExpire(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	update(t, d, storetest.Fill)
	later := storetest.Run()
	later.At = later.At.Add(privacy.Days(10))
	update(t, d, func(tx storage.Tx) error { return errors.Join(tx.PutRun(later), tx.PutRun(later)) })
	for _, tt := range []struct{ day, want int }{{0, 3}, {365, 3}, {366, 2}, {376, 0}} {
		expireAll(t, d, storetest.T0.Add(privacy.Days(tt.day)), privacy.KeepUsual)
		view(t, d, func(r storage.Reader) error {
			if all, err := r.Runs(); err != nil || len(all) != tt.want {
				t.Errorf("day %d: %+v, %v", tt.day, all, err)
			}
			return nil
		})
	}
}
