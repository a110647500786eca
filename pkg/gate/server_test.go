package gate

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestNoRequestIsLostWhenTheServerEnds has clients that ask without a pause on
// connections that they keep, and end the server meanwhile.
func TestNoRequestIsLostWhenTheServerEnds(t *testing.T) {
	h := newHouse(t)
	upstream := upstreamAt(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	s := h.gate(Options{Endpoints: []Endpoint{{Name: "read", Path: "/read", Require: apikey.PermissionRead, Upstream: upstream}}}).Server()
	addr := strings.TrimPrefix(serve(t, s), "http://")
	authorization := "Authorization: Bearer " + h.key(apikey.RoleViewer)

	var answered atomic.Int64
	var busy sync.WaitGroup
	for i := range 8 {
		path := []string{"/auth", "/read/x"}[i%2]
		busy.Go(func() {
			for {
				conn, err := net.Dial("tcp", addr)
				if err != nil {
					return // the server has ended
				}
				n, err := askUntilClosed(conn, wireText("GET "+path+" HTTP/1.1", "Host: gate", authorization), &answered)
				if n > 0 && err != nil {
					t.Errorf("%s, after %d answers: %v", path, n, err)
				}
				if err != nil {
					return // of a new connection: it came too late to be accepted
				}
			}
		})
	}
	require.Eventually(t, func() bool { return s.gate.Load().connections.open.Load()+s.relay.Open() >= 8 }, patience, time.Millisecond)
	require.Eventually(t, func() bool { return answered.Load() > 100 }, patience, time.Millisecond)
	require.NoError(t, s.Shutdown(t.Context()))
	busy.Wait()
	require.Zero(t, s.gate.Load().connections.open.Load()+s.relay.Open())
}

// askUntilClosed repeats a request until an answer says that the connection ends, and returns how many were answered.
// It adds them to all, one by one.
func askUntilClosed(conn net.Conn, request string, all *atomic.Int64) (answers int64, err error) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	r := bufio.NewReader(conn)
	for {
		if _, err := io.WriteString(conn, request); err != nil {
			return answers, err
		}
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			return answers, err
		}
		_, err = io.Copy(io.Discard, res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil || res.StatusCode != http.StatusOK {
			return answers, errors.Join(err, errors.New(res.Status))
		}
		answers++
		all.Add(1)
		if res.Close {
			return answers, nil
		}
	}
}

func TestAServerWithoutConnectionsEndsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		s := b.house.gate(Options{}).Server()
		go s.Serve(b.net.listen("other"))
		conn, err := b.net.dial(t.Context(), "tcp", "other:80")
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		synctest.Wait()
		began := time.Now()
		require.NoError(t, s.Shutdown(t.Context()))
		require.Zero(t, time.Since(began))
	})
}

// wireText writes a request, with line ends and the end of its header.
func wireText(line string, headers ...string) string {
	return strings.Join(append([]string{line}, headers...), "\r\n") + "\r\n\r\n"
}
