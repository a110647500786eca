package upstreams_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/upstreams"
)

func parse(t testing.TB, entries ...string) upstreams.Allowed {
	t.Helper()
	a, err := upstreams.Parse(entries)
	require.NoError(t, err)
	return a
}

func TestEntriesThatAreNone(t *testing.T) {
	for _, entry := range []string{
		"", ":80", "loki:", "loki:0", "loki:65536", "loki:+80", "loki:http", "http://loki", "user@loki", "loki/path", "10.0.0.0/33",
		"10.0.0.1/8", "::ffff:10.0.0.0/104", "[::1", "[::1]80", "[::1]:", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "1.2.3.4.5", "a..b", ".a",
		"-a", "a-", "lökı", "a b", "unix:/run/x.sock", "*", "*.internal", "loki,mimir", "10.0.0.0/8:", "10.0.0.0/8:x", "a:1:2x",
	} {
		_, err := upstreams.Parse([]string{entry})
		require.ErrorContains(t, err, upstreams.Form, entry)
	}
}

// What may be, by what is listed: at once, and when a name was resolved.
func TestWhatMayStandBehindTheGate(t *testing.T) {
	type address struct{ url, leadsTo string } // leadsTo: what the name is resolved to; empty = it stands for itself
	for _, c := range []struct {
		allowed []string
		good    []address
		bad     []address
	}{
		{nil, nil, []address{{"http://loki", "10.0.0.1"}, {"http://127.0.0.1", ""}, {"http://10.0.0.1", ""}}},
		{
			[]string{"loki.internal:3100"},
			[]address{{"http://loki.internal:3100", "10.0.0.1"}, {"http://LOKI.Internal.:3100", "2001:db8::1"}, {"h2c://loki.internal:3100/a", "192.0.2.1"}},
			[]address{
				{"http://loki.internal", "10.0.0.1"}, {"https://loki.internal", "10.0.0.1"}, {"http://loki.internal:3101", "10.0.0.1"},
				{"http://mimir.internal:3100", "10.0.0.1"}, {"http://a.loki.internal:3100", "10.0.0.1"}, {"http://10.0.0.1:3100", ""},
				{"http://loki.internal:3100", "127.0.0.1"}, {"http://loki.internal:3100", "169.254.169.254"}, {"http://loki.internal:3100", "::ffff:127.0.0.1"},
				{"http://loki.internal:3100", "0.0.0.0"}, {"http://loki.internal:3100", "::"}, {"http://loki.internal:3100", "fe80::1"},
				{"http://loki.internal:3100", "64:ff9b::7f00:1"}, {"http://loki.internal:3100", "2002:7f00:1::"}, {"http://loki.internal:3100", "224.0.0.1"},
				{"http://loki.internal:3100", "100.100.100.200"}, {"http://loki.internal:3100", "fd00:ec2::254"}, {"http://loki.internal:3100", "168.63.129.16"},
			},
		},
		{
			[]string{"10.1.0.0/16", "[fd00:1::/32]:9090"},
			[]address{{"http://10.1.2.3", ""}, {"http://anything.example", "10.1.0.1"}, {"https://[::ffff:10.1.0.1]:8443", ""}, {"http://[fd00:1::7]:9090", ""}},
			[]address{
				{"http://10.2.0.1", ""}, {"http://anything.example", "10.2.0.1"}, {"http://[fd00:1::7]", ""}, {"http://localhost", "127.0.0.1"},
				{"http://[::1]", ""}, {"http://anything.example", "::1"}, {"http://167837953", ""}, {"http://0xa.1.0.1", ""}, {"http://10.1.1", ""}, {"http://012.1.0.1", ""},
			},
		},
		{
			[]string{"0.0.0.0/0", "::/0"},
			[]address{{"http://192.0.2.1", ""}, {"http://[2001:db8::1]", ""}, {"http://a.example", "10.0.0.1"}},
			[]address{
				{"http://127.0.0.1", ""}, {"http://[::1]", ""}, {"http://169.254.169.254", ""}, {"http://0.0.0.0", ""}, {"http://[::]", ""}, {"http://[fe80::1%25eth0]", ""},
				{"http://255.255.255.255", ""}, {"http://[::ffff:127.0.0.1]", ""}, {"http://[::127.0.0.1]", ""}, {"http://a.example", "127.8.8.8"},
			},
		},
		{
			[]string{"127.0.0.1:3100", "169.254.169.254", "::1"},
			[]address{{"http://127.0.0.1:3100", ""}, {"http://[::ffff:127.0.0.1]:3100", ""}, {"http://169.254.169.254", ""}, {"http://[::1]:99", ""}, {"http://name.example:3100", "127.0.0.1"}},
			[]address{{"http://127.0.0.1", ""}, {"http://127.0.0.2:3100", ""}, {"http://169.254.169.253", ""}},
		},
		{
			[]string{"localhost"},
			[]address{{"http://localhost:8080", "127.0.0.1"}, {"http://LOCALHOST.", "::1"}},
			[]address{{"http://127.0.0.1:8080", ""}, {"http://localhost", "169.254.169.254"}, {"http://sub.localhost", "127.0.0.1"}},
		},
	} {
		a := parse(t, c.allowed...)
		judge := func(one address) error {
			u, err := url.Parse(one.url)
			require.NoError(t, err)
			if err := a.Check(u); err != nil || one.leadsTo == "" {
				return err
			}
			port := uint16(80)
			if u.Scheme == "https" {
				port = 443
			}
			if n, err := net.LookupPort("tcp", u.Port()); err == nil && u.Port() != "" {
				port = uint16(n)
			}
			return a.Permits(u.Hostname(), netip.AddrPortFrom(netip.MustParseAddr(one.leadsTo), port))
		}
		for _, one := range c.good {
			require.NoError(t, judge(one), "%v: %v", c.allowed, one)
		}
		for _, one := range c.bad {
			require.Error(t, judge(one), "%v: %v", c.allowed, one)
		}
	}
}

