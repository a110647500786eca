package client_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

func TestAnswers(t *testing.T) {
	const html = "text/html; charset=utf-8"
	for name, c := range map[string]struct {
		status      int
		contentType string
		body        string
		code        apikey.Code // of an api.Error; empty = a ForeignError
		text        string
	}{
		"problem":             {409, api.ContentType, `{"code":"duplicate_name","title":"t","detail":"The name is taken.","status":409}`, apikey.CodeDuplicateName, "The name is taken."},
		"problem with fields": {400, api.ContentType, `{"code":"invalid_request","detail":"See name.","errors":[{"field":"name","detail":"is too long"}]}`, apikey.CodeInvalid, "See name.; name: is too long"},
		"problem with token":  {400, api.ContentType, `{"code":"invalid_request","detail":"` + token + `"}`, apikey.CodeInvalid, "ost_0123456789AB_…"},
		"problem of others":   {409, api.ContentType, `{"title":"Out of credit"}`, "", "answered 409 Conflict, but is not Ostiary"},
		"Grafana 401":         {401, "application/json", `{"message":"Invalid API key","statusCode":401}`, apikey.CodeUnauthenticated, "says: Invalid API key"},
		"Grafana 403":         {403, "application/json", `{"message":"You'll need additional permissions"}`, apikey.CodeForbidden, "additional permissions"},
		"Grafana 404":         {404, "application/json", `{"message":"Plugin not found","traceID":""}`, "", "install and enable the plugin ostiary-apikeys-app"},
		"Grafana 500":         {500, "application/json", `{"message":"Plugin request error"}`, "", "answered 500 Internal Server Error"},
		"plain 404":           {404, "text/plain", "404 page not found", "", "there is no such page"},
		"proxy 401":           {401, html, "<html>", apikey.CodeUnauthenticated, "it may come from a proxy"},
		"proxy 413":           {413, html, "<html>", apikey.CodeTooLarge, "413"},
		"proxy 429":           {429, html, "<html>", apikey.CodeRateLimited, "429"},
		"proxy 502":           {502, html, "<html>", apikey.CodeUnavailable, "502 Bad Gateway"},
		"page":                {200, html, "<html>Sign in</html>", "", "a page for people"},
		"other JSON":          {200, "application/json", `{"status":"UP"}`, "", "is not Ostiary"},
		"broken JSON":         {200, "application/json", `{"login":`, "", "is not Ostiary"},
		"JSON as text":        {200, "text/plain", `{"login":"admin","orgId":1}`, "", "is not Ostiary"},
		"nothing":             {204, "", "", "", "is not Ostiary"},
	} {
		t.Run(name, func(t *testing.T) {
			address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.contentType)
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			_, err := newClient(t, address).Whoami(t.Context())
			require.ErrorContains(t, err, c.text)
			require.NotContains(t, err.Error(), token)
			if c.code == "" {
				var foreign *client.ForeignError
				require.ErrorAs(t, err, &foreign)
				require.Equal(t, c.status, foreign.Status)
				require.Equal(t, apikey.CodeInternal, apikey.ErrorCode(err), "no code of ours")
				return
			}
			var problem *api.Error
			require.ErrorAs(t, err, &problem)
			require.Equal(t, c.status, problem.Status)
			require.Equal(t, c.code, apikey.ErrorCode(err))
			require.Equal(t, 7*time.Second, problem.RetryAfter)
		})
	}
}

func TestResultsOfOthers(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, map[string]any{}) })
	c := newClient(t, address)
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"keys":   func() error { _, err := c.Keys(ctx, client.KeyQuery{}); return err },
		"key":    func() error { _, err := c.Key(ctx, id); return err },
		"create": func() error { _, err := c.Create(ctx, api.CreateKey{}); return err },
		"update": func() error { _, err := c.Update(ctx, id, api.UpdateKey{}, false); return err },
		"revoke": func() error { _, err := c.End(ctx, id, apikey.End{How: apikey.Revoke}); return err },
		"rotate": func() error { _, err := c.Rotate(ctx, id, api.RotateKey{}); return err },
		"delete": func() error { _, err := c.End(ctx, id, apikey.End{How: apikey.Delete}); return err },
		"verify": func() error { _, err := c.Verify(ctx, api.VerifyRequest{}); return err },
		"audit":  func() error { _, err := c.Audit(ctx, client.AuditQuery{}); return err },
		"policy": func() error { _, err := c.Policy(ctx); return err },
		"health": func() error { _, err := c.Health(ctx); return err },
	} {
		require.ErrorAs(t, call(), new(*client.ForeignError), name)
	}
}

