package gate

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// silence is longer than every limit of a gate.
const silence = 10 * time.Minute

// bubble is a gate with its own limits, in front of one upstream, on a network and a clock of its own: an hour takes as
// long as what happens in it, however busy the machine is.
type bubble struct {
	*house
	t      *testing.T
	net    *network
	gate   string // its address
	viewer string // a token
	limits Limits // of the gate
}

// inBubble runs a test in a bubble. What the upstream answers, the test serves there.
func inBubble(t *testing.T, test func(*testing.T, *bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(time.Minute) }) // connections that were closed end after a moment
		b := &bubble{house: newHouse(t), t: t, net: &network{listeners: map[string]*memoryListener{}}, gate: "http://gate"}
		b.open(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: mustURL(t, "http://upstream"), Query: "key"}}})
		b.viewer = b.key(apikey.RoleViewer)
		test(t, b)
	})
}

// open serves a gate whose upstreams are in the bubble too.
func (b *bubble) open(opts Options) {
	b.t.Helper()
	g := b.house.gate(opts)
	upstreams, ok := g.proxy.Transport.(*transports)
	require.True(b.t, ok)
	for _, transport := range []*http.Transport{upstreams.http, upstreams.https, upstreams.prior} {
		transport.DialContext = b.net.dial
		b.t.Cleanup(transport.CloseIdleConnections)
	}
	upstreams.direct.dial = b.net.dial
	b.limits = g.opts.Limits
	b.run("gate", g.Server().Server)
}

// serve serves a handler at http://NAME and, at h2c://NAME, without TLS over HTTP/2.
func (b *bubble) serve(name string, handler http.HandlerFunc) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	b.run(name, &http.Server{Handler: handler, Protocols: protocols})
}

func (b *bubble) run(name string, s *http.Server) {
	l := b.net.listen(name)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	b.t.Cleanup(func() {
		require.NoError(b.t, s.Close())
		require.ErrorIs(b.t, <-ended, http.ErrServerClosed)
	})
}

// dial opens a connection to the gate.
func (b *bubble) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := b.net.dial(t.Context(), "tcp", "gate:80")
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// request is one that a Viewer key may make.
func (b *bubble) request(t *testing.T, method, path string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.gate+path, body)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+b.viewer)
	return r
}

// client speaks to the gate by the protocols that choose names; by HTTP/1.1 if it is nil.
func (b *bubble) client(t *testing.T, choose func(*http.Protocols)) *http.Client {
	t.Helper()
	transport := &http.Transport{DialContext: b.net.dial}
	if choose != nil {
		transport = transportOf(choose)
		transport.DialContext = b.net.dial
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// network has no delay.
type network struct {
	mu        sync.Mutex
	listeners map[string]*memoryListener
}

func (n *network) listen(name string) net.Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.listeners[name] = newMemoryListener()
	return n.listeners[name]
}

func (n *network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	name, _, _ := strings.Cut(address, ":")
	n.mu.Lock()
	l := n.listeners[name]
	n.mu.Unlock()
	if l == nil {
		return nil, errors.New("nobody listens at " + address)
	}
	return l.dial(ctx)
}
