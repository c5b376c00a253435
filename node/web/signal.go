package web

import (
	"context"
	"io"
	"net/http"

	"github.com/banyan-rooms/banyan/node"
)

// opener answers one offer for a room.
type opener func(ctx context.Context, room node.RoomStatus, e *ear, offer string) (*call, string, error)

// postOffer is WHIP's and WHEP's one exchange: an offer for an answer and a
// Location, at which DELETE ends it.
func (s *Server) postOffer(open opener) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := roomOf(r)
		if err != nil {
			return err
		}
		if err := wantType(r, "application/sdp"); err != nil {
			return err
		}
		offer, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		room, e, err := s.hub.room(id)
		if err != nil {
			return err
		}
		c, answer, err := open(r.Context(), room, e, string(offer))
		if err != nil {
			return err
		}
		s.hub.poke()
		h := w.Header()
		h.Set("Content-Type", "application/sdp")
		h.Set("Location", r.URL.Path+"/"+c.id)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, answer) // the reader is gone; ICE will find out
		return nil
	}
}

// deleteCall hangs up what a Location names. What has ended before has ended.
func (s *Server) deleteCall(w http.ResponseWriter, r *http.Request) error {
	id, err := roomOf(r)
	if err != nil {
		return err
	}
	name := r.PathValue("call")
	hangUp(s.hub.calls.take(func(c *call) bool { return c.room == id && c.id == name }))
	s.hub.poke()
	w.WriteHeader(http.StatusOK)
	return nil
}
