package bot

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"stepin/bot/check"
	"stepin/bot/form"
	"stepin/bot/people"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/slackapi"
	"stepin/nudges"
	"stepin/store"
)

const salesGroup = "S0SALES01"

// grouped is a rig that only a user group may use, with these in it.
func grouped(t *testing.T, f func(r *rig), in ...string) {
	t.Helper()
	inBubble(t, sandbox.Config{Manifest: manifest(t, "usergroup")}, func(r *rig) {
		r.options = store.Options{NoSync: true}
		r.allowed = roster.Allowed{Group: salesGroup}
		r.group(in...)
		f(r)
		if v := r.ws.Violations(); len(v) > 0 {
			r.t.Errorf("rules broken: %q", v)
		}
	})
}

// group puts people into the user group.
func (r *rig) group(names ...string) {
	ids := []string{}
	for _, n := range names {
		ids = append(ids, who[n])
	}
	r.ws.SetGroup(salesGroup, ids...)
}

// opens says whether somebody gets a window for /stepin; if not, they are refused, privately.
func (r *rig) opens(name string) bool {
	r.t.Helper()
	h := r.as(name).In("C0DEALS1")
	if err := h.Types("/stepin"); err != nil {
		r.t.Fatal(err)
	}
	r.settle()
	if len(r.ws.Modals(who[name])) > 0 {
		r.closeAll(name)
		return true
	}
	posts := r.ws.Posts(who[name], "C0DEALS1")
	if len(posts) == 0 || !posts[len(posts)-1].Ephemeral || !strings.Contains(string(posts[len(posts)-1].Blocks), "switched on for you") {
		r.t.Errorf("%s is not refused in private: %+v", name, posts)
	}
	return false
}

func (r *rig) asked() int { return r.ws.Stats().Calls[people.GroupMethod] }

// Who is in the group may use it; what changes there counts after a few minutes, or at once for somebody who
// was let in and tries; and those of the last list stay while Slack does not say.
func TestAllowedGroup(t *testing.T) {
	grouped(t, func(r *rig) {
		t := r.t
		r.start()
		if !r.opens("sam") || !r.opens("dana") || r.opens("lior") {
			t.Error("at first")
		}
		time.Sleep(people.GroupRest)
		r.group("sam", "lior")
		if !r.opens("lior") {
			t.Error("Lior was let in, and is refused")
		}
		n := r.asked()
		for range 30 { // within the rest Slack is not asked for each who knocks
			if time.Sleep(500 * time.Millisecond); r.opens("priya") {
				t.Error("Priya is not in it")
			}
		}
		if got := r.asked() - n; got > 4 {
			t.Errorf("asked %d times in a minute and a half", got)
		}
		if r.opens("dana") {
			t.Error("Dana was taken out")
		}
		r.ws.Fail(sandbox.Fault{Method: people.GroupMethod, Kind: sandbox.ServerError, Count: -1})
		r.group()
		time.Sleep(3 * time.Hour)
		if !r.opens("sam") || r.opens("dana") {
			t.Error("while Slack does not say, the last list does not hold")
		}
		if got := strings.Count(r.log.String(), "its last known members may"); got != 1 {
			t.Errorf("said %d times that Slack does not say", got)
		}
		r.ws.Mend()
		r.ws.Fail(sandbox.Fault{Method: people.GroupMethod, Kind: sandbox.EmptyOK, Count: -1})
		time.Sleep(2 * people.GroupAge)
		if !r.opens("sam") {
			t.Error("no word from Slack was taken for an empty group")
		}
		r.ws.Mend()
		time.Sleep(2 * people.GroupAge)
		if r.opens("sam") {
			t.Error("nobody is in it any more")
		}
	}, "sam", "dana")
}

