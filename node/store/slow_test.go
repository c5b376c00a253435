//go:build slow

package store

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

func TestSlowKillLosesNothingAcknowledged(t *testing.T) { killRounds(t, 60) }

// TestSlowFullDisk fills a small file system of its own.
func TestSlowFullDisk(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no small file system to be had here: %s", out)
	}
	defer exec.Command("umount", dir).Run()
	s, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PutGenesis(village, []byte("genesis")); err != nil {
		t.Fatal(err)
	}
	kept := 0
	for ; err == nil; kept++ {
		err = s.PutItem(village, fmt.Appendf(nil, "%d %s", kept, strings.Repeat("x", 10000)))
	}
	kept--
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "is full") {
		t.Errorf("op number %d on a full disk: %v", kept, err)
	}
	t.Logf("%d ops of 10 kB fitted", kept)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(dir, nil); err != nil {
		t.Fatalf("open on a full disk: %v", err)
	}
	defer s.Close()
	if items, err := s.Items(village); err != nil || len(items) != kept {
		t.Errorf("%d ops are left of %d, %v", len(items), kept, err)
	}
	small := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", small).CombinedOutput(); err != nil {
		t.Skipf("no small file system to be had here: %s", out)
	}
	defer exec.Command("umount", small).Run()
	if _, err := Open(small, nil); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("first start on a full disk: %v", err)
	}
}
