package rooms

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// law is rules 5 to 9 and 11 written down as they read, over a whole set of ops: slow,
// and a check on the log, which counts op by op.
type law struct {
	host identity.ID
	kept []Op // each after its parents
	past map[Hash]map[Hash]bool
	made map[Hash]reign // in which each was made
}

// reign is who hosts the room, and since which op.
type reign struct {
	host, owner identity.ID
	by          Hash
}

// reigns are those that count of what some ops tell.
func (w *law) reigns(known map[Hash]bool) []reign {
	all := []reign{{w.host, w.host, Hash{}}}
	for {
		now := all[len(all)-1]
		var heirs []Op
		for _, o := range w.kept {
			if known[o.Hash] && w.made[o.Hash] == now && w.inherits(o, now, known) {
				heirs = append(heirs, o)
			}
		}
		if len(heirs) == 0 {
			return all
		}
		o := slices.MinFunc(heirs, func(a, b Op) int {
			first := func(o Op) int {
				switch {
				case o.Author == now.owner:
					return 0
				case o.Kind == OpHandOver:
					return 1
				}
				return 2
			}
			return cmp.Or(first(a)-first(b), a.Hash.Compare(b.Hash))
		})
		next := reign{o.Author, now.owner, o.Hash}
		if o.Kind == OpHandOver {
			next.host = o.Subject
			if now.host == now.owner {
				next.owner = o.Subject
			}
		}
		all = append(all, next)
	}
}

// inherits tells whether an op of a reign ends it.
func (w *law) inherits(o Op, now reign, known map[Hash]bool) bool {
	switch {
	case o.Kind == OpHandOver:
		return o.Author == now.host && o.Subject != now.host
	case o.Kind != OpTakeOver || o.Subject != now.host || o.Author == now.host:
		return false
	case o.Author == now.owner:
		return true
	}
	for _, n := range w.kept {
		if n.Kind != OpSuccessor || n.Author != now.host || n.Subject != o.Author || !w.past[o.Hash][n.Hash] || w.made[n.Hash] != now {
			continue
		}
		against := func(p Op) bool {
			return known[p.Hash] && w.made[p.Hash] == now && p.Author == now.host && !w.past[n.Hash][p.Hash] &&
				(p.Kind == OpSuccessor && p.Subject != o.Author || p.Kind == OpBan && p.Subject == o.Author)
		}
		if !slices.ContainsFunc(w.kept, against) {
			return true
		}
	}
	return false
}

// hosts tells whether an op's author was the host.
func (w *law) hosts(o Op) bool { return w.made[o.Hash].host == o.Author }

// accedes tells whether an op begins a reign by what came before it.
func (w *law) accedes(o Op) bool { return w.inherits(o, w.made[o.Hash], w.past[o.Hash]) }

// senior tells whether an op is a host's, or of one who became it by that.
func (w *law) senior(o Op) bool { return w.hosts(o) || w.accedes(o) }

// stands tells whether what a host did counts in the end.
func (w *law) stands(o Op) bool {
	everything := make(map[Hash]bool)
	for _, k := range w.kept {
		everything[k.Hash] = true
	}
	all := w.reigns(everything)
	at := slices.Index(all, w.made[o.Hash])
	switch {
	case at < 0:
		return false
	case at == len(all)-1:
		return !w.accedes(o)
	case w.accedes(o):
		return all[at+1].by == o.Hash
	}
	end := slices.IndexFunc(w.kept, func(k Op) bool { return k.Hash == all[at+1].by })
	return w.kept[end].Kind != OpHandOver || w.past[all[at+1].by][o.Hash]
}

