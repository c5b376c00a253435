package mesh

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// TestTranscripts plays what testdata tells: a command, four dashes, and all that the
// peers said to each other until then. A path takes 10 ms, and the chances are the same
// each time. Read a change of them as a change of the protocol; -rewrite takes it over.
//
//	join NAME [children=N] [community]   somebody comes and knows those who are there
//	wait DURATION                        time passes
//	kill NAME                            somebody dies without a word
//	stop NAME                            somebody leaves
//	shut NAME, open NAME                 others cannot dial somebody any more, or can again
//	drop NAME                            somebody passes no sound on from now on
//	talk NAME, hush NAME                 somebody goes on the stage, or down
//	split NAME…, heal                    these do not reach the others any more, or do again
//	send KIND from=NAME to=NAME          somebody sends what nobody asked for
//	tree                                 who feeds whom
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata/transcripts", func(t *testing.T, path string) {
		t.Helper()
		s := stage{world: newWorld(t)}
		s.watch = s.write
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			t.Helper()
			s.t = t
			s.out.Reset()
			s.play(d)
			if s.out.Len() == 0 {
				return "(nothing)\n"
			}
			return s.out.String()
		})
	})
}

// stage is a world that does what a transcript says, and writes down what it sees.
type stage struct {
	*world
	out strings.Builder
}

func (s *stage) play(d *datadriven.TestData) {
	switch d.Cmd {
	case "wait":
		for _, a := range d.CmdArgs {
			s.wait(d, a.Key)
		}
	case "join":
		cfg := Config{MaxChildren: 4}
		d.MaybeScanArgs(s.t, "children", &cfg.MaxChildren)
		cfg.Community = d.HasArg("community")
		s.join(d.CmdArgs[0].Key, cfg)
	case "kill":
		s.named(d, 0).dead = true
	case "drop":
		s.named(d, 0).drops = true
	case "stop":
		s.step(s.named(d, 0), Stop{})
	case "shut", "open":
		s.step(s.named(d, 0), Reachable{d.Cmd == "open"})
	case "talk", "hush":
		p := s.named(d, 0)
		p.talking = d.Cmd == "talk"
		s.step(p, Speaking{p.talking})
	case "split":
		for n := range d.CmdArgs {
			s.named(d, n).cut = 1
		}
		s.partLinks()
	case "heal":
		for _, p := range s.peers {
			p.cut = 0
		}
	case "send":
		s.send(d)
	case "tree":
		s.draw()
	default:
		d.Fatalf(s.t, "unknown command")
	}
}

func (s *stage) wait(d *datadriven.TestData, text string) {
	long, err := time.ParseDuration(text)
	if err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	s.run(long)
}

func (s *stage) named(d *datadriven.TestData, arg int) *peer {
	name := d.CmdArgs[arg].Key
	if p := find(s.world, func(p *peer) bool { return p.name == name }); p != nil {
		return p
	}
	d.Fatalf(s.t, "nobody is called %q", name)
	return nil
}

// send has a stranger, or a peer against the rules, send a message.
func (s *stage) send(d *datadriven.TestData) {
	var kind, fromName, toName string
	d.ScanArgs(s.t, "from", &fromName)
	d.ScanArgs(s.t, "to", &toName)
	kind = d.CmdArgs[0].Key
	to := s.byName(toName)
	from := keyOf(s.t, 1000).ID() // a stranger, who gets no answers
	if p := s.byName(fromName); p != nil {
		from = p.id
	}
	lie := wire.Place{Epoch: 9, Path: wire.Path{wire.ShortOf(from)}, Attached: true}
	messages := map[string]wire.Message{
		"reverse": &wire.Reverse{Place: lie}, "handover": &wire.Handover{Epoch: to.epoch}, "leave": &wire.Leave{},
		"accept": &wire.Accept{Place: lie}, "move": &wire.Move{To: []identity.ID{from}}, "join": &wire.Join{Slots: 4},
		"redirect": &wire.Redirect{To: []identity.ID{from}}, "loop": &wire.Accept{Place: wire.Place{Epoch: to.epoch, Path: wire.Path{wire.ShortOf(to.id), wire.ShortOf(from)}, Attached: true}},
	}
	msg := messages[kind]
	if msg == nil {
		d.Fatalf(s.t, "unknown message %q", kind)
	}
	s.step(to, Received{from, msg})
}

func (s *stage) byName(name string) *peer {
	return find(s.world, func(p *peer) bool { return p.name == name })
}