// Without the list nobody is served, and the fault says what to do.
func TestAllowedGroupUnknown(t *testing.T) {
	for name, tt := range map[string]struct {
		with  []string
		group string
		want  string
	}{
		"no scope": {nil, salesGroup, "usergroups:read"},
		"no group": {[]string{"usergroup"}, "S0NOBODY1", "no user group S0NOBODY1"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, sandbox.Config{Manifest: manifest(t, tt.with...)}, func(r *rig) {
				r.group("sam")
				db := tempStore(r.t)
				defer db.Close()
				cfg := Config{
					BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/", Dial: r.pipe.Dial, Store: db,
					Settings: roster.Settings{Words: r.words, Allowed: roster.Allowed{Group: tt.group}},
				}
				b, err := New(cfg)
				if err != nil {
					r.t.Fatal(err)
				}
				err = b.Run(r.t.Context())
				if s, ok := errors.AsType[*slackapi.Setup](err); !ok || !strings.Contains(s.Error(), tt.want) {
					r.t.Errorf("ran: %v", err)
				}
				for _, f := range Check(r.t.Context(), cfg) {
					if f.Name == "allowed" && (f.OK || !strings.Contains(f.Says, tt.want)) {
						r.t.Errorf("check: %+v", f)
					}
				}
			})
		})
	}
	grouped(t, func(r *rig) {
		cfg := Config{BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/", Dial: r.pipe.Dial, Settings: r.settings()}
		found := func() (f check.Finding) {
			for _, f = range Check(r.t.Context(), cfg) {
				if f.Name == "allowed" {
					return f
				}
			}
			return check.Finding{}
		}
		if f := found(); !f.OK || !strings.Contains(f.Says, "2 people in the group "+salesGroup) {
			r.t.Errorf("check: %+v", f)
		}
		r.group()
		if f := found(); f.OK || !strings.Contains(f.Says, "nobody is in") {
			r.t.Errorf("check: %+v", f)
		}
	}, "sam", "dana")
}

// A start while Slack does not say who is in the group goes by what was written down, if that is of this group and of
// the last day; else nobody is served before Slack says.
func TestAllowedGroupAtTheStart(t *testing.T) {
	for name, tt := range map[string]struct {
		pendingAck []nudges.UserID
		of         string
		age        time.Duration
		serves     bool
	}{
		"never asked":  {nil, "", 0, false},
		"an hour ago":  {[]nudges.UserID{"U0SAM001"}, salesGroup, time.Hour, true},
		"days ago":     {[]nudges.UserID{"U0SAM001"}, salesGroup, 25 * time.Hour, false},
		"of tomorrow":  {[]nudges.UserID{"U0SAM001"}, salesGroup, -25 * time.Hour, false},
		"of another":   {[]nudges.UserID{"U0SAM001"}, "S0OTHER1", time.Hour, false},
		"nobody in it": {[]nudges.UserID{}, salesGroup, time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, sandbox.Config{Manifest: manifest(t, "usergroup")}, func(r *rig) {
				db := tempStore(r.t)
				defer db.Close()
				if tt.of != "" {
					if err := db.PutGroup(r.t.Context(), tt.of, tt.pendingAck, r.now().Add(-tt.age)); err != nil {
						r.t.Fatal(err)
					}
				}
				r.group("sam", "lior")
				r.ws.Fail(sandbox.Fault{Method: people.GroupMethod, Kind: sandbox.ServerError, Count: -1})
				b, err := New(Config{
					BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/", Dial: r.pipe.Dial, Store: db, Now: r.now,
					Settings: roster.Settings{Words: r.words, Allowed: roster.Allowed{Group: salesGroup}},
				})
				if err != nil {
					r.t.Fatal(err)
				}
				ctx, stop := context.WithCancel(r.t.Context())
				ended := make(chan error, 1)
				go func() { ended <- b.Run(ctx) }()
				time.Sleep(10 * time.Minute)
				if isReady(b) != tt.serves {
					r.t.Errorf("serves: %v", isReady(b))
				}
				if tt.serves && (r.opens("sam") != (len(tt.pendingAck) > 0) || r.opens("lior")) {
					r.t.Error("others may than those who were last in it")
				}
				r.ws.Mend()
				time.Sleep(10 * time.Minute)
				if !r.opens("sam") || !r.opens("lior") {
					r.t.Error("Slack says who may, and they may not")
				}
				stop()
				if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
					r.t.Error(err)
				}
				if in, _, err := db.Group(salesGroup); err != nil || len(in) != 2 {
					r.t.Errorf("kept: %q, %v", in, err)
				}
			})
		})
	}
}

