package node

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/sframe"
	"github.com/banyan-rooms/banyan/mesh/wire"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// wiretap stands between a node and its network and remembers everything that comes
// in: requests, answers, control messages, gossip and datagrams.
type wiretap struct {
	transport.Network
	transport.Links

	mu        sync.Mutex
	view      [][]byte
	datagrams [][]byte
}

func (w *wiretap) note(data []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.view = append(w.view, bytes.Clone(data))
}

// seen is what came in until now.
func (w *wiretap) seen() [][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.view)
}

func (w *wiretap) Handle(protocol string, h transport.Handler) {
	w.Network.Handle(protocol, func(ctx context.Context, from identity.ID, request []byte) ([]byte, error) {
		w.note(request)
		return h(ctx, from, request)
	})
}

func (w *wiretap) Request(ctx context.Context, to identity.ID, protocol string, request []byte) ([]byte, error) {
	answer, err := w.Network.Request(ctx, to, protocol, request)
	w.note(answer)
	return answer, err
}

func (w *wiretap) HandleControl(protocol string, h func(identity.ID, []byte)) {
	w.Network.HandleControl(protocol, func(from identity.ID, message []byte) {
		w.note(message)
		h(from, message)
	})
}

func (w *wiretap) Join(topic string, validate func(transport.Gossip) transport.Verdict, deliver func(transport.Gossip)) (transport.Topic, error) {
	return w.Network.Join(topic, func(g transport.Gossip) transport.Verdict {
		w.note(g.Data)
		return validate(g)
	}, deliver)
}

func (w *wiretap) Accept(allow func(identity.ID, identity.RoomID) error, opened func(transport.Link)) {
	w.Links.Accept(allow, func(l transport.Link) { opened(&tappedLink{l, w}) })
}

func (w *wiretap) Dial(ctx context.Context, to identity.ID, room identity.RoomID) (transport.Link, error) {
	l, err := w.Links.Dial(ctx, to, room)
	if err != nil {
		return nil, err
	}
	return &tappedLink{l, w}, nil
}

type tappedLink struct {
	transport.Link
	tap *wiretap
}

func (l *tappedLink) Receive(h func([]byte)) {
	l.Link.Receive(func(datagram []byte) {
		l.tap.note(datagram)
		l.tap.mu.Lock()
		l.tap.datagrams = append(l.tap.datagrams, bytes.Clone(datagram))
		l.tap.mu.Unlock()
		h(datagram)
	})
}

// TestRelayCannotHear hands everything that a relay ever received to an opener, who
// tries each part of it as the room's secret and as a sender's key.
func TestRelayCannotHear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		tap := &wiretap{}
		relay := v.add("relay", relayNode, func(c *Config) {
			tap.Network, tap.Links = c.Network, c.Links
			c.Network, c.Links = tap, tap
		})
		host, friend, ears := v.stage(rooms.InviteOnly, 3, via(relay))
		room := host.Status().Rooms[0].ID
		v.until(15*time.Second, "the relay is the root", func() bool { return ears[0].room(room).Tree.Roots[0] == relay.ID() })
		l := ears[0].listen(room)
		friend.speak(room, 60)
		time.Sleep(time.Second)
		l.wants(t, "an ear", friend, 0, 60)

		genesis, _, err := rooms.OpenGenesis(host.store.genesis[room])
		if err != nil {
			t.Fatal(err)
		}
		frames := tap.frames(t, epoch.KID(room, 0, friend.ID()))
		if len(frames) < 60 {
			t.Fatalf("the relay saw %d frames of the friend, want all 60", len(frames))
		}
		secret := epoch.Secret(host.store.secrets[room][0])
		if !opens(t, secret, room, friend.ID(), frames[0]) || !secret.Opens(genesis.Commitment, identity.RoomID{}, 0) {
			t.Fatal("the opener does not open with the right secret: the test proves nothing")
		}
		view := tap.seen()
		whole := slices.Concat(view...)
		if bytes.Contains(whole, secret[:]) || bytes.Contains(whole, []byte("this is packet number")) {
			t.Fatal("the relay received the secret, or a packet in clear")
		}
		t.Logf("the relay received %d messages, %d bytes", len(view), len(whole))
		for _, message := range view {
			for at := 0; at+32 <= len(message); at++ {
				guess := epoch.Secret(message[at : at+32])
				if guess.Opens(genesis.Commitment, identity.RoomID{}, 0) {
					t.Fatalf("the secret stands in a message at %d", at)
				}
			}
			if len(message) >= 32 { // the opener itself is slow: one guess a message
				if guess := epoch.Secret(message[len(message)-32:]); opens(t, guess, room, friend.ID(), frames[0]) {
					t.Fatal("a frame opens with what a message holds")
				}
			}
		}
		if len(relay.store.secrets) != 0 || len(relay.store.genesis) != 0 {
			t.Error("the relay kept something of the room")
		}
	})
}

