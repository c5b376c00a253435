package invite

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// full is a link with everything in it.
func full(tb testing.TB) Link {
	tb.Helper()
	secret := Bearer{9}
	return Link{
		Room: room, Title: "Unter dem Baum, 木の下", Bearer: &secret,
		Chain:  forge(tb, signed{host, bearer(Listener)}),
		Addrs:  []string{"/ip4/127.0.0.1/udp/4001/quic-v1/p2p/" + host.ID().String(), "/dns/example.org/tcp/443/wss"},
		Hidden: true,
	}
}

func TestLinkAsPeoplePasteIt(t *testing.T) {
	link := full(t)
	uri, web := link.String(), link.HTTPS("https://example.org/join")
	for name, s := range map[string]string{
		"URI":                        uri,
		"web address":                web,
		"plain web address":          link.HTTPS("http://localhost:8080/"),
		"white space around":         "\n\t " + uri + "\u00a0\r\n",
		"angle brackets":             "<" + uri + ">",
		"a web address in brackets":  "(" + web + ").",
		"broken into lines":          uri[:40] + "\r\n   " + uri[40:80] + "\n" + uri[80:],
		"invisible characters":       "\u2068" + uri[:50] + "\u200b" + uri[50:] + "\u2069",
		"in quotes":                  "\"" + uri + "\",",
		"the scheme in capitals":     "BANYAN:" + strings.TrimPrefix(uri, scheme),
		"a scheme with two slashes":  "banyan://" + strings.TrimPrefix(uri, scheme),
		"a web address in capitals":  "HTTPS://EXAMPLE.ORG/#" + strings.TrimPrefix(uri, scheme),
		"filled up to four":          uri + "==",
		"an address with much in it": link.HTTPS("https://example.org/a/b?c=d&e=f"),
	} {
		got, err := ParseLink(s)
		if err != nil || !reflect.DeepEqual(got, link) {
			t.Errorf("%s: got %+v, %v; want the same link", name, got, err)
		}
	}
}

func TestLinkOfAnOpenRoom(t *testing.T) {
	link := Link{Room: room}
	got, err := ParseLink(link.String())
	if err != nil || !reflect.DeepEqual(got, link) {
		t.Errorf("got %+v, %v; want %+v", got, err, link)
	}
}

func TestLinkOfANamedInvite(t *testing.T) {
	link := Link{Room: room, Chain: passed(t, MaxDepth)}
	got, err := ParseLink(link.String())
	if err != nil || !reflect.DeepEqual(got, link) {
		t.Errorf("got %+v, %v; want %+v", got, err, link)
	}
}

