package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"
)

// peerFigures are what is measured, in the order of the table.
var peerFigures = []string{
	"disk: a synced write p50, ms", "disk: a synced write p99, ms",
	"start to connected, ms",
	"idle: VmRSS, MiB", "idle: RssAnon, MiB", "after load: VmRSS, MiB", "after load: RssAnon, MiB",
	"alone: acknowledgement p50, ms", "alone: acknowledgement p99, ms", "alone: window p99, ms",
	"60/s: pauses a second", "60/s: acknowledgement p50, ms", "60/s: acknowledgement p99, ms",
	"60/s: window p50, ms", "60/s: window p99, ms", "60/s: CPU per pause, ms", "60/s: CPU per envelope, ms",
	"60/s: calls per pause", "60/s: envelopes per pause",
	"full: pauses a second", "full: envelopes a second", "full: acknowledgement p99, ms", "full: window p99, ms",
	"full: CPU per pause, ms", "full: CPU per envelope, ms",
}

// peerBounds are on stepin's figure, divided by that of the peer in the same round; without a peer, on the figure.
var peerBounds = []struct {
	figure, peer string
	most, least  float64 // 0 for none
	aim          float64 // 0 for none
}{
	{figure: "60/s: acknowledgement p99, ms", peer: bolt, most: 1, aim: 0.6},
	{figure: "full: envelopes a second", peer: bolt, least: 1.2, aim: 1.6},
	{figure: "60/s: CPU per envelope, ms", peer: slackGo, most: 1},
	{figure: "full: CPU per envelope, ms", peer: slackGo, most: 1},
	{figure: "start to connected, ms", peer: bolt, most: 0.3, aim: 0.2},
	{figure: "after load: VmRSS, MiB", peer: bolt, most: 0.25},
	{figure: "idle: RssAnon, MiB", most: 9},
	{figure: "idle: VmRSS, MiB", most: 24},
}

const (
	bolt    = "Bolt JS"
	slackGo = "slack-go"
	ours    = "stepin"

	rounds     = 3 // at least; -benchtime 6x has six
	startsEach = 5 // in a round
)

// A peer is a bot that is measured.
type peer struct {
	name    string
	args    []string
	env     []string
	sockets int // that it opens
}

// BenchmarkPeers has stepin and two bots that keep all in memory, of slack-go and of Bolt JS, make the same pauses for
// the same people: alone, 60 a second by 50 people, and by 50 people as fast as they can. The workspace is a process of
// its own. The bots take turns. It prints the middle, least and most of the rounds, and what is bounded.
//
// stepin is built as the Dockerfile does, but without its own pace, for the workspace has no limits. Only its pause is
// durable. Bolt JS needs node, npm and the network, and is left out without them.
func BenchmarkPeers(b *testing.B) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		b.Skip("the figures are from /proc")
	}
	peers := []peer{unpaced(b), bySlackGo(b)}
	if p, err := byBolt(b); err == nil {
		peers = append(peers, p)
	} else {
		fmt.Println("Bolt JS is left out:", err)
	}
	all := map[string][]map[string]float64{} // by peer, a map of figures for each round
	round := func() {
		for _, p := range peers {
			all[p.name] = append(all[p.name], sit(b, p))
		}
	}
	for b.Loop() {
		round()
	}
	for len(all[ours]) < rounds {
		round()
	}
	b.ReportMetric(0, "ns/op") // it says nothing
	printFigures(peers, all)
	printBounds(b, all)
}

// unpaced is stepin without the pace of Slack's limits, which no setting takes off.
func unpaced(b *testing.B) peer {
	b.Helper()
	dir, bin := b.TempDir(), filepath.Join(b.TempDir(), ours)
	path, err := filepath.Abs("serve.go")
	if err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	const config = "return bot.Config{\n"
	if strings.Count(string(text), config) != 1 {
		b.Fatal("serve.go makes no bot.Config, or several")
	}
	changed := put(b, dir, "serve.go", strings.Replace(string(text), config, config+"\t\tNoPace: true,\n", 1))
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		b.Fatal(err)
	}
	buildAsDocker(b, bin, "-overlay", put(b, dir, "overlay.json", string(overlay)), ".")
	return peer{name: ours, args: []string{bin}, sockets: 2}
}

func bySlackGo(b *testing.B) peer {
	b.Helper()
	bin := filepath.Join(b.TempDir(), slackGo)
	buildAsDocker(b, bin, "./testdata/peers/slackgo")
	return peer{name: slackGo, args: []string{bin}, env: []string{"VIEWS=" + windows(b)}, sockets: 1}
}

