package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"

	"github.com/ostiary/ostiary/pkg/certificate"
	"github.com/ostiary/ostiary/pkg/connlimit"
)

// The names of the listeners.
const (
	gateName       = "gate"
	managementName = "management"
)

// listener is an open port with its server.
type listener struct {
	name, key string // key is where its address is configured
	server    server
	http      *http.Server // which server is, or has within

	connections connlimit.Options

	addr        net.Addr
	certificate *certificate.Served // nil without TLS
}

// server is an *http.Server, or the gate's.
type server interface {
	Serve(net.Listener) error
	ServeTLS(ln net.Listener, certFile, keyFile string) error
	Shutdown(context.Context) error
	Close() error
}

// listen opens a port and serves on it.
func (n *Node) listen(ctx, work context.Context, l *listener, addr string, t certificate.Files) error {
	if t.Enabled() {
		served, err := certificate.Serve(t, n.cfg.DataDir, l.name, addr, n.logger)
		if err != nil {
			return err
		}
		l.http.TLSConfig, l.certificate = served.TLS(), served
	}
	var plain net.ListenConfig
	plain.SetMultipathTCP(false) // whose sockets take no filter, which the gate needs when it ends
	ln, err := plain.Listen(ctx, network(addr), addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("the %s listener cannot be opened: %w; end the program that uses the address, or choose another with %s", l.name, err, n.cfg.Names.Of(l.key))
	case errors.Is(err, syscall.EACCES):
		return n.cfg.Names.Unusable(l.key,
			fmt.Errorf("the %s listener cannot be opened: %w; choose a port from 1024 on, or let the program use this one", l.name, err))
	case err != nil:
		return n.cfg.Names.Unusable(l.key,
			fmt.Errorf("the %s listener cannot be opened: %w; choose an address of this machine", l.name, err))
	}
	l.addr = ln.Addr()
	n.own.Add(l.addr)
	l.connections.Name, l.connections.Logger = l.name, n.logger
	limiter := connlimit.New(l.connections)
	limiter.Limit(l.http)
	ln = limiter.Listener(ln)
	n.listeners = append(n.listeners, l)
	n.working.Go(func() {
		serve := l.server.Serve
		if l.certificate != nil {
			serve = func(ln net.Listener) error { return l.server.ServeTLS(ln, "", "") }
		}
		if err := serve(ln); !errors.Is(err, http.ErrServerClosed) {
			n.failed <- fmt.Errorf("the %s listener broke down: %w", l.name, err)
		}
	})
	if l.certificate != nil {
		n.working.Go(func() { l.certificate.Run(work) })
	}
	n.logger.Info("listening", "listener", l.name, "address", l.addr.String(), "tls", l.certificate != nil)
	if tcp, ok := l.addr.(*net.TCPAddr); ok && l.name == managementName && l.certificate == nil &&
		!tcp.IP.IsLoopback() {
		n.logger.Warn("other machines reach the management listener without TLS, and the tokens of new keys with it, unless what is in front of it speaks TLS",
			"address", l.addr.String(), "set", n.cfg.Names.Of("tls.self_signed")+" or "+n.cfg.Names.Of("tls.cert_file"))
	}
	return nil
}

// network is the one to listen in. Go listens on IPv6 as well for an unspecified IPv4 address, but 0.0.0.0 means IPv4.
func network(addr string) string {
	if at, err := netip.ParseAddrPort(addr); err == nil && at.Addr().Is4() {
		return "tcp4"
	}
	return "tcp"
}

func (n *Node) listener(name string) *listener {
	for _, l := range n.listeners {
		if l.name == name {
			return l
		}
	}
	return nil
}

func (n *Node) certificate(listener string) certificate.Certificate {
	if l := n.listener(listener); l != nil && l.certificate != nil {
		return l.certificate.Known()
	}
	return certificate.Certificate{}
}

func (n *Node) url(name string) string {
	l := n.listener(name)
	if l == nil {
		return ""
	}
	scheme := "http"
	if l.certificate != nil {
		scheme = "https"
	}
	host, port, _ := net.SplitHostPort(l.addr.String())
	if unspecified(l.addr) {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// unspecified reports whether a listener takes requests for every address of
// its machine.
func unspecified(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && (tcp.IP == nil || tcp.IP.IsUnspecified())
}
