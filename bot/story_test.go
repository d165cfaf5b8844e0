package bot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/world"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/nudges/team"
	"stepin/store"
	"stepin/store/storetest"
)

// TestStories plays testdata/stories: what people do and read, line by line, in fake time.
// Each story is walked for what is private, see walk, and at its end looked through for leaks, see nothingLeaks.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	var played atomic.Int64
	t.Cleanup(func() { // when all have been
		if int(played.Load()) == len(files) {
			everySeen(t)
		}
	})
	for n, f := range files {
		if !sampledRaced(n, 4) {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			t.Parallel()
			played.Add(1)
			text := read(t, f)
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, sandbox.Config{KeepCalls: -1, Manifest: scopesOf(t, text)})
				defer r.end()
				r.options = store.Options{NoSync: true, Around: r.commit, Free: r.room, Log: r.logger()}
				r.walk, r.ears = r.walking(), &ears{}
				r.watched = true
				// 08:56 in Berlin on a Wednesday, four minutes before the half hour.
				r.ws.SetClock(time.Date(2026, 3, 4, 7, 56, 0, 0, time.UTC))
				r.start()
				r.play(text)
				r.walk.finish()
				if v := r.ws.Violations(); len(v) > 0 {
					t.Errorf("rules broken: %q", v)
				}
				r.nothingLeaks()
			})
		})
	}
}

// play reads a story. Each line is one of
//
//	the app may also SCOPES    first of all: groups of optional scopes, see Manifest
//	# a remark
//	+1h20m                     time passes
//	at 09:30                   time passes until then, on Sam's clock
//	clock 2026-03-29 00:50     the clock is set, to a time of Sam's
//	restart                    the bot ends and starts again on its file
//	every envelope twice       from now on
//	slack fails METHOD CODE    once: nothing is done
//	slack fails METHOD CODE after 1    the next call goes well
//	slack takes METHOD without a word   once: it is done, and the answer is lost
//	slack fails METHOD for 30m each call is told to wait so long, until then
//	slack limits everything for 90s     every method, each time and for so long, until it mends
//	slack refuses the token    every message, until it mends
//	slack mends
//	down for 3h                the bot ends, and starts after that
//	team approver=priya delegate=ines from=DATE until=DATE next=lior reps=dana skills=SKILL
//	                           Sam's team is set so; with an approver, take-overs are looked at
//	bond dana                  Dana has said that Sam is her manager
//	ops …                      what happens to the machine and the app, and what operators see: see ops
//	at once sam presses A; dana presses B
//	sam leaves                 and the app is told; "is gone": it is not told
//	sam becomes a guest | a member [unheard]    unheard: it is not told
//	sam has the status :EMOJI: [until 2026-03-06 18:00]     and the app is told; "sam has no status"
//	sam moves to ZONE [at UTC-03:00] [unheard]    and the app is told; at: what Slack says the offset is there
//	sam speaks LOCALE [unheard]    has Slack in another language; "-" for one that Slack does not tell
//	holiday 2026-03-05         for Sam's team, from the next start on
//	sam asks to take over DEAL [at 11:00] because REASON
//	                           the whole pause, with all eight questions, up to its closing window
//	sam types WORDS            into the newest conversation
//	sam presses LABEL          a button, on the window, Home or the newest message
//	sam picks QUESTION = OPTION
//	sam fills LABEL = TEXT
//	sam submits                sam closes           sam opens home
//	sam goes to stepin | home | CHANNEL | group    which is the group DM of the two
//	sam reads TEXT             sam does not read TEXT
//	sam reads N times TEXT     in so many messages, windows and lines
//	sam has N messages         from the app, in their conversation
//	sam has N files            likewise
//	slack fails METHOD as KIND  once; KIND is a name of faultKinds, with - for spaces
//	sam gets error TEXT        what the last submit said
//	dana notified 2 times      woken by what the app says in threads
//	sam archives CHANNEL       sam unarchives CHANNEL
//	sam removes stepin from CHANNEL    sam invites stepin to CHANNEL
//	sam shares CHANNEL         with another organisation
//	the file has TEXT          the file lacks TEXT: as it lies on the disk, raw or escaped
//	a backup is made           beside the file
//	less is kept               from the next start on: no motives, estimates, ledger, aggregates
//	ines deletes the root in CHANNEL   the newest of the app's there; she is an admin
func (r *rig) play(text string) {
	r.t.Helper()
	s := &story{r: r, hands: map[string]*hands.Hands{}}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := s.line(line); err != nil {
			r.t.Fatalf("line %d: %s\n%v\nlog:\n%s", i+1, line, err, r.log)
		}
	}
}