func lawOf(room identity.RoomID, host identity.ID, ops []Op) *law {
	w := &law{host: host, past: map[Hash]map[Hash]bool{Hash(room): {}}, made: make(map[Hash]reign)}
	for again := true; again; {
		again = false
		for _, o := range ops {
			if w.past[o.Hash] == nil && !slices.ContainsFunc(o.Parents, func(h Hash) bool { return w.past[h] == nil }) {
				past := make(map[Hash]bool)
				for _, h := range o.Parents {
					maps.Copy(past, w.past[h])
					past[h] = true
				}
				all := w.reigns(past)
				w.past[o.Hash], w.made[o.Hash] = past, all[len(all)-1]
				if w.keeps(o, past) {
					again = true
					w.kept = append(w.kept, o)
				} else {
					delete(w.past, o.Hash)
				}
			}
		}
	}
	return w
}

func (w *law) keeps(o Op, past map[Hash]bool) bool {
	given := func(g Op) bool {
		return past[g.Hash] && (g.Kind == OpGrant || g.Kind == OpHandOver || g.Kind == OpTakeOver) && aboutRole(g, o.Author)
	}
	return w.senior(o) ||
		o.Kind == OpRelinquish && slices.ContainsFunc(w.kept, given) ||
		slices.ContainsFunc(w.kept, func(g Op) bool { return given(g) && w.senior(g) && roleOf(g) == invite.Moderator })
}

// latest is the op that wins (rule 6) among those that are wanted.
func (w *law) latest(want func(Op) bool) (Op, bool) {
	var heads []Op
	for _, o := range w.kept {
		over := func(later Op) bool { return want(later) && w.past[later.Hash][o.Hash] }
		if want(o) && !slices.ContainsFunc(w.kept, over) {
			heads = append(heads, o)
		}
	}
	if len(heads) == 0 {
		return Op{}, false
	}
	senior := func(o Op) int {
		switch {
		case w.senior(o) && o.Author == w.made[o.Hash].owner:
			return 0
		case w.senior(o):
			return 1
		case o.Kind == OpRelinquish:
			return 3
		}
		return 2
	}
	number := func(o Op) int {
		if o.Kind == OpEpoch {
			return -int(o.Epoch)
		}
		return 0
	}
	takes := func(o Op) int {
		if o.Kind == OpGrant || o.Kind == OpHandOver || o.Kind == OpTakeOver || o.Kind == OpUnban || o.Kind == OpUnmute || o.Kind == OpSetting && !o.On {
			return 1
		}
		return 0
	}
	return slices.MinFunc(heads, func(a, b Op) int {
		return cmp.Or(number(a)-number(b), senior(a)-senior(b), takes(a)-takes(b), a.Hash.Compare(b.Hash))
	}), true
}

func aboutRole(o Op, who identity.ID) bool {
	switch o.Kind {
	case OpGrant, OpRevoke, OpBan, OpUnban:
		return o.Subject == who
	case OpTakeOver: // about who was the host
		return o.Subject == who
	case OpRelinquish, OpHandOver:
		return o.Author == who
	default:
		return false
	}
}

// roleOf is what an op about somebody's role makes of them.
func roleOf(o Op) invite.Role {
	switch o.Kind {
	case OpGrant:
		return o.Role
	case OpHandOver, OpTakeOver:
		return invite.Moderator
	default:
		return invite.Listener
	}
}

// moderates tells whether somebody was a moderator before an op.
func (w *law) moderates(who identity.ID, before Op) bool {
	o, ok := w.latest(func(o Op) bool {
		own := o.Kind == OpRelinquish && o.Author == who
		return w.past[before.Hash][o.Hash] && aboutRole(o, who) && (own && !w.hosts(o) || w.senior(o) && w.rightful(o))
	})
	return ok && roleOf(o) == invite.Moderator
}

