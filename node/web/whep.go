package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/pion/webrtc/v4"

	"github.com/banyan-rooms/banyan/node"
)

// maxSections bounds the slots of one listener: a stage is no larger.
const maxSections = 16

// openEars answers a WHEP offer: one track for each audio section.
func (s *Server) openEars(ctx context.Context, room node.RoomStatus, e *ear, offer string) (*call, string, error) {
	n, err := audioSections(offer)
	if err != nil {
		return nil, "", err
	}
	if n < 1 || n > maxSections {
		return nil, "", refuse(http.StatusBadRequest,
			"the offer has %d audio sections; offer one for each speaker to be heard at once, from 1 to %d", n, maxSections)
	}
	api, err := s.rtc.open(ctx)
	if err != nil {
		return nil, "", err
	}
	c, err := newCall(api, room.ID, false, s.hub.poke)
	if err != nil {
		return nil, "", err
	}
	tracks, err := addSlots(c.pc, n)
	if err != nil {
		c.hangUp()
		return nil, "", err
	}
	text, err := s.agree(ctx, c, offer)
	if err == nil {
		c.end = func() { e.remove(c.id) }
		e.add(c.id, tracks)
	}
	return c, text, err
}

// addSlots gives a peer connection its tracks, in the order of the offer's sections.
func addSlots(pc *webrtc.PeerConnection, n int) ([]*webrtc.TrackLocalStaticRTP, error) {
	tracks := make([]*webrtc.TrackLocalStaticRTP, n)
	for i := range tracks {
		name := "slot-" + strconv.Itoa(i)
		t, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: opusFormat,
		}, name, name)
		if err != nil {
			return nil, err
		}
		_, err = pc.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return nil, err
		}
		tracks[i] = t
	}
	return tracks, nil
}

// agree takes in an offer and returns the answer. Whatever fails ends the call.
func (s *Server) agree(ctx context.Context, c *call, offer string) (string, error) {
	err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer})
	if err != nil {
		c.hangUp()
		return "", errSDP(err)
	}
	text, err := answer(ctx, c.pc)
	if err == nil {
		err = s.hub.calls.add(c)
	}
	if err != nil {
		c.hangUp()
		return "", err
	}
	return text, nil
}
