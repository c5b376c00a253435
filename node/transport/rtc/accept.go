package rtc

import (
	"context"
	"errors"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

// answerOffer answers an offer. Its errors are words for the other side.
func (ls *Links) answerOffer(ctx context.Context, from identity.ID, request []byte) ([]byte, error) {
	o, err := parseOffer(request)
	if err != nil {
		return nil, err
	}
	k := key{from, o.Room}
	ls.mu.Lock()
	allow, opened := ls.allow, ls.opened
	first := ls.dialling[k] != nil && ls.network.Self().Compare(from) < 0
	ls.mu.Unlock()
	switch {
	case first:
		return canon.Marshal(answer{Mine: true})
	case allow == nil:
		return nil, errors.New("takes no links")
	}
	if err := allow(from, o.Room); err != nil {
		return nil, err
	}
	return ls.openTo(ctx, k, o, opened)
}

// openTo begins to open a link that another peer dials; a goroutine waits for it.
func (ls *Links) openTo(ctx context.Context, k key, o offer, opened func(transport.Link)) ([]byte, error) {
	mine, err := ls.beginAccept(k, o.Dial)
	if err != nil {
		return nil, err
	}
	l, err := ls.newLink(k, false)
	if err != nil {
		ls.settle(ls.accepted, k, mine, false)
		return nil, errors.New("cannot open a link")
	}
	ls.mu.Lock()
	l.dial, mine.link = o.Dial, l
	ls.mu.Unlock()
	text, err := l.answer(ctx, o.SDP)
	if err != nil {
		l.end()
		ls.settle(ls.accepted, k, mine, false)
		return nil, err
	}
	go func() { // settle ends what Close waits for
		ok := ls.finish(l, opened)
		ls.settle(ls.accepted, k, mine, ok)
	}()
	return canon.Marshal(answer{SDP: text})
}

// finish waits until a link is open and hands it over.
func (ls *Links) finish(l *link, opened func(transport.Link)) bool {
	if err := l.await(ls.life); err != nil || !ls.enter(l) {
		l.end()
		return false
	}
	opened(l)
	return true
}

// beginAccept notes an accepted offer, tells a dial of this side that there is
// one, and ends what the other side must have lost if it dials.
func (ls *Links) beginAccept(k key, number uint64) (*attempt, error) {
	lost, mine, err := ls.replace(k, number)
	for _, l := range lost {
		l.end()
	}
	return mine, err
}

func (ls *Links) replace(k key, number uint64) (lost []*link, mine *attempt, err error) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	before, open := ls.accepted[k], ls.open[k]
	if before != nil && before.number >= number || open != nil && open.dial >= number {
		return nil, nil, errors.New("a later dial of yours was here before this one")
	}
	if mine, err = ls.begin(ls.accepted, k, number); err != nil {
		return nil, nil, err
	}
	if before != nil && before.link != nil {
		lost = append(lost, before.link)
	}
	if open != nil {
		lost = append(lost, open)
	}
	if d := ls.dialling[k]; d != nil {
		select {
		case <-d.rival: // it was given up for this one
		default:
		}
		d.rival <- mine
	}
	return lost, mine, nil
}
