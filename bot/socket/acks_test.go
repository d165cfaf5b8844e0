package socket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestAckBook plays what can happen to one acknowledgement: which connections it is handed to.
func TestAckBook(t *testing.T) {
	type step func(b *acks, own, other *conn)
	wait := func(d time.Duration) step { return func(*acks, *conn, *conn) { time.Sleep(d) } }
	ended := func(b *acks, own, _ *conn) { b.ended(own) }
	otherEnded := func(b *acks, _, other *conn) { b.ended(other) }
	stands := func(b *acks, own, _ *conn) { b.stands(own) }
	otherStands := func(b *acks, _, other *conn) { b.stands(other) }
	leaves := func(b *acks, own, _ *conn) { b.leaves(own) }
	var send step // the one acknowledgement, when its turn comes
	both := []step{stands, otherStands}

	for _, c := range []struct {
		name  string
		steps []step
		want  string
		lost  bool // as far as is known
	}{
		{"its own", append(both, send), "own", false},
		{"its own ends at once", append(both, send, ended), "own other", false},
		{"its own ends at the last moment", append(both, send, wait(ackLife-1), ended), "own other", false},
		{"its own ends when nobody waits any more", append(both, send, wait(ackLife), ended), "own", false},
		{"the other ends", append(both, send, otherEnded), "own", false},
		{"its own has ended before", append(both, ended, send), "other", false},
		{"its own is leaving", append(both, leaves, send), "own other", false},
		{"its own leaves at once", append(both, send, leaves), "own other", false},
		{"its own leaves and ends at once", append(both, send, leaves, ended), "own other", false},
		{"its own leaves after a while", append(both, send, wait(ackDoubt), leaves), "own", false},
		{"its own leaves after a while, and ends", append(both, send, wait(ackDoubt), leaves, ended), "own other", false},
		{"a lone one leaves", []step{stands, leaves, send, wait(time.Second), otherStands}, "own other", false},
		{"a lone one leaves, and no other comes", []step{stands, leaves, send}, "own", true},
		{"none stands", []step{send}, "", true},
		{"none stands till its own comes", []step{send, wait(time.Second), stands}, "own", false},
		{"none stands till another comes", []step{send, wait(time.Second), otherStands}, "other", false},
		{"none stands for too long", []step{send, wait(ackLife), stands}, "", true},
		{"a lone one comes again", []step{stands, send, ended, stands, stands}, "own own", false},
		{"all end all the time", append(both, send, ended, otherEnded, stands, otherStands, ended, stands, otherEnded,
			ended, stands), "own other own", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				b := &acks{log: slog.New(slog.NewTextHandler(&log, nil))}
				var got []string
				line := func(name string) *conn {
					return &conn{write: func([]byte) error { got = append(got, name); return nil }}
				}
				own, other := line("own"), line("other")
				for _, s := range c.steps {
					if s == nil {
						if err := b.send(own, "e1", "private words", time.Now()); err != nil {
							t.Error(err)
						}
					} else {
						s(b, own, other)
					}
					synctest.Wait()
				}
				time.Sleep(2 * ackLife)
				synctest.Wait()
				if g := strings.Join(got, " "); g != c.want {
					t.Errorf("handed to %q, want %q", g, c.want)
				}
				if len(b.kept) > 0 || b.tidy != nil {
					t.Error("kept for longer than Slack waits")
				}
				if lost := strings.Contains(log.String(), mayBeLost); lost != c.lost ||
					strings.Contains(log.String(), "private") {
					t.Errorf("log: %s", &log)
				}
			})
		})
	}
}

// TestAckBookRefused: a connection that cannot write is passed over, and what Slack would not take is an error.
func TestAckBookRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &acks{log: slog.New(slog.DiscardHandler)}
		var got []string
		line := func(name string, err error) *conn {
			c := &conn{write: func([]byte) error { got = append(got, name); return err }}
			b.stands(c)
			return c
		}
		broken := line("broken", context.DeadlineExceeded)
		line("free", nil)
		for range 2 {
			if err := b.send(broken, "e1", nil, time.Now()); err != nil {
				t.Error(err)
			}
		}
		if !slices.Equal(got, []string{"broken", "free", "free"}) {
			t.Error(got)
		}
		for n, want := range map[int]error{maxAck - 34: nil, maxAck - 33: errLarge} {
			if err := b.send(broken, "e2", strings.Repeat("x", n), time.Now()); !errors.Is(err, want) {
				t.Error(n, err)
			}
		}
		for i := range 3 * acksKept {
			if err := b.send(broken, fmt.Sprint(i), nil, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if len(b.kept) != acksKept {
			t.Errorf("%d kept", len(b.kept))
		}
		b.close()
		if err := b.send(broken, "e3", nil, time.Now()); !errors.Is(err, errNoLine) {
			t.Error(err)
		}
		b.finish(t.Context())
		b.wg.Wait()
	})
}