// A story is one that is being played.
type story struct {
	r      *rig
	mu     sync.Mutex
	hands  map[string]*hands.Hands
	spoilt []spoiltPage // of the file, while they are overwritten
	last   string       // errors of the last submission
}

func (s *story) line(line string) error {
	r := s.r
	first, rest, _ := strings.Cut(line, " ")
	switch {
	case line[0] == '+':
		d, err := time.ParseDuration(line[1:])
		if err != nil {
			return err
		}
		time.Sleep(d)
	case strings.HasPrefix(line, appMay):
	case line == "restart":
		r.restart()
	case first == "ops":
		if err := s.ops(rest); err != nil {
			return err
		}
	case line == "every envelope twice":
		r.ws.Behave(func(b *sandbox.Behaviour) { b.Redeliver = true })
	case line == "slack mends":
		r.ws.Mend()
	case strings.HasPrefix(line, "the file "):
		verb, text, _ := strings.Cut(strings.TrimPrefix(line, "the file "), " ")
		if n := storetest.Finds(r.t, r.path, text); (n > 0) != (verb == "has") {
			return fmt.Errorf("found %d times", n)
		}
		return nil
	case line == "a backup is made":
		b, err := os.ReadFile(r.path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(r.path+".monday", b, 0o600); err != nil {
			return err
		}
		return os.Chtimes(r.path+".monday", r.ws.Now(), r.ws.Now())
	case line == "less is kept":
		r.keep.SensitiveOff = true
		r.restart()
	case line == "slack refuses the token":
		for _, m := range []string{"chat.postMessage", "chat.update", "auth.test", "users.info"} {
			r.ws.Fail(sandbox.Fault{Method: m, Kind: sandbox.ErrorCode, Code: "token_revoked", Count: -1})
		}
	case strings.HasPrefix(line, "down for "):
		d, err := time.ParseDuration(strings.TrimPrefix(line, "down for "))
		if err != nil {
			return err
		}
		r.stop()
		time.Sleep(d)
		r.start()
	case strings.HasPrefix(line, "slack limits everything for "):
		d, err := time.ParseDuration(strings.TrimPrefix(line, "slack limits everything for "))
		if err != nil {
			return err
		}
		r.limitAll(d)
	case strings.HasPrefix(line, "slack fails ") && strings.Contains(line, " for "):
		f := strings.Fields(line)
		d, err := time.ParseDuration(f[4])
		if err != nil {
			return err
		}
		r.ws.Fail(sandbox.Fault{Method: f[2], Kind: sandbox.RateLimited, After: d})
	case strings.HasPrefix(line, "slack fails ") && strings.Contains(line, " after "):
		f := strings.Fields(line)
		n, err := strconv.Atoi(f[5])
		if err != nil {
			return err
		}
		r.ws.Fail(sandbox.Fault{Method: f[2], Kind: sandbox.ErrorCode, Code: f[3], Skip: n})
	case strings.HasPrefix(line, "slack fails ") && strings.Contains(line, " as "):
		f := strings.Fields(line)
		i := slices.IndexFunc(faultKinds,
			func(k faultKind) bool { return k.name == strings.ReplaceAll(f[4], "-", " ") })
		if i < 0 {
			return errors.New("no such kind of fault")
		}
		k := faultKinds[i].fault
		k.Method = f[2]
		r.ws.Fail(k)
	case strings.HasPrefix(line, "slack fails "):
		f := strings.Fields(line)
		r.ws.Fail(sandbox.Fault{Method: f[2], Kind: sandbox.ErrorCode, Code: f[3]})
	case strings.HasPrefix(line, "slack takes "): // and does not say so
		r.ws.Fail(sandbox.Fault{Method: strings.Fields(line)[2], Kind: sandbox.ResetAfter})
	case strings.HasPrefix(line, "at once "):
		var wg sync.WaitGroup
		errs := make([]error, strings.Count(line, ";")+1)
		for i, part := range strings.Split(strings.TrimPrefix(line, "at once "), ";") {
			wg.Go(func() { errs[i] = s.does(strings.TrimSpace(part)) })
		}
		wg.Wait()
		// Somebody who is so much faster that the other's button is gone leaves nothing to press, as in life.
		beaten := func(err error) bool {
			var t *sandbox.Trouble
			return errors.As(err, &t) && t.Code == "no_such_element" || err != nil &&
				strings.Contains(err.Error(), " sees no button ")
		}
		if left := slices.DeleteFunc(slices.Clone(errs), beaten); len(left) > 0 {
			errs = left
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
	case first == "holiday":
		day := nudges.Date(rest)
		r.holiday = func(m nudges.UserID, d nudges.Date) bool { return m == nudges.UserID(who["sam"]) && d == day }
		r.restart()
	case first == "at":
		if err := s.until(rest); err != nil {
			return err
		}
	case first == "clock":
		t, err := time.ParseInLocation("2006-01-02 15:04", rest, samsZone)
		if err != nil {
			return err
		}
		r.ws.SetClock(t)
	case first == "team":
		return s.team(rest)
	case first == "bond":
		return r.update(func(tx storage.Tx) error {
			return tx.PutBond(nudges.UserID(who[rest]), nudges.UserID(who["sam"]), nudges.Met)
		})
	case strings.HasPrefix(rest, "asks to take over "):
		return s.takeOver(first, strings.TrimPrefix(rest, "asks to take over "))
	default:
		if err := s.does(line); err != nil {
			return err
		}
		if w := strings.Fields(line)[1]; w == "reads" || w == "does" || w == "has" || w == "gets" || w == "notified" {
			return nil // only looked
		}
	}
	r.settle()
	if r.walk != nil {
		r.walk.look()
	}
	return nil
}

var samsZone = func() *time.Location {
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return z
}()

// takeOver is a whole pause that ends in asking for a take-over of Dana's call.
func (s *story) takeOver(name, what string) error {
	what, reason, _ := strings.Cut(what, " because ")
	deal, start, later := strings.Cut(what, " at ")
	lines := []string{"types /stepin @Dana " + deal}
	if later {
		lines = append(lines, "presses Change", "fills Start = "+start)
	}
	for _, l := range append(lines,
		"submits", "picks say would help? = Some coaching first", "picks Whose call? = Dana's",
		"picks worst case? = A loss that hurts", "submits",
		"picks way work? = No", "picks trained for this? = Not yet", "submits",
		"picks Step in? = Take over", "picks would leading teach = A lot", "picks come up again? = Often",
		"picks Dana hears: = You doubt me", "fills Why not a smaller step? = "+reason, "submits",
	) {
		if err := s.line(name + " " + l); err != nil {
			return fmt.Errorf("%s: %w", l, err)
		}
	}
	return nil
}

// until lets time pass until Sam's clock says so.
func (s *story) until(clock string) error {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return err
	}
	now := s.r.ws.Now().In(samsZone)
	to := time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, samsZone)
	if !to.After(now) {
		to = time.Date(now.Year(), now.Month(), now.Day()+1, t.Hour(), t.Minute(), 0, 0, samsZone)
	}
	time.Sleep(to.Sub(now))
	return nil
}

