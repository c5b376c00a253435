package p2p

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/banyan-rooms/banyan/node/transport"
)

const readAhead = 64 << 10 // bytes taken for a frame before they have come

// appendFrame appends a frame to dst.
func appendFrame(dst, payload []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(payload))), payload...)
}

// readFrame reads a frame of at most limit bytes. At the end of the stream, before
// a frame, the error is io.EOF; within one it is io.ErrUnexpectedEOF.
func readFrame(r *bufio.Reader, limit int) ([]byte, error) {
	size, err := binary.ReadUvarint(r)
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case err != nil:
		return nil, fmt.Errorf("read length of message: %w", err)
	case size > uint64(limit):
		return nil, fmt.Errorf("%w: %d bytes announced, want at most %d", transport.ErrTooLarge, size, limit)
	}
	var payload bytes.Buffer
	payload.Grow(int(min(size, readAhead)))
	if _, err = io.CopyN(&payload, r, int64(size)); errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("read message of %d bytes: %w", size, err)
	}
	return payload.Bytes(), nil
}