func TestBadLinks(t *testing.T) {
	uri := full(t).String()
	tests := []struct {
		name string
		s    string
		want error
	}{
		{"nothing", "", ErrMalformed},
		{"prose", "come to my room", ErrMalformed},
		{"cut off", uri[:len(uri)-7], ErrMalformed},
		{"cut off at a whole number of bytes", uri[:len(scheme)+(len(uri)-len(scheme))/4*4-8], ErrMalformed},
		{"another alphabet", strings.Replace(uri, uri[20:24], "!!!!", 1), ErrMalformed},
		{"empty", "banyan:", ErrMalformed},
		{"empty in a web page", "https://example.org/#", ErrMalformed},
		{"a web page", "https://example.org/", ErrMalformed},
		{"another scheme", "magnet:" + strings.TrimPrefix(uri, scheme), ErrMalformed},
		{"another scheme with a #", "ftp://example.org/#" + strings.TrimPrefix(uri, scheme), ErrMalformed},
		{"too long", "banyan:" + strings.Repeat("A", maxLink), ErrMalformed},
		{"version 2", "banyan:oQEC", ErrVersion}, // {1: 2}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := ParseLink(tt.s); !errors.Is(err, tt.want) || !reflect.DeepEqual(got, Link{}) {
				t.Errorf("got %+v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestBadFieldsOfALink(t *testing.T) {
	other := forge(t, signed{host, bearer(Listener).with(func(i *Invite) { i.Room[0] = 8 })})
	tests := []struct {
		name   string
		change func(*Link)
		want   error
	}{
		{"no room", func(l *Link) { l.Room = identity.RoomID{} }, ErrMalformed},
		{"a long title", func(l *Link) { l.Title = strings.Repeat("x", maxTitle+1) }, ErrMalformed},
		{"a title for the terminal", func(l *Link) { l.Title = "\x1b[2J" }, ErrMalformed},
		{"a title that turns round", func(l *Link) { l.Title = "a\u202eb" }, ErrMalformed},
		{"too many addresses", func(l *Link) { l.Addrs = make([]string, MaxAddrs+1) }, ErrMalformed},
		{"a long address", func(l *Link) { l.Addrs = []string{"/" + strings.Repeat("x", maxAddr)} }, ErrMalformed},
		{"an empty address", func(l *Link) { l.Addrs = []string{""} }, ErrMalformed},
		{"an address that is none", func(l *Link) { l.Addrs = []string{"127.0.0.1:80"} }, ErrMalformed},
		{"an address of two lines", func(l *Link) { l.Addrs = []string{"/ip4\n/ip6"} }, ErrMalformed},
		{"a secret and no invite", func(l *Link) { l.Chain = nil }, ErrMalformed},
		{"an invite and no secret", func(l *Link) { l.Bearer = nil }, ErrMalformed},
		{"a named invite and a secret", func(l *Link) { l.Chain = passed(t, 1) }, ErrMalformed},
		{"another secret", func(l *Link) { l.Bearer = &Bearer{8} }, ErrBearer},
		{"an invite to another room", func(l *Link) { l.Chain = other }, ErrRoom},
		{"a changed invite", func(l *Link) { l.Chain[0][60] ^= 1 }, identity.ErrPurpose},
		{"a chain too long", func(l *Link) { l.Chain, l.Bearer = passed(t, MaxDepth+1), nil }, ErrChain},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			link := full(t)
			tt.change(&link)
			if got, err := ParseLink(link.String()); !errors.Is(err, tt.want) || !reflect.DeepEqual(got, Link{}) {
				t.Errorf("got %+v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestErrorsAreSentences(t *testing.T) {
	_, err := ParseLink("banyan:oQEC")
	if want := "this invite was made by another version of Banyan (version 2 met, this program reads version 1)"; err == nil || err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	_, err = ParseLink("hello")
	if want := `this is not a Banyan invite: a link begins with "banyan:", or with https:// and has a # in it`; err == nil || err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	c := forge(t, signed{host, named(Listener, ann).with(until(now))})
	_, err = c.Verify(room, host.ID(), now.AddDate(1, 0, 0))
	if want := "this invite has expired (on 15 January 2027 08:00 UTC)"; err == nil || err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func FuzzParseLink(f *testing.F) {
	f.Add(Link{Room: room, Addrs: []string{"/ip4/127.0.0.1"}}.String())
	f.Add(full(f).HTTPS("https://example.org/join"))
	f.Add("<banyan://AA>")
	f.Fuzz(func(t *testing.T, s string) {
		link, err := ParseLink(s)
		if err != nil {
			return
		}
		again, err := ParseLink(link.String())
		if err != nil || !reflect.DeepEqual(again, link) {
			t.Errorf("%q: again %+v, %v; want %+v", s, again, err, link)
		}
	})
}

// FuzzLinkBytes feeds what is inside a link, which the fuzzer seldom gets through
// the base64.
func FuzzLinkBytes(f *testing.F) {
	l := full(f)
	b, err := canon.Marshal(wireLink{Version, l.Room, l.Title, l.Chain, l.Bearer, l.Addrs, false})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var w wireLink
		if err := read(b, &w); err != nil {
			return
		}
		l := Link{w.Room, w.Title, w.Chain, w.Bearer, w.Addrs, w.Hidden}
		if l.check() != nil || len(l.String()) > maxLink {
			return
		}
		if again, err := ParseLink(l.String()); err != nil || again.String() != l.String() {
			t.Errorf("%x: again %+v, %v; want %+v", b, again, err, l)
		}
	})
}
