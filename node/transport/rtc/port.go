package rtc

import (
	"net"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

const (
	maxPorts = 8                // beside the first; enough for nine rooms shared with one peer
	cooling  = 10 * time.Second // that a port is not used again with a peer: until the peer has noticed the end
)

// port is one UDP port and the links that use it.
//
// A packet of an open link carries nothing that says which link it is of but its
// two addresses. So two links with the same peer, for two rooms, need two ports on
// one side at least, and the side that dials sees to it. Most nodes share one room
// with any one peer and never open a second port.
type port struct {
	mux  *mux
	used map[identity.ID]*usage // guarded by Links.mu
}

// usage is what a port has to do with one peer.
type usage struct {
	links int
	until time.Time // when links were 0: do not use before
}

func newPort(listenOn string, cfg Config) (*port, error) {
	s, err := listen(listenOn)
	if err != nil {
		return nil, err
	}
	return &port{mux: newMux(s, cfg), used: make(map[identity.ID]*usage)}, nil
}

// free tells whether a link with a peer can use the port.
func (p *port) free(peer identity.ID, now time.Time) bool {
	u := p.used[peer]
	return u == nil || u.links == 0 && !now.Before(u.until)
}

// take counts a link in.
func (p *port) take(peer identity.ID) {
	if p.used[peer] == nil {
		p.used[peer] = new(usage)
	}
	p.used[peer].links++
}

// leave counts a link out, and forgets peers that have been gone for long.
func (p *port) leave(peer identity.ID, now time.Time) {
	u := p.used[peer]
	u.links--
	u.until = now.Add(cooling)
	for id, u := range p.used {
		if u.links == 0 && now.After(u.until) {
			delete(p.used, id)
		}
	}
}

// reserve counts a link in on a port, until release. Offers are answered on the
// first port.
func (ls *Links) reserve(peer identity.ID, dialled bool) (*port, error) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.closed {
		return nil, errClosing
	}
	on := ls.ports[0]
	if dialled {
		var err error
		if on, err = ls.pick(peer); err != nil {
			return nil, err
		}
	}
	on.take(peer)
	ls.running.Add(1)
	return on, nil
}

// release notes that a link and all of pion's part of it are gone.
func (ls *Links) release(peer identity.ID, on *port) {
	ls.mu.Lock()
	on.leave(peer, time.Now())
	ls.mu.Unlock()
	ls.running.Done()
}

// pick returns the port for dialling a peer: the first if no link with the peer
// uses it, else another, which it opens if it must. When all are taken, the first
// serves. The caller holds mu.
func (ls *Links) pick(peer identity.ID) (*port, error) {
	now := time.Now()
	free := func(p *port) bool { return p.free(peer, now) }
	if i := slices.IndexFunc(ls.ports, free); i >= 0 {
		return ls.ports[i], nil
	}
	if len(ls.ports) > maxPorts {
		return ls.ports[0], nil
	}
	host, _, err := net.SplitHostPort(ls.cfg.Listen)
	if err != nil {
		return nil, err
	}
	p, err := newPort(net.JoinHostPort(host, "0"), ls.cfg)
	if err != nil {
		return nil, err
	}
	ls.ports = append(ls.ports, p)
	return p, nil
}
