package epoch

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/sframe"
)

var update = flag.Bool("update", false, "write testdata/golden.json anew")

var (
	roomA = identity.RoomID{1, 2, 3}
	roomB = identity.RoomID{1, 2, 4}
	ann   = identity.ID{5}
	bob   = identity.ID{6}
)

// golden is one vector for other implementations. The frame is "hello", sealed as
// the speaker's first of the epoch with the metadata 0x0128.
type golden struct {
	Secret     hexed  `json:"secret"`
	Room       hexed  `json:"room"`
	Epoch      uint32 `json:"epoch"`
	Speaker    hexed  `json:"speaker"`
	Commitment hexed  `json:"commitment"`
	KID        hexed  `json:"kid"`
	Frame      hexed  `json:"frame"`
	Topic      string `json:"topic"`
}

type hexed []byte

func (h hexed) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

func (h *hexed) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

func goldenNow(t *testing.T) []golden {
	t.Helper()
	var out []golden
	for _, n := range []uint32{0, 1, 1<<24 + 7, 1<<32 - 1} {
		for _, speaker := range []identity.ID{ann, bob} {
			s := Secret(bytes.Repeat([]byte{byte(n)}, 32))
			k, err := s.SenderKey(roomA, n, speaker)
			if err != nil {
				t.Fatal(err)
			}
			commitment, kid := s.Commit(roomA, n), KID(roomA, n, speaker)
			out = append(out, golden{
				Secret: s[:], Room: roomA[:], Epoch: n, Speaker: speaker[:], Commitment: commitment[:],
				KID:   []byte{byte(kid >> 56), byte(kid >> 48), byte(kid >> 40), byte(kid >> 32), byte(kid >> 24), byte(kid >> 16), byte(kid >> 8), byte(kid)},
				Frame: k.AppendSeal(nil, 0, []byte{1, 40}, []byte("hello")),
				Topic: Topic(roomA),
			})
		}
	}
	return out
}

// TestGolden holds the derivations still: rooms that live must not lose their keys.
func TestGolden(t *testing.T) {
	got, err := json.MarshalIndent(goldenNow(t), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile("testdata/golden.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestNew(t *testing.T) {
	got, err := New(strings.NewReader("thirty-two bytes of randomness!!"))
	if err != nil || got != Secret([]byte("thirty-two bytes of randomness!!")) {
		t.Errorf("got %x, %v", got[:], err)
	}
	if got, err := New(strings.NewReader("too few")); err == nil || got != (Secret{}) {
		t.Errorf("too little randomness: got %x, %v", got[:], err)
	}
}

func TestCommitment(t *testing.T) {
	s := Secret{9}
	c := s.Commit(roomA, 3)
	if !s.Opens(c, roomA, 3) {
		t.Error("a secret does not open its own commitment")
	}
	changed := c
	changed[31] ^= 1
	for name, opens := range map[string]bool{
		"another secret":       Secret{8}.Opens(c, roomA, 3),
		"another room":         s.Opens(c, roomB, 3),
		"another epoch":        s.Opens(c, roomA, 4),
		"another commitment":   s.Opens(changed, roomA, 3),
		"no commitment":        s.Opens(Commitment{}, roomA, 3),
		"the secret as itself": s.Opens(Commitment(s), roomA, 3),
	} {
		if opens {
			t.Errorf("%s is opened", name)
		}
	}
}

func TestSenderKeys(t *testing.T) {
	s := Secret{9}
	seal := func(s Secret, room identity.RoomID, n uint32, speaker identity.ID) (*sframe.Key, []byte) {
		k, err := s.SenderKey(room, n, speaker)
		if err != nil {
			t.Fatal(err)
		}
		return k, k.AppendSeal(nil, 0, nil, []byte("hello"))
	}
	k, frame := seal(s, roomA, 3, ann)
	if k.KID() != KID(roomA, 3, ann) {
		t.Errorf("key ID %#x, want %#x", k.KID(), KID(roomA, 3, ann))
	}
	again, _ := seal(s, roomA, 3, ann)
	if got, _, err := again.AppendOpen(nil, nil, frame); err != nil || string(got) != "hello" {
		t.Errorf("another member opens %q, %v", got, err)
	}
	for name, other := range map[string][]byte{
		"secret":  second(seal(Secret{8}, roomA, 3, ann)),
		"room":    second(seal(s, roomB, 3, ann)),
		"epoch":   second(seal(s, roomA, 4, ann)),
		"speaker": second(seal(s, roomA, 3, bob)),
	} {
		if bytes.Equal(frame[len(frame)-21:], other[len(other)-21:]) { // ciphertext and tag
			t.Errorf("another %s gives the same key", name)
		}
	}
	// The low bits of an epoch's number meet again after 2^24 epochs; the keys do not.
	_, far := seal(s, roomA, 3+1<<24, ann)
	if bytes.Equal(frame[len(frame)-21:], far[len(far)-21:]) {
		t.Error("two epochs with the same low bits share a key")
	}
}

func second(_ *sframe.Key, frame []byte) []byte { return frame }

func TestKID(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.Uint32().Draw(rt, "epoch")
		kid := KID(roomA, n, ann)
		if got := Of(kid); got != n%(1<<24) {
			rt.Errorf("epoch %d: key ID %#x says %d", n, kid, got)
		}
		if KID(roomA, n, bob) == kid || KID(roomB, n, ann)<<24 == kid<<24 || KID(roomA, n+1, ann)<<24 == kid<<24 {
			rt.Errorf("epoch %d: the tag %#x does not depend on all it should", n, kid<<24)
		}
	})
}

func TestTopic(t *testing.T) {
	a, b := Topic(roomA), Topic(roomB)
	if a == b || len(a) != 32 {
		t.Errorf("rooms have the topics %q and %q", a, b)
	}
	if strings.Trim(a, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		t.Errorf("%q has characters that are not in base32", a)
	}
}

func TestSecretIsNotPrinted(t *testing.T) {
	s := Secret{0xab, 0xcd}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b"} {
		if got := fmt.Sprintf(verb, s); got != s.String() {
			t.Errorf("%s prints %q", verb, got)
		}
		if got := fmt.Sprintf(verb, &s); got != s.String() {
			t.Errorf("%s of a pointer prints %q", verb, got)
		}
		for _, leak := range []string{"171", "ab", "AB", "253"} {
			if got := fmt.Sprintf(verb, struct{ Key Secret }{s}); strings.Contains(got, leak) {
				t.Errorf("%s of a struct prints %q", verb, got)
			}
		}
	}
	if got, err := json.Marshal(struct{ Key Secret }{s}); err == nil {
		t.Errorf("JSON has it: %s", got)
	}
}
