package gate

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// forwardDirect passes on a request as a httputil.ReverseProxy does, without
// what only other requests take.
func (g *Gate) forwardDirect(x *exchange, in *http.Request) {
	var body io.ReadCloser
	if in.ContentLength != 0 {
		body = &openBody{ReadCloser: in.Body}
		defer body.Close()
	}
	out := g.directRequest(new(outgoing), x, in, maps.Clone(in.Header), body)
	up := x.target.endpoint.upstream
	res, err := g.transports().to(up).direct.RoundTrip(up.dialAddress, out, x.writeEarly, x.relayed)
	if err != nil {
		g.answerFailure(x, err)
		return
	}
	defer res.Body.Close()
	removeHopByHop(res.Header)
	if err := g.prepareResponse(x, res); err != nil {
		g.answerFailure(x, err)
		return
	}
	announced := x.writeHeader(res)
	if err := x.copyBody(res); err != nil {
		if in.Context().Err() == nil {
			g.opts.Logger.Warn("the upstream's answer broke off", "endpoint", x.target.endpoint.Endpoint, "error",
				apikey.Redact(err.Error()))
		}
		panic(http.ErrAbortHandler) // all else would look whole
	}
	x.writeTrailers(res, announced)
}

// outgoing is a request for an upstream, with what it takes to make it, in one piece of memory.
type outgoing struct {
	request http.Request
	address url.URL
	pair    httputil.ProxyRequest
}

// directRequest returns the request for the upstream, in made. Its header is made of h, the client's or a copy.
func (g *Gate) directRequest(made *outgoing, x *exchange, in *http.Request, h http.Header,
	body io.ReadCloser) *http.Request {
	made.request, made.address = *in, *in.URL
	out := &made.request
	out.URL, out.Header, out.Close, out.Body = &made.address, h, false, body
	removeHopByHop(out.Header)
	delete(out.Header, "Forwarded")
	made.pair = httputil.ProxyRequest{In: in, Out: out}
	g.prepareRequest(x, &made.pair)
	if _, ok := out.Header["User-Agent"]; !ok {
		out.Header["User-Agent"] = noAgent
	}
	return out
}

var noAgent = []string{""} // none, and not net/http's

// openBody stays open for the server, which closes it, and is not read any
// longer when the handler has returned.
type openBody struct {
	io.ReadCloser
	closed atomic.Bool
}

// Read reads from the body.
func (b *openBody) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	return b.ReadCloser.Read(p)
}

// Close ends reading.
func (b *openBody) Close() error {
	b.closed.Store(true)
	return nil
}

// isHopByHop reports whether a header, in canonical form, is about one connection alone.
func isHopByHop(name string) bool {
	switch name {
	case "Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// isMisspeltFraming reports whether a header is one that says where a body ends or what the connection is for, with
// underscores for hyphens. Servers that take one for the other would read a request's end elsewhere.
func isMisspeltFraming(name string) bool {
	if strings.IndexByte(name, '_') < 0 {
		return false
	}
	meant := textproto.CanonicalMIMEHeaderKey(strings.ReplaceAll(name, "_", "-"))
	return meant == "Content-Length" || isHopByHop(meant)
}

func removeHopByHop(h http.Header) {
	for _, value := range h["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			h.Del(textproto.TrimString(name))
		}
	}
	for name := range h {
		if isHopByHop(name) {
			delete(h, name)
		}
	}
}

// writeEarly passes on a preliminary response.
func (x *exchange) writeEarly(status int, header http.Header) {
	h := x.Header()
	addHeader(h, header)
	x.WriteHeader(status)
	clear(h)
}

func addHeader(to, from http.Header) {
	for name, values := range from {
		if to[name] == nil {
			to[name] = values
		} else {
			to[name] = append(to[name], values...)
		}
	}
}

// writeHeader passes on the header of a response, and returns the number of the trailers that it announces.
func (x *exchange) writeHeader(res *http.Response) (announced int) {
	h := x.Header()
	addHeader(h, res.Header)
	if len(res.Trailer) > 0 {
		var names []string
		for name := range res.Trailer {
			names = append(names, name)
		}
		h.Add("Trailer", strings.Join(names, ", "))
	}
	x.WriteHeader(res.StatusCode)
	return len(res.Trailer)
}

// copyBody passes on the body of a response.
func (x *exchange) copyBody(res *http.Response) error {
	if res.Body == http.NoBody {
		return nil
	}
	buf := copyBuffers.Get()
	defer copyBuffers.Put(buf)
	out := &lateWriter{exchange: x, atOnce: isStream(res)}
	defer out.stop()
	for {
		if r, ok := res.Body.(*reply); !ok || r.buffered() == 0 {
			out.beforeWait()
		}
		n, err := res.Body.Read(buf)
		if n > 0 {
			if _, err := out.Write(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// isStream reports whether parts of a response may be far apart.
func isStream(res *http.Response) bool {
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	return res.ContentLength < 0 || strings.EqualFold(textproto.TrimString(kind), "text/event-stream")
}

// lateWriter lets what was written wait for the rest of the response for as
// long as flushInterval, while nothing else has come.
type lateWriter struct {
	*exchange
	atOnce bool // and not later

	mu      sync.Mutex
	timer   *time.Timer
	waiting bool // for the timer
}

// beforeWait sees to it that what was written goes out.
func (w *lateWriter) beforeWait() {
	if w.atOnce {
		_ = w.FlushError()
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.waiting:
		return
	case w.timer == nil:
		w.timer = time.AfterFunc(flushInterval, w.flush)
	default:
		w.timer.Reset(flushInterval)
	}
	w.waiting = true
}

func (w *lateWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting {
		w.waiting = false
		_ = w.FlushError()
	}
}

// Write writes a piece of the response.
func (w *lateWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.exchange.Write(p)
	if w.atOnce {
		_ = w.FlushError()
	}
	return n, err
}

// stop is called before the handler returns.
func (w *lateWriter) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = false
	if w.timer != nil {
		w.timer.Stop()
	}
}

// writeTrailers passes on the trailers of a response, of which some were announced.
func (x *exchange) writeTrailers(res *http.Response, announced int) {
	if len(res.Trailer) == 0 {
		return
	}
	_ = x.control.Flush() // so that a short body goes in chunks, because nothing else has trailers
	prefix := http.TrailerPrefix
	if len(res.Trailer) == announced {
		prefix = ""
	}
	for name, values := range res.Trailer {
		for _, value := range values {
			x.Header().Add(prefix+name, value)
		}
	}
}
