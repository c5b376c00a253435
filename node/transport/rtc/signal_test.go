package rtc

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// description is one that a link made once.
//
//go:embed testdata/offer.sdp
var description string

func TestOwnDescriptionPasses(t *testing.T) {
	_, p := peers(t, 1)
	l, err := p[0].newLink(key{identity.ID{1}, room}, true)
	if err != nil {
		t.Fatal(err)
	}
	text, err := l.offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err = checkSDP(text); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
}

func TestCheckSDP(t *testing.T) {
	good := description
	candidate := "a=candidate:1 1 udp 1 %s 9 typ host\r\n"
	many := strings.Repeat(fmt.Sprintf(candidate, "192.0.2.1"), maxCandidates)
	tests := []struct{ name, text, want string }{
		{"our own", good, ""},
		{"nothing", "", "session description"},
		{"not a description", "hello", "session description"},
		{"too long", good + strings.Repeat("a=x\r\n", maxSDP/5), "want at most"},
		{"two media", good + "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\n", "2 media"},
		{"no media", good[:strings.Index(good, "m=")], "0 media"},
		{"data channel", strings.Replace(good, "m=audio", "m=application", 1), "want audio"},
		{"too many addresses", good + many, "more than"},
		{"a name for an address", good + fmt.Sprintf(candidate, "evil.example"), "evil.example"},
		{"a hidden name", good + fmt.Sprintf(candidate, "0b0e.local"), "0b0e.local"},
		{"half a candidate", good + "a=candidate:1 1 udp\r\n", "cut short"},
		{"a candidate above the media", strings.Replace(good, "m=", fmt.Sprintf(candidate, "evil.example")+"m=", 1), "evil.example"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := checkSDP(tt.text)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestBadOffersAreRefused(t *testing.T) {
	_, p := peers(t, 2)
	good := description
	marshal := func(o offer) []byte {
		b, err := canon.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	tests := []struct {
		name    string
		request []byte
		want    string
	}{
		{"nothing", nil, "read offer"},
		{"not CBOR", []byte("hello"), "read offer"},
		{"no room", marshal(offer{SDP: good}), "no room"},
		{"no description", marshal(offer{Room: room}), "read offer"},
		{"an audio section of another codec", marshal(offer{Room: room, SDP: strings.ReplaceAll(good, "banyan/48000", "opus/48000/2")}), "answer"},
		{"no fingerprint", marshal(offer{Room: room, SDP: strings.ReplaceAll(good, "a=fingerprint", "a=x-finger")}), "take in offer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := p[0].network.Request(t.Context(), p[1].network.Self(), Protocol, tt.request)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if n := p[1].opening; n != 0 {
		t.Errorf("%d links are still being opened", n)
	}
	p[0].link(t, p[1])
}

func TestHalfOpenLinksAreBounded(t *testing.T) {
	_, p := peers(t, 2)
	text := description
	refused := 0
	for i := range byte(maxHalfOpenPeer + 2) { // offers that nobody follows up
		b, err := canon.Marshal(offer{Room: identity.RoomID{i + 1}, SDP: text, Dial: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = p[0].network.Request(t.Context(), p[1].network.Self(), Protocol, b); err != nil {
			refused++
			if !strings.Contains(err.Error(), "too many links") {
				t.Errorf("refused with %v", err)
			}
		}
	}
	if refused != 2 {
		t.Errorf("%d offers were refused, want 2", refused)
	}
}

func FuzzParseOffer(f *testing.F) {
	good, err := canon.Marshal(offer{Room: room, SDP: description, Dial: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{0xa1, 1, 0x40})
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := parseOffer(b)
		if err != nil {
			return
		}
		again, err := canon.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := parseOffer(again); err != nil || back != o {
			t.Errorf("parse then marshal then parse: %v, %v, want %v", back, err, o)
		}
	})
}

func FuzzParseAnswer(f *testing.F) {
	for _, a := range []answer{{SDP: description}, {Mine: true}} {
		b, err := canon.Marshal(a)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseAnswer(b)
		if err == nil && !a.Mine && len(a.SDP) > maxSDP {
			t.Errorf("accepted %d bytes of SDP", len(a.SDP))
		}
	})
}
