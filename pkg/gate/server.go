package gate

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/relay"
)

// Server is the server of a gate. Serve and ServeTLS start it.
type Server struct {
	*http.Server
	gate  atomic.Pointer[Gate]
	relay *relay.Relay

	listening atomic.Pointer[net.TCPListener]
	greeting  atomic.Int64 // clients that have not chosen a protocol
}

// Serve serves the connections of a listener without TLS. The relay serves what it can.
func (s *Server) Serve(ln net.Listener) error {
	s.listensOn(ln)
	if s.relay != nil {
		ln = s.relay.Listener(ln, s.Server)
	}
	s.knowWatched()
	return s.Server.Serve(watching{ln})
}

// ServeTLS serves the connections of a listener with TLS, as an http.Server does. The files may be empty if TLSConfig
// has a certificate.
func (s *Server) ServeTLS(ln net.Listener, certFile, keyFile string) error {
	config := s.TLSConfig.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config.NextProtos = []string{"h2", "http/1.1"}
	if certFile != "" || keyFile != "" {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	s.listensOn(ln)
	s.knowWatched()
	return s.Server.Serve(newGreeter(ln, config, s.ReadHeaderTimeout, &s.greeting))
}

// ServeHTTP lets the gate of the moment answer, or the one that has begun with a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !r.ProtoAtLeast(1, 1) {
		// No proxy keeps a connection of HTTP/1.0 (RFC 9112, 9.3): the server ignores Transfer-Encoding there, and
		// would take the body for the next request.
		w.Header()["Connection"] = []string{"close"}
	}
	if hasTwoLengths(r) {
		w.Header()["Connection"] = []string{"close"}
	}
	if begun := relay.BegunOf(r.Context()); begun != nil {
		begun.Exchange.(*errand).goOn(w, r, begun) //nolint:forcetypeassert // Begin makes no others
		return
	}
	s.gate.Load().ServeHTTP(w, r)
}

// Reconfigure serves with other options from the next request on; the requests
// that run end as they began, and every connection stays. With an error nothing
// changes. Limits and UpstreamTLS are those of the first gate.
func (s *Server) Reconfigure(opts Options) error {
	before := s.gate.Load()
	opts.Limits, opts.UpstreamTLS = before.opts.Limits, before.opts.UpstreamTLS
	next, err := New(opts)
	if err != nil {
		return err
	}
	next.connections, next.log = before.connections, before.log
	next.proxy.Transport = before.transports().reconfigured(&next.opts) // with the connections to upstreams
	s.gate.Store(next)
	return nil
}

// count keeps the number of open connections.
func (g *Gate) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		g.connections.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		g.connections.open.Add(-1)
	}
}

// Server returns a server for the gate, for HTTP/1.1, HTTP/2 over TLS and
// HTTP/2 without (h2c, with prior knowledge). Start it with Serve, or set
// TLSConfig and start it with ServeTLS.
func (g *Gate) Server() *Server {
	s := &Server{Server: g.server()}
	s.gate.Store(g)
	s.Handler = s
	s.relay = s.newRelay(0)
	return s
}

// newRelay returns a relay for the server, with some loops; 0 = one for each processor.
func (s *Server) newRelay(loops int) *relay.Relay {
	opts := &s.gate.Load().opts
	return relay.New(relay.Options{
		Handler: s, Logger: opts.Logger, HeaderBytes: opts.Limits.HeaderBytes, Header: opts.Limits.Header,
		Idle: opts.Limits.Idle, Answer: opts.Limits.Response, Spare: maxIdle, Spares: maxIdlePerHost, Loops: loops,
	})
}

func (g *Gate) server() *http.Server {
	limits := g.opts.Limits
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
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
