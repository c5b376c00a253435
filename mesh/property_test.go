package mesh

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// TestAnythingHealsToOneTree has peers come, go, die, lose each other and be lied to in
// any order. No invariant breaks on the way (world.step checks them), nobody plays a
// frame twice, and once it is over there is one tree.
func TestAnythingHealsToOneTree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		w.seed = rapid.Uint64Range(0, 1000).Draw(rt, "seed")
		alive := func() (some []*peer) {
			for _, p := range w.peers {
				if !p.dead && !p.leaving {
					some = append(some, p)
				}
			}
			return some
		}
		one := func(rt *rapid.T) *peer {
			some := alive()
			if len(some) == 0 {
				rt.Skip("nobody is there")
			}
			return some[rapid.IntRange(0, len(some)-1).Draw(rt, "who")]
		}
		join := func(rt *rapid.T) {
			if len(w.peers) >= 16 {
				rt.Skip("enough")
			}
			w.join(fmt.Sprint("peer", len(w.peers)+1), Config{
				MaxChildren: rapid.SampledFrom([]int{0, 2, 3, 4, 8}).Draw(rt, "places"),
				Community:   rapid.IntRange(0, 3).Draw(rt, "community") == 0,
			})
		}
		// Whoever opens the room stays and has places, or there would be no tree to expect.
		w.join("peer1", Config{MaxChildren: 16})
		opener := w.peers[0]
		rt.Repeat(map[string]func(*rapid.T){
			"join": join,
			"wait": func(rt *rapid.T) { w.run(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "ms")) * ms) },
			"kill": func(rt *rapid.T) {
				if p := one(rt); p != opener {
					p.dead = true
					w.breakLinks(p)
				}
			},
			"stop": func(rt *rapid.T) {
				if p := one(rt); p != opener {
					w.step(p, Stop{})
				}
			},
			"talk": func(rt *rapid.T) {
				p := one(rt)
				p.talking = !p.talking
				w.step(p, Speaking{p.talking})
			},
			"split": func(rt *rapid.T) {
				for _, p := range alive() {
					p.cut = rapid.IntRange(0, 1).Draw(rt, "side")
				}
				w.partLinks()
			},
			"heal": func(*rapid.T) { w.heal() },
			"lie":  func(rt *rapid.T) { w.lie(rt, one(rt)) },
		})
		w.heal()
		w.run(10 * time.Second)
		for _, p := range w.peers {
			p.talking = false
		}
		machines := make(map[identity.ID]*Machine)
		for _, p := range alive() {
			machines[p.id] = p.Machine
		}
		err := CheckTrees(machines)
		for calm := 0; calm < 12 || err != nil && calm < 24; calm++ { // a second tree may begin at any time
			w.run(5 * time.Second)
			err = CheckTrees(machines)
		}
		if err != nil {
			rt.Errorf("%v%s", err, w.describe())
		}
		for _, p := range w.peers {
			if p.twice > 0 {
				rt.Errorf("%s played %d frames twice", p.name, p.twice)
			}
		}
	})
}

func pathOf(ids ...identity.ID) (p wire.Path) {
	for _, id := range ids {
		p = append(p, wire.ShortOf(id))
	}
	return p
}

func (w *world) heal() {
	for _, p := range w.peers {
		p.cut = 0
	}
}

// breakLinks lets the others notice, in a while, that somebody is gone.
func (w *world) breakLinks(dead *peer) {
	w.after(5*time.Second, nil, func() {
		for _, p := range w.peers {
			if p.Machine.linked(dead.id) && !p.dead {
				w.step(p, LinkDown{dead.id})
			}
		}
	})
}

// lie has a peer be told something that is not so, by another one or by a stranger.
func (w *world) lie(rt *rapid.T, to *peer) {
	from := keyOf(w.t, 1000).ID()
	if n := rapid.IntRange(0, len(w.peers)).Draw(rt, "from"); n < len(w.peers) {
		from = w.peers[n].id
	}
	ids := []identity.ID{from, to.id, keyOf(w.t, 1001).ID()}
	for _, p := range w.peers {
		ids = append(ids, p.id)
	}
	some := rapid.SliceOfN(rapid.SampledFrom(ids), 0, 4)
	place := wire.Place{
		Epoch: rapid.Uint32Range(0, 12).Draw(rt, "epoch"), Path: pathOf(append(some.Draw(rt, "path"), from)...), Attached: rapid.Bool().Draw(rt, "attached"),
		Seq: rapid.Uint32Range(0, 12).Draw(rt, "seq"), Trees: uint8(rapid.IntRange(0, wire.MaxTrees).Draw(rt, "trees")),
	}
	yes, n := rapid.Bool().Draw(rt, "yes"), rapid.Uint32Range(0, 9).Draw(rt, "n")
	messages := []wire.Message{
		&wire.Offer{Nonce: to.seekParent.nonce, Place: place, Free: n, Others: some.Draw(rt, "others")},
		&wire.Join{Backup: yes, Switch: !yes, Slots: n}, &wire.Accept{Backup: yes, Place: place},
		&wire.Redirect{Backup: yes, To: some.Draw(rt, "to")}, &wire.Leave{Up: yes}, &wire.Move{To: some.Draw(rt, "to")},
		&wire.Reverse{Place: place}, &wire.Handover{Epoch: place.Epoch}, &wire.Renew{Epoch: place.Epoch, Seq: place.Seq},
		&wire.Report{Count: n, Free: n, Edges: []wire.Edge{{From: from, To: from}}}, &wire.Tree{Count: n},
	}
	tree := rapid.IntRange(0, wire.MaxTrees-1).Draw(rt, "tree")
	raw, err := wire.Marshal(wire.On(tree, rapid.SampledFrom(messages).Draw(rt, "message")))
	if err != nil {
		rt.Fatal(err)
	}
	if msg, err := wire.Unmarshal(raw); err == nil { // else it would not have got here
		w.step(to, Received{from, msg})
	}
}
