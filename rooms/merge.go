package rooms

import (
	"cmp"
	"slices"

	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// state is what a log amounts to: a function of the set of its ops (rules 5 to 7),
// kept up to date op by op.
//
// It rests on three things. Whether an op's author had the right to it depends on the
// op's past alone, which never changes. What a junior did is made void by an op of
// the host beside it, and stays void, because ops are never taken away. And only the
// host's ops and what people give up themselves decide who is a moderator, so there is
// no chain of authority to follow.
type state struct {
	*oplog
	genesis Genesis

	decided map[identity.ID][]int // the hosts' ops about somebody's role, and what they gave up themselves
	acts    map[identity.ID][]int // what somebody did as a moderator
	upon    map[identity.ID][]int // what moderators did about somebody

	roles, bans map[identity.ID]*register
	mutes       map[identity.ID]*register
	settings    map[Setting]*register
	titles      register
	epochs      register
	lowered     map[hand][]int
	revoked     map[Hash][]int
	closing     []int
	removals    []int // after which those who stay need another secret
}

// hand names one raised hand.
type hand struct {
	who    identity.ID
	raised int64
}

// register is the ops that decide about one thing, of which the latest count.
type register struct {
	all   []int // in the log's order
	heads []int // those of them that count and that no other of those follows
}

// standing is what the log says about one person.
type standing struct {
	role invite.Role
	by   Hash // the op that says so
	at   int  // its place in the log
}

func newState(l *oplog, g Genesis) *state {
	return &state{
		oplog: l, genesis: g,
		decided: make(map[identity.ID][]int), acts: make(map[identity.ID][]int), upon: make(map[identity.ID][]int),
		roles: make(map[identity.ID]*register), bans: make(map[identity.ID]*register),
		mutes: make(map[identity.ID]*register), settings: make(map[Setting]*register),
		lowered: make(map[hand][]int), revoked: make(map[Hash][]int),
	}
}

// take counts the op that is last in the log.
func (s *state) take(at int) {
	e := &s.entries[at]
	o := &e.op
	rightful := s.rightful(at)
	if o.Kind == OpEpoch && rightful {
		e.epoch = o.Epoch // also if it is overruled, so that those after it stay in order
	}
	e.void = !rightful || s.overruled(at)
	if e.void {
		return
	}
	s.file(at)
	who, aboutRole := o.role()
	switch {
	case s.senior(at) && aboutRole:
		s.decided[who] = append(s.decided[who], at)
		s.overrule(at, who)
	case o.Kind == OpRelinquish:
		s.decided[who] = append(s.decided[who], at)
	case !e.hosts:
		s.acts[o.Author] = append(s.acts[o.Author], at)
		if !o.Subject.IsZero() {
			s.upon[o.Subject] = append(s.upon[o.Subject], at)
		}
	}
}

// rightful tells whether the author of an op had the right to it by what came before.
func (s *state) rightful(at int) bool {
	e := &s.entries[at]
	o := &e.op
	if o.Kind == OpEpoch && o.Epoch != e.epoch+1 {
		return false
	}
	t := &s.line.terms[e.term]
	switch {
	case e.accedes:
		return s.stands(at)
	case o.Kind == OpHandOver || o.Kind == OpTakeOver:
		return false
	case e.hosts:
		return o.Subject != t.host && o.Subject != t.owner && o.Kind != OpRelinquish && s.stands(at)
	case o.Kind == OpRelinquish:
		return true
	case o.makesModerator() || o.Kind == OpSuccessor || o.Subject == t.host || o.Subject == t.owner:
		return false
	}
	return s.roleBefore(o.Author, at) == invite.Moderator &&
		(o.Subject.IsZero() || s.roleBefore(o.Subject, at) != invite.Moderator)
}

// overruled tells whether an op of the host's that the log holds, and that the author
// of the op at a place did not know, makes that op void.
func (s *state) overruled(at int) bool {
	o := &s.entries[at].op
	if s.senior(at) || o.Kind == OpRelinquish {
		return false
	}
	beside := func(host int) bool { return !s.before(host, at) }
	return slices.ContainsFunc(s.decided[o.Author], func(host int) bool { return s.strips(host) && beside(host) }) ||
		slices.ContainsFunc(s.decided[o.Subject], func(host int) bool { return s.promotes(host) && beside(host) })
}

// roleBefore is the role that the host's ops and the person's own gave before the op
// at a place.
func (s *state) roleBefore(who identity.ID, at int) invite.Role {
	var r register
	for _, i := range s.decided[who] {
		if s.before(i, at) {
			s.follow(&r, i)
		}
	}
	return s.outcome(r).role
}

// strips tells whether an op is the host's and leaves somebody less than a moderator.
func (s *state) strips(at int) bool {
	return s.senior(at) && !s.entries[at].op.makesModerator()
}

// overrule makes void what stands beside an op of the host's: what its subject did as
// a moderator, if it leaves them none, and what moderators did about its subject, if it
// makes them one.
func (s *state) overrule(at int, who identity.ID) {
	juniors := s.acts[who]
	if s.promotes(at) {
		juniors = s.upon[who]
	}
	shaken := make(map[*register]struct{})
	for _, i := range juniors {
		if !s.entries[i].void && !s.before(i, at) {
			s.entries[i].void = true
			s.each(i, func(r *register) { shaken[r] = struct{}{} })
		}
	}
	for r := range shaken {
		s.recount(r)
	}
}

// file puts an op into the registers and lists that it is about.
func (s *state) file(at int) {
	s.each(at, func(r *register) {
		r.all = append(r.all, at)
		s.follow(r, at)
	})
	o := &s.entries[at].op
	switch o.Kind {
	case OpBan:
		s.removals = append(s.removals, at)
	case OpRevokeInvite:
		s.removals = append(s.removals, at)
		s.revoked[o.Invite] = append(s.revoked[o.Invite], at)
	case OpLowerHand:
		h := hand{o.Subject, o.Hand}
		s.lowered[h] = append(s.lowered[h], at)
	case OpClose:
		s.closing = append(s.closing, at)
	default: // in a register, or of a later version
	}
}

// each hands on the registers that an op is in.
func (s *state) each(at int, do func(*register)) {
	o := &s.entries[at].op
	if who, ok := o.role(); ok {
		do(registerOf(s.roles, who))
	}
	switch o.Kind {
	case OpBan, OpUnban:
		do(registerOf(s.bans, o.Subject))
	case OpMute, OpUnmute:
		do(registerOf(s.mutes, o.Subject))
	case OpSetting:
		do(registerOf(s.settings, o.Setting))
	case OpTitle:
		do(&s.titles)
	case OpEpoch:
		do(&s.epochs)
	default: // in none of its own
	}
}

func registerOf[K comparable](of map[K]*register, about K) *register {
	r := of[about]
	if r == nil {
		r = &register{}
		of[about] = r
	}
	return r
}

// last is the op that counts of a register that may not be there.
func last[K comparable](s *state, of map[K]*register, about K) (at int, ok bool) {
	r := of[about]
	if r == nil {
		return 0, false
	}
	return s.winner(*r)
}

// follow adds an op that follows none that comes later in the log.
func (s *state) follow(r *register, at int) {
	r.heads = slices.DeleteFunc(r.heads, func(head int) bool { return s.before(head, at) })
	r.heads = append(r.heads, at)
}

// recount works a register out again, after one of its ops has become void.
func (s *state) recount(r *register) {
	r.heads = nil
	for _, at := range r.all {
		if !s.entries[at].void {
			s.follow(r, at)
		}
	}
}

// winner is which of a register's heads counts: the highest epoch, then the senior
// author's, then what takes before what gives, then the smaller hash.
func (s *state) winner(r register) (at int, ok bool) {
	if len(r.heads) == 0 {
		return 0, false
	}
	return slices.MinFunc(r.heads, func(a, b int) int {
		oa, ob := &s.entries[a].op, &s.entries[b].op
		return cmp.Or(
			cmp.Compare(ob.begins(), oa.begins()),
			cmp.Compare(s.rank(a), s.rank(b)),
			cmp.Compare(oa.gives(), ob.gives()),
			oa.Hash.Compare(ob.Hash),
		)
	}), true
}

// rank is how senior an op's author is, the lower the more.
func (s *state) rank(at int) int {
	const owner, host, moderator, self = 0, 1, 2, 3
	e := &s.entries[at]
	switch {
	case s.senior(at) && e.op.Author == s.line.terms[e.term].owner:
		return owner
	case s.senior(at):
		return host
	case e.op.Kind == OpRelinquish:
		return self
	default:
		return moderator
	}
}

// outcome is the role that a register gives.
func (s *state) outcome(r register) standing {
	at, ok := s.winner(r)
	if !ok {
		return standing{role: invite.Listener}
	}
	o := &s.entries[at].op
	return standing{role: o.roleGiven(), by: o.Hash, at: at}
}

// standing is what the log says about somebody; ok is false if it says nothing.
func (s *state) standing(who identity.ID) (st standing, ok bool) {
	r := s.roles[who]
	if r == nil || len(r.heads) == 0 {
		return standing{role: invite.Listener}, false
	}
	return s.outcome(*r), true
}

func (s *state) banned(who identity.ID) bool {
	at, ok := last(s, s.bans, who)
	return ok && s.entries[at].op.Kind == OpBan
}

// muted is the op by which somebody is not heard, if there is one.
func (s *state) muted(who identity.ID) (mute *Op, ok bool) {
	at, ok := last(s, s.mutes, who)
	if !ok || s.entries[at].op.Kind != OpMute {
		return nil, false
	}
	return &s.entries[at].op, true
}

// isOn tells whether something is switched on, and since which place in the log.
func (s *state) isOn(what Setting) (since int, on bool) {
	at, ok := last(s, s.settings, what)
	return at, ok && s.entries[at].op.On
}

// offers tells whether an op is an invitation to the stage that stands: the one that
// counts, or one beside it, so that two who invite somebody at once do not take the
// stage from under them.
func (s *state) offers(op Hash, who identity.ID) bool {
	at, known := s.index[op]
	r := s.roles[who]
	if !known || r == nil || !slices.Contains(r.heads, at) {
		return false
	}
	o := &s.entries[at].op
	return o.Kind == OpGrant && o.Role == invite.Speaker && s.outcome(*r).role == invite.Speaker
}

// title is what the room is called.
func (s *state) title() string {
	if at, ok := s.winner(s.titles); ok {
		return s.entries[at].op.Text
	}
	return s.genesis.Policy.Title
}

// current is the epoch in force.
func (s *state) current() (uint32, epoch.Commitment) {
	if at, ok := s.winner(s.epochs); ok {
		return s.entries[at].op.Epoch, s.entries[at].op.Commitment
	}
	return 0, s.genesis.Commitment
}

// overdue is a removal that stands and after which no epoch has begun.
func (s *state) overdue() (at int, ok bool) {
	begun, any := s.winner(s.epochs)
	for _, at := range slices.Backward(s.removals) {
		e := &s.entries[at]
		stands := !e.void && (e.op.Kind != OpBan || s.banned(e.op.Subject))
		if stands && (!any || !s.before(at, begun)) {
			return at, true
		}
	}
	return 0, false
}

func (s *state) closed() bool           { return s.someCount(s.closing) }
func (s *state) isLowered(h hand) bool  { return s.someCount(s.lowered[h]) }
func (s *state) isRevoked(id Hash) bool { return s.someCount(s.revoked[id]) }

func (s *state) someCount(ops []int) bool {
	return slices.ContainsFunc(ops, func(at int) bool { return !s.entries[at].void })
}
