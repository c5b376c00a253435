package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// parallel is how many peers are probed at once; by somebody who hears
// already, and looks for a second parent, a backup or a better place, careful.
const (
	parallel = 4
	careful  = 2
)

// whomToAsk picks peers to probe: those preferred, the root and the well ranked, and a
// few at random, so that not everybody asks the same ones.
func (t *tree) whomToAsk(now time.Duration, s *seeker) []identity.ID {
	var some []identity.ID
	most := careful
	if s.urgent && !s.backup && !t.other().reaches() {
		most = parallel
	}
	// Those who are shunned are asked too when others were, for long, in vain.
	last := s.urgent && !s.backup && !t.attached() && now >= t.aloneAt+shunFor/4
	add := func(ids ...identity.ID) {
		for _, id := range ids {
			if len(some) == most {
				return
			}
			if !slices.Contains(some, id) && !t.barred(now, s, id, last) {
				some = append(some, id)
			}
		}
	}
	add(s.prefer...)
	if now < t.lease.expires && (!s.backup || len(t.place.Path) > 2) {
		s.root = t.lease.root
		add(s.root)
	}
	pool := t.pool(most == careful)
	add(pool...)
	if s.urgent && len(some) == 0 {
		last = true
		add(append(pool, t.lease.root)...)
	}
	return some
}

// barred tells whether a peer is not to be asked: this one itself, who was asked in this
// round or feeds this peer already, who is dead as far as is known, who is fed from here,
// and, unless they are the last who are left, who is shunned.
func (t *tree) barred(now time.Duration, s *seeker, id identity.ID, last bool) bool {
	if id.IsZero() || id == t.id || s.backup && id == t.parent || slices.Contains(s.tried, id) {
		return true
	}
	if c := t.childAt(id); c >= 0 && !t.children[c].backup {
		return true
	}
	return t.suspected(now, id) || !last && t.shuns(now, id)
}

// pool is whom this peer knows of, in some order: with two trees those first who may feed
// others in this one; and if it has time for that, those who said that they feed others.
func (t *tree) pool(relaysFirst bool) []identity.ID {
	all := make([]identity.ID, 0, len(t.adverts)+len(t.candidates))
	for _, k := range t.adverts {
		all = append(all, k.said.From)
	}
	all = append(all, t.candidates...)
	rows := [][]identity.ID{all}
	if n := len(t.adverts); relaysFirst {
		rows = [][]identity.ID{all[:n], all[n:]}
	}
	for _, row := range rows {
		t.shuffle(row)
		if t.count > 1 {
			t.nativesFirst(row)
		}
	}
	return all
}

// nativesFirst puts those first who may feed others in this tree.
func (t *tree) nativesFirst(ids []identity.ID) {
	slices.SortStableFunc(ids, func(a, b identity.ID) int {
		switch x, y := t.native(a), t.native(b); {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	})
}
