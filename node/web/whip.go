package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/ogg"
)

const (
	// maxOdd is how many packets in a row may be of a length that we do not take
	// before their sender is hung up: one second of them.
	maxOdd = 50
	// quietPacket is the size up to which a packet without a level counts as
	// silence: what Opus sends while it sends nothing is one to three bytes, and
	// comfort noise not much more.
	quietPacket = 10
	// silence is the level of no sound at all (RFC 6464).
	silence = 127
	// ordinarySpeech is the level that any other packet without one is given.
	ordinarySpeech = 30
)

// microphone takes one WHIP session's packets to the node.
type microphone struct {
	say    func(audio.Frame) error
	level  uint8 // the header extension's number; 0: there is none
	begun  bool
	newest uint16
	odd    int
}

// openMic answers a WHIP offer.
func (s *Server) openMic(ctx context.Context, room node.RoomStatus, _ *ear, offer string) (*call, string, error) {
	if !room.OnStage {
		return nil, "", refuse(http.StatusForbidden, "you are in the audience, where microphones stay closed; raise your hand to be invited up")
	}
	if n, err := audioSections(offer); err != nil {
		return nil, "", err
	} else if n != 1 {
		return nil, "", refuse(http.StatusBadRequest, "the offer has %d audio sections; a microphone is one", n)
	}
	api, err := s.rtc.open(ctx)
	if err != nil {
		return nil, "", err
	}
	c, err := newCall(api, room.ID, true, s.hub.poke)
	if err != nil {
		return nil, "", err
	}
	c.pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		m := &microphone{say: func(f audio.Frame) error { return s.cfg.Node.Say(room.ID, f) }}
		for _, x := range receiver.GetParameters().HeaderExtensions {
			if x.URI == sdp.AudioLevelURI {
				m.level = uint8(x.ID)
			}
		}
		s.follow(c, m, track)
	})
	text, err := s.agree(ctx, c, offer)
	return c, text, err
}

// follow reads a microphone until it closes. It runs on the goroutine that the peer
// connection gives to a track.
func (s *Server) follow(c *call, m *microphone, track *webrtc.TrackRemote) {
	if !c.begin() {
		return
	}
	defer c.work.Done()
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return // closed
		}
		if m.take(p); m.odd > maxOdd {
			s.log.Warn("microphone hung up: its Opus packets are not of 20 ms", "room", c.room.Short())
			c.over.Store(true)
			s.hub.poke()
			return
		}
	}
}

// take passes on one packet, if it is one of ours and not late.
func (m *microphone) take(p *rtp.Packet) {
	if m.begun && int16(p.SequenceNumber-m.newest) <= 0 {
		return
	}
	m.begun, m.newest = true, p.SequenceNumber
	if samples, err := ogg.Duration(p.Payload); err != nil || samples != audio.FrameSamples || len(p.Payload) > audio.MaxPacket {
		m.odd++
		return
	}
	m.odd = 0
	f := audio.Frame{Timestamp: p.Timestamp, Packet: slices.Clone(p.Payload), Level: m.loudness(p)}
	_ = m.say(f) // muted, or off the stage: the room says so, not each frame
}

// loudness is the level that the sender measured, or a guess from the size.
func (m *microphone) loudness(p *rtp.Packet) uint8 {
	if raw := p.GetExtension(m.level); m.level != 0 && raw != nil {
		var l rtp.AudioLevelExtension
		if l.Unmarshal(raw) == nil {
			return l.Level
		}
	}
	if len(p.Payload) <= quietPacket {
		return silence
	}
	return ordinarySpeech
}
