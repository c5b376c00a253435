package rooms

import (
	"crypto/sha256"
	"testing"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// A secret room meets under another name than its own, and other rooms under their own.
func TestMeeting(t *testing.T) {
	for _, kind := range []Kind{Open, InviteOnly, Secret} {
		envelope, id, err := NewGenesis(keyOf(t, 1), Genesis{Policy: Policy{Kind: kind, Title: "Tree"}})
		if err != nil {
			t.Fatal(err)
		}
		g, _, err := OpenGenesis(envelope)
		want := id
		if kind == Secret {
			want = identity.RoomID(sha256.Sum256(append([]byte("banyan secret meeting 1\x00"), envelope...)))
		}
		if err != nil || g.Meeting != want {
			t.Errorf("a room of kind %v meets under %v, %v, want %v", kind, g.Meeting, err, want)
		}
	}
}
