package gate

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/relay"
	"github.com/ostiary/ostiary/pkg/verify"
)

// BenchmarkErrand compares what the gate does for a request that the relay carries, without the network, with
// net/http's parser alone.
func BenchmarkErrand(b *testing.B) {
	h := newHouse(b)
	endpoint := Endpoint{Name: "all", Path: "/read", Require: apikey.PermissionRead, Upstream: mustURL(b, "http://127.0.0.1:9")}
	g := h.gate(Options{Endpoints: []Endpoint{endpoint}})
	g.admission.Recorder, g.admission.Observer = verify.NewRecorder(nil, time.Hour, nil), nobody{} // not the tests' own
	s := g.Server()
	text := fmt.Sprintf("GET /read/x HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n\r\n",
		h.key(apikey.RoleViewer))
	source := strings.NewReader(text)
	parser := bufio.NewReader(source)
	parse := func() *http.Request {
		source.Reset(text)
		parser.Reset(source)
		r, err := http.ReadRequest(parser)
		if err != nil {
			b.Fatal(err)
		}
		r.RemoteAddr = "127.0.0.1:1234"
		return r
	}
	field := func(name, value string) relay.Field { return relay.Field{Name: []byte(name), Value: []byte(value)} }
	fields := []relay.Field{field("Server", "nginx"), field("Content-Type", "text/plain"), field("Content-Length", "5"),
		field("Connection", "keep-alive"), field("Date", "Sun, 06 Nov 1994 08:49:37 GMT")}
	if e := s.Begin(b.Context(), parse(), nil); e == nil || e.Upstream() == nil {
		b.Fatal("the relay does not carry it")
	} else {
		e.End()
	}
	b.Run("parser", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			parse()
		}
	})
	b.Run("again", func(b *testing.B) {
		b.ReportAllocs()
		r, out := parse(), []byte(nil)
		answer := relay.Answer{Status: 200}
		e := s.Begin(b.Context(), r, nil)
		e.End()
		for b.Loop() {
			if !e.Again(r) {
				b.Fatal("it is begun anew")
			}
			out = e.AppendRequest(out[:0])
			answer.Fields = append(answer.Fields[:0], fields...)
			out, _ = e.AppendAnswer(out[:0], &answer)
			e.End()
		}
	})
	b.Run("errand", func(b *testing.B) {
		b.ReportAllocs()
		var out []byte
		answer := relay.Answer{Status: 200}
		var e relay.Exchange
		for b.Loop() {
			e = s.Begin(b.Context(), parse(), e)
			out = e.AppendRequest(out[:0])
			answer.Fields = append(answer.Fields[:0], fields...)
			out, _ = e.AppendAnswer(out[:0], &answer)
			e.End()
		}
	})
}
