//go:build slow && linux

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/cmd/internal/process"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/netlab"
)

// village is a room whose people, and relays, are processes on machines of their own,
// with a made-up network between them. The host speaks all the time.
type village struct {
	lab    *netlab.Lab
	seed   uint64
	trees  int // that the room has at most
	dir    string
	logs   *lockedBuffer
	link   string
	relays []*villager
	host   *villager
	people []*villager // who are in the room; the host is the first
	came   []*villager // everyone, for them to be stopped

	arrivals int // of listeners
	away     int // joins that failed

	mu      sync.Mutex    // of what the villagers said
	changed chan struct{} // closed and replaced when one says something
}

// villager is one process.
type villager struct {
	name    string
	machine *netlab.Machine
	process *process.Process
	id      string
	said    []events.Event     // see village.mu
	network node.NetworkStatus // the newest
	gone    bool               // killed; of the test's goroutine
}

// What every villager's command line says beside its own business.
const (
	statsEvery = 2 * time.Second
	peerFanOut = 4 // small, so that the trees have some depth; enough for two of them
	relayLimit = 8
	relays     = 3
	serving    = 2 // of them are asked into the room; the third is a spare
	packetLoss = 0.01
)

// logLevel is how much the villagers log. With "debug" their logs, beside the other
// artifacts, hold each control message: what a gap was spent on.
func logLevel() string { return cmp.Or(os.Getenv("BANYAN_NETLAB_LOG"), "info") }

// found makes a village without people, if there can be one here. Its room has so many
// trees at most.
func found(t *testing.T, seed uint64, trees int) *village {
	t.Helper()
	if err := netlab.Available(); err != nil {
		t.Skipf("no network lab here, so nothing is measured with real processes: %v", err)
	}
	lab, err := netlab.New(netlab.Config{Seed: seed, Loss: packetLoss})
	if err != nil {
		t.Fatal(err)
	}
	v := &village{lab: lab, seed: seed, trees: trees, dir: t.TempDir(), logs: &lockedBuffer{}, changed: make(chan struct{})}
	t.Cleanup(func() {
		v.stop()
		if err := lab.Close(); err != nil {
			t.Error(err)
		}
		v.keepLogs(t)
	})
	_, relay := built(t)
	for i := range relays {
		args := []string{"--max-children", strconv.Itoa(relayLimit), "--max-trees", strconv.Itoa(trees)}
		if i > 0 {
			args = append(args, v.bootstrap(t)...)
		}
		r := v.start(t, fmt.Sprintf("relay-%d", i+1), relay, netlab.Server, args...)
		v.relays = append(v.relays, r)
		r.id = v.wait(t, r, events.Ready).ID
	}
	return v
}

// open has the host make the room.
func (v *village) open(t *testing.T) {
	t.Helper()
	v.host = v.person(t, "host", append([]string{
		"room", "create", "--title", "Village", "--welcome", "--loop", "--speak", "builtin:host",
	}, v.bootstrap(t)...)...)
	v.link = v.wait(t, v.host, events.Made).Link
	v.people = append(v.people, v.host)
}

// speaker has somebody come who speaks all the time.
func (v *village) speaker(t *testing.T) *villager {
	t.Helper()
	p := v.person(t, "guest", "join", v.link, "--loop", "--speak", "builtin:guest")
	v.wait(t, p, events.Stage)
	v.people = append(v.people, p)
	return p
}

// listeners has some more come, so many at a time, and waits until they hear.
func (v *village) listeners(t *testing.T, n, together int) (came []*villager) {
	t.Helper()
	coming := make([]*villager, 0, together)
	for range n {
		if len(coming) == together {
			came = append(came, v.sound(t, coming[0]))
			coming = coming[1:]
		}
		v.arrivals++
		coming = append(coming, v.person(t, fmt.Sprintf("listener-%d", v.arrivals), "join", v.link))
	}
	for _, p := range coming {
		came = append(came, v.sound(t, p))
	}
	return came
}

// maxTries is how often somebody tries to come.
const maxTries = 3

// sound waits until somebody hears who comes. If the join fails, they try again, as a
// person would; failures are counted.
func (v *village) sound(t *testing.T, p *villager) *villager {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for try := range maxTries {
		_, err := p.process.Wait(ctx, events.Sound)
		if err == nil {
			v.people = append(v.people, p)
			return p
		}
		t.Logf("%s, try %d: %v", p.name, try+1, err)
		v.away++
		p.process.Stop()
		p = v.person(t, p.name+"-again", "join", v.link)
	}
	t.Fatalf("%s never came in", p.name)
	return nil
}

func (v *village) bootstrap(t *testing.T) (args []string) {
	t.Helper()
	for _, r := range v.relays {
		for _, addr := range v.wait(t, r, events.Ready).Addrs {
			args = append(args, "--bootstrap", addr)
		}
	}
	return args
}

func (v *village) person(t *testing.T, name string, args ...string) *villager {
	t.Helper()
	banyan, _ := built(t)
	args = append(args, "--name", name, "--mdns=false", "--stats", statsEvery.String(), "--max-children", strconv.Itoa(peerFanOut))
	return v.start(t, name, banyan, netlab.Home, args...)
}

