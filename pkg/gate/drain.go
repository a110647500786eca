package gate

import (
	"context"
	"net"
	"time"
)

const (
	// drainTime is how long answers may announce that their connections end, while new ones are still taken.
	drainTime = 400 * time.Millisecond
	// lastTime is how long those may do so that connected before the listener took no more.
	lastTime = 200 * time.Millisecond
	// drainTick is how often a server that ends looks whether it is silent. A handshake in between takes no longer.
	drainTick = 10 * time.Millisecond
)

// Shutdown is http.Server's Shutdown, after a moment in which every answer announces that the connection ends.
// Otherwise a connection could be closed while a request is on its way, which would be lost. For the same reason the
// listener ends only when what has connected to it was accepted.
func (s *Server) Shutdown(ctx context.Context) error {
	s.gate.Load().connections.ending.Store(true)
	s.awaitSilence(ctx, drainTime)
	if ln := s.listening.Load(); ln != nil && refuseNew(ln) {
		time.Sleep(drainTick)
		s.awaitSilence(ctx, lastTime)
	}
	s.relay.Drain(ctx)
	return s.Server.Shutdown(ctx)
}

// awaitSilence waits until there is no connection, but not for longer than the limit.
func (s *Server) awaitSilence(ctx context.Context, limit time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	look := time.NewTicker(drainTick)
	defer look.Stop()
	for s.isBusy() && ctx.Err() == nil {
		<-look.C
	}
}

// isBusy reports whether there are connections, or some that were not accepted yet.
func (s *Server) isBusy() bool {
	if s.gate.Load().connections.open.Load()+s.relay.Open()+s.greeting.Load() > 0 {
		return true
	}
	ln := s.listening.Load()
	return ln != nil && isQueued(ln)
}

// listensOn notes the socket of a listener, or of the one that it wraps.
func (s *Server) listensOn(ln net.Listener) {
	if tcp, ok := ln.(*net.TCPListener); ok {
		s.listening.Store(tcp)
		return
	}
	if w, ok := ln.(interface {
		Wrap(around func(net.Listener) net.Listener)
	}); ok {
		w.Wrap(func(within net.Listener) net.Listener {
			s.listensOn(within)
			return within
		})
	}
}
