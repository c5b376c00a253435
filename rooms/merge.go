package rooms

import (
	"cmp"
	"slices"

	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// state is what a log amounts to: a pure function of the set of its ops.
type state struct {
	people     map[identity.ID]standing
	lowered    map[identity.ID]int64 // hands raised until then are down, Unix milliseconds
	revoked    map[Hash]bool         // invites
	title      string
	epoch      uint32
	commitment epoch.Commitment
	closed     bool
}

// standing is what the log says about one person.
type standing struct {
	role   invite.Role
	by     Hash // the op that says so
	banned bool
}

// How senior authors are, the lower the more.
const (
	byHost = iota
	byModerator
	bySelf
)

// merger works a log out, in the order of seniority: the host's ops always count, so
// who was moderator when is settled first; then the moderators' ops are.
type merger struct {
	*oplog
	about map[identity.ID][]int // role ops by whom they are about
	valid []bool
}

// merge works out the state.
func (l *oplog) merge(g Genesis) state {
	m := merger{oplog: l, about: make(map[identity.ID][]int), valid: make([]bool, len(l.entries))}
	for at := range l.entries {
		o := &l.entries[at].op
		switch o.Kind {
		case OpGrant, OpRevoke, OpBan, OpUnban:
			m.about[o.Subject] = append(m.about[o.Subject], at)
		case OpRelinquish:
			m.about[o.Author] = append(m.about[o.Author], at)
		default: // not about a role
		}
		m.valid[at] = o.Author == l.host && o.Subject != l.host && o.Kind != OpRelinquish
	}
	for at := range l.entries {
		o := &l.entries[at].op
		m.valid[at] = m.valid[at] || o.Author != l.host && (o.Kind == OpRelinquish || m.moderated(at))
	}
	return m.state(g)
}

// moderated tells whether the op at a place is a moderator's and within a
// moderator's rights. It looks at the host's ops and at what people gave up only.
func (m merger) moderated(at int) bool {
	o := &m.entries[at].op
	if o.Kind == OpGrant && o.Role != invite.Speaker || o.Subject == m.host {
		return false
	}
	if m.roleBefore(o.Author, at) != invite.Moderator || m.strippedBeside(o.Author, at) {
		return false
	}
	return o.Subject.IsZero() || m.roleBefore(o.Subject, at) != invite.Moderator
}

// roleBefore is the role that the host's ops and the person's own give in the past
// of the op at a place.
func (m merger) roleBefore(who identity.ID, at int) invite.Role {
	role, _ := m.standing(m.about[who], func(i int) bool {
		author := m.entries[i].op.Author
		return m.before(i, at) && (author == m.host || author == who)
	})
	return role.role
}

// strippedBeside tells whether the host took something from somebody concurrently
// with the op at a place.
func (m merger) strippedBeside(who identity.ID, at int) bool {
	return slices.ContainsFunc(m.about[who], func(i int) bool {
		o := &m.entries[i].op
		demotes := o.Kind == OpRevoke || o.Kind == OpBan || o.Kind == OpGrant && o.Role < invite.Moderator
		return o.Author == m.host && demotes && !m.before(i, at) && !m.before(at, i)
	})
}

// standing is what those role ops say that count.
func (m merger) standing(ops []int, counts func(int) bool) (standing, bool) {
	at, ok := m.latest(ops, counts)
	if !ok {
		return standing{role: invite.Listener}, false
	}
	o := &m.entries[at].op
	s := standing{role: invite.Listener, by: o.Hash, banned: o.Kind == OpBan}
	if o.Kind == OpGrant {
		s.role = o.Role
	}
	return s, true
}

// latest picks the op that wins: of those that count and that no other of them
// follows, the senior author's, then taking before giving, then the smaller hash.
func (m merger) latest(ops []int, counts func(int) bool) (int, bool) {
	var last []int
	for _, at := range ops {
		if counts(at) {
			last = append(last, at)
		}
	}
	heads := slices.DeleteFunc(slices.Clone(last), func(at int) bool {
		return slices.ContainsFunc(last, func(other int) bool { return m.before(at, other) })
	})
	if len(heads) == 0 {
		return 0, false
	}
	return slices.MinFunc(heads, func(a, b int) int {
		oa, ob := &m.entries[a].op, &m.entries[b].op
		return cmp.Or(
			cmp.Compare(m.seniority(oa), m.seniority(ob)),
			cmp.Compare(gives(oa), gives(ob)),
			oa.Hash.Compare(ob.Hash),
		)
	}), true
}

func (m merger) seniority(o *Op) int {
	switch {
	case o.Author == m.host:
		return byHost
	case o.Kind == OpRelinquish:
		return bySelf
	default:
		return byModerator
	}
}

// gives is 0 for an op that takes and 1 for one that gives.
func gives(o *Op) int {
	if o.Kind == OpGrant || o.Kind == OpUnban {
		return 1
	}
	return 0
}

// state sums up the valid ops.
func (m merger) state(g Genesis) state {
	s := state{
		people: make(map[identity.ID]standing), lowered: make(map[identity.ID]int64), revoked: make(map[Hash]bool),
		title: g.Policy.Title, commitment: g.Commitment,
	}
	isValid := func(at int) bool { return m.valid[at] }
	for who, ops := range m.about {
		if st, ok := m.standing(ops, isValid); ok {
			s.people[who] = st
		}
	}
	var titles, epochs []int
	for at := range m.entries {
		if !m.valid[at] {
			continue
		}
		o := &m.entries[at].op
		switch o.Kind {
		case OpTitle:
			titles = append(titles, at)
		case OpEpoch:
			epochs = append(epochs, at)
			s.epoch = max(s.epoch, o.Epoch)
		case OpRevokeInvite:
			s.revoked[o.Invite] = true
		case OpLowerHand:
			s.lowered[o.Subject] = max(s.lowered[o.Subject], o.Time)
		case OpClose:
			s.closed = true
		case OpGrant, OpRevoke, OpRelinquish, OpBan, OpUnban: // counted above
		}
	}
	if at, ok := m.latest(titles, isValid); ok {
		s.title = m.entries[at].op.Text
	}
	if at, ok := m.latest(epochs, func(at int) bool { return m.entries[at].op.Epoch == s.epoch }); ok {
		s.commitment = m.entries[at].op.Commitment
	}
	return s
}
