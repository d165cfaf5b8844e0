package bot

import (
	"errors"
	"testing"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/store"
)

// Somebody who was to be forgotten when the process ended is forgotten after the next start, by itself, and
// told once.
func TestForgetGoesOnAtTheStart(t *testing.T) {
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
		play("sam types /stepin @Dana Acme renewal", "sam presses I'll hold back", "sam closes", "sam goes to stepin",
			"sam reads Acme renewal")
		r.stop()
		db, err := store.Open(t.Context(), r.path, r.options)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(t.Context(), func(tx storage.Tx) error {
			return tx.PutForget(privacy.Forget{Who: nudges.UserID(who["sam"]), At: r.ws.Now(), Own: true})
		})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		r.start()
		r.settle()
		play("the file lacks Acme renewal", "restart", "sam does not read Acme renewal", "sam reads Deleted",
			"sam reads 1 times It's done")
	})
}

// People who may not use stepin, or not any more, may still have their own words, and be forgotten; guests
// and others never had any.
func TestOwnWordsAreForEverybody(t *testing.T) {
	b, _ := newIdle(t)
	b.apply(roster.Settings{Words: testWords(t), Allowed: roster.Allowed{Users: []string{"U0SAM001"}}}, nil)
	for _, in := range []form.Input{
		{Kind: form.Typed, Text: "export"},
		{Kind: form.Typed, Text: " Forget "},
		{Kind: form.Submitted, Callback: string(form.ForgetScreen)},
		{Kind: form.Tapped, Where: form.OnHome, Action: form.ActForget},
	} {
		if err := b.answers.MayUse(t.Context(), in, roster.Person{Known: true}); err != nil {
			t.Errorf("%+v: %v", in, err)
		}
		if err := b.answers.MayUse(t.Context(), in, roster.Person{Guest: true}); !errors.Is(err, form.ErrNotAllowed) {
			t.Errorf("a guest, %+v: %v", in, err)
		}
	}
	for _, in := range []form.Input{
		{Kind: form.Typed, Text: "forget Acme"},
		{Kind: form.Typed, Text: "now"},
		{Kind: form.Submitted, Callback: string(form.TeamScreen)},
	} {
		if err := b.answers.MayUse(t.Context(), in, roster.Person{Known: true}); !errors.Is(err, form.ErrNotAllowed) {
			t.Errorf("%+v: %v", in, err)
		}
	}
}