// byBolt installs Bolt JS into a temporary folder.
func byBolt(b *testing.B) (peer, error) {
	b.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		return peer{}, err
	}
	text, err := os.ReadFile("testdata/peers/bolt/index.js")
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	index := put(b, dir, "index.js", string(text))
	ctx, stop := context.WithTimeout(b.Context(), 90*time.Second)
	defer stop()
	cmd := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--fetch-retries=1", "@slack/bolt@4")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return peer{}, fmt.Errorf("npm install: %w: %s", err, out)
	}
	var made struct{ Version string }
	text, err = os.ReadFile(filepath.Join(dir, "node_modules/@slack/bolt/package.json"))
	if err == nil {
		err = json.Unmarshal(text, &made)
	}
	if err != nil {
		return peer{}, err
	}
	fmt.Println("Bolt JS is", made.Version)
	return peer{name: bolt, args: []string{node, index}, env: []string{"VIEWS=" + windows(b), "NODE_ENV=production"}, sockets: 1}, nil
}

// windows is a folder with two windows as stepin draws them.
func windows(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	for name, golden := range map[string]string{"call": "call", "closing": "closing-hold-back"} {
		text, err := os.ReadFile("../../bot/view/testdata/views/" + golden + ".json")
		if err != nil {
			b.Fatal(err)
		}
		put(b, dir, name+".json", string(text))
	}
	return dir
}

// A simulator is the workspace's process.
type simulator struct {
	in   *json.Encoder
	out  *json.Decoder
	env  []string // of a bot in it
	had  int      // connections
	stop func()
}

func startSimulator(b *testing.B) *simulator {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), self)
	cmd.Env = []string{asSimulator + "=1"}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	s := &simulator{in: json.NewEncoder(in), out: json.NewDecoder(out), stop: func() { _, _ = in.Close(), cmd.Wait() }}
	var r result
	if err := s.out.Decode(&r); err != nil {
		b.Fatal(err)
	}
	s.env = []string{"SLACK_API_URL=" + r.URL, "SLACK_BOT_TOKEN=" + r.Bot, "SLACK_APP_TOKEN=" + r.App}
	return s
}

func (s *simulator) order(b *testing.B, o order) {
	b.Helper()
	if err := s.in.Encode(o); err != nil {
		b.Fatal(err)
	}
}

func (s *simulator) result(b *testing.B) (r result) {
	b.Helper()
	if err := s.out.Decode(&r); err != nil {
		b.Fatal(err)
	}
	return r
}

// start starts a bot, and gives how long it took until it was connected.
func (s *simulator) start(b *testing.B, p peer) (cmd *exec.Cmd, took time.Duration) {
	b.Helper()
	s.had += p.sockets
	s.order(b, order{Connections: s.had})
	cmd = exec.CommandContext(b.Context(), p.args[0], p.args[1:]...)
	cmd.Env = slices.Concat(s.env, p.env)
	cmd.Dir = b.TempDir()
	said, err := os.Create(filepath.Join(cmd.Dir, "said"))
	if err != nil {
		b.Fatal(err)
	}
	defer said.Close()
	cmd.Stdout, cmd.Stderr = said, said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	if r := s.result(b); r.Fault == "" {
		return cmd, r.Connected.Sub(began)
	}
	end(b, cmd)
	text, _ := os.ReadFile(said.Name())
	b.Fatalf("%s does not connect:\n%s", p.name, text)
	return nil, 0
}

// end ends a bot. Its exit code says nothing: only stepin ends on purpose at the signal.
func end(b *testing.B, cmd *exec.Cmd) {
	b.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		text, _ := os.ReadFile(filepath.Join(cmd.Dir, "said"))
		b.Fatalf("%s: %v\n%s", cmd.Path, err, text)
	}
	_ = cmd.Wait()
}

