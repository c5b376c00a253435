package node

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/rooms"
)

func TestSilences(t *testing.T) {
	const s = time.Second
	ann, bob := identity.ID{1}, identity.ID{2}
	below := func(parent identity.ID) mesh.View { return mesh.View{Trees: []mesh.Branch{{Parent: parent}}} }
	tests := []struct {
		name string
		do   func(q *silences)
		at   time.Duration
		want []identity.ID
	}{
		{"given up without being asked", func(q *silences) { q.move(s, below(ann), below(bob)) }, s, nil},
		{"given up without an answer", func(q *silences) { q.ask(ann); q.move(s, below(ann), below(bob)) }, s, []identity.ID{ann}},
		{"kept without an answer", func(q *silences) { q.ask(ann); q.move(s, below(ann), below(ann)) }, s, nil},
		{"given up in one tree, fed in the other", func(q *silences) {
			q.ask(ann)
			fed := mesh.Branch{Children: []identity.ID{ann}}
			q.move(s, mesh.View{Trees: []mesh.Branch{{Parent: ann}, fed}}, mesh.View{Trees: []mesh.Branch{{Parent: bob}, fed}})
		}, s, []identity.ID{ann}},
		{"answered, and left", func(q *silences) { q.ask(ann); q.hear(ann); q.move(s, below(ann), below(bob)) }, s, nil},
		{"its link broke", func(q *silences) { q.lose(s, ann, below(ann)) }, s, []identity.ID{ann}},
		{"a link broke that was of no use", func(q *silences) { q.lose(s, bob, below(ann)) }, s, nil},
		{"heard again", func(q *silences) { q.lose(s, ann, below(ann)); q.hear(ann) }, s, nil},
		{"what was on its way says nothing", func(q *silences) { q.lose(s, ann, below(ann)); q.rumor(s+s/2, ann) }, s, []identity.ID{ann}},
		{"others heard of it", func(q *silences) { q.lose(s, ann, below(ann)); q.rumor(3*s, ann) }, 3 * s, nil},
		{"long ago", func(q *silences) { q.lose(s, ann, below(ann)) }, s + silentFor, nil},
	}
	for _, test := range tests {
		q := newSilences()
		test.do(&q)
		if got := q.now(test.at); !slices.Equal(got, test.want) {
			t.Errorf("%s: silent are %v, want %v", test.name, got, test.want)
		}
	}
}

// A relay, which shows nobody who is silent, remembers them no longer than others do.
func TestSilencesAreForgotten(t *testing.T) {
	ann := identity.ID{1}
	q := newSilences()
	q.lose(0, ann, mesh.View{Trees: []mesh.Branch{{Children: []identity.ID{ann}}}})
	q.move(silentFor-1, mesh.View{}, mesh.View{})
	if len(q.since) != 1 {
		t.Error("who is silent was forgotten too soon")
	}
	q.move(silentFor, mesh.View{}, mesh.View{})
	if len(q.since) != 0 {
		t.Errorf("%d are remembered for ever", len(q.since))
	}
}

// Who was fed by a relay that dies says so long before the others' reports do, and takes
// it back when the relay is heard of.
func TestWhoFellSilentIsShownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		relay := v.add("relay", relayNode)
		host, _, ears := v.stage(rooms.Open, 3, via(relay))
		room := host.Status().Rooms[0].ID
		v.until(15*time.Second, "the relay feeds the host", func() bool { return host.room(room).Network.HangsOn(relay.ID()) })
		time.Sleep(10 * time.Second)
		silent := func() bool { return slices.Contains(host.room(room).Tree.Silent, relay.ID()) }
		if silent() {
			t.Error("a relay that lives is silent")
		}
		everyone := []identity.ID{host.ID()}
		for _, p := range ears {
			everyone = append(everyone, p.ID())
		}
		began := time.Now()
		v.world.Partition(everyone, []identity.ID{relay.ID()})
		v.until(2*time.Second, "it is seen that the relay is silent", silent)
		t.Logf("seen after %v", time.Since(began))
		v.world.Heal()
		v.until(20*time.Second, "it is seen that the relay is there again", func() bool { return !silent() })
	})
}
