package node

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/store"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/node/transport/memory"
	"github.com/banyan-rooms/banyan/rooms"
)

var _ Store = (*store.Store)(nil)

// village is some nodes on one network, inside a bubble of testing/synctest.
type village struct {
	t     *testing.T
	world *memory.World
	all   []*villager
}

// villager is one node and what stands around it.
type villager struct {
	*Node
	v     *village
	t     *testing.T
	name  string
	peer  *memory.Peer
	store *fakeStore
	end   context.CancelFunc
	ended chan struct{}
}

func newVillage(t *testing.T) *village {
	t.Helper()
	return &village{t: t, world: memory.New(memory.Config{Seed: 1})}
}

// close ends all nodes and the network; synctest fails if anything is left.
func (v *village) close() {
	var ending sync.WaitGroup
	for _, p := range v.all {
		ending.Go(p.stop)
	}
	ending.Wait()
	v.world.Close()
}

func keyOf(t testing.TB, n int) identity.Key {
	t.Helper()
	seed := binary.BigEndian.AppendUint64(make([]byte, 24), uint64(n))
	k, err := identity.Generate(bytes.NewReader(append(seed, seed...)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// add adds a node; change may alter how it is configured.
func (v *village) add(name string, change ...func(*Config)) *villager {
	v.t.Helper()
	return v.start(name, keyOf(v.t, len(v.all)+1), newFakeStore(), change...)
}

// start starts a node with an identity and a store.
func (v *village) start(name string, key identity.Key, kept *fakeStore, change ...func(*Config)) *villager {
	v.t.Helper()
	peer := v.world.Add(key.ID())
	cfg := Config{Key: key, Network: peer, Links: peer, Store: kept, Name: name, MaxChildren: 8, Log: testLog(name)}
	for _, f := range change {
		f(&cfg)
	}
	n, err := New(cfg)
	if err != nil {
		v.t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	p := &villager{Node: n, v: v, t: v.t, name: name, peer: peer, store: kept, end: end, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		if err := n.Run(ctx); err != nil {
			v.t.Errorf("%s: %v", name, err)
		}
	}()
	v.all = append(v.all, p)
	return p
}

// testLog is silent unless BANYAN_TEST_LOG is set.
func testLog(name string) *slog.Logger {
	if os.Getenv("BANYAN_TEST_LOG") == "" {
		return nil
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})).With("node", name)
}

// relay makes a node a community relay.
func relayNode(c *Config) { c.Community, c.Name = true, "" }

// via has a node meet another at the start.
func via(other *villager) func(*Config) {
	return func(c *Config) { c.Bootstrap = append(c.Bootstrap, other.peer.Addrs()...) }
}

// stop ends a node in an orderly way.
func (p *villager) stop() {
	p.end()
	<-p.ended
	p.peer.Close()
}

// end stops a node for which another one will be started.
func (v *village) end(p *villager) {
	p.stop()
	v.all = slices.DeleteFunc(v.all, func(other *villager) bool { return other == p })
}

// kill unplugs a node, as kill -9 would; its goroutines are ended so that the bubble
// can, but nothing that they send arrives.
func (p *villager) kill() {
	p.v.world.Kill(p.ID())
	p.v.all = slices.DeleteFunc(p.v.all, func(other *villager) bool { return other == p })
	go p.stop()
}

func (p *villager) create(kind rooms.Kind) identity.RoomID {
	p.t.Helper()
	id, err := p.Create(p.t.Context(), rooms.Policy{Kind: kind, Title: "Under the banyan"})
	if err != nil {
		p.t.Fatalf("%s makes a room: %v", p.name, err)
	}
	return id
}

func (p *villager) link(room identity.RoomID, o InviteOptions) string {
	p.t.Helper()
	l, err := p.Invite(p.t.Context(), room, o)
	if err != nil {
		p.t.Fatalf("%s invites: %v", p.name, err)
	}
	return l.String()
}

func (p *villager) join(link string) {
	p.t.Helper()
	if _, err := p.Join(p.t.Context(), link); err != nil {
		p.t.Fatalf("%s joins: %v", p.name, err)
	}
}

func (p *villager) do(room identity.RoomID, c rooms.Command) {
	p.t.Helper()
	if err := p.Do(p.t.Context(), room, c); err != nil {
		p.t.Fatalf("%s, %T: %v", p.name, c, err)
	}
}

// room is how a node sees a room.
func (p *villager) room(id identity.RoomID) RoomStatus {
	st := p.Status()
	at := slices.IndexFunc(st.Rooms, func(r RoomStatus) bool { return r.ID == id })
	if at < 0 {
		return RoomStatus{}
	}
	return st.Rooms[at]
}

// person is how a node sees somebody in a room.
func (p *villager) person(room identity.RoomID, who *villager) Person {
	r := p.room(room)
	at := slices.IndexFunc(r.People, func(q Person) bool { return q.ID == who.ID() })
	if at < 0 {
		return Person{}
	}
	return r.People[at]
}

// until lets time pass until something holds.
func (v *village) until(within time.Duration, what string, holds func() bool) {
	v.t.Helper()
	const step = 10 * time.Millisecond
	for passed := time.Duration(0); passed <= within; passed += step {
		if holds() {
			return
		}
		time.Sleep(step) // of the bubble's clock
	}
	v.t.Fatalf("not within %v: %s", within, what)
}

// attached waits until some nodes have a place in a room's tree.
func (v *village) attached(room identity.RoomID, who ...*villager) {
	v.t.Helper()
	v.until(15*time.Second, "everyone has a place in the tree", func() bool {
		return !slices.ContainsFunc(who, func(p *villager) bool { return !p.room(room).Network.Attached })
	})
}

// packet is a made-up Opus packet that says which it is.
func packet(n int) []byte { return fmt.Appendf(nil, "this is packet number %d of the speech", n) }

// speak says some frames, numbered from 0, in real time.
func (p *villager) speak(room identity.RoomID, count int) {
	p.t.Helper()
	for i := range count {
		if err := p.Say(room, frame(i)); err != nil {
			p.t.Fatalf("%s speaks: %v", p.name, err)
		}
		time.Sleep(audio.FrameDuration)
	}
}

// listener is what one node hears in one room.
type listener struct {
	stop func()
	done chan struct{}

	mu    sync.Mutex
	heard []Heard
}

func (p *villager) listen(room identity.RoomID) *listener {
	p.t.Helper()
	c, stop, err := p.Hear(room)
	if err != nil {
		p.t.Fatalf("%s listens: %v", p.name, err)
	}
	l := &listener{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		for h := range c {
			l.mu.Lock()
			l.heard = append(l.heard, h)
			l.mu.Unlock()
		}
	}()
	return l
}

// all returns what was heard, and ends listening.
func (l *listener) all() []Heard {
	l.stop()
	<-l.done
	return l.heard
}

// count is how many frames were heard until now.
func (l *listener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.heard)
}

// wants checks that some of the numbered packets of a speaker were heard, each once.
func (l *listener) wants(t *testing.T, who string, speaker *villager, first, count int) {
	t.Helper()
	got := make(map[string]int)
	for _, h := range l.all() {
		if h.Speaker == speaker.ID() {
			got[string(h.Frame.Packet)]++
		}
	}
	missing := 0
	for i := range count {
		switch n := got[string(packet(first+i))]; {
		case n == 0:
			missing++
		case n > 1:
			t.Errorf("%s heard packet %d of %s %d times", who, first+i, speaker.name, n)
		}
	}
	if missing > 0 {
		t.Errorf("%s did not hear %d of %d packets of %s", who, missing, count, speaker.name)
	}
}

// fakeStore keeps everything in memory; full makes it refuse to write.
type fakeStore struct {
	mu       sync.Mutex
	full     error
	sealed   error // keeps secrets from being written
	name     string
	order    []identity.RoomID
	genesis  map[identity.RoomID][]byte
	items    map[identity.RoomID][][]byte
	tickets  map[identity.RoomID][][]byte
	secrets  map[identity.RoomID]map[uint32][32]byte
	counters map[string]uint64
	uses     map[[32]byte][]identity.ID
	peers    map[identity.ID][]string
	issued   map[identity.RoomID][]keptInvite
	blocked  []identity.ID
}

type keptInvite struct {
	id     [32]byte
	record []byte
}

func newFakeStore() *fakeStore {
	return &fakeStore{
		genesis: make(map[identity.RoomID][]byte), items: make(map[identity.RoomID][][]byte),
		tickets: make(map[identity.RoomID][][]byte), secrets: make(map[identity.RoomID]map[uint32][32]byte),
		counters: make(map[string]uint64), uses: make(map[[32]byte][]identity.ID), peers: make(map[identity.ID][]string),
		issued: make(map[identity.RoomID][]keptInvite),
	}
}

// copy is the store as it is now.
func (s *fakeStore) copy() *fakeStore {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &fakeStore{
		name: s.name, order: slices.Clone(s.order), genesis: maps.Clone(s.genesis), items: maps.Clone(s.items),
		tickets: maps.Clone(s.tickets), secrets: maps.Clone(s.secrets), counters: maps.Clone(s.counters),
		uses: maps.Clone(s.uses), peers: maps.Clone(s.peers), issued: maps.Clone(s.issued), blocked: s.blocked,
	}
}

var _ transport.Network = (*memory.Peer)(nil)

var errUnknown = errors.New("room is not kept")

// write changes the store, unless it is full.
func (s *fakeStore) write(change func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full != nil {
		return s.full
	}
	return change()
}

// writeRoom changes what is kept of a room.
func (s *fakeStore) writeRoom(room identity.RoomID, change func()) error {
	return s.write(func() error {
		if s.genesis[room] == nil {
			return errUnknown
		}
		change()
		return nil
	})
}

func (s *fakeStore) Name() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name, nil
}

