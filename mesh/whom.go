package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// parallel is how many peers are probed at once (MESH.md); by somebody who hears
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
	add := func(id identity.ID) {
		barred := id == t.id || id.IsZero() || slices.Contains(some, id) || slices.Contains(s.tried, id)
		if s.backup {
			barred = barred || id == t.parent
		}
		if k := t.find(id); k != nil && now < k.dead || t.shuns(now, id) && !last {
			barred = true
		}
		if c := t.childAt(id); c >= 0 && !t.children[c].backup {
			barred = true
		}
		if !barred && len(some) < most {
			some = append(some, id)
		}
	}
	for _, id := range s.prefer {
		add(id)
	}
	if now < t.lease.expires && (!s.backup || len(t.place.Path) > 2) {
		s.root = t.lease.root
		add(s.root)
	}
	pool := t.pool(most == careful)
	for _, id := range pool {
		add(id)
	}
	if s.urgent && len(some) == 0 {
		last = true
		for _, id := range append(pool, t.lease.root) {
			add(id)
		}
	}
	return some
}

// pool is whom this peer knows of, in some order: with two trees those first who may feed
// others in this one; and if it has time for that, those who said that they feed others.
func (t *tree) pool(relaysFirst bool) []identity.ID {
	all := slices.Clone(t.candidates)
	for _, k := range t.adverts {
		all = append(all, k.id)
	}
	t.shuffle(all)
	relays := make(map[identity.ID]bool, len(t.adverts))
	for _, k := range t.adverts {
		relays[k.id] = true
	}
	var rows [4][]identity.ID // the likely first
	for _, id := range all {
		row := 0
		if relaysFirst && !relays[id] {
			row = 2
		}
		if t.count > 1 {
			row += t.strangeness(id)
		}
		rows[row] = append(rows[row], id)
	}
	return slices.Concat(rows[:]...)
}
