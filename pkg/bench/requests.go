package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/gate"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/verify"
)

const (
	connections = 16
	floodRate   = 10_000 // requests a second
)

// measureGate compares the gate's answers with those of the same server
// around an empty handler, and its proxy with a bare one.
func measureGate(ctx context.Context, f *fixture, rounds int) ([]row, error) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello from upstream\n")
	}))
	defer upstream.Close()
	target, err := url.Parse(upstream.URL)
	if err != nil {
		return nil, err
	}
	n, err := startNode(ctx, f,
		gate.Endpoint{Name: "read", Path: "/read", Require: apikey.PermissionRead, Upstream: target})
	if err != nil {
		return nil, err
	}
	defer n.Close(ctx)

	empty, err := serveBare(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	if err != nil {
		return nil, err
	}
	defer empty.Close()
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &http.Transport{MaxIdleConnsPerHost: 2 * connections, DisableCompression: true},
	}
	bare, err := serveBare(proxy)
	if err != nil {
		return nil, err
	}
	defer bare.Close()

	host := n.GateURL()[len("http://"):]
	authS, authY, auth := compare(rounds*8, perSecond(host, f.requests("/auth?require=read")),
		perSecond(empty.addr, f.requests("/auth?require=read")))
	proxyS, proxyY, proxied := compare(rounds*8, perSecond(host, f.requests("/read/x")),
		perSecond(bare.addr, f.requests("/read/x")))
	return []row{
		{figure: "/auth", measured: rps(authS), yardstick: "an empty handler: " + rps(authY),
			ratio: fmt.Sprintf("%.2f", auth), ok: true},
		{figure: "proxied", measured: rps(proxyS), yardstick: "a bare httputil.ReverseProxy: " + rps(proxyY),
			ratio: fmt.Sprintf("%.2f", proxied), reach: "≥ 0.9", ok: proxied >= 0.9},
	}, nil
}

// measureFlood measures how long a good key's request takes while 10,000
// wrong keys a second arrive. Load generator and server share the machine, so
// any 10,000 requests a second slow it; the yardstick is as many good ones.
func measureFlood(ctx context.Context, f *fixture, rounds int) ([]row, error) {
	n, err := startNode(ctx, f)
	if err != nil {
		return nil, err
	}
	defer n.Close(ctx)
	host := n.GateURL()[len("http://"):]
	good := f.requests("/auth?require=read")
	wrong := make([][]byte, 1000)
	for i := range wrong {
		token, _ := apikey.NewToken()
		wrong[i] = request("/auth?require=read", token)
	}
	during := func(requests [][]byte, goodToo bool) func() float64 {
		return func() float64 {
			stop := flood(host, requests, goodToo, floodRate)
			defer stop()
			return medianLatency(host, good, time.Second)
		}
	}
	s, y, ratio := compare(rounds, during(wrong, false), during(good, true))
	return []row{{
		figure: "a good key's request during 10,000 wrong ones a second, median", measured: us(s),
		yardstick: "during 10,000 good ones: " + us(y),
		ratio:     fmt.Sprintf("%.2f", ratio), reach: "≤ 1.2", ok: ratio <= 1.2,
	}}, nil
}

func startNode(ctx context.Context, f *fixture, endpoints ...gate.Endpoint) (*node.Node, error) {
	cfg, err := f.config()
	if err != nil {
		return nil, err
	}
	cfg.Listen = ""
	cfg.Gate.Endpoints = endpoints
	return node.Start(ctx, cfg, node.Options{})
}

// bareServer is the gate's server around another handler.
type bareServer struct {
	*http.Server
	addr string
}

func serveBare(h http.Handler) (*bareServer, error) {
	g, err := gate.New(gate.Options{Verifier: nobody{}})
	if err != nil {
		return nil, err
	}
	s := &bareServer{Server: g.Server().Server}
	s.Handler = h
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.addr = ln.Addr().String()
	go func() { _ = s.Serve(ln) }() // ends with Close
	return s, nil
}

