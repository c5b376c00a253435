package proof

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

var updateGolden = flag.Bool("update-golden", false, "write testdata/golden.json anew; only together with a new version of the format")

func keyOf(t testing.TB, n byte) identity.Key {
	t.Helper()
	k, err := identity.Generate(bytes.NewReader(bytes.Repeat([]byte{n}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var (
	stream = Stream{Room: identity.RoomID{1, 2, 3}, Epoch: 4, KID: 0x0506}
	meta   = []byte{1, 20}
)

// frame is one that travels: what is opened of it.
type frame struct {
	ctr       uint64
	plaintext []byte
	proof     []byte
	forged    bool
}

// speaker says frames, the honest way.
type speaker struct {
	t      testing.TB
	prover *Prover
	ctr    uint64
}

func newSpeaker(t testing.TB, first uint64) *speaker {
	return &speaker{t, NewProver(keyOf(t, 1), stream), first}
}

func words(ctr uint64, tag byte) []byte { return append(binary.BigEndian.AppendUint64(nil, ctr), tag) }

func (s *speaker) say() frame {
	s.t.Helper()
	f := frame{ctr: s.ctr, plaintext: words(s.ctr, 0)}
	proof, err := s.prover.Append(nil, f.ctr, meta, f.plaintext)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(proof) > 0 {
		f.proof = proof
	}
	s.ctr++
	return f
}

// listener takes frames and counts.
type listener struct {
	*Verifier[frame]
	played, forged, copies int
	alarms                 []Alarm
	order                  []uint64
}

func newListener(t testing.TB) *listener {
	return &listener{Verifier: NewVerifier[frame](keyOf(t, 1).ID(), stream)}
}

func (l *listener) hear(f frame) {
	play, alarm, fresh := l.Take(nil, f.ctr, meta, f.plaintext, f.proof, f)
	if !fresh {
		l.copies++
	}
	for _, p := range play {
		l.played++
		l.order = append(l.order, p.ctr)
		if p.forged {
			l.forged++
		}
	}
	if alarm != NoAlarm {
		l.alarms = append(l.alarms, alarm)
	}
}

func TestAnHonestVoiceIsHeardAtOnce(t *testing.T) {
	for _, first := range []uint64{0, 3, 4, 5, 1 << 40} {
		s, l := newSpeaker(t, first), newListener(t)
		if l.Proven() {
			t.Error("proven before anything was said")
		}
		for n := range 500 {
			l.hear(s.say())
			if l.played != n+1 {
				t.Fatalf("from %d: %d played of %d", first, l.played, n+1)
			}
		}
		if !l.Proven() || len(l.alarms) > 0 || l.unproven() > 0 || l.Alarm() != NoAlarm {
			t.Errorf("from %d: proven %v, alarms %v, %d unproven", first, l.Proven(), l.alarms, l.unproven())
		}
	}
}

// TestLossIsNoForgery hears an hour of honest speech by a bad way.
func TestLossIsNoForgery(t *testing.T) {
	const hour = 3600 * 50
	for _, tt := range []struct {
		name string
		loss func(r *rand.Rand, lost bool) float64 // after a frame that was lost or not
	}{
		{"20 %", func(*rand.Rand, bool) float64 { return 0.2 }},
		{"20 % in bursts of four", func(_ *rand.Rand, lost bool) float64 {
			if lost {
				return 0.75
			}
			return 0.0625
		}},
		{"5 % in bursts of a second", func(_ *rand.Rand, lost bool) float64 {
			if lost {
				return 0.98
			}
			return 0.001
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			s, l := newSpeaker(t, 0), newListener(t)
			lost, heard := false, 0
			for range hour {
				f := s.say()
				if lost = r.Float64() < tt.loss(r, lost); !lost {
					heard++
					l.hear(f)
				}
			}
			if len(l.alarms) > 0 || l.played != heard {
				t.Errorf("alarms %v, %d played of %d", l.alarms, l.played, heard)
			}
		})
	}
}

// TestForgersAreMuted has somebody with the key speak in the speaker's voice, in all the
// ways there are, for ten seconds.
func TestForgersAreMuted(t *testing.T) {
	liar := keyOf(t, 2)
	plain := func(ctr uint64) frame { return frame{ctr: ctr, plaintext: words(ctr, 1), forged: true} }
	signedBy := func(p *Prover, ctr uint64) frame {
		f := plain(ctr)
		proof, err := p.Append(nil, f.ctr, meta, f.plaintext)
		if err != nil {
			t.Fatal(err)
		}
		if len(proof) > 0 {
			f.proof = proof
		}
		return f
	}
	own := NewProver(liar, stream)
	otherRoom := NewProver(keyOf(t, 1), Stream{Room: identity.RoomID{9}, Epoch: stream.Epoch, KID: stream.KID})
	otherEpoch := NewProver(keyOf(t, 1), Stream{Room: stream.Room, Epoch: stream.Epoch + 1, KID: stream.KID})
	var stolen []byte
	sly := func(ahead uint64) func(uint64, frame) []frame {
		return func(ctr uint64, _ frame) []frame {
			if Due(ctr + ahead) {
				return nil
			}
			return []frame{plain(ctr + ahead)}
		}
	}
	for _, tt := range []struct {
		name   string
		speaks bool // the speaker does, too
		lies   func(ctr uint64, said frame) []frame
		alarm  Alarm
		within int // forged frames
	}{
		{"no proofs at all", false, func(c uint64, _ frame) []frame { return []frame{plain(c)} }, Forged, 5},
		{"its own signatures", false, func(c uint64, _ frame) []frame { return []frame{signedBy(own, c)} }, Forged, 5},
		{"proofs of another room", false, func(c uint64, _ frame) []frame { return []frame{signedBy(otherRoom, c)} }, Forged, 5},
		{"proofs of another epoch", false, func(c uint64, _ frame) []frame { return []frame{signedBy(otherEpoch, c)} }, Forged, 5},
		{"where no proof is due", false, sly(0), Unproven, 45},
		{"before the speaker does", true, func(c uint64, _ frame) []frame { return []frame{plain(c)} }, Forged, 5},
		{"before the speaker does, where no proof is due", true, sly(0), Forged, 6},
		{"after the speaker, as if further on", true, sly(100), Unproven, 50},
		{"far ahead, so that the speaker is too old", true, sly(1 << 20), Unproven, 50},
		{"proofs from other frames", true, func(c uint64, said frame) []frame {
			if said.proof != nil {
				stolen = said.proof
			}
			f := plain(c + 1000)
			if Due(f.ctr) {
				f.proof = stolen
			}
			return []frame{f}
		}, Forged, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, l := newSpeaker(t, 1000), newListener(t)
			for range 200 {
				l.hear(s.say())
			}
			lies, mute := 0, 0
			before := l.played
			honest := 0
			for range 500 {
				var said frame
				if ctr := s.ctr; tt.speaks {
					said = s.say()
					for _, f := range tt.lies(ctr, said) {
						lies++
						l.hear(f)
					}
					honest++
					l.hear(said)
				} else {
					for _, f := range tt.lies(s.ctr, said) {
						lies++
						l.hear(f)
					}
					s.ctr++
				}
				if l.Alarm() == NoAlarm {
					mute = lies
				}
			}
			if mute >= tt.within || len(l.alarms) == 0 || l.alarms[0] != tt.alarm {
				t.Errorf("alarms %v after %d forged frames, want %v within %d", l.alarms, mute, tt.alarm, tt.within)
			}
			if l.forged > mute || l.Proven() {
				t.Errorf("%d of %d forged frames were played, the alarm came after %d", l.forged, lies, mute)
			}
			if heard := l.played - before - l.forged; heard < honest-60 {
				t.Errorf("%d of the speaker's %d frames were played", heard, honest)
			}
			// The forger goes, and after two seconds the speaker is trusted again.
			honest, before = 0, l.played
			for range 2*remembered + 10 {
				l.hear(s.say())
				honest++
			}
			if !l.Proven() || l.played-before < honest-Reach {
				t.Errorf("the speaker is not trusted again: %v, %d of %d played, %d unproven", l.Alarm(), l.played-before, honest, l.unproven())
			}
		})
	}
}

// TestNothingHonestIsForgery loses, copies and shuffles honest frames in any way.
func TestNothingHonestIsForgery(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, l := newSpeaker(t, uint64(rapid.IntRange(0, 20).Draw(rt, "first"))), newListener(t)
		var sent []frame
		for range rapid.IntRange(1, 300).Draw(rt, "frames") {
			sent = append(sent, s.say())
		}
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, len(sent)-1), 0, 600).Draw(rt, "order") {
			l.hear(sent[n])
		}
		for _, a := range l.alarms {
			if a == Forged {
				rt.Fatal("honest frames are called forged")
			}
		}
		slices.Sort(l.order)
		if len(slices.Compact(l.order)) != l.played {
			rt.Fatal("a frame was played twice")
		}
	})
}

