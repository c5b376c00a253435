//go:build slow && linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/cmd/banyan/demo"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node/audio/sample"
	"github.com/banyan-rooms/banyan/node/store"
)

// What is said goes through a real relay, while everything on the wire is captured and
// the relay's memory is read. Neither holds a packet in clear, nor the memory the room's
// secret. That the same search finds them where they are (in the host's memory, and in a
// datagram sent for the purpose) shows that it could have.
func TestSlowTheRelayHoldsNothingInClear(t *testing.T) {
	banyan, relay := built(t)
	said := packetsSaid(t)
	wire := capture(t)
	sendInClear(t, said)

	var relays, host []byte
	dir, logs := t.TempDir(), &lockedBuffer{}
	var link string
	_, err := demo.Run(t.Context(), demo.Config{
		Banyan: banyan, Relay: relay, Dir: dir, Listeners: 2, MaxChildren: 4, Solo: true, For: 5 * time.Second,
		Log: slog.New(slog.DiscardHandler), Logs: logs,
		Ready: func(l string) error {
			link = l
			relays, host = memoryOf(t, relay), memoryOf(t, banyan+"\x00room\x00create")
			return nil
		},
	})
	if err != nil {
		t.Fatalf("%v\nthe processes said:\n%s", err, logs)
	}
	datagrams := wire()

	secret := secretOf(t, filepath.Join(dir, "host"), link)
	if !bytes.Contains(host, secret) || !said.in(host) {
		t.Fatal("the search finds neither secret nor sound where both are: in the host")
	}
	if bytes.Contains(relays, secret) {
		t.Error("the relay's memory holds the room's secret")
	}
	if said.in(relays) {
		t.Error("the relay's memory holds sound in clear")
	}
	clear, sealed := 0, 0
	for _, d := range datagrams {
		if said.in(d) {
			clear++
		} else if len(d) > 80 {
			sealed++
		}
	}
	t.Logf("%d MB of the relay's memory, %d MB of the host's, %d datagrams", len(relays)>>20, len(host)>>20, len(datagrams))
	if clear != 1 {
		t.Errorf("%d captured packets hold sound in clear, want only the one that was sent for the purpose", clear)
	}
	if sealed < 1000 {
		t.Errorf("only %d packets of a size to carry sound were captured", sealed)
	}
}

// window is how much of a packet is looked for.
const window = 12

// speechIn is the beginnings of Opus packets, by their first two bytes.
type speechIn struct {
	begins [1 << 16]bool
	all    map[[window]byte]bool
	one    []byte // a whole packet
}

// packetsSaid are the packets of the recording that the host speaks.
func packetsSaid(t *testing.T) *speechIn {
	t.Helper()
	source, err := sample.Open("host")
	if err != nil {
		t.Fatal(err)
	}
	s := &speechIn{all: make(map[[window]byte]bool)}
	for {
		f, err := source.Next()
		if errors.Is(err, io.EOF) {
			return s
		}
		if err != nil {
			t.Fatal(err)
		}
		if p := f.Packet; len(p) >= 3*window { // others are silence
			s.begins[int(p[0])<<8|int(p[1])] = true
			s.all[[window]byte(p)] = true
			s.one = p
		}
	}
}

// in tells whether a beginning of a packet is somewhere in b.
func (s *speechIn) in(b []byte) bool {
	for i := 0; i+window <= len(b); i++ {
		if s.begins[int(b[i])<<8|int(b[i+1])] && s.all[[window]byte(b[i:])] {
			return true
		}
	}
	return false
}

// capture keeps everything that this machine sends to itself, until it is asked for it.
func capture(t *testing.T) (captured func() [][]byte) {
	t.Helper()
	const all = 0x0300 // ETH_P_ALL in network order
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, all)
	if errors.Is(err, syscall.EPERM) {
		t.Skip("to capture packets takes CAP_NET_RAW")
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: all, Ifindex: lo.Index}),
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, 64<<20),
		syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Usec: 100_000}),
	); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var reading sync.WaitGroup
	var packets [][]byte
	reading.Go(func() {
		buffer := make([]byte, 1<<16)
		for {
			select {
			case <-stop:
				return
			default:
			}
			n, from, err := syscall.Recvfrom(fd, buffer, 0)
			link, ok := from.(*syscall.SockaddrLinklayer)
			if err == nil && ok && link.Pkttype != syscall.PACKET_OUTGOING { // each comes twice
				packets = append(packets, bytes.Clone(buffer[:n]))
			}
		}
	})
	end := sync.OnceFunc(func() { close(stop); reading.Wait(); _ = syscall.Close(fd) })
	t.Cleanup(end)
	return func() [][]byte { end(); return packets }
}

// sendInClear sends what the search has to find.
func sendInClear(t *testing.T, said *speechIn) {
	t.Helper()
	to, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if _, err := to.WriteTo(append([]byte("in clear: "), said.one...), to.LocalAddr()); err != nil {
		t.Fatal(err)
	}
}

// memoryOf reads what a child of this process, whose command line begins so, has written
// into its memory.
func memoryOf(t *testing.T, command string) []byte {
	t.Helper()
	found, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, proc := range found {
		line, err := os.ReadFile(proc + "/cmdline")
		if err != nil || !bytes.HasPrefix(line, []byte(command+"\x00")) || !childOfOurs(proc) {
			continue
		}
		memory, err := readMemory(proc)
		if err != nil {
			t.Fatal(err)
		}
		return memory
	}
	t.Fatalf("no process %q runs", command)
	return nil
}

func childOfOurs(proc string) bool {
	status, err := os.ReadFile(proc + "/status")
	return err == nil && bytes.Contains(status, fmt.Appendf(nil, "\nPPid:\t%d\n", os.Getpid()))
}

// readMemory reads all that is mapped to be written.
func readMemory(proc string) (memory []byte, err error) {
	maps, err := os.ReadFile(proc + "/maps")
	if err != nil {
		return nil, err
	}
	mem, err := os.Open(proc + "/mem")
	if err != nil {
		return nil, err
	}
	defer mem.Close()
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		fields := strings.Fields(lines.Text()) // 7f00-7f10 rw-p ...
		from, to, _ := strings.Cut(fields[0], "-")
		first, err1 := strconv.ParseInt(from, 16, 64)
		last, err2 := strconv.ParseInt(to, 16, 64)
		if errors.Join(err1, err2) != nil || !strings.HasPrefix(fields[1], "rw") {
			continue // the kernel's own, or not written to
		}
		part := make([]byte, last-first)
		n, _ := mem.ReadAt(part, first) // some of it may be unmapped by now
		memory = append(memory, part[:n]...)
	}
	return memory, nil
}

// secretOf is the secret of a link's room, as its host keeps it.
func secretOf(t *testing.T, data, text string) []byte {
	t.Helper()
	link, err := invite.ParseLink(text)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	secret, known, err := s.Secret(link.Room, 0)
	if err != nil || !known {
		t.Fatalf("the host keeps no secret: %v", err)
	}
	return secret[:]
}
