package scenarios

import (
	"errors"
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim"
)

// What a calm room may fail at.
var (
	// ErrUnsettled is a room that did not become one tree again.
	ErrUnsettled = errors.New("the room is not one tree again")
	// ErrDeaf is a room that is one tree, in which somebody hears too little.
	ErrDeaf = errors.New("somebody does not hear the stage")
)

// Ran is what one run came to.
type Ran struct {
	Report sim.Report // also of a run that failed, up to then
	Judged bool       // the room was calm at last and had what a tree is made of
}

// slice is how much simulated time runs between two looks at stop.
const slice = 100 * time.Millisecond

// Run plays a scenario once, with a seed. stop is asked now and then; what it returns ends
// the run. The error is that, or the first invariant that breaks, or of a scenario that
// gets calm [ErrUnsettled] or [ErrDeaf].
func Run(s Scenario, seed uint64, stop func() error) (Ran, error) {
	cfg := s.World
	cfg.Seed = seed
	w, err := sim.New(cfg)
	if err != nil {
		return Ran{}, err
	}
	if s.Calm == 0 {
		err = advance(w, s.Duration, stop)
		return Ran{Report: w.Report()}, err
	}
	if err := advance(w, s.Calm, stop); err != nil {
		return Ran{Report: w.Report()}, err
	}
	judged, err := settle(w, s.Duration, stop)
	return Ran{Report: w.Report(), Judged: judged}, err
}

// advance runs a world up to a time.
func advance(w *sim.World, until time.Duration, stop func() error) error {
	for w.Now() < until {
		if err := stop(); err != nil {
			return err
		}
		if err := w.Run(min(w.Now()+slice, until)); err != nil {
			return err
		}
	}
	return nil
}

const (
	// settledEvery is how often it is looked whether a calm room is one tree.
	settledEvery = time.Second
	// listening is how long all must then hear the stage, and the room stay one tree.
	listening = 5 * time.Second
	// heardWell is the share of the frames that everybody must hear in it, in percent: a
	// child that is moved to a better place may lose one.
	heardWell = 90
)

// settle calms a world and waits until all is well with it, or says at the end what is not.
// A room that is too tight for a tree is not judged.
func settle(w *sim.World, until time.Duration, stop func() error) (judged bool, err error) {
	w.Calm()
	for calm := w.Now(); ; {
		if err := advance(w, min(w.Now()+settledEvery, until), stop); err != nil {
			return false, err
		}
		ill := settled(w, calm)
		if ill == nil {
			before := w.Hearing()
			if err := advance(w, min(w.Now()+listening, until), stop); err != nil {
				return false, err
			}
			if ill = errors.Join(settled(w, calm), hearing(w, before)); ill == nil {
				return true, nil
			}
		}
		if w.Now() >= until {
			if !roomy(w.Supply()) {
				return false, nil
			}
			return true, ill
		}
	}
}

// settled tells what keeps a room that is calm since a time from being one tree.
func settled(w *sim.World, calm time.Duration) error {
	if err := w.Settled(); err != nil {
		return fmt.Errorf("%w %v after the last fault: %w", ErrUnsettled, w.Now()-calm, err)
	}
	return nil
}

// hearing tells who has heard too little since it was looked before.
func hearing(w *sim.World, before []sim.Hearing) error {
	then := make(map[int]sim.Hearing, len(before))
	for _, h := range before {
		then[h.Peer] = h
	}
	for _, h := range w.Hearing() {
		b, there := then[h.Peer]
		if !there {
			continue // came meanwhile
		}
		played, missed := h.Played-b.Played, h.Missed-b.Missed
		if played*100 < (played+missed)*heardWell {
			return fmt.Errorf("%w: seed %d at %v, event %d: peer %d has heard %d of %d frames",
				ErrDeaf, w.Report().Seed, w.Now(), w.Events(), h.Peer, played, played+missed)
		}
	}
	return nil
}

// Bounds on what a tree can be expected of: half as many places again as peers, and not so
// few to each that it has to be deep. Four levels hold ten thousand peers (T9).
const (
	placesFor = 150 // percent of the peers
	deepest   = 4
)

// roomy tells whether a room has what a tree is made of.
func roomy(s sim.Supply) bool {
	return s.Places*100 >= s.Peers*placesFor && s.Depth >= 0 && s.Depth <= deepest
}