func (r *rig) update(f func(storage.Tx) error) error { return r.db.Update(r.t.Context(), f) }

// team sets Sam's team without the window for it.
func (s *story) team(set string) error {
	t := team.Team{Manager: nudges.UserID(who["sam"])}
	var a team.Approver
	var next []team.Approver
	for f := range strings.FieldsSeq(set) {
		key, value, _ := strings.Cut(f, "=")
		switch id := nudges.UserID(who[value]); key {
		case "reps":
			for n := range strings.SplitSeq(value, ",") {
				t.Reps = append(t.Reps, nudges.UserID(who[n]))
			}
		case "channel":
			t.Channel = "C0DEBRF1"
		case "approver":
			t.Policy, a.ID = nudges.ByOthers, id
		case "delegate":
			a.Delegate = id
		case "from":
			a.From = nudges.Date(value)
		case "until":
			a.Until = nudges.Date(value)
		case "next":
			next = append(next, team.Approver{ID: id})
		case "skills":
			for n := range strings.SplitSeq(value, ",") {
				t.Skills = append(t.Skills, team.Skill{Name: n})
			}
		default:
			return fmt.Errorf("a team has no %q", key)
		}
	}
	if a.ID != "" {
		t.Approvers = append([]team.Approver{a}, next...)
	}
	return s.r.update(func(tx storage.Tx) error { return tx.PutTeam(t) })
}

