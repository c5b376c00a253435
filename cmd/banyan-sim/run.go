package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/cmd/internal/program"
	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline"
)

// options are what `run` can be told beside the world itself.
type options struct {
	world      sim.Config
	duration   time.Duration
	loss       percent
	lossBurst  float64
	churn      percent
	graceful   percent
	relays     percent
	seeds      int
	protocol   choice[struct{}]
	killRelay  time.Duration
	killRoot   time.Duration
	speech     choice[sim.Speech]
	geography  choice[func() sim.Geography]
	json       bool
	trace      string
	cpuprofile string
}

func runCommand() *cobra.Command {
	o := &options{
		speech:    choice[sim.Speech]{"turns", map[string]sim.Speech{"turns": sim.Turns, "conversation": sim.Conversation}},
		geography: choice[func() sim.Geography]{"continent", map[string]func() sim.Geography{"continent": sim.Continent, "globe": sim.Globe}},
		relays:    0.3,
		protocol:  protocols(),
	}
	cmd := &cobra.Command{
		Use:   "run [SCENARIO]",
		Short: "Run a room, or a scenario with many seeds, and report",
		Long: `Run one room for a while of simulated time and report what its listeners heard:

  depth       hops from the root to a peer
  delivered   share of the frames that listeners played in time, from each one's
              first sound (or two seconds after it came, if that is earlier)
  delay       from capture to arrival
  gap         the longest row of missing frames, as time: of each listener below a
              peer that died, in the ten seconds around the death; without any
              death, of each listener in the whole run
  join        from a peer's arrival to its first sound

Or play a scenario, a YAML file or one of banyan-sim scenarios: a room, what goes wrong
in it, and what is expected of the mesh. It is run with many seeds, and each measure is
shown with its 95 % interval over the seeds and whether the target holds.

The run stops at once, with exit code 1, when an invariant of the mesh breaks (a
loop, a frame played twice, ...), and prints the command that shows it again.`,
		Example: `  # A thousand listeners, half of the machine's minute
  banyan-sim run --peers 1000 --seed 7 --duration 60s

  # A relay dies in mid-sentence: how long is the gap below it?
  banyan-sim run --peers 300 --kill-relay 20s

  # A rough evening: 2 % loss in bursts, half of the room replaced each minute
  banyan-sim run --peers 300 --loss 2% --churn 50%

  # The first ten thousand events, readable
  banyan-sim run --peers 30 --duration 10s --trace /dev/stdout | head -n 10000

  # A scenario: is the target for a relay that dies met?
  banyan-sim run T2 --seeds 40 --json

  # The same with Plumtree instead of Banyan's mesh
  banyan-sim run T2 --protocol plumtree

  # Ten seeds for a table of your own
  for s in $(seq 10); do banyan-sim run --peers 300 --seed $s --json; done | jq -s 'map(.delay_ms.p95)'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return o.play(cmd, args[0])
			}
			return o.run(cmd)
		},
	}
	o.flags(cmd)
	return cmd
}

func (o *options) flags(cmd *cobra.Command) {
	f, w := cmd.Flags(), &o.world
	f.IntVar(&w.Peers, "peers", 1000, "peers in the room, relays and speakers among them")
	f.Uint64Var(&w.Seed, "seed", 1, "what the run's randomness starts from")
	f.IntVar(&o.seeds, "seeds", 0, "of a scenario: how many runs, from --seed on (0: as it says)")
	f.DurationVar(&o.duration, "duration", time.Minute, "how much simulated time to run")
	f.DurationVar(&o.killRelay, "kill-relay", 0, "when the relay with most peers below it dies without a word (0: never)")
	f.DurationVar(&o.killRoot, "kill-root", 0, "when the root dies without a word (0: never)")
	f.Var(&o.loss, "loss", "share of datagrams that a link loses, such as 2%")
	f.Float64Var(&o.lossBurst, "loss-burst", 3, "datagrams lost in a row, on average (1: each by itself)")
	f.Var(&o.churn, "churn", "share of the peers that leave in a minute and are replaced, such as 3%")
	f.Var(&o.graceful, "graceful", "share of those who leave that say goodbye; the others crash")
	f.IntVar(&w.Speakers, "speakers", 2, "peers on the stage")
	f.Var(&o.protocol, "protocol", "what the peers run: Banyan's mesh, or what it is compared with: "+o.protocol.names())
	f.Var(&o.speech, "speech", "how they talk: "+o.speech.names())
	f.Var(&o.relays, "relays", "share of the peers that are willing and dialable")
	f.IntVar(&w.Community, "community", 1, "community relays: servers that stay")
	f.IntVar(&w.MaxChildren, "max-children", 0, "children that a willing peer feeds (0: the mesh's default)")
	f.IntVar(&w.CommunityChildren, "community-children", 64, "children that a community relay feeds")
	f.Var(&o.geography, "world", "where peers live: "+o.geography.names())
	f.DurationVar(&w.Slack, "slack", 200*time.Millisecond, "a frame that comes later than this after a packet straight from the speaker could is not played")
	f.DurationVar(&w.Arrivals, "arrivals", 5*time.Second, "listeners arrive evenly over this time, from the third second on")
	f.BoolVar(&o.json, "json", false, "print one JSON object instead of the table")
	f.StringVar(&o.trace, "trace", "", "write each event as a line of text to `FILE` (slow)")
	f.StringVar(&o.cpuprofile, "cpuprofile", "", "write a CPU profile to `FILE`")
	cobra.CheckErr(f.MarkHidden("cpuprofile"))
}

// protocols is the choice of what the peers run.
func protocols() choice[struct{}] {
	c := choice[struct{}]{baseline.Banyan, make(map[string]struct{})}
	for _, name := range baseline.Names() {
		c.of[name] = struct{}{}
	}
	return c
}

// run is the whole command: set up, run, report.
func (o *options) run(cmd *cobra.Command) (err error) {
	log, err := program.Log(cmd)
	if err != nil {
		return err
	}
	config, err := o.config(cmd)
	if err != nil {
		return err
	}
	closeFiles, err := o.open(&config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeFiles()) }()

	spareMemory(config.Peers)
	world, err := sim.New(config)
	if err != nil {
		return err
	}
	log.Debug("world made", "peers", config.Peers, "seed", config.Seed)
	started := time.Now()
	if err := advance(cmd.Context(), world, o.duration, cmd.ErrOrStderr()); err != nil {
		if errors.Is(err, context.Canceled) {
			return err
		}
		return fmt.Errorf("%w\nShow it again: %s", err, o.replay(cmd))
	}
	wall := time.Since(started)
	log.Debug("world run", "wall", wall.Round(time.Millisecond))
	return o.print(cmd.OutOrStdout(), cmd.Root().Version, world.Report(), wall)
}

// config puts the world's flags together.
func (o *options) config(cmd *cobra.Command) (sim.Config, error) {
	c := o.world
	c.Loss = sim.Loss{Rate: float64(o.loss), Burst: o.lossBurst}
	c.Churn = sim.Churn{Rate: float64(o.churn), Graceful: float64(o.graceful)}
	c.Relays = float64(o.relays)
	c.Speech = o.speech.value()
	c.Geography = o.geography.value()()
	maker, err := baseline.Named(o.protocol.word)
	if err != nil {
		return c, program.Usage("%w", err)
	}
	c.Protocol = maker
	if c.Relays == 0 {
		c.Relays = -1 // 0 would be the default
	}
	if c.Community == 0 {
		c.Community = -1
	}
	if o.duration <= 0 {
		return c, program.Usage("--duration %v: want a positive time", o.duration)
	}
	for _, kill := range []struct {
		flag string
		at   time.Duration
		kind sim.FaultKind
	}{{"kill-relay", o.killRelay, sim.KillRelay}, {"kill-root", o.killRoot, sim.KillRoot}} {
		if err := o.within(cmd, kill.flag, kill.at); err != nil {
			return c, err
		}
		if kill.at > 0 {
			c.Faults = append(c.Faults, sim.Fault{At: kill.at, Kind: kill.kind})
		}
	}
	if err := c.Validate(); err != nil {
		return c, program.Usage("%w", err)
	}
	return c, nil
}

// within checks that what a flag names happens while the world runs.
func (o *options) within(cmd *cobra.Command, flag string, at time.Duration) error {
	if cmd.Flags().Changed(flag) && (at <= 0 || at >= o.duration) {
		return program.Usage("--%s %v: want a time within the run of %v", flag, at, o.duration)
	}
	return nil
}
