package node

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/proof"
	"github.com/banyan-rooms/banyan/crypto/sframe"
	"github.com/banyan-rooms/banyan/mesh/wire"
	"github.com/banyan-rooms/banyan/node/audio"
)

// Numbers of frames are reserved durably, a minute of speech at a time, before one of
// them is used: a number that is used twice would give the sound away.
const (
	reserved   = 3000
	reserveLow = 1000 // fewer left: reserve the next minute
)

// Say speaks one Opus packet of the person's own. It does not block and does not keep
// the packet.
func (n *Node) Say(room identity.RoomID, f audio.Frame) error {
	m, err := n.member(room)
	if err != nil {
		return err
	}
	if len(f.Packet) == 0 || len(f.Packet) > audio.MaxPacket {
		return fmt.Errorf("speak: a packet of %d bytes, want 1 to %d", len(f.Packet), audio.MaxPacket)
	}
	shown := m.shown.Load()
	me, _ := shown.view.Me()
	switch {
	case !shown.keyed:
		return ErrNoSecret
	case !me.OnStage:
		return ErrNotOnStage
	case me.Muted:
		return ErrMuted
	}
	captured := time.Now()
	p := plain{Timestamp: f.Timestamp, Captured: clockMS(captured), Packet: slices.Clone(f.Packet)}
	if !m.offer(func(now time.Duration) { m.speak(now, f.Level, p) }) {
		return ErrBusy
	}
	m.ears.note(n.ID(), f.Level, captured)
	return nil
}

// speak seals a frame and sends it on its way into the tree.
func (m *member) speak(now time.Duration, level uint8, p plain) {
	m.openMouth(m.speaks)
	ctr, ok := m.mouth.take()
	if !ok || !m.speaks || m.parted != 0 {
		m.n.counters.unsent.Add(1)
		return // no number yet: milliseconds after one went on stage
	}
	trees, covered := m.mesh.Way(ctr)
	if covered {
		p.Cover = m.mouth.cover(ctr, p)
	}
	m.mouth.last, m.mouth.lastCTR = p, ctr
	plaintext := p.bytes()
	meta := wire.Metadata(level)
	if proof.Due(ctr) {
		plaintext[flagsAt] |= withProof
	}
	signed, err := m.mouth.prover.Append(plaintext, ctr, meta[:], plaintext)
	if err != nil {
		panic(fmt.Sprintf("prove own frame: %v", err)) // our own key
	}
	plaintext = signed
	raw := make([]byte, 0, 3+sframe.Overhead+len(plaintext))
	raw = m.mouth.key.AppendSeal(wire.AppendFrame(raw, trees, level, nil), ctr, meta[:], plaintext)
	f, err := wire.ParseFrame(raw)
	if err != nil {
		panic(fmt.Sprintf("own frame: %v", err)) // within its bounds by audio.MaxPacket and proof.MaxSize
	}
	m.forward(now, identity.ID{}, f, raw)
}

// mouth is what one speaks with in one epoch. The zero mouth is shut.
type mouth struct {
	key       *sframe.Key
	prover    *proof.Prover
	epoch     uint32
	next, end uint64 // numbers that may be used
	spare     uint64 // the first of those that come after them
	spareEnd  uint64
	last      plain // what was said last
	lastCTR   uint64
}

// cover is what the frame before said, for the next one to carry: if it was the one
// before, not long ago, and both fit.
func (m *mouth) cover(ctr uint64, next plain) cover {
	earlier := next.Timestamp - m.last.Timestamp
	if m.lastCTR+1 != ctr || len(m.last.Packet) == 0 || earlier > math.MaxUint16 || len(m.last.Packet)+len(next.Packet) > maxCovered {
		return cover{}
	}
	return cover{Earlier: uint16(earlier), Packet: m.last.Packet}
}

// take takes the next number.
func (m *mouth) take() (ctr uint64, ok bool) {
	if m.next == m.end {
		m.next, m.end, m.spare, m.spareEnd = m.spare, m.spareEnd, 0, 0
	}
	if m.next == m.end {
		return 0, false
	}
	m.next++
	return m.next - 1, true
}

// low tells whether more numbers should be reserved.
func (m *mouth) low() bool { return m.end-m.next < reserveLow && m.spare == m.spareEnd }

// openMouth follows the stage: whoever is on it and has the secret of the epoch may
// speak. Until all had time to fetch a new epoch's secret, and there are numbers for it,
// the old one's key serves.
func (m *member) openMouth(onStage bool) {
	n := m.speaking()
	if _, have := m.secrets[n]; !have || !onStage || m.reserving {
		return // speak checks; the numbers stay good
	}
	if m.mouth.key != nil && m.mouth.epoch == n && !m.mouth.low() {
		return
	}
	m.reserving = true
	m.running.Go(func() {
		first, err := m.n.cfg.Store.Reserve(counterOf(m.id, n), reserved)
		if err != nil {
			m.log.Warn("you may not be heard soon: the place in your sound could not be written down", "error", err)
		}
		m.await(func(time.Duration) {
			m.reserving = false
			if err == nil {
				m.reservedFrom(n, first)
			}
		})
	})
}

// reservedFrom takes in numbers for an epoch.
func (m *member) reservedFrom(n uint32, first uint64) {
	if m.mouth.key == nil || m.mouth.epoch != n {
		secret, have := m.secrets[n]
		if !have {
			return // an epoch that is over
		}
		key, err := secret.SenderKey(m.id, n, m.n.ID())
		if err != nil {
			panic(err) // only an unknown suite can fail
		}
		stream := proof.Stream{Room: m.id, Epoch: n, KID: key.KID()}
		m.mouth = mouth{key: key, prover: proof.NewProver(m.n.cfg.Key, stream), epoch: n}
	}
	m.mouth.spare, m.mouth.spareEnd = first, first+reserved
	m.openMouth(m.speaks) // the epoch may be another one by now
}

// counterOf names the counter of one's own frames in an epoch.
func counterOf(room identity.RoomID, n uint32) []byte {
	return binary.BigEndian.AppendUint32(append([]byte("frames"), room[:]...), n)
}
