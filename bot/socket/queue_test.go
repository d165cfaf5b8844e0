package socket

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stepin/cmd/stepin/logging"
)

// While envelopes are shed, the log has a line a minute. Together the lines count all of them.
func TestQueueShedsWithoutFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		log := logging.New(&text, false, slog.LevelInfo)
		stuck := make(chan struct{})
		q := newQueue(func(Job) { <-stuck }, log.Logger)
		shed := 0
		for range maxQueued + 10000 {
			if !q.add(Job{}) {
				shed++
			}
			time.Sleep(9 * time.Millisecond)
		}
		close(stuck)
		q.close(context.Background())
		log.Close(context.Background())
		counted := 1
		for _, m := range regexp.MustCompile(`msg="envelope not taken".* repeated=(\d+)`).FindAllStringSubmatch(text.String(), -1) {
			n, _ := strconv.Atoi(m[1])
			counted += n
		}
		if lines := strings.Count(text.String(), "\n"); shed != 10000 || counted != shed || lines != 3 { // in 90 s
			t.Errorf("%d shed, %d counted in %d lines:\n%s", shed, counted, lines, &text)
		}
	})
}
