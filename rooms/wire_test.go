package rooms

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// seal signs whatever it is given.
func seal(t teller, purpose identity.Purpose, v any) []byte {
	t.Helper()
	payload, err := canon.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := keyOf(t, 1).Seal(purpose, payload)
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}

func TestCheckRefuses(t *testing.T) {
	v := newVillage(t, Open, "host")
	good := v.people[0].Sync(nil)[0]
	ok := Op{Version: Version, Room: v.id, Parents: []Hash{{1}}, Kind: OpClose}
	who := keyOf(t, 2).ID()
	op := func(change func(*Op)) []byte {
		o := ok
		change(&o)
		return item(itemOp, seal(t, OpPurpose, o))
	}
	presence := func(p Presence) []byte {
		if p.Version == 0 {
			p.Version = Version
		}
		p.Room = v.id
		return item(itemPresence, seal(t, PresencePurpose, p))
	}
	many := make([]Hash, MaxParents+1)
	for n := range many {
		many[n] = Hash{byte(n)}
	}
	tests := []struct {
		name string
		b    []byte
		want error // nil for any
	}{
		{"nothing", nil, ErrMalformed},
		{"an unknown kind", []byte{9, 1, 2}, ErrLater},
		{"a presence as an op", append([]byte{itemOp}, good[1:]...), identity.ErrPurpose},
		{"an op as a presence", append([]byte{itemPresence}, op(func(*Op) {})[1:]...), identity.ErrPurpose},
		{"a cut", good[:len(good)-1], identity.ErrPurpose},
		{"more than a presence has", append(bytes.Clone(good), make([]byte, maxPresence)...), ErrMalformed},
		{"more than an op has", append([]byte{itemOp}, make([]byte, maxOp+maxDeed+1)...), ErrMalformed},
		{"a ban as long as a deed", op(func(o *Op) { o.Kind, o.Subject, o.Deed = OpBan, who, invite.Chain{make([]byte, maxOp)} }), ErrMalformed},
		{"a deed too long", op(func(o *Op) { o.Kind, o.Subject, o.Deed = OpHandOver, who, invite.Chain{make([]byte, maxOp+maxDeed)} }), ErrMalformed},
		{"a room handed to nobody", op(func(o *Op) { o.Kind = OpHandOver }), ErrMalformed},
		{"a room taken over from nobody", op(func(o *Op) { o.Kind = OpTakeOver }), ErrMalformed},
		{"an op of another version", op(func(o *Op) { o.Version = 2 }), canon.VersionError{Met: 2, Want: 1}},
		{"an op about another room", op(func(o *Op) { o.Room = identity.RoomID{1} }), ErrOtherRoom},
		{"an op that follows nothing", op(func(o *Op) { o.Parents = nil }), ErrMalformed},
		{"an op that follows too much", op(func(o *Op) { o.Parents = many }), ErrMalformed},
		{"parents out of order", op(func(o *Op) { o.Parents = []Hash{{2}, {1}} }), ErrMalformed},
		{"a parent twice", op(func(o *Op) { o.Parents = []Hash{{1}, {1}} }), ErrMalformed},
		{"no kind", op(func(o *Op) { o.Kind = 0 }), ErrMalformed},
		{"a grant to nobody", op(func(o *Op) { o.Kind, o.Role = OpGrant, invite.Speaker }), ErrMalformed},
		{"a grant of nothing", op(func(o *Op) { o.Kind, o.Subject = OpGrant, who }), ErrMalformed},
		{"a grant of the host's role", op(func(o *Op) { o.Kind, o.Subject, o.Role = OpGrant, who, invite.Host }), ErrMalformed},
		{"a revocation of nobody's role", op(func(o *Op) { o.Kind = OpRevoke }), ErrMalformed},
		{"a ban of nobody", op(func(o *Op) { o.Kind = OpBan }), ErrMalformed},
		{"an unban of nobody", op(func(o *Op) { o.Kind = OpUnban }), ErrMalformed},
		{"a hand of nobody's", op(func(o *Op) { o.Kind, o.Hand = OpLowerHand, 1 }), ErrMalformed},
		{"no hand", op(func(o *Op) { o.Kind, o.Subject = OpLowerHand, who }), ErrMalformed},
		{"no title", op(func(o *Op) { o.Kind = OpTitle }), ErrMalformed},
		{"a title too long", op(func(o *Op) { o.Kind, o.Text = OpTitle, strings.Repeat("x", MaxTitle+1) }), ErrText},
		{"epoch 0", op(func(o *Op) { o.Kind = OpEpoch }), ErrMalformed},
		{"no invite", op(func(o *Op) { o.Kind = OpRevokeInvite }), ErrMalformed},
		{"a presence of another version", presence(Presence{Version: 7}), canon.VersionError{Met: 7, Want: 1}},
		{"a number too high", presence(Presence{Seq: maxSeq + 1}), ErrMalformed},
		{"a hand from before 1970", presence(Presence{Seq: 1, Hand: -1}), ErrMalformed},
		{"a hand of tomorrow", presence(Presence{Seq: 1, Hand: 2}), ErrMalformed},
		{"a name in two lines", presence(Presence{Name: "a\nb"}), ErrText},
	}
	for _, tt := range tests {
		i, err := Check(v.id, tt.b)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if i.Op != nil || i.Presence != nil || i.raw != nil {
			t.Errorf("%s: refused, and handed out", tt.name)
		}
	}
	for name, b := range map[string][]byte{
		"a presence": good, "an op": op(func(*Op) {}), "no successor": op(func(o *Op) { o.Kind = OpSuccessor }),
		"an op with a deed": op(func(o *Op) { o.Kind, o.Subject, o.Deed = OpHandOver, who, invite.Chain{make([]byte, maxDeed)} }),
	} {
		if i, err := Check(v.id, b); err != nil || i.Author() != keyOf(t, 1).ID() {
			t.Errorf("%s: by %v, %v", name, i.Author(), err)
		}
	}
	if _, err := Check(identity.RoomID{1}, good); !errors.Is(err, ErrOtherRoom) {
		t.Errorf("another room: got %v, want %v", err, ErrOtherRoom)
	}
}

