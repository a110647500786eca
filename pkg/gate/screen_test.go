package gate

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// TestWhatNoEndpointTakesOverHTTP2 has requests that HTTP/2 can say and the usual clients do not. The stream is
// refused, by the gate or as an error of the protocol; the connection goes on.
func TestWhatNoEndpointTakesOverHTTP2(t *testing.T) {
	up := newReader(t)
	h := newHouse(t)
	key := h.key(apikey.RoleAdmin)
	const good = ":scheme http|:authority gate"
	for _, secure := range []bool{false, true} {
		s := h.gate(Options{Endpoints: []Endpoint{
			{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: mustURL(t, up.address)},
		}}).Server()
		if secure {
			_, _, s.TLSConfig = servertest.Certificate(t)
		}
		_, address, _ := strings.Cut(serve(t, s), "://")
		c := dialHTTP2(t, address, secure)
		for fields, want := range map[string]string{
			":method GET|:path /first|" + good:                                    "200",
			":method GET|:path /first|" + good + "|host gate":                     "200",
			":method GET|:path /first|" + good + "|host GATE":                     "200",
			":method GET|:path /first|:scheme http|host gate":                     "200",
			":method GET|:path /first|" + good + "|host other":                    "400",
			":method GET|:path /first|" + good + "|host gate|host other":          "400",
			":method GET|:path http://gate/first|" + good:                         "400",
			":method GET|:path http://other.example/first|" + good:                "400",
			":method GET|:path *|" + good:                                         "400",
			":method OPTIONS|:path *|" + good:                                     "400",
			":method GET|:path first|" + good:                                     "PROTOCOL_ERROR",
			":method TRACE|:path /first|" + good:                                  "405",
			":method CONNECT|:authority other.example:443":                        "405",
			":method CONNECT|:path /first|" + good:                                "PROTOCOL_ERROR",
			":method CONNECT|:path /first|" + good + "|:protocol websocket":       "PROTOCOL_ERROR",
			":method GET|:path /first|" + good + "|:protocol websocket":           "PROTOCOL_ERROR",
			":method connect|:path /first|" + good:                                "405",
			":method GET|:path /first|" + good + "|transfer-encoding chunked":     "400",
			":method POST|:path /first|" + good + "|content-length 5":             "200",
			":method GET|:path /first|" + good + "|connection close":              "400",
			":method GET|:path /first|" + good + "|upgrade websocket":             "400",
			":method GET|:path /first|:method GET|" + good:                        "PROTOCOL_ERROR",
			":method GET|:path /first|" + good + "|x a\r\ntransfer-encoding: b":   "PROTOCOL_ERROR",
			":method GET|:path /first\r\nx: y|" + good:                            "PROTOCOL_ERROR",
			":method GET /smuggled HTTP/1.1\r\nx: y|:path /first|" + good:         "PROTOCOL_ERROR",
			":method GET|:path /first|:scheme http|:authority gate\r\nx: y":       "PROTOCOL_ERROR",
			":method GET|:path /first|:scheme http|:authority a@gate":             "PROTOCOL_ERROR",
			":method GET|:path /first?x|" + good + "|content-length 0":            "200",
			":method POST|:path /first|" + good + "|content-length 0|te trailers": "200",
		} {
			require.Equal(t, want, c.ask(t, fields+"|authorization Bearer "+key), "TLS: %t: %s", secure, fields)
			got := c.ask(t, ":method GET|:path /second|"+good+"|authorization Bearer "+key)
			require.Equal(t, "200", got, "behind %s", fields)
		}
	}
	up.mu.Lock()
	defer up.mu.Unlock()
	for _, all := range up.seen {
		for _, one := range all {
			require.Contains(t, []string{"GET /first", "POST /first", "GET /second", "GET /first?x"}, one)
		}
	}
}

// rawHTTP2 is a connection on which streams can say what they like.
type rawHTTP2 struct {
	net.Conn
	*http2.Framer
	stream uint32
}

func dialHTTP2(t *testing.T, address string, secure bool) *rawHTTP2 {
	t.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	if secure {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	}
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(c, http2.ClientPreface)
	require.NoError(t, err)
	h := &rawHTTP2{Conn: c, Framer: http2.NewFramer(c, c), stream: 1}
	h.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	require.NoError(t, h.WriteSettings())
	return h
}

// ask makes a request of fields, which are parted by bars and have a blank in front of their values. It returns the
// status of the answer, or the error with which the stream ends.
func (c *rawHTTP2) ask(t *testing.T, fields string) string {
	t.Helper()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for field := range strings.SplitSeq(fields, "|") {
		name, value, _ := strings.Cut(field, " ")
		require.NoError(t, encoder.WriteField(hpack.HeaderField{Name: name, Value: value}))
	}
	stream := c.stream
	c.stream += 2
	require.NoError(t, c.WriteHeaders(http2.HeadersFrameParam{
		StreamID: stream, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true,
	}))
	for {
		f, err := c.ReadFrame()
		require.NoError(t, err, fields)
		switch f := f.(type) {
		case *http2.MetaHeadersFrame:
			if f.StreamID == stream {
				return f.PseudoValue("status")
			}
		case *http2.RSTStreamFrame:
			if f.StreamID == stream {
				return f.ErrCode.String()
			}
		case *http2.GoAwayFrame:
			require.Fail(t, "the connection ends", "%s: %s %s", fields, f.ErrCode, f.DebugData())
		}
	}
}

// TestUntakenMethodsCannotBeDescribed has proxies ask about the methods that nobody takes.
func TestUntakenMethodsCannotBeDescribed(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead}}})
	key := bearer(h.key(apikey.RoleAdmin))
	for _, method := range []string{http.MethodTrace, http.MethodConnect, "connect", "Trace"} {
		for _, door := range doors {
			require.Equal(t, 405, door.ask(t, gate, "", method, "/x", key...).StatusCode, method)
		}
		described := []string{key[0], key[1], "X-Forwarded-Uri", "/x", "X-Forwarded-Method", method}
		require.Equal(t, 405, ask(t, gate+"/auth", described...).StatusCode, method)
		require.Equal(t, 403, ask(t, gate+"/auth?client_errors=403", described...).StatusCode, method)
	}
	described := []string{key[0], key[1], "X-Forwarded-Uri", "/x", "X-Forwarded-Method", "GET"}
	require.Equal(t, 200, ask(t, gate+"/auth", described...).StatusCode)
}

// TestUntakenMethodsCannotBeConfigured has an endpoint that says what they take.
func TestUntakenMethodsCannotBeConfigured(t *testing.T) {
	for _, method := range []string{http.MethodTrace, http.MethodConnect} {
		opts := Options{Endpoints: []Endpoint{{
			Name: "all", Path: "/", Upstream: mustURL(t, "http://127.0.0.1:1"),
			Methods: Methods{method: {Require: apikey.PermissionRead}},
		}}}
		wrong := opts.Check()
		require.Len(t, wrong, 1)
		require.Contains(t, wrong.Err().Error(), "is never taken by the gate", method)
	}
}
