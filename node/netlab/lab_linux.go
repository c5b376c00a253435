package netlab

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Lab is a network with its machines.
type Lab struct {
	begun   time.Time
	poll    int // epoll: the devices, and end
	end     int // eventfd: the lab is closed
	running sync.WaitGroup
	closing sync.Once

	mu       sync.Mutex // the fields below
	ways     *ways
	line     line
	machines []*Machine
}

// Available says why there can be no lab here, or nothing.
func Available() error {
	if os.Geteuid() != 0 {
		return errors.New("network namespaces and TUN devices take root")
	}
	if _, err := os.Stat(tunDevice); err != nil {
		return fmt.Errorf("no TUN devices: %w", err)
	}
	ns, err := newNamespace()
	if err != nil {
		return err
	}
	return ns.close()
}

// New returns a network without machines. It has to be closed.
func New(cfg Config) (*Lab, error) {
	if err := Available(); err != nil {
		return nil, err
	}
	l := &Lab{begun: time.Now(), ways: newWays(cfg)}
	var err error
	if l.poll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("make an epoll: %w", err)
	}
	if l.end, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		_ = unix.Close(l.poll)
		return nil, fmt.Errorf("make an eventfd: %w", err)
	}
	if err := l.watch(l.end, theEnd); err != nil {
		return nil, errors.Join(err, unix.Close(l.poll), unix.Close(l.end))
	}
	l.running.Go(l.run)
	return l, nil
}

// watch has what can be read be told to run, with a number.
func (l *Lab) watch(fd, number int) error {
	return unix.EpollCtl(l.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(number)})
}

// theEnd stands for Lab.end where else a machine's number is.
const theEnd = -1

// Close takes the network down. Processes on its machines go on, and reach nobody.
func (l *Lab) Close() error {
	var errs []error
	l.closing.Do(func() {
		_, err := unix.Write(l.end, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		errs = append(errs, err)
		l.running.Wait()
		for _, m := range l.machines {
			errs = append(errs, m.close())
		}
		errs = append(errs, unix.Close(l.poll), unix.Close(l.end))
	})
	return errors.Join(errs...)
}

// Add adds a machine.
func (l *Lab) Add(kind Kind) (*Machine, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	number := len(l.machines)
	if number >= maxMachines {
		return nil, fmt.Errorf("a lab has at most %d machines", maxMachines)
	}
	m, err := newMachine(number)
	if err == nil {
		if err = l.watch(m.device, number); err != nil {
			_ = m.close() // what went wrong is told
		}
	}
	if err != nil {
		return nil, fmt.Errorf("machine %d: %w", number, err)
	}
	l.ways.add(kind)
	l.machines = append(l.machines, m)
	return m, nil
}

// Split keeps machines from reaching those for which side gives another number, until
// the lab is joined again. Machines that are added later are on no side. What is on
// its way arrives.
func (l *Lab) Split(side func(*Machine) int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ways.sides = make([]int, len(l.machines))
	for i, m := range l.machines {
		l.ways.sides[i] = side(m)
	}
}

// Join ends a split.
func (l *Lab) Join() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ways.sides = nil
}

// Counters is what has become of the packets so far.
func (l *Lab) Counters() Counters {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ways.counts
}

// tick is how exactly packets are on time: those that are due within half of it are
// delivered together, which costs less than waking up for each.
const tick = time.Millisecond

// run takes what the machines send, and delivers it when it is due, until the lab is
// closed.
func (l *Lab) run() {
	ready := make([]unix.EpollEvent, 64)
	buffer := make([]byte, maxPacket)
	for {
		n, err := unix.EpollWait(l.poll, ready, l.wait())
		if err != nil && !errors.Is(err, unix.EINTR) {
			panic(fmt.Sprintf("netlab: wait for packets: %v", err)) // the arguments are wrong
		}
		l.mu.Lock()
		for _, e := range ready[:max(0, n)] {
			if e.Fd == theEnd {
				l.mu.Unlock()
				return
			}
			l.collect(int(e.Fd), buffer)
		}
		l.deliver()
		l.mu.Unlock()
	}
}

// maxPacket is the largest that a machine may send.
const maxPacket = 1 << 16

// wait is for how many ticks nothing is due; negative is for ever.
func (l *Lab) wait() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, some := l.line.due()
	if !some {
		return -1
	}
	return max(0, int((at-time.Since(l.begun)+tick/2)/tick))
}

// collect takes one packet that a machine sends; if there are more, run comes again.
func (l *Lab) collect(from int, buffer []byte) {
	n, err := unix.Read(l.machines[from].device, buffer)
	if err != nil {
		return // a device has no errors but that it was empty after all
	}
	if to, at, arrives := l.ways.carry(time.Since(l.begun), from, buffer[:n]); arrives {
		l.line.send(at, to, buffer[:n])
	}
}

// deliver hands over what is due.
func (l *Lab) deliver() {
	for {
		p, due := l.line.next(time.Since(l.begun) + tick/2)
		if !due {
			return
		}
		_, _ = unix.Write(l.machines[p.to].device, p.packet) // a device takes all
		l.line.done(p)
	}
}
