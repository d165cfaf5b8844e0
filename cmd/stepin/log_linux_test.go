package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"stepin/bot"
	"stepin/bot/sandbox/hands"
)

// An own is a stepin in a process of its own.
type own struct {
	t     *testing.T
	cmd   *exec.Cmd
	ended chan struct{}
}

// runs starts a process, and closes what only it writes to.
func runs(t *testing.T, cmd *exec.Cmd, its ...*os.File) *own {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, f := range its {
		f.Close()
	}
	p := &own{t, cmd, make(chan struct{})}
	go func() { _ = cmd.Wait(); close(p.ended) }()
	return p
}

// until waits for something, while the process runs.
func (p *own) until(what string, is func() bool) {
	p.t.Helper()
	for began := time.Now(); !is(); {
		select {
		case <-p.ended:
			p.t.Fatalf("it ended before %s: %v", what, p.cmd.ProcessState)
		case <-time.After(2 * time.Millisecond):
		}
		if time.Since(began) > time.Minute {
			p.t.Fatalf("never %s", what)
		}
	}
}

// signal sends a signal to the process, which runs.
func (p *own) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// terminated ends the process as a supervisor does: it ends well, and in time.
func (p *own) terminated() {
	p.t.Helper()
	began := time.Now()
	p.signal(syscall.SIGTERM)
	<-p.ended
	if took := time.Since(began); took > bot.Finishing+flushing || p.cmd.ProcessState.ExitCode() != 0 {
		p.t.Errorf("%v, after %s", p.cmd.ProcessState, took)
	}
}

// smallPipe is a pipe with room for one page.
func smallPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	const setSize = 1031 // F_SETPIPE_SZ
	if _, _, no := syscall.Syscall(syscall.SYS_FCNTL, w.Fd(), setSize, 4096); no != 0 {
		t.Fatal(no)
	}
	return r, w
}

// fullPipe is a smallPipe without any room.
func fullPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w = smallPipe(t)
	if _, err := w.Write(bytes.Repeat([]byte("x"), 4096)); err != nil {
		t.Fatal(err)
	}
	return r, w
}

// goesOn uses a stepin: it is ready, and every command and click is answered.
func (p *own) goesOn(w *hands.Workspace, v vars) {
	p.t.Helper()
	if got := v.run(p.t.Context(), "status"); got.code != 0 || !strings.Contains(got.out, "ready    yes\n") {
		p.t.Errorf("status: %+v", got)
	}
	sam := w.As("U0SAM001")
	shows := func(screen string) func() bool {
		return func() bool {
			m := w.Modals("U0SAM001")
			return len(m) > 0 && m[len(m)-1].Callback == screen
		}
	}
	for _, words := range []string{"help", "why", "privacy", "history", "nonsense", "@Dana Acme renewal"} {
		if err := sam.Types("/stepin " + words); err != nil {
			p.t.Fatalf("/stepin %s: %v", words, err)
		}
	}
	p.until("the window is open", shows("call"))
	cards := len(w.Posts("U0SAM001", sam.DM()))
	if err := sam.Press("I'll hold back"); err != nil {
		p.t.Fatal(err)
	}
	p.until("the decision is shown, and the card sent", func() bool {
		return shows("closing")() && len(w.Posts("U0SAM001", sam.DM())) > cards
	})
	if err := sam.Close(); err != nil {
		p.t.Fatal(err)
	}
}

// get asks for a page.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

var lostLines = regexp.MustCompile(`(?m)^stepin_log_lines_lost_total (\d+)$`)

