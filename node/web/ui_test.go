package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestDoors(t *testing.T) {
	files, err := loadUI()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, says string }{
		{"again", `content="0;url=/"`},
		{"locked", "run <code>banyan</code> again"},
		{"used", "run <code>banyan</code> again"},
	}
	for _, tt := range tests {
		body := string(files[tt.name].body)
		if title := doors[tt.name].Title + " · Banyan</title>"; !strings.Contains(body, title) || !strings.Contains(body, tt.says) {
			t.Errorf("the door %q does not say %q:\n%s", tt.name, tt.says, body)
		}
	}
	if onward := string(files["used"].body); strings.Contains(onward, "http-equiv") {
		t.Errorf("a link that was used leads on:\n%s", onward)
	}
	if len(doors) != len(tests) {
		t.Errorf("%d doors, and %d are looked at", len(doors), len(tests))
	}
}

func TestDoorsAreNoFiles(t *testing.T) {
	s := runServer(t, newFake())
	for _, path := range []string{"/door.html", "/index.html", "/used.html", "/used"} {
		if w := s.send(t, http.MethodGet, path, "", ""); w.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %s, want a refusal: it is given by what a browser may do, not by name", path, w.Status)
		}
	}
}
