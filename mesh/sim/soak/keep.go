package soak

import (
	"fmt"
	"strings"

	"github.com/banyan-rooms/banyan/mesh/sim/scenarios"
)

// longest is how much of a failure's story a file tells.
const longest = 600

// Text is the failure as a scenario file, which says what went wrong and how to see it
// again when it is called name.
func (f Failure) Text(name string, drawn uint64) ([]byte, error) {
	s := f.Scenario
	story := strings.Join(strings.Fields(f.Err.Error()), " ")
	if r := []rune(story); len(r) > longest {
		story = string(r[:longest]) + " …"
	}
	s.About = fmt.Sprintf("Soak case %d failed: %s.", drawn, story)
	text, err := scenarios.Format(s)
	if err != nil {
		return nil, err
	}
	return append([]byte("# "+Replay(name)+"\n"), text...), nil
}

// Replay is the command that plays a kept failure again and lists all that happens.
func Replay(name string) string { return "banyan-sim run " + name + " --trace trace.txt" }
