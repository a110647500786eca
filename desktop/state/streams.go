package state

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
)

// streams are answers of the store on this computer that go on, such as refused requests as they happen. They hold
// nothing up: the store closes as soon as they have ended.
type streams struct {
	ctx    context.Context
	cancel context.CancelFunc
	open   sync.WaitGroup
}

func newStreams() *streams {
	s := &streams{}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// end ends all streams, and waits until their handlers have left.
func (s *streams) end() {
	s.cancel()
	s.open.Wait()
}

// goesOn reports whether a request asks for an answer without end.
func goesOn(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// answer runs a handler beside its caller, who reads what the handler writes as it comes.
func (s *streams) answer(handler http.Handler, req *http.Request) *http.Response {
	ctx, cancel := context.WithCancel(req.Context())
	stop := context.AfterFunc(s.ctx, cancel)
	read, write := io.Pipe()
	w := &streamWriter{header: http.Header{}, body: write, status: http.StatusOK, began: make(chan struct{})}
	s.open.Go(func() {
		defer stop()
		defer cancel()
		defer func() { _ = req.Body.Close() }()
		defer context.AfterFunc(ctx, func() { _ = write.CloseWithError(context.Cause(ctx)) })()
		handler.ServeHTTP(w, req.WithContext(ctx))
		w.WriteHeader(http.StatusOK)
		_ = write.Close()
	})
	<-w.began
	resp := answered(req, w.status, w.sent, read, -1)
	resp.Body = &streamBody{PipeReader: read, cancel: cancel}
	return resp
}

// streamBody ends the handler when its reader has read enough.
type streamBody struct {
	*io.PipeReader
	cancel context.CancelFunc
}

// Close ends the stream.
func (b *streamBody) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}

// streamWriter passes on what a handler writes while it goes on.
type streamWriter struct {
	header http.Header
	body   io.Writer
	once   sync.Once
	began  chan struct{} // closed when status and sent are what they stay
	status int
	sent   http.Header
}

// Header returns the header to fill.
func (w *streamWriter) Header() http.Header { return w.header }

// WriteHeader sends the first status, with the header as it is then.
func (w *streamWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.began)
	})
}

// Write passes a part of the body on, once it is read.
func (w *streamWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Flush has nothing to do: nothing is kept.
func (w *streamWriter) Flush() { w.WriteHeader(http.StatusOK) }
