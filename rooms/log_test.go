package rooms

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// scribe makes ops that nobody signed, for logs that take them as they are.
type scribe struct {
	room  identity.RoomID
	count uint64
}

// write makes an op after others, or after the genesis.
func (s *scribe) write(author identity.ID, o Op, after ...Item) Item {
	s.count++
	o.Author, o.Room = author, s.room
	o.Hash = sha256.Sum256(binary.BigEndian.AppendUint64(nil, s.count))
	for _, i := range after {
		o.Parents = append(o.Parents, i.Op.Hash)
	}
	if len(after) == 0 {
		o.Parents = []Hash{Hash(s.room)}
	}
	return Item{Op: &o, raw: o.Hash[:]}
}

// must adds items that the log has to take.
func must(t *testing.T, l *oplog, items ...Item) {
	t.Helper()
	for _, i := range items {
		if _, err := l.add(i); err != nil {
			t.Fatalf("%v by %x: %v", i.Op.Kind, i.Op.Author[:1], err)
		}
	}
}

func newScribe() (*scribe, *oplog) {
	s := &scribe{room: identity.RoomID{7}}
	return s, newLog(s.room, Genesis{Host: cast[0], Policy: Policy{Title: "first"}})
}

func promote(who identity.ID) Op { return Op{Kind: OpGrant, Subject: who, Role: invite.Moderator} }

func inviteUp(who identity.ID) Op { return Op{Kind: OpGrant, Subject: who, Role: invite.Speaker} }

func titled(text string) Op { return Op{Kind: OpTitle, Text: text} }

func TestAFloodEndsAtItsAuthorsAccount(t *testing.T) {
	s, l := newScribe()
	host, mod, ann, bob := cast[0], cast[1], cast[2], cast[3]
	grant := s.write(host, promote(mod))
	up := s.write(mod, inviteUp(ann), grant)
	hostUp := s.write(host, inviteUp(bob), up)
	must(t, l, grant, up, hostUp)

	flood := func(author identity.ID, o Op, after Item) (kept int) {
		for range 2 * maxOpsRanked {
			if _, err := l.add(s.write(author, o, after)); err == nil {
				kept++
			} else if !errors.Is(err, errFull) {
				t.Fatal(err)
			}
		}
		return kept
	}
	if got := flood(bob, Op{Kind: OpRelinquish}, hostUp); got != maxOpsOther {
		t.Errorf("%d ops of somebody whom the host invited up were kept, want %d", got, maxOpsOther)
	}
	if got := flood(ann, Op{Kind: OpRelinquish}, up); got != maxOpsOther {
		t.Errorf("%d ops of somebody whom a moderator invited up were kept, want %d", got, maxOpsOther)
	}
	if got, want := flood(mod, titled("x"), up), maxOpsRanked-maxOpsOther-1; got != want {
		t.Errorf("%d more ops of a moderator were kept, want %d", got, want)
	}
	if l.afford([]identity.ID{mod}) || !l.afford([]identity.ID{host}) {
		t.Error("want the moderator's account used up and the host's not")
	}
	must(t, l, s.write(host, Op{Kind: OpRevoke, Subject: mod}, hostUp))
	if got := l.state.title(); got != "first" {
		t.Errorf("the room is called %q after the flooder was removed", got)
	}
}

func TestAFloodCutsNobodyOff(t *testing.T) {
	s, l := newScribe()
	host, mod, other := cast[0], cast[1], cast[2]
	grant := s.write(host, promote(mod))
	grant2 := s.write(host, promote(other), grant)
	must(t, l, grant, grant2)
	for range maxOpsRanked {
		must(t, l, s.write(mod, titled("x"), grant2))
	}
	beyond := s.write(mod, titled("beyond"), grant2)
	again := s.write(mod, titled("again"), beyond)
	for _, i := range []Item{beyond, again} {
		if _, err := l.add(i); err == nil {
			t.Fatal("more ops of the flooder were kept than it has a right to")
		}
	}
	// An honest moderator, at whose node those came first, has built upon them.
	follows := s.write(other, titled("honest"), again)
	added, err := l.add(follows)
	if err != nil || len(added) != 3 || !slices.Equal(added[0].raw, beyond.raw) || !slices.Equal(added[2].raw, follows.raw) {
		t.Errorf("added %d ops, %v; want the two of the flooder and the honest one", len(added), err)
	}
	if got := l.spent[other]; got != 3 {
		t.Errorf("%d ops are on the honest moderator's account, want 3", got)
	}
	// Nobody else pulls anything in.
	last := s.write(mod, titled("last"), grant2)
	_, _ = l.add(last)
	if _, err := l.add(s.write(mod, titled("own"), last)); !errors.Is(err, errFull) {
		t.Errorf("the flooder follows its own op: %v, want %v", err, errFull)
	}
	if _, err := l.add(s.write(cast[4], Op{Kind: OpRelinquish}, last)); !errors.Is(err, errFull) {
		t.Errorf("a stranger follows it: %v, want %v", err, errFull)
	}
}

