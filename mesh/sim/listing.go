package sim

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// list is one event as a line of text, before it happens:
//
//	seconds  event  to <- from  what
//
// Peers go by their numbers; in words about places and messages too.
func (w *World) list(e *event) string {
	us := int64(e.at / time.Microsecond)
	s := fmt.Sprintf("%5d.%06d %-13s %d", us/1e6, us%1e6, kindNames[e.kind], e.to)
	switch e.kind {
	case controls, controlFails, offers, opens, closes, dialFails, datagrams, gossips:
		s += fmt.Sprintf(" <- %d", e.from)
	default: // nobody else's doing
	}
	if what := w.describe(e); what != "" {
		s += "  " + what
	}
	return s + "\n"
}

// describe says what an event carries.
func (w *World) describe(e *event) string {
	switch e.kind {
	case controls:
		if !w.banyan() {
			return fmt.Sprintf("%s, %d bytes", w.nameOf(int(e.cargo.data[0])), len(e.cargo.data))
		}
		m, err := wire.Unmarshal(e.cargo.data)
		if err != nil {
			return err.Error()
		}
		return w.message(m)
	case datagrams:
		return w.content(e)
	case gossips:
		g := e.cargo.gossip
		s := fmt.Sprintf("advert %d slots", g.Advert.Slots)
		if g.Lease != nil {
			s += fmt.Sprintf(", lease of epoch %d", g.Lease.Epoch)
		}
		if g.Advert.Gone {
			s += ", gone"
		}
		return s
	default:
		return ""
	}
}

// content says what a datagram carries.
func (w *World) content(e *event) string {
	data := e.cargo.data
	switch {
	case e.cargo.said != nil:
		return w.frame(e.said())
	case !w.banyan() && data[0] != wire.KindMedia:
		return fmt.Sprintf("%s, %d bytes", w.nameOf(kindOnLinks+int(data[0])), len(data))
	case data[0] == wire.KindPull:
		var numbers []string
		if err := wire.Pulled(data[1:], func(n uint16) { numbers = append(numbers, strconv.Itoa(int(n))) }); err != nil {
			return err.Error()
		}
		return "pull " + strings.Join(numbers, " ")
	case data[0] == wire.KindBeacon:
		b, err := wire.ParseBeacon(data[1:])
		if err != nil {
			return err.Error()
		}
		s := fmt.Sprintf("beacon tree %d %s", b.Tree, w.where(b.Place))
		if b.Idle {
			s += " idle"
		}
		if q := w.known(b.Successor); q != nil {
			s += fmt.Sprintf(" successor %d", q.number)
		}
		return s
	}
	var words []string
	err := wire.Frames(data[1:], func(f wire.Frame, _ []byte) {
		words = append(words, w.frame(f))
	})
	if err != nil {
		return err.Error()
	}
	return strings.Join(words, "; ")
}

// frame says which frame it is.
func (w *World) frame(f wire.Frame) string {
	return fmt.Sprintf("voice %d frame %d trees %b hops %d number %d", w.voiceOf[f.KID], f.CTR, f.Trees, f.Hops, f.Link)
}

// message says what a control message says.
func (w *World) message(m wire.Message) string {
	name := strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", m), "*wire."))
	if t := wire.TreeOf(m); t > 0 {
		name = fmt.Sprintf("tree %d: %s", t, name)
	}
	switch m := m.(type) {
	case *wire.Offer:
		return fmt.Sprintf("%s %s free %d spare %d", name, w.where(m.Place), m.Free, m.Spare)
	case *wire.Join:
		return fmt.Sprintf("%s backup %t switch %t speaker %t slots %d", name, m.Backup, m.Switch, m.Speaker, m.Slots)
	case *wire.Accept:
		return fmt.Sprintf("%s backup %t %s", name, m.Backup, w.where(m.Place))
	case *wire.Redirect:
		return fmt.Sprintf("%s backup %t to %s", name, m.Backup, w.whom(m.To))
	case *wire.Move:
		return fmt.Sprintf("%s to %s", name, w.whom(m.To))
	case *wire.Reverse:
		return name + " " + w.where(m.Place)
	case *wire.Handover:
		return fmt.Sprintf("%s epoch %d", name, m.Epoch)
	case *wire.Renew:
		return fmt.Sprintf("%s epoch %d after %d", name, m.Epoch, m.Seq)
	case *wire.Report:
		return fmt.Sprintf("%s count %d, %d edges", name, m.Count, len(m.Edges))
	case *wire.Tree:
		return fmt.Sprintf("%s count %d, %d edges", name, m.Count, len(m.Edges))
	case *wire.Probe, *wire.Leave:
		return name
	}
	return name
}

// where says where somebody stands: the way down from the root.
func (w *World) where(p wire.Place) string {
	s := fmt.Sprintf("epoch %d at %s", p.Epoch, w.along(p.Path))
	if !p.Attached {
		s += " (cut off)"
	}
	return s
}

// along lists the peers of a path by their numbers.
func (w *World) along(path wire.Path) string {
	words := make([]string, len(path))
	for i, short := range path {
		words[i] = "?"
		for _, q := range w.peers {
			if wire.ShortOf(q.id) == short {
				words[i] = strconv.Itoa(int(q.number))
			}
		}
	}
	return strings.Join(words, ">")
}

// whom lists peers by their numbers.
func (w *World) whom(ids []identity.ID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = "?"
		if q := w.known(id); q != nil {
			words[i] = strconv.Itoa(int(q.number))
		}
	}
	return strings.Join(words, ">")
}
