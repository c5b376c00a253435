package rtc

import (
	"context"
	"fmt"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

// Dial opens a link to a peer for a room.
func (ls *Links) Dial(ctx context.Context, to identity.ID, room identity.RoomID) (transport.Link, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	defer context.AfterFunc(ls.life, cancel)() //nolint:contextcheck // the links' end is an end, too
	l, err := ls.dial(ctx, key{to, room})
	if err != nil {
		return nil, fmt.Errorf("dial link to %s: %w", to.Short(), err)
	}
	return l, nil
}

func (ls *Links) dial(ctx context.Context, k key) (*link, error) {
	mine, err := ls.beginDial(ctx, k)
	if err != nil {
		return nil, err
	}
	var l *link // nil until it is open
	defer func() { ls.settle(ls.dialling, k, mine, l != nil) }()
	opening, err := ls.newLink(k, true)
	if err != nil {
		return nil, err
	}
	theirs, err := ls.negotiate(ctx, opening, mine.number)
	if err == nil && theirs {
		opening.end()
		return nil, mine.awaitRival(ctx)
	}
	if err == nil {
		err = opening.await(ctx)
	}
	if err == nil && !ls.enter(opening) {
		err = transport.ErrUnreachable
	}
	if err != nil {
		opening.end()
		return nil, err
	}
	l = opening
	return l, nil
}

// beginDial notes a dial. A link that is there or is being dialled makes it a
// duplicate; so does one that the other side is opening, once it is open.
func (ls *Links) beginDial(ctx context.Context, k key) (*attempt, error) {
	for {
		ls.mu.Lock()
		theirs := ls.accepted[k]
		if theirs == nil {
			defer ls.mu.Unlock()
			if ls.open[k] != nil || ls.dialling[k] != nil {
				return nil, transport.ErrDuplicate
			}
			ls.last = max(ls.last+1, uint64(time.Now().UnixNano()))
			return ls.begin(ls.dialling, k, ls.last)
		}
		ls.mu.Unlock()
		select {
		case <-theirs.settled:
			if theirs.opened {
				return nil, transport.ErrDuplicate
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// negotiate exchanges descriptions. theirs means that the other side's own dial
// goes first.
func (ls *Links) negotiate(ctx context.Context, l *link, number uint64) (theirs bool, err error) {
	text, err := l.offer(ctx)
	if err != nil {
		return false, err
	}
	request, err := canon.Marshal(offer{Room: l.room, SDP: text, Dial: number})
	if err != nil {
		return false, err
	}
	reply, err := ls.network.Request(ctx, l.peer, Protocol, request)
	if err != nil {
		return false, err
	}
	a, err := parseAnswer(reply)
	if err != nil || a.Mine {
		return a.Mine, err
	}
	return false, l.accept(webrtc.SDPTypeAnswer, a.SDP)
}

// awaitRival waits for the link that the other side said it is dialling.
func (a *attempt) awaitRival(ctx context.Context) error {
	for {
		var theirs *attempt
		select {
		case theirs = <-a.rival:
		case <-ctx.Done():
			return fmt.Errorf("the peer's own dial did not come: %w", transport.ErrUnreachable)
		}
		select {
		case <-theirs.settled:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if theirs.opened {
			return transport.ErrDuplicate
		}
	}
}