func (w *law) rightful(o Op) bool {
	if o.Kind == OpEpoch {
		var highest uint32
		for _, e := range w.kept {
			if e.Kind == OpEpoch && w.past[o.Hash][e.Hash] && w.rightful(e) {
				highest = max(highest, e.Epoch)
			}
		}
		if o.Epoch != highest+1 {
			return false
		}
	}
	now := w.made[o.Hash]
	safe := o.Subject == now.host || o.Subject == now.owner
	switch {
	case w.accedes(o):
		return w.stands(o)
	case o.Kind == OpHandOver || o.Kind == OpTakeOver:
		return false
	case w.hosts(o):
		return o.Kind != OpRelinquish && !safe && w.stands(o)
	case o.Kind == OpRelinquish:
		return true
	case o.Kind == OpSuccessor || o.Kind == OpGrant && o.Role != invite.Speaker:
		return false
	}
	return !safe && w.moderates(o.Author, o) && !w.moderates(o.Subject, o)
}

func (w *law) counts(o Op) bool {
	overrules := func(h Op) bool {
		if !w.senior(h) || !w.rightful(h) || w.past[h.Hash][o.Hash] || w.past[o.Hash][h.Hash] {
			return false
		}
		raises := roleOf(h) == invite.Moderator
		return aboutRole(h, o.Author) && !raises || aboutRole(h, o.Subject) && raises
	}
	junior := !w.senior(o) && o.Kind != OpRelinquish
	return w.rightful(o) && !(junior && slices.ContainsFunc(w.kept, overrules))
}

// sum describes all that the law says.
func (w *law) sum(people []identity.ID) string {
	var b strings.Builder
	everything := make(map[Hash]bool)
	for _, o := range w.kept {
		everything[o.Hash] = true
	}
	all := w.reigns(everything)
	fmt.Fprintf(&b, "hosted by %v for %v, term %d\n", all[len(all)-1].host[0], all[len(all)-1].owner[0], len(all))
	if o, ok := w.latest(func(o Op) bool { return o.Kind == OpTitle && w.counts(o) }); ok {
		fmt.Fprintf(&b, "title %s\n", o.Text)
	}
	if o, ok := w.latest(func(o Op) bool { return o.Kind == OpEpoch && w.counts(o) }); ok {
		fmt.Fprintf(&b, "epoch %d %x\n", o.Epoch, o.Commitment[:2])
	}
	for n, who := range people {
		o, ok := w.latest(func(o Op) bool { return aboutRole(o, who) && w.counts(o) })
		ban, known := w.latest(func(o Op) bool {
			return (o.Kind == OpBan || o.Kind == OpUnban) && o.Subject == who && w.counts(o)
		})
		role := roleOf(o)
		fmt.Fprintf(&b, "person %d: %v %v by %x banned %v\n", n, ok, role, o.Hash[:2], known && ban.Kind == OpBan)
		mute, known := w.latest(func(o Op) bool {
			return (o.Kind == OpMute || o.Kind == OpUnmute) && o.Subject == who && w.counts(o)
		})
		fmt.Fprintf(&b, "person %d: muted %v, locked %v\n", n, known && mute.Kind == OpMute, mute.Kind == OpMute && mute.On)
	}
	for what := StageLocked; what <= HandsOff+1; what++ {
		o, _ := w.latest(func(o Op) bool { return o.Kind == OpSetting && o.Setting == what && w.counts(o) })
		fmt.Fprintf(&b, "setting %d: %v\n", what, o.On)
	}
	for _, o := range w.kept {
		if w.counts(o) && (o.Kind == OpClose || o.Kind == OpRevokeInvite || o.Kind == OpLowerHand) {
			fmt.Fprintf(&b, "%v %x %d\n", o.Kind, o.Invite[:1], o.Hand)
		}
	}
	return sorted(b.String())
}

