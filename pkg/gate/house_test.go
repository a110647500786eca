package gate

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/verify"
)

const patience = servertest.Patience

// house is all that is behind a gate, on a real store.
type house struct {
	t        testing.TB
	admin    context.Context //nolint:containedctx // the caller of every change
	service  *apikey.Service
	before   *apikey.Service // as the service was two days ago
	replica  *verify.Replica
	verifier *verify.Verifier
	uses     *uses
	seen     *observations
	log      *servertest.Output
}

func newHouse(t testing.TB) *house {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "ostiary.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	require.NoError(t, store.Write(t.Context(), func(tx apikey.Tx) error { return tx.AddPepper(t.Context(), peppers.Current().Check()) }))
	h := &house{
		t: t, uses: &uses{}, seen: &observations{}, log: &servertest.Output{},
		admin:   apikey.WithCaller(t.Context(), apikey.Caller{OrgID: 1, Login: "ada", Role: apikey.RoleAdmin}),
		replica: verify.NewReplica(store, peppers, verify.ReplicaOptions{MaxStaleness: 24 * time.Hour}),
	}
	require.NoError(t, h.replica.Load(t.Context()))
	h.verifier = verify.New(h.replica)
	h.service = apikey.NewService(store, peppers, apikey.Options{Changed: h.replica.Sync})
	h.before = apikey.NewService(store, peppers, apikey.Options{Changed: h.replica.Sync, Now: func() time.Time { return time.Now().Add(-48 * time.Hour) }})
	return h
}

// issue makes a key of the role and returns it with its token.
func (h *house) issue(role apikey.Role, edit ...func(*apikey.NewKey)) *apikey.Issued {
	h.t.Helper()
	token, _ := apikey.NewToken() // for a name that no other key has
	n := apikey.NewKey{Name: role.String() + " " + token[4:16], Role: role}
	for _, e := range edit {
		e(&n)
	}
	issued, err := h.service.Create(h.admin, n)
	require.NoError(h.t, err)
	return issued
}

func (h *house) key(role apikey.Role, edit ...func(*apikey.NewKey)) (token string) {
	return h.issue(role, edit...).Token
}

// expired makes a key of the role that expired a day ago, and returns its token.
func (h *house) expired(role apikey.Role) (token string) {
	h.t.Helper()
	issued, err := h.before.Create(h.admin, apikey.NewKey{Name: "expired " + role.String(), Role: role, Lifetime: apikey.ExpiresIn(24 * time.Hour)})
	require.NoError(h.t, err)
	return issued.Token
}

// gate returns a gate on the house; options that are not set are its own.
func (h *house) gate(opts Options) *Gate {
	h.t.Helper()
	if opts.Verifier == nil {
		opts.Verifier = h.verifier
	}
	opts.Recorder, opts.Observer, opts.Issued = h.uses, h.seen, h.replica.Issued
	opts.Logger = slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	g, err := New(opts)
	require.NoError(h.t, err)
	return g
}

// open serves a gate and returns its address, http://127.0.0.1:PORT.
func (h *house) open(opts Options) string {
	h.t.Helper()
	return serve(h.t, h.gate(opts).Server())
}

func serve(t testing.TB, s *Server) string {
	t.Helper()
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	l, err := plain.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	scheme := "http://"
	run := s.Serve
	if s.TLSConfig != nil {
		scheme = "https://"
		run = func(l net.Listener) error { return s.ServeTLS(l, "", "") }
	}
	ended := make(chan error, 1)
	go func() { ended <- run(l) }()
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return scheme + l.Addr().String()
}

// upstreamAt serves a handler and returns its address.
func upstreamAt(t testing.TB, handler http.HandlerFunc) *url.URL {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return mustURL(t, s.URL)
}

// echo holds what reached the upstream.
type echo struct {
	Method, URI, Host, Body string
	Header                  http.Header
}

func echoUpstream(t testing.TB) *url.URL {
	return upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_ = json.NewEncoder(w).Encode(echo{r.Method, r.RequestURI, r.Host, string(body), r.Header})
	})
}

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	require.NoError(t, err)
	return u
}

