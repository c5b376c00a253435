package main

import (
	"testing"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
)

func TestAForgedVoiceIsToldOnce(t *testing.T) {
	ann, bob := person(t, 1).ID(), person(t, 2).ID()
	looks := []struct {
		people []node.Person
		want   int
	}{
		{nil, 0},
		{[]node.Person{{ID: ann, Voice: "proven"}, {ID: bob, Voice: "unproven"}}, 0},
		{[]node.Person{{ID: ann, Voice: "forged"}, {ID: bob, Voice: "proven"}}, 1},
		{[]node.Person{{ID: ann, Voice: "forged"}, {ID: bob, Voice: "forged"}}, 1},
		{[]node.Person{{ID: ann, Voice: "proven"}, {ID: bob, Voice: "forged"}}, 0},
		{[]node.Person{{ID: ann, Voice: "forged"}}, 1}, // once more
	}
	var d doubts
	for n, look := range looks {
		if got := d.begun(look.people); len(got) != look.want {
			t.Errorf("look %d: told of %v, want %d", n, got, look.want)
		}
	}
}

func TestReachTellsMoves(t *testing.T) {
	var r reach
	at := node.NetworkStatus{Attached: true, Paths: []node.Path{{Attached: true, Root: identity.ID{1}, Parent: identity.ID{2}, Depth: 1}}}
	if r.moved(node.NetworkStatus{}) {
		t.Error("nowhere is where it was")
	}
	if !r.moved(at) {
		t.Error("it came into the tree")
	}
	if at.Received, at.DelayMS, at.Paths[0].Children = 7, 20, 4; r.moved(at) {
		t.Error("hearing is not moving")
	}
	if at.Paths[0].Backup = (identity.ID{3}); !r.moved(at) {
		t.Error("another backup is another place")
	}
}
