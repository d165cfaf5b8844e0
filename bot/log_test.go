package bot

import (
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox"
	"stepin/cmd/stepin/logging"
)

// While the disk is full, the log has a line a minute for clicks that were not saved. It counts all of them, and has
// the code that each person was told.
func TestFullDiskWithoutFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, sandbox.Config{})
		defer r.end()
		r.sums, r.options.Around = logging.New(r.log, false, slog.LevelInfo), r.commit
		r.start()
		sam := r.as("sam")
		if err := sam.Types("/stepin help"); err != nil {
			t.Fatal(err)
		}
		var full error = syscall.ENOSPC
		r.disk.Store(&full)
		const n = 200
		for range n {
			if err := sam.Types("/stepin @Dana Acme renewal"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		reads := sam.Reads()
		r.stop()
		r.sums.Close(t.Context())
		var lines []string
		counted := 1
		repeated := regexp.MustCompile(` repeated=(\d+)$`)
		for l := range strings.SplitSeq(r.log.String(), "\n") {
			if !strings.Contains(l, `msg="not saved"`) {
				continue
			}
			lines = append(lines, l)
			if m := repeated.FindStringSubmatch(l); m != nil {
				more, _ := strconv.Atoi(m[1])
				counted += more
			}
		}
		codes := regexp.MustCompile(`E-[a-z0-9]{4}`)
		told := codes.FindAllString(reads, -1)
		if len(lines) > n/60+2 || counted != n || len(told) == 0 {
			t.Errorf("%d were told, %d are counted in\n%s", len(told), counted, strings.Join(lines, "\n"))
		}
		for _, code := range told {
			if !strings.Contains(strings.Join(lines, "\n"), code) {
				t.Errorf("%s is not in the log", code)
			}
		}
	})
}
