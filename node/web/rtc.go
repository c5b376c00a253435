package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// opusFormat is what the answer asks an Opus sender for: mono, good speech, and
// forward error correction for lossy links beyond this machine (RFC 7587).
const opusFormat = "minptime=20;useinbandfec=1;stereo=0;sprop-stereo=0;maxaveragebitrate=40000"

const (
	// gatherFor bounds the wait for this machine's own addresses; it takes about
	// a millisecond.
	gatherFor = 5 * time.Second
	// A page that was closed without a word is noticed after these.
	disconnectedAfter = 3 * time.Second
	failedAfter       = 7 * time.Second
	keepAliveEvery    = time.Second
)

// rtc makes peer connections with the local browser: one UDP port for all, opened when
// the first sound is asked for. It is safe for concurrent use.
type rtc struct {
	mu  sync.Mutex
	mux ice.UDPMux
	api *webrtc.API
}

// open returns what makes connections.
func (r *rtc) open(ctx context.Context) (*webrtc.API, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.api != nil {
		return r.api, nil
	}
	var listen net.ListenConfig
	conn, err := listen.ListenPacket(ctx, "udp4", "0.0.0.0:0")
	if err != nil {
		return nil, fmt.Errorf("open a UDP port for the page's sound: %w", err)
	}
	quiet := logging.NewDefaultLoggerFactory()
	quiet.DefaultLogLevel = logging.LogLevelDisabled
	mux := webrtc.NewICEUDPMux(quiet.NewLogger("ice"), newLocalConn(conn))

	var settings webrtc.SettingEngine
	settings.LoggerFactory = quiet
	settings.SetICEUDPMux(mux)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetICETimeouts(disconnectedAfter, failedAfter, keepAliveEvery)

	media, err := voice()
	if err != nil {
		return nil, errors.Join(err, mux.Close(), conn.Close())
	}
	r.mux, r.api = mux, webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings))
	return r.api, nil
}

// close gives the port back. Nothing is opened afterwards: requests have ended.
func (r *rtc) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mux == nil {
		return nil
	}
	return r.mux.Close()
}

// voice is the one codec, and the one header extension: how loud a packet is.
func voice() (*webrtc.MediaEngine, error) {
	var media webrtc.MediaEngine
	err := media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: opusFormat,
		},
		PayloadType: 111,
	}, webrtc.RTPCodecTypeAudio)
	if err != nil {
		return nil, fmt.Errorf("register Opus: %w", err)
	}
	err = media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.AudioLevelURI}, webrtc.RTPCodecTypeAudio)
	if err != nil {
		return nil, fmt.Errorf("register the audio level extension: %w", err)
	}
	return &media, nil
}

// errSDP answers an offer that cannot be used.
func errSDP(err error) error {
	return refuse(http.StatusBadRequest, "the body is not an SDP offer that can be answered: %w", err)
}

// answer completes an offer with all candidates in it: there is no trickle.
func answer(ctx context.Context, pc *webrtc.PeerConnection) (string, error) {
	gathered := webrtc.GatheringCompletePromise(pc)
	a, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", errSDP(err)
	}
	if err := pc.SetLocalDescription(a); err != nil {
		return "", errSDP(err)
	}
	ctx, cancel := context.WithTimeout(ctx, gatherFor)
	defer cancel()
	select {
	case <-gathered:
	case <-ctx.Done():
		return "", fmt.Errorf("find this machine's own addresses: %w", ctx.Err())
	}
	return askForVoice(pc.LocalDescription().SDP)
}

// askForVoice says in an answer what we want to be sent: pion echoes the offer's
// Opus parameters and never names a packet time.
func askForVoice(text string) (string, error) {
	var s sdp.SessionDescription
	if err := s.UnmarshalString(text); err != nil {
		return "", fmt.Errorf("read our own answer: %w", err)
	}
	for _, m := range s.MediaDescriptions {
		if m.MediaName.Media != "audio" || len(m.MediaName.Formats) == 0 {
			continue
		}
		kept := m.Attributes[:0]
		for _, a := range m.Attributes {
			if a.Key != "fmtp" && a.Key != "ptime" && a.Key != "maxptime" {
				kept = append(kept, a)
			}
		}
		m.Attributes = append(kept,
			sdp.NewAttribute("fmtp", m.MediaName.Formats[0]+" "+opusFormat),
			sdp.NewAttribute("ptime", "20"), sdp.NewAttribute("maxptime", "20"))
	}
	b, err := s.Marshal()
	return string(b), err
}

// audioSections counts the sections of an offer that want sound and could carry it.
func audioSections(offer string) (int, error) {
	var s sdp.SessionDescription
	if err := s.UnmarshalString(offer); err != nil {
		return 0, errSDP(err)
	}
	n := 0
	for _, m := range s.MediaDescriptions {
		if m.MediaName.Media == "audio" {
			n++
		}
	}
	return n, nil
}
