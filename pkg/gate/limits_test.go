package gate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// limited makes a Viewer key with limits, which becomes the bubble's.
func (b *bubble) limited(limits apikey.Limits) {
	b.viewer = b.key(apikey.RoleViewer, func(k *apikey.NewKey) { k.Limits = limits })
}

// get asks with the bubble's key.
func (b *bubble) get(t *testing.T, c *http.Client, path string) answer {
	t.Helper()
	return exchangeWith(t, c, b.request(t, http.MethodGet, path, nil))
}

func TestAboveALimit(t *testing.T) {
	for name, choose := range map[string]func(*http.Protocols){
		"HTTP/1.1": nil, "HTTP/2": func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.serve("upstream", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("RateLimit", `"theirs";r=7`) })
				b.limited(apikey.Limits{RequestsPerSecond: 1, Burst: 2, RequestsPerDay: 100})
				c := b.client(t, choose)
				for range 2 {
					a := b.get(t, c, "/x")
					require.Equal(t, 200, a.StatusCode, a.body)
					require.Empty(t, a.Header["Ratelimit-Policy"], "only a refusal speaks of limits")
					require.Equal(t, []string{`"theirs";r=7`}, a.Header["Ratelimit"])
				}
				a := b.get(t, c, "/x")
				require.Equal(t, 429, a.StatusCode)
				require.Equal(t, apikey.CodeLimited, a.problem(t).Code)
				require.Equal(t, "1", a.Header.Get("Retry-After"))
				require.Equal(t, []string{`"requestsPerSecond";r=0;t=1`}, a.Header["Ratelimit"])
				require.Equal(t, []string{`"requestsPerSecond";q=2;w=2, "requestsPerDay";q=100;w=86400`}, a.Header["Ratelimit-Policy"])
				require.Equal(t, "all limited", b.seen.last())
				require.Contains(t, b.log.String(), "code=limited")
				require.Len(t, b.uses.list, 2, "what did not pass is no use")
				time.Sleep(time.Second)
				require.Equal(t, 200, b.get(t, c, "/x").StatusCode, "after as long as was told")
			})
		})
	}
}

func TestLimitsAtAuth(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.limited(apikey.Limits{RequestsPerSecond: 2, Concurrent: 1, BytesPerSecond: 1000})
		c := b.client(t, nil)
		ask := func(path string, headers ...string) answer {
			r := b.request(t, http.MethodGet, path, nil)
			for i := 0; i < len(headers); i += 2 {
				r.Header[headers[i]] = append(r.Header[headers[i]], headers[i+1])
			}
			return exchangeWith(t, c, r)
		}
		for range 2 { // none of which is known to have ended
			a := ask("/auth?require=read")
			require.Equal(t, 200, a.StatusCode)
			require.Empty(t, a.Header.Get("RateLimit"), "only a refusal speaks of limits")
		}
		a := ask("/auth?require=read")
		require.Equal(t, 429, a.StatusCode)
		require.Equal(t, "1", a.Header.Get("Retry-After"))
		a = ask("/auth?require=read&client_errors=403")
		require.Equal(t, 403, a.StatusCode, "as nginx wants it")
		require.Equal(t, "limited", a.Header.Get("X-Ostiary-Code"))
		require.Equal(t, "1", a.Header.Get("Retry-After"))
		time.Sleep(time.Second)

		describe := func(length string) []string {
			return []string{"X-Original-Uri", "/x", "X-Original-Method", "POST", "X-Original-Content-Length", length}
		}
		require.Equal(t, 200, ask("/auth", describe("3000")...).StatusCode)
		a = ask("/auth", describe("1")...)
		require.Equal(t, 429, a.StatusCode, "the body that was described counts")
		require.Equal(t, "3", a.Header.Get("Retry-After"))
		require.Equal(t, 200, ask("/auth", describe("0")...).StatusCode)
		time.Sleep(time.Second)
		require.Equal(t, 200, ask("/auth").StatusCode, "what is not described is no reason")
		require.Equal(t, 200, ask("/auth", describe("")...).StatusCode, "nor is what a proxy does not know")
		for _, wrong := range []string{"-1", "1e3", "99999999999999999999", "1, 2"} {
			require.Equal(t, 400, ask("/auth", describe(wrong)...).StatusCode, wrong)
		}
		require.Equal(t, 400, ask("/auth", append(describe("1"), "X-Original-Content-Length", "1")...).StatusCode)
	})
}

