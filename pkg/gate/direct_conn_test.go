package gate

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// A request is made again where an http.Transport would make it again, and nowhere else: on a connection that had
// served before, and if that can do no harm.
func TestDirectRepeatsWhatATransportRepeats(t *testing.T) {
	w := newTwins(t)
	for _, name := range []string{"plain", "HEAD", "OPTIONS", "POST", "POST, nothing", "DELETE with a body", "own method", "GET with a body", "idempotent"} {
		for _, used := range []bool{false, true} {
			w.closeIdle()
			if used {
				_, _ = w.exchange(t, requestTable["plain"], answerTable["chunks"].raw, false) // which the server keeps
			}
			direct, yardstick := w.exchange(t, requestTable[name], "", true)
			require.Equal(t, yardstick, direct, "%s, on a connection that was used: %t", name, used)
			require.Equal(t, http.StatusBadGateway, direct.Status, name)
		}
	}
}

// A connection that the upstream has closed is not used, so that no request is lost, whatever its method.
func TestDirectNoticesClosedConnections(t *testing.T) {
	w := newTwins(t)
	for i := range 20 {
		for _, name := range []string{"plain", "POST", "POST, nothing"} {
			got := w.direct.exchange(t, strings.ReplaceAll(requestTable[name], "$KEY", w.key), answerTable["short"].raw, true)
			require.Equal(t, 200, got.Status, "%s, round %d", name, i)
			require.Eventually(t, func() bool {
				opened, closed := w.direct.upstream.connections()
				return opened == closed
			}, patience, time.Millisecond)
		}
	}
	opened, _ := w.direct.upstream.connections()
	require.Equal(t, 60, opened)
}

// Connections are used again.
func TestDirectKeepsConnections(t *testing.T) {
	w := newTwins(t)
	for range 10 {
		for name, request := range requestTable {
			if name == "HEAD" {
				continue // whose answer has no body, so that this one says too much
			}
			got := w.direct.exchange(t, strings.ReplaceAll(request, "$KEY", w.key), answerTable["short"].raw, false)
			require.Equal(t, 200, got.Status, name)
		}
	}
	opened, _ := w.direct.upstream.connections()
	require.LessOrEqual(t, opened, 3, "one of each way to the upstream")
}

// What an upstream says beyond its answer is nobody's answer.
func TestWhatNobodyAskedReachesNobody(t *testing.T) {
	w := newTwins(t)
	const poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
	for _, name := range []string{"short", "nothing", "no content", "not modified", "chunks", "trailers"} {
		for _, request := range []string{"plain", "HEAD", "POST"} {
			text := strings.ReplaceAll(requestTable[request], "$KEY", w.key)
			w.direct.exchange(t, text, answerTable[name].raw+poison, false)
			got := w.direct.exchange(t, strings.ReplaceAll(requestTable["plain"], "$KEY", w.key), answerTable["short"].raw, false)
			require.Equal(t, "hello", got.Body, "%s: %s", request, name)
		}
	}
}

// Nor is what it says while nobody asks.
func TestWhatComesWhileNobodyAsksReachesNobody(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	said := make(chan struct{})
	go func() {
		for first := true; ; first = false {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					if _, err := http.ReadRequest(r); err != nil {
						return
					}
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood")
					if first {
						_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad")
						said <- struct{}{}
					}
				}
			}()
		}
	}()
	_, gate, viewer := open1(t, mustURL(t, "http://"+l.Addr().String()))
	require.Equal(t, "good", ask(t, gate+"/", bearer(viewer)...).body)
	<-said
	require.Equal(t, "good", ask(t, gate+"/", bearer(viewer)...).body)
}

// rawUpstream serves one connection at a time.
func rawUpstream(t *testing.T, limits Limits, serve func(net.Conn, *bufio.Reader)) (gate, viewer string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c, bufio.NewReader(c))
			_ = c.Close()
		}
	}()
	h := newHouse(t)
	gate = h.open(Options{Limits: limits, Endpoints: []Endpoint{
		{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: mustURL(t, "http://"+l.Addr().String())},
	}})
	return strings.TrimPrefix(gate, "http://"), h.key(apikey.RoleViewer)
}

// readHead reads a request's header.
func readHead(r *bufio.Reader) (head string) {
	for {
		line, err := r.ReadString('\n')
		if head += line; err != nil || line == "\r\n" {
			return head
		}
	}
}

// An upstream may answer before it has got the body, of which the client may send the rest much later.
func TestAnAnswerComesBeforeTheBody(t *testing.T) {
	for _, hangUp := range []bool{true, false} {
		end := make(chan struct{})
		// The server itself waits for the body as long as it may before it answers.
		gate, viewer := rawUpstream(t, Limits{Body: 100 * time.Millisecond}, func(c net.Conn, r *bufio.Reader) {
			readHead(r)
			_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!")
			if !hangUp {
				<-end
			}
		})
		c, err := net.Dial("tcp", gate)
		require.NoError(t, err)
		_, err = io.WriteString(c, "POST /a HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer "+viewer+"\r\nContent-Length: 1000000\r\n\r\nfirst")
		require.NoError(t, err)
		require.NoError(t, c.SetReadDeadline(time.Now().Add(patience)))
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		require.NoError(t, err)
		require.Equal(t, 413, res.StatusCode)
		require.NoError(t, c.Close())
		close(end)
	}
}

