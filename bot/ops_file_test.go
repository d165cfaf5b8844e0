package bot

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"
)

// A spoiltPage is one of the bot's file that a story has overwritten.
type spoiltPage struct {
	at  int64
	was []byte
}

// onFile does a line of a story about the file, behind the bot's back, and says whether it is one:
//
//	the page with TEXT is overwritten | is put back     every page that has it
//	the file is cut                        to nothing
//	beside the file is no room | is room   for its rewrite
//	a backup fails | succeeds              and the command reports it
//	the backup is restored                 the one that was made, while no bot runs
func (s *story) onFile(what string) (is bool, err error) {
	text, isPage := strings.CutPrefix(what, "the page with ")
	switch {
	case isPage && strings.HasSuffix(text, " is overwritten"):
		return true, s.spoil(strings.TrimSuffix(text, " is overwritten"))
	case isPage:
		return true, s.putBack()
	case what == "the file is cut":
		s.r.walk.blind = true
		return true, os.Truncate(s.r.path, 0)
	case what == "beside the file is no room":
		s.r.free.Store(s.r.db.Room().Needs / 2)
		return true, nil
	case what == "beside the file is room":
		s.r.free.Store(0)
		return true, nil
	case what == "a backup fails":
		s.r.bot.BackedUp(time.Second, fs.ErrExist)
		return true, nil
	case what == "a backup succeeds":
		s.r.bot.BackedUp(time.Second, nil)
		return true, nil
	case what == "the backup is restored":
		s.r.stop()
		s.r.restore(s.r.path + ".monday")
		s.r.start()
		s.r.walk.blind = false
		return true, nil
	}
	return false, nil
}

// spoil overwrites the pages that have a text.
func (s *story) spoil(text string) error {
	b, err := os.ReadFile(s.r.path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(s.r.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	size := os.Getpagesize()
	for at := 2 * size; at+size <= len(b) && err == nil; at += size {
		if page := b[at : at+size]; bytes.Contains(page, []byte(text)) {
			s.spoilt = append(s.spoilt, spoiltPage{int64(at), page})
			_, err = f.WriteAt(make([]byte, size), int64(at))
		}
	}
	s.r.walk.blind = true
	if len(s.spoilt) == 0 {
		err = errors.New("no page has it")
	}
	return errors.Join(err, f.Close())
}

// putBack puts the pages back. A free one that the bot has used meanwhile stays as it is.
func (s *story) putBack() error {
	f, err := os.OpenFile(s.r.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	for _, p := range s.spoilt {
		now := make([]byte, len(p.was))
		_, no := f.ReadAt(now, p.at)
		if no == nil && bytes.Equal(now, make([]byte, len(now))) {
			_, no = f.WriteAt(p.was, p.at)
		}
		err = errors.Join(err, no)
	}
	s.spoilt, s.r.walk.blind = nil, false
	return errors.Join(err, f.Close())
}