func TestLimitPerKey(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.serve("upstream", func(http.ResponseWriter, *http.Request) {})
		limits := apikey.Limits{RequestsPerSecond: 3}
		endpoints := []Endpoint{
			{Name: "a", Path: "/a", Require: apikey.PermissionRead, Upstream: mustURL(t, "http://upstream"), LimitPerKey: limits},
			{Name: "b", Path: "/b", Require: apikey.PermissionRead, Upstream: mustURL(t, "http://upstream"), LimitPerKey: limits},
		}
		s := b.house.gate(Options{Endpoints: endpoints}).Server()
		upstreams := s.gate.Load().proxy.Transport.(*transports)
		upstreams.http.DialContext, upstreams.direct.dial = b.net.dial, b.net.dial
		t.Cleanup(upstreams.http.CloseIdleConnections)
		delete(b.net.listeners, "gate")
		b.run("gate", s.Server)
		c := b.client(t, nil)
		passes := func(path string) (n int) {
			before := b.seen.count("valid")
			for range 10 {
				if b.get(t, c, path).StatusCode == http.StatusOK {
					n++
				}
			}
			require.Equal(t, n, b.seen.count("valid")-before, "what is let in is answered")
			return n
		}
		require.Equal(t, 3, passes("/a"))
		require.Equal(t, 3, passes("/b"), "each endpoint by itself")
		require.Zero(t, passes("/auth?endpoint=a"), "at every door")
		opts := s.gate.Load().opts
		opts.Endpoints = append([]Endpoint{}, endpoints...)
		opts.Endpoints[0].LimitPerKey.RequestsPerSecond = 4
		require.NoError(t, s.Reconfigure(opts))
		require.Equal(t, 1, passes("/a"), "new limits count at once, and what was used stays used")
	})
}

// A slot is taken for as long as the request runs, and comes back however it ends.
func TestSlotsComeBack(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.serve("upstream", func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/ws":
				echoWebSocket(w, r)
			case "/panic":
				panic(http.ErrAbortHandler)
			case "/break":
				w.Header().Set("Content-Length", "100")
				_, _ = io.WriteString(w, "short")
			case "/stream":
				_, _ = io.WriteString(w, "begun\n")
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			}
		})
		b.limited(apikey.Limits{Concurrent: 1})
		for name, choose := range map[string]func(*http.Protocols){
			"HTTP/1.1": nil, "HTTP/2": func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
		} {
			c := b.client(t, choose)
			free := func(when string) {
				t.Helper()
				synctest.Wait()
				require.Equal(t, 200, b.get(t, c, "/x").StatusCode, "%s, after %s", name, when)
			}
			free("nothing")
			ctx, cancel := context.WithCancel(t.Context())
			res, err := c.Do(b.request(t, http.MethodGet, "/stream", nil).WithContext(ctx))
			require.NoError(t, err)
			_, err = bufio.NewReader(res.Body).ReadString('\n')
			require.NoError(t, err)
			a := b.get(t, c, "/x")
			require.Equal(t, 429, a.StatusCode, "a stream runs")
			require.Equal(t, []string{`"concurrent";r=0`}, a.Header["Ratelimit"])
			require.Equal(t, "1", a.Header.Get("Retry-After"))
			cancel()
			_ = res.Body.Close()
			free("a client that went away")
			require.Equal(t, 502, b.get(t, c, "/panic").StatusCode)
			free("a dead upstream")
			res, err = c.Do(b.request(t, http.MethodGet, "/break", nil))
			require.NoError(t, err)
			_, err = io.ReadAll(res.Body)
			require.Error(t, err)
			_ = res.Body.Close()
			free("a broken answer")
			require.Equal(t, 400, b.get(t, c, "/%2e%2e%252fx").StatusCode)
			free("a bad path")
		}
		conn, _, err := websocket.Dial(t.Context(), b.gate+"/ws", &websocket.DialOptions{
			HTTPClient: b.client(t, nil), HTTPHeader: http.Header{"Authorization": {"Bearer " + b.viewer}},
		})
		require.NoError(t, err)
		c := b.client(t, nil)
		time.Sleep(time.Hour)
		require.Equal(t, 429, b.get(t, c, "/x").StatusCode, "a WebSocket is open")
		require.NoError(t, conn.Close(websocket.StatusNormalClosure, "done"))
		synctest.Wait()
		require.Equal(t, 200, b.get(t, c, "/x").StatusCode)
	})
}

