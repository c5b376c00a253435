package invite

import (
	"fmt"
	"strings"
	"testing"
)

func TestRoleNames(t *testing.T) {
	for _, r := range []Role{Listener, Speaker, Moderator, Host} {
		if got, err := ParseRole(r.String()); err != nil || got != r {
			t.Errorf("%v: got %v, %v", r, got, err)
		}
	}
	for _, bad := range []string{"", "none", "Listener", "role 5"} {
		if got, err := ParseRole(bad); err == nil {
			t.Errorf("%q: got %v, want an error", bad, got)
		}
	}
	if got := Role(9).String(); got != "role 9" {
		t.Errorf("an unknown role is %q", got)
	}
}

func TestBearerIsNotPrinted(t *testing.T) {
	b := Bearer{0xab, 0xcd}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o"} {
		if got := fmt.Sprintf(verb, b); got != b.String() {
			t.Errorf("%s prints %q", verb, got)
		}
		if got := fmt.Sprintf(verb, Link{Bearer: &b, Chain: Chain{}}.Bearer); got != b.String() {
			t.Errorf("%s of a pointer prints %q", verb, got)
		}
	}
}

func TestNewBearer(t *testing.T) {
	got, err := NewBearer(strings.NewReader("sixteen bytes ok"))
	if err != nil || got != Bearer([]byte("sixteen bytes ok")) {
		t.Errorf("got %q, %v", got[:], err)
	}
	if got, err := NewBearer(strings.NewReader("too few")); err == nil || got != (Bearer{}) {
		t.Errorf("too little randomness: got %q, %v", got[:], err)
	}
}