// A slow body arrives piece by piece, and its header before the first piece.
func TestASlowBodyArrivesPieceByPiece(t *testing.T) {
	arrived := make(chan string)
	gate, viewer := rawUpstream(t, Limits{}, func(c net.Conn, r *bufio.Reader) {
		arrived <- readHead(r)
		for range 3 {
			piece := make([]byte, 2)
			_, _ = io.ReadFull(r, piece)
			arrived <- string(piece)
		}
		_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
	})
	c, err := net.Dial("tcp", gate)
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "POST /a HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer "+viewer+"\r\nContent-Length: 6\r\n\r\n")
	require.NoError(t, err)
	require.Contains(t, <-arrived, "Content-Length: 6")
	for _, piece := range []string{"ab", "cd", "ef"} {
		_, err = io.WriteString(c, piece)
		require.NoError(t, err)
		require.Equal(t, piece, <-arrived)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	require.Equal(t, 204, res.StatusCode)
}

// A request that nobody waits for any longer ends at the upstream.
func TestTheUpstreamHearsThatTheClientHasGone(t *testing.T) {
	for _, body := range []string{"\r\n", "Content-Length: 4\r\n\r\nbody", "Content-Length: 9\r\n\r\nbody"} {
		got, ended := make(chan struct{}), make(chan error)
		gate, viewer := rawUpstream(t, Limits{}, func(_ net.Conn, r *bufio.Reader) {
			readHead(r)
			got <- struct{}{}
			_, err := io.Copy(io.Discard, r)
			ended <- err
		})
		c, err := net.Dial("tcp", gate)
		require.NoError(t, err)
		_, err = io.WriteString(c, "POST /a HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer "+viewer+"\r\n"+body)
		require.NoError(t, err)
		<-got
		require.NoError(t, c.Close())
		select {
		case <-ended:
		case <-time.After(patience):
			t.Fatalf("the upstream still waits: %q", body)
		}
	}
}

// silentSocket says that nothing has come.
type silentSocket struct{ syscall.RawConn }

func TestIdleConnectionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDials(0)
		p := newDirect(d)
		ended := func(w *wire) bool { _, err := w.Write([]byte("x")); return err != nil }
		idle := func() *wire {
			near, far := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, far) }()
			w := newWire(near, "a:1", p)
			w.raw = silentSocket{}
			p.put(w)
			return w
		}
		first := idle()
		time.Sleep(maxIdle / 2)
		second := idle()
		time.Sleep(maxIdle/2 + time.Second)
		require.True(t, ended(first))
		require.False(t, ended(second))
		require.Same(t, second, p.take("a:1"))
		require.Nil(t, p.take("a:1"))
		p.put(second)
		time.Sleep(2 * maxIdle)
		require.True(t, ended(second))
		p.mu.Lock()
		require.Nil(t, p.look, "there is nothing left to look for")
		p.mu.Unlock()

		d.waiting.Add(1) // somebody waits for a place
		third := idle()
		require.True(t, ended(third))
		d.waiting.Add(-1)
		for range maxIdlePerHost {
			idle()
		}
		require.True(t, ended(idle()), "enough are kept")
		p.CloseIdleConnections()
	})
}

// FuzzDirect compares what is passed on directly with what net/http passes on.
func FuzzDirect(f *testing.F) {
	for _, request := range requestTable {
		head, body, _ := strings.Cut(request, "\r\n\r\n")
		line, header, _ := strings.Cut(head, "\r\n")
		parts := strings.Split(line, " ")
		f.Add(parts[0], parts[1], header, body, answerTable["short"].raw)
	}
	for _, answer := range answerTable {
		f.Add("GET", "/", "", "", answer.raw)
		f.Add("POST", "/", "", "x", answer.raw)
	}
	w := newTwins(f)
	f.Fuzz(func(t *testing.T, method, target, header, body, answer string) {
		if strings.ContainsAny(method+target, " \r\n") || strings.Contains(answer, "101") || len(answer)+len(body) > 1<<20 {
			t.Skip() // it would be another request, and 101 is tested elsewhere
		}
		request := method + " " + target + " HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer $KEY\r\n"
		for line := range strings.SplitSeq(header, "\n") {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\r"), ":")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "", "host", "authorization", "content-length", "transfer-encoding", "expect", "upgrade": // say how long it is
				continue
			}
			request += name + ":" + value + "\r\n"
		}
		if body != "" {
			request += "Content-Length: " + strconv.Itoa(len(body)) + "\r\n"
		}
		var direct, yardstick outcome
		for range 5 { // the end of a connection may overtake what was said before
			w.closeIdle()
			if direct, yardstick = w.exchange(t, request+"\r\n"+body, answer, true); reflect.DeepEqual(direct, yardstick) {
				return
			}
		}
		require.Equal(t, yardstick, direct, "%q is answered with %q", request, answer)
	})
}
