package sim

import (
	"strings"
	"testing"
	"time"
)

func TestConfigIsValidated(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   string // in the error; empty means none
	}{
		{"the default", func(*Config) {}, ""},
		{"a lonely peer", func(c *Config) { c.Peers = 1 }, "1 peers"},
		{"too many peers", func(c *Config) { c.Peers = 2_000_000 }, "2000000 peers"},
		{"too many speakers", func(c *Config) { c.Speakers = 17 }, "17 speakers"},
		{"a stage without room", func(c *Config) { c.Peers, c.Speakers, c.Community = 5, 5, 1 }, "do not fit"},
		{"no community relay", func(c *Config) { c.Peers, c.Speakers, c.Community = 5, 5, -1 }, ""},
		{"more relays than peers", func(c *Config) { c.Relays = 1.1 }, "1.1"},
		{"no relays", func(c *Config) { c.Relays = -1 }, ""},
		{"negative children", func(c *Config) { c.MaxChildren = -1 }, "-1 children"},
		{"loss of more than half", func(c *Config) { c.Loss = Even(0.6) }, "0.6"},
		{"endless bursts", func(c *Config) { c.Loss = Loss{0.1, 1e9} }, "bursts"},
		{"negative churn", func(c *Config) { c.Churn.Rate = -1 }, "churn of -1"},
		{"more graceful than all", func(c *Config) { c.Churn.Graceful = 2 }, "graceful"},
		{"slack of less than a frame", func(c *Config) { c.Slack = time.Millisecond }, "slack of 1ms"},
		{"slack of minutes", func(c *Config) { c.Slack = time.Minute }, "slack of 1m"},
		{"arrivals in the past", func(c *Config) { c.Arrivals = -1 }, "arrivals"},
		{"a death before the start", func(c *Config) { c.Faults = []Fault{{At: -1, Kind: KillRoot}} }, "at -1ns"},
		{"a fault of no kind", func(c *Config) { c.Faults = []Fault{{}} }, "kind 0"},
		{"a split of nobody", func(c *Config) { c.Faults = []Fault{{Kind: Split, For: 1}} }, "share of 0"},
		{"a split without an end", func(c *Config) { c.Faults = []Fault{{Kind: Split, Share: 0.5}} }, "split for 0s"},
		{"a crowd of nobody", func(c *Config) { c.Faults = []Fault{{Kind: Crowd}} }, "crowd of 0"},
		{"an uplink of nobody", func(c *Config) { c.Uplinks = []Uplink{{0, 1000}, {1, 1000}} }, "share of 0"},
		{"an uplink of nothing", func(c *Config) { c.Uplinks = []Uplink{{1, 0}} }, "0 kbit/s"},
		{"uplinks for half of the peers", func(c *Config) { c.Uplinks = []Uplink{{0.5, 1000}} }, "0.500 of the peers"},
		{"uplinks for all", func(c *Config) { c.Uplinks = []Uplink{{0.3, 1000}, {0.7, 9000}} }, ""},
		{"no cores", func(c *Config) { c.Cores = -1 }, "-1 cores"},
		{"a geography with a hole", func(c *Config) { c.Geography = Geography{Regions: make([]Region, 2)} }, "geography"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Config{Peers: 10}
			tt.change(&c)
			_, err := New(c)
			if tt.want == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want something about %q", err, tt.want)
			}
		})
	}
}