// sum describes the same of a log.
func (s *state) sum(people []identity.ID) string {
	var b strings.Builder
	fmt.Fprintf(&b, "hosted by %v for %v, term %d\n", s.latest().host[0], s.latest().owner[0], len(s.line.way))
	if len(s.titles.heads) > 0 {
		fmt.Fprintf(&b, "title %s\n", s.title())
	}
	if n, c := s.current(); n > 0 {
		fmt.Fprintf(&b, "epoch %d %x\n", n, c[:2])
	}
	for n, who := range people {
		st, ok := s.standing(who)
		fmt.Fprintf(&b, "person %d: %v %v by %x banned %v\n", n, ok, st.role, st.by[:2], s.banned(who))
		mute, muted := s.muted(who)
		fmt.Fprintf(&b, "person %d: muted %v, locked %v\n", n, muted, muted && mute.On)
	}
	for what := StageLocked; what <= HandsOff+1; what++ {
		_, on := s.isOn(what)
		fmt.Fprintf(&b, "setting %d: %v\n", what, on)
	}
	for _, e := range s.entries {
		o := &e.op
		counts := o.Kind == OpClose && s.closed() && !e.void || o.Kind == OpRevokeInvite && s.isRevoked(o.Invite) && !e.void ||
			o.Kind == OpLowerHand && s.isLowered(hand{o.Subject, o.Hand}) && !e.void
		if counts {
			fmt.Fprintf(&b, "%v %x %d\n", o.Kind, o.Invite[:1], o.Hand)
		}
	}
	return sorted(b.String())
}

func sorted(s string) string {
	lines := strings.Split(s, "\n")
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "\n")
}

// cast is who acts in random logs: the host, two whom the host likes to make
// moderators, and three whom nobody should.
var cast = []identity.ID{{1}, {2}, {3}, {4}, {5}, {6}}

// randomOps are ops of honest and hostile people, who claim to have seen whatever they
// like: an op may follow any that came before. draw gives a number below n.
func randomOps(room identity.RoomID, count int, draw func(n int) int) []Op {
	seen := newLog(room, Genesis{Host: cast[0]})
	known := []Hash{Hash(room)}
	ops := make([]Op, 0, count)
	for n := range count {
		author := cast[[]int{0, 1, 1, 1, 2, 2, 3, draw(len(cast))}[draw(8)]]
		o := Op{Room: room, Author: author, Kind: OpKind(1 + draw(17)), Subject: cast[draw(len(cast))], Text: fmt.Sprint(n)}
		if n < 2 {
			o.Author, o.Kind = cast[0], OpGrant
		}
		if n > 2 && draw(6) == 0 { // whoever hosts the room, or is to
			reigns := seen.line.terms
			now := reigns[len(reigns)-1-draw(min(3, len(reigns)))]
			o.Author, o.Kind, o.Subject = now.host, []OpKind{OpSuccessor, OpSuccessor, OpHandOver, OpBan}[draw(4)], cast[draw(len(cast))]
			if draw(3) == 0 {
				o.Author, o.Kind, o.Subject = cast[draw(len(cast))], OpTakeOver, now.host
			}
			if heir := seen.successor(); draw(2) == 0 && !heir.IsZero() {
				o.Author, o.Kind, o.Subject = heir, OpTakeOver, seen.hosts()
			}
		}
		switch o.Kind { //nolint:exhaustive // the others need no more
		case OpGrant:
			o.Role = invite.Role(2 + draw(2))
			if o.Author == cast[0] && draw(4) > 0 {
				o.Subject, o.Role = cast[1+draw(2)], invite.Moderator
			}
		case OpEpoch:
			o.Subject, o.Epoch, o.Commitment = identity.ID{}, seen.entries[len(seen.entries)-1].epoch+uint32(draw(3)), epoch.Commitment{byte(n)}
		case OpTitle, OpClose, OpRelinquish:
			o.Subject = identity.ID{}
		case OpRevokeInvite:
			o.Subject, o.Invite = identity.ID{}, Hash{byte(1 + draw(3))}
		case OpLowerHand:
			o.Hand = int64(1 + draw(3))
		case OpMute:
			o.On = draw(2) > 0
		case OpSetting:
			o.Subject, o.Setting, o.On = identity.ID{}, Setting(1+draw(3)), draw(2) > 0
		}
		for range 1 + draw(3) {
			at := len(known) - 1 - min(draw(4), len(known)-1) // mostly the last ones
			if draw(4) == 0 {
				at = draw(len(known))
			}
			if h := known[at]; !slices.Contains(o.Parents, h) {
				o.Parents = append(o.Parents, h)
			}
		}
		slices.SortFunc(o.Parents, Hash.Compare)
		o.Hash = sha256.Sum256(binary.BigEndian.AppendUint32(nil, uint32(n)))
		ops = append(ops, o)
		if _, err := seen.add(Item{Op: &o, raw: o.Hash[:]}); err == nil || draw(50) == 0 {
			known = append(known, o.Hash)
		}
	}
	return ops
}

