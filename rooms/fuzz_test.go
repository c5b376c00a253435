package rooms

import (
	"bytes"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// FuzzCheck reads items as they come from strangers.
func FuzzCheck(f *testing.F) {
	v := newVillage(f, Open, "host", "ann")
	v.must(v.people[0], InviteUp{v.people[1].key.ID()})
	cheated := newVillage(f, InviteOnly, "host")
	known := append(v.people[0].Sync(nil), fraudOf(f, cheated))
	for _, raw := range known {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if i, err := Check(cheated.id, data); err == nil && i.Fraud != nil && !bytes.Equal(data, known[len(known)-1]) {
			t.Errorf("a fraud that nobody committed: %x", data)
		}
		i, err := Check(v.id, data)
		if err != nil {
			return
		}
		for _, raw := range known {
			if bytes.Equal(raw, data) {
				return
			}
		}
		t.Errorf("an item by %v that nobody signed: %x", i.Author(), data)
	})
}

// FuzzOpenGenesis reads a genesis that comes from a stranger.
func FuzzOpenGenesis(f *testing.F) {
	v := newVillage(f, Open, "host")
	f.Add(v.genesis)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := OpenGenesis(b); err == nil && !bytes.Equal(b, v.genesis) {
			t.Errorf("%x is a genesis that nobody signed", b)
		}
	})
}

// again encodes what was understood of signed bytes; reading that gives the same.
func again[T any](t *testing.T, v T) {
	t.Helper()
	b, err := canon.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var same T
	if err := canon.Unmarshal(b, &same); err != nil {
		t.Errorf("%+v does not come in again: %v", v, err)
	}
	if b2, err := canon.Marshal(same); err != nil || !bytes.Equal(b, b2) {
		t.Errorf("%+v comes out as %x, then as %x", v, b, b2)
	}
}

// FuzzSigned reads what a hostile member signs: any bytes, for each purpose. What is
// accepted keeps the bounds, and a room takes it without harm.
func FuzzSigned(f *testing.F) {
	host, ann := keyOf(f, 1), keyOf(f, 2)
	v := newVillage(f, Open, "host", "ann")
	v.must(v.people[0], Grant{ann.ID(), invite.Moderator})
	granted := v.people[0].log.heads
	marshal := func(o any) []byte {
		b, err := canon.Marshal(o)
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	for kind := OpGrant; kind <= OpTakeOver+1; kind++ {
		f.Add(byte(itemOp), marshal(Op{
			Version: Version, Room: v.id, Parents: granted, Kind: kind, Subject: host.ID(), Role: invite.Speaker, Text: "x", Epoch: 1, Invite: Hash{1}, Hand: 1, Setting: StageLocked, On: true, Deed: invite.Chain{{1}},
		}))
	}
	f.Add(byte(itemPresence), marshal(Presence{Version: Version, Room: v.id, Seq: at(0), Name: "Ann", Hand: 1, Accepted: granted[0], Muted: true, Ticket: invite.Chain{{1}}}))
	f.Add(byte(0), marshal(Genesis{Version: Version, Policy: Policy{Kind: Open, Title: "x", Language: "en", Topics: []string{"a"}}}))
	purposes := []identity.Purpose{GenesisPurpose, OpPurpose, PresencePurpose}
	f.Fuzz(func(t *testing.T, kind byte, payload []byte) {
		if len(payload) > maxPresence {
			return
		}
		kind %= 3
		envelope, err := ann.Seal(purposes[kind], payload)
		if err != nil {
			t.Fatal(err)
		}
		if kind == 0 {
			g, _, err := OpenGenesis(envelope)
			if err != nil {
				return
			}
			again(t, g)
			if _, err := New(Config{Key: host, Genesis: envelope, Start: start}); err != nil && g.Policy.Kind == Open {
				t.Errorf("a room that opens cannot be entered: %v", err)
			}
			return
		}
		i, err := Check(v.id, item(kind, envelope))
		if err != nil {
			return
		}
		if i.Op != nil {
			again(t, *i.Op)
		} else {
			again(t, *i.Presence)
		}
		r := newRoomOf(t, v)
		before := r.role(host.ID())
		for _, now := range []time.Duration{0, time.Second, PresenceTTL, PresenceTTL + forgetAfter} {
			r.Step(now, Received{i})
			r.Drain(func(Effect) {})
		}
		if got := r.role(host.ID()); got != before || r.state.banned(host.ID()) {
			t.Errorf("a moderator changed the host's role to %v", got)
		}
		if st, _ := r.state.standing(ann.ID()); st.role > invite.Moderator {
			t.Errorf("ann is %v", st.role)
		}
		r.View()
		r.Sync(r.Heads())
	})
}

// newRoomOf is a fresh node that knows what the host of a village knows.
func newRoomOf(t teller, v *village) *Room {
	t.Helper()
	r, err := New(Config{Key: keyOf(t, 5), Genesis: v.genesis, Start: start})
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range v.people[0].Sync(nil) {
		i, err := Check(v.id, raw)
		if err != nil {
			t.Fatal(err)
		}
		r.Step(0, Received{i})
	}
	r.Drain(func(Effect) {})
	return r
}

// FuzzLog lets bytes decide what hostile people sign and in which order it comes. It
// must amount to what the law says of it.
func FuzzLog(f *testing.F) {
	f.Add([]byte("hostile people sign what they like, and it comes in any order"))
	f.Add(bytes.Repeat([]byte{3, 1, 4, 1, 5, 9, 2, 6}, 40))
	f.Fuzz(func(t *testing.T, script []byte) {
		draw := func(n int) int {
			if len(script) == 0 {
				return 0
			}
			next := int(script[0]) % n
			script = script[1:]
			return next
		}
		ops := randomOps(identity.RoomID{7}, 1+draw(40), draw)
		err := compare(ops, func(ops []Op) []Op {
			ops = append([]Op(nil), ops...)
			for n := range ops {
				m := draw(len(ops))
				ops[n], ops[m] = ops[m], ops[n]
			}
			return ops
		})
		if err != nil {
			t.Error(err)
		}
	})
}
