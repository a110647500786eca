package gate

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// half is a connection of which either direction ends by itself.
type half interface {
	net.Conn
	CloseWrite() error
}

const handshake = "GET / HTTP/1.1\r\nHost: gate\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer $KEY\r\n\r\n"

// TestATunnelLosesNothing has both sides speak right behind the handshake, and then go silent one after the other. The
// side that is left must still be heard.
func TestATunnelLosesNothing(t *testing.T) {
	for _, c := range []struct {
		name             string
		client, upstream bool // over TLS
		limits           Limits
		metered          bool
		alone            bool // without the relay
	}{
		{name: "plain"},
		{name: "without the relay", alone: true},
		{name: "client over TLS", client: true},
		{name: "upstream over TLS", upstream: true},
		{name: "both over TLS", client: true, upstream: true},
		{name: "few connections", limits: Limits{Upstreams: 4}},
		{name: "few connections over TLS", upstream: true, limits: Limits{Upstreams: 4}},
		{name: "bytes of the key are limited", metered: true},
		{name: "bytes are limited over TLS", client: true, upstream: true, metered: true},
	} {
		for name, clientEndsFirst := range map[string]bool{"client ends first": true, "upstream ends first": false} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				_, _, certificate := servertest.Certificate(t)
				heard := make(chan string, 1)
				address := tunnelUpstream(t, certificate, c.upstream, func(u half, r *bufio.Reader) {
					if !clientEndsFirst {
						_ = u.CloseWrite()
					}
					all, err := io.ReadAll(r)
					if err != nil {
						all = append(all, " and then: "+err.Error()...)
					}
					heard <- string(all)
					_, _ = io.WriteString(u, ", and late")
				})
				h := newHouse(t)
				s := h.gate(Options{
					Limits: c.limits, UpstreamTLS: &tls.Config{InsecureSkipVerify: true},
					Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: mustURL(t, address)}},
				}).Server()
				if c.alone {
					s.relay = nil
				}
				if c.client {
					s.TLSConfig = certificate
				}
				key := h.key(apikey.RoleViewer, func(n *apikey.NewKey) {
					if c.metered {
						n.Limits.BytesPerDay = 1 << 20
					}
				})
				client := dialHalf(t, serve(t, s))
				_, err := io.WriteString(client, strings.ReplaceAll(handshake, "$KEY", key)+"right behind")
				require.NoError(t, err)
				r := bufio.NewReader(client)
				res, err := http.ReadResponse(r, nil)
				require.NoError(t, err)
				require.Equal(t, http.StatusSwitchingProtocols, res.StatusCode)
				if !clientEndsFirst {
					got, err := io.ReadAll(r)
					require.NoError(t, err)
					require.Equal(t, "at once", string(got))
					_, err = io.WriteString(client, ", and late")
					require.NoError(t, err)
				}
				require.NoError(t, client.CloseWrite())
				if !clientEndsFirst {
					require.Equal(t, "right behind, and late", <-heard)
					return
				}
				require.Equal(t, "right behind", <-heard)
				got, err := io.ReadAll(r)
				require.NoError(t, err)
				require.Equal(t, "at once, and late", string(got))
			})
		}
	}
}

// tunnelUpstream switches protocols and says the first words in one write. Then it calls speak.
func tunnelUpstream(t *testing.T, certificate *tls.Config, secure bool, speak func(half, *bufio.Reader)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	scheme := "http://"
	ln := l
	if secure {
		scheme, ln = "https://", tls.NewListener(l, certificate)
	}
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(patience))
		r := bufio.NewReader(c)
		readHead(r)
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nat once")
		speak(c.(half), r) //nolint:forcetypeassert // both kinds are
	}()
	return scheme + l.Addr().String()
}

func dialHalf(t *testing.T, address string) half {
	t.Helper()
	scheme, host, _ := strings.Cut(address, "://")
	c, err := net.Dial("tcp", host)
	require.NoError(t, err)
	if scheme == "https" {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	}
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return c.(half) //nolint:forcetypeassert // both kinds are
}
