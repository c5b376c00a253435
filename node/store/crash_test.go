package store

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

const crashDir = "BANYAN_TEST_CRASH_DIR"

// TestMain is also the child that gets killed: it writes without end and says what
// was acknowledged.
func TestMain(m *testing.M) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := writeForEver(dir, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func writeForEver(dir string, acknowledged io.Writer) error {
	s, err := Open(dir, nil)
	if err != nil {
		return err
	}
	if err := s.PutGenesis(village, []byte("genesis")); err != nil {
		return err
	}
	before, err := s.Items(village)
	if err != nil {
		return err
	}
	for n := len(before); ; n++ {
		op := fmt.Sprintf("op %d", n)
		if err := s.PutItem(village, []byte(op)); err != nil {
			return err
		}
		fmt.Fprintln(acknowledged, op)
		first, err := s.Reserve([]byte("c"), 3)
		if err != nil {
			return err
		}
		fmt.Fprintln(acknowledged, "number", first)
		use, _, err := s.Redeem([32]byte{1}, identity.ID{byte(n), byte(n >> 8), 1}, 0)
		if err != nil {
			return err
		}
		fmt.Fprintln(acknowledged, "use", use)
	}
}

// crash runs the child, kills it after so many acknowledgements, and returns them,
// with those that were on their way.
func crash(t *testing.T, dir string, after int) []string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			break // killed; what is left of a line was not acknowledged
		}
		if lines = append(lines, strings.TrimSpace(line)); len(lines) == after {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || len(lines) < after {
		t.Fatalf("child ended by itself after %d lines: %v", len(lines), err)
	}
	return lines
}

// verify wants everything that was acknowledged, and nothing given twice.
func verify(t *testing.T, dir string, acknowledged []string) {
	t.Helper()
	s, err := Open(dir, nil)
	if err != nil {
		t.Fatalf("after a crash: %v", err)
	}
	defer s.Close()
	items, err := s.Items(village)
	if err != nil {
		t.Fatal(err)
	}
	kept := make(map[string]bool)
	for _, item := range items {
		kept[string(item)] = true
	}
	var highest uint64
	seen := make(map[string]bool)
	for _, line := range acknowledged {
		if seen[line] {
			t.Errorf("%q was given twice", line)
		}
		seen[line] = true
		if strings.HasPrefix(line, "op ") && !kept[line] {
			t.Errorf("%q was acknowledged and is lost", line)
		}
		var n uint64
		if _, err := fmt.Sscanf(line, "number %d", &n); err == nil {
			highest = max(highest, n)
		}
	}
	if first, err := s.Reserve([]byte("c"), 1); err != nil || first <= highest {
		t.Errorf("number %d, %v, after %d", first, err, highest)
	}
}

func TestKillLosesNothingAcknowledged(t *testing.T) {
	killRounds(t, 4)
}

func killRounds(t *testing.T, rounds int) {
	t.Helper()
	dir := t.TempDir()
	var acknowledged []string
	for round := range rounds {
		acknowledged = append(acknowledged, crash(t, dir, 5+7*round)...)
		verify(t, dir, acknowledged)
	}
	t.Logf("%d acknowledged writes over %d kills", len(acknowledged), rounds)
}
