package memory

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

func TestRequestErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := world(t, Config{}, 3)
		connect(t, p[0], p[1])
		p[1].Handle("/no", func(context.Context, identity.ID, []byte) ([]byte, error) {
			return nil, errors.New("not\nyou")
		})
		p[1].Handle("/much", func(context.Context, identity.ID, []byte) ([]byte, error) {
			return make([]byte, transport.MaxRequest+1), nil
		})
		p[1].Handle("/late", func(ctx context.Context, _ identity.ID, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, nil
		})
		tests := []struct {
			name     string
			protocol string
			size     int
			want     error
			words    string
		}{
			{"refusal", "/no", 0, transport.ErrRefused, "not you"},
			{"unknown protocol", "/what", 0, transport.ErrRefused, "does not speak /what"},
			{"large request", "/no", transport.MaxRequest + 1, transport.ErrTooLarge, ""},
			{"large answer", "/much", 0, transport.ErrRefused, "the answer is too large"},
			{"no answer", "/late", 0, context.DeadlineExceeded, ""},
		}
		for _, tt := range tests {
			_, err := p[0].Request(t.Context(), p[1].Self(), tt.protocol, make([]byte, tt.size))
			if !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
			var refusal *transport.Refusal
			if errors.As(err, &refusal) && refusal.Words != tt.words {
				t.Errorf("%s: words %q, want %q", tt.name, refusal.Words, tt.words)
			}
		}
		if _, err := p[2].Request(t.Context(), p[1].Self(), "/no", nil); !errors.Is(err, transport.ErrUnreachable) {
			t.Errorf("a peer that knows nobody: %v, want ErrUnreachable", err)
		}
		if !p[0].Speaks(p[1].Self(), "/no") || p[0].Speaks(p[1].Self(), "/what") || p[0].Speaks(p[2].Self(), "/no") {
			t.Error("Speaks is wrong")
		}
	})
}

func TestControlDialsAndFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := world(t, Config{}, 2)
		failed := make(chan error, 4)
		send := func(size int) {
			p[0].SendControl(p[1].Self(), "/mesh", make([]byte, size), func(err error) { failed <- err })
		}
		send(0)
		if err := <-failed; !errors.Is(err, transport.ErrUnreachable) {
			t.Errorf("to an unknown peer: %v, want ErrUnreachable", err)
		}
		p[0].Know(p[1].Addrs())
		send(0)
		if err := <-failed; !errors.Is(err, transport.ErrRefused) {
			t.Errorf("to one who does not speak it: %v, want ErrRefused", err)
		}
		send(transport.MaxControl + 1)
		if err := <-failed; !errors.Is(err, transport.ErrTooLarge) {
			t.Errorf("a large message: %v, want ErrTooLarge", err)
		}
		came := make(chan []byte, 8)
		p[1].HandleControl("/mesh", func(_ identity.ID, m []byte) { came <- m })
		p[1].Gate(p[0].Self(), true)
		p[1].Gate(p[0].Self(), false)
		time.Sleep(time.Second)
		synctest.Wait()
		for size := range 5 { // dials again; all are queued before there is a connection
			send(size)
		}
		for size := range 5 {
			if got := len(<-came); got != size {
				t.Errorf("message of %d bytes came at place %d", got, size)
			}
		}
		p[0].Close()
		send(0)
		if err := <-failed; !errors.Is(err, transport.ErrClosed) {
			t.Errorf("from a closed peer: %v, want ErrClosed", err)
		}
	})
}

func TestBadAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := world(t, Config{}, 2)
		for _, addr := range []string{
			"", "/memory/1", "/ip4/127.0.0.1/tcp/1/p2p/" + p[1].Self().String(),
			"/memory/2/p2p/nobody", "/memory/0/p2p/" + p[1].Self().String(),
			"/memory/1/p2p/" + p[1].Self().String(), "/memory/x/p2p/" + p[1].Self().String(),
		} {
			p[0].Know([]string{addr})
			if id, err := p[0].Connect(t.Context(), []string{addr}); err == nil {
				t.Errorf("connected to %q as %v", addr, id)
			}
		}
		if got := p[0].AddrsOf(p[1].Self()); len(got) != 0 {
			t.Errorf("learnt %v", got)
		}
		if _, err := p[0].Connect(t.Context(), nil); !errors.Is(err, transport.ErrUnreachable) {
			t.Errorf("connect to no address: %v, want ErrUnreachable", err)
		}
	})
}
