package netlab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// Machine is one machine of a lab: a network namespace with one interface.
type Machine struct {
	number int
	ns     namespace
	device int // the other end of its interface, a file descriptor
}

func newMachine(number int) (m *Machine, err error) {
	m = &Machine{number: number}
	if m.ns, err = newNamespace(); err != nil {
		return nil, err
	}
	err = m.Do(func() error {
		m.device, err = setUp(addrOf(number))
		return err
	})
	if err != nil {
		_ = m.ns.close() // it is empty
		return nil, err
	}
	return m, nil
}

// Number counts the machines from 0; it is the peer's number in the simulator.
func (m *Machine) Number() int { return m.number }

// Addr is the machine's address, which the lab's other machines reach.
func (m *Machine) Addr() netip.Addr { return addrOf(m.number) }

// Start starts a process on the machine, as [exec.Cmd.Start] does.
func (m *Machine) Start(cmd *exec.Cmd) error { return m.Do(cmd.Start) }

// Do runs f on a thread of the machine. Sockets that f opens stay there; goroutines that
// it starts do not.
func (m *Machine) Do(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if err := unix.Setns(int(m.ns.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("enter the network namespace: %w", err)
			return
		}
		done <- f()
	}()
	return <-done
}

// close gives back what the lab has of the machine.
func (m *Machine) close() error { return errors.Join(unix.Close(m.device), m.ns.close()) }

// namespace holds a network namespace open.
type namespace struct{ *os.File }

// newNamespace makes one, on a thread that ends.
func newNamespace() (namespace, error) {
	type made struct {
		namespace
		error
	}
	done := make(chan made, 1)
	go func() {
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			done <- made{error: fmt.Errorf("make a network namespace: %w", err)}
			return
		}
		f, err := os.Open("/proc/thread-self/ns/net")
		done <- made{namespace{f}, err}
	}()
	m := <-done
	return m.namespace, m.error
}

func (n namespace) close() error { return n.Close() }
