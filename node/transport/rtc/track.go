package rtc

import (
	"github.com/pion/webrtc/v4"
)

const (
	mimeType      = "audio/banyan"
	payloadType   = 96    // the first dynamic one (RFC 3551, section 6)
	clockRate     = 48000 // as Opus; nobody reads the timestamps
	timestampStep = clockRate / 50
)

// codec describes the datagrams to pion.
var codec = webrtc.RTPCodecParameters{
	RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mimeType, ClockRate: clockRate, Channels: 1},
	PayloadType:        payloadType,
}

// track is a link's outgoing track.
type track struct{ link *link }

// Bind is called once, when the other side's description is known.
func (t track) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	l := t.link
	l.sending.Lock()
	defer l.sending.Unlock()
	l.writer = c.WriteStream()
	l.header.Version = 2
	l.header.PayloadType = payloadType
	l.header.SSRC = uint32(c.SSRC())
	// Reading RTCP has SRTP start with DTLS and not some time after it.
	l.owner.running.Go(func() {
		var scratch [1500]byte
		for {
			if _, _, err := c.RTCPReader().Read(scratch[:], nil); err != nil {
				return
			}
		}
	})
	return codec, nil
}

// Unbind is called when the track stops.
func (t track) Unbind(webrtc.TrackLocalContext) error {
	t.link.sending.Lock()
	defer t.link.sending.Unlock()
	t.link.writer = nil
	return nil
}

// ID names the track in the description.
func (t track) ID() string { return "frames" }

// RID is for simulcast, of which there is none.
func (t track) RID() string { return "" }

// StreamID names the stream in the description.
func (t track) StreamID() string { return "banyan" }

// Kind is audio.
func (t track) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }
