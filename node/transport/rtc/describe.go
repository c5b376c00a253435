package rtc

import (
	"context"
	"fmt"
	"time"

	"github.com/pion/webrtc/v4"
)

// offer returns the description to send to the other side.
func (l *link) offer(ctx context.Context) (string, error) {
	return l.describe(ctx, webrtc.SDPTypeOffer, func() (webrtc.SessionDescription, error) { return l.pc.CreateOffer(nil) })
}

// answer takes in the other side's offer and returns the description to answer
// with.
func (l *link) answer(ctx context.Context, offer string) (string, error) {
	if err := l.accept(webrtc.SDPTypeOffer, offer); err != nil {
		return "", err
	}
	return l.describe(ctx, webrtc.SDPTypeAnswer, func() (webrtc.SessionDescription, error) { return l.pc.CreateAnswer(nil) })
}

// accept takes in the other side's description.
func (l *link) accept(kind webrtc.SDPType, text string) error {
	return l.step(func() error {
		if err := l.pc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: text}); err != nil {
			return fmt.Errorf("take in %s: %w", kind, err)
		}
		return nil
	})
}

// describe makes and sets a description and returns it with the addresses gathered.
func (l *link) describe(ctx context.Context, kind webrtc.SDPType, create func() (webrtc.SessionDescription, error)) (string, error) {
	gathered := webrtc.GatheringCompletePromise(l.pc)
	err := l.step(func() error {
		d, err := create()
		if err != nil {
			return fmt.Errorf("make %s: %w", kind, err)
		}
		if err := l.pc.SetLocalDescription(d); err != nil {
			return fmt.Errorf("set %s: %w", kind, err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	timer := time.NewTimer(gatherTimeout)
	defer timer.Stop()
	select {
	case <-gathered:
	case <-timer.C:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case <-l.done:
		return "", errClosing
	}
	text := l.pc.LocalDescription().SDP
	if len(text) > maxSDP {
		return "", fmt.Errorf("own session description of %d bytes, want at most %d", len(text), maxSDP)
	}
	return text, nil
}

// step takes a step of the negotiation, unless the link has ended. The link's end
// waits for it.
func (l *link) step(take func() error) error {
	l.negotiating.Lock()
	defer l.negotiating.Unlock()
	select {
	case <-l.done:
		return errClosing
	default:
		return take()
	}
}