// A refusal says whom to ask, everywhere: in the answer to a command, and in Home.
func TestRefusalSaysWhomToAsk(t *testing.T) {
	for name, tt := range map[string]struct {
		contact string
		admins  []nudges.UserID
		want    string
	}{
		"nobody named": {"", nil, "Your stepin admin"},
		"a person":     {"U0INES01", nil, "Ask <@U0INES01> to"},
		"a channel":    {"C0DEALS1", nil, "Ask <#C0DEALS1> to"},
		"a few words":  {"<!channel> & sales ops", nil, "Ask &lt;!channel&gt; &amp; sales ops to"},
		"the admins":   {"", []nudges.UserID{"U0INES01", "U0PRIYA1"}, "Ask <@U0INES01>, <@U0PRIYA1> to"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, sandbox.Config{}, func(r *rig) {
				r.allowed, r.contact, r.admins = roster.Allowed{Users: []string{who["sam"]}}, tt.contact, tt.admins
				r.start()
				if r.opens("lior") {
					r.t.Error("Lior is not on the list")
				}
				lior := r.as("lior").In("C0DEALS1")
				posts := r.ws.Posts(who["lior"], "C0DEALS1")
				if err := r.ws.OpenHome(r.t.Context(), who["lior"]); err != nil {
					r.t.Fatal(err)
				}
				r.settle()
				home, ok := r.ws.Home(who["lior"])
				if !ok {
					r.t.Fatal("no Home")
				}
				for where, js := range map[string]string{"message": string(posts[len(posts)-1].Blocks), "home": string(home.JSON)} {
					js = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(js)
					if !strings.Contains(js, tt.want) || strings.Contains(js, `"action_id":"start"`) {
						r.t.Errorf("%s: no %q, or a way in, in %s", where, tt.want, js)
					}
				}
				// Help is for those who may use it, too.
				if err := lior.Types("/stepin help"); err != nil {
					r.t.Fatal(err)
				}
				r.settle()
				if got := plainly(lior); !strings.Contains(got, "switched on for you") {
					r.t.Errorf("help: %s", got)
				}
			})
		})
	}
}

// Somebody taken off the list gets no daily line, though one was waiting, until they are on it again. What comes
// then is that day's, and nothing tells of those between.
func TestReminderFollowsTheList(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.ws.SetClock(time.Date(2026, 3, 2, 7, 56, 0, 0, time.UTC)) // a Monday
		r.start()
		r.play(`
			sam types /stepin @Dana Acme renewal
			sam presses I'll hold back
			sam closes`)
		morning := func() {
			r.play("at 10:00")
		}
		morning()
		r.play(`
			sam goes to stepin
			sam presses Moved on
			sam submits`)
		morning() // Tuesday
		n := r.mantras()
		if n == 0 {
			t.Fatalf("none on Tuesday: %s", plainly(r.as("sam")))
		}
		reload := func(a roster.Allowed) {
			t.Helper()
			l := r.settings()
			l.Allowed = a
			if err := r.bot.Reload(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
		reload(roster.Allowed{Users: []string{who["lior"]}})
		morning()
		morning()
		if got := r.mantras(); got != n {
			t.Errorf("%d more while off the list", got-n)
		}
		// Off goes on working from the message that is there; what begins something does not.
		sam := r.as("sam").In(r.as("sam").DM())
		if err := sam.Press("Worried about a call? Start here"); err != nil {
			t.Fatal(err)
		}
		r.settle()
		if len(r.ws.Modals(who["sam"])) > 0 || !strings.Contains(plainly(sam), "switched on for you") {
			t.Errorf("a pause from an old message: %s", plainly(sam))
		}
		reload(roster.Allowed{Everybody: true})
		morning()
		if got := r.mantras(); got != n+1 {
			t.Errorf("%d more on the day after they may again", got-n)
		}
		if rem := r.reminder(); len(rem.Skips) != 0 {
			t.Errorf("told of what was between: %+v", rem.Skips)
		}
	})
}

// So it is with the reminder of a debrief, which carries the daily line.
func TestChaseFollowsTheList(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.ws.SetClock(time.Date(2026, 3, 2, 7, 56, 0, 0, time.UTC)) // a Monday
		r.start()
		r.play(`
			sam types /stepin @Dana Acme renewal
			sam presses I'll hold back
			sam closes
			at 10:00`)
		dm := func() int { return len(r.ws.Posts(who["sam"], r.as("sam").DM())) }
		n := dm()
		l := r.settings()
		l.Allowed = roster.Allowed{Users: []string{who["lior"]}}
		if err := r.bot.Reload(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		r.play("at 10:00")
		r.play("at 10:00") // Wednesday
		if got := dm(); got != n {
			t.Errorf("%d messages while off the list: %s", got-n, plainly(r.as("sam")))
		}
		if err := r.bot.Reload(t.Context(), r.settings()); err != nil {
			t.Fatal(err)
		}
		r.play("at 10:00")
		if got := dm(); got != n+1 {
			t.Errorf("%d messages on the day after: %s", got-n, plainly(r.as("sam")))
		}
	})
}