// A name is judged by what it leads to when the connection is opened, whatever it led to before.
func TestEveryConnectionIsJudged(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	at := s.Listener.Addr().(*net.TCPAddr).AddrPort()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	dial := func(host string, own func(netip.AddrPort) bool, allowed ...string) error {
		g := upstreams.Guard{Allowed: parse(t, allowed...), Own: own, Timeout: time.Minute}
		conn, err := g.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
		if err == nil {
			require.NoError(t, conn.Close())
		}
		return err
	}
	var refused *upstreams.RefusedError
	require.NoError(t, dial("127.0.0.1", nil, "127.0.0.1"))
	require.NoError(t, dial("localhost", nil, "127.0.0.0/8"))
	require.NoError(t, dial("localhost", nil, "localhost:"+port))
	require.ErrorAs(t, dial("127.0.0.1", nil), &refused)
	require.ErrorAs(t, dial("localhost", nil, "10.0.0.0/8"), &refused, "it leads elsewhere than the blocks")
	require.ErrorAs(t, dial("0.0.0.0", nil, "127.0.0.1"), &refused)
	require.ErrorAs(t, dial("::ffff:127.0.0.1", nil, "10.0.0.0/8"), &refused)
	require.ErrorAs(t, dial("127.0.0.1", nil, "127.0.0.1:1"), &refused)

	var own upstreams.Listeners
	own.Add(s.Listener.Addr())
	require.ErrorAs(t, dial("127.0.0.1", own.Include, "127.0.0.1"), &refused, "nobody has the server itself")
	require.ErrorAs(t, dial("localhost", own.Include, "localhost"), &refused)
	require.False(t, own.Include(netip.AddrPortFrom(at.Addr(), at.Port()+1)))

	g := upstreams.Guard{Allowed: parse(t, "10.0.0.0/8")}
	u, err := url.Parse("http://localhost:" + port)
	require.NoError(t, err)
	require.NoError(t, g.Allowed.Check(u), "a name may lead into a block")
	require.ErrorContains(t, g.Resolve(t.Context(), u), "the machine itself")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	u, err = url.Parse("http://nowhere.invalid")
	require.NoError(t, err)
	require.ErrorContains(t, g.Resolve(ctx, u), "cannot be resolved now")
}

func TestListenersAtEveryAddress(t *testing.T) {
	for own, at := range map[string]map[string]bool{
		"0.0.0.0:80":   {"127.0.0.1:80": true, "0.0.0.0:80": true, "127.0.0.1:81": false, "192.0.2.1:80": false, "[::ffff:127.0.0.1]:80": true},
		"[::]:80":      {"127.0.0.1:80": true, "[::1]:80": true, "[2001:db8::1]:80": false},
		"127.0.0.1:80": {"127.0.0.1:80": true, "127.0.0.2:80": false, "0.0.0.0:80": true, "[::]:80": true, "10.0.0.1:80": false},
	} {
		for addr, want := range at {
			require.Equal(t, want, upstreams.Reaches(netip.MustParseAddrPort(addr), netip.MustParseAddrPort(own)), "%s at %s", addr, own)
		}
	}
}

// Nothing special is ever permitted by what does not list it, however an address is spelt.
func FuzzSpecialAddresses(f *testing.F) {
	for _, seed := range []string{"http://127.0.0.1", "http://[::ffff:7f00:1]", "http://2130706433", "http://0x7f000001", "http://localhost.", "http://user@127.0.0.1",
		"http://127.0.0.1%2f", "http://[fe80::1%25lo]", "http://①②⑦.0.0.1", "h2c://0", "http://0.0.0.0:1", "http://[::]:80", "http://loki.internal@127.0.0.1"} {
		f.Add(seed)
	}
	a := parse(f, "10.0.0.0/8", "loki.internal", "0.0.0.0/0", "::/0")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil || a.Check(u) != nil {
			return
		}
		addr, err := netip.ParseAddr(u.Hostname())
		if err != nil {
			return // a name, which is judged by what it leads to
		}
		addr = addr.Unmap()
		if addr.IsLoopback() || addr.IsUnspecified() || addr.IsLinkLocalUnicast() || addr.IsMulticast() {
			t.Fatalf("%q is permitted", text)
		}
	})
}