// stderr is a pipe that nobody reads any more: all goes on, lines are lost and counted, and their number is told once
// somebody reads. The end does not wait for a reader.
func TestLogThatNobodyReads(t *testing.T) {
	t.Parallel()
	w, v := workspace(t)
	v["STEPIN_CONFIG"] = filepath.Join(t.TempDir(), strings.Repeat(strings.Repeat("x", 200)+"/", 17), "stepin.yaml")
	if err := errors.Join(os.MkdirAll(filepath.Dir(v["STEPIN_CONFIG"]), 0o700), os.WriteFile(v["STEPIN_CONFIG"], nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	r, stderr := smallPipe(t)
	cmd := v.process(t, t.Context(), "serve", "--http", "127.0.0.1:0")
	cmd.Stderr = stderr
	p := runs(t, cmd, stderr)
	log := bufio.NewScanner(r)
	reads := func(has string) (after string) {
		t.Helper()
		for log.Scan() {
			if _, after, found := strings.Cut(log.Text(), has); found {
				return after
			}
		}
		t.Fatalf("the log ends without %s: %v", has, log.Err())
		return ""
	}
	pages := "http://" + reads("msg=listening address=")
	reads("msg=connected")
	lost := func() int {
		_, figures := get(t, pages+"/metrics")
		n, _ := strconv.Atoi(lostLines.FindStringSubmatch(figures)[1])
		return n
	}
	overflows := func() {
		t.Helper()
		had := lost()
		p.until("lines are lost", func() bool { p.signal(syscall.SIGHUP); return lost() > had }) // it says where it reads
	}
	overflows()
	p.goesOn(w, v)
	if code, text := get(t, pages+"/readyz"); code != http.StatusOK {
		t.Errorf("/readyz: %d %s", code, text)
	}
	v.run(t.Context(), "status").has(t, 0, fmt.Sprintf("log      %d line", lost()))
	if told := reads(`msg="lines of this log were lost" lost=`); told != fmt.Sprintf(`%d why="they were not read in time"`, lost()) {
		t.Errorf("the log tells of %s, and %d were lost", told, lost())
	}
	overflows()
	p.terminated()
}

// A log that cannot be written, or hardly, changes nothing else.
func TestLogThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	never := func(*own, vars) {}
	for name, does := range map[string]func(t *testing.T, cmd *exec.Cmd) (its *os.File, later func(*own, vars)){
		"its reader has gone": func(t *testing.T, cmd *exec.Cmd) (*os.File, func(*own, vars)) {
			r, w := smallPipe(t)
			cmd.Stdout, cmd.Stderr = w, w
			return w, func(*own, vars) {
				if _, err := bufio.NewReader(r).ReadString('\n'); err != nil { // as head -1 does
					t.Error(err)
				}
				r.Close()
			}
		},
		"a byte a second": func(t *testing.T, cmd *exec.Cmd) (*os.File, func(*own, vars)) {
			r, w := fullPipe(t)
			cmd.Stderr = w
			go func() {
				for {
					if _, err := r.Read(make([]byte, 1)); err != nil {
						return
					}
					time.Sleep(time.Second)
				}
			}()
			return w, never
		},
		"a full disk": func(t *testing.T, cmd *exec.Cmd) (*os.File, func(*own, vars)) {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			cmd.Stderr = full
			return full, func(p *own, v vars) {
				p.until("lines are lost", func() bool {
					var is struct {
						Lost int `json:"log_lost"`
					}
					err := json.Unmarshal([]byte(v.run(t.Context(), "status", "--json").out), &is)
					return err == nil && is.Lost > 0
				})
			}
		},
		"none from the start": func(t *testing.T, cmd *exec.Cmd) (*os.File, func(*own, vars)) {
			sh, err := exec.LookPath("sh")
			if err != nil {
				t.Skip(err)
			}
			cmd.Path, cmd.Args = sh, append([]string{"sh", "-c", `exec "$0" "$@" >&- 2>&-`, cmd.Path}, cmd.Args[1:]...)
			return nil, never
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, v := workspace(t)
			v["STEPIN_LOG"] = "debug"
			cmd := v.process(t, t.Context(), "serve")
			its, later := does(t, cmd)
			p := runs(t, cmd, its)
			p.until("it is ready", func() bool { return v.run(t.Context(), "status", "--quiet").code == 0 })
			later(p, v)
			p.goesOn(w, v)
			p.terminated()
		})
	}
}