type nobody struct{}

func (nobody) Verify(verify.Question) verify.Decision { return verify.Decision{} }

func request(path, token string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n\r\n", path, token)
}

// requests are one for each of a thousand good keys.
func (f *fixture) requests(path string) (out [][]byte) {
	for i := range min(1000, len(f.tokens)) {
		out = append(out, request(path, f.tokens[i]))
	}
	return out
}

// stretch is how long one side of a comparison is measured at a time: short,
// so that both sides meet the same weather on a shared machine.
const stretch = 250 * time.Millisecond

// perSecond keeps some connections busy for a stretch and returns the number
// of answers a second. Anything but 200 ends the program.
func perSecond(addr string, requests [][]byte) func() float64 {
	return func() float64 {
		var count atomic.Int64
		var busy sync.WaitGroup
		began := time.Now()
		for c := range connections {
			busy.Go(func() {
				w := dial(addr)
				defer w.conn.Close()
				n := int64(0)
				for i := c * 31; time.Since(began) < stretch; i++ {
					if status := w.exchange(requests[i%len(requests)]); status != http.StatusOK {
						panic(fmt.Sprintf("a good key was answered with %d", status))
					}
					n++
				}
				count.Add(n)
			})
		}
		busy.Wait()
		return float64(count.Load()) / time.Since(began).Seconds()
	}
}

// medianLatency sends a request every 2 ms and returns the median time of an
// answer in seconds.
func medianLatency(addr string, requests [][]byte, d time.Duration) float64 {
	w := dial(addr)
	defer w.conn.Close()
	var times []float64
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(d); time.Now().Before(end); <-tick.C {
		began := time.Now()
		if status := w.exchange(requests[len(times)%len(requests)]); status != http.StatusOK {
			panic(fmt.Sprintf("a good key was answered with %d", status))
		}
		times = append(times, time.Since(began).Seconds())
	}
	return quantile(times, 0.5)
}

// flood sends a number of requests a second, evenly, until it is stopped. All
// of them must be answered as good, or as not good, keys are.
func flood(addr string, requests [][]byte, good bool, perSecond int) (stop func()) {
	const conns = 4
	end := make(chan struct{})
	var busy sync.WaitGroup
	for range conns {
		busy.Go(func() {
			w := dial(addr)
			defer w.conn.Close()
			began := time.Now()
			for i := 0; ; i++ {
				select {
				case <-end:
					return
				default:
				}
				if due := began.Add(time.Duration(i) * time.Second * conns /
					time.Duration(perSecond)); time.Until(due) > 0 {
					time.Sleep(time.Until(due))
				}
				if status := w.exchange(requests[i%len(requests)]); (status == http.StatusOK) != good {
					panic(fmt.Sprintf("a key of the flood was answered with %d", status))
				}
			}
		})
	}
	return func() { close(end); busy.Wait() }
}

// wire is a keep-alive connection with as little client about it as can be,
// so that the server's part of the work shows.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
}

func dial(addr string) *wire {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		panic(err)
	}
	return &wire{conn: conn, r: bufio.NewReader(conn)}
}

var contentLength = []byte("Content-Length: ")

func (w *wire) exchange(request []byte) (status int) {
	if _, err := w.conn.Write(request); err != nil {
		panic(err)
	}
	line, err := w.r.ReadSlice('\n')
	if err != nil {
		panic(err)
	}
	status, _ = strconv.Atoi(string(line[9:12]))
	length := 0
	for {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			panic(err)
		}
		if len(line) <= 2 {
			break
		}
		if bytes.HasPrefix(line, contentLength) {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(line[len(contentLength):])))
		}
	}
	if _, err := w.r.Discard(length); err != nil {
		panic(err)
	}
	return status
}

func rps(n float64) string      { return fmt.Sprintf("%.0f/s", n) }
func us(seconds float64) string { return fmt.Sprintf("%.0f µs", seconds*1e6) }
