package mesh

import (
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// rootOf returns a root with children that offer so many slots, the i-th with the ID {i+1}.
func rootOf(t *testing.T, slots ...uint32) *Machine {
	t.Helper()
	m := parentOf(t, 0)
	m.maxChildren = len(slots) + 8
	for i, n := range slots {
		id := identity.ID{byte(i + 1)}
		m.Step(time.Second, Received{id, &wire.Join{Slots: n}})
		m.Step(time.Second, LinkUp{id})
	}
	m.Drain(func(Effect) {})
	return m
}

func TestThePlanNeverGoesInCircles(t *testing.T) {
	tests := []struct {
		name  string
		slots []uint32
		heir  int // which child; 0 means nobody
		none  int // children without a plan
	}{
		{"leaves only: nobody can inherit", []uint32{0, 0, 0}, 0, 3},
		{"an only child inherits", []uint32{8}, 1, 0},
		{"the one who can feed most inherits", []uint32{2, 24, 8}, 2, 0},
		{"the first heir stays for a little more", []uint32{8, 24}, 1, 0},
		{"a crowd of leaves finds room below the heir", []uint32{0, 0, 24, 0, 0, 0, 24, 0}, 3, 0},
		{"more leaves than places", []uint32{4, 0, 0, 0, 0, 0, 0}, 1, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := rootOf(t, tt.slots...)
			plan, none := map[identity.ID]identity.ID{}, 0
			root := &m.trees[0]
			for i := range root.children {
				c := &root.children[i]
				if plan[c.id] = root.planFor(time.Second, c); plan[c.id].IsZero() {
					none++
				}
			}
			heir := root.heir(time.Second)
			if want := (identity.ID{byte(tt.heir)}); heir != want || none != tt.none {
				t.Errorf("heir %x, %d without a plan; want %x and %d", heir[0], none, want[0], tt.none)
			}
			for id, to := range plan {
				if hops := 0; !to.IsZero() {
					for ; to != heir && hops < 3; hops++ {
						to = plan[to]
					}
					if to != heir {
						t.Errorf("%x does not come to the heir", id[0])
					}
				}
			}
		})
	}
}

func TestALeaveEndsOneRelationOnly(t *testing.T) {
	m := rootOf(t, 8)
	child := identity.ID{1}
	m.Step(2*time.Second, Received{child, &wire.Leave{}}) // "I am not your parent": it never was
	if m.Children(0) != 1 {
		t.Error("a child was dropped that gave up another relation")
	}
	m.Step(2*time.Second, Received{child, &wire.Leave{Up: true}})
	if m.Children(0) != 0 {
		t.Error("a child that left is still fed")
	}
}
