package ogg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/banyan-rooms/banyan/node/audio"
)

// PreSkip is the delay of libopus at 48 kHz: sample n that was spoken comes out of
// the decoder as sample n+312, and a player that skips 312 is in time again.
const PreSkip = 312

// pageSamples is how much sound a page holds: at most this much is lost when the
// writer dies.
const pageSamples = audio.SampleRate

// maxTitle keeps the tags on one page.
const maxTitle = 1000

// ErrPast says that a packet belongs where the file already has sound.
var ErrPast = errors.New("the sound of that time is already written")

// Writer writes the packets of one speaker to an Ogg file. It is not safe for
// concurrent use.
type Writer struct {
	w        io.Writer
	serial   uint32
	sequence uint32
	next     int64 // samples written, including those of the page being filled
	flushed  int64 // samples in pages that were written
	lost     byte  // a lost packet in the mode of the last one
	lengths  []byte
	data     []byte
	buffer   []byte
}

// NewWriter writes the headers of a mono file. title goes to its tags; serial tells
// streams apart should files be joined, and has no other meaning.
func NewWriter(w io.Writer, serial uint32, title string) (*Writer, error) {
	d := &Writer{w: w, serial: serial}
	head := append([]byte("OpusHead"), 1, 1) // version, channels
	head = binary.LittleEndian.AppendUint16(head, PreSkip)
	head = binary.LittleEndian.AppendUint32(head, audio.SampleRate)
	head = append(head, 0, 0, 0) // gain 0 dB, channel mapping family 0
	d.add(head)
	if err := d.flush(flagFirst); err != nil {
		return nil, err
	}
	const vendor = "banyan"
	comment := "TITLE=" + strings.ToValidUTF8(title[:min(len(title), maxTitle)], "")
	tags := binary.LittleEndian.AppendUint32([]byte("OpusTags"), uint32(len(vendor)))
	tags = binary.LittleEndian.AppendUint32(append(tags, vendor...), 1)
	tags = binary.LittleEndian.AppendUint32(tags, uint32(len(comment)))
	d.add(append(tags, comment...))
	return d, d.flush(0)
}

// Write adds a packet of which the first sample is at position, counted in samples
// at 48 kHz from the beginning of the file. The time since the packet before is
// filled with lost packets of 20 ms; as there are only whole ones, a packet may come
// to lie up to 10 ms beside its position, without adding up. A packet that lies
// further back than that gives ErrPast.
func (d *Writer) Write(position int64, packet []byte) error {
	samples, err := Duration(packet)
	if err != nil {
		return err
	}
	if len(packet) > audio.MaxPacket {
		return fmt.Errorf("write a packet of %d bytes: want at most %d", len(packet), audio.MaxPacket)
	}
	gap := position - d.next
	if gap < -audio.FrameSamples/2 {
		return ErrPast
	}
	d.lost = concealing(packet[0])
	for range (gap + audio.FrameSamples/2) / audio.FrameSamples {
		if err := d.append([]byte{d.lost}, audio.FrameSamples); err != nil {
			return err
		}
	}
	return d.append(packet, samples)
}

// Position is where the file ends now, in samples.
func (d *Writer) Position() int64 { return d.next }

// Flush writes the page out although it is not full, for a speaker who has stopped.
func (d *Writer) Flush() error {
	if len(d.lengths) == 0 {
		return nil
	}
	return d.flush(0)
}

// Close writes what is left and the end of the stream. It does not close the
// underlying writer. Should all be flushed already, 20 ms of loss are added, as the
// last page must have something in it for some players.
func (d *Writer) Close() error {
	if len(d.lengths) == 0 && d.next > 0 {
		d.add([]byte{d.lost})
		d.next += audio.FrameSamples
	}
	return d.flush(flagLast)
}

// concealing is the table of contents of a packet that has one frame of 20 ms
// without data, in the mode of the packet after the gap.
func concealing(toc byte) byte {
	const mono20 = 1 << 3 // within a SILK or hybrid bandwidth: the frame of 20 ms
	switch config := toc >> 3; {
	case config < 12:
		return config&^3<<3 | mono20
	case config < 16:
		return config&^1<<3 | mono20
	default:
		return (config | 3) << 3
	}
}

// append puts a packet on the page. The page before goes out only now, so that the
// last page, which carries the end of the stream, is never without a packet.
func (d *Writer) append(packet []byte, samples int) error {
	if d.next-d.flushed >= pageSamples || len(d.lengths)+len(packet)/segmentSize+1 > maxSegments {
		if err := d.flush(0); err != nil {
			return err
		}
	}
	d.add(packet)
	d.next += int64(samples)
	return nil
}

// add lays a packet into the page.
func (d *Writer) add(packet []byte) {
	rest := len(packet)
	for ; rest >= segmentSize; rest -= segmentSize {
		d.lengths = append(d.lengths, segmentSize)
	}
	d.lengths = append(d.lengths, byte(rest))
	d.data = append(d.data, packet...)
}

// flush writes the page out.
func (d *Writer) flush(flags byte) error {
	d.buffer = page{
		flags: flags, granule: d.next, serial: d.serial, sequence: d.sequence,
		lengths: d.lengths, data: d.data,
	}.appendTo(d.buffer[:0])
	if _, err := d.w.Write(d.buffer); err != nil {
		return fmt.Errorf("write a page of sound: %w", err)
	}
	d.sequence++
	d.flushed, d.lengths, d.data = d.next, d.lengths[:0], d.data[:0]
	return nil
}
