package gate

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

// Server is the server of a gate. Serve and ServeTLS start it.
type Server struct {
	*http.Server
	gate *Gate
}

// farewell is how long clients have to be told that their connections end.
const farewell = 500 * time.Millisecond

// Shutdown is http.Server's Shutdown, after a moment in which every answer
// tells its client that the connection ends: a connection that is closed
// without a word may have a request on its way, which would be lost.
func (s *Server) Shutdown(ctx context.Context) error {
	s.gate.ending.Store(true)
	enough, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	look := time.NewTicker(farewell / 50)
	defer look.Stop()
	for s.gate.open.Load() > 0 && enough.Err() == nil {
		<-look.C
	}
	return s.Server.Shutdown(ctx)
}

// count keeps the number of open connections.
func (g *Gate) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		g.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		g.open.Add(-1)
	}
}

// Server returns a server for the gate, for HTTP/1.1, HTTP/2 over TLS and
// HTTP/2 without (h2c, with prior knowledge). Start it with Serve, or set
// TLSConfig and start it with ServeTLS.
func (g *Gate) Server() *Server { return &Server{Server: g.server(), gate: g} }

func (g *Gate) server() *http.Server {
	limits := g.opts.Limits
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           g,
		Protocols:         protocols,
		ReadHeaderTimeout: limits.Header,
		MaxHeaderBytes:    limits.HeaderBytes,
		IdleTimeout:       limits.Idle,
		WriteTimeout:      limits.Response, // of the gate's own answers; pacedWriter lifts it for others
		HTTP2: &http.HTTP2Config{
			SendPingTimeout: 30 * time.Second, // finds clients that are gone behind silent streams
			PingTimeout:     15 * time.Second,
		},
		DisableGeneralOptionsHandler: true, // OPTIONS * takes a key like all else, and has no path
		ConnState:                    g.count,
		ErrorLog:                     slog.NewLogLogger(serverLog{g.opts.Logger.Handler()}, slog.LevelError),
	}
}

// serverLog gives the server's own messages their levels: what clients get
// wrong is for those who look for it.
type serverLog struct{ slog.Handler }

// Handle passes on a record at its level.
func (l serverLog) Handle(ctx context.Context, record slog.Record) error {
	if strings.HasPrefix(record.Message, "http: TLS handshake error") || strings.HasPrefix(record.Message, "http2: ") {
		record.Level = slog.LevelDebug
	}
	if !l.Enabled(ctx, record.Level) {
		return nil
	}
	return l.Handler.Handle(ctx, record)
}
