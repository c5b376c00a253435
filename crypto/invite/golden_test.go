package invite

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

var update = flag.Bool("update", false, "write testdata/golden.json anew")

// golden is one vector for other implementations: what is signed, in CBOR's
// diagnostic notation (RFC 8949 section 8), and the bytes that come of it. The
// signer of each is named by the 32 bytes of its Ed25519 seed.
type golden struct {
	Name     string   `json:"name"`
	Seed     string   `json:"seed"`
	Payload  string   `json:"payload"`
	Envelope string   `json:"envelope"`
	ID       string   `json:"id"`
	Chain    []string `json:"chain_before,omitempty"`
}

type goldenFile struct {
	Invites []golden `json:"invites"`
	Secret  string   `json:"bearer_secret"`
	Hash    string   `json:"bearer_hash"`
	Link    string   `json:"link"`
	Open    string   `json:"link_of_open_room"`
}

// goldenNow makes the vectors from the code as it is.
func goldenNow(t *testing.T) goldenFile {
	t.Helper()
	secret := Bearer{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	var out goldenFile
	add := func(name string, seed byte, parent Chain, i Invite) Chain {
		i.Room = room
		c, err := Issue(keyOf(seed), parent, i)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, payload, err := identity.Open(Purpose, c[len(c)-1])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := cbor.Diagnose(payload)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		id := c.ID()
		g := golden{
			Name: name, Seed: hex.EncodeToString(seedOf(seed)), Payload: text,
			Envelope: hex.EncodeToString(c[len(c)-1]), ID: hex.EncodeToString(id[:]),
		}
		for n := range parent {
			before := parent[:n+1].ID()
			g.Chain = append(g.Chain, hex.EncodeToString(before[:]))
		}
		out.Invites = append(out.Invites, g)
		return c
	}
	toAnn := add("the host names ann", 1, nil, named(Moderator, ann).with(quota(5)).with(until(now)))
	link := add("ann makes a link", 2, toAnn, bearer(Listener).with(func(i *Invite) {
		i.BearerHash, i.NotBefore, i.Uses, i.Redeemers, i.Quota, i.Serial = secret.Hash(), now.Unix()-60, 2, []identity.ID{host.ID()}, 1, 1
	}))
	ticket, err := Redeem(host, Redemption{link, secret, room, host.ID(), bob.ID(), 1}, now)
	if err != nil {
		t.Fatal(err)
	}
	last, _, err := ticket.Last()
	if err != nil {
		t.Fatal(err)
	}
	add("the host redeems it for bob", 1, link, last)
	hash := secret.Hash()
	out.Secret, out.Hash = hex.EncodeToString(secret[:]), hex.EncodeToString(hash[:])
	out.Link = Link{Room: room, Title: "Under the tree", Chain: link, Bearer: &secret, Addrs: []string{"/ip4/127.0.0.1/udp/4001/quic-v1"}}.String()
	out.Open = Link{Room: room}.String()
	return out
}

func seedOf(n byte) []byte {
	seed := make([]byte, 32)
	for i := range seed {
		seed[i] = n
	}
	return seed
}

// TestGolden holds the format still: it is final. The vectors are made anew only
// together with a new version.
func TestGolden(t *testing.T) {
	got := goldenNow(t)
	if *update {
		b, err := json.MarshalIndent(got, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/golden.json", append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var want goldenFile
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	if len(got.Invites) != len(want.Invites) {
		t.Fatalf("%d invites, want %d", len(got.Invites), len(want.Invites))
	}
	for n := range got.Invites {
		g, w := got.Invites[n], want.Invites[n]
		if g.Payload != w.Payload || g.Envelope != w.Envelope || g.ID != w.ID {
			t.Errorf("%s: got %s\n%s\nwant %s\n%s", w.Name, g.Payload, g.Envelope, w.Payload, w.Envelope)
		}
	}
	got.Invites, want.Invites = nil, nil
	if got.Hash != want.Hash || got.Link != want.Link || got.Open != want.Open {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestGoldenChainVerifies reads the vectors as a stranger would.
func TestGoldenChainVerifies(t *testing.T) {
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var file goldenFile
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	var c Chain
	for _, g := range file.Invites {
		envelope, err := hex.DecodeString(g.Envelope)
		if err != nil {
			t.Fatal(err)
		}
		c = append(c, envelope)
	}
	g, err := c.VerifyTicket(room, host.ID(), bob.ID(), now)
	if err != nil || g.Role != Listener || g.Quota != 1 || !g.NotAfter.Equal(now) {
		t.Errorf("got %+v, %v; want bob as a listener who may bring one", g, err)
	}
	if _, err := c.Verify(room, host.ID(), now.Add(time.Second)); err == nil {
		t.Error("still valid after ann's own invite has ended")
	}
	link, err := ParseLink(file.Link)
	if err != nil || link.Chain.ID() != c[:2].ID() {
		t.Errorf("link: got %+v, %v; want ann's invite", link, err)
	}
}
