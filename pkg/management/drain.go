package management

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Server is the listener's server.
type Server struct {
	*http.Server
	stopping func()
	open     atomic.Int64 // connections
	ending   atomic.Bool
}

// How long answers may announce that their connections end, and how often it is looked whether there are any left.
const (
	drainTime = 400 * time.Millisecond
	drainTick = 10 * time.Millisecond
)

// Shutdown is http.Server's Shutdown, after a moment in which streams end and every answer announces that its
// connection does. Otherwise a connection could be closed while a request is on its way, which would be lost.
func (s *Server) Shutdown(ctx context.Context) error {
	s.ending.Store(true)
	s.stopping()
	wait, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	look := time.NewTicker(drainTick)
	defer look.Stop()
	for s.open.Load() > 0 && wait.Err() == nil {
		<-look.C
	}
	return s.Server.Shutdown(ctx)
}

// announcing says with each answer that the connection ends, once the server does.
func (s *Server) announcing(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.ending.Load() {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}

func (s *Server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.open.Add(-1)
	case http.StateActive, http.StateIdle:
	}
}
