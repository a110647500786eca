package gate

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// TestWhoCouldConnectIsAnswered has clients that connect without a pause, each for one request, and ends the server
// meanwhile. A client may be refused, but whoever was let connect gets an answer.
func TestWhoCouldConnectIsAnswered(t *testing.T) {
	h := newHouse(t)
	upstream := upstreamAt(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	request := wireText("GET /read HTTP/1.1", "Host: gate", "Authorization: Bearer "+h.key(apikey.RoleViewer))
	for _, door := range []string{"relay", "server", "TLS"} {
		s := h.gate(Options{Endpoints: []Endpoint{
			{Name: "read", Path: "/read", Require: apikey.PermissionRead, Upstream: upstream},
		}}).Server()
		switch door {
		case "server":
			s.relay = nil
		case "TLS":
			_, _, s.TLSConfig = servertest.Certificate(t)
		}
		_, address, _ := strings.Cut(serve(t, s), "://")
		var answered, refused atomic.Int64
		var busy sync.WaitGroup
		for range 16 {
			busy.Go(func() {
				for {
					c, err := net.DialTimeout("tcp", address, patience)
					if err != nil {
						refused.Add(1)
						return
					}
					if !isAnswered(t, c, request, door == "TLS") {
						return
					}
					answered.Add(1)
				}
			})
		}
		require.Eventually(t, func() bool { return answered.Load() > 200 }, patience, time.Millisecond)
		require.NoError(t, s.Shutdown(t.Context()))
		busy.Wait()
		require.Equal(t, int64(16), refused.Load(), door)
	}
}

// isAnswered asks on a connection, and closes it.
func isAnswered(t *testing.T, c net.Conn, request string, secure bool) bool {
	defer c.Close()
	if secure {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	}
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Error(err)
	}
	_, failed := io.WriteString(c, request)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if failed != nil || err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("a client that could connect was lost: %v, %v", failed, err)
		return false
	}
	return true
}
