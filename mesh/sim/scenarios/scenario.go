package scenarios

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline"
)

//go:embed *.yaml
var files embed.FS

// Bounds on what a file may ask for.
const (
	maxFile  = 1 << 20
	maxSeeds = 1_000_000
)

// firstSeed is the first seed of a scenario that names none.
const firstSeed = 1

// Scenario is what is played, and what is expected.
type Scenario struct {
	Name     string // of the file, without its ending
	About    string
	Seed     uint64 // the first one
	Seeds    int
	Calm     time.Duration // when the world gets calm (see [sim.World.Calm]); 0: never
	Duration time.Duration
	World    sim.Config // its Seed is set by each run
	Targets  []Target
}

// Target is what a measure should be.
type Target struct {
	Name    string   // T1 to T18, or one's own
	Measure string   // the path of a number in a report's JSON
	AtMost  *float64 // either this
	AtLeast *float64 // or this
}

// Names are the scenarios that come with the program.
func Names() []string {
	all, err := fs.Glob(files, "*.yaml")
	if err != nil {
		panic(err) // the pattern is fine
	}
	for i, name := range all {
		all[i] = strings.TrimSuffix(name, ".yaml")
	}
	return all
}

// Load reads a scenario: a file, or one that comes with the program, by its name.
func Load(name string) (Scenario, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if builtin, missing := files.ReadFile(strings.TrimSuffix(name, ".yaml") + ".yaml"); missing == nil {
			text, err = builtin, nil
		} else if !strings.ContainsAny(name, "./\\") {
			return Scenario{}, fmt.Errorf("there is no scenario %q; there are %s, or name a file", name, strings.Join(Names(), ", "))
		}
	}
	if err != nil {
		return Scenario{}, err
	}
	s, err := Parse(text)
	if err != nil {
		return Scenario{}, fmt.Errorf("scenario %s: %w", name, err)
	}
	s.Name = strings.TrimSuffix(path.Base(name), ".yaml")
	return s, nil
}

// file is a scenario as it is written.
type file struct {
	About    string   `yaml:"about"`
	Seed     *uint64  `yaml:"seed"`
	Seeds    int      `yaml:"seeds"`
	Calm     duration `yaml:"calm"`
	Duration duration `yaml:"duration"`
	Protocol string   `yaml:"protocol"`
	World    world    `yaml:"world"`
	Faults   []fault  `yaml:"faults"`
	Targets  []target `yaml:"targets"`
}

type world struct {
	Peers             int      `yaml:"peers"`
	Community         *int     `yaml:"community"`
	Relays            *share   `yaml:"relays"`
	Children          int      `yaml:"children"`
	CommunityChildren int      `yaml:"community-children"`
	Trees             int      `yaml:"trees"`
	Speakers          int      `yaml:"speakers"`
	Speech            string   `yaml:"speech"`
	Slack             duration `yaml:"slack"`
	Uplinks           []uplink `yaml:"uplinks"`
	Geography         string   `yaml:"geography"`
	Loss              share    `yaml:"loss"`
	LossBurst         float64  `yaml:"loss-burst"`
	Arrivals          duration `yaml:"arrivals"`
	Churn             share    `yaml:"churn"`
	Graceful          share    `yaml:"graceful"`
}

type uplink struct {
	Share share `yaml:"share"`
	Kbps  int   `yaml:"kbps"`
}

type fault struct {
	At    duration `yaml:"at"`
	What  string   `yaml:"what"`
	Share share    `yaml:"share"`
	For   duration `yaml:"for"`
	Peers int      `yaml:"peers"`
}

type target struct {
	Name    string   `yaml:"name"`
	Measure string   `yaml:"measure"`
	AtMost  *float64 `yaml:"at-most"`
	AtLeast *float64 `yaml:"at-least"`
}

// duration is written as [time.ParseDuration] reads it.
type duration time.Duration

// UnmarshalYAML implements [yaml.Unmarshaler].
func (d *duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v < 0 {
		return fmt.Errorf("line %d: %q is no duration such as 200ms or 1m30s", n.Line, n.Value)
	}
	*d = duration(v)
	return nil
}

// share is written as 30% or as 0.3.
type share float64

// UnmarshalYAML implements [yaml.Unmarshaler].
func (s *share) UnmarshalYAML(n *yaml.Node) error {
	number, percent := strings.CutSuffix(n.Value, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		v /= 100
	}
	if err != nil || v < 0 {
		return fmt.Errorf("line %d: %q is no share such as 30%% or 0.3", n.Line, n.Value)
	}
	*s = share(v)
	return nil
}

