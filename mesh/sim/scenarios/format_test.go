package scenarios

import (
	"reflect"
	"strings"
	"testing"
)

func TestFormatIsWhatParseReads(t *testing.T) {
	texts := []string{small, `
about: "A room: # with everything"
seed: 0
seeds: 1
calm: 1m20.5s
duration: 3h
world: {peers: 7, community: 3, relays: 0%, children: 2, community-children: 5, speakers: 2, speech: conversation,
  slack: 1s, uplinks: [{share: 29%, kbps: 800}, {share: 71%, kbps: 20000}], geography: globe, loss: 0.125, loss-burst: 2.5, arrivals: 300ms, churn: 1200%, graceful: 29%}
faults:
  - {at: 0s, what: kill-root}
  - {at: 1s, what: kill-relay}
  - {at: 2m, what: kill-relays, share: 33%}
  - {at: 2s, what: split, share: 57%, for: 1m}
  - {at: 2s, what: drop, share: 0.001}
  - {at: 2s, what: crowd, peers: 9, for: 10s}
`}
	for _, text := range texts {
		want, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		again, err := Format(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(again)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v: wrote\n%s\nread %+v\nwant %+v", err, again, got, want)
		}
	}
	for _, name := range Names() {
		want, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Format(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(again)
		if got.Name = name; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, wrote\n%s", name, err, again)
		}
	}
}

func TestFormatWritesAsAPersonWould(t *testing.T) {
	s, err := Parse([]byte("about: Mine.\nseeds: 1\ncalm: 1m\nduration: 120s\nworld: {peers: 30, loss: 7%, slack: 1s}\nfaults: [{at: 90s, what: kill-root}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Format(s)
	want := "about: Mine.\nseeds: 1\ncalm: 1m\nduration: 2m\nworld: {peers: 30, slack: 1s, loss: 7%}\nfaults:\n  - {at: 1m30s, what: kill-root}\n"
	if err != nil || string(got) != want {
		t.Errorf("%v, wrote\n%s\nwant\n%s", err, got, strings.TrimSpace(want))
	}
}
