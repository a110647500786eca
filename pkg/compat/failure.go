package compat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// failure is what a client gets to know of an error.
type failure struct {
	status     int
	code       apikey.Code
	words      string // the system's own, if the route has some
	message    string // a sentence
	fields     []apikey.FieldError
	retryAfter time.Duration // 0 = not said
}

// wordedError is an error for which a system has words of its own.
type wordedError struct {
	words  string
	status int // 0 = that of the code
	error
}

func (e *wordedError) Unwrap() error { return e.error }

// failureOf makes the failure of any error. The text of one that is not an
// apikey.Error is left out, because nobody wrote it for callers.
func failureOf(err error) failure {
	f := failure{code: apikey.CodeInternal,
		message: "The server met a fault of its own while it handled the request; its log says more."}
	var known *apikey.Error
	switch {
	// the Service offers force, which no other system knows
	case errors.As(err, &known) && known.Code == apikey.CodeLastAdmin:
		f.code, f.message = known.Code, "This is the last usable Admin key; without it nobody could manage keys. Create another Admin key first."
	case errors.As(err, &known) && known.Code != apikey.CodeInternal:
		f.code, f.message = known.Code, apikey.Redact(known.Message)
		for _, field := range known.Fields {
			f.fields = append(f.fields, apikey.FieldError{Field: field.Field, Detail: apikey.Redact(field.Detail)})
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		f.code, f.message = apikey.CodeUnavailable, "The request took too long. Try again shortly."
	}
	f.status = api.HTTPStatus(f.code)
	if f.status == http.StatusTooManyRequests || f.status == http.StatusServiceUnavailable {
		f.retryAfter = api.RetryAfter
	}
	if own := (*wordedError)(nil); errors.As(err, &own) {
		f.words = own.words
		if own.status != 0 {
			f.status = own.status
		}
	}
	return f
}

// sentences say what was wrong, one for each field that was.
func (f failure) sentences() []string {
	if len(f.fields) == 0 {
		return []string{f.message}
	}
	out := make([]string, len(f.fields))
	for i, field := range f.fields {
		out[i] = field.Field + ": " + field.Detail
	}
	return out
}

// sentence is all of the sentences.
func (f failure) sentence() string { return strings.Join(f.sentences(), "; ") }

// write answers with a failure in the system's form.
func (a *API) write(w http.ResponseWriter, f failure) {
	if f.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((f.retryAfter+time.Second-1)/time.Second)))
	}
	if f.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="ostiary", charset="UTF-8"`)
	}
	writeJSON(w, f.status, a.form(f))
}

// writeJSON answers with v. Clients compare the content type as a whole, so
// it has no parameters; and no cache may keep what is about secrets.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body := encode(v)
	jsonHeader(w)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}

// noContent answers 204.
func noContent(w http.ResponseWriter) {
	jsonHeader(w)
	w.WriteHeader(http.StatusNoContent)
}

func jsonHeader(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}

// encode writes v, which must be a value that JSON can hold.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // a mistake in this package
	}
	return b.Bytes()
}