func TestIDsThatAreNone(t *testing.T) {
	address := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	c := newClient(t, address)
	for _, id := range []string{"", "..", "../policy", "0123456789AB/revoke", token} {
		_, err := c.Key(t.Context(), id)
		require.Equal(t, apikey.CodeNotFound, apikey.ErrorCode(err))
		_, err = c.Rotate(t.Context(), id, api.RotateKey{})
		require.Equal(t, apikey.CodeNotFound, apikey.ErrorCode(err))
		_, err = c.End(t.Context(), id, apikey.End{How: apikey.Delete, Force: true})
		require.Equal(t, apikey.CodeNotFound, apikey.ErrorCode(err))
		require.NotContains(t, err.Error(), token)
	}
}

// TestReadsAreRepeated lets a server fail a number of times in a row.
func TestReadsAreRepeated(t *testing.T) {
	unavailable := func(w http.ResponseWriter) { api.NewProblem(apikey.CodeUnavailable, "The store is away.").Write(w) }
	for name, c := range map[string]struct {
		fail  func(http.ResponseWriter)
		write bool
		fails int32
		asked int32
		done  bool
	}{
		"once":              {unavailable, false, 1, 2, true},
		"twice":             {unavailable, false, 2, 3, true},
		"for long":          {unavailable, false, 99, 3, false},
		"lost connection":   {hangUp, false, 1, 2, true},
		"not now":           {func(w http.ResponseWriter) { api.NewProblem(apikey.CodeRateLimited, "Slow down.").Write(w) }, false, 1, 1, false},
		"not found":         {func(w http.ResponseWriter) { api.NewProblem(apikey.CodeNotFound, "None.").Write(w) }, false, 1, 1, false},
		"a change":          {unavailable, true, 1, 1, false},
		"a change, lost":    {hangUp, true, 1, 1, false},
		"a change, proxied": {func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }, true, 1, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if asked.Add(1) <= c.fails {
					c.fail(w)
					return
				}
				answer(w, api.Key{ID: id})
			})
			cl := newClient(t, address)
			var err error
			if c.write {
				_, err = cl.End(t.Context(), id, apikey.End{How: apikey.Revoke})
			} else {
				_, err = cl.Key(t.Context(), id)
			}
			require.Equal(t, c.done, err == nil, "%v", err)
			require.Equal(t, c.asked, asked.Load())
		})
	}
}

// hangUp ends the connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_ = conn.Close()
}

func TestHealthOfAServerThatIsUnavailable(t *testing.T) {
	var asked atomic.Int32
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		api.Write(w, http.StatusServiceUnavailable, api.Health{Status: api.StatusUnavailable})
	})
	health, err := newClient(t, address).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, api.StatusUnavailable, health.Status)
	require.EqualValues(t, 1, asked.Load())
}

func TestNoConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())
	var dials atomic.Int32
	counting := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}}
	_, err = newClient(t, address, client.WithHTTPClient(counting)).Whoami(t.Context())
	var connect *client.ConnectError
	require.ErrorAs(t, err, &connect)
	require.Equal(t, address, connect.Server)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.ErrorContains(t, err, "could not connect to "+address)
	require.EqualValues(t, 1, dials.Load(), "a failure to connect is reported at once")

	_, err = newClient(t, address).End(t.Context(), id, apikey.End{How: apikey.Revoke})
	require.ErrorAs(t, err, &connect)
	require.False(t, connect.MayBeDone, "nothing was sent")
	_, err = newClient(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { hangUp(w) })).End(t.Context(), id, apikey.End{How: apikey.Revoke})
	require.ErrorAs(t, err, &connect)
	require.True(t, connect.MayBeDone)
	require.ErrorContains(t, err, "the change may have been made")
}

func TestTimeouts(t *testing.T) {
	release := make(chan struct{})
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)

	_, err := newClient(t, address, client.WithTimeout(20*time.Millisecond)).Create(t.Context(), api.CreateKey{})
	var connect *client.ConnectError
	require.ErrorAs(t, err, &connect)
	require.ErrorContains(t, err, "did not answer in time; the change may have been made")

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = newClient(t, address).Whoami(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorAs(t, err, &connect, "the caller's own deadline is the caller's")

	why := errors.New("the window was closed")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(why)
	_, err = newClient(t, address, client.WithTimeout(0)).Whoami(ctx)
	require.ErrorIs(t, err, why)
}

