package rooms

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

var updateGolden = flag.Bool("update-golden", false, "write testdata/golden.json anew; only together with a new version of the format")

// golden is one vector for other implementations: what is signed, in CBOR's
// diagnostic notation (RFC 8949 section 8), and the envelope that comes of it. The
// signer is named by the 32 bytes of its Ed25519 seed; the hash is the room's ID or
// the op's name. An item on the wire is the byte "kind" and then the envelope.
type golden struct {
	Name     string `json:"name"`
	Kind     byte   `json:"kind"` // 0 genesis, 1 op, 2 presence, 3 fraud, which is no envelope and nobody signs
	Seed     string `json:"seed"`
	Payload  string `json:"payload"`
	Envelope string `json:"envelope"`
	Hash     string `json:"hash"`
}

// goldenNow makes the vectors from the code as it is.
func goldenNow(t *testing.T) (all []golden) {
	t.Helper()
	host, mod, ann := keyOf(t, 1), keyOf(t, 2), keyOf(t, 3)
	seeds := map[identity.ID]byte{host.ID(): 1, mod.ID(): 2, ann.ID(): 3}
	add := func(name string, kind byte, purpose identity.Purpose, envelope []byte, err error) Hash {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		signer, payload, err := identity.Open(purpose, envelope)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := cbor.Diagnose(payload)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		id := Hash(identity.RoomOf(envelope))
		all = append(all, golden{
			Name: name, Kind: kind, Seed: hex.EncodeToString(bytes.Repeat([]byte{seeds[signer]}, 32)), Payload: text,
			Envelope: hex.EncodeToString(envelope), Hash: hex.EncodeToString(id[:]),
		})
		return id
	}
	envelope, room, err := NewGenesis(host, Genesis{
		Created: 1_800_000_000, Commitment: epoch.Commitment{1, 2, 3}, Nonce: [16]byte{4, 5, 6},
		Policy: Policy{Kind: InviteOnly, Title: "Under the banyan", Language: "en", Topics: []string{"trees"}, Capacity: 50, Stage: 4, Recording: true},
	})
	add("a genesis", 0, GenesisPurpose, envelope, err)
	small, _, err := NewGenesis(host, Genesis{Created: 1_800_000_000, Policy: Policy{Kind: Open, Title: "x"}})
	add("a genesis that says no more than it must", 0, GenesisPurpose, small, err)

	last := Hash(room)
	op := func(name string, key identity.Key, o Op, parents ...Hash) Hash {
		o.Room, o.Parents, o.Time = room, append(parents, last), 1_800_000_000_123+int64(len(all))
		envelope, err := o.sign(key)
		last = add(name, itemOp, OpPurpose, envelope, err)
		return last
	}
	op("the host makes a moderator", host, Op{Kind: OpGrant, Subject: mod.ID(), Role: invite.Moderator})
	grant := op("the moderator invites ann up", mod, Op{Kind: OpGrant, Subject: ann.ID(), Role: invite.Speaker})
	op("ann gives it up", ann, Op{Kind: OpRelinquish})
	op("ann is moved down", mod, Op{Kind: OpRevoke, Subject: ann.ID()})
	op("ann is banned", mod, Op{Kind: OpBan, Subject: ann.ID()})
	op("ann may come back", mod, Op{Kind: OpUnban, Subject: ann.ID()})
	op("a title", mod, Op{Kind: OpTitle, Text: "Über den Wurzeln 🌳"})
	op("an epoch", host, Op{Kind: OpEpoch, Epoch: 1, Commitment: epoch.Commitment{7, 8, 9}})
	op("an invite is taken back", host, Op{Kind: OpRevokeInvite, Invite: Hash{10, 11, 12}})
	op("ann's hand is lowered", mod, Op{Kind: OpLowerHand, Subject: ann.ID(), Hand: 1_800_000_000_000})
	op("the room is closed, after two ops", host, Op{Kind: OpClose}, Hash{})
	op("the stage is locked", mod, Op{Kind: OpSetting, Setting: StageLocked, On: true})
	op("hands may be raised again", mod, Op{Kind: OpSetting, Setting: HandsOff})
	mute := op("ann is muted", mod, Op{Kind: OpMute, Subject: ann.ID()})
	op("ann's microphone is locked", mod, Op{Kind: OpMute, Subject: ann.ID(), On: true})
	op("ann may be heard again", mod, Op{Kind: OpUnmute, Subject: ann.ID()})

	deed, err := invite.Issue(host, nil, invite.Invite{Room: room, Role: invite.Moderator, Invitee: mod.ID(), Quota: invite.MaxQuota})
	if err != nil {
		t.Fatal(err)
	}
	op("the moderator may take the room over", host, Op{Kind: OpSuccessor, Subject: mod.ID(), Deed: deed})
	op("and does", mod, Op{Kind: OpTakeOver, Subject: host.ID()})
	op("the host is back", host, Op{Kind: OpTakeOver, Subject: mod.ID()})
	op("nobody may take over", host, Op{Kind: OpSuccessor})
	op("ann is the host", host, Op{Kind: OpHandOver, Subject: ann.ID()})

	presence := func(name string, key identity.Key, p Presence) {
		p.Room = room
		envelope, err := p.sign(key)
		add(name, itemPresence, PresencePurpose, envelope, err)
	}
	presence("a presence that says no more than it must", host, Presence{Seq: 1_800_000_000_123})
	presence("a raised hand", ann, Presence{Seq: 1_800_000_000_456, Name: "Ann", Hand: 1_800_000_000_400})
	presence("on the stage, muted", ann, Presence{Seq: 1_800_000_000_457, Name: "Ann", Accepted: grant, Muted: true})
	presence("gone", ann, Presence{Seq: 1_800_000_000_458, Name: "Ann", Gone: true})
	ticket, err := invite.Issue(host, nil, invite.Invite{Room: room, Role: invite.Listener, Invitee: ann.ID(), NotAfter: 1_800_003_600})
	if err != nil {
		t.Fatal(err)
	}
	presence("here by a ticket", ann, Presence{Seq: 1_800_000_000_459, Name: "Ann", Ticket: ticket})
	presence("no longer muted", ann, Presence{Seq: 1_800_000_000_460, Name: "Ann", Accepted: grant, Lifted: mute})

	var same []invite.Chain
	for _, to := range []identity.Key{ann, host} {
		again, err := invite.Issue(mod, deed, invite.Invite{Room: room, Role: invite.Listener, Invitee: to.ID(), Serial: 7})
		if err != nil {
			t.Fatal(err)
		}
		same = append(same, again)
	}
	proof, found := invite.FindFraud(same[0], same[1])
	if !found {
		t.Fatal("no fraud")
	}
	raw, err := proof.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	text, err := cbor.Diagnose(raw)
	if err != nil {
		t.Fatal(err)
	}
	return append(all, golden{Name: "the moderator invited two by the same number", Kind: itemFraud, Payload: text, Envelope: hex.EncodeToString(raw)})
}

