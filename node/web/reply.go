package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/banyan-rooms/banyan/node"
)

// maxBody bounds a request's body: an SDP offer of sixteen sections is 20 kB, all
// else is far smaller.
const maxBody = 64 << 10

// problem is an error that knows its HTTP status.
type problem struct {
	status int
	err    error
}

func (p *problem) Error() string { return p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

// refuse makes a problem from a sentence.
func refuse(status int, format string, args ...any) error {
	return &problem{status: status, err: fmt.Errorf(format, args...)}
}

// statusOf says which status an error deserves. What a node refuses is a conflict
// with how things stand, unless the error knows better.
func statusOf(err error) int {
	var p *problem
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p.status
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, node.ErrNoRoom):
		return http.StatusNotFound
	case errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable
	}
	return http.StatusConflict
}

// sentence turns the text of an error into one for people: a capital at its
// beginning, a full stop at its end.
func sentence(err error) string {
	s := strings.TrimSpace(err.Error())
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return "Something went wrong, and nobody said what."
	}
	s = string(unicode.ToUpper(first)) + s[n:]
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

func writeError(w http.ResponseWriter, err error) {
	if errors.Is(err, context.DeadlineExceeded) {
		err = refuse(http.StatusGatewayTimeout, "this took longer than %v and was given up; try again", actFor)
	}
	writeJSON(w, statusOf(err), map[string]string{"error": sentence(err)})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(encode(v), '\n')) //nolint:gosec // it is JSON and said to be; if the reader is gone, there is nobody to tell
}

// readJSON reads a body strictly, so that a script learns of a misspelt field.
func readJSON(r *http.Request, into any) error {
	if err := wantType(r, "application/json"); err != nil {
		return err
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return badBody(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return refuse(http.StatusBadRequest, "the body holds more than one JSON value; send one")
	}
	return nil
}

func badBody(err error) error {
	if tooLarge, over := errors.AsType[*http.MaxBytesError](err); over {
		return refuse(http.StatusRequestEntityTooLarge, "the body is over %d bytes, which nothing here needs", tooLarge.Limit)
	}
	return refuse(http.StatusBadRequest, "the body is not the JSON that is expected here: %w", err)
}

// wantType checks the Content-Type, which a foreign page cannot set freely.
func wantType(r *http.Request, want string) error {
	got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || got != want {
		return refuse(http.StatusUnsupportedMediaType, "the body must be %s; set Content-Type to that", want)
	}
	return nil
}
