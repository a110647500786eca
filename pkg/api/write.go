package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// MaxBody is the longest request body in bytes.
const MaxBody = 1 << 20

// Write answers with v as JSON. Answers of the resource API are about secrets
// and change at any time, so no cache may keep them.
func Write(w http.ResponseWriter, status int, v any) {
	write(w, status, "application/json", v)
}

// Write answers with the Problem, with the headers that belong to its status.
func (p Problem) Write(w http.ResponseWriter) {
	p.writeHeaders(w.Header())
	write(w, p.Status, ContentType, p)
}

// WriteAs is Write with a body in another form.
func (p Problem) WriteAs(w http.ResponseWriter, contentType string, body []byte) {
	p.writeHeaders(w.Header())
	writeBody(w, p.Status, contentType, body)
}

func (p Problem) writeHeaders(h http.Header) {
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.RetryAfter+time.Second-1)/time.Second)))
	}
	if p.Status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", `Bearer realm="ostiary", charset="UTF-8"`)
	}
}

func write(w http.ResponseWriter, status int, contentType string, v any) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		status, contentType = http.StatusInternalServerError, ContentType
		body.Reset()
		_ = enc.Encode(ProblemOf(apikey.Errorf(apikey.CodeInternal, "encode: %w", err)))
	}
	writeBody(w, status, contentType, body.Bytes())
}

func writeBody(w http.ResponseWriter, status int, contentType string, body []byte) {
	values := [...]string{contentType, strconv.Itoa(len(body)), "no-store", "nosniff"}
	h := w.Header()
	for i, name := range [...]string{"Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options"} {
		h[name] = values[i : i+1 : i+1]
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}
