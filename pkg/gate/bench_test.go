package gate

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// BenchmarkAuth compares /auth with the same server around an empty handler.
// An iteration is a round of both.
func BenchmarkAuth(b *testing.B) {
	h := newHouse(b)
	g := h.gate(Options{})
	g.opts.Recorder, g.opts.Observer = verify.NewRecorder(nil, time.Hour, nil), nobody{}
	empty := g.Server()
	empty.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	compare(b, serve(b, g.Server()), serve(b, empty), "/auth?require=read", h)
}

// BenchmarkProxy compares the proxied path with a bare httputil.ReverseProxy
// in the same server.
func BenchmarkProxy(b *testing.B) {
	h := newHouse(b)
	up := upstreamAt(b, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello from upstream\n") })
	g := h.gate(Options{Endpoints: []Endpoint{{Name: "all", Path: "/read", Require: apikey.PermissionRead, Upstream: up}}})
	g.opts.Recorder, g.opts.Observer = verify.NewRecorder(nil, time.Hour, nil), nobody{}
	bare := g.Server()
	bare.Handler = &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(up) },
		Transport: newTransport(nil, func(p *http.Protocols) { p.SetHTTP1(true) }),
	}
	compare(b, serve(b, g.Server()), serve(b, bare), "/read/x", h)
}

// compare takes turns between a gate and its yardstick. It reports the
// requests a second of both and the median of their ratios; and the ratio of
// what a request costs both in processor time, which says the same on a machine
// that has other things to do.
func compare(b *testing.B, gate, yardstick, path string, h *house) {
	b.Helper()
	var requests [64][]byte // one for each of as many keys
	for i := range requests {
		requests[i] = fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n\r\n", path, h.key(apikey.RoleViewer))
	}
	var ours, theirs, ratios, costs []float64
	round := func() {
		o, t := keepBusy(b, gate, requests[:]), keepBusy(b, yardstick, requests[:])
		ours, theirs = append(ours, o.perSecond), append(theirs, t.perSecond)
		ratios, costs = append(ratios, o.perSecond/t.perSecond), append(costs, t.cost/o.cost)
	}
	round() // warms up
	ours, theirs, ratios, costs = nil, nil, nil, nil
	for b.Loop() {
		round()
	}
	b.ReportMetric(median(ours), "requests/s")
	b.ReportMetric(median(theirs), "yardstick/s")
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(costs), "ratio-by-cpu")
	b.ReportMetric(0, "ns/op")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// load is how a server did.
type load struct {
	perSecond float64 // requests
	cost      float64 // seconds of processor time a request, the client's included
}

// keepBusy keeps keep-alive connections busy for a while, with as little
// client about them as can be, so that the server's part shows.
func keepBusy(b *testing.B, address string, requests [][]byte) load {
	b.Helper()
	const connections, duration = 16, 300 * time.Millisecond
	var answers atomic.Int64
	var failure atomic.Value
	var clients sync.WaitGroup
	began, used := time.Now(), processorTime(b)
	for i := range connections {
		clients.Go(func() {
			c, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
			for r := bufio.NewReader(c); err == nil && time.Since(began) < duration; answers.Add(1) {
				i += connections + 1
				err = exchangeBytes(c, r, requests[i%len(requests)])
			}
			if err != nil {
				failure.Store(err)
			}
			_ = c.Close()
		})
	}
	clients.Wait()
	require.Nil(b, failure.Load())
	n := float64(answers.Load())
	return load{perSecond: n / time.Since(began).Seconds(), cost: (processorTime(b) - used) / n}
}

func processorTime(b *testing.B) (seconds float64) {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// exchangeBytes sends a request and reads an answer, which must be a 200.
func exchangeBytes(c net.Conn, r *bufio.Reader, request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	length := 0
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200")):
			return fmt.Errorf("the answer is %s", line)
		case len(line) <= 2:
			_, err := r.Discard(length)
			return err
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
		}
	}
}