// plainly gives what somebody reads now, without marks.
func plainly(h *hands.Hands) string { return unmarked(h.Reads()) }

// does is a line about somebody.
func (s *story) does(line string) error {
	r := s.r
	name, rest, _ := strings.Cut(line, " ")
	verb, arg, _ := strings.Cut(rest, " ")
	arg = strings.NewReplacer("×3000", strings.Repeat("x", 3000), "×300", strings.Repeat("x", 300)).Replace(arg)
	if who[name] == "" {
		return fmt.Errorf("nobody is called %q", name)
	}
	s.mu.Lock()
	if s.hands[name] == nil {
		s.hands[name] = r.as(name)
	}
	h := s.hands[name]
	s.mu.Unlock()
	at := func(h *hands.Hands) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hands[name] = h
		return nil
	}
	left, right, _ := strings.Cut(arg, " = ")
	left = strings.TrimSuffix(left, " =")
	switch verb {
	case "types":
		if r.walk != nil {
			arg = r.walk.line(who[name], arg)
		}
		return sees(h, h.Types(arg))
	case "presses":
		return sees(h, h.Press(arg))
	case "picks":
		if r.walk != nil {
			return r.walk.pick(h, left, right)
		}
		return h.Pick(left, right)
	case "fills":
		if r.walk != nil {
			var err error
			if right, err = r.walk.typed(who[name], left, right); err != nil {
				return err
			}
		}
		return h.Fill(left, right)
	case "submits":
		errs, err := h.Submit()
		s.mu.Lock()
		s.last = fmt.Sprint(errs)
		s.mu.Unlock()
		return err
	case "closes":
		return h.Close()
	case "opens":
		return errors.Join(r.ws.OpenHome(r.t.Context(), who[name]), at(h.AtHome()))
	case "moves":
		to, unheard := strings.CutSuffix(strings.TrimPrefix(arg, "to "), " unheard")
		zone, offset, given := strings.Cut(to, " at ")
		at, err := time.Parse("UTC-07:00", offset)
		if given && err != nil {
			return err
		}
		return r.ws.Edit(r.t.Context(), who[name], !unheard, func(p *world.Person) {
			if p.Zone, p.Offset = zone, nil; given {
				_, seconds := at.Zone()
				p.Offset = &seconds
			}
		})
	case "speaks":
		locale, unheard := strings.CutSuffix(arg, " unheard")
		return r.ws.Edit(r.t.Context(), who[name], !unheard, func(p *world.Person) {
			p.Locale = strings.TrimPrefix(locale, "-")
		})
	case "archives":
		return s.channel(name, arg, func(ch string) error { return r.ws.Archive(who[name], ch, true) })
	case "unarchives":
		return s.channel(name, arg, func(ch string) error { return r.ws.Archive(who[name], ch, false) })
	case "invites": // stepin to a channel
		return s.channel(name, lastWord(arg), func(ch string) error { return r.ws.Invite(who[name], ch, "U0STEPIN1") })
	case "removes":
		return s.channel(name, lastWord(arg), func(ch string) error { return r.ws.Remove(who[name], ch, "U0STEPIN1") })
	case "shares":
		return s.channel(name, arg, func(ch string) error {
			return r.ws.Alter(ch, func(c *world.Channel) { c.External = true })
		})
	case "deletes": // the newest of the app's roots in a channel
		return s.channel(name, lastWord(arg), func(ch string) error {
			posts := r.ws.Posts(who[name], ch)
			for _, p := range slices.Backward(posts) {
				if p.App && p.Thread == "" {
					return r.ws.Unsay(who[name], ch, p.TS)
				}
			}
			return errors.New("there is nothing to delete")
		})
	case "notified":
		return s.mentioned(name, arg)
	case "leaves":
		return r.ws.Edit(r.t.Context(), who[name], true, func(p *world.Person) { p.Deleted = true })
	case "is":
		return r.ws.Edit(r.t.Context(), who[name], false, func(p *world.Person) { p.Deleted = true })
	case "becomes":
		return r.ws.Edit(r.t.Context(), who[name], !strings.HasSuffix(arg, " unheard"),
			func(p *world.Person) {
				p.Guest, p.Team, p.Org = strings.HasPrefix(arg, "a guest"), "", ""
				if strings.HasPrefix(arg, "external") { // their part of the company is sold, and shares a channel
					p.Team, p.Org = "T0CLIENT", "E0CLIENT"
				}
			})
	case "goes":
		switch arg {
		case "to home":
			return at(h.AtHome())
		case "to stepin":
			return at(h.In(h.DM()))
		}
		where, err := s.conversation(name, strings.TrimPrefix(arg, "to "))
		if err != nil {
			return err
		}
		return at(h.In(where))
	case "has":
		if emoji, is := strings.CutPrefix(arg, "the status "); is || arg == "no status" {
			var until time.Time
			emoji, end, timed := strings.Cut(emoji, " until ")
			if timed {
				var err error
				if until, err = time.ParseInLocation("2006-01-02 15:04", end, samsZone); err != nil {
					return err
				}
			}
			if !is {
				emoji = ""
			}
			err := r.ws.Edit(r.t.Context(), who[name], true, func(p *world.Person) {
				if p.StatusEmoji, p.StatusUntil = emoji, 0; !until.IsZero() {
					p.StatusUntil = until.Unix()
				}
			})
			r.settle()
			return err
		}
		var n, got int
		if _, err := fmt.Sscanf(arg, "%d", &n); err != nil {
			return err
		}
		all := ""
		for _, p := range r.ws.Posts(who[name], r.as(name).DM()) {
			if strings.HasSuffix(arg, " files") {
				got += len(p.Files)
			} else if p.App && !p.Ephemeral {
				got++
				all += string(p.Blocks) + "\n"
			}
		}
		if got != n {
			return fmt.Errorf("has %d:\n%s", got, all)
		}
	case "reads":
		want, n := arg, -1
		if k, more, ok := strings.Cut(arg, " times "); ok {
			if _, err := fmt.Sscanf(k, "%d", &n); err == nil {
				want = more
			}
		}
		got := plainly(h)
		if k := strings.Count(got, want); n >= 0 && k != n || n < 0 && k == 0 {
			return fmt.Errorf("reads instead:\n%s", got)
		}
	case "does":
		if got := plainly(h); strings.Contains(got, strings.TrimPrefix(arg, "not read ")) {
			return fmt.Errorf("reads:\n%s", got)
		}
	case "gets":
		if want := strings.TrimPrefix(arg, "error "); !strings.Contains(s.last, want) {
			return fmt.Errorf("got %q", s.last)
		}
	default:
		return fmt.Errorf("nobody knows how to do %q", verb)
	}
	return nil
}

