package rtc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

// certificate makes the DTLS certificate that all links of a run share.
func certificate() (*webrtc.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make DTLS key: %w", err)
	}
	c, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("make DTLS certificate: %w", err)
	}
	return c, nil
}

// settings are pion's for one link.
func (ls *Links) settings(l *link) webrtc.SettingEngine {
	s := webrtc.SettingEngine{LoggerFactory: logs{ls.cfg.Log}, BufferFactory: l.buffer}
	s.SetICEUDPMux(l.port.mux)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetIncludeLoopbackCandidate(l.port.mux.loopback)
	s.SetRemoteIPFilter(l.port.mux.wanted)
	s.SetICETimeouts(disconnected, failed, keepAlive)
	s.SetSrflxAcceptanceMinWait(0) // the first pair that works is good enough: the mesh measures
	s.SetPrflxAcceptanceMinWait(0)
	s.SetICEBindingRequestHandler(l.heardCheck)
	s.SetDTLSRetransmissionInterval(dtlsInterval)
	s.SetDTLSInsecureSkipHelloVerify(true) // ICE has shown that the address answers
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM)
	s.SetSRTPReplayProtectionWindow(replayWindow)
	s.SetFireOnTrackBeforeFirstRTP(true) // spares a goroutine that waits for it
	return s
}

// newLink makes a link's peer connection, which does nothing yet. The caller must
// end it.
func (ls *Links) newLink(k key, dialled bool) (*link, error) {
	on, err := ls.reserve(k.peer, dialled)
	if err != nil {
		return nil, err
	}
	l := &link{
		owner: ls, peer: k.peer, room: k.room, port: on,
		connected: make(chan struct{}), done: make(chan struct{}),
	}
	if l.pc, err = ls.connection(l); err != nil {
		ls.release(k.peer, on)
		return nil, err
	}
	if !ls.keep(l) {
		err = errors.Join(errClosing, l.pc.Close())
		ls.release(k.peer, on)
		return nil, err
	}
	l.pc.OnConnectionStateChange(l.stateChanged)
	return l, nil
}

// connection makes pion's part of a link.
func (ls *Links) connection(l *link) (*webrtc.PeerConnection, error) {
	var media webrtc.MediaEngine
	if err := media.RegisterCodec(codec, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, fmt.Errorf("register codec: %w", err)
	}
	api := webrtc.NewAPI(
		webrtc.WithMediaEngine(&media),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}), // none, where nil would mean all
		webrtc.WithSettingEngine(ls.settings(l)),
	)
	pc, err := api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{*ls.certificate}})
	if err != nil {
		return nil, fmt.Errorf("make peer connection: %w", err)
	}
	both := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv}
	if _, err = pc.AddTransceiverFromTrack(track{l}, both); err != nil {
		return nil, errors.Join(fmt.Errorf("add track: %w", err), pc.Close())
	}
	return pc, nil
}
