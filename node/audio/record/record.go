// Package record keeps what is heard in a room: the packets of each speaker as they
// came, in DIR/<name>.ogg, and all of them together in DIR/mix.wav.
//
// All files have one time axis, that of the first call. Sound lies where it was heard,
// put right by media time: a buffer for each speaker (package jitter) holds frames
// for a second, so that those which a repaired tree brings late have their place too.
// What is missing after that is concealed, in the mix by the decoder and in the Ogg
// file by whoever plays it.
//
// There is no goroutine; time is an argument and belongs to the caller. Whatever
// happens, every file can be played up to two seconds before: one that frames are
// held for, and one that a page lasts.
package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/jitter"
	"github.com/banyan-rooms/banyan/node/audio/ogg"
	"github.com/banyan-rooms/banyan/node/audio/wav"
)

// Delay is how long a frame may be on its way and still be recorded in its place:
// a recording is not listened to yet, so it can wait for a tree that is repaired.
const Delay = time.Second

// patience is how much sooner than before frames may come without being moved: there
// is no hurry, and what is moved in mid-sentence is cut. The next sentence is in time.
const patience = 200 * time.Millisecond

// MixName is the file with all speakers.
const MixName = "mix.wav"

// Recorder writes one recording. It has one owner.
type Recorder struct {
	dir        string
	newDecoder func() (audio.Decoder, error)
	mixFile    *os.File
	mix        *wav.Writer
	skip       int // samples of the mix left out, to take back the codec's delay
	speakers   []*speaker

	begun bool
	start time.Duration // of the time axis
	slots int64         // 20 ms written
	now   time.Duration // latest heard of
}

// Check finds, before there is anything to record, what would keep [New] from beginning
// a recording in a folder. It makes the folder.
func Check(dir string) error {
	if err := makeDir(dir); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, MixName)); err == nil {
		return taken(dir)
	}
	probe, err := os.CreateTemp(dir, MixName+"-*")
	if err != nil {
		return elsewhere(dir, err)
	}
	return elsewhere(dir, errors.Join(probe.Close(), os.Remove(probe.Name())))
}

// New begins a recording in a folder, which is made if it is not there. A recording
// that is there already is not written over.
func New(dir string, newDecoder func() (audio.Decoder, error)) (*Recorder, error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	r := &Recorder{dir: dir, newDecoder: newDecoder, skip: ogg.PreSkip}
	var err error
	if r.mixFile, err = r.create(MixName); err != nil {
		return nil, err
	}
	if r.mix, err = wav.NewWriter(r.mixFile); err != nil {
		return nil, errors.Join(failed(r.mixFile.Name(), err), r.mixFile.Close())
	}
	return r, nil
}

// create makes a new file.
func (r *Recorder) create(name string) (*os.File, error) {
	path := filepath.Join(r.dir, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, taken(r.dir)
	}
	return f, failed(path, err)
}

func makeDir(dir string) error { return elsewhere(dir, os.MkdirAll(dir, 0o700)) }

func taken(dir string) error {
	return fmt.Errorf("there is a recording in %s already; choose another folder: %w", dir, os.ErrExist)
}

// elsewhere says that nothing can be recorded into a folder, if so.
func elsewhere(dir string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("nothing can be recorded into %s; choose another folder: %w", dir, err)
}

// Frame is a frame that was heard.
type Frame struct {
	Speaker identity.ID
	Name    string // what the speaker's file is called, should this be the first
	Key     uint64 // that it was sealed with; numbers begin anew with each
	Number  uint64 // under that key
	Arrived time.Duration
	audio.Frame
}

// Heard takes in a frame. Its packet must not be changed afterwards.
//
// An error is one of writing: the recording does not go on.
func (r *Recorder) Heard(f Frame) error {
	if err := r.Tick(f.Arrived); err != nil {
		return err
	}
	s := r.find(f.Speaker)
	if s == nil {
		var err error
		if s, err = r.begin(f.Speaker, f.Name); err != nil {
			return err
		}
	}
	s.buffer.Push(f.Arrived, f.Key, f.Number, f.Frame)
	return nil
}

// Tick lets time pass: what has waited for long enough is written.
func (r *Recorder) Tick(now time.Duration) error {
	if !r.begun {
		r.begun, r.start = true, now
	}
	r.now = max(r.now, now)
	return r.advance(r.now)
}

// advance writes all that belongs before now less the delay.
func (r *Recorder) advance(now time.Duration) error {
	for {
		due := r.start + time.Duration(r.slots)*audio.FrameDuration + Delay
		if due > now {
			return nil
		}
		if err := r.write(due); err != nil {
			return err
		}
	}
}

// write writes the next 20 ms of all files.
func (r *Recorder) write(due time.Duration) error {
	var sum [audio.FrameSamples]int32
	for _, s := range r.speakers {
		pcm, err := s.play(due, r.slots*audio.FrameSamples)
		if err != nil {
			return err
		}
		for i, v := range pcm {
			sum[i] += int32(v)
		}
	}
	r.slots++
	var out [audio.FrameSamples]int16
	for i, v := range sum {
		out[i] = int16(max(-1<<15, min(1<<15-1, v))) // two who shout at once are clipped
	}
	left := out[min(r.skip, len(out)):]
	r.skip -= len(out) - len(left)
	return failed(r.mixFile.Name(), r.mix.Write(left))
}

// Close writes what still waits and closes all files, whatever errors there are.
func (r *Recorder) Close() error {
	var all []error
	if r.begun {
		all = append(all, r.finish())
	}
	for _, s := range r.speakers {
		all = append(all, s.close())
	}
	all = append(all, failed(r.mixFile.Name(), errors.Join(r.mix.Close(), r.mixFile.Close())))
	return errors.Join(all...)
}

// finish writes all that is held.
func (r *Recorder) finish() error {
	end := r.now + Delay
	err := r.advance(end)
	for limit := end + patience; err == nil && end < limit && slices.ContainsFunc(r.speakers, (*speaker).waits); {
		end += audio.FrameDuration
		err = r.advance(end)
	}
	return err
}

// Speaker is what was recorded of one speaker.
type Speaker struct {
	ID     identity.ID
	Path   string // of the file
	Broken uint64 // packets that came and could not be decoded; concealed, and not in the file
	jitter.Stats
}

// Speakers tells of all who were heard, ordered by ID.
func (r *Recorder) Speakers() []Speaker {
	all := make([]Speaker, 0, len(r.speakers))
	for _, s := range r.speakers {
		all = append(all, Speaker{ID: s.id, Path: s.file.Name(), Broken: s.broken, Stats: s.buffer.Stats()})
	}
	slices.SortFunc(all, func(a, b Speaker) int { return a.ID.Compare(b.ID) })
	return all
}

// find gives the speaker, or nil.
func (r *Recorder) find(id identity.ID) *speaker {
	i := slices.IndexFunc(r.speakers, func(s *speaker) bool { return s.id == id })
	if i < 0 {
		return nil
	}
	return r.speakers[i]
}
