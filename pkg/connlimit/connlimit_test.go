package connlimit_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/connlimit"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// serve serves until the test ends: /key shows a good key, and all else none.
func serve(t *testing.T, opts connlimit.Options, config *tls.Config) (address string) {
	t.Helper()
	l := connlimit.New(opts)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	s := &http.Server{Protocols: protocols, TLSConfig: config, ErrorLog: nil, ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/key" {
			connlimit.Trust(r.Context())
		}
	})}
	l.Limit(s)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() {
		if config != nil {
			ended <- s.ServeTLS(l.Listener(ln), "", "")
		} else {
			ended <- s.Serve(l.Listener(ln))
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return ln.Addr().String()
}

// client is a connection of a test, from an address of the loopback network.
type client struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func dial(t *testing.T, from, address string) *client {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: time.Minute}
	c, err := d.DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return &client{c, t, bufio.NewReader(c)}
}

// ask reports whether a request was answered.
func (c *client) ask(path string) bool {
	c.t.Helper()
	require.NoError(c.t, c.SetDeadline(time.Now().Add(time.Minute)))
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return false
	}
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		require.NotErrorIs(c.t, err, os.ErrDeadlineExceeded)
		return false
	}
	return res.StatusCode == http.StatusOK && res.Body.Close() == nil
}

// ended waits for the other side to close the connection.
func (c *client) ended() bool {
	c.t.Helper()
	require.NoError(c.t, c.SetDeadline(time.Now().Add(time.Minute)))
	_, err := c.r.ReadByte()
	return err != nil && !os.IsTimeout(err)
}

func TestTheLongestSilentStrangerGoes(t *testing.T) {
	var log servertest.Output
	address := serve(t, connlimit.Options{Total: 4, Logger: logger(&log), Name: "gate"}, nil)
	holder, asked := dial(t, "127.0.0.1", address), dial(t, "127.0.0.1", address)
	require.True(t, holder.ask("/key"))
	require.True(t, asked.ask("/"))
	silent, other := dial(t, "127.0.0.2", address), dial(t, "127.0.0.3", address)
	time.Sleep(20 * time.Millisecond) // until they are accepted
	require.True(t, asked.ask("/"), "it is now the one that was silent for the shortest time")

	newcomer := dial(t, "127.0.0.4", address)
	require.True(t, newcomer.ask("/key"))
	require.True(t, silent.ended())
	another := dial(t, "127.0.0.5", address)
	require.True(t, another.ask("/key"))
	require.True(t, other.ended())
	third := dial(t, "127.0.0.6", address)
	require.True(t, third.ask("/key"))
	require.True(t, asked.ended(), "the last one without a key")

	require.True(t, dial(t, "127.0.0.7", address).ended(), "all have keys, so there is no room")
	for _, c := range []*client{holder, newcomer, another, third} {
		require.True(t, c.ask("/"))
	}
	require.NoError(t, third.Close())
	require.Eventually(t, func() bool { return dial(t, "127.0.0.7", address).ask("/key") }, time.Minute, 10*time.Millisecond)
	require.Equal(t, 1, strings.Count(log.String(), "too many connections"), "said once a minute")
}

func TestAnAddressHasAShare(t *testing.T) {
	address := serve(t, connlimit.Options{Total: 100, PerAddress: 3, Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.1.0/24")}}, nil)
	bystander := dial(t, "127.0.0.1", address)
	var crowd []*client
	for range 20 {
		crowd = append(crowd, dial(t, "127.0.0.2", address))
	}
	for _, c := range crowd[:17] {
		require.True(t, c.ended())
	}
	for _, c := range append(crowd[17:], bystander) {
		require.True(t, c.ask("/key"))
	}
	require.True(t, dial(t, "127.0.0.2", address).ended())
	require.True(t, dial(t, "127.0.0.3", address).ask("/"))

	var proxies []*client
	for range 20 {
		proxies = append(proxies, dial(t, "127.0.1.1", address))
	}
	for _, c := range proxies {
		require.True(t, c.ask("/"), "a proxy brings the clients of many")
	}
}

func TestStrangersAreNotSilentForLong(t *testing.T) {
	address := serve(t, connlimit.Options{Idle: 100 * time.Millisecond}, nil)
	holder, stranger, silent := dial(t, "127.0.0.1", address), dial(t, "127.0.0.1", address), dial(t, "127.0.0.1", address)
	require.True(t, holder.ask("/key"))
	require.True(t, stranger.ask("/"))
	require.True(t, silent.ended())
	require.True(t, stranger.ended())
	require.True(t, holder.ask("/"))
}

// TestAKeyCountsOnEveryProtocol shows a key over TLS and over HTTP/2.
func TestAKeyCountsOnEveryProtocol(t *testing.T) {
	_, _, config := servertest.Certificate(t)
	for name, c := range map[string]struct {
		config *tls.Config
		choose func(*http.Protocols)
	}{
		"HTTP/1.1 over TLS": {config, func(p *http.Protocols) { p.SetHTTP1(true) }},
		"HTTP/2 over TLS":   {config, func(p *http.Protocols) { p.SetHTTP2(true) }},
		"h2c":               {nil, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }},
	} {
		t.Run(name, func(t *testing.T) {
			address := serve(t, connlimit.Options{Idle: 100 * time.Millisecond}, c.config.Clone())
			protocols := new(http.Protocols)
			c.choose(protocols)
			dials := 0
			transport := &http.Transport{
				Protocols: protocols, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
				DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
					dials++
					return new(net.Dialer).DialContext(ctx, network, address)
				},
			}
			defer transport.CloseIdleConnections()
			get := func(path string) {
				scheme := "http"
				if c.config != nil {
					scheme = "https"
				}
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s://%s%s", scheme, address, path), nil)
				require.NoError(t, err)
				res, err := transport.RoundTrip(req)
				require.NoError(t, err)
				_, _ = io.Copy(io.Discard, res.Body)
				require.NoError(t, res.Body.Close())
			}
			get("/")
			time.Sleep(300 * time.Millisecond)
			get("/key")
			require.Equal(t, 2, dials, "a stranger's ended")
			time.Sleep(300 * time.Millisecond)
			get("/")
			require.Equal(t, 2, dials, "one with a key did not")
		})
	}
}

func logger(out io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(out, nil)) }