// TestNoForgedFrameIsProven changes honest frames in any way; nothing that was changed is
// ever among the proven.
func TestNoForgedFrameIsProven(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, l := newSpeaker(t, 0), newListener(t)
		for range 60 {
			f := s.say()
			switch rapid.IntRange(0, 4).Draw(rt, "change") {
			case 0:
				f.plaintext = append(bytes.Clone(f.plaintext), 1)
				f.forged = true
			case 1:
				if len(f.proof) > 0 {
					f.proof = bytes.Clone(f.proof)
					f.proof[rapid.IntRange(0, len(f.proof)-1).Draw(rt, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
					f.forged = true
				}
			case 2:
				f.ctr += uint64(rapid.IntRange(1, 30).Draw(rt, "by"))
				f.forged = true
			}
			l.hear(f)
		}
		for i := range l.last {
			if e := &l.last[i]; e.proven && e.v.forged {
				rt.Fatalf("frame %d is forged and proven", e.ctr)
			}
		}
	})
}

// TestInventionsDoNotSilence invents one frame now and then, with a number far ahead,
// which would make the speaker's own frames too old.
func TestInventionsDoNotSilence(t *testing.T) {
	s, l := newSpeaker(t, 1000), newListener(t)
	honest := 0
	for n := range 1000 {
		if n%200 == 0 {
			ctr := uint64(1)<<50 + uint64(n)*5000
			l.hear(frame{ctr: ctr - ctr%Every, plaintext: words(ctr, 1), forged: true})
		}
		l.hear(s.say())
		honest++
	}
	if heard := l.played - l.forged; heard < honest-Every || l.forged > 1 || len(l.alarms) > 0 {
		t.Errorf("%d of %d frames were played, and %d inventions; alarms %v", heard, honest, l.forged, l.alarms)
	}
}