var kinds = map[string]sim.FaultKind{
	"kill-relay": sim.KillRelay, "kill-root": sim.KillRoot, "kill-relays": sim.KillRelays,
	"split": sim.Split, "drop": sim.Drop, "crowd": sim.Crowd,
}

var speeches = map[string]sim.Speech{"": sim.Turns, "turns": sim.Turns, "conversation": sim.Conversation}

var geographies = map[string]func() sim.Geography{"": sim.Continent, "continent": sim.Continent, "globe": sim.Globe}

// Parse reads a scenario's text.
func Parse(text []byte) (Scenario, error) {
	if len(text) > maxFile {
		return Scenario{}, fmt.Errorf("%d bytes, at most %d", len(text), maxFile)
	}
	var f file
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return Scenario{}, err
	}
	s := Scenario{About: strings.TrimSpace(f.About), Seed: firstSeed, Seeds: f.Seeds, Calm: time.Duration(f.Calm), Duration: time.Duration(f.Duration)}
	if s.Seeds == 0 {
		s.Seeds = 10
	}
	if f.Seed != nil {
		s.Seed = *f.Seed
	}
	if s.Seeds < 1 || s.Seeds > maxSeeds || s.Duration <= 0 {
		return Scenario{}, fmt.Errorf("%d seeds of %v each: want 1 to %d, for a positive time", s.Seeds, s.Duration, maxSeeds)
	}
	if s.Calm >= s.Duration {
		return Scenario{}, fmt.Errorf("calm at %v: want it within %v", s.Calm, s.Duration)
	}
	var err error
	if s.World, err = f.World.config(); err != nil {
		return Scenario{}, err
	}
	if s.World.Protocol, err = baseline.Named(f.Protocol); err != nil {
		return Scenario{}, err
	}
	for _, one := range f.Faults {
		kind, known := kinds[one.What]
		if !known || time.Duration(one.At) >= s.Duration {
			return Scenario{}, fmt.Errorf("fault %q at %v: want one of kill-relay, kill-root, kill-relays, split, drop, crowd, within %v",
				one.What, time.Duration(one.At), s.Duration)
		}
		s.World.Faults = append(s.World.Faults, sim.Fault{
			At: time.Duration(one.At), Kind: kind, Share: float64(one.Share), For: time.Duration(one.For), Peers: one.Peers,
		})
	}
	for _, one := range f.Targets {
		if one.Name == "" || (one.AtMost == nil) == (one.AtLeast == nil) {
			return Scenario{}, fmt.Errorf("target %q: want a name, a measure, and either at-most or at-least", one.Name)
		}
		if _, err := number(sim.Report{}, one.Measure); err != nil {
			return Scenario{}, fmt.Errorf("target %s: %w", one.Name, err)
		}
		s.Targets = append(s.Targets, Target(one))
	}
	return s, s.World.Validate()
}

func (w world) config() (sim.Config, error) {
	speech, known := speeches[w.Speech]
	if !known {
		return sim.Config{}, fmt.Errorf("speech %q: want turns or conversation", w.Speech)
	}
	geography, known := geographies[w.Geography]
	if !known {
		return sim.Config{}, fmt.Errorf("geography %q: want continent or globe", w.Geography)
	}
	c := sim.Config{
		Peers: w.Peers, Trees: w.Trees, MaxChildren: w.Children, CommunityChildren: w.CommunityChildren, Speakers: w.Speakers,
		Speech: speech, Slack: time.Duration(w.Slack), Geography: geography(),
		Loss: sim.Loss{Rate: float64(w.Loss), Burst: w.LossBurst}, Arrivals: time.Duration(w.Arrivals),
		Churn: sim.Churn{Rate: float64(w.Churn), Graceful: float64(w.Graceful)},
	}
	for _, u := range w.Uplinks {
		c.Uplinks = append(c.Uplinks, sim.Uplink{Share: float64(u.Share), Kbps: u.Kbps})
	}
	if w.Community != nil {
		if c.Community = *w.Community; c.Community == 0 {
			c.Community = -1 // where 0 is the default
		}
	}
	if w.Relays != nil {
		if c.Relays = float64(*w.Relays); c.Relays == 0 {
			c.Relays = -1
		}
	}
	return c, nil
}
