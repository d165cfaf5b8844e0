package logging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// told is the line that stands in place of lost ones.
func told(lost int, why string) []byte { return fmt.Appendf(nil, "lost %d, %s\n", lost, why) }

// A reader reads what a Queue passes on, while open lets it.
type reader struct {
	open chan struct{} // closed: it reads
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *reader) Write(b []byte) (int, error) {
	<-r.open
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

// A reader that stands still holds nobody up. When it reads again, it gets the oldest lines, one line that counts the
// lost ones in their place, and what follows.
func TestQueueOfAReaderThatStandsStill(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 100, 5000, mostWaiting, 2 * mostWaiting} {
		synctest.Test(t, func(t *testing.T) {
			r := &reader{open: make(chan struct{})}
			q := NewQueue(r, told)
			fill, n := strings.Repeat("x", size), 0
			for q.Lost() < 3 {
				n++
				fmt.Fprintln(q, n, fill)
			}
			lost := q.Lost()
			close(r.open)
			synctest.Wait()
			fmt.Fprintln(q, "after")
			q.Close(t.Context())
			var got []string
			for l := range strings.Lines(strings.ReplaceAll(r.text.String(), " "+fill, "")) {
				got = append(got, strings.TrimSpace(l))
			}
			var want []string
			for i := range n - lost {
				want = append(want, strconv.Itoa(i+1))
			}
			want = append(want, fmt.Sprintf("lost %d, they were not read in time", lost), "after")
			if fmt.Sprint(got) != fmt.Sprint(want) || q.Lost() != lost {
				t.Errorf("lines of %d: %d lost, then %d; got %v", size, lost, q.Lost(), got)
			}
			if n-lost > 1 && (n-lost)*(size+4) > mostWaiting+size+8*n {
				t.Errorf("lines of %d: %d waited", size, n-lost)
			}
		})
	}
}

// A slow reader gets whole lines in their order, and each lost line is counted where it would have stood.
func TestQueueOfASlowReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		q := NewQueue(writes(func(b []byte) (int, error) {
			time.Sleep(time.Duration(len(b)) * time.Millisecond) // a kilobyte a second
			return text.Write(b)
		}), told)
		fill, n := strings.Repeat("x", 1000), 3000
		for i := range n {
			fmt.Fprintln(q, i, fill)
			time.Sleep(200 * time.Millisecond)
		}
		q.Close(t.Context())
		next, lost, notes := 0, 0, 0
		for l := range strings.Lines(text.String()) {
			var k int
			if _, err := fmt.Sscanf(l, "lost %d,", &k); err == nil {
				next, lost, notes = next+k, lost+k, notes+1
				continue
			}
			if _, err := fmt.Sscanf(l, "%d x", &k); err != nil || k != next {
				t.Fatalf("line %d is %.30q", next, l)
			}
			next++
		}
		if next != n || lost != q.Lost() || lost < n/2 || notes > 20 {
			t.Errorf("%d of %d lines are accounted for; %d lost, told %d in %d lines", next, n, q.Lost(), lost, notes)
		}
	})
}

// Lost lines are told of within a minute after writing works again, even if nothing else is logged, and at the end.
func TestQueueTellsByItself(t *testing.T) {
	t.Parallel()
	for _, ends := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var text bytes.Buffer
			var works atomic.Bool
			q := NewQueue(writes(func(b []byte) (int, error) {
				if !works.Load() {
					return 0, errors.New("no room")
				}
				return text.Write(b)
			}), told)
			fmt.Fprintln(q, "one")
			fmt.Fprintln(q, "two")
			time.Sleep(10*time.Hour + sayAgain/2)
			synctest.Wait()
			works.Store(true)
			if !ends {
				time.Sleep(sayAgain)
				synctest.Wait()
			} else {
				q.Close(t.Context())
			}
			if got := text.String(); got != "lost 2, no room\n" {
				t.Errorf("at the end: %v; says %q", ends, got)
			}
			q.Close(t.Context())
		})
	}
}

// The end waits for a reader, but no longer than it is told.
func TestQueueEnds(t *testing.T) {
	t.Parallel()
	for _, stands := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := &reader{open: make(chan struct{})}
			q := NewQueue(r, nil)
			fmt.Fprintln(q, "the last line")
			_, _ = q.Write(nil) // is no line
			time.AfterFunc(100*time.Millisecond, func() {
				if !stands {
					close(r.open)
				}
			})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			begun := time.Now()
			q.Close(ctx)
			if took := time.Since(begun); took != time.Second && stands || took != 100*time.Millisecond && !stands {
				t.Errorf("stands still: %v; it took %s", stands, took)
			}
			if fmt.Fprintln(q, "too late"); q.Lost() != 1 {
				t.Errorf("%d lost", q.Lost())
			}
			if stands {
				close(r.open)
			}
		})
	}
}

// writes is a function that is an io.Writer.
type writes func(b []byte) (int, error)

func (w writes) Write(b []byte) (int, error) { return w(b) }

// However writing fails, each line is there as a whole or counted, and the count is told once writing works. A torn
// line spoils no other.
func FuzzQueue(f *testing.F) {
	const works, fails, tears, tearsLate = 0, 1, 2, 3 // one of them for each write
	f.Add([]byte{works, fails, fails, works})
	f.Add([]byte{fails, works, works})
	f.Add([]byte{tears, works, tears, tears, works})
	f.Add([]byte{works, tearsLate, fails, tears, tearsLate, works})
	f.Add([]byte{tears, fails, fails})
	line := regexp.MustCompile(`^line \d+ of the log$`)
	f.Fuzz(func(t *testing.T, ends []byte) {
		synctest.Test(t, func(t *testing.T) { // in which the fuzzer sees the same twice
			var text bytes.Buffer
			writable, all := true, len(ends)+2
			q := NewQueue(writes(func(b []byte) (int, error) {
				end := byte(works)
				if len(ends) > 0 {
					end, ends = ends[0]%4, ends[1:]
				}
				n := map[byte]int{works: len(b), fails: 0, tears: len(b) / 2, tearsLate: len(b) - 2}[end]
				text.Write(b[:n])
				if writable = n == len(b); !writable {
					return n, errors.New("no room")
				}
				return n, nil
			}), told)
			for i := range all {
				fmt.Fprintf(q, "line %d of the log\n", i)
				synctest.Wait()
			}
			q.Close(t.Context())
			whole, lost := 0, 0
			for l := range strings.SplitSeq(text.String(), "\n") {
				var n int
				if _, err := fmt.Sscanf(l, "lost %d, no room", &n); err == nil && strings.HasSuffix(l, "no room") {
					lost += n
				} else if line.MatchString(l) {
					whole++
				}
			}
			if !writable || whole != all-q.Lost() || lost != q.Lost() {
				t.Errorf("%d of %d lines are whole; %d lost, told of %d: %q", whole, all, q.Lost(), lost, text.String())
			}
		})
	})
}

// Many write at the same time while nobody reads, and the log ends meanwhile.
func TestQueueOfMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		q := NewQueue(&text, nil)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := range 500 {
					_, _ = io.WriteString(q, strconv.Itoa(i)+"\n")
				}
			})
		}
		q.Close(t.Context())
		wg.Wait()
		if n := strings.Count(text.String(), "\n"); n+q.Lost() != 8*500 {
			t.Errorf("%d written and %d lost", n, q.Lost())
		}
	})
}
