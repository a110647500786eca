package gate

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// deaf is a socket that has always heard nothing, as one has at which was looked just before something came.
type deaf struct{ syscall.RawConn }

func (d deaf) Read(f func(fd uintptr) bool) error {
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(ends[0])
	defer syscall.Close(ends[1])
	f(uintptr(ends[0]))
	return nil
}

// TestARequestThatCameTooLateIsMadeAgain has the upstream close a kept connection just before the request comes, or
// behind it. Only what it has not received is made again, whatever the method; a body never is.
func TestARequestThatCameTooLateIsMadeAgain(t *testing.T) {
	for name, c := range map[string]struct {
		request *http.Request
		reads   bool // the request, before it closes
		again   bool
	}{
		"DELETE, too late":          {newRequest(t, http.MethodDelete, nil), false, true},
		"POST of nothing, too late": {newRequest(t, http.MethodPost, nil), false, true},
		"DELETE, read":              {newRequest(t, http.MethodDelete, nil), true, false},
		"POST of nothing, read":     {newRequest(t, http.MethodPost, nil), true, false},
		"GET, read":                 {newRequest(t, http.MethodGet, nil), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer ln.Close()
			near, err := net.Dial("tcp", ln.Addr().String())
			require.NoError(t, err)
			far, err := ln.Accept()
			require.NoError(t, err)
			p := newDirect(newDials(0))
			p.dial = func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrUnexpectedEOF }
			w := newWire(near, "a:1", p)
			w.raw = deaf{w.raw}
			p.put(w)
			if c.reads {
				go func() {
					_, _ = http.ReadRequest(bufio.NewReader(far))
					_ = far.Close()
				}()
			} else {
				require.NoError(t, far.Close())
				require.Eventually(t, func() bool { return !isQuiet(rawConn(near)) }, patience, time.Millisecond)
			}
			_, err = p.RoundTrip("a:1", c.request, nil, nil)
			require.Equal(t, c.again, errors.Is(err, io.ErrUnexpectedEOF), "another connection was wanted: %v", err)
		})
	}
}

func newRequest(t *testing.T, method string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://a:1/x", body)
	require.NoError(t, err)
	return r
}
