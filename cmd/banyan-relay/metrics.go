package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/banyan-rooms/banyan/node"
)

// metric is one number of a relay, and how to read it.
type metric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(node.Counters) float64
}

// collector reads a relay's counters when Prometheus asks.
type collector struct {
	relay   *node.Node
	metrics []metric
}

func newCollector(relay *node.Node) collector {
	gauge := func(name, help string, read func(node.Counters) int) metric {
		return metric{
			prometheus.NewDesc("banyan_relay_"+name, help, nil, nil), prometheus.GaugeValue,
			func(c node.Counters) float64 { return float64(read(c)) },
		}
	}
	count := func(name, help string, read func(node.Counters) uint64) metric {
		return metric{
			prometheus.NewDesc("banyan_relay_"+name+"_total", help, nil, nil), prometheus.CounterValue,
			func(c node.Counters) float64 { return float64(read(c)) },
		}
	}
	return collector{relay, []metric{
		gauge("rooms", "Rooms served now.", func(c node.Counters) int { return c.Rooms }),
		gauge("links", "Open links to tree neighbours.", func(c node.Counters) int { return c.Links }),
		gauge("peers", "Connected peers.", func(c node.Counters) int { return c.Peers }),
		count("datagrams_received", "Datagrams received on links.", func(c node.Counters) uint64 { return c.DatagramsIn }),
		count("datagrams_sent", "Datagrams sent on links.", func(c node.Counters) uint64 { return c.DatagramsOut }),
		count("received_bytes", "Bytes of datagrams received.", func(c node.Counters) uint64 { return c.BytesIn }),
		count("sent_bytes", "Bytes of datagrams sent.", func(c node.Counters) uint64 { return c.BytesOut }),
		count("frames_forwarded", "New frames sent on.", func(c node.Counters) uint64 { return c.Frames }),
		count("frames_duplicate", "Frames that came again or from no neighbour.", func(c node.Counters) uint64 { return c.Duplicates }),
		count("datagrams_unsent", "Datagrams that a link did not take.", func(c node.Counters) uint64 { return c.Unsent }),
		count("limited", "Frames and messages beyond what their sender may.", func(c node.Counters) uint64 { return c.Refused }),
		count("malformed", "Messages that could not be read.", func(c node.Counters) uint64 { return c.Malformed }),
		count("overflow", "What came while a room's loop was behind.", func(c node.Counters) uint64 { return c.Overflow }),
		count("requests_granted", "Requests granted.", func(c node.Counters) uint64 { return c.Served }),
		count("requests_denied", "Requests denied.", func(c node.Counters) uint64 { return c.Denied }),
		count("peers_gated", "Peers that were not let connect any more for a while.", func(c node.Counters) uint64 { return c.Gated }),
	}}
}

// Describe implements [prometheus.Collector].
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, m := range c.metrics {
		to <- m.desc
	}
}

// Collect implements [prometheus.Collector].
func (c collector) Collect(to chan<- prometheus.Metric) {
	now := c.relay.Counters()
	for _, m := range c.metrics {
		to <- prometheus.MustNewConstMetric(m.desc, m.kind, m.read(now))
	}
}

// serveMetrics answers Prometheus until ctx ends.
func serveMetrics(ctx context.Context, door net.Listener, relay *node.Node) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(newCollector(relay), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // scrapes are short
	defer stop()
	if err := server.Serve(door); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
