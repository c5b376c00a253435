package p2p

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

const echo = "/banyan/echo/1"

func TestRequest(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	connect(t, a, b)
	b.Handle(echo, func(_ context.Context, from identity.ID, r []byte) ([]byte, error) {
		if from != a.Self() {
			return nil, errors.New("who are you")
		}
		return r, nil
	})
	for _, size := range []int{0, 1, 1000, transport.MaxRequest} {
		want := bytes.Repeat([]byte{7}, size)
		began := time.Now()
		got, err := a.Request(t.Context(), b.Self(), echo, want)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d came back, %v", size, len(got), err)
		}
		t.Logf("%d bytes there and back in %v", size, time.Since(began))
	}
	eventually(t, 5*time.Second, "it is known what the peer speaks", func() bool { return a.Speaks(b.Self(), echo) })
	if a.Speaks(b.Self(), "/banyan/other/1") {
		t.Error("speaks what it does not")
	}
}

func TestRequestErrors(t *testing.T) {
	a, b, stranger := start(t, nil), start(t, nil), start(t, nil)
	connect(t, a, b)
	b.Handle("/banyan/no/1", func(context.Context, identity.ID, []byte) ([]byte, error) {
		return nil, errors.New("not\nyou\x1b[31m " + strings.Repeat("x", 2*transport.MaxWords))
	})
	b.Handle("/banyan/much/1", func(context.Context, identity.ID, []byte) ([]byte, error) {
		return make([]byte, transport.MaxRequest+1), nil
	})
	b.Handle("/banyan/late/1", func(ctx context.Context, _ identity.ID, _ []byte) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	tests := []struct {
		name     string
		to       identity.ID
		protocol string
		size     int
		want     error
		words    string
	}{
		{"refusal", b.Self(), "/banyan/no/1", 0, transport.ErrRefused, "peer refused: not you [31m xxx"},
		{"unknown protocol", b.Self(), "/banyan/what/1", 0, transport.ErrRefused, "does not speak /banyan/what/1"},
		{"large request", b.Self(), "/banyan/no/1", transport.MaxRequest + 1, transport.ErrTooLarge, "1048577 bytes"},
		{"large answer", b.Self(), "/banyan/much/1", 0, transport.ErrRefused, "the answer is too large"},
		{"no answer", b.Self(), "/banyan/late/1", 0, context.DeadlineExceeded, ""},
		{"a peer nobody knows", identity.ID{1}, "/banyan/no/1", 0, transport.ErrUnreachable, ""},
		{"a peer without address", stranger.Self(), "/banyan/no/1", 0, transport.ErrUnreachable, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			_, err := a.Request(ctx, tt.to, tt.protocol, make([]byte, tt.size))
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("got %v, want %v and %q", err, tt.want, tt.words)
			}
			if err != nil && len(err.Error()) > 2*transport.MaxWords {
				t.Errorf("%d bytes of words", len(err.Error()))
			}
		})
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Request(t.Context(), b.Self(), echo, nil); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("from a closed network: %v, want ErrClosed", err)
	}
}

// raw opens a stream without our framing, as a stranger may.
func raw(t testing.TB, from, to *Network, protocol string) network.Stream {
	t.Helper()
	s, err := from.host.NewStream(t.Context(), to.Self().Peer(), protocolID(protocol))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Reset() })
	return s
}

func TestBadRequestsAreRefusedInWords(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	connect(t, a, b)
	b.Handle(echo, func(_ context.Context, _ identity.ID, r []byte) ([]byte, error) { return r, nil })
	tests := []struct {
		name string
		sent []byte
		want string
	}{
		{"nothing", nil, "there was no request"},
		{"half a frame", []byte{10, 1, 2}, "unexpected EOF"},
		{"announced too large", binary.AppendUvarint(nil, transport.MaxRequest+1), "message too large"},
		{"announced beyond all", bytes.Repeat([]byte{0xff}, 11), "overflows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := raw(t, a, b, echo)
			if _, err := s.Write(tt.sent); err != nil {
				t.Fatal(err)
			}
			if err := s.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(s)
			if err != nil || len(got) == 0 || got[0] != refused || !strings.Contains(string(got), tt.want) {
				t.Errorf("answer %q, %v, want a refusal with %q", got, err, tt.want)
			}
		})
	}
}

func TestTooManyRequestsAreRefused(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	connect(t, a, b)
	b.Handle(echo, func(_ context.Context, _ identity.ID, r []byte) ([]byte, error) { return r, nil })
	for range maxServingPeer { // requests that never come to an end
		if _, err := raw(t, a, b, echo).Write([]byte{10}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 5*time.Second, "all are being served", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.servingAll == maxServingPeer
	})
	if _, err := a.Request(t.Context(), b.Self(), echo, nil); err == nil || !strings.Contains(err.Error(), "too many requests") {
		t.Errorf("one more request: %v", err)
	}
	c := start(t, nil)
	connect(t, c, b)
	if _, err := c.Request(t.Context(), b.Self(), echo, nil); err != nil {
		t.Errorf("another peer: %v", err)
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add(appendFrame(nil, []byte("hello")))
	f.Add([]byte{0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1000
		r := bufio.NewReader(bytes.NewReader(b))
		got, err := readFrame(r, limit)
		if err != nil {
			return
		}
		if len(got) > limit {
			t.Errorf("%d bytes, want at most %d", len(got), limit)
		}
		again, err := readFrame(bufio.NewReader(bytes.NewReader(appendFrame(nil, got))), limit)
		if err != nil || !bytes.Equal(got, again) {
			t.Errorf("read then append then read: %x, %v, want %x", again, err, got)
		}
	})
}
