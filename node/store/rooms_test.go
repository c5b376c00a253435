package store

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

var village = identity.RoomID{7}

func TestRoom(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if g, err := s.Genesis(village); g != nil || err != nil {
		t.Errorf("genesis of a room that is not kept: %x, %v", g, err)
	}
	other := identity.RoomID{1}
	steps := [][]byte{[]byte("one"), []byte("two")}
	secret := [32]byte{1, 2, 3}
	for _, err := range []error{
		s.PutGenesis(village, []byte("genesis")),
		s.PutGenesis(other, []byte("other")),
		s.PutGenesis(village, []byte("changed")),
		s.PutItem(village, []byte("first")),
		s.PutItem(village, []byte("second")),
		s.PutItem(village, []byte("first")),
		s.PutTicket(village, steps),
		s.PutSecret(village, 3, secret),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // as it is, and after a restart
		rooms, err := s.Rooms()
		if err != nil || !slices.Equal(rooms, []identity.RoomID{village, other}) {
			t.Errorf("rooms %v, %v", rooms, err)
		}
		if g, err := s.Genesis(village); string(g) != "genesis" || err != nil {
			t.Errorf("genesis %q, %v", g, err)
		}
		items, err := s.Items(village)
		if err != nil || !slices.EqualFunc(items, [][]byte{[]byte("first"), []byte("second")}, bytes.Equal) {
			t.Errorf("items %q, %v", items, err)
		}
		chain, err := s.Ticket(village)
		if err != nil || !slices.EqualFunc(chain, steps, bytes.Equal) {
			t.Errorf("ticket %q, %v", chain, err)
		}
		if chain, err := s.Ticket(other); chain != nil || err != nil {
			t.Errorf("ticket %q, %v, want none", chain, err)
		}
		if got, known, err := s.Secret(village, 3); got != secret || !known || err != nil {
			t.Errorf("secret %x, %v, %v", got, known, err)
		}
		if _, known, err := s.Secret(village, 4); known || err != nil {
			t.Errorf("secret of another epoch: %v, %v", known, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir)
	}
	if err := s.ForgetRoom(village); err != nil {
		t.Fatal(err)
	}
	if rooms, err := s.Rooms(); err != nil || !slices.Equal(rooms, []identity.RoomID{other}) {
		t.Errorf("rooms %v, %v after one was forgotten", rooms, err)
	}
	if err := s.ForgetRoom(village); err != nil {
		t.Errorf("forget again: %v", err)
	}
}

func TestRoomErrors(t *testing.T) {
	s := open(t, t.TempDir())
	large := make([]byte, MaxItem+1)
	tests := []struct {
		name string
		err  error
		want error
	}{
		{"op of no room", s.PutItem(village, []byte("x")), ErrUnknownRoom},
		{"ticket of no room", s.PutTicket(village, nil), ErrUnknownRoom},
		{"secret of no room", s.PutSecret(village, 0, [32]byte{}), ErrUnknownRoom},
		{"large genesis", s.PutGenesis(village, large), ErrTooLarge},
		{"large op", s.PutItem(village, large), ErrTooLarge},
		{"large step", s.PutTicket(village, [][]byte{large}), ErrTooLarge},
		{"many steps", s.PutTicket(village, make([][]byte, MaxSteps+1)), ErrTooLarge},
		{"large name", s.SetName(string(large)), ErrTooLarge},
		{"large setting", s.PutSetting("x", make([]byte, MaxValue+1)), ErrTooLarge},
		{"large setting's name", s.PutSetting(string(large), nil), ErrTooLarge},
	}
	for _, tt := range tests {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.err, tt.want)
		}
	}
	if _, err := s.Reserve(large, 1); !errors.Is(err, ErrTooLarge) {
		t.Errorf("large counter: %v", err)
	}
	if _, err := s.Reserve(nil, 1); err == nil {
		t.Error("counter without a name")
	}
}

// TestNumbersAreGivenOnce is the law of counters and uses, whatever is done in
// whatever order, with restarts between.
func TestNumbersAreGivenOnce(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dir := t.TempDir()
		s := open(t, dir)
		s.db.NoSync = true // nobody pulls the plug here
		next := make(map[string]uint64)
		uses := make(map[identity.ID]uint32)
		const limit = 3
		r.Repeat(map[string]func(*rapid.T){
			"reserve": func(r *rapid.T) {
				counter := rapid.SampledFrom([]string{"a", "b"}).Draw(r, "counter")
				n := rapid.Uint64Range(0, 1000).Draw(r, "n")
				first, err := s.Reserve([]byte(counter), n)
				if err != nil || first != next[counter] {
					r.Fatalf("first %d, %v, want %d", first, err, next[counter])
				}
				next[counter] += n
			},
			"redeem": func(r *rapid.T) {
				holder := identity.ID{rapid.Byte().Draw(r, "holder")}
				use, ok, err := s.Redeem([32]byte{1}, holder, limit)
				want, before := uses[holder]
				switch {
				case err != nil:
					r.Fatal(err)
				case before && (!ok || use != want):
					r.Fatalf("use %d, %v, want %d again", use, ok, want)
				case !before && len(uses) < limit && (!ok || int(use) != len(uses)):
					r.Fatalf("use %d, %v, want %d", use, ok, len(uses))
				case !before && len(uses) >= limit && ok:
					r.Fatalf("use %d beyond the limit", use)
				case ok:
					uses[holder] = use
				}
			},
			"forget": func(r *rapid.T) {
				if err := errors.Join(s.PutGenesis(village, nil), s.ForgetRoom(village)); err != nil {
					r.Fatal(err)
				}
			},
			"restart": func(r *rapid.T) {
				if err := s.Close(); err != nil {
					r.Fatal(err)
				}
				s = open(t, dir)
				s.db.NoSync = true
			},
		})
	})
}

func TestCounterEnds(t *testing.T) {
	s := open(t, t.TempDir())
	if _, err := s.Reserve([]byte("c"), math.MaxUint64); err != nil {
		t.Fatal(err)
	}
	if first, err := s.Reserve([]byte("c"), 1); err == nil {
		t.Errorf("number %d from a counter that is used up", first)
	}
}

func TestReserveFromManySides(t *testing.T) {
	s := open(t, t.TempDir())
	var mu sync.Mutex
	var got []uint64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 5 {
				first, err := s.Reserve([]byte("c"), 10)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				got = append(got, first)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(got)
	for i, first := range got {
		if first != uint64(10*i) {
			t.Fatalf("numbers from %v", got)
		}
	}
}
