package ogg

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxPacketSize is over what any Opus packet or any sane table of tags needs, and
// bounds what a file can make us hold.
const maxPacketSize = 1 << 20

// ErrNotOpus says that the input is no Ogg file with Opus sound in it.
var ErrNotOpus = errors.New("not an Ogg file with Opus sound")

// Reader takes the packets of the first Opus stream out of an Ogg file. Pages of
// other streams are passed over. It is not safe for concurrent use.
type Reader struct {
	r       *bufio.Reader
	serial  uint32
	preSkip int

	page   page
	at     int    // next length in page.lengths
	offset int    // its data
	partly []byte // what the packet so far has from earlier pages
}

// NewReader reads the two headers (RFC 7845 section 5).
func NewReader(r io.Reader) (*Reader, error) {
	d := &Reader{r: bufio.NewReader(r)}
	if err := d.findStream(); err != nil {
		return nil, err
	}
	if _, err := d.packet(); err != nil { // the same header again
		return nil, fmt.Errorf("read the header of the Opus sound: %w", midPage(err))
	}
	tags, err := d.packet()
	if err != nil {
		return nil, fmt.Errorf("read the tags of the Opus sound: %w", midPage(err))
	}
	if !bytes.HasPrefix(tags, []byte("OpusTags")) {
		return nil, fmt.Errorf("read the tags of the Opus sound: %w", ErrNotOpus)
	}
	return d, nil
}

// findStream reads up to the page with the header of the first Opus stream. All
// first pages come before all others (RFC 3533 section 4).
func (d *Reader) findStream() error {
	for {
		p, err := readPage(d.r)
		if err != nil || p.flags&flagFirst == 0 {
			return errors.Join(ErrNotOpus, err)
		}
		if !bytes.HasPrefix(p.data, []byte("OpusHead")) {
			continue
		}
		if len(p.data) < 19 || p.data[8] > 15 || p.data[9] == 0 {
			return fmt.Errorf("read the header of the Opus sound: %w", ErrNotOpus)
		}
		if p.data[18] != 0 {
			return fmt.Errorf("the Opus sound has %d channels in several streams: mix it down to one or two", p.data[9])
		}
		d.serial, d.page = p.serial, p
		d.preSkip = int(binary.LittleEndian.Uint16(p.data[10:]))
		return nil
	}
}

// PreSkip is how many samples at the beginning a player drops.
func (d *Reader) PreSkip() int { return d.preSkip }

// Next returns the next Opus packet, which is the caller's, and how long it lasts
// at 48 kHz. After the last one the error is io.EOF; a file that was cut off gives
// io.ErrUnexpectedEOF.
func (d *Reader) Next() (packet []byte, samples int, err error) {
	packet, err = d.packet()
	if errors.Is(err, io.EOF) {
		return nil, 0, io.EOF
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read an Opus packet: %w", err)
	}
	if samples, err = Duration(packet); err != nil {
		return nil, 0, fmt.Errorf("read an Opus packet: %w", err)
	}
	return packet, samples, nil
}

// packet puts together the next packet of the stream.
func (d *Reader) packet() ([]byte, error) {
	for {
		for d.at < len(d.page.lengths) {
			n := d.page.lengths[d.at]
			d.partly = append(d.partly, d.page.data[d.offset:d.offset+int(n)]...)
			d.at, d.offset = d.at+1, d.offset+int(n)
			if len(d.partly) > maxPacketSize {
				return nil, fmt.Errorf("a packet is over %d bytes long", maxPacketSize)
			}
			if n < segmentSize {
				whole := d.partly
				d.partly = nil
				return whole, nil
			}
		}
		if err := d.turn(); err != nil {
			return nil, err
		}
	}
}

// turn reads the next page of the stream.
func (d *Reader) turn() error {
	if d.page.flags&flagLast != 0 {
		return d.end(io.EOF)
	}
	for {
		p, err := readPage(d.r)
		if err != nil {
			return d.end(err)
		}
		if p.serial != d.serial {
			continue
		}
		if continued := p.flags&flagContinued != 0; continued != (len(d.partly) > 0) {
			return fmt.Errorf("pages are missing before Ogg page %d", p.sequence)
		}
		d.page, d.at, d.offset = p, 0, 0
		return nil
	}
}

// end makes an end inside a packet unexpected.
func (d *Reader) end(err error) error {
	if len(d.partly) > 0 {
		return midPage(err)
	}
	return err
}
