package mesh

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

func TestNewPanicsOnNonsense(t *testing.T) {
	tests := []struct {
		name   string
		change func(c *Config)
		want   any // nil is no panic
	}{
		{"the least that it needs", func(*Config) {}, nil},
		{"all trees", func(c *Config) { c.MaxTrees = wire.MaxTrees }, nil},
		{"no key", func(c *Config) { c.Key = identity.Key{} }, "mesh: config: no key"},
		{"no chance", func(c *Config) { c.Rand = nil }, "mesh: config: no source of chance"},
		{"fewer than no children", func(c *Config) { c.MaxChildren = -1 }, "mesh: config: max children -1: want 0 or more"},
		{"fewer than no trees", func(c *Config) { c.MaxTrees = -1 }, "mesh: config: max trees -1: want 0 to 2"},
		{"more trees than there can be", func(c *Config) { c.MaxTrees = 3 }, "mesh: config: max trees 3: want 0 to 2"},
		{"the first time is negative", func(c *Config) { c.Timing.Beacon = -1 }, "mesh: config: timing -1ns: want 0 or more"},
		{"the last time is negative", func(c *Config) { c.Timing.Parting = -time.Second }, "mesh: config: timing -1s: want 0 or more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != tt.want {
					t.Errorf("panic with %v, want %v", got, tt.want)
				}
			}()
			c := Config{Key: keyOf(t, 1), Rand: rand.New(rand.NewPCG(1, 2))}
			tt.change(&c)
			New(c)
		})
	}
}