// answer is a response that was read to its end.
type answer struct {
	*http.Response
	body string
}

func (a answer) problem(t *testing.T) (p api.Problem) {
	t.Helper()
	require.Equal(t, api.ContentType, a.Header.Get("Content-Type"), a.body)
	require.NoError(t, json.Unmarshal([]byte(a.body), &p))
	require.Equal(t, a.StatusCode, p.Status)
	require.Equal(t, string(p.Code), a.Header.Get("X-Ostiary-Code"))
	require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
	require.NotEmpty(t, p.Detail)
	return p
}

func (a answer) echo(t *testing.T) (e echo) {
	t.Helper()
	require.Equal(t, http.StatusOK, a.StatusCode, a.body)
	require.NoError(t, json.Unmarshal([]byte(a.body), &e), a.body)
	return e
}

func decode(t *testing.T, body string, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(body), into), body)
}

// ask sends GET for an address with headers given as name, value, ….
func ask(t *testing.T, address string, headers ...string) answer {
	t.Helper()
	return send(t, http.MethodGet, address, "", headers...)
}

func send(t *testing.T, method, address, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header[http.CanonicalHeaderKey(headers[i])] = append(req.Header[http.CanonicalHeaderKey(headers[i])], headers[i+1])
	}
	return exchangeWith(t, http.DefaultClient, req)
}

func exchangeWith(t *testing.T, c *http.Client, req *http.Request) answer {
	t.Helper()
	res, err := c.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return answer{res, string(content)}
}

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

// uses is a Recorder that remembers.
type uses struct {
	mu   sync.Mutex
	seen []verify.Seen
	list []apikey.ID
	from []netip.Addr
	late []string // "KEY code"
}

func (u *uses) Late(id apikey.ID, code apikey.Code) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.late = append(u.late, id.String()+" "+string(code))
}

func (u *uses) lastLate() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.late) == 0 {
		return ""
	}
	return u.late[len(u.late)-1]
}

func (u *uses) Record(seen verify.Seen) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.seen = append(u.seen, seen)
	if seen.Key != (apikey.ID{}) && seen.Code.LetsIn() {
		u.list, u.from = append(u.list, seen.Key), append(u.from, seen.Addr)
	}
}

// count is how many were counted.
func (u *uses) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.seen)
}

// lastSeen is what was counted last.
func (u *uses) lastSeen() verify.Seen {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.seen) == 0 {
		return verify.Seen{}
	}
	return u.seen[len(u.seen)-1]
}

func (u *uses) lastFrom() netip.Addr {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.from) == 0 {
		return netip.Addr{}
	}
	return u.from[len(u.from)-1]
}

// observations is an Observer that remembers, as "endpoint code".
type observations struct {
	mu   sync.Mutex
	list []string
}

func (o *observations) Observe(endpoint string, code apikey.Code, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if took < 0 || took > time.Minute {
		endpoint = "took " + took.String()
	}
	o.list = append(o.list, endpoint+" "+string(code))
}

// count is how many decisions had a code.
func (o *observations) count(code string) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, seen := range o.list {
		if strings.HasSuffix(seen, " "+code) {
			n++
		}
	}
	return n
}

func (o *observations) last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.list) == 0 {
		return ""
	}
	return o.list[len(o.list)-1]
}

// askRaw sends a path as it is, which no client of Go's would.
func askRaw(t *testing.T, address, path string, headers ...string) (status int) {
	t.Helper()
	lines := []string{"GET " + path + " HTTP/1.1", "Host: gate"}
	for i := 0; i < len(headers); i += 2 {
		lines = append(lines, headers[i]+": "+headers[i+1])
	}
	return exchangeRaw(t, address, strings.Join(lines, "\r\n")+"\r\n\r\n").StatusCode
}

// exchangeRaw sends bytes and returns the response without its body.
func exchangeRaw(t *testing.T, address, request string) *http.Response {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, request)
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(patience)))
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res
}

// serveOnce answers every connection with the same bytes and closes it.
func serveOnce(t *testing.T, response string) *url.URL {
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
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, response)
			_ = c.Close()
		}
	}()
	return mustURL(t, "http://"+l.Addr().String())
}
