package gate

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// The requests that stand in front of an odd one, and behind it. The last makes sure that the connection ends.
const (
	beforeThem    = "GET /before HTTP/1.1\r\n" + toGate + "\r\n"
	secondRequest = "GET /second HTTP/1.1\r\n" + toGate + "\r\n"
	lastRequest   = "GET /last HTTP/1.1\r\n" + toGate + "Connection: close\r\n\r\n"
)

// TestOddRequestsHaveOneReading sends every odd request with two good ones behind it. Whatever serves it, with limits
// and without, answers it alike; nothing reaches the upstream but what was answered.
func TestOddRequestsHaveOneReading(t *testing.T) {
	up := newReader(t)
	doors := framingDoors(t, up)
	for name, odd := range oddRequests {
		for door, d := range doors {
			want := []string{strings.TrimSuffix(odd.want, ", ends")}
			if want[0] == odd.want {
				want = append(want, "GET /second", "GET /last")
			}
			id := door + ", " + name
			require.Equal(t, want, d.answers(t, id, odd.text+secondRequest+lastRequest), id)
			up.hasSeen(t, id, want)
			if name == "an empty line in front" {
				continue // of the first request alone
			}
			want = append([]string{"GET /before"}, want...)
			require.Equal(t, want, d.answers(t, id, beforeThem, odd.text+secondRequest+lastRequest), id)
			up.hasSeen(t, id, want)
		}
	}
	up.hasSeenNothingElse(t)
}

// framingDoor is one way to be served.
type framingDoor struct {
	address string
	secure  bool
	key     string
}

// framingDoors are all ways to an upstream, by name.
func framingDoors(t *testing.T, up *reader) map[string]*framingDoor {
	t.Helper()
	h, doors := newHouse(t), map[string]*framingDoor{}
	limits := apikey.Limits{RequestsPerSecond: 1e5, Burst: 1e5, Concurrent: 100, BytesPerDay: 1 << 40}
	keys := map[string]string{
		"":        h.key(apikey.RoleAdmin),
		"limited": h.key(apikey.RoleAdmin, func(n *apikey.NewKey) { n.Limits = limits }),
	}
	for _, name := range []string{"relay", "server", "TLS"} {
		s := h.gate(Options{Endpoints: []Endpoint{
			{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: mustURL(t, up.address)},
		}}).Server()
		switch name {
		case "server":
			s.relay = nil
		case "TLS":
			_, _, s.TLSConfig = servertest.Certificate(t)
		}
		_, address, _ := strings.Cut(serve(t, s), "://")
		for limited, key := range keys {
			doors[name+" "+limited] = &framingDoor{address: address, secure: name == "TLS", key: key}
		}
	}
	return doors
}

// answers sends requests, each part when that before it was answered, and returns what each was answered, in short,
// until the connection ends.
func (d *framingDoor) answers(t *testing.T, id string, parts ...string) (all []string) {
	t.Helper()
	c, err := net.Dial("tcp", d.address)
	require.NoError(t, err)
	if d.secure {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	}
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	for r := bufio.NewReader(c); ; {
		if len(parts) > 0 {
			text := strings.NewReplacer("$KEY", d.key, "$ID", id).Replace(parts[0])
			_, _ = io.WriteString(c, text) // which may end in between
			parts = parts[1:]
		}
		answer, ends := shortAnswer(t, id, r)
		if ends {
			return all
		}
		if answer != "" {
			all = append(all, answer)
		}
	}
}

// shortAnswer reads an answer; empty for a preliminary one.
func shortAnswer(t *testing.T, id string, r *bufio.Reader) (answer string, ends bool) {
	t.Helper()
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		require.False(t, isTimeout(err), "%s: no answer", id)
		return "", true
	}
	body, err := io.ReadAll(res.Body)
	require.False(t, isTimeout(err), "%s: no end of an answer", id)
	switch {
	case res.StatusCode == http.StatusOK:
		require.NoError(t, err, id)
		return string(body), false
	case res.StatusCode > http.StatusOK:
		return strconv.Itoa(res.StatusCode), false
	}
	return "", false
}

// reader is an upstream that answers with how it reads a request, in short.
type reader struct {
	address string

	mu   sync.Mutex
	seen map[string][]string // by what the request says of itself
}

func newReader(t *testing.T) *reader {
	t.Helper()
	u := &reader{seen: map[string][]string{}}
	u.address = upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // it broke off
		}
		reading := strings.TrimSpace(r.Method + " " + r.RequestURI + " " + string(body))
		u.mu.Lock()
		u.seen[r.Header.Get("X-Id")] = append(u.seen[r.Header.Get("X-Id")], reading)
		u.mu.Unlock()
		_, _ = io.WriteString(w, reading)
	}).String()
	return u
}

