package web

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/audio"
)

// opus20 is an Opus packet of 20 ms of silence.
var opus20 = []byte{0xf8, 0xff, 0xfe}

// client makes a peer connection such as a browser has.
func client(t *testing.T) *webrtc.PeerConnection {
	t.Helper()
	media, err := voice()
	if err != nil {
		t.Fatal(err)
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.GracefulClose() })
	return pc
}

// call makes an offer at a path and takes in the answer; it returns the Location.
func (s *Server) call(t *testing.T, pc *webrtc.PeerConnection, path string) (location, answer string) {
	t.Helper()
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	w := s.send(t, "POST", path, "application/sdp", pc.LocalDescription().SDP)
	b, err := io.ReadAll(w.Body)
	if err != nil || w.StatusCode != http.StatusCreated || w.Header.Get("Content-Type") != "application/sdp" {
		t.Fatalf("%s: %d %s %s: %v", path, w.StatusCode, w.Header.Get("Content-Type"), b, err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(b)}); err != nil {
		t.Fatal(err)
	}
	return w.Header.Get("Location"), string(b)
}

// mic opens a WHIP session that sends what pack makes, until the test ends.
func (s *Server) mic(t *testing.T, room identity.RoomID, pack func(n uint16) *rtp.Packet) (pc *webrtc.PeerConnection, location, answer string) {
	t.Helper()
	pc = client(t)
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2,
	}, "mic", "mic")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	location, answer = s.call(t, pc, "/api/v1/rooms/"+room.String()+"/whip")
	stop := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for n := uint16(0); ; n++ {
			select {
			case <-stop:
				return
			case <-tick.C:
				_ = track.WriteRTP(pack(n))
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
	return pc, location, answer
}

// plain makes packets without a level.
func plain(payload []byte) func(uint16) *rtp.Packet {
	return func(n uint16) *rtp.Packet {
		return &rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 960},
			Payload: payload,
		}
	}
}

// ended waits for a peer connection to notice its end.
func ended(t *testing.T, pc *webrtc.PeerConnection) {
	t.Helper()
	done := make(chan struct{}, 1)
	see := func(s webrtc.PeerConnectionState) {
		if s != webrtc.PeerConnectionStateConnected && s != webrtc.PeerConnectionStateConnecting {
			select {
			case done <- struct{}{}:
			default:
			}
		}
	}
	pc.OnConnectionStateChange(see)
	see(pc.ConnectionState()) // it may have ended before anyone looked
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("the peer connection did not end")
	}
}

func TestMicrophoneReachesTheNode(t *testing.T) {
	f := newFake()
	room := roomID(1)
	f.inRoom(room, true, 1)
	s := runServer(t, f)
	leveled := func(n uint16) *rtp.Packet {
		p := plain(opus20)(n)
		level, _ := rtp.AudioLevelExtension{Level: 21, Voice: true}.Marshal()
		if err := p.SetExtension(1, level); err != nil {
			t.Error(err)
		}
		return p
	}
	_, location, answer := s.mic(t, room, leveled)
	for _, want := range []string{"a=ptime:20", "a=maxptime:20", "useinbandfec=1", "stereo=0", sdp.AudioLevelURI, "a=recvonly"} {
		if !strings.Contains(answer, want) {
			t.Errorf("the answer lacks %q:\n%s", want, answer)
		}
	}
	first := <-f.said
	next := <-f.said
	if string(first.Packet) != string(opus20) || next.Timestamp-first.Timestamp != 960 || first.Level != 21 {
		t.Errorf("said %+v and %+v, want 20 ms apart and level 21", first, next)
	}
	r := events(t, s)
	r.until(t, func(st State) bool { return strings.HasSuffix(location, "/"+st.Rooms[0].Mic) })
	if w := s.send(t, "DELETE", location, "", ""); w.StatusCode != http.StatusOK {
		t.Errorf("delete: %d", w.StatusCode)
	}
	r.until(t, func(st State) bool { return st.Rooms[0].Mic == "" })
	if w := s.send(t, "DELETE", location, "", ""); w.StatusCode != http.StatusOK {
		t.Errorf("delete again: %d, want it to be as good as the first", w.StatusCode)
	}
}