// deliver gives ops to a fresh log, some of them twice.
func deliver(room identity.RoomID, ops []Op) *oplog {
	l := newLog(room, Genesis{Host: cast[0], Policy: Policy{Title: "first"}})
	for n, o := range ops {
		_, _ = l.add(Item{Op: &o, raw: o.Hash[:]})
		if n%3 == 0 {
			_, _ = l.add(Item{Op: &ops[n/2], raw: ops[n/2].Hash[:]})
		}
	}
	return l
}

// compare checks one set of ops against the law, in several orders.
func compare(ops []Op, shuffle func([]Op) []Op) error {
	room := identity.RoomID{7}
	w := lawOf(room, cast[0], ops)
	want := w.sum(cast)
	for range 3 {
		l := deliver(room, ops)
		if got := l.state.sum(cast); got != want || len(l.entries) != len(w.kept) {
			return fmt.Errorf("%d ops amount to\n%s\nwant %d\n%s", len(l.entries), got, len(w.kept), want)
		}
		ops = shuffle(ops)
	}
	return nil
}

func TestLogsFollowTheLaw(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "draw") }
		ops := randomOps(identity.RoomID{7}, 1+draw(30), draw)
		if err := compare(ops, func(ops []Op) []Op { return rapid.Permutation(ops).Draw(rt, "order") }); err != nil {
			rt.Error(err)
		}
	})
}

// TestThousandsOfLogsFollowTheLaw is the same for larger logs, without shrinking.
func TestThousandsOfLogsFollowTheLaw(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 0))
		ops := randomOps(identity.RoomID{7}, 5+r.IntN(50), r.IntN)
		shuffle := func(ops []Op) []Op {
			ops = slices.Clone(ops)
			r.Shuffle(len(ops), func(i, j int) { ops[i], ops[j] = ops[j], ops[i] })
			return ops
		}
		if err := compare(ops, shuffle); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// TestNobodyGainsWhatTheHostDidNotGive looks at the same logs from the other end.
func TestNobodyGainsWhatTheHostDidNotGive(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		ops := randomOps(identity.RoomID{7}, 40, r.IntN)
		l := deliver(identity.RoomID{7}, ops)
		trusted := map[identity.ID]bool{cast[0]: true} // by the host, or by whom the host trusted with the room
		for range cast {
			for _, o := range ops {
				if trusted[o.Author] && (o.Kind == OpHandOver || o.Kind == OpSuccessor) {
					trusted[o.Subject] = true
				}
			}
		}
		if who := l.hosts(); !trusted[who] {
			t.Errorf("seed %d: the room is %x's, to whom nobody handed it", seed, who[:1])
		}
		for n, who := range cast {
			gave := trusted[who] || slices.ContainsFunc(ops, func(o Op) bool {
				return trusted[o.Author] && o.Subject == who && o.makesModerator()
			})
			if st, _ := l.state.standing(who); st.role > invite.Speaker && !gave {
				t.Errorf("seed %d: person %d is %v", seed, n, st.role)
			}
			for at := range l.entries {
				e := &l.entries[at]
				if e.op.Author == who && n > 0 && !gave && !e.void && e.op.Kind != OpRelinquish {
					t.Errorf("seed %d: %v by person %d counts, who was never a moderator", seed, e.op.Kind, n)
				}
			}
		}
	}
}
