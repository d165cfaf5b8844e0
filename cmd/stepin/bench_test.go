package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"stepin/bot/check"
	"stepin/bot/sandbox"
)

// Limits of the figures. The benchmark fails beyond them.
const (
	starts    = 100                    // at least
	maxStart  = 150 * time.Millisecond // from the process's start to both connections, for all but one in a hundred
	maxIdle   = 30.0                   // MB of memory
	maxBinary = 25.0                   // MB
)

// BenchmarkServe builds the program as the Dockerfile does, and starts and ends it as a process of its own, against a
// workspace in this process.
func BenchmarkServe(b *testing.B) {
	bin := filepath.Join(b.TempDir(), "stepin")
	buildAsDocker(b, bin)
	for _, file := range []string{"new", "old"} {
		b.Run("file="+file, func(b *testing.B) { benchServe(b, bin, file == "new") })
	}
}

func benchServe(b *testing.B, bin string, fresh bool) {
	vars := limitless(b)
	dir := b.TempDir()
	db := func(i int) string {
		if !fresh {
			i = 0
		}
		return filepath.Join(dir, strconv.Itoa(i)+".db")
	}
	started(b, bin, append(vars, "STEPIN_DB="+db(0))).stop(b) // warms the disk's cache, and makes the old file
	var took []time.Duration
	once := func() {
		p := started(b, bin, append(vars, "STEPIN_DB="+db(len(took)+1)))
		took = append(took, p.took)
		p.stop(b)
	}
	for b.Loop() {
		once()
	}
	for len(took) < starts {
		once()
	}
	p := started(b, bin, append(vars, "STEPIN_DB="+db(len(took)+1)))
	idle := p.idle(b)
	p.stop(b)
	slices.Sort(took)
	at := func(q float64) time.Duration { return took[int(q*float64(len(took)-1))] }
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(0, "ns/op") // that would count the end, too
	b.ReportMetric(ms(at(0.5)), "p50-ms")
	b.ReportMetric(ms(at(0.99)), "p99-ms")
	info, err := os.Stat(bin)
	if err != nil {
		b.Fatal(err)
	}
	size := float64(info.Size()) / 1e6
	b.ReportMetric(size, "binary-MB")
	if idle.all > 0 {
		b.ReportMetric(idle.all, "RSS-MB")
		b.ReportMetric(idle.own, "anon-MB")
	}
	if at(0.99) > maxStart || idle.all > maxIdle || size > maxBinary {
		b.Errorf("start %v (at most %v), idle %.1f MB (%v), binary %.1f MB (%v)", at(0.99), maxStart, idle.all, maxIdle, size, maxBinary)
	}
}

// buildAsDocker builds with the flags of the Dockerfile: stepin, or what args say.
func buildAsDocker(b *testing.B, bin string, args ...string) {
	b.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "Dockerfile"))
	if err != nil {
		b.Fatal(err)
	}
	_, line, _ := strings.Cut(string(text), "RUN go build ")
	flags, _, ok := strings.Cut(line, " -o ")
	if !ok {
		b.Fatal("no line of the Dockerfile builds the program")
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	line = `CGO_ENABLED=0 go build ` + flags + ` -buildvcs=false -o "$0" "$@"`
	cmd := exec.CommandContext(b.Context(), "sh", append([]string{"-c", line, bin}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
}

// limitless is the environment of a workspace without rate limits.
func limitless(b *testing.B) (out []string) {
	b.Helper()
	m, err := check.Manifest()
	if err != nil {
		b.Fatal(err)
	}
	_, v := serveWorkspace(b, sandbox.Config{Manifest: m, NoLimits: true, KeepCalls: 1})
	delete(v, "STEPIN_DB")
	for name, value := range v {
		out = append(out, name+"="+value)
	}
	return out
}

// A process is a connected stepin.
type process struct {
	cmd  *exec.Cmd
	took time.Duration
	said *bufio.Scanner
}

func started(b *testing.B, bin string, env []string) *process {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), bin)
	cmd.Env = env
	cmd.Dir = b.TempDir()
	said, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	p := &process{cmd: cmd, said: bufio.NewScanner(said)}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for p.said.Scan() {
		if strings.Contains(p.said.Text(), "msg=connected") {
			p.took = time.Since(begin)
			return p
		}
		b.Log(p.said.Text())
	}
	b.Fatalf("it ended: %v", cmd.Wait())
	return nil
}

func (p *process) stop(b *testing.B) {
	b.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	for p.said.Scan() {
		b.Log(p.said.Text())
	}
	if err := p.cmd.Wait(); err != nil {
		b.Fatal(err)
	}
}

// memory is in MB: the resident set, and its anonymous part.
type memory struct{ all, own float64 }

// idle is the memory of a process that has done nothing for a second; zero if the system does not report it.
func (p *process) idle(b *testing.B) (m memory) {
	b.Helper()
	proc := fmt.Sprintf("/proc/%d/", p.cmd.Process.Pid)
	if _, err := os.Stat(proc); err != nil {
		return m
	}
	for last := time.Duration(-1); ; {
		now := spent(b, p.cmd.Process.Pid)
		if now == last {
			break
		}
		last = now
		select {
		case <-time.After(time.Second):
		case <-b.Context().Done():
			b.Fatal(b.Context().Err())
		}
	}
	return memoryOf(b, p.cmd.Process.Pid)
}

// spent is the processor time of a process, in the program and in the system, in steps of a hundredth of a second.
func spent(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	program, err := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err = errors.Join(err, err2); err != nil {
		b.Fatal(err)
	}
	return time.Duration(program+system) * 10 * time.Millisecond
}

// memoryOf is what a process has now.
func memoryOf(b *testing.B, pid int) (m memory) {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		switch name {
		case "VmRSS":
			m.all = kb * 1024 / 1e6
		case "RssAnon":
			m.own = kb * 1024 / 1e6
		}
	}
	return m
}
