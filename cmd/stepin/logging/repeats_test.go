package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// said are the lines of a log without their times.
func said(text string) []string {
	text = regexp.MustCompile(`(?m)^time=\S+ `).ReplaceAllString(text, "")
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
}

// Each story is what is logged with pauses, and the lines that an operator reads.
func TestRepeats(t *testing.T) {
	t.Parallel()
	type story struct {
		name string
		do   func(l *slog.Logger)
		want string
	}
	again := func(n int, every time.Duration, do func(i int)) {
		for i := range n {
			do(i)
			time.Sleep(every)
		}
	}
	full := errors.New("commit: the disk is full: no space left on device")
	for _, s := range []story{
		{"a fault that comes once", func(l *slog.Logger) { l.Error("home", "error", full) }, `
			level=ERROR msg=home error="commit: the disk is full: no space left on device"`},
		{"envelopes that are shed for 84 s", func(l *slog.Logger) {
			again(12000, 7*time.Millisecond, func(i int) { l.Error("envelope not taken", "queued", 4096+i%2, "closing", false) })
		}, `
			level=ERROR msg="envelope not taken" queued=4096 closing=false
			level=ERROR msg="envelope not taken" queued=4097 closing=false repeated=8571
			level=ERROR msg="envelope not taken" queued=4097 closing=false repeated=3428`},
		{"a full disk: what people were told to ask for is found", func(l *slog.Logger) {
			again(3, time.Second, func(i int) {
				l.Error("not saved", "code", "E-"+strconv.Itoa(i), "kind", "tap", "error", full)
				l.Error("not saved", "code", "E-1"+strconv.Itoa(i), "kind", "command", "error", full)
			})
		}, `
			level=ERROR msg="not saved" code=E-0 kind=tap error="commit: the disk is full: no space left on device"
			level=ERROR msg="not saved" code=E-10 kind=command error="commit: the disk is full: no space left on device"
			level=ERROR msg="not saved" code=E-11,E-12 kind=command error="commit: the disk is full: no space left on device" repeated=2
			level=ERROR msg="not saved" code=E-1,E-2 kind=tap error="commit: the disk is full: no space left on device" repeated=2`},
		{"Slack is slow about many people", func(l *slog.Logger) {
			again(110, 500*time.Millisecond, func(i int) { l.Warn("profile not read", "user", fmt.Sprintf("U%03d", i), "error", "timeout") })
			l.Warn("profile not read", "user", "U99", "error", "refused")
		}, `
			level=WARN msg="profile not read" user=U000 error=timeout
			level=WARN msg="profile not read" user=U99 error=refused
			level=WARN msg="profile not read" user=` + strings.Trim(fmt.Sprintln(names(1, mostNamed)), "\n") + ` error=timeout repeated=109`},
		{"it ends and comes back", func(l *slog.Logger) {
			again(2, time.Second, func(int) { l.Warn("home not published", "error", "timeout") })
			time.Sleep(3 * time.Minute)
			again(2, time.Second, func(int) { l.Warn("home not published", "error", "timeout") })
		}, `
			level=WARN msg="home not published" error=timeout
			level=WARN msg="home not published" error=timeout repeated=1
			level=WARN msg="home not published" error=timeout
			level=WARN msg="home not published" error=timeout repeated=1`},
		{"two faults are two", func(l *slog.Logger) {
			l.Warn("a team names somebody who cannot be reached", "team", "U1", "who", "U2")
			l.Warn("a team names somebody who cannot be reached", "team", "U1", "who", "U3")
			l.Error("a team names somebody who cannot be reached", "team", "U1", "who", "U3")
			l.With("team", "U1").Warn("a team names somebody who cannot be reached", "who", "U4")
			l.With("team", "U2").Warn("a team names somebody who cannot be reached", "who", "U4")
		}, `
			level=WARN msg="a team names somebody who cannot be reached" team=U1 who=U2
			level=WARN msg="a team names somebody who cannot be reached" team=U1 who=U3
			level=ERROR msg="a team names somebody who cannot be reached" team=U1 who=U3
			level=WARN msg="a team names somebody who cannot be reached" team=U1 who=U4
			level=WARN msg="a team names somebody who cannot be reached" team=U2 who=U4`},
		{"causes and what is no fault are never summed up", func(l *slog.Logger) {
			again(2, time.Second, func(int) {
				l.Error("nothing can be saved: the disk is full", "cause", "disk-full")
				l.Info("over", "cause", "disk-full")
				l.Info("somebody was forgotten", "requests", 1)
			})
		}, `
			level=ERROR msg="nothing can be saved: the disk is full" cause=disk-full
			level=INFO msg=over cause=disk-full
			level=INFO msg="somebody was forgotten" requests=1
			level=ERROR msg="nothing can be saved: the disk is full" cause=disk-full
			level=INFO msg=over cause=disk-full
			level=INFO msg="somebody was forgotten" requests=1`},
		{"a panic of one kind", func(l *slog.Logger) {
			again(2, time.Second, func(i int) {
				l.Error("panic", "kind", "tap", "panic", "runtime.boundsError", "stack", fmt.Sprint("goroutine ", i))
			})
		}, `
			level=ERROR msg=panic kind=tap panic=runtime.boundsError stack="goroutine 0"
			level=ERROR msg=panic kind=tap panic=runtime.boundsError stack="goroutine 1" repeated=1`},
	} {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var text bytes.Buffer
				l := New(&text, false, slog.LevelInfo)
				s.do(l.Logger)
				l.Close(t.Context())
				l.Warn("after the end") // is lost, and no fault
				var want []string
				for line := range strings.Lines(s.want) {
					if line = strings.TrimSpace(line); line != "" {
						want = append(want, line)
					}
				}
				if got := said(text.String()); !slices.Equal(got, want) {
					t.Errorf("got\n%s", strings.Join(got, "\n"))
				}
			})
		})
	}
}