// A reload that asks for a group which Slack does not know changes nothing.
func TestReloadIsWhole(t *testing.T) {
	grouped(t, func(r *rig) {
		t := r.t
		r.allowed = roster.Allowed{Everybody: true}
		r.start()
		l := r.settings()
		l.Allowed, l.Contact = roster.Allowed{Group: "S0NOBODY1"}, "U0INES01"
		if err := r.bot.Reload(t.Context(), l); err == nil || !strings.Contains(err.Error(), "S0NOBODY1") {
			t.Errorf("reloaded: %v", err)
		}
		r.ws.Fail(sandbox.Fault{Method: people.GroupMethod, Kind: sandbox.ServerError})
		l.Allowed.Group = salesGroup
		if err := r.bot.Reload(t.Context(), l); err == nil || !strings.Contains(err.Error(), "later") {
			t.Errorf("reloaded: %v", err)
		}
		if !r.opens("lior") || r.bot.settings().Contact != "" {
			t.Error("something has changed")
		}
		if err := r.bot.Reload(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if r.opens("lior") || !r.opens("sam") || r.bot.settings().Contact == "" {
			t.Error("nothing has changed")
		}
	}, "sam")
}

// Nobody is let in on a guess: the profile must be known, and a full member's. What is known wins over a guess.
func TestNobodyOnAGuess(t *testing.T) {
	b, _ := newIdle(t)
	for name, tt := range map[string]struct {
		me   roster.Person
		want error
	}{
		"a full member":                    {roster.Person{Known: true}, nil},
		"nobody says who":                  {roster.Person{}, form.ErrWhoUnknown},
		"a stranger":                       {roster.Person{Known: true, Stranger: true}, form.ErrNotAllowed},
		"a guest":                          {roster.Person{Known: true, Guest: true}, form.ErrNotAllowed},
		"a guest, as it was said long ago": {roster.Person{Guest: true}, form.ErrNotAllowed},
		"a bot":                            {roster.Person{Known: true, Bot: true}, form.ErrNotAllowed},
		"deactivated":                      {roster.Person{Known: true, Deleted: true}, form.ErrNotAllowed},
	} {
		in := form.Input{Kind: form.Typed, User: "U0SAM001"}
		if err := b.answers.MayUse(t.Context(), in, tt.me); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// No words after the command, no shortcut and no Home let a guest in, whatever the list says; and what is wrong with
// the words is not for them either.
func TestGuestsAreRefusedEveryWay(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.start()
		const guest = "U0GUEST1"
		h, was := r.ws.As(guest), r.everything()
		refused := func(what string, n int) {
			t.Helper()
			r.settle()
			posts := r.ws.Posts(guest, h.DM())
			if len(r.ws.Modals(guest)) > 0 && !strings.Contains(h.Reads(), "switched on for you") {
				t.Errorf("%s opens %s", what, h.Reads())
			}
			if n > 0 && (len(posts) != n || !posts[n-1].Ephemeral || !strings.Contains(string(posts[n-1].Blocks), "switched on for you")) {
				t.Errorf("%s: %+v", what, posts)
			}
		}
		if err := r.ws.OpenHome(t.Context(), guest); err != nil {
			t.Fatal(err)
		}
		refused("Home", 0)
		if v, ok := r.ws.Home(guest); !ok || !strings.Contains(string(v.JSON), "switched on for you") || strings.Contains(string(v.JSON), "action_id") {
			t.Errorf("Home: %s", v.JSON)
		}
		for i, words := range append([]string{"", "@Dana Acme", "ask @Sam Acme", "@Dana and @Lior", strings.Repeat("x", form.MaxDeal+1)}, form.Verbs...) {
			if err := r.ws.Command(t.Context(), guest, h.DM(), "/stepin "+words); err != nil {
				t.Fatal(err)
			}
			refused("/stepin "+words, i+1)
		}
		if err := r.ws.Shortcut(t.Context(), guest, check.Shortcut); err != nil {
			t.Fatal(err)
		}
		refused("the shortcut", 0)
		if is := r.everything(); !maps.Equal(is, was) {
			t.Errorf("something is kept of it: %v", is)
		}
	})
}

// Who is not on the list answers what they were asked from Home, too, and starts nothing.
func TestAnsweringFromHome(t *testing.T) {
	b, _ := newIdle(t)
	b.apply(roster.Settings{Words: testWords(t), Allowed: roster.Allowed{Users: []string{"U0SAM001"}}}, nil)
	for action, may := range map[string]bool{form.ActApprove: true, form.ActDecline: true, form.ActCoachFirst: true, form.ActStart: false, form.ActTeam: false, form.ActPull: false} {
		err := b.answers.MayUse(t.Context(), form.Input{Kind: form.Tapped, Where: form.OnHome, User: "U0PRIYA1", Action: action}, roster.Person{Known: true})
		if (err == nil) != may {
			t.Errorf("%s: %v", action, err)
		}
	}
}
