package sandbox

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/http"
)

// fragments watches the bytes of a websocket from client to server. The library that reads them hides whether a message
// came in several frames, and the platform drops such messages. Only the reading goroutine uses it.
type fragments struct {
	buf    []byte // of a frame that is not complete yet
	parts  int    // frames of the message so far
	closed []bool // messages read in full but not yet asked for: fragmented?
}

func (f *fragments) watch(b []byte) {
	f.buf = append(f.buf, b...)
	for {
		n := frameSize(f.buf)
		if n == 0 || uint64(len(f.buf)) < n {
			return
		}
		fin, control := f.buf[0]&0x80 != 0, f.buf[0]&0x0f >= 8
		f.buf = f.buf[n:]
		if control { // may come in between
			continue
		}
		if f.parts++; fin {
			f.closed = append(f.closed, f.parts > 1)
			f.parts = 0
		}
	}
}

// frameSize is the length of the frame that b begins with; 0 if too little of it is there (RFC 6455 section 5.2).
func frameSize(b []byte) uint64 {
	if len(b) < 2 {
		return 0
	}
	head, n := 2, uint64(b[1]&0x7f)
	switch {
	case n == 126 && len(b) >= 4:
		head, n = 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case n == 127 && len(b) >= 10:
		head, n = 10, binary.BigEndian.Uint64(b[2:])
	case n >= 126:
		return 0
	}
	if b[1]&0x80 != 0 {
		head += 4 // the mask
	}
	return uint64(head) + n
}

// next says whether the oldest message not yet asked for was fragmented.
func (f *fragments) next() bool {
	if len(f.closed) == 0 {
		return false
	}
	b := f.closed[0]
	f.closed = f.closed[1:]
	return b
}

// hijacker hands out connections whose reads are watched.
type hijacker struct {
	http.ResponseWriter
	f *fragments
}

func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := h.ResponseWriter.(http.Hijacker).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return watched{c, h.f}, rw, nil
}

type watched struct {
	net.Conn
	f *fragments
}

func (c watched) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.f.watch(b[:n])
	return n, err
}