// A client that asks first whether it may send its body is refused before it does.
func TestALimitedBodyIsNotAskedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.serve("upstream", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
		b.limited(apikey.Limits{RequestsPerSecond: 1})
		expect := func() string {
			c := b.dial(t)
			_, err := io.WriteString(c, "POST /x HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer "+b.viewer+"\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n")
			require.NoError(t, err)
			line, err := bufio.NewReader(c).ReadString('\n')
			require.NoError(t, err)
			return strings.TrimSpace(line)
		}
		require.Equal(t, "HTTP/1.1 100 Continue", expect())
		require.Equal(t, "HTTP/1.1 429 Too Many Requests", expect())
	})
}

// What a client sends passes at the key's rate, by every protocol, however long it is.
func TestBytesPassAtTheRate(t *testing.T) {
	const rate, seconds = 10_000, 60
	chunked := func() io.Reader { return io.MultiReader(strings.NewReader(strings.Repeat("x", rate*seconds))) }
	inBubble(t, func(t *testing.T, b *bubble) {
		b.serve("upstream", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/ws" {
				echoWebSocket(w, r)
				return
			}
			n, _ := io.Copy(io.Discard, r.Body)
			_, _ = fmt.Fprint(w, n)
		})
		b.limited(apikey.Limits{BytesPerSecond: rate})
		for name, send := range map[string]func() string{
			"of known length": func() string {
				return exchangeWith(t, b.client(t, nil), b.request(t, "POST", "/x", strings.NewReader(strings.Repeat("x", rate*seconds)))).body
			},
			"chunked": func() string { return exchangeWith(t, b.client(t, nil), b.request(t, "POST", "/x", chunked())).body },
			"over HTTP/2": func() string {
				c := b.client(t, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) })
				return exchangeWith(t, c, b.request(t, "POST", "/x", chunked())).body
			},
			"over a WebSocket": func() string {
				conn, _, err := websocket.Dial(t.Context(), b.gate+"/ws", &websocket.DialOptions{
					HTTPClient: b.client(t, nil), HTTPHeader: http.Header{"Authorization": {"Bearer " + b.viewer}},
				})
				require.NoError(t, err)
				defer conn.CloseNow()
				conn.SetReadLimit(-1)
				total := 0
				for range seconds {
					require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte(strings.Repeat("x", rate))))
					_, message, err := conn.Read(t.Context())
					require.NoError(t, err)
					total += len(message)
				}
				return fmt.Sprint(total)
			},
		} {
			time.Sleep(time.Minute)
			began := time.Now()
			require.Equal(t, fmt.Sprint(rate*seconds), send(), name)
			require.InDelta(t, seconds-1, time.Since(began).Seconds(), 2, name)
		}
		time.Sleep(time.Minute)
		require.Equal(t, 200, exchangeWith(t, b.client(t, nil), b.request(t, "POST", "/x", strings.NewReader(strings.Repeat("x", rate)))).StatusCode)
		a := exchangeWith(t, b.client(t, nil), b.request(t, "POST", "/x", strings.NewReader(strings.Repeat("x", rate))))
		require.Equal(t, 429, a.StatusCode)
		require.Contains(t, a.problem(t).Detail, "bytes per second")
	})
}

