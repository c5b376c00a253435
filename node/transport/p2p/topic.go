package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

// ours are the topics of Banyan; others that strangers subscribe to are ignored.
var ours = regexp.MustCompile(`^/banyan/.{1,200}$`)

// startGossip makes the gossip router. It lives as long as the network.
func (n *Network) startGossip() error {
	params := pubsub.DefaultGossipSubParams()
	params.HeartbeatInterval = heartbeat
	score, thresholds := peerScore()
	var err error
	n.pubsub, err = pubsub.NewGossipSub(n.life, n.host,
		pubsub.WithMessageSignaturePolicy(pubsub.StrictSign),
		pubsub.WithGossipSubParams(params),
		pubsub.WithPeerScore(score, thresholds),
		pubsub.WithFloodPublish(true), // what one writes oneself goes to all neighbours at once
		pubsub.WithMaxMessageSize(transport.MaxGossip+gossipSlack),
		pubsub.WithSubscriptionFilter(
			pubsub.WrapLimitSubscriptionFilter(pubsub.NewRegexpSubscriptionFilter(ours), maxTopics)),
		pubsub.WithValidateQueueSize(gossipQueue),
		pubsub.WithLogger(slog.New(quiet{n.log.Handler()})),
	)
	if err != nil {
		return fmt.Errorf("start gossip: %w", err)
	}
	return nil
}

// topic is one joined topic.
type topic struct {
	n        *Network
	name     string
	handle   *pubsub.Topic
	incoming *pubsub.Subscription
	once     sync.Once
	ended    chan struct{} // closed when deliver is called no more
}

// Join takes part in a topic, whose name begins with /banyan/. The validator runs
// on the router's own few goroutines, so it must be quick. When deliver is too
// slow, messages beyond a queue of 256 are lost.
func (n *Network) Join(name string, validate func(transport.Gossip) transport.Verdict, deliver func(transport.Gossip)) (transport.Topic, error) {
	if !ours.MatchString(name) {
		return nil, fmt.Errorf("join topic %q: want a name like /banyan/…", name)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.closed:
		return nil, fmt.Errorf("join topic %s: %w", name, transport.ErrClosed)
	case n.topics[name] != nil:
		return nil, fmt.Errorf("join topic %s: joined already", name)
	}
	t := &topic{n: n, name: name, ended: make(chan struct{})}
	if err := t.join(validate); err != nil {
		return nil, fmt.Errorf("join topic %s: %w", name, err)
	}
	n.topics[name] = t
	n.running.Go(func() { t.run(deliver) })
	return t, nil
}

// join makes libp2p's part of a topic.
func (t *topic) join(validate func(transport.Gossip) transport.Verdict) error {
	judge := func(_ context.Context, relayer peer.ID, m *pubsub.Message) pubsub.ValidationResult {
		return judge(relayer, m, validate)
	}
	router := t.n.pubsub
	err := router.RegisterTopicValidator(t.name, judge, pubsub.WithValidatorInline(true))
	if err != nil {
		return err
	}
	if t.handle, err = router.Join(t.name); err == nil {
		err = t.handle.SetScoreParams(topicScore())
	}
	if err == nil {
		t.incoming, err = t.handle.Subscribe(pubsub.WithBufferSize(gossipQueue))
	}
	if err != nil {
		return errors.Join(err, t.leave())
	}
	return nil
}

// judge asks a topic's validator about a message.
func judge(relayer peer.ID, m *pubsub.Message, validate func(transport.Gossip) transport.Verdict) pubsub.ValidationResult {
	from, err := identity.FromPeer(relayer)
	if err != nil || len(m.Data) > transport.MaxGossip {
		return pubsub.ValidationReject
	}
	switch validate(transport.Gossip{Relayer: from, Data: m.Data}) {
	case transport.Accept:
		return pubsub.ValidationAccept
	case transport.Ignore:
		return pubsub.ValidationIgnore
	default:
		return pubsub.ValidationReject
	}
}

// run hands over messages until the topic is left.
func (t *topic) run(deliver func(transport.Gossip)) {
	defer close(t.ended)
	for {
		m, err := t.incoming.Next(t.n.life)
		if err != nil {
			return
		}
		from, err := identity.FromPeer(m.ReceivedFrom)
		if err != nil || m.GetFrom() == t.n.host.ID() {
			continue
		}
		deliver(transport.Gossip{Relayer: from, Data: m.Data})
	}
}

// Publish sends data to everyone on the topic, if the own validator lets it.
func (t *topic) Publish(ctx context.Context, data []byte) error {
	if len(data) > transport.MaxGossip {
		return fmt.Errorf("publish on %s: %w: %d bytes, want at most %d",
			t.name, transport.ErrTooLarge, len(data), transport.MaxGossip)
	}
	err := t.handle.Publish(ctx, data)
	refused := pubsub.ValidationError{}
	switch {
	case err == nil:
		return nil
	case t.n.life.Err() != nil, errors.Is(err, pubsub.ErrTopicClosed):
		err = transport.ErrClosed
	case errors.As(err, &refused):
		err = fmt.Errorf("own validator refused the message: %w", err)
	}
	return fmt.Errorf("publish on %s: %w", t.name, err)
}

// Peers are the connected peers that take part, ordered by ID.
func (t *topic) Peers() []identity.ID { return identities(t.handle.ListPeers()) }

// Close leaves the topic. When it returns, deliver is called no more.
func (t *topic) Close() error {
	var err error
	t.once.Do(func() {
		t.incoming.Cancel()
		<-t.ended
		err = t.leave()
		t.n.mu.Lock()
		defer t.n.mu.Unlock()
		delete(t.n.topics, t.name)
	})
	return err
}

// leave ends libp2p's part of a topic.
func (t *topic) leave() error {
	var left error
	if t.handle != nil {
		left = t.handle.Close()
	}
	return errors.Join(left, t.n.pubsub.UnregisterTopicValidator(t.name))
}
