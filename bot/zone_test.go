package bot

import (
	"strings"
	"testing"
	"time"

	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/world"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/storage"
)

// zoneAsReported has users.info answer about Sam with the zone and the offset of a case.
func (r *rig) zoneAsReported(file string) {
	answer := []byte(read(r.t, "zones/testdata/"+file))
	r.answersOf("users.info", `"U0SAM001"`, odd(r.t, answer,
		oddity{"user/id", `"U0SAM001"`}, oddity{"user/team_id", `"T0NORTHWD"`}))
}

// nine says when Sam's next reminder comes by its schedule.
func (r *rig) nine() time.Time {
	at, _ := r.reminder().Upcoming(r.bot.zones)
	return at.UTC()
}

// The cases of zones: nine o'clock is nine o'clock on the wall, also after a restart while Slack is silent. The log and
// the check name the zone once.
func TestZoneCases(t *testing.T) {
	for file, want := range map[string]struct {
		zone string
		nine int // UTC
	}{
		"zone-rules-older-than-slack.json": {"America/Vancouver", 16},
		"zone-unknown-offset-known.json":   {"America/New_Zone_2027", 12},
	} {
		t.Run(want.zone, func(t *testing.T) {
			inBubble(t, sandbox.Config{}, func(r *rig) {
				r.zoneAsReported(file)
				r.start()
				r.lines("clock 2026-12-01 08:00; sam opens home; sam presses Turn it on; sam reads 09:00")
				nine := time.Date(2026, 12, 1, want.nine, 0, 0, 0, time.UTC)
				if got := r.nine(); !got.Equal(nine) {
					t.Errorf("it comes at %v, want %v", got, nine)
				}
				r.restart()
				r.ws.Fail(sandbox.Fault{Method: "users.info", Kind: sandbox.ServerError, Count: -1})
				time.Sleep(nine.Sub(r.ws.Now()) - time.Minute)
				if n := r.mantras(); n != 0 {
					t.Errorf("%d reminders before", n)
				}
				time.Sleep(7 * time.Minute)
				if n := r.mantras(); n != 1 {
					t.Errorf("%d reminders after\n%s", n, r.log)
				}
				r.ws.Mend()
				warned := strings.Count(r.log.String(), "zone="+want.zone) // by newer data of ours not of the first
				all := r.checkOf(roster.Settings{Admins: []nudges.UserID{"U0SAM001"}}, "")
				finds(t, all, "time zones", true, "")
				told := 0
				for _, f := range all {
					if f.Unseen && f.Name == "time zones" && strings.Contains(f.Says, want.zone) && f.Remedy != "" {
						told++
					}
				}
				if warned != told || want.nine == 12 && told != 1 {
					t.Errorf("warned %d times, checked %d times\n%s\n%+v", warned, told, r.log, all)
				}
			})
		})
	}
}

// Whatever Slack stops saying, the last zone that was known stays, and no time is in UTC.
func TestLastZoneStays(t *testing.T) {
	for name, silent := range map[string]func(p *world.Person){
		"nothing at all":                   func(p *world.Person) { p.Zone = "" },
		"a name of tomorrow and no offset": func(p *world.Person) { p.Zone = "America/New_Zone_2027" },
		"no name and an offset of nowhere": func(p *world.Person) { p.Zone, p.Offset = "", new(99*3600) },
	} {
		for _, heard := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				inBubble(t, sandbox.Config{}, func(r *rig) {
					r.start()
					r.lines("sam opens home; sam presses Turn it on")
					nine := r.nine()
					if err := r.ws.Edit(r.t.Context(), who["sam"], heard, silent); err != nil {
						t.Fatal(err)
					}
					r.settle()
					r.restart()
					r.lines("sam types /stepin @Dana Acme renewal; sam presses I'll hold back; sam opens home")
					r.view(func(rd storage.Reader) error {
						p, err := rd.Person(nudges.UserID(who["sam"]))
						if rem := r.reminder(); p.Zone != "Europe/Berlin" || rem.Zone != "Europe/Berlin" || !r.nine().Equal(nine) {
							t.Errorf("kept %q and %q, at %v", p.Zone, rem.Zone, r.nine())
						}
						return err
					})
				})
			})
		}
	}
}