// appMay begins the line that gives the app of a story optional scopes.
const appMay = "the app may also "

// scopesOf is the manifest of a story's app.
func scopesOf(t *testing.T, text string) []byte {
	for line := range strings.Lines(text) {
		if groups, ok := strings.CutPrefix(strings.TrimSpace(line), appMay); ok {
			return manifest(t, strings.Split(groups, ",")...)
		}
	}
	return nil
}

// lastWord is what stands behind "from" or "to".
func lastWord(arg string) string {
	f := strings.Fields(arg)
	return f[len(f)-1]
}

// channel does something to a channel by its name.
func (s *story) channel(name, called string, do func(string) error) error {
	ch, err := s.conversation(name, called)
	if err != nil {
		return err
	}
	return do(ch)
}

// mentioned says whether so many messages of the app, in the threads of channels and group DMs, wake somebody.
func (s *story) mentioned(name, arg string) error {
	var n, got int
	if _, err := fmt.Sscanf(arg, "%d times", &n); err != nil {
		return err
	}
	for _, ch := range s.r.ws.Channels(who[name]) {
		for _, p := range s.r.ws.Posts(who[name], ch.ID) {
			if p.App && p.Thread != "" && slices.Contains(p.Wakes, who[name]) {
				got++
			}
		}
	}
	if got != n {
		return fmt.Errorf("was mentioned %d times", got)
	}
	return nil
}

// conversation is a channel by its name, or the group DM that somebody is in with others.
func (s *story) conversation(name, called string) (string, error) {
	for _, ch := range s.r.ws.Channels(who[name]) {
		if ch.Name == called || called == "group" && ch.Kind == "mpim" || ch.ID == called {
			return ch.ID, nil
		}
	}
	return "", fmt.Errorf("%s has no conversation %q", name, called)
}

// sees adds to an error what the person sees.
func sees(h *hands.Hands, err error) error {
	if err != nil {
		return fmt.Errorf("%w\nsees:\n%s", err, plainly(h))
	}
	return nil
}