func TestRedirects(t *testing.T) {
	asked := make(chan string, 10)
	elsewhere := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("Authorization")
		answer(w, whoami)
	})
	to := func(status int, target string) string {
		return serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/moved" {
				answer(w, whoami)
				return
			}
			w.Header().Set("Location", target)
			w.WriteHeader(status)
		})
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			c := newClient(t, to(status, elsewhere+"/x?secret=1"))
			_, err := c.Whoami(t.Context())
			var redirect *client.RedirectError
			require.ErrorAs(t, err, &redirect)
			require.Equal(t, elsewhere+"/x", redirect.To)
			_, err = c.Create(t.Context(), api.CreateKey{Name: "x"})
			require.ErrorAs(t, err, &redirect)
			require.NotContains(t, err.Error(), token)

			here := newClient(t, to(status, "/moved"))
			got, err := here.Whoami(t.Context())
			require.NoError(t, err, "a read may move on the same server")
			require.Equal(t, "admin", got.Login)
			_, err = here.Create(t.Context(), api.CreateKey{Name: "x"})
			require.ErrorAs(t, err, &redirect, "a change may not")
		})
	}
	_, err := newClient(t, to(302, "")).Whoami(t.Context())
	require.Error(t, err)
	_, err = newClient(t, to(302, "/round")).Whoami(t.Context())
	require.ErrorAs(t, err, new(*client.RedirectError), "not for ever")
	follows := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
	_, err = newClient(t, to(302, elsewhere), client.WithHTTPClient(follows)).Whoami(t.Context())
	require.ErrorAs(t, err, new(*client.RedirectError), "whichever http.Client is used")
	require.Empty(t, asked, "no credential went elsewhere")
}

func TestPages(t *testing.T) {
	next := map[string]string{"": "b", "b": "c", "c": ""}
	failAt := "nowhere"
	asked := 0
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		cursor := r.FormValue("cursor")
		if cursor == failAt {
			api.NewProblem(apikey.CodeForbidden, "Not any more.").Write(w)
			return
		}
		if r.FormValue("keyId") != "" || r.FormValue("limit") == "2" {
			answer(w, map[string]any{
				"keys":    []api.Key{{ID: cursor + "1"}, {ID: cursor + "2"}},
				"entries": []api.AuditEntry{{KeyName: cursor + "1"}}, "nextCursor": next[cursor],
			})
		}
	})
	c := newClient(t, address)
	ids := func(stopAfter int) (out []string, err error) {
		for k, e := range c.AllKeys(t.Context(), client.KeyQuery{Limit: 2}) {
			if e != nil {
				return out, e
			}
			if out = append(out, k.ID); len(out) == stopAfter {
				return out, nil
			}
		}
		return out, nil
	}
	got, err := ids(0)
	require.NoError(t, err)
	require.Equal(t, []string{"1", "2", "b1", "b2", "c1", "c2"}, got)
	asked = 0
	got, err = ids(1)
	require.NoError(t, err)
	require.Equal(t, []string{"1"}, got)
	require.Equal(t, 1, asked, "no page is asked for before it is needed")

	var names []string
	for e, err := range c.AllAudit(t.Context(), client.AuditQuery{KeyID: id, Cursor: "b"}) {
		require.NoError(t, err)
		names = append(names, e.KeyName)
	}
	require.Equal(t, []string{"b1", "c1"}, names)

	failAt = "c"
	got, err = ids(0)
	require.Equal(t, apikey.CodeForbidden, apikey.ErrorCode(err))
	require.Equal(t, []string{"1", "2", "b1", "b2"}, got)
	failAt, next["b"] = "nowhere", "b"
	_, err = ids(0)
	require.ErrorContains(t, err, "the same page again")
}

// TestRawServer speaks to a server that is none.
func TestRawServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = bufio.NewReader(conn).ReadString('\n')
			_, _ = conn.Write([]byte("SSH-2.0-OpenSSH_9.9\r\n"))
			_ = conn.Close()
		}
	}()
	_, err = newClient(t, "http://"+listener.Addr().String()).Whoami(t.Context())
	var connect *client.ConnectError
	require.ErrorAs(t, err, &connect)
	require.NotContains(t, err.Error(), token)
}
