package sandbox

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/http"
)

// fragments watches the bytes of a websocket from client to server, for the library that reads them hides whether a
// message came in several frames, and the platform drops such messages. Only the reading goroutine uses it.
type fragments struct {
	head   []byte // of the frame that is being read
	skip   uint64 // payload bytes still to come
	parts  int    // frames of the message so far
	closed []bool // messages read in full but not yet asked for: fragmented?
}

func (f *fragments) watch(b []byte) {
	for len(b) > 0 {
		if f.skip > 0 {
			n := min(f.skip, uint64(len(b)))
			f.skip -= n
			b = b[n:]
			continue
		}
		f.head = append(f.head, b[0])
		b = b[1:]
		if n, ok := f.complete(); ok {
			f.frame()
			f.skip, f.head = n, f.head[:0]
		}
	}
}

// complete says whether head is all of a frame's header, and how long its payload is.
func (f *fragments) complete() (uint64, bool) {
	h := f.head
	if len(h) < 2 {
		return 0, false
	}
	need, n := 2, uint64(h[1]&0x7f)
	switch n {
	case 126:
		need += 2
	case 127:
		need += 8
	}
	mask := 0
	if h[1]&0x80 != 0 {
		mask = 4
	}
	if len(h) < need+mask {
		return 0, false
	}
	switch need {
	case 4:
		n = uint64(binary.BigEndian.Uint16(h[2:4]))
	case 10:
		n = binary.BigEndian.Uint64(h[2:10])
	}
	return n, true
}

// frame counts one frame. Control frames (opcodes from 8) may come in between and do not count.
func (f *fragments) frame() {
	if f.head[0]&0x0f >= 8 {
		return
	}
	f.parts++
	if f.head[0]&0x80 != 0 {
		f.closed = append(f.closed, f.parts > 1)
		f.parts = 0
	}
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