// sit measures one bot once, in a new workspace.
func sit(b *testing.B, p peer) map[string]float64 {
	b.Helper()
	s := startSimulator(b)
	defer s.stop()
	dir := b.TempDir()
	f := syncs(b, dir)
	p.env = append(slices.Clone(p.env), "STEPIN_DB="+filepath.Join(dir, "stepin.db")) // as empty as theirs in each round
	var took []float64
	var cmd *exec.Cmd
	for range startsEach {
		if cmd != nil {
			end(b, cmd)
		}
		var d time.Duration
		cmd, d = s.start(b, p)
		took = append(took, float64(d.Microseconds())/1000)
	}
	defer end(b, cmd)
	f["start to connected, ms"] = middle(took)
	memory := func(when string) {
		m := memoryOf(b, cmd.Process.Pid)
		f[when+": VmRSS, MiB"], f[when+": RssAnon, MiB"] = m.all*1e6/(1<<20), m.own*1e6/(1<<20)
	}
	time.Sleep(2 * time.Second)
	memory("idle")
	play := func(name string, o order) {
		cpu := spent(b, cmd.Process.Pid)
		s.order(b, o)
		r := s.result(b)
		cpu = spent(b, cmd.Process.Pid) - cpu
		if r.Fault != "" {
			fmt.Printf("%s, %s: %d pauses failed; %s\n", p.name, name, r.Failed, r.Fault)
		}
		pauses, envelopes := float64(r.Pauses), float64(r.Envelopes)
		for figure, n := range map[string]float64{
			"pauses a second": pauses / r.Seconds, "envelopes a second": envelopes / r.Seconds,
			"acknowledgement p50, ms": r.AckP50, "acknowledgement p99, ms": r.AckP99,
			"window p50, ms": r.OpenP50, "window p99, ms": r.OpenP99,
			"CPU per pause, ms":    float64(cpu.Milliseconds()) / pauses,
			"CPU per envelope, ms": float64(cpu.Milliseconds()) / envelopes,
			"calls per pause":      float64(r.Calls) / pauses, "envelopes per pause": envelopes / pauses,
		} {
			f[name+": "+figure] = n
		}
	}
	play("first", order{People: managers, Rate: 50, For: time.Second}) // profiles are read once a day
	play("alone", order{People: 1, For: 3 * time.Second})
	play("60/s", order{People: managers, Rate: 60, For: 8 * time.Second})
	play("full", order{People: managers, For: 5 * time.Second})
	memory("after load")
	return f
}

// syncs is how long the disk takes now. An acknowledgement of stepin comes after two such writes.
func syncs(b *testing.B, dir string) map[string]float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(dir, "written"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var took []float64
	for range 300 {
		began := time.Now()
		if _, err = f.WriteAt(make([]byte, 4096), 0); err == nil {
			err = f.Sync()
		}
		if err != nil {
			b.Fatal(err)
		}
		took = append(took, float64(time.Since(began).Microseconds())/1000)
	}
	slices.Sort(took)
	return map[string]float64{
		"disk: a synced write p50, ms": took[len(took)/2], "disk: a synced write p99, ms": took[len(took)*99/100],
	}
}

func middle(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// printFigures prints the table: of each figure the middle, and the least and most of the rounds.
func printFigures(peers []peer, all map[string][]map[string]float64) {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintf(t, "\nof %d rounds: middle (least–most)", len(all[ours]))
	for _, p := range peers {
		fmt.Fprint(t, "\t", p.name)
	}
	fmt.Fprintln(t)
	for _, name := range peerFigures {
		fmt.Fprint(t, name)
		for _, p := range peers {
			var got []float64
			for _, f := range all[p.name] {
				got = append(got, f[name])
			}
			fmt.Fprintf(t, "\t%s", spreadOf(got))
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush()
}

func spreadOf(all []float64) string {
	return fmt.Sprintf("%.3g (%.3g–%.3g)", middle(all), slices.Min(all), slices.Max(all))
}

// printBounds prints what is bounded, and reports it as metrics of the benchmark. It fails nothing: the machine may have
// other work.
func printBounds(b *testing.B, all map[string][]map[string]float64) {
	b.Helper()
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "\nstepin\tmiddle (least–most)\tbound\taim\tholds")
	for _, x := range peerBounds {
		name := x.figure
		var got []float64
		for i, f := range all[ours] {
			n := f[x.figure]
			if x.peer != "" && i < len(all[x.peer]) {
				n /= all[x.peer][i][x.figure]
			}
			got = append(got, n)
		}
		if x.peer != "" {
			name, _, _ = strings.Cut(name, ",")
			name += " / " + x.peer
			if all[x.peer] == nil {
				continue
			}
		}
		bound, aim, good := fmt.Sprint("≤ ", x.most), "", middle(got) <= x.most
		if x.least > 0 {
			bound, good = fmt.Sprint("≥ ", x.least), middle(got) >= x.least
		}
		if x.aim > 0 {
			aim = fmt.Sprint(x.aim)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%v\n", name, spreadOf(got), bound, aim, good)
		b.ReportMetric(middle(got), strings.NewReplacer(" / ", "/", " ", "-", ":", "", ",", "").Replace(name))
	}
	_ = t.Flush()
}