// hasSeen takes what was seen of a request and of those behind it, which must be what was answered.
func (u *reader) hasSeen(t *testing.T, id string, answers []string) {
	t.Helper()
	var want []string
	for _, a := range answers {
		if strings.Contains(a, "/") {
			want = append(want, a)
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	require.Equal(t, want, u.seen[id], id)
	delete(u.seen, id)
}

// hasSeenNothingElse is for the end, when what came late has come.
func (u *reader) hasSeenNothingElse(t *testing.T) {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	require.Empty(t, u.seen)
}

// TestProxiesAndTheGateReadAlike has odd requests come through other proxies, which hold bodies back or pass them on as
// they come. What a proxy passes on the gate must take for the same, or the answers of one client would be those of
// another.
func TestProxiesAndTheGateReadAlike(t *testing.T) {
	for name, start := range map[string]func(t *testing.T, gate string) (address string){
		"nginx":            nginxBefore("on"),
		"nginx, streaming": nginxBefore("off"),
		"Caddy":            caddyBefore,
		"Traefik":          traefikBefore,
	} {
		t.Run(name, func(t *testing.T) {
			up, other := newReader(t), newReader(t)
			alone := &framingDoor{address: start(t, strings.TrimPrefix(other.address, "http://"))}
			for door, gate := range framingDoors(t, up) {
				if gate.secure {
					continue
				}
				proxy := &framingDoor{address: start(t, gate.address), key: gate.key}
				for odd, request := range oddRequests {
					requireNothingSmuggled(t, up, proxy, alone, name+", "+door+", "+odd, request.text)
				}
			}
			up.hasSeenNothingElse(t)
		})
	}
}

// requireNothingSmuggled sends an odd request with two good ones behind it. What reaches the upstream is what was
// answered, in its order, and no request is found in it that the proxy would not find alone: those in Go do not end a
// connection on which both lengths came.
func requireNothingSmuggled(t *testing.T, up *reader, proxy, alone *framingDoor, id, text string) {
	t.Helper()
	text += secondRequest + lastRequest
	answers := proxy.answers(t, id, text)
	require.True(t, len(answers) > 0 || strings.HasSuffix(id, "no version"), id) // which is HTTP/0.9 to nginx
	up.hasSeen(t, id, answers)
	for i, a := range answers {
		if strings.Contains(a, "smuggled") || i > 0 && a != "GET /second" && a != "GET /last" {
			require.Contains(t, alone.answers(t, id, text), a, "%s: %q", id, answers)
		}
	}
}

func nginxBefore(buffering string) func(t *testing.T, gate string) (address string) {
	return func(t *testing.T, gate string) string {
		t.Helper()
		address := "127.0.0.1:" + servertest.FreePort(t)
		servertest.Nginx(t, address, `
			upstream gate { server `+gate+`; keepalive 1; }
			server {
				listen `+address+`; underscores_in_headers on; ignore_invalid_headers off;
				location / {
					proxy_pass http://gate; proxy_http_version 1.1; proxy_set_header Connection "";
					proxy_request_buffering `+buffering+`; proxy_buffering off;
				}
			}`)
		return address
	}
}

func caddyBefore(t *testing.T, gate string) (address string) {
	t.Helper()
	address = "127.0.0.1:" + servertest.FreePort(t)
	config := filepath.Join(t.TempDir(), "Caddyfile")
	require.NoError(t, os.WriteFile(config, []byte("{\n\tadmin off\n\tauto_https off\n}\n"+
		"http://"+address+", http://gate:"+address[strings.LastIndexByte(address, ':')+1:]+" {\n\treverse_proxy "+gate+"\n}\n"), 0o600))
	servertest.Start(t, address, servertest.Tool(t, "caddy"), "run", "--adapter", "caddyfile", "--config", config)
	return address
}

func traefikBefore(t *testing.T, gate string) (address string) {
	t.Helper()
	traefik := servertest.Rare(t, "traefik")
	address = "127.0.0.1:" + servertest.FreePort(t)
	dir := t.TempDir()
	dynamic, static := filepath.Join(dir, "dynamic.yaml"), filepath.Join(dir, "traefik.yaml")
	require.NoError(t, os.WriteFile(dynamic, []byte(`http:
  routers: {all: {rule: "PathPrefix(\"/\")", service: gate}}
  services: {gate: {loadBalancer: {servers: [{url: "http://`+gate+`"}]}}}
`), 0o600))
	require.NoError(t, os.WriteFile(static, []byte(`
entryPoints: {web: {address: "`+address+`"}}
providers: {file: {filename: "`+dynamic+`"}}
global: {checkNewVersion: false, sendAnonymousUsage: false}
`), 0o600))
	servertest.Start(t, address, traefik, "--configFile="+static)
	require.Eventually(t, func() bool { // until it has taken its file
		return ask(t, "http://"+address+"/").StatusCode != http.StatusNotFound
	}, servertest.Patience, 50*time.Millisecond)
	return address
}

// TestAConnectionKnowsThatALengthWasSent cuts what comes everywhere.
func TestAConnectionKnowsThatALengthWasSent(t *testing.T) {
	for text, want := range map[string]bool{
		"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n":           true,
		"POST / HTTP/1.1\nHost: x\ncontent-length:5\n\n":         true,
		"POST / HTTP/1.1\r\nA: b\r\n\r\nCONTENT-LENGTH":          true,
		"POST / HTTP/1.1\r\nContent\r\nContent-Length: 5\r\n":    true,
		"POST / HTTP/1.1\r\nX-Content-Length: 5\r\n\r\n":         false,
		"POST / HTTP/1.1\r\nContent-Lengt: 5\r\n Content-Length": false,
		"Content-Length: 5":        false,
		"GET / HTTP/1.1\r\n\r\n\n": false,
	} {
		for cut := range text {
			c := &watched{matched: -1}
			c.look([]byte(text[:cut]))
			c.look([]byte(text[cut:]))
			require.Equal(t, want, c.measured.Load(), "%q, cut at %d", text, cut)
		}
	}
}