func TestGenesisIsRefused(t *testing.T) {
	host := keyOf(t, 1)
	ok := Policy{Kind: Open, Title: "Tree"}
	tests := []struct {
		name   string
		change func(*Policy)
		want   error
	}{
		{"no kind", func(p *Policy) { p.Kind = 0 }, ErrMalformed},
		{"a kind of a later version", func(p *Policy) { p.Kind = Secret + 1 }, ErrMalformed},
		{"no title", func(p *Policy) { p.Title = "" }, ErrText},
		{"too many topics", func(p *Policy) { p.Topics = make([]string, MaxTopics+1) }, ErrMalformed},
		{"a topic too long", func(p *Policy) { p.Topics = []string{strings.Repeat("x", maxTag+1)} }, ErrText},
		{"a language in two lines", func(p *Policy) { p.Language = "en\n" }, ErrText},
		{"a stage too large", func(p *Policy) { p.Stage = MaxStage + 1 }, ErrMalformed},
	}
	for _, tt := range tests {
		p := ok
		tt.change(&p)
		if b, id, err := NewGenesis(host, Genesis{Policy: p}); !errors.Is(err, tt.want) || b != nil || !id.IsZero() {
			t.Errorf("%s is made: got %v, want %v", tt.name, err, tt.want)
		}
		if g, id, err := OpenGenesis(seal(t, GenesisPurpose, Genesis{Version: Version, Policy: p})); !errors.Is(err, tt.want) || !id.IsZero() || !g.Host.IsZero() {
			t.Errorf("%s is opened: got %v, want %v", tt.name, err, tt.want)
		}
	}
	for name, b := range map[string][]byte{
		"nothing":         nil,
		"another purpose": seal(t, OpPurpose, Genesis{Version: Version, Policy: ok}),
		"another version": seal(t, GenesisPurpose, Genesis{Version: 2, Policy: ok}),
		"too long":        make([]byte, maxGenesis+1),
	} {
		if _, _, err := OpenGenesis(b); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	if _, _, err := NewGenesis(identity.Key{}, Genesis{Policy: ok}); err == nil {
		t.Error("nobody made a room")
	}
	if got := Open.String() + InviteOnly.String() + Secret.String() + Kind(9).String(); got != "openinvitesecretkind 9" {
		t.Errorf("kinds read %q", got)
	}
	if got := (Policy{}).stage(); got != MaxStage {
		t.Errorf("a stage that says nothing holds %d, want %d", got, MaxStage)
	}
}

func TestTexts(t *testing.T) {
	const family = "👩‍👧"
	for _, good := range []string{"", "Ann", "Ann B.", "안나", "آنا", "a\u0301", family, "❤️"} {
		if err := checkText("name", good, MaxName); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"a\nb", "a\x00", "\x1b[31m", "a\u202eb", "a\u2066b", "\u200f", "a\u2028b", "\ufeff", "\xff", " ", "\u3000", "\u200d",
		"\U000e0041", "\ue000", strings.Repeat("é", MaxName/2+1),
	} {
		if err := checkText("name", bad, MaxName); !errors.Is(err, ErrText) {
			t.Errorf("%q: got %v, want %v", bad, err, ErrText)
		}
	}
}
