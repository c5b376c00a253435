package p2p

import (
	"net"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
)

// What peers think of each other in gossip (GossipSub 1.1, "Peer Scoring"). Rooms
// are quiet for minutes, so that nothing can be expected of a peer's deliveries;
// what counts against it is what it passed on that every validator rejects, and
// breaking the protocol. One message too many is forgiven, four end in silence.
const (
	invalidWeight    = -20 // times the square of the invalid messages of late
	gossipThreshold  = -50
	publishThreshold = -100
	silenceThreshold = -200
	colocationWeight = -10 // times the square of the peers beyond the limit
	colocationLimit  = connsPerIP
	behaviourWeight  = -10
	behaviourLimit   = 6
	scoreInterval    = time.Second
	scoreZero        = 0.01
	retainScore      = 30 * time.Minute // a peer's bad name outlives its connection
	forgiveInvalid   = time.Hour        // until little is left of it
	forgiveBehaviour = 10 * time.Minute
	topicCap         = 50
)

// peerScore are the parameters that hold for all topics.
func peerScore() (*pubsub.PeerScoreParams, *pubsub.PeerScoreThresholds) {
	params := &pubsub.PeerScoreParams{
		Topics:                      make(map[string]*pubsub.TopicScoreParams), // filled by each topic joined
		AppSpecificScore:            func(peer.ID) float64 { return 0 },
		TopicScoreCap:               topicCap,
		IPColocationFactorWeight:    colocationWeight,
		IPColocationFactorThreshold: colocationLimit,
		IPColocationFactorWhitelist: localNetworks(),
		BehaviourPenaltyWeight:      behaviourWeight,
		BehaviourPenaltyThreshold:   behaviourLimit,
		BehaviourPenaltyDecay:       decay(forgiveBehaviour),
		DecayInterval:               scoreInterval,
		DecayToZero:                 scoreZero,
		RetainScore:                 retainScore,
	}
	thresholds := &pubsub.PeerScoreThresholds{
		GossipThreshold:             gossipThreshold,
		PublishThreshold:            publishThreshold,
		GraylistThreshold:           silenceThreshold,
		OpportunisticGraftThreshold: 1,
	}
	return params, thresholds
}

// topicScore are the parameters of one topic.
func topicScore() *pubsub.TopicScoreParams {
	return &pubsub.TopicScoreParams{
		SkipAtomicValidation:           true, // mesh deliveries are left out
		TopicWeight:                    1,
		TimeInMeshWeight:               0.01,
		TimeInMeshQuantum:              time.Second,
		TimeInMeshCap:                  600,
		FirstMessageDeliveriesWeight:   1,
		FirstMessageDeliveriesDecay:    decay(10 * time.Minute),
		FirstMessageDeliveriesCap:      20,
		InvalidMessageDeliveriesWeight: invalidWeight,
		InvalidMessageDeliveriesDecay:  decay(forgiveInvalid),
	}
}

func decay(d time.Duration) float64 {
	return pubsub.ScoreParameterDecayWithBase(d, scoreInterval, scoreZero)
}

// localNetworks are those in which many peers share an address for good reasons,
// or each has its own for nothing.
func localNetworks() []*net.IPNet {
	var out []*net.IPNet
	for _, cidr := range []string{
		"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10",
	} {
		_, n, err := net.ParseCIDR(cidr)
		if err != nil {
			panic(err) // written above
		}
		out = append(out, n)
	}
	return out
}