// TestARestartWaitsForItsProof has a speaker begin anew, many numbers later.
func TestARestartWaitsForItsProof(t *testing.T) {
	s, l := newSpeaker(t, 0), newListener(t)
	for range 100 {
		l.hear(s.say())
	}
	old := *s
	s = newSpeaker(t, 9000)
	for n := range 100 {
		l.hear(s.say())
		if want := 100 + n + 1; n >= Every-1 && l.played != want {
			t.Fatalf("%d of %d frames were played", l.played, want)
		}
	}
	l.hear(old.say()) // it comes much too late
	if !slices.IsSorted(l.order) || len(l.alarms) > 0 || l.copies != 1 || !l.Proven() {
		t.Errorf("played %v, alarms %v, %d copies", l.order, l.alarms, l.copies)
	}
}

func TestSplit(t *testing.T) {
	s := newSpeaker(t, 0)
	for range 30 {
		f := s.say()
		if f.proof == nil {
			continue
		}
		plaintext, proof, err := Split(slices.Concat(f.plaintext, f.proof))
		if err != nil || !bytes.Equal(plaintext, f.plaintext) || !bytes.Equal(proof, f.proof) {
			t.Errorf("frame %d: %x, %x, %v", f.ctr, plaintext, proof, err)
		}
	}
	bad := make([]byte, MaxSize)
	bad[len(bad)-fixed] = Reach
	short := make([]byte, fixed+5)
	short[5] = 1
	for name, b := range map[string][]byte{"nothing": nil, "too short": make([]byte, fixed-1), "too many": bad, "hashes missing": short} {
		if _, _, err := Split(b); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// golden is proofs that another implementation can check itself by.
func TestGolden(t *testing.T) {
	type vector struct {
		Number    uint64 `json:"number"`
		Meta      string `json:"meta"`
		Plaintext string `json:"plaintext"`
		Proof     string `json:"proof"`
	}
	type golden struct {
		Seed   string   `json:"seed"`
		Room   string   `json:"room"`
		Epoch  uint32   `json:"epoch"`
		KID    uint64   `json:"kid"`
		Frames []vector `json:"frames"`
	}
	s := newSpeaker(t, 3)
	now := golden{hex.EncodeToString(bytes.Repeat([]byte{1}, 32)), hex.EncodeToString(stream.Room[:]), stream.Epoch, stream.KID, nil}
	for range 12 {
		f := s.say()
		now.Frames = append(now.Frames, vector{f.ctr, hex.EncodeToString(meta), hex.EncodeToString(f.plaintext), hex.EncodeToString(f.proof)})
	}
	raw, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	raw = append(raw, '\n')
	const file = "testdata/golden.json"
	if *updateGolden {
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(raw, want) {
		t.Errorf("the proofs are not those of %s (%v)", file, err)
	}
}

func TestAKeyIsNeeded(t *testing.T) {
	p := NewProver(identity.Key{}, stream)
	if _, err := p.Append(nil, Every-1, meta, nil); err == nil {
		t.Error("no error without a key")
	}
}

func FuzzTake(f *testing.F) {
	s := newSpeaker(f, 0)
	for range 10 {
		said := s.say()
		f.Add(said.ctr, said.plaintext, said.proof)
	}
	f.Fuzz(func(t *testing.T, ctr uint64, plaintext, proof []byte) {
		l := newListener(t)
		honest := newSpeaker(t, ctr-ctr%Every)
		for range Every {
			l.hear(honest.say())
		}
		if len(proof) == 0 {
			proof = nil
		}
		l.hear(frame{ctr: ctr, plaintext: plaintext, proof: proof, forged: true})
		if _, p, err := Split(proof); err == nil && len(p) > MaxSize {
			t.Errorf("a proof of %d bytes", len(p))
		}
	})
}

func BenchmarkProve(b *testing.B) {
	p, body := NewProver(keyOf(b, 1), stream), make([]byte, 9+80)
	total, buf := 0, make([]byte, 0, MaxSize)
	b.ReportAllocs()
	for ctr := uint64(0); b.Loop(); ctr++ {
		proof, err := p.Append(buf, ctr, meta, body)
		if err != nil {
			b.Fatal(err)
		}
		total += len(proof)
	}
	b.ReportMetric(float64(total)/float64(b.N)*8*50/1000, "kbit/s")
}

func BenchmarkVerify(b *testing.B) {
	s, l := newSpeaker(b, 0), NewVerifier[struct{}](keyOf(b, 1).ID(), stream)
	said := make([]frame, 10000)
	for n := range said {
		said[n] = s.say()
	}
	var play []struct{}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if n == len(said) {
			n, l = 0, NewVerifier[struct{}](keyOf(b, 1).ID(), stream)
		}
		f := &said[n]
		play, _, _ = l.Take(play[:0], f.ctr, meta, f.plaintext, f.proof, struct{}{})
		n++
	}
}
