package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node"
)

// actFor bounds one act; joining dials several peers and may take a while.
const actFor = 45 * time.Second

// handler answers one request; what it returns becomes a refusal.
type handler func(w http.ResponseWriter, r *http.Request) error

// api routes requests under /api/v1. Methods are looked up here and not in the
// mux's patterns, so that a wrong one is refused in our own words.
func (s *Server) api() http.Handler {
	mux := http.NewServeMux()
	on := func(path string, methods map[string]handler) {
		mux.Handle("/api/v1"+path, byMethod(methods))
	}
	on("/state", map[string]handler{"GET": s.getState})
	on("/events", map[string]handler{"GET": s.serveEvents})
	on("/self", map[string]handler{"PUT": s.putSelf})
	on("/blocked/{peer}", map[string]handler{"PUT": s.block(true), "DELETE": s.block(false)})
	on("/rooms", map[string]handler{"POST": s.postRoom})
	on("/join", map[string]handler{"POST": s.postJoin})
	on("/inspect", map[string]handler{"POST": s.postInspect})
	on("/links", map[string]handler{"POST": s.postLink})
	on("/rooms/{room}/invite", map[string]handler{"POST": s.postInvite})
	on("/rooms/{room}/invites", map[string]handler{"GET": s.getInvites})
	on("/rooms/{room}/invites/{invite}", map[string]handler{"DELETE": s.deleteInvite})
	on("/rooms/{room}/commands", map[string]handler{"POST": s.postCommand})
	on("/rooms/{room}/whip", map[string]handler{"POST": s.postOffer(s.openMic)})
	on("/rooms/{room}/whep", map[string]handler{"POST": s.postOffer(s.openEars)})
	on("/rooms/{room}/whip/{call}", map[string]handler{"DELETE": s.deleteCall})
	on("/rooms/{room}/whep/{call}", map[string]handler{"DELETE": s.deleteCall})
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, refuse(http.StatusNotFound, "there is no %s in this API; its paths begin with /api/v1", r.URL.Path))
	})
	return mux
}

func byMethod(methods map[string]handler) http.Handler {
	var names []string
	for m := range methods {
		names = append(names, m)
	}
	slices.Sort(names)
	allowed := strings.Join(names, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, ok := methods[r.Method]
		if !ok {
			w.Header().Set("Allow", allowed)
			writeError(w, refuse(http.StatusMethodNotAllowed, "%s is not possible at %s; use %s", r.Method, r.URL.Path, allowed))
			return
		}
		if err := h(w, r); err != nil {
			writeError(w, err)
		}
	})
}

func (s *Server) getState(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, s.hub.look())
	return nil
}

func (s *Server) putSelf(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Name string `json:"name"`
	}
	if err := readJSON(r, &body); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), actFor)
	defer cancel()
	return done(w, s.cfg.Node.SetName(ctx, body.Name))
}

func (s *Server) block(on bool) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, err := identity.ParseID(r.PathValue("peer"))
		if err != nil {
			return refuse(http.StatusNotFound, "%q is nobody's peer ID; those begin with 12D3KooW", r.PathValue("peer"))
		}
		ctx, cancel := context.WithTimeout(r.Context(), actFor)
		defer cancel()
		return done(w, s.cfg.Node.Block(ctx, who, on))
	}
}

func (s *Server) postRoom(w http.ResponseWriter, r *http.Request) error {
	var body NewRoom
	if err := readJSON(r, &body); err != nil {
		return err
	}
	policy, err := body.policy()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), actFor)
	defer cancel()
	id, err := s.cfg.Node.Create(ctx, policy)
	return made(w, id, err)
}

func (s *Server) postJoin(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Link string          `json:"link"`
		Room identity.RoomID `json:"room"`
	}
	if err := readJSON(r, &body); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), actFor)
	defer cancel()
	link := strings.TrimSpace(body.Link)
	if (link == "") == body.Room.IsZero() {
		return refuse(http.StatusBadRequest, "to join, give either an invite link or the room of a card in the lobby")
	}
	if link == "" {
		link = body.Room.String()
	}
	id, err := s.cfg.Node.Join(ctx, link)
	return made(w, id, err)
}

// postInspect says what an invite link holds, and asks nobody.
func (s *Server) postInspect(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Link string `json:"link"`
	}
	if err := readJSON(r, &body); err != nil {
		return err
	}
	link, err := invite.ParseLink(body.Link)
	if err != nil {
		return refuse(http.StatusBadRequest, "%w", err)
	}
	inside, err := node.Inspect(link, time.Now())
	if err != nil {
		return refuse(http.StatusBadRequest, "%w", err)
	}
	inside.Invites, inside.Addrs = filled(inside.Invites), filled(inside.Addrs)
	writeJSON(w, http.StatusOK, inside)
	return nil
}

func (s *Server) postLink(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusCreated, map[string]string{"url": s.URL()})
	return nil
}

func (s *Server) postInvite(w http.ResponseWriter, r *http.Request) error {
	id, err := roomOf(r)
	if err != nil {
		return err
	}
	var body NewInvite
	if err := readJSON(r, &body); err != nil {
		return err
	}
	options, err := body.Options()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), actFor)
	defer cancel()
	link, err := s.cfg.Node.Invite(ctx, id, options)
	if err != nil {
		return err
	}
	inv := Invitation{Link: link.String(), URI: link.String()}
	if s.cfg.Base != "" {
		inv.Link = link.HTTPS(s.cfg.Base)
	}
	writeJSON(w, http.StatusCreated, inv)
	return nil
}

func (s *Server) getInvites(w http.ResponseWriter, r *http.Request) error {
	id, err := roomOf(r)
	if err != nil {
		return err
	}
	list, err := s.cfg.Node.Invites(r.Context(), id)
	if err != nil {
		return err
	}
	list.Invites = filled(list.Invites)
	writeJSON(w, http.StatusOK, list)
	return nil
}

func (s *Server) deleteInvite(w http.ResponseWriter, r *http.Request) error {
	id, err := roomOf(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), actFor)
	defer cancel()
	return done(w, s.cfg.Node.Revoke(ctx, id, r.PathValue("invite")))
}

func (s *Server) postCommand(w http.ResponseWriter, r *http.Request) error {
	id, err := roomOf(r)
	if err != nil {
		return err
	}
	var body Command
	if err := readJSON(r, &body); err != nil {
		return err
	}
	command, err := body.command()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), actFor)
	defer cancel()
	return done(w, s.cfg.Node.Do(ctx, id, command))
}

// roomOf reads the room in a request's path.
func roomOf(r *http.Request) (identity.RoomID, error) {
	id, err := identity.ParseRoomID(r.PathValue("room"))
	if err != nil {
		return id, refuse(http.StatusNotFound, "%q names no room; a room's ID begins with bafkrei", r.PathValue("room"))
	}
	return id, nil
}

func done(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

func made(w http.ResponseWriter, id identity.RoomID, err error) error {
	if err == nil {
		writeJSON(w, http.StatusCreated, map[string]identity.RoomID{"id": id})
	}
	return err
}