// TestGolden holds the format still: it is final.
func TestGolden(t *testing.T) {
	const file = "testdata/golden.json"
	got := goldenNow(t)
	if *updateGolden {
		b, err := json.MarshalIndent(got, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(b, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want []golden
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d vectors, want %d", len(got), len(want))
	}
	var room identity.RoomID
	for n, w := range want {
		if got[n] != w {
			t.Errorf("%s: got\n%+v\nwant\n%+v", w.Name, got[n], w)
		}
		envelope, err := hex.DecodeString(w.Envelope)
		if err != nil {
			t.Fatal(err)
		}
		// Read it as a stranger would.
		if w.Kind == 0 {
			g, id, err := OpenGenesis(envelope)
			if err != nil || hex.EncodeToString(id[:]) != w.Hash || g.Host != keyOf(t, 1).ID() {
				t.Errorf("%s: got %+v, %v", w.Name, g, err)
			}
			if n == 0 {
				room = id
			}
			continue
		}
		i, err := Check(room, item(w.Kind, envelope))
		if err != nil {
			t.Errorf("%s: %v", w.Name, err)
			continue
		}
		if f := i.Fraud; (f != nil) != (w.Kind == itemFraud) || f != nil && f.Who != keyOf(t, 2).ID() {
			t.Errorf("%s: got %+v", w.Name, f)
		}
		if hash := i.Op; hash != nil && hex.EncodeToString(hash.Hash[:]) != w.Hash {
			t.Errorf("%s: named %x, want %s", w.Name, hash.Hash, w.Hash)
		}
	}
}

// TestEveryFieldTravels fills all that can be said, so that a field that is forgotten
// on the wire is noticed.
func TestEveryFieldTravels(t *testing.T) {
	key := keyOf(t, 1)
	o := Op{
		Version: Version, Room: identity.RoomID{1}, Parents: []Hash{{2}, {3}}, Time: 4, Kind: 200, Subject: identity.ID{5}, Role: 6,
		Text: "seven", Epoch: 8, Commitment: epoch.Commitment{9}, Invite: Hash{10}, Hand: 11, Setting: 12, On: true, Deed: invite.Chain{{13}, {14, 15}},
	}
	envelope, err := o.sign(key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenOp(envelope)
	o.Author, o.Hash = key.ID(), Hash(identity.RoomOf(envelope))
	if err != nil || !reflect.DeepEqual(got, o) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, o)
	}
	p := Presence{
		Version: Version, Room: identity.RoomID{1}, Seq: 20, Name: "n", Hand: 3, Accepted: Hash{4}, Muted: true, Gone: true,
		Ticket: invite.Chain{{5}, {6, 7}}, Lifted: Hash{8},
	}
	if envelope, err = p.sign(key); err != nil {
		t.Fatal(err)
	}
	same, err := OpenPresence(envelope)
	p.Author = key.ID()
	if err != nil || !reflect.DeepEqual(same, p) {
		t.Errorf("got  %+v, %v\nwant %+v", same, err, p)
	}
}
