package gate

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// TestARefusalDoesNotWaitForTheBody has clients that send their body only when they have heard the refusal, and the next
// request behind it.
func TestARefusalDoesNotWaitForTheBody(t *testing.T) {
	h := newHouse(t)
	key := h.key(apikey.RoleViewer)
	up := echoUpstream(t)
	gates := map[string]string{}
	for _, name := range []string{"relay", "server", "TLS"} {
		s := h.gate(Options{Endpoints: []Endpoint{
			{Name: "read", Path: "/read", Require: apikey.PermissionRead, Upstream: up},
			{Name: "manage", Path: "/manage", Require: apikey.PermissionManage, Upstream: up},
		}}).Server()
		switch name {
		case "server":
			s.relay = nil
		case "TLS":
			_, _, s.TLSConfig = servertest.Certificate(t)
		}
		gates[name] = serve(t, s)
	}
	for gate, address := range gates {
		for _, c := range []struct {
			path, key string
			status    int
		}{
			{"/read", "", 401}, {"/read", "ost_wrong", 401}, {"/manage", key, 403}, {"/nowhere", key, 404},
		} {
			for _, size := range []int{1, 50 << 10, 200 << 10, 4 << 20} {
				for _, chunked := range []bool{false, true} {
					name := gate + c.path + "/" + strconv.Itoa(c.status) + "/" + strconv.Itoa(size) + "/" + strconv.FormatBool(chunked)
					t.Run(name, func(t *testing.T) {
						framing, body := "Content-Length: "+strconv.Itoa(size), strings.Repeat("x", size)
						if chunked {
							framing = "Transfer-Encoding: chunked"
							body = strconv.FormatInt(int64(size), 16) + "\r\n" + body + "\r\n0\r\n\r\n"
						}
						conn := dialHalf(t, address)
						_, err := io.WriteString(conn, wireText("POST "+c.path+" HTTP/1.1", "Host: gate", framing,
							"Authorization: Bearer "+c.key))
						require.NoError(t, err)
						r := bufio.NewReader(conn)
						require.Equal(t, c.status, readAnswer(t, r))
						_, err = io.WriteString(conn, body+wireText("GET /read HTTP/1.1", "Host: gate", "Authorization: Bearer "+key))
						require.NoError(t, err)
						require.Equal(t, http.StatusOK, readAnswer(t, r), "the connection goes on")
					})
				}
			}
		}
	}
}

func readAnswer(t *testing.T, r *bufio.Reader) (status int) {
	t.Helper()
	res, err := http.ReadResponse(r, nil)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, res.Body)
	require.NoError(t, err)
	return res.StatusCode
}

// TestEmptyLinesAndOldRequests has what may stand in front of a request, and bodies that HTTP/1.0 does not know.
func TestEmptyLinesAndOldRequests(t *testing.T) {
	_, gate, viewer := open1(t, echoUpstream(t))
	authorization := "Authorization: Bearer " + viewer
	next := wireText("GET /next HTTP/1.1", "Host: gate", authorization)
	for name, c := range map[string]struct {
		request string
		answers []int
	}{
		"an empty line": {"\r\n" + next, []int{200}},
		"empty lines":   {"\r\n\r\n\r\n" + next, []int{200}},
		"chunks in 1.0": {wireText("POST / HTTP/1.0", "Host: gate", authorization, "Connection: keep-alive",
			"Transfer-Encoding: chunked") + "0\r\n\r\n" + next, []int{200, 0}},
		"kept in 1.0": {wireText("GET / HTTP/1.0", "Host: gate", authorization, "Connection: keep-alive") + next, []int{200, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dialHalf(t, gate)
			_, err := io.WriteString(conn, c.request)
			require.NoError(t, err)
			r := bufio.NewReader(conn)
			for _, status := range c.answers {
				if status != 0 {
					require.Equal(t, status, readAnswer(t, r))
					continue
				}
				_, err := r.ReadByte()
				require.Error(t, err, "no second reading")
			}
		})
	}
}
