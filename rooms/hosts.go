package rooms

import (
	"cmp"
	"slices"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// maxTerms is how often a room can change hands: weekly for twenty years. It bounds the
// work that hosts who are hostile together can make.
const maxTerms = 1024

// term is a span in which one person is the host (rule 5). The first begins with the
// genesis; an op that hands hosting over, or takes it over, begins another one.
type term struct {
	host  identity.ID
	owner identity.ID // whose the room is: the host, unless hosting was taken over from them
	by    int         // the op that began it; -1 of the first
	depth int         // terms before it
	next  []int       // those that came of it
	heirs []int       // the host's ops that name a successor, or ban somebody
}

// line is the terms of a room: a tree, of which one way from the first counts.
type line struct {
	terms []term
	way   []int // the terms that count, the first one first
}

func newLine(host identity.ID) line {
	return line{terms: []term{{host: host, owner: host, by: -1}}, way: []int{0}}
}

// latest is the term in force.
func (l *oplog) latest() *term { return &l.line.terms[l.line.way[len(l.line.way)-1]] }

// hosts is who hosts the room now.
func (l *oplog) hosts() identity.ID { return l.latest().host }

// hosted tells whether somebody is or was the host.
func (l *oplog) hosted(who identity.ID) bool {
	return slices.ContainsFunc(l.line.way, func(at int) bool { return l.line.terms[at].host == who })
}

// termAt is the term that is in force in an op's past.
func (l *oplog) termAt(past *bitset) int {
	if len(l.line.terms) == 1 {
		return 0
	}
	way := l.walk(past.has)
	return way[len(way)-1]
}

// walk follows the terms from the first, as far as the given ops tell.
func (l *oplog) walk(known func(at int) bool) (way []int) {
	for at := 0; ; {
		way = append(way, at)
		best := -1
		for _, next := range l.line.terms[at].next {
			if by := l.line.terms[next].by; known(by) && l.inherits(&l.entries[by], known) && (best < 0 || l.sooner(next, best)) {
				best = next
			}
		}
		if best < 0 {
			return way
		}
		at = best
	}
}

// sooner decides between two terms that came of the same one: the owner's act goes
// before the host's, and that before a successor's; then the smaller hash.
func (l *oplog) sooner(a, b int) bool {
	rank := func(t int) int {
		e := &l.entries[l.line.terms[t].by]
		switch {
		case e.op.Author == l.line.terms[e.term].owner:
			return 0
		case e.op.Kind == OpHandOver:
			return 1
		default:
			return 2
		}
	}
	ea, eb := &l.entries[l.line.terms[a].by], &l.entries[l.line.terms[b].by]
	return cmp.Or(cmp.Compare(rank(a), rank(b)), ea.op.Hash.Compare(eb.op.Hash)) < 0
}

// inherits tells whether who takes hosting over by an op may, as far as the given ops
// tell: the owner always; the successor whom the host has named in the op's past, unless
// the host named somebody else or banned them, after or beside that.
func (l *oplog) inherits(e *entry, known func(at int) bool) bool {
	t := &l.line.terms[e.term]
	if e.op.Kind == OpHandOver || e.op.Author == t.owner {
		return true
	}
	return slices.ContainsFunc(t.heirs, func(named int) bool {
		return e.past.has(named) && l.names(t, named, e.op.Author, known)
	})
}

// names tells whether an op of a term makes somebody the successor, and no other of the
// given ops is against that, after or beside it.
func (l *oplog) names(t *term, at int, who identity.ID, known func(at int) bool) bool {
	o := &l.entries[at].op
	return o.Kind == OpSuccessor && o.Subject == who && !slices.ContainsFunc(t.heirs, func(other int) bool {
		p := &l.entries[other].op
		against := p.Kind == OpSuccessor && p.Subject != who || p.Kind == OpBan && p.Subject == who
		return against && known(other) && !l.before(other, at)
	})
}

// found takes in what an op says of who hosts the room, and tells whether that makes
// another way of the terms.
func (l *oplog) found(at int) (turned bool) {
	e := &l.entries[at]
	t := &l.line.terms[e.term]
	switch {
	case e.accedes:
		host, owner := e.op.Subject, t.owner
		switch {
		case e.op.Kind == OpTakeOver:
			host = e.op.Author
		case t.owner == t.host:
			owner = e.op.Subject
		}
		l.line.terms = append(l.line.terms, term{host: host, owner: owner, by: at, depth: t.depth + 1})
		t = &l.line.terms[e.term] // it may have moved
		t.next = append(t.next, len(l.line.terms)-1)
	case e.hosts && (e.op.Kind == OpSuccessor || e.op.Kind == OpBan):
		t.heirs = append(t.heirs, at)
	default:
		return false
	}
	before := l.line.way
	l.line.way = l.walk(func(int) bool { return true })
	return !slices.Equal(before, l.line.way)
}

// place finds out in which term an op that is new in the log was made, and whether it
// is its host's or begins another term, by its past alone.
func (l *oplog) place(e *entry) {
	e.term = l.termAt(&e.past)
	t := &l.line.terms[e.term]
	e.hosts = e.op.Author == t.host
	switch {
	case t.depth+1 >= maxTerms:
	case e.op.Kind == OpHandOver:
		e.accedes = e.hosts && e.op.Subject != t.host
	case e.op.Kind == OpTakeOver:
		e.accedes = e.op.Subject == t.host && !e.hosts && l.inherits(e, e.past.has)
	default: // it changes nothing about hosting
	}
}

// stands tells whether what a host did, or somebody by coming to host, counts: their
// term is on the way, and they had not handed it over beside that.
func (l *oplog) stands(at int) bool {
	e := &l.entries[at]
	if !e.hosts && !e.accedes {
		return true
	}
	depth := l.line.terms[e.term].depth
	if depth >= len(l.line.way) || l.line.way[depth] != e.term {
		return false
	}
	if depth+1 == len(l.line.way) {
		return !e.accedes
	}
	end := l.line.terms[l.line.way[depth+1]].by
	if e.accedes {
		return end == at
	}
	return l.entries[end].op.Kind != OpHandOver || at == end || l.before(at, end)
}

// successor is whom the host has named, if anybody.
func (l *oplog) successor() identity.ID {
	t := l.latest()
	for _, at := range t.heirs {
		if who := l.entries[at].op.Subject; l.names(t, at, who, func(int) bool { return true }) {
			return who
		}
	}
	return identity.ID{}
}

// recount works all out anew that the log amounts to, on another way of the terms.
func (l *oplog) recount() {
	*l.state = *newState(l, l.state.genesis)
	for at := range l.entries {
		e := &l.entries[at]
		e.void, e.epoch = false, 0
		for _, h := range e.op.Parents {
			if before, ok := l.index[h]; ok {
				e.epoch = max(e.epoch, l.entries[before].epoch)
			}
		}
		l.state.take(at)
	}
}
