package wire

import (
	"testing"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// typical are a beacon and the messages that a room of many peers sends most, as it
// sends them.
func typical() (Beacon, []Message) {
	id := func(n byte) identity.ID { return identity.ID{n, n, n, n, n, n, n} }
	deep := Place{Epoch: 3, Attached: true, Seq: 900, Frames: 80_000, Count: 5000, Open: 3, Delay: 180, Trees: 2}
	for n := range byte(8) {
		deep.Path = append(deep.Path, ShortOf(id(n+1)))
	}
	seen := []Seen{{KID: 7, Top: 8000, Bits: 1<<64 - 1}, {KID: 9, Top: 300, Bits: 1 << 40}}
	var edges []Edge
	for n := range byte(20) {
		edges = append(edges, Edge{id(n), id(n + 1)})
	}
	return Beacon{Tree: 1, Place: deep, Sent: 700}, []Message{
		&Probe{Nonce: 1 << 30, Slots: 4, Parent: ShortOf(id(3))},
		&Offer{Nonce: 1 << 30, Place: deep, Free: 2, Spare: 4, Others: []identity.ID{id(1), id(2), id(3)}},
		&Join{Switch: true, Slots: 4, Seen: seen, Parent: ShortOf(id(3))},
		&Accept{Place: deep, Seen: seen},
		&Redirect{To: []identity.ID{id(1), id(2), id(3)}},
		&Leave{Up: true},
		&Report{Count: 40, Edges: edges, Free: 1, Offers: [MaxTrees]uint32{90, 80}, Slots: 4, Open: 1},
		&Renew{Epoch: 3, Seq: 900},
	}
}

func BenchmarkMarshal(b *testing.B) {
	beacon, messages := typical()
	b.Run("beacon", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := beacon.Datagram(); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, m := range messages {
		b.Run(NameOf(m.kind()), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Marshal(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	beacon, messages := typical()
	raw, err := beacon.Datagram()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("beacon", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseBeacon(raw[1:]); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, m := range messages {
		raw, err := Marshal(m)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(NameOf(m.kind()), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Unmarshal(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
