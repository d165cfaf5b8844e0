package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"stepin/nudges/storage"
)

// progressFlag is a flag of the commands that may take long.
type progressFlag struct {
	Progress bool `help:"Report the progress each second, even without a terminal."`
}

// toldEvery is the pause between reports. Work that ends sooner reports nothing.
const toldEvery = time.Second

// progress reports on stderr how far long work is: on a terminal, or if asked. The caller passes on p, and calls end
// when the work is done; after that nothing is printed.
func (e env) progress(doing string, asked bool) (p storage.Progress, end func()) {
	if !asked && !terminal(e.stderr) {
		return nil, func() {}
	}
	var mu sync.Mutex
	far, begun := "", time.Now()
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(toldEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				mu.Lock()
				fmt.Fprintf(e.stderr, "stepin: %s for %s%s\n", doing, time.Since(begun).Round(time.Second), far)
				mu.Unlock()
			case <-stop:
				return
			}
		}
	}()
	return func(step string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		far = ": " + step
		switch {
		case total > 0:
			far += fmt.Sprintf(", %d%%", done*100/total)
		case done > 0:
			far += fmt.Sprintf(", %d so far", done)
		}
	}, func() { close(stop); <-ended }
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	null, _ := os.Stat(os.DevNull)
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && !os.SameFile(info, null)
}
