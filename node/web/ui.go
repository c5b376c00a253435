package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed ui
var embedded embed.FS

// types are the kinds of file that the page is made of. Nothing is guessed, because
// what the system's table says of .js differs from machine to machine.
var types = map[string]string{
	".html":        "text/html; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".svg":         "image/svg+xml",
	".webmanifest": "application/manifest+json",
}

type file struct {
	body []byte
	kind string
	etag string
}

// ui is the page's files by the path that the browser asks for.
type ui map[string]file

// door is a page for who is not let in, or not yet; ui/door.html is its frame.
type door struct {
	Title  string
	Text   []template.HTML
	Onward bool // it leads to the page by itself
}

// The doors, by the name that sendDoor knows them by.
var doors = map[string]door{
	"again": {
		Title: "One moment", Onward: true,
		Text: []template.HTML{`<a href="/">Go to the page</a>`},
	},
	"locked": {
		Title: "This door is locked",
		Text: []template.HTML{
			`Only the person who started this node may use its page, and this browser has not shown that it is theirs.`,
			`If it is you, open a terminal and run <code>banyan</code> again. It opens the page of the node that is running already, by a new link.`,
		},
	},
	"used": {
		Title: "This link was used before",
		Text: []template.HTML{
			`A link to the page works once, so that nobody who sees it later can come in by it.`,
			`To come in, open a terminal and run <code>banyan</code> again. It opens the page of the node that is running already, by a new link; your rooms go on meanwhile.`,
			`In the browser that used the link, you only need to <a href="/">go to the page</a>.`,
		},
	},
}

func loadUI() (ui, error) {
	files := make(ui)
	frame, err := template.ParseFS(embedded, "ui/door.html")
	if err != nil {
		return nil, err
	}
	for name, d := range doors {
		var b bytes.Buffer
		if err := frame.Execute(&b, d); err != nil {
			return nil, fmt.Errorf("door %s: %w", name, err)
		}
		files[name] = file{body: b.Bytes(), kind: types[".html"]}
	}
	err = fs.WalkDir(embedded, "ui", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "ui/door.html" {
			return err
		}
		kind, known := types[path.Ext(name)]
		if !known {
			return fmt.Errorf("embedded file %s is of no known type", name)
		}
		body, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		files[strings.TrimPrefix(name, "ui")] = file{body: body, kind: kind, etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
		return nil
	})
	return files, err
}

// send answers with one file; the browser keeps it, and asks whether it changed.
func (u ui) send(w http.ResponseWriter, r *http.Request, name string) error {
	f, found := u[name]
	if !found {
		return refuse(http.StatusNotFound, "there is nothing at %s", r.URL.Path)
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", f.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
	return nil
}

// sendDoor answers with a door and a status of its own.
func (u ui) sendDoor(w http.ResponseWriter, status int, name string) error {
	w.Header().Set("Content-Type", u[name].kind)
	w.WriteHeader(status)
	_, _ = w.Write(u[name].body) // the reader is gone; there is nobody to tell
	return nil
}

// serveFiles answers for style sheets, scripts and pictures, which are no secret,
// and at / for the page.
func (s *Server) serveFiles(w http.ResponseWriter, r *http.Request) error {
	switch {
	case r.URL.Path == "/":
		return s.servePage(w, r)
	case path.Ext(r.URL.Path) == ".html":
		return refuse(http.StatusNotFound, "there is nothing at %s; the page is at /", r.URL.Path)
	}
	return s.ui.send(w, r, r.URL.Path)
}

// servePage gives the page to who is let in, a door to who is not.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) error {
	secret := r.URL.Query().Get("token")
	from := r.Header.Get("Sec-Fetch-Site")
	switch {
	case secret != "" && (s.guard.known(r) || r.Method == http.MethodGet && s.guard.enter(w, secret)):
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	case secret != "":
		return s.ui.sendDoor(w, http.StatusForbidden, "used")
	case s.guard.known(r):
		return s.ui.send(w, r, "/index.html")
	case from == "cross-site" || from == "same-site":
		// A strict cookie does not come along when a link elsewhere led here; it
		// does when our own page leads to itself.
		return s.ui.sendDoor(w, http.StatusOK, "again")
	}
	return s.ui.sendDoor(w, http.StatusUnauthorized, "locked")
}
