package decode

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// BenchmarkTap decodes a tap with its whole view, as we do and as slack-go's client for sockets does. ratio is how many
// times as long slack-go takes. What counts is that and the allocations, which do not depend on the machine's load.
func BenchmarkTap(b *testing.B) {
	message, err := os.ReadFile("../testdata/payloads/tap-hold-back.json")
	if err != nil {
		b.Fatal(err)
	}
	ours := func() {
		f, err := Open(message)
		if in := Decode(f); err != nil || in.Odd != "" {
			b.Fatal(err, in.Odd)
		}
	}
	theirs := func() {
		var raw json.RawMessage
		var r socketmode.Request
		var c slack.InteractionCallback
		for _, step := range []struct {
			from []byte
			to   any
		}{{message, &raw}, {message, &r}} {
			if err := json.Unmarshal(step.from, step.to); err != nil {
				b.Fatal(err)
			}
		}
		if err := json.Unmarshal(r.Payload, &c); err != nil {
			b.Fatal(err)
		}
	}
	var took [2]time.Duration
	for b.Loop() {
		for i, read := range []func(){ours, theirs} {
			start := time.Now()
			read()
			took[i] += time.Since(start)
		}
	}
	b.ReportMetric(float64(took[1])/float64(took[0]), "ratio")
	b.ReportMetric(testing.AllocsPerRun(100, ours), "allocs-ours")
	b.ReportMetric(testing.AllocsPerRun(100, theirs), "allocs-slack-go")
}
