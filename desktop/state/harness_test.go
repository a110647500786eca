package state

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/pkg/api"
)

// server is a real server, with what these tests do with it.
type server struct{ *statetest.Server }

func startServer(t *testing.T, settings map[string]string) *server {
	t.Helper()
	return &server{statetest.Start(t, settings)}
}

func (s *server) connection() Connection {
	c := NewConnection()
	c.Name, c.Address = "test", s.ManagementURL()
	return c
}

func (s *server) connect(t *testing.T) *Session {
	t.Helper()
	return connect(t, s.connection(), s.Admin)
}

func connect(t *testing.T, c Connection, secret string) *Session {
	t.Helper()
	session, err := Connect(t.Context(), c, secret, nil)
	require.NoError(t, err)
	session.pauses = []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}
	return session
}

// create makes a key and forgets its token.
func create(t *testing.T, s *Session, k api.CreateKey) api.Key {
	t.Helper()
	if k.Role == "" {
		k.Role = "Agent"
	}
	issued, err := s.Create(t.Context(), k)
	require.NoError(t, err)
	issued.Token.Forget()
	return issued.Key
}

// breaker is a proxy that loses chosen requests: before the server has them,
// or after it has carried them out.
type breaker struct {
	url string

	mu      sync.Mutex
	drop    func(*http.Request) drop
	dropped int
}

type drop int

const (
	pass drop = iota
	dropBefore
	dropAfter
)

func startBreaker(t *testing.T, target string) *breaker {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	b := &breaker{drop: func(*http.Request) drop { return pass }}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		what := b.drop(r)
		if what != pass {
			b.dropped++
		}
		b.mu.Unlock()
		switch what {
		case pass:
			proxy.ServeHTTP(w, r)
			return
		case dropAfter:
			proxy.ServeHTTP(httptest.NewRecorder(), r)
		case dropBefore:
			_, _ = io.Copy(io.Discard, r.Body)
		}
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	return b
}

// lose drops the first n requests of a method.
func (b *breaker) lose(n int, method string, how drop) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop = func(r *http.Request) drop {
		if n > 0 && r.Method == method {
			n--
			return how
		}
		return pass
	}
}

// cut drops everything from the first request of a method on, which the
// server still gets.
func (b *breaker) cut(method string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	gone := false
	b.drop = func(r *http.Request) drop {
		if gone {
			return dropBefore
		}
		if r.Method == method {
			gone = true
			return dropAfter
		}
		return pass
	}
}

// brokenKeyring is that of a session without one.
type brokenKeyring struct{}

var errNoKeyring = errors.New("there is no keyring here")

func (brokenKeyring) Get(string) (string, error) { return "", errNoKeyring }
func (brokenKeyring) Set(string, string) error   { return errNoKeyring }
func (brokenKeyring) Delete(string) error        { return errNoKeyring }
