package bot

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"stepin/bot/erase"
	"stepin/bot/form"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/nudges"
	"stepin/nudges/mirror"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
	"stepin/store"
)

// sensitives is what a file has of what one setting turns off.
func (r *rig) sensitives() (out []string) {
	r.t.Helper()
	r.view(func(rd storage.Reader) error {
		all, err := rd.RequestsAfter("", 1000)
		for _, q := range all {
			if _, has := privacy.Minimise(q); has {
				out = append(out, fmt.Sprint(q.ID, q.Answers, q.Past))
			}
		}
		p, more := rd.Past(nudges.UserID(who["sam"]), nudges.UserID(who["dana"]), "Acme renewal", "Pricing")
		if !p.Took.IsZero() || len(p.Coached) > 0 {
			out = append(out, fmt.Sprint(p))
		}
		months, gone := rd.Months(nudges.UserID(who["sam"]))
		if more = errors.Join(more, gone); len(months) > 0 {
			out = append(out, fmt.Sprint(months))
		}
		_, ok, still := rd.Trust(time.Time{})
		if ok {
			out = append(out, "trust")
		}
		return errors.Join(err, more, still)
	})
	return out
}

// With "sensitive" off nothing of it is asked, and nothing stored whatever a form says; what there was goes
// with the next run, and figures are refused.
func TestSensitiveOff(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.options = store.Options{NoSync: true}
		r.start()
		s := &story{r: r, hands: map[string]*hands.Hands{}}
		play := func(lines ...string) {
			t.Helper()
			for _, l := range lines {
				if err := s.line(l); err != nil {
					t.Fatalf("%s: %v", l, err)
				}
			}
		}
		pause := []string{
			"sam types /stepin @Dana Acme renewal", "sam picks Odds without you? = 30%", "sam submits",
			"sam picks say would help? = To lead it alone",
			"sam picks Whose call? = Dana's", "sam picks worst case? = A loss we'd get over",
			"sam submits", "sam picks way work? = Yes, just not mine",
			"sam picks trained for this? = Yes",
			"sam submits", "sam submits", "sam picks made you want to step in? = Rescue", "sam submits",
		}
		play("team reps=dana skills=Pricing", "bond dana")
		for i, l := range pause {
			if strings.Contains(l, "made you want") {
				options := testWords(t).Question(verdict.QMotive, words.Data{}).Options
				pause[i] = "sam picks made you want to step in? = " + options[0].Text.Plain()
			}
		}
		play(pause...)
		trusts := func(rep int) error {
			return r.update(func(tx storage.Tx) error {
				return errors.Join(tx.PutTrust(nudges.UserID(fmt.Sprint("U", rep)), 4, r.ws.Now()),
					tx.Remember(nudges.LedgerEntry{
						Manager: nudges.UserID(who["sam"]), Rep: nudges.UserID(who["dana"]),
						Deal: "Acme renewal", Skill: "Pricing", At: r.ws.Now(), Took: rep == 0,
					}))
			})
		}
		for rep := range 5 {
			if err := trusts(rep); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.update(func(tx storage.Tx) error {
			month := mirror.Month{Name: r.ws.Now().Format("2006-01"), Counts: mirror.Counts{"self/led": 5}}
			return tx.AddMonth(nudges.UserID(who["sam"]), month)
		}); err != nil {
			t.Fatal(err)
		}
		play("sam opens home", "sam goes to home", "sam reads Your last four weeks")
		if got := r.sensitives(); len(got) != 4 {
			t.Fatalf("before: %q", got)
		}
		r.keep.SensitiveOff = true
		if err := r.bot.Reload(t.Context(), r.settings()); err != nil { // no restart is needed
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		r.settle()
		if got := r.sensitives(); len(got) != 0 {
			t.Errorf("after: %q", got)
		}
		play("sam opens home", "sam goes to home", "sam does not read four weeks", "sam does not read [Stop counting me]")
		r.view(func(rd storage.Reader) error {
			open, err := storage.All(rd.OpenRequests(nudges.UserID(who["sam"])))
			if len(open) != 1 || open[0].Answers[verdict.Q7] != "alone" {
				t.Errorf("more than that went: %+v", open)
			}
			return err
		})
		// Whatever a form says, none of it is kept: of a window that was opened before the setting changed, and of
		// what an action brings along.
		q := r.stored("sam")[0]
		out, _, err := r.bot.answers.Handle(t.Context(), form.Input{
			Kind: form.Submitted, Identity: "late closing", User: q.Manager, Callback: string(form.ClosingScreen),
			Request: q.ID, Received: time.Now(),
			Form: map[string]string{string(verdict.QMotive): "rescue", string(verdict.QEstimate): "30"},
		})
		if err != nil || out.Screen != form.DoneScreen {
			t.Fatalf("closing: %+v, %v", out, err)
		}
		if got := r.sensitives(); len(got) != 0 {
			t.Errorf("stored of a form: %q", got)
		}
		q = r.stored("sam")[0]
		err = r.update(func(tx storage.Tx) error {
			q.Answers[verdict.QMotive], q.Answers[verdict.QEstimate] = "rescue", "30"
			q.Past = verdict.Past{
				Took: r.ws.Now(), Coached: []verdict.Coached{{Skill: "Pricing", At: r.ws.Now()}},
				Learn: "to wait",
			}
			q.Phase, q.Debrief = nudges.Debrief, nudges.Debriefing{State: nudges.DebriefShared, Place: nudges.InGroup}
			o := nudges.Outcome{Request: q, Ledger: []nudges.LedgerEntry{
				{Manager: q.Manager, Rep: q.Rep, Deal: q.Deal, At: r.ws.Now(), Took: true},
				{Manager: q.Manager, Rep: q.Rep, Deal: q.Deal, Skill: "Pricing", At: r.ws.Now()},
			}}
			errs := []error{storage.Apply(tx, r.bot.settings().Keep, o, r.ws.Now())}
			for rep := range privacy.TrustReps - 1 {
				errs = append(errs, tx.PutTrust(nudges.UserID(fmt.Sprint("U", rep)), 4, r.ws.Now()))
			}
			return errors.Join(errs...)
		})
		if err != nil {
			t.Fatal(err)
		}
		out, _, err = r.bot.answers.Handle(t.Context(), form.Input{
			Kind: form.Submitted, Identity: "late log", User: q.Rep, Callback: string(form.LogScreen), Request: q.ID,
			Received: time.Now(),
			Form:     map[string]string{form.ActOutcome: string(nudges.Won), form.ActTrusted: "4"},
		})
		if err != nil || out.Screen != form.DoneScreen {
			t.Fatalf("log: %+v, %v", out, err)
		}
		if got := r.sensitives(); len(got) != 0 {
			t.Errorf("stored: %q", got)
		}
		r.view(func(rd storage.Reader) error {
			is, err := rd.Request(q.ID)
			if is.Past.Learn != "to wait" || !is.Debrief.Trusted || is.Debrief.Rep.Outcome != nudges.Won {
				t.Errorf("too little is stored: %+v", is)
			}
			return err
		})
		if _, err := r.bot.Months(t.Context(), "2026-01", nil); !errors.Is(err, erase.ErrUncounted) {
			t.Errorf("figures: %v", err)
		}
	})
}

// The file belongs to its workspace all the same.
func TestSensitiveOffClaimsTheFile(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.options, r.keep.SensitiveOff = store.Options{NoSync: true}, true
		r.start()
		if err := r.db.ClaimTeam(r.t.Context(), "T0OTHER"); !errors.Is(err, store.ErrOtherTeam) {
			r.t.Errorf("another workspace: %v", err)
		}
	})
}