// frames are the frames of one stream that were tapped.
func (w *wiretap) frames(t *testing.T, kid uint64) (frames []wire.Frame) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.datagrams {
		if d[0] != wire.KindMedia {
			continue
		}
		err := wire.Frames(d[1:], func(f wire.Frame, _ []byte) {
			if f.KID == kid {
				frames = append(frames, f)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return frames
}

// opens tells whether a frame opens with a secret.
func opens(t *testing.T, s epoch.Secret, room identity.RoomID, speaker identity.ID, f wire.Frame) bool {
	t.Helper()
	key, err := s.SenderKey(room, 0, speaker)
	if err != nil {
		t.Fatal(err)
	}
	meta := wire.Metadata(f.Level)
	_, _, err = key.AppendOpen(nil, meta[:], f.Sealed)
	return err == nil
}

// TestRelayAsksForNoKey has a relay try: it is nobody's member, so nobody hands it the
// secret of a room that asks for a ticket.
func TestRelayAsksForNoKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		relay := v.add("relay", relayNode)
		host, _, _ := v.stage(rooms.InviteOnly, 0, via(relay))
		room := host.Status().Rooms[0].ID
		request, err := canon.Marshal(keyRequest{Room: room})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := relay.peer.Request(t.Context(), host.ID(), KeyProtocol, request); err == nil {
			t.Error("the host handed the secret to a relay")
		}
		if _, err := relay.Join(t.Context(), host.link(room, InviteOptions{})); !errors.Is(err, ErrRelay) {
			t.Errorf("the relay joins: %v, want %v", err, ErrRelay)
		}
		if _, err := relay.Create(t.Context(), rooms.Policy{Kind: rooms.Open, Title: "x"}); !errors.Is(err, ErrRelay) {
			t.Errorf("the relay makes a room: %v, want %v", err, ErrRelay)
		}
	})
}

// TestRelayHasNoPlaceForSecrets walks the types that a relay's session is made of.
func TestRelayHasNoPlaceForSecrets(t *testing.T) {
	secrets := []reflect.Type{
		reflect.TypeFor[epoch.Secret](), reflect.TypeFor[sframe.Key](), reflect.TypeFor[rooms.Room](),
		reflect.TypeFor[member](), reflect.TypeFor[mouth](), reflect.TypeFor[voice](),
	}
	seen := make(map[reflect.Type]bool)
	var walk func(reflect.Type, string)
	walk = func(typ reflect.Type, path string) {
		if slices.Contains(secrets, typ) {
			t.Errorf("%s is a %v", path, typ)
		}
		if seen[typ] {
			return
		}
		seen[typ] = true
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
			walk(typ.Elem(), path)
		case reflect.Map:
			walk(typ.Key(), path+"'s key")
			walk(typ.Elem(), path)
		case reflect.Struct:
			for f := range typ.Fields() {
				walk(f.Type, path+"."+f.Name)
			}
		default: // holds nothing else
		}
	}
	walk(reflect.TypeFor[relay](), "relay")
	if !seen[reflect.TypeFor[session]()] {
		t.Error("the walk did not reach the session: the test proves nothing")
	}
}
