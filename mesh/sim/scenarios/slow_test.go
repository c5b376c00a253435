//go:build slow

package scenarios

import "testing"

// TestSlowFound plays what soaks have found and what takes long.
func TestSlowFound(t *testing.T) { playAll(t, "found/slow/*.yaml") }