func (s *fakeStore) SetName(name string) error {
	return s.write(func() error { s.name = name; return nil })
}

func (s *fakeStore) Rooms() ([]identity.RoomID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.order), nil
}

func (s *fakeStore) Genesis(room identity.RoomID) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.genesis[room], nil
}

func (s *fakeStore) PutGenesis(room identity.RoomID, genesis []byte) error {
	return s.write(func() error {
		if s.genesis[room] == nil {
			s.order, s.genesis[room] = append(s.order, room), genesis
		}
		return nil
	})
}

func (s *fakeStore) Items(room identity.RoomID) ([][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.items[room]), nil
}

func (s *fakeStore) PutItem(room identity.RoomID, item []byte) error {
	return s.writeRoom(room, func() { s.items[room] = append(s.items[room], item) })
}

func (s *fakeStore) Ticket(room identity.RoomID) ([][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tickets[room], nil
}

func (s *fakeStore) PutTicket(room identity.RoomID, chain [][]byte) error {
	return s.writeRoom(room, func() { s.tickets[room] = chain })
}

func (s *fakeStore) Secret(room identity.RoomID, epoch uint32) ([32]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret, ok := s.secrets[room][epoch]
	return secret, ok, nil
}

func (s *fakeStore) PutSecret(room identity.RoomID, epoch uint32, secret [32]byte) error {
	s.mu.Lock()
	sealed := s.sealed
	s.mu.Unlock()
	if sealed != nil {
		return sealed
	}
	return s.writeRoom(room, func() {
		if s.secrets[room] == nil {
			s.secrets[room] = make(map[uint32][32]byte)
		}
		s.secrets[room][epoch] = secret
	})
}

func (s *fakeStore) Reserve(counter []byte, n uint64) (first uint64, err error) {
	err = s.write(func() error {
		first = s.counters[string(counter)]
		s.counters[string(counter)] = first + n
		return nil
	})
	return first, err
}

func (s *fakeStore) Redeem(invite [32]byte, holder identity.ID, limit uint32) (use uint32, ok bool, err error) {
	err = s.write(func() error {
		at := slices.Index(s.uses[invite], holder)
		if at < 0 {
			if limit > 0 && len(s.uses[invite]) >= int(limit) {
				return nil
			}
			at = len(s.uses[invite])
			s.uses[invite] = append(s.uses[invite], holder)
		}
		use, ok = uint32(at), true
		return nil
	})
	return use, ok, err
}

func (s *fakeStore) Uses(invite [32]byte) (n uint64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return uint64(len(s.uses[invite])), nil
}

func (s *fakeStore) Issued(room identity.RoomID) (records [][]byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.issued[room] {
		records = append(records, i.record)
	}
	return records, nil
}

func (s *fakeStore) IssuedInvite(room identity.RoomID, invite [32]byte) (record []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.issued[room] {
		if i.id == invite {
			record = i.record
		}
	}
	return record, nil
}

func (s *fakeStore) PutIssued(room identity.RoomID, invite [32]byte, record []byte) error {
	return s.writeRoom(room, func() {
		at := slices.IndexFunc(s.issued[room], func(i keptInvite) bool { return i.id == invite })
		if at < 0 {
			s.issued[room] = append(s.issued[room], keptInvite{invite, record})
			return
		}
		s.issued[room] = slices.Clone(s.issued[room])
		s.issued[room][at].record = record
	})
}

func (s *fakeStore) Blocked() ([]identity.ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.blocked, nil
}

func (s *fakeStore) PutBlocked(who []identity.ID) error {
	return s.write(func() error { s.blocked = who; return nil })
}

func (s *fakeStore) Peers() ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, addrs := range s.peers {
		all = append(all, addrs...)
	}
	return all, nil
}

func (s *fakeStore) PutPeers(met map[identity.ID][]string) error {
	return s.write(func() error { maps.Copy(s.peers, met); return nil })
}

// frame is one numbered frame.
func frame(n int) audio.Frame {
	return audio.Frame{Timestamp: uint32(n * audio.FrameSamples), Packet: packet(n), Level: 30}
}
