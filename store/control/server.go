package control

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// lookEvery is how often Serve looks whether its socket is still there.
const lookEvery = time.Minute

// partEvery is how often a step that goes on is reported.
const partEvery = 200 * time.Millisecond

// A Server answers on a file's socket. Handle, Do and Stream come before Serve.
type Server struct {
	path      string
	log       *slog.Logger
	lookEvery time.Duration
	handlers  map[string]http.HandlerFunc // by method and name
	closing   chan struct{}
	serving   sync.WaitGroup
}

// NewServer makes a server for the file at path. Its name "status" must be handled: a process that waits for the file's
// lock asks for it.
func NewServer(path string, log *slog.Logger) *Server {
	return &Server{
		path: path, log: log, lookEvery: lookEvery,
		handlers: map[string]http.HandlerFunc{}, closing: make(chan struct{}),
	}
}

// Handle has Serve answer GET /name with what answer gives, as JSON; see Ask.
func (s *Server) Handle(name string, answer func() (any, error)) {
	s.handlers["GET /"+name] = func(w http.ResponseWriter, _ *http.Request) {
		says, err := answer()
		if err != nil {
			s.log.Error("socket", "asked", name, "error", err)
			http.Error(w, "the store cannot be read", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(says); err != nil {
			s.log.Debug("socket", "asked", name, "error", err) // the client has gone
		}
	}
}

// Do has Serve do something for POST /name, with the client's values, and answer with JSON; see Tell. It may take as
// long as it needs, and reports how far it is. The client reads its error.
func (s *Server) Do(name string, does func(ctx context.Context, with url.Values, p Progress) (any, error)) {
	s.handlers["POST /"+name] = func(w http.ResponseWriter, r *http.Request) {
		err := r.ParseForm()
		if err == nil {
			err = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		}
		parts := &partWriter{to: patiently(w)}
		var p part
		if err == nil {
			var says any
			if says, err = does(r.Context(), r.PostForm, parts.tell); err == nil {
				p.Answer, err = json.Marshal(says)
			}
		}
		if err != nil {
			s.log.Warn("a command was refused", "command", name, "error", err)
			p.Fault = err.Error()
		}
		if err := parts.write(p); err != nil {
			s.log.Debug("socket", "asked", name, "error", err) // the client has gone
		}
	}
}

// Stream has Serve answer GET /name with what write writes, for as long as the client takes something of it. Before it
// writes, write calls begin with the headers. fault is what a client reads if write fails before that.
func (s *Server) Stream(name, fault string, write func(begin func(headers map[string]string) io.Writer) error) {
	s.handlers["GET /"+name] = func(w http.ResponseWriter, _ *http.Request) {
		begun := false
		err := write(func(headers map[string]string) io.Writer {
			begun = true
			for k, v := range headers {
				w.Header().Set(k, v)
			}
			return patiently(w)
		})
		switch {
		case err == nil:
		case begun:
			s.log.Warn("an answer was broken off", "asked", name, "error", err)
			panic(http.ErrAbortHandler) // so that the client does not take it for whole
		default:
			s.log.Error("socket", "asked", name, "error", err)
			http.Error(w, fault, http.StatusInternalServerError)
		}
	}
}

// A partWriter reports how far something is.
type partWriter struct {
	to   patient
	step string
	at   time.Time // when that was reported last
	err  error
}

func (p *partWriter) tell(step string, done, total int64) {
	if p.err != nil || step == p.step && time.Since(p.at) < partEvery {
		return // the work goes on, whether somebody hears of it or not
	}
	p.step, p.at = step, time.Now()
	p.err = p.write(part{Step: step, Done: done, Total: total})
}

func (p *partWriter) write(says part) error {
	line, err := json.Marshal(says)
	if err == nil {
		_, err = p.to.Write(append(line, '\n'))
	}
	return errors.Join(err, p.to.conn.Flush())
}

// Serve answers until ctx ends, Close is called, or ended is closed. What a crashed process left in the socket's place
// is replaced, for the holder of the file's lock is alone. A socket that cannot be made, or is removed, is logged, and
// made a minute later at most, once that can be done. After Close it returns http.ErrServerClosed. Serve waits for a
// network: do not call it in a synctest bubble.
func (s *Server) Serve(ctx context.Context, ended <-chan struct{}) error {
	select {
	case <-s.closing:
		return http.ErrServerClosed
	default:
	}
	s.serving.Add(1)
	defer s.serving.Done()
	mux := http.NewServeMux()
	for name, answer := range s.handlers {
		mux.HandleFunc(name, answer)
	}
	at := socket{path: SocketPath(s.path), log: s.log}
	at.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	every := time.NewTicker(s.lookEvery)
	defer every.Stop()
	for {
		at.stand()
		select {
		case <-every.C:
			continue
		case <-ended:
		case <-ctx.Done():
		case <-s.closing:
		}
		return at.close()
	}
}

// Close ends Serve and waits for it: the socket goes before the file's lock does, or it would take a successor's.
func (s *Server) Close() {
	close(s.closing)
	s.serving.Wait()
}