// A body of unknown length is cut off where the day's bytes end, with an answer that says so.
func TestBytesOfADay(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.serve("upstream", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
		b.limited(apikey.Limits{BytesPerDay: 100_000})
		post := func(n int) answer {
			return exchangeWith(t, b.client(t, nil), b.request(t, "POST", "/x", io.MultiReader(strings.NewReader(strings.Repeat("x", n)))))
		}
		require.Equal(t, 200, post(60_000).StatusCode)
		for range 2 {
			a := post(1_000_000)
			require.Equal(t, 429, a.StatusCode)
			require.Contains(t, a.problem(t).Detail, "bytes per day")
			require.Equal(t, "86400", a.Header.Get("Retry-After"))
		}
		require.Equal(t, 200, b.get(t, b.client(t, nil), "/x").StatusCode, "what has no body passes")
		time.Sleep(24 * time.Hour)
		require.Equal(t, 200, post(60_000).StatusCode)
	})
}

func TestLimitsOfCalls(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		serveGRPC(t, b.net.listen("talk"))
		delete(b.net.listeners, "gate")
		b.open(Options{Endpoints: []Endpoint{
			{Name: "talk", Path: "/", Require: apikey.PermissionRead, Upstream: mustURL(t, "h2c://talk")},
		}})
		conn, err := grpc.NewClient("passthrough:gate:80", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) { return b.net.dial(ctx, "tcp", address) }))
		require.NoError(t, err)
		defer conn.Close()
		b.limited(apikey.Limits{RequestsPerSecond: 3, Concurrent: 1})
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+b.viewer)
		checkHealth(ctx, t, conn) // two calls
		refused := func(reason string, wait time.Duration) {
			t.Helper()
			var header metadata.MD
			err := conn.Invoke(ctx, "/test.Talk/Talk", wrapperspb.String(""), wrapperspb.String(""), grpc.Trailer(&header))
			requireStatus(t, err, codes.ResourceExhausted, reason)
			require.Equal(t, []string{fmt.Sprint(wait.Milliseconds())}, header.Get("grpc-retry-pushback-ms"))
			require.NotEmpty(t, header.Get("ratelimit"))
			require.Len(t, status.Convert(err).Details(), 1)
			info, ok := status.Convert(err).Details()[0].(*errdetails.RetryInfo)
			require.True(t, ok, "exporters of OpenTelemetry drop their data without")
			require.Equal(t, wait, info.RetryDelay.AsDuration())
		}
		streaming, cancel := context.WithCancel(ctx)
		stream, err := conn.NewStream(streaming, &talkService.Streams[0], "/test.Talk/Talk")
		require.NoError(t, err)
		require.NoError(t, stream.SendMsg(wrapperspb.String("one")))
		require.NoError(t, stream.RecvMsg(new(wrapperspb.StringValue)))
		refused("at the same time", time.Second)
		time.Sleep(time.Hour)
		refused("at the same time", time.Second)
		cancel()
		require.Error(t, stream.RecvMsg(new(wrapperspb.StringValue)))
		synctest.Wait()
		checkHealth(ctx, t, conn)
		checkHealthOnce(ctx, t, conn)
		refused("requests per second", 334*time.Millisecond)
	})
}

func checkHealthOnce(ctx context.Context, t *testing.T, conn *grpc.ClientConn) {
	t.Helper()
	require.NoError(t, conn.Invoke(ctx, "/grpc.health.v1.Health/Check", wrapperspb.String(""), wrapperspb.String("")))
}