func TestALogHasAnEnd(t *testing.T) {
	s, l := newScribe()
	last := s.write(cast[0], titled("x"))
	must(t, l, last)
	l.others = maxOps / 2
	grant := s.write(cast[0], promote(cast[1]), last)
	must(t, l, grant)
	if _, err := l.add(s.write(cast[1], titled("x"), grant)); !errors.Is(err, errFull) {
		t.Errorf("a moderator in a full log: %v, want %v", err, errFull)
	}
	must(t, l, s.write(cast[0], titled("y"), grant))
	l.entries = append(l.entries, make([]entry, maxOps)...)
	if _, err := l.add(s.write(cast[0], titled("z"), grant)); !errors.Is(err, errFull) {
		t.Errorf("the host in a log without end: %v, want %v", err, errFull)
	}
}

func TestStrangersLeaveNoTrace(t *testing.T) {
	s, l := newScribe()
	host, mod, ann := cast[0], cast[1], cast[2]
	grant := s.write(host, promote(mod))
	up := s.write(host, inviteUp(ann), grant)
	must(t, l, grant, up)
	tests := []struct {
		name string
		op   Item
	}{
		{"a stranger names the room", s.write(cast[5], titled("x"), up)},
		{"a stranger gives up what it never had", s.write(cast[5], Op{Kind: OpRelinquish}, up)},
		{"a speaker makes a moderator", s.write(ann, promote(cast[5]), up)},
		{"a moderator acts before it was one", s.write(mod, titled("x"))},
		{"a speaker gives up before it was one", s.write(ann, Op{Kind: OpRelinquish}, grant)},
	}
	for _, tt := range tests {
		if _, err := l.add(tt.op); !errors.Is(err, errNobody) {
			t.Errorf("%s: got %v, want %v", tt.name, err, errNobody)
		}
		if _, err := l.add(s.write(host, titled("x"), tt.op)); !errors.Is(err, errWaiting) {
			t.Errorf("%s, and something follows it: got %v, want %v", tt.name, err, errWaiting)
		}
	}
	if got := len(l.entries); got != 2 {
		t.Errorf("%d ops in the log, want 2", got)
	}
}

func TestOpsWaitForTheirParents(t *testing.T) {
	s, l := newScribe()
	first := s.write(cast[0], promote(cast[1]))
	second := s.write(cast[1], titled("second"), first)
	third := s.write(cast[0], titled("third"), first, second)
	for _, i := range []Item{third, second, third} {
		if added, err := l.add(i); !errors.Is(err, errWaiting) || added != nil {
			t.Fatalf("added %d, %v; want it to wait", len(added), err)
		}
	}
	if got := len(l.waiting.items); got != 2 {
		t.Errorf("%d ops wait, want 2", got)
	}
	added, err := l.add(first)
	if err != nil || len(added) != 3 || l.state.title() != "third" {
		t.Errorf("added %d ops, %v, and the room is called %q", len(added), err, l.state.title())
	}
	if len(l.waiting.items)+len(l.waiting.each) != 0 {
		t.Errorf("%d ops still wait", len(l.waiting.items))
	}
	if _, err := l.add(second); !errors.Is(err, errKnown) {
		t.Errorf("again: %v, want %v", err, errKnown)
	}
}

