package rooms

import (
	"fmt"
	"slices"
	"testing"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// chronicle is a log as a busy room writes it: two moderators invite up, move down,
// lower hands, name the room and sometimes ban; now and then both at once.
func chronicle(count int) (identity.RoomID, []Item) {
	s := &scribe{room: identity.RoomID{7}}
	host := cast[0]
	first := s.write(host, promote(cast[1]))
	last := []Item{s.write(host, promote(cast[2]), first)}
	items := []Item{first, last[0]}
	for n := len(items); n < count; n++ {
		who := identity.ID{9, byte(n), byte(n >> 8)}
		o := []Op{
			inviteUp(who),
			{Kind: OpRevoke, Subject: identity.ID{9, byte(n - 1), byte((n - 1) >> 8)}},
			{Kind: OpLowerHand, Subject: who, Hand: int64(n)},
			titled(fmt.Sprint(n)),
			{Kind: OpBan, Subject: who},
		}[n%5]
		author := host // whose account has no end
		if n < maxOpsRanked {
			author = cast[1+n%2]
		}
		next := s.write(author, o, last...)
		if items = append(items, next); n%10 == 0 {
			last = append(last[:1:1], next)
		} else {
			last = []Item{next}
		}
	}
	return s.room, items
}

// BenchmarkLoad adds verified ops to an empty log, one by one, as on start.
func BenchmarkLoad(b *testing.B) {
	for _, count := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("ops=%d", count), func(b *testing.B) {
			room, items := chronicle(count)
			b.ReportAllocs()
			for b.Loop() {
				l := newLog(room, Genesis{Host: cast[0]})
				for _, i := range items {
					if _, err := l.add(i); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkFlood adds what one hostile moderator may at most, all concurrent and about
// one thing, and then removes it.
func BenchmarkFlood(b *testing.B) {
	s, _ := newScribe()
	grant := s.write(cast[0], promote(cast[1]))
	items := []Item{grant}
	for range maxOpsRanked {
		items = append(items, s.write(cast[1], titled("x"), grant))
	}
	items = append(items, s.write(cast[0], Op{Kind: OpRevoke, Subject: cast[1]}, grant))
	for b.Loop() {
		_, l := newScribe()
		for _, i := range items {
			if _, err := l.add(i); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkTurns is the worst that a former host can do to a room with a long log: hand
// it over again and again beside having handed it over, in the order of which each goes
// before the last, so that all is worked out anew each time.
func BenchmarkTurns(b *testing.B) {
	room, items := chronicle(10_000)
	s := &scribe{room: room, count: uint64(len(items))}
	var turns []Item
	for n := range 20 {
		turns = append(turns, s.write(cast[0], Op{Kind: OpHandOver, Subject: cast[3+n%2]}, items[0]))
	}
	slices.SortFunc(turns, func(x, y Item) int { return y.Op.Hash.Compare(x.Op.Hash) })
	for b.Loop() {
		b.StopTimer()
		l := newLog(room, Genesis{Host: cast[0]})
		for _, i := range items {
			if _, err := l.add(i); err != nil {
				b.Fatal(err)
			}
		}
		clear(l.spent) // as if others had written it
		b.StartTimer()
		for _, i := range turns {
			if _, err := l.add(i); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*len(turns)), "ms/turn")
}

// BenchmarkCheck verifies one op.
func BenchmarkCheck(b *testing.B) {
	v := newVillage(b, Open, "host", "ann")
	v.must(v.people[0], InviteUp{v.people[1].key.ID()})
	raw := v.people[0].Sync(nil)[0]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Check(v.id, raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkView is what people see of a full room.
func BenchmarkView(b *testing.B) {
	r, _ := crowded(b)
	b.ReportAllocs()
	for b.Loop() {
		r.View()
	}
}

// BenchmarkHear takes in the renewal of one presence in a full room.
func BenchmarkHear(b *testing.B) {
	r, id := crowded(b)
	p := r.people[id].Presence
	b.ReportAllocs()
	for b.Loop() {
		next := p
		next.Seq = r.people[id].Seq + 1
		r.Step(0, Received{Item{Presence: &next, raw: []byte{itemPresence}}})
		r.Drain(func(Effect) {})
	}
}

// crowded is a room with as many people as it remembers, and one of them.
func crowded(b *testing.B) (*Room, identity.ID) {
	b.Helper()
	v := newVillage(b, Open, "host")
	r := v.people[0].Room
	var id identity.ID
	for n := range maxPeople {
		id = identity.ID{9, byte(n), byte(n >> 8)}
		r.people[id] = &person{
			Presence: Presence{Room: v.id, Author: id, Seq: at(0), Name: fmt.Sprint("listener ", n)}, raw: []byte{itemPresence},
			right: invite.Grant{Role: invite.Listener}, expires: PresenceTTL,
		}
	}
	return r, id
}
