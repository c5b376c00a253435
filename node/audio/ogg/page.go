package ogg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	headerSize  = 27
	maxSegments = 255
	segmentSize = 255

	flagContinued = 1
	flagFirst     = 2
	flagLast      = 4
)

// noPacketEnds is the granule position of a page in which no packet ends.
const noPacketEnds = -1

// page is one Ogg page.
type page struct {
	flags    byte
	granule  int64
	serial   uint32
	sequence uint32
	lengths  []byte
	data     []byte
}

// crcTable is of the polynomial 0x04c11db7, most significant bit first and without
// inversion, which hash/crc32 does not offer.
var crcTable = func() (table [256]uint32) {
	for i := range table {
		sum := uint32(i) << 24
		for range 8 {
			if sum&(1<<31) != 0 {
				sum = sum<<1 ^ 0x04c11db7
			} else {
				sum <<= 1
			}
		}
		table[i] = sum
	}
	return table
}()

func checksum(sum uint32, b []byte) uint32 {
	for _, v := range b {
		sum = sum<<8 ^ crcTable[byte(sum>>24)^v]
	}
	return sum
}

// appendTo appends the page's bytes to dst.
func (p page) appendTo(dst []byte) []byte {
	begin := len(dst)
	dst = append(dst, "OggS\x00"...)
	dst = append(dst, p.flags)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(p.granule))
	dst = binary.LittleEndian.AppendUint32(dst, p.serial)
	dst = binary.LittleEndian.AppendUint32(dst, p.sequence)
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	dst = append(dst, byte(len(p.lengths)))
	dst = append(dst, p.lengths...)
	dst = append(dst, p.data...)
	binary.LittleEndian.PutUint32(dst[begin+22:], checksum(0, dst[begin:]))
	return dst
}

// readPage reads the next page. At the end of r the error is io.EOF, within a page
// io.ErrUnexpectedEOF.
func readPage(r io.Reader) (page, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return page{}, err
	}
	if string(header[:5]) != "OggS\x00" {
		return page{}, errors.New("there is no Ogg page where one must begin")
	}
	p := page{
		flags:    header[5],
		granule:  int64(binary.LittleEndian.Uint64(header[6:])),
		serial:   binary.LittleEndian.Uint32(header[14:]),
		sequence: binary.LittleEndian.Uint32(header[18:]),
		lengths:  make([]byte, header[26]),
	}
	if _, err := io.ReadFull(r, p.lengths); err != nil {
		return page{}, midPage(err)
	}
	size := 0
	for _, n := range p.lengths {
		size += int(n)
	}
	p.data = make([]byte, size)
	if _, err := io.ReadFull(r, p.data); err != nil {
		return page{}, midPage(err)
	}
	want := binary.LittleEndian.Uint32(header[22:])
	clear(header[22:26])
	if got := checksum(checksum(checksum(0, header[:]), p.lengths), p.data); got != want {
		return page{}, fmt.Errorf("the checksum of Ogg page %d is wrong", p.sequence)
	}
	return p, nil
}

// midPage turns an end of the input inside a page into an unexpected one.
func midPage(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
