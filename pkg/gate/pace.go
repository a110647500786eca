package gate

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// Clients that send or take nothing any longer must not hold a connection for
// ever, and yet a stream may be silent for hours. So there is a deadline on
// each single read and write, and none between them.

// pacedBody is a request's body that must keep arriving.
//
// The transport that reads it may still do so when the handler has returned;
// from then on nothing is set any more, because the connection already serves
// the next request.
type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	limit   time.Duration // between two pieces; 0 = none
	atEnd   func()        // called when all of it was read; nil = nothing
	await   func() error  // until the next piece may come; nil = at once

	mu      sync.Mutex
	armed   time.Time // when the deadline was last set; zero = there is none
	reading bool      // a piece is waited for
	ended   bool      // nothing more is read
	failed  error     // why reading stopped short
}

// Read reads the next piece, and gives the client limit to send it.
func (b *pacedBody) Read(p []byte) (int, error) {
	if b.await != nil {
		if err := b.await(); err != nil {
			return 0, err
		}
	}
	b.arm()
	n, err := b.ReadCloser.Read(p)
	b.took(err)
	if b.atEnd != nil && errors.Is(err, io.EOF) {
		b.atEnd()
	}
	return n, err
}

// arm sets the deadline. While pieces come fast it stays for a while, so the
// limit is kept to a quarter.
func (b *pacedBody) arm() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = true
	if now := time.Now(); !b.ended && b.limit > 0 && now.Sub(b.armed) > b.limit/4 {
		b.armed = now
		_ = b.control.SetReadDeadline(now.Add(b.limit))
	}
}

// took notes how a read went. At the end it lifts the deadline: the server
// goes on reading the connection to notice when the client goes away, and must
// not take the deadline for that.
func (b *pacedBody) took(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = false
	if err == nil || b.ended {
		return
	}
	b.ended = true
	if !errors.Is(err, io.EOF) {
		b.failed = err
	}
	if !b.armed.IsZero() && !errors.Is(err, os.ErrDeadlineExceeded) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
}

// finish is called when the handler returns. What is left of the body, the
// server may discard; that must not last either. It returns how long it may.
func (b *pacedBody) finish(limit time.Duration) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended || b.ReadCloser == nil {
		return 0
	}
	b.ended = true
	_ = b.control.SetReadDeadline(time.Now().Add(limit))
	return limit
}

// failure returns why reading stopped short; nil if it did not. When the
// deadline passes, the server cancels the request before Read can return it.
func (b *pacedBody) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reading && !b.ended && !b.armed.IsZero() && time.Since(b.armed) >= b.limit {
		return os.ErrDeadlineExceeded
	}
	return b.failed
}

// pacedWriter is a response that must keep being taken.
type pacedWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	limit   time.Duration // for each write
	empty   bool          // the response has no body
	lift    bool          // the deadline, while the gate does not write
	until   time.Time     // the deadline; zero = there is none
	begun   bool          // the response was
}

// newPacedWriter takes over the deadline that the server has set for the whole
// response to a request, which is limit from when it began.
func newPacedWriter(w http.ResponseWriter, r *request, limit time.Duration) pacedWriter {
	p := pacedWriter{ResponseWriter: w, control: http.NewResponseController(w), limit: limit, until: r.began.Add(limit)}
	// A stream of HTTP/2 ends at its deadline even if nobody writes, and a
	// client that waits for 100 Continue gets it from the server.
	p.lift = r.ProtoMajor > 1 || r.Header["Expect"] != nil
	p.rest()
	return p
}

// arm sets the deadline for a write. While writes follow fast it stays for a
// while, so the limit is kept to a quarter.
func (w *pacedWriter) arm() {
	if now := time.Now(); w.until.Sub(now) < w.limit/4*3 {
		w.setDeadline(now.Add(w.limit))
	}
}

// rest lifts the deadline until the next write, if it matters in between.
func (w *pacedWriter) rest() {
	if w.lift {
		w.setDeadline(time.Time{})
	}
}

func (w *pacedWriter) setDeadline(t time.Time) {
	w.until = t
	_ = w.control.SetWriteDeadline(t)
}

// WriteHeader writes at once if the status is a preliminary one.
func (w *pacedWriter) WriteHeader(status int) {
	if status >= 100 && status < 200 {
		w.arm()
		defer w.rest()
	} else {
		w.begun = true
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write writes a piece of the response.
func (w *pacedWriter) Write(p []byte) (int, error) {
	w.arm()
	defer w.rest()
	return w.ResponseWriter.Write(p)
}

// FlushError sends what was written so far. The header of a response without
// a body waits for the end, which is to go out with it: a gRPC status that is
// sent in the header alone is one only there.
func (w *pacedWriter) FlushError() error {
	if w.empty {
		return nil
	}
	w.arm()
	defer w.rest()
	return w.control.Flush()
}

// Unwrap returns the writer for what http.ResponseController does with it.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// finish is called when the handler returns. The server still writes the end
// of the response, perhaps after waiting for the request's body.
func (w *pacedWriter) finish(wait time.Duration) {
	if wait > 0 {
		w.setDeadline(time.Now().Add(wait + w.limit))
	} else {
		w.arm()
	}
}