// names are the ids of n people, as a sum lists them.
func names(first, n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("U%03d", first+i))
	}
	return strings.Join(all, ",")
}

// However many different faults there are, the log stays short and takes little memory. All are counted.
func TestRepeatsOfTooMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		l := New(&text, false, slog.LevelInfo)
		const n = 10000
		for i := range n {
			l.Warn(fmt.Sprintf("fault %d", i))
		}
		time.Sleep(3 * sumEvery)
		synctest.Wait()
		if len(l.sums.faults) > 0 {
			t.Errorf("%d faults are remembered", len(l.sums.faults))
		}
		l.Close(t.Context())
		got := said(text.String())
		last := fmt.Sprintf(`level=WARN msg="more faults than can be told apart" last="fault %d" repeated=%d`, n-1, n-mostFaults-1)
		if len(got) != mostFaults+2 || got[len(got)-1] != last {
			t.Errorf("%d lines, the last %s", len(got), got[len(got)-1])
		}
	})
}

// What is logged is the same in both forms.
func TestFormsSayTheSame(t *testing.T) {
	t.Parallel()
	say := func(json bool) string {
		var text bytes.Buffer
		l := New(&text, json, slog.LevelDebug)
		l.Info("connected", "version", "v1 go", "db", "/data/a b.db", "config", "none")
		l.Warn("Slack does not answer yet", "error", errors.New(`"x" said <no>`), "again_in", 90*time.Second)
		l.Error("nothing can be saved", "cause", slog.StringValue("disk-full"), "do", "make room\non the disk")
		for i := range 3 {
			l.Warn("not saved", "code", fmt.Sprint("E-", i), "n", 4096, "closing", true, "nothing", "")
		}
		l.With("line", "first").WithGroup("slack").Debug("x", "y", 1.5)
		l.Close(t.Context())
		return text.String()
	}
	pair := regexp.MustCompile(`([\w.]+)=("(?:[^"\\]|\\.)*"|\S*)`)
	var texts, jsons []map[string]string
	for l := range strings.Lines(say(false)) {
		facts := map[string]string{}
		for _, m := range pair.FindAllStringSubmatch(l, -1) {
			if facts[m[1]] = m[2]; strings.HasPrefix(m[2], `"`) {
				facts[m[1]], _ = strconv.Unquote(m[2])
			}
		}
		texts = append(texts, facts)
	}
	for l := range strings.Lines(say(true)) {
		var all map[string]any
		if err := json.Unmarshal([]byte(l), &all); err != nil {
			t.Fatalf("%v: %s", err, l)
		}
		facts := map[string]string{}
		for k, v := range all {
			if in, is := v.(map[string]any); is {
				for k2, v := range in {
					facts[k+"."+k2] = fmt.Sprint(v)
				}
				continue
			}
			facts[k] = fmt.Sprint(v)
		}
		jsons = append(jsons, facts)
	}
	if len(texts) != 6 || len(jsons) != len(texts) {
		t.Fatalf("%d and %d lines", len(texts), len(jsons))
	}
	for i := range texts {
		if texts[i]["time"] == "" || jsons[i]["time"] == "" {
			t.Errorf("no time in %v and %v", texts[i], jsons[i])
		}
		delete(texts[i], "time")
		if delete(jsons[i], "time"); !maps.Equal(texts[i], jsons[i]) {
			t.Errorf("text %v\nJSON %v", texts[i], jsons[i])
		}
	}
}
