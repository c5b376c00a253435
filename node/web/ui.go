package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
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

func loadUI() (ui, error) {
	files := make(ui)
	err := fs.WalkDir(embedded, "ui", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
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

// sendWith answers with one page and a status of its own.
func (u ui) sendWith(w http.ResponseWriter, status int, name string) error {
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
		return s.ui.sendWith(w, http.StatusForbidden, "/used.html")
	case s.guard.known(r):
		return s.ui.send(w, r, "/index.html")
	case from == "cross-site" || from == "same-site":
		// A strict cookie does not come along when a link elsewhere led here; it
		// does when our own page leads to itself.
		return s.ui.sendWith(w, http.StatusOK, "/again.html")
	}
	return s.ui.sendWith(w, http.StatusUnauthorized, "/locked.html")
}
