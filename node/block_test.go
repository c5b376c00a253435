package node

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/rooms"
)

// Whom somebody blocks they do not hear, here or after a restart; everybody else does,
// also those whom they feed.
func TestBlocksAreOnesOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, ears := v.stage(rooms.Open, 3, func(c *Config) { c.MaxChildren = 1 }) // a line of five
		room := host.Status().Rooms[0].ID
		block := func(p *villager, on bool) {
			t.Helper()
			if err := p.Block(t.Context(), friend.ID(), on); err != nil {
				t.Fatal(err)
			}
			if got := p.person(room, friend).Blocked; got != on {
				t.Errorf("%s shows the friend blocked: %v, want %v", p.name, got, on)
			}
		}
		time.Sleep(5 * time.Second)
		for _, p := range ears[:2] {
			block(p, true)
		}
		lines := []*listener{ears[0].listen(room), ears[1].listen(room), ears[2].listen(room), host.listen(room)}
		friend.speak(room, 50)
		time.Sleep(time.Second)
		for n, want := range []int{0, 0, 50, 50} {
			if got := lines[n].count(); got != want {
				t.Errorf("listener %d heard %d frames, want %d", n, got, want)
			}
		}
		block(ears[0], false)
		block(ears[0], false) // is so already
		friend.speak(room, 50)
		time.Sleep(time.Second)
		if got := lines[0].count(); got != 50 {
			t.Errorf("%d of 50 frames heard after the block", got)
		}
		kept := ears[1].store
		ears[1].stop()
		again := v.start("ear", ears[1].cfg.Key, kept, via(host))
		again.join(room.String())
		v.attached(room, again)
		v.until(10*time.Second, "the friend is seen, and blocked", func() bool { return again.person(room, friend).Blocked })
		for _, who := range []identity.ID{again.ID(), {}} {
			if err := again.Block(t.Context(), who, true); err == nil {
				t.Errorf("%v is blocked", who)
			}
		}
		full := errors.New("the disk is full")
		kept.mu.Lock()
		kept.full = full
		kept.mu.Unlock()
		if err := again.Block(t.Context(), friend.ID(), false); !errors.Is(err, full) || !again.person(room, friend).Blocked {
			t.Errorf("what cannot be kept: %v", err)
		}
		kept.mu.Lock()
		kept.full = nil
		kept.mu.Unlock()
	})
}
