package bot

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox"
)

// TestStories plays testdata/stories: what people do and read, line by line, in fake time.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			text := read(t, f)
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, sandbox.Config{})
				defer r.end()
				// 08:56 in Berlin on a Wednesday, four minutes before the half hour.
				r.ws.SetClock(time.Date(2026, 3, 4, 7, 56, 0, 0, time.UTC))
				r.start()
				r.play(text)
				if v := r.ws.Violations(); len(v) > 0 {
					t.Errorf("rules broken: %q", v)
				}
			})
		})
	}
}

// play reads a story. Each line is one of
//
//	# a remark
//	+1h20m                     time passes
//	restart                    the bot ends and starts again on its file
//	sam types WORDS            into the newest conversation
//	sam presses LABEL          a button, on the window, Home or the newest message
//	sam picks QUESTION = OPTION
//	sam fills LABEL = TEXT
//	sam submits                sam closes           sam opens home
//	sam goes to stepin | home | CHANNEL
//	sam reads TEXT             sam does not read TEXT
//	sam gets error TEXT        what the last submit or press said
func (r *rig) play(text string) {
	r.t.Helper()
	hands := map[string]*sandbox.Hands{}
	last := ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		where := fmt.Sprintf("line %d: %s", i+1, line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '+' {
			d, err := time.ParseDuration(line[1:])
			if err != nil {
				r.t.Fatal(where, err)
			}
			time.Sleep(d)
			r.settle()
			continue
		}
		if line == "restart" {
			r.restart()
			r.settle()
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		verb, arg, _ := strings.Cut(rest, " ")
		arg = strings.NewReplacer("×300", strings.Repeat("x", 300), "×3000", strings.Repeat("x", 3000)).Replace(arg)
		if who[name] == "" {
			r.t.Fatalf("%s: nobody is called %q", where, name)
		}
		if hands[name] == nil {
			hands[name] = r.as(name)
		}
		h := hands[name]
		left, right, _ := strings.Cut(arg, " = ")
		var err error
		switch verb {
		case "types":
			err = h.Types(arg)
		case "presses":
			err = h.Press(arg)
		case "picks":
			err = h.Pick(left, right)
		case "fills":
			err = h.Fill(left, right)
		case "submits":
			var errs map[string]string
			errs, err = h.Submit()
			last = fmt.Sprint(errs)
		case "closes":
			err = h.Close()
		case "opens":
			err = r.ws.OpenHome(r.t.Context(), who[name])
			hands[name] = h.AtHome()
		case "goes":
			switch arg {
			case "to home":
				hands[name] = h.AtHome()
			case "to stepin":
				hands[name] = h.In(h.DM())
			default:
				hands[name] = h.In(strings.TrimPrefix(arg, "to "))
			}
		case "reads":
			if got := h.Reads(); !strings.Contains(got, arg) {
				r.t.Fatalf("%s\nreads instead:\n%s\nlog:\n%s", where, got, r.log)
			}
			continue
		case "does":
			what := strings.TrimPrefix(arg, "not read ")
			if got := h.Reads(); strings.Contains(got, what) {
				r.t.Fatalf("%s\nreads:\n%s", where, got)
			}
			continue
		case "gets":
			if want := strings.TrimPrefix(arg, "error "); !strings.Contains(last, want) {
				r.t.Fatalf("%s\nbut got %q", where, last)
			}
			continue
		default:
			r.t.Fatalf("%s: unknown verb", where)
		}
		if err != nil {
			if verb == "presses" || verb == "types" {
				r.t.Fatalf("%s: %v\nsees:\n%s\nlog:\n%s", where, err, h.Reads(), r.log)
			}
			r.t.Fatalf("%s: %v\nsees:\n%s", where, err, h.Reads())
		}
		r.settle()
	}
}