// start starts a process on a new machine.
func (v *village) start(t *testing.T, name, program string, kind netlab.Kind, args ...string) *villager {
	t.Helper()
	m, err := v.lab.Add(kind)
	if err != nil {
		t.Fatal(err)
	}
	p := &villager{name: name, machine: m}
	p.process, err = process.Start(context.WithoutCancel(t.Context()), process.Config{
		Name: name, Program: program, Log: slog.New(slog.DiscardHandler), Logs: named{name, v.logs},
		Start: func(cmd *exec.Cmd) error { cmd.Env = append(os.Environ(), oneThread); return m.Start(cmd) },
		Args:  append(args, "--data", filepath.Join(v.dir, name), "--listen", fmt.Sprintf("/ip4/%s/udp/4001/quic-v1", m.Addr()), "--json", "--log-level", logLevel()),
		Told:  func(e events.Event) { v.told(p, e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	v.came = append(v.came, p)
	return p
}

// named is a log of many in which each record, which is one write, begins with a name.
type named struct {
	name string
	log  io.Writer
}

func (n named) Write(record []byte) (int, error) {
	_, err := fmt.Fprintf(n.log, "%s %s", n.name, record)
	return len(record), err
}

// oneThread keeps processes that wait most of the time, of which there are many more than
// cores, from waking threads to look for work: it saves a third of their CPU time.
const oneThread = "GOMAXPROCS=1"

// told takes in what a villager says.
func (v *village) told(p *villager, e events.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if e.Event == events.Ready {
		p.id = e.ID
	}
	if e.Network != nil {
		p.network = *e.Network
	}
	p.said = append(p.said, e)
	close(v.changed)
	v.changed = make(chan struct{})
}

// patience is how long anything may take that has to happen; how long it takes is
// measured, not asserted.
const patience = 90 * time.Second

func (v *village) wait(t *testing.T, p *villager, kind string) events.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	e, err := p.process.Wait(ctx, kind)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// until waits until something is true of each of a group, as far as they said.
func (v *village) until(t *testing.T, what string, group []*villager, is func(*villager) bool) {
	t.Helper()
	limit := time.After(patience)
	for {
		v.mu.Lock()
		i := slices.IndexFunc(group, func(p *villager) bool { return !is(p) })
		changed := v.changed
		v.mu.Unlock()
		if i < 0 {
			return
		}
		select {
		case <-changed:
		case <-limit:
			v.mu.Lock()
			defer v.mu.Unlock()
			for _, p := range group {
				t.Logf("%s is %s, and sees %+v", p.name, p.id, p.network)
			}
			t.Fatalf("not within %v: %s, for %s at least", patience, what, group[i].name)
		case <-t.Context().Done():
			t.Fatal("the test's time is over while it waits: " + what)
		}
	}
}

// live lets the village live for a while.
func (v *village) live(t *testing.T, length time.Duration) {
	t.Helper()
	select {
	case <-time.After(length):
	case <-t.Context().Done():
		t.Fatal("the test's time is over")
	}
}

// kill ends a process as a power cut would, and says when.
func (v *village) kill(p *villager) time.Time {
	p.gone = true
	at := time.Now()
	p.process.Kill()
	return at
}

// stop asks everyone to leave, those who came last first.
func (v *village) stop() {
	var leaving errgroup.Group
	leaving.SetLimit(4)
	for _, p := range slices.Backward(v.came) {
		leaving.Go(func() error { p.process.Stop(); return nil })
	}
	_ = leaving.Wait() // they return no errors
}

// keepLogs keeps what the processes logged and said beside the other artifacts of the run.
func (v *village) keepLogs(t *testing.T) {
	t.Helper()
	dir := os.Getenv("BANYAN_OUT")
	if dir == "" {
		if t.Failed() {
			t.Logf("the processes said:\n%s", v.logs)
		}
		return
	}
	said := &bytes.Buffer{}
	lines := json.NewEncoder(said)
	for _, p := range v.came {
		for _, e := range p.said {
			if err := lines.Encode(struct {
				By string `json:"by"`
				events.Event
			}{p.name, e}); err != nil {
				t.Error(err)
			}
		}
	}
	err := os.MkdirAll(dir, 0o750)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, t.Name()+".log"), []byte(v.logs.String()), 0o600)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, t.Name()+".events.jsonl"), said.Bytes(), 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}

// in tells whether somebody is in the tree of a root. It is asked in until.
func (p *villager) in(root identity.ID) bool {
	return p.network.Attached && p.network.First().Root == root
}

// hears tells whether somebody has heard something since a time: whether more had come in
// some statistics since then than in others before them. It is asked in until.
func (p *villager) hears(since time.Time) bool {
	first := true
	var received uint64
	for _, e := range p.said {
		if e.Network == nil || e.Time.Before(since) {
			continue
		}
		if !first && e.Network.Received > received {
			return true
		}
		first, received = false, e.Network.Received
	}
	return false
}