// Somebody of whom no zone was ever known is served in UTC, and the log says so. Their reminder waits for a zone.
func TestNoZoneEver(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.ws.With(func(w sandbox.Held) { w.Person(who["sam"]).Zone = "" })
		r.start()
		r.lines("sam types /stepin @Dana Acme renewal; sam presses I'll hold back")
		if rem := r.reminder(); rem.State != daily.ReminderNew {
			t.Errorf("the reminder is %+v", rem)
		}
		if s := r.log.String(); !strings.Contains(s, "time zone") || !strings.Contains(s, "U0SAM001") {
			t.Errorf("the log: %s", s)
		}
		r.view(func(rd storage.Reader) error {
			p, err := rd.Person(nudges.UserID(who["sam"]))
			if p.Zone != "" || p.ToldBy == "" {
				t.Errorf("kept after a card: %+v", p)
			}
			return err
		})
		r.lines("sam moves to Asia/Tokyo; sam types /stepin @Dana Globex; sam presses I'll hold back")
		if rem := r.reminder(); rem.State != daily.ReminderOn || rem.Zone != "Asia/Tokyo" {
			t.Errorf("the reminder is %+v", rem)
		}
	})
}

// A file of an earlier stepin may hold a zone that our data does not know. The log says so, and with the next word of
// Slack's its offset counts.
func TestZoneFromAnOldFile(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		r.lines("sam opens home; sam presses Turn it on; sam moves to America/New_Zone_2027 at UTC-03:00 unheard")
		if err := r.update(func(tx storage.Tx) error {
			rem := r.reminder()
			rem.Zone, rem.Due = "America/New_Zone_2027", r.bot.now().Add(2*time.Hour)
			return tx.PutReminder(rem)
		}); err != nil {
			t.Fatal(err)
		}
		r.restart()
		r.lines("sam opens home")
		if s := r.log.String(); strings.Count(s, "zone=America/New_Zone_2027") != 1 {
			t.Errorf("the log: %s", s)
		}
		if got := r.nine().Hour(); got != 12 {
			t.Errorf("nine o'clock is at %d UTC", got)
		}
	})
}

// What Slack says of the clock of an outsider moves nobody else's: theirs may be an old one.
func TestZoneOfOutsiders(t *testing.T) {
	for name, outside := range map[string]func(p *world.Person){
		"an app":               func(p *world.Person) { p.Bot = true },
		"a guest":              func(p *world.Person) { p.Guest = true },
		"another's":            func(p *world.Person) { p.Stranger = true },
		"a colleague: they do": func(*world.Person) {},
	} {
		for _, heard := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				inBubble(t, sandbox.Config{}, func(r *rig) {
					r.start()
					r.lines("sam opens home; sam presses Turn it on")
					nine := r.nine()
					if err := r.ws.Edit(r.t.Context(), who["dana"], heard, func(p *world.Person) {
						p.Zone, p.Offset = "Europe/Berlin", new(0)
						outside(p)
					}); err != nil {
						t.Fatal(err)
					}
					r.settle()
					r.lines("sam types /stepin @Dana Acme renewal")
					if moved := !r.nine().Equal(nine); moved != strings.Contains(name, "colleague") {
						t.Errorf("nine o'clock at %v, and then at %v\n%s", nine, r.nine(), r.log)
					}
				})
			})
		}
	}
}

// Our data has summer time begin in Berlin, and Slack does not. Sam's profile was read the evening before, and is read
// once more. What Slack then says counts for Lior too, whose profile was read in the morning.
func TestClockAfterAChange(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		r.lines("clock 2026-03-28 22:00; sam opens home; sam types /stepin @Dana Acme renewal; sam reads 22:30; sam closes")
		r.lines("lior moves to Europe/Berlin; at 08:05; lior types /stepin @Dana Initech; lior reads 08:30; lior closes")
		r.lines("sam moves to Europe/Berlin at UTC+01:00 unheard; sam types /stepin @Dana Globex; sam reads 07:30")
		r.lines("lior types /stepin @Dana Hooli; lior reads 07:30")
	})
}