func TestWaitingIsBounded(t *testing.T) {
	s, l := newScribe()
	host, mod := cast[0], cast[1]
	must(t, l, s.write(host, promote(mod)))
	nowhere := func() Item { return s.write(host, titled("never seen")) }
	orphan := func(author identity.ID) Item { return s.write(author, titled("x"), nowhere()) }
	waits := func(i Item) bool { _, ok := l.waiting.items[i.Op.Hash]; return ok }
	stranger := func(n int) identity.ID { return identity.ID{200, byte(n), byte(n >> 8)} }

	for n := range 2 * maxWaitingEach {
		_, _ = l.add(orphan(stranger(0)))
		if want := min(n+1, maxWaitingEach); len(l.waiting.items) != want {
			t.Fatalf("%d ops of one author wait, want %d", len(l.waiting.items), want)
		}
	}
	firstOfMod := orphan(mod)
	_, _ = l.add(firstOfMod)
	for n := range 2 * maxWaiting {
		_, _ = l.add(orphan(stranger(n + 1)))
	}
	if got := len(l.waiting.items); got != maxWaiting {
		t.Errorf("%d ops wait, want %d", got, maxWaiting)
	}
	if !waits(firstOfMod) {
		t.Error("strangers crowded a moderator's op out")
	}
	// When all who wait have a part in the room, strangers come last.
	l.grants = make(map[identity.ID][]int)
	var ranked []Item
	for n := range maxWaiting {
		author := identity.ID{100, byte(n)}
		l.grants[author] = []int{0}
		ranked = append(ranked, orphan(author))
		_, _ = l.add(ranked[n])
	}
	if i := orphan(stranger(1)); !errors.Is(second(l.add(i)), errWaiting) || waits(i) {
		t.Error("a stranger's op crowded a moderator's out")
	}
	if i := orphan(host); !errors.Is(second(l.add(i)), errWaiting) || !waits(i) || waits(ranked[0]) {
		t.Error("the host's op did not take the place of the oldest")
	}
}

func second[A, B any](_ A, b B) B { return b }

func TestParentsRestOnWhatCounts(t *testing.T) {
	s, l := newScribe()
	host, mod, ann := cast[0], cast[1], cast[2]
	grant := s.write(host, promote(mod))
	must(t, l, grant)
	for range 60 {
		must(t, l, s.write(mod, titled("x"), grant))
	}
	own := s.write(host, titled("own"), grant)
	up := s.write(host, inviteUp(ann), grant)
	after := s.write(mod, titled("after"), up)
	must(t, l, own, up, after)
	if got := len(l.heads); got != 62 {
		t.Fatalf("%d heads, want 62", got)
	}
	parents := l.parents(l.index[own.Op.Hash], l.index[up.Op.Hash], l.index[grant.Op.Hash])
	if len(parents) != MaxParents || !slices.IsSortedFunc(parents, Hash.Compare) {
		t.Errorf("%d parents, want %d in rising order", len(parents), MaxParents)
	}
	for name, i := range map[string]Item{"one's own last op": own, "what follows the grant": after} {
		if !slices.Contains(parents, i.Op.Hash) {
			t.Errorf("the next op does not follow %s", name)
		}
	}
	if at, ok := l.last(host); !ok || at != l.index[up.Op.Hash] {
		t.Errorf("the host's last op is at %d, %v; want %d", at, ok, l.index[up.Op.Hash])
	}
	if _, ok := l.last(ann); ok {
		t.Error("ann has a last op")
	}
}

func TestSyncSendsWhatIsMissing(t *testing.T) {
	s, a := newScribe()
	_, b := newScribe()
	last := s.write(cast[0], titled("0"))
	must(t, a, last)
	must(t, b, last)
	for n := range 2000 {
		last = s.write(cast[0], titled(fmt.Sprint(n)), last)
		must(t, a, last)
		if n < 1900 {
			must(t, b, last)
		}
	}
	if got := len(a.since(b.have())); got != 100 {
		t.Errorf("a sends %d ops, want the 100 that b lacks", got)
	}
	if got := len(b.since(a.have())); got > 100 {
		t.Errorf("b sends %d ops that a has, want no more than a is ahead", got)
	}
	// b goes on alone, so that its head means nothing to a.
	must(t, b, s.write(cast[0], titled("b"), Item{Op: &b.entries[len(b.entries)-1].op}))
	if got := len(a.since(b.have())); got < 100 || got > 104 {
		t.Errorf("a sends %d ops, want hardly more than 100", got)
	}
	if got := len(a.since(nil)); got != 2001 {
		t.Errorf("a sends %d ops to somebody new, want all 2001", got)
	}
	if got := len(a.have()); got > MaxHave {
		t.Errorf("%d hashes, want at most %d", got, MaxHave)
	}
}
