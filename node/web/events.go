package web

import (
	"net/http"
	"time"
)

const (
	// writeFor is how long a reader of events may leave a single write lying.
	writeFor = 10 * time.Second
	// aliveEvery is how often a silent stream says that it is still there.
	aliveEvery = 10 * time.Second
)

// serveEvents streams the state and the levels until the reader goes or the server
// stops.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) error {
	box := s.hub.subscribe()
	defer s.hub.unsubscribe(box)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	stream := &stream{w: w, control: http.NewResponseController(w)}
	_ = stream.control.SetReadDeadline(time.Time{}) // where it fails, writing does too
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()
	stream.write("retry: 1000\n\n")
	for stream.err == nil {
		select {
		case <-r.Context().Done():
			return nil
		case <-alive.C:
			stream.write(": still here\n\n")
		case <-box.wake:
			state, levels := box.take()
			if state != nil {
				stream.event("state", state)
			}
			for _, l := range levels {
				stream.event("levels", l)
			}
		}
	}
	return nil // the reader has gone
}

// stream writes events until the first write that fails.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	err     error
}

func (s *stream) event(name string, data []byte) {
	s.write("event: " + name + "\ndata: " + string(data) + "\n\n")
}

func (s *stream) write(text string) {
	if s.err == nil {
		s.err = s.control.SetWriteDeadline(time.Now().Add(writeFor))
	}
	if s.err == nil {
		_, s.err = s.w.Write([]byte(text))
	}
	if s.err == nil {
		s.err = s.control.Flush()
	}
}
