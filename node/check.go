package node

import (
	"runtime"
	"sync"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/rooms"
)

// checked is what [rooms.Check] says of an item.
type checked struct {
	item rooms.Item
	err  error
}

// checkAll verifies the items of a log, on all cores: each costs a signature, and a log
// may have thousands.
func checkAll(room identity.RoomID, items [][]byte) []checked {
	all := make([]checked, len(items))
	var wg sync.WaitGroup
	for first, cores := 0, runtime.GOMAXPROCS(0); first < cores; first++ {
		wg.Go(func() {
			for i := first; i < len(items); i += cores {
				all[i].item, all[i].err = rooms.Check(room, items[i])
			}
		})
	}
	wg.Wait()
	return all
}