// write writes down what was said, but for the sound, the beacons and the reports,
// which come all the time.
func (s *stage) write(p *peer, e Effect) {
	var what string
	switch e := e.(type) {
	case Send:
		what = s.message(e.Message)
		if what == "" {
			return
		}
		if t := wire.TreeOf(e.Message); t > 0 {
			what = "in the second tree, " + what
		}
		what = fmt.Sprintf("→ %s: %s", s.nameOf(e.To), what)
	case Dial:
		what = "dials " + s.nameOf(e.Peer)
	case HangUp:
		what = "hangs up on " + s.nameOf(e.Peer)
	case Spread:
		g, err := OpenGossip(p.Machine.room, e.Data)
		if err != nil {
			s.t.Fatal(err)
		}
		what = "gossips " + describe(g)
	case Stopped:
		what = "has left"
	case Transmit, Changed:
		return
	}
	fmt.Fprintf(&s.out, "%7.3fs  %s %s\n", s.now.Seconds(), p.name, what)
}

func describe(g *Gossip) string {
	what := fmt.Sprintf("an advert of %d places", g.Advert.Slots)
	if g.Advert.Gone {
		what = "that it goes"
	}
	if g.Lease != nil && g.Lease.Gone {
		what += ", and the end of its lease"
	} else if g.Lease != nil {
		what += fmt.Sprintf(", and its lease of epoch %d", g.Lease.Epoch)
	}
	if g.Lease != nil && g.Lease.Tree > 0 {
		what += " of the second tree"
	}
	return what
}

// message puts a control message into words; none for what comes all the time.
func (s *stage) message(m wire.Message) string {
	backup := func(is bool) string {
		if is {
			return " as a backup"
		}
		return ""
	}
	switch m := m.(type) {
	case *wire.Probe:
		return "where do you stand?"
	case *wire.Offer:
		return fmt.Sprintf("%s, %d free, %d as a backup%s", s.place(m.Place), m.Free, m.Spare, s.or(m.Others))
	case *wire.Join:
		what := "feed me"
		if m.Switch {
			what += " now"
		}
		return what + backup(m.Backup)
	case *wire.Accept:
		return "yes" + backup(m.Backup) + ", " + s.place(m.Place)
	case *wire.Redirect:
		return "no" + backup(m.Backup) + s.or(m.To)
	case *wire.Leave:
		if m.Up {
			return "feed me no more"
		}
		return "I feed you no more"
	case *wire.Move:
		return "make room" + s.or(m.To)
	case *wire.Reverse:
		return "I feed you from now on, " + s.place(m.Place)
	case *wire.Handover:
		return fmt.Sprintf("be the root after epoch %d", m.Epoch)
	case *wire.Renew:
		return fmt.Sprintf("I need newer word of the root than %d", m.Seq)
	case *wire.Report, *wire.Tree:
		return ""
	}
	return fmt.Sprintf("%T", m)
}

func (s *stage) place(p wire.Place) string {
	if !p.Attached {
		return "nowhere"
	}
	names := make([]string, len(p.Path))
	for i, short := range p.Path {
		names[i] = "-"
		for _, q := range s.peers {
			if wire.ShortOf(q.id) == short {
				names[i] = q.name
			}
		}
	}
	return fmt.Sprintf("at %s (%d)", strings.Join(names, "/"), p.Epoch)
}

func (s *stage) or(ids []identity.ID) string {
	if len(ids) == 0 {
		return ""
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = s.nameOf(id)
	}
	return "; ask " + strings.Join(names, ", ")
}

// draw writes down who feeds whom, and who would, in each tree.
func (s *stage) draw() {
	second := find(s.world, func(p *peer) bool { return p.count > 1 })
	for index := range wire.MaxTrees {
		if index > 0 {
			if second == nil {
				return
			}
			s.out.WriteString("the second tree:\n")
		}
		s.drawTree(index)
	}
}

func (s *stage) drawTree(index int) {
	var below func(p *peer, depth int)
	below = func(p *peer, depth int) {
		fmt.Fprintf(&s.out, "%s%s", strings.Repeat("  ", depth), p.name)
		at := &p.trees[index]
		if b := s.byID[at.backup]; b != nil {
			fmt.Fprintf(&s.out, " (else %s)", b.name)
		}
		s.out.WriteString("\n")
		for i := range at.children {
			if c := s.byID[at.children[i].id]; !at.children[i].backup && !c.dead && c.trees[index].parent == p.id && depth < wire.MaxPath {
				below(c, depth+1)
			}
		}
	}
	for _, p := range s.peers {
		switch at := &p.trees[index]; {
		case p.dead:
		case at.isRoot:
			below(p, 0)
		case at.parent.IsZero():
			fmt.Fprintf(&s.out, "%s has no place\n", p.name)
		}
	}
}