func TestANewMicrophoneReplacesTheOld(t *testing.T) {
	f := newFake()
	room := roomID(1)
	f.inRoom(room, true, 0)
	s := runServer(t, f)
	old, location, _ := s.mic(t, room, plain(opus20))
	<-f.said
	s.mic(t, room, plain(opus20))
	ended(t, old)
	if w := s.send(t, "DELETE", location, "", ""); w.StatusCode != http.StatusOK || s.hub.calls.mic(room) == "" {
		t.Errorf("delete of the old one: %d, new one open: %q; want 200 and the new one untouched", w.StatusCode, s.hub.calls.mic(room))
	}
}

func TestLeavingTheStageClosesTheMicrophone(t *testing.T) {
	f := newFake()
	room := roomID(1)
	f.inRoom(room, true, 0)
	s := runServer(t, f)
	pc, _, _ := s.mic(t, room, plain(opus20))
	<-f.said
	f.change(func(st *node.Status) { st.Rooms[0].OnStage = false })
	ended(t, pc)
	w := s.send(t, "POST", "/api/v1/rooms/"+room.String()+"/whip", "application/sdp", "v=0")
	if w.StatusCode != http.StatusForbidden {
		t.Errorf("a microphone in the audience: %d, want 403", w.StatusCode)
	}
}

func TestPacketsThatAreNotOf20msHangUp(t *testing.T) {
	f := newFake()
	room := roomID(1)
	f.inRoom(room, true, 0)
	s := runServer(t, f)
	pc, _, _ := s.mic(t, room, plain([]byte{0x18, 1, 2, 3})) // 60 ms
	ended(t, pc)
	if len(f.said) != 0 {
		t.Error("a packet of 60 ms was passed on")
	}
}

func TestMicrophoneTakes(t *testing.T) {
	packet := func(seq uint16, payload ...byte) *rtp.Packet {
		return &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: uint32(seq) * 960}, Payload: payload}
	}
	speechPacket := append([]byte{0x78}, make([]byte, 80)...)
	tests := []struct {
		name string
		in   []*rtp.Packet
		want []uint8 // levels of what was said
	}{
		{"size stands in for the level", []*rtp.Packet{packet(1, 0x78), packet(2, speechPacket...)}, []uint8{silence, ordinarySpeech}},
		{"late and repeated packets are dropped", []*rtp.Packet{packet(5, opus20...), packet(5, opus20...), packet(4, opus20...), packet(6, opus20...)}, []uint8{silence, silence}},
		{"numbers wrap", []*rtp.Packet{packet(65535, opus20...), packet(0, opus20...)}, []uint8{silence, silence}},
		{"other lengths are dropped", []*rtp.Packet{packet(1, 0xf0, 1), packet(2, 0xf9, 1), packet(3)}, nil},
		{"giants are dropped", []*rtp.Packet{packet(1, append([]byte{0x78}, make([]byte, audio.MaxPacket)...)...)}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []uint8
			m := &microphone{say: func(f audio.Frame) error { got = append(got, f.Level); return nil }}
			for _, p := range tt.in {
				m.take(p)
			}
			if string(got) != string(tt.want) {
				t.Errorf("said levels %v, want %v", got, tt.want)
			}
		})
	}
}

// ears opens a WHEP session of n slots; each slot's packets come in a channel.
func (s *Server) listenTo(t *testing.T, room identity.RoomID, n int) (slots []chan *rtp.Packet, location string) {
	t.Helper()
	pc := client(t)
	slots = make([]chan *rtp.Packet, n)
	for i := range slots {
		slots[i] = make(chan *rtp.Packet, 1024)
		_, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			t.Fatal(err)
		}
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		for i, tr := range pc.GetTransceivers() {
			if tr.Receiver() != receiver {
				continue
			}
			for {
				p, _, err := track.ReadRTP()
				if err != nil {
					return
				}
				slots[i] <- p
			}
		}
	})
	connected := make(chan struct{})
	pc.OnConnectionStateChange(func(st webrtc.PeerConnectionState) {
		if st == webrtc.PeerConnectionStateConnected {
			close(connected)
		}
	})
	location, answer := s.call(t, pc, "/api/v1/rooms/"+room.String()+"/whep")
	if got := strings.Count(answer, "a=sendonly"); got != n {
		t.Fatalf("the answer has %d sections that send, want %d:\n%s", got, n, answer)
	}
	<-connected
	return slots, location
}