// What the demo prints, and what a failed start says, may have no reader either. Only serve and demo go on without one:
// any other command ends when its reader does.
func TestCommandsWithoutAReader(t *testing.T) {
	t.Parallel()
	t.Run("demo", func(t *testing.T) {
		t.Parallel()
		r, w := smallPipe(t)
		cmd := vars{}.process(t, t.Context(), "demo")
		cmd.Stdout, cmd.Stderr = w, w
		p := runs(t, cmd, w)
		first, err := bufio.NewReader(r).ReadString('\n')
		_, at, _ := strings.Cut(first, "open ")
		if at, _, _ = strings.Cut(at, " in"); err != nil || at == "" {
			t.Fatalf("says %q, %v", first, err)
		}
		r.Close()
		its := player{t, at}
		its.does("command", map[string]any{"channel": "D0SAMDANA", "text": "/stepin"})
		its.until("a window", func(s seen) bool { return len(s.Users[sam].Modals) > 0 })
		p.terminated()
	})
	t.Run("demo that nobody reads", func(t *testing.T) {
		t.Parallel()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		stands := standstill(func() { stop() })
		began := time.Now()
		if code := run(ctx, []string{"demo"}, vars{}.get, stands, io.Discard); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if took := time.Since(began); took > bot.Finishing+flushing {
			t.Errorf("it took %s", took)
		}
	})
	t.Run("a failed start", func(t *testing.T) {
		t.Parallel()
		_, w := fullPipe(t)
		cmd := vars{}.process(t, t.Context(), "serve")
		cmd.Stderr = w
		p := runs(t, cmd, w)
		if <-p.ended; cmd.ProcessState.ExitCode() != 1 {
			t.Error(cmd.ProcessState)
		}
	})
	t.Run("help", func(t *testing.T) {
		t.Parallel()
		r, w := smallPipe(t)
		cmd := vars{}.process(t, t.Context(), "version", "--notices")
		cmd.Stdout = w
		p := runs(t, cmd, w)
		if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
			t.Error(err)
		}
		r.Close()
		<-p.ended
		if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGPIPE {
			t.Error(cmd.ProcessState)
		}
	})
}

// standstill is a writer that stands still for ever. It calls what it is at its first line.
type standstill func()

func (s standstill) Write([]byte) (int, error) {
	s()
	select {}
}

// What a library logs past stepin goes the same way. It is not parallel: package log has one output.
func TestLogOfLibraries(t *testing.T) {
	s := tokens.begin(t, "--db", filepath.Join(t.TempDir(), "x.db"))
	s.until("Slack does not answer yet")
	s.holds("a library's line is there", func() bool {
		log.Print("from a library")
		return strings.Contains(s.String(), `level=INFO msg="from a library"`)
	})
	s.stop()
	<-s.ended
}

// The log in JSON is JSON to its last line, which says why a start failed.
func TestLogInJSON(t *testing.T) {
	t.Parallel()
	_, v := workspace(t)
	v["STEPIN_LOG_FORMAT"] = "JSON"
	s := v.begin(t)
	s.until(`"msg":"connected"`)
	bad := maps.Clone(v)
	bad["SLACK_APP_TOKEN"], bad["STEPIN_DB"] = "xapp-no", filepath.Join(t.TempDir(), "x.db")
	got := bad.run(t.Context())
	got.has(t, 1, `"level":"ERROR"`, "app-level token")
	s.end()
	for line := range strings.Lines(s.String() + got.errs) {
		var is struct{ Time, Level, Msg string }
		if err := json.Unmarshal([]byte(line), &is); err != nil || is.Time == "" || is.Level == "" || is.Msg == "" {
			t.Errorf("%v: %s", err, line)
		}
	}
}
