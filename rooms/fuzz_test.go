package rooms

import (
	"bytes"
	"testing"
)

func FuzzCheck(f *testing.F) {
	v := newVillage(f, Open, "host", "ann")
	v.must(v.people[0], InviteUp{v.people[1].key.ID()})
	for _, raw := range v.people[0].Sync(nil) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		i, err := Check(v.id, data)
		if err != nil {
			return
		}
		r := v.people[1]
		r.Step(0, Received{i})
		r.Drain(func(Effect) {})
		r.View()
	})
}

func FuzzOpenGenesis(f *testing.F) {
	v := newVillage(f, Open, "host")
	f.Add(v.genesis)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := OpenGenesis(b); err == nil && !bytes.Equal(b, v.genesis) {
			t.Errorf("%x is a genesis that nobody signed", b)
		}
	})
}
