//go:build slow

package plumtree_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/banyan-rooms/banyan/mesh/sim/baseline/cycles"
)

// TestSlowPaper sets figures beside those of "Epidemic broadcast trees" (SRDS 2007):
// 10,000 peers with active views of 5, one broadcast a cycle. PAPER_NODES makes
// it smaller. docs/mesh-baselines.md says where each of the paper's figures is from.
func TestSlowPaper(t *testing.T) {
	nodes := 10_000
	if n, err := strconv.Atoi(os.Getenv("PAPER_NODES")); err == nil {
		nodes = n
	}
	for _, sender := range []string{"one sender", "any sender"} {
		n := grown(t, 1, nodes, nodes/20, 10, paper(-1))
		if !n.Linked() {
			t.Error("the overlay is not one")
		}
		source := func() *cycles.Node {
			if sender == "one sender" {
				return n.Nodes[0]
			}
			return n.Anyone()
		}
		phase := func(name string, count, crashes int) {
			var s sum
			for range count {
				n.Crash(crashes)
				s.add(n.Run(source()))
			}
			t.Logf("%s, %s", sender, s.words(name))
		}
		phase("the first broadcast floods", 1, 0)
		phase("the next 9", 9, 0)
		phase("stable", 10, 0)
		phase("50 crash in each cycle", 20, nodes/200)
		phase("stable again", 10, 0)
		phase("a fifth crashes at once", 1, nodes/5)
		phase("the cycle after", 1, 0)
		phase("stable again", 10, 0)
	}
}

// sum is what some cycles came to.
type sum struct {
	cycles                          int
	reliability, worst, redundancy  float64
	ihave, graft, prune, membership float64
	lastHop                         int
}

func (s *sum) add(c cycles.Cycle) {
	if s.cycles == 0 || c.Reliability() < s.worst {
		s.worst = c.Reliability()
	}
	s.cycles++
	s.reliability += c.Reliability()
	s.redundancy += c.Redundancy()
	s.ihave += c.Each("ihave")
	s.graft += c.Each("graft")
	s.prune += c.Each("prune")
	s.membership += c.Each("join", "forward-join", "neighbor", "accept", "refuse", "disconnect", "shuffle", "shuffle-reply")
	s.lastHop += c.LastHop
}

func (s *sum) words(name string) string {
	n := float64(s.cycles)
	return fmt.Sprintf("%s (%d cycles): reliability %.4f %% (worst %.4f %%), redundancy %.4f, last hop %.1f; messages a peer: ihave %.3f, graft %.4f, prune %.4f, membership %.2f",
		name, s.cycles, 100*s.reliability/n, 100*s.worst, s.redundancy/n, float64(s.lastHop)/n, s.ihave/n, s.graft/n, s.prune/n, s.membership/n)
}
