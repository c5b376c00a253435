// Package proof shows who spoke. All who hear a room have the speakers' symmetric keys,
// so encryption alone would let a listener speak in another's voice. A speaker therefore
// signs for its frames with its identity key, inside the encryption: every fifth frame
// carries a proof of itself and of the nine before it, so that a lost proof leaves
// nothing unproven as long as the next one comes.
//
// A frame is proven by its place (room, epoch, key ID, number), its metadata and its
// plaintext. The proof follows the plaintext of the frame that carries it:
//
//	hashes     6 bytes each, of the frames before this one, the oldest first
//	count      1 byte, how many there are, 0 to 9
//	signature  64 bytes, Ed25519 (RFC 8032)
//
// The signature is [identity.Key.Sign], for the purpose [Purpose], of
//
//	room 32 bytes ‖ epoch 4 ‖ key ID 8 ‖ number 8 ‖ count 1 ‖ hashes ‖ SHA-256 of this frame
//
// with numbers in big endian. A frame's hash is SHA-256 over the length of its metadata
// (1 byte), the metadata and the plaintext; the six bytes are its first. Whoever wants to
// pass off another frame for one that is proven has to find one with the same 48 bits
// before the true one is played, a fraction of a second after it was spoken.
//
// [Prover] is the speaker's side and [Verifier] the listeners'. Both are pure.
package proof

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Purpose is what proofs are signed for.
const Purpose identity.Purpose = "banyan/proof/1"

const (
	// Every is the distance between the frames that carry a proof, in frames: 100 ms.
	Every = 5
	// Reach is how many frames a proof is for, the one that carries it included: each
	// frame is in two proofs.
	Reach = 10

	hashSize = 6
	signed   = 64 // bytes of a signature
	fixed    = 1 + signed

	// MaxSize is how many bytes a proof has at most.
	MaxSize = (Reach-1)*hashSize + fixed
)

// Due tells whether the frame with a number has to carry a proof.
func Due(ctr uint64) bool { return ctr%Every == Every-1 }

// Stream names one speaker's frames in one epoch of a room.
type Stream struct {
	Room  identity.RoomID
	Epoch uint32
	KID   uint64
}

type (
	hash = [hashSize]byte
	full = [sha256.Size]byte
)

// digest is a frame's full hash. Metadata has at most 255 bytes.
func digest(meta, plaintext []byte) full {
	h := sha256.New()
	h.Write([]byte{byte(len(meta))})
	h.Write(meta)
	h.Write(plaintext)
	return full(h.Sum(nil))
}

func short(d full) hash { return hash(d[:]) }

// message is what is signed; hashes are as they stand in the proof.
func (s Stream) message(ctr uint64, hashes []byte, own full) []byte {
	b := make([]byte, 0, len(s.Room)+4+8+8+1+len(hashes)+len(own))
	b = append(b, s.Room[:]...)
	b = binary.BigEndian.AppendUint32(b, s.Epoch)
	b = binary.BigEndian.AppendUint64(b, s.KID)
	b = binary.BigEndian.AppendUint64(b, ctr)
	b = append(b, byte(len(hashes)/hashSize))
	b = append(b, hashes...)
	return append(b, own[:]...)
}

// Prover signs for a speaker's frames. It has one owner.
type Prover struct {
	key    identity.Key
	stream Stream
	last   uint64 // number of the last frame
	before []byte // hashes of the frames up to it
}

// NewProver returns a prover for frames that are spoken under a key.
func NewProver(key identity.Key, s Stream) *Prover {
	return &Prover{key: key, stream: s, before: make([]byte, 0, (Reach-1)*hashSize)}
}

// Append takes note of a frame and appends its proof to dst if one is due. Frames have to
// come in the order of their numbers; numbers that are left out are no frames. An error
// is one of the key.
func (p *Prover) Append(dst []byte, ctr uint64, meta, plaintext []byte) ([]byte, error) {
	if len(p.before) > 0 && ctr != p.last+1 {
		p.before = p.before[:0]
	}
	own := digest(meta, plaintext)
	if Due(ctr) {
		sig, err := p.key.Sign(Purpose, p.stream.message(ctr, p.before, own))
		if err != nil {
			return dst, fmt.Errorf("prove a frame: %w", err)
		}
		dst = append(dst, p.before...)
		dst = append(dst, byte(len(p.before)/hashSize))
		dst = append(dst, sig...)
	}
	if len(p.before) == cap(p.before) {
		p.before = append(p.before[:0], p.before[hashSize:]...)
	}
	h := short(own)
	p.before, p.last = append(p.before, h[:]...), ctr
	return dst, nil
}

// errForm says that there is no proof where there must be one.
var errForm = errors.New("no proof of a frame")

// Split parts what a frame with a proof holds into its plaintext and the proof, which
// are parts of b.
func Split(b []byte) (plaintext, proof []byte, err error) {
	if len(b) < fixed {
		return nil, nil, fmt.Errorf("%w: %d bytes, want at least %d", errForm, len(b), fixed)
	}
	count := int(b[len(b)-fixed])
	size := count*hashSize + fixed
	if count >= Reach || size > len(b) {
		return nil, nil, fmt.Errorf("%w: it is for %d frames before, in %d bytes", errForm, count, len(b))
	}
	return b[:len(b)-size], b[len(b)-size:], nil
}

// hashes verifies a proof and returns the hashes in it.
func (s Stream) hashes(speaker identity.ID, ctr uint64, proof []byte, own full) ([]byte, bool) {
	if len(proof) < fixed {
		return nil, false
	}
	hashes := proof[:len(proof)-fixed]
	if int(proof[len(hashes)])*hashSize != len(hashes) || len(hashes) > (Reach-1)*hashSize || uint64(len(hashes)/hashSize) > ctr {
		return nil, false
	}
	return hashes, speaker.Verify(Purpose, s.message(ctr, hashes, own), proof[len(proof)-signed:])
}