// talk lets everyone hear some speakers until the test ends.
func (f *fake) talk(t *testing.T, room identity.RoomID, speakers ...identity.ID) {
	t.Helper()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for n := uint64(0); ; n++ {
			for _, who := range speakers {
				f.speak(room, node.Heard{Speaker: who, KID: 1, CTR: n, Frame: audio.Frame{
					Timestamp: uint32(n) * 960, Packet: append([]byte{0x78}, who[:8]...), Level: 20,
				}})
			}
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
}

func TestEverySpeakerHasASlot(t *testing.T) {
	f := newFake()
	room := roomID(1)
	f.inRoom(room, false, 3)
	s := runServer(t, f)
	slots, location := s.listenTo(t, room, Slots)
	f.talk(t, room, peer(2), peer(3), peer(4))
	for i := range 3 {
		who := peer(byte(i + 2))
		var before *rtp.Packet
		for range 10 {
			p := <-slots[i]
			if string(p.Payload[1:]) != string(who[:8]) {
				t.Fatalf("slot %d carries someone else", i)
			}
			if before != nil && (p.SequenceNumber-before.SequenceNumber != 1 || p.Timestamp-before.Timestamp != 960 || p.Marker) {
				t.Errorf("slot %d: number %d, time %d, marker %v after %d, %d", i,
					p.SequenceNumber, p.Timestamp, p.Marker, before.SequenceNumber, before.Timestamp)
			}
			before = p
		}
	}
	events(t, s).until(t, func(st State) bool {
		table := st.Rooms[0].Slots
		return len(table) == 3 && table[0] == peer(2) && table[1] == peer(3) && table[2] == peer(4)
	})
	if w := s.send(t, "DELETE", location, "", ""); w.StatusCode != http.StatusOK {
		t.Errorf("delete: %d", w.StatusCode)
	}
}

func TestOneSlotFollowsWhoSpeaks(t *testing.T) {
	f := newFake()
	room := roomID(1)
	f.inRoom(room, false, 2)
	s := runServer(t, f)
	slots, _ := s.listenTo(t, room, 1)
	f.talk(t, room, peer(3))
	if p, who := <-slots[0], peer(3); string(p.Payload[1:]) != string(who[:8]) {
		t.Error("the one slot does not carry the one who speaks")
	}
}

func TestBadOffers(t *testing.T) {
	f := newFake()
	room := roomID(1)
	f.inRoom(room, true, 1)
	s := testServer(t, f)
	in := "/api/v1/rooms/" + room.String()
	section := "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
	head := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	tests := []struct {
		name, path, kind, body string
		status                 int
		words                  string
	}{
		{"not SDP", in + "/whip", "application/sdp", "hello", 400, "not an SDP offer"},
		{"JSON", in + "/whip", "application/json", "{}", 415, "application/sdp"},
		{"nothing", in + "/whep", "application/sdp", "", 400, ""},
		{"no audio", in + "/whip", "application/sdp", head, 400, "0 audio sections"},
		{"two microphones", in + "/whip", "application/sdp", head + section + section, 400, "2 audio sections"},
		{"too many ears", in + "/whep", "application/sdp", head + strings.Repeat(section, 17), 400, "17 audio sections"},
		{"no way to connect", in + "/whep", "application/sdp", head + section, 400, ""},
		{"too long", in + "/whep", "application/sdp", strings.Repeat("a", maxBody+1), 413, ""},
		{"another room", "/api/v1/rooms/" + roomID(2).String() + "/whep", "application/sdp", head + section, 404, "join it first"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := s.ask(t, "POST", tt.path, tt.body, "Authorization", "Bearer token", "Content-Type", tt.kind)
			if got := body[refusal](t, w).Error; w.StatusCode != tt.status || !strings.Contains(got, tt.words) {
				t.Errorf("%d %q, want %d and %q", w.StatusCode, got, tt.status, tt.words)
			}
			if n := len(s.hub.calls.byID); n != 0 {
				t.Errorf("%d calls are left", n)
			}
		})
	}
}
