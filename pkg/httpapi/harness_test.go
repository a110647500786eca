package httpapi_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/httpapi"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/verify"
)

// The callers of the tests. The name goes into a request's header, where the
// test's edge finds it; the resource API itself must not care.
var callers = map[string]apikey.Caller{
	"admin":   {OrgID: 1, Login: "admin", Role: apikey.RoleAdmin, Addr: netip.MustParseAddr("192.0.2.1")},
	"editor":  {OrgID: 1, Login: "editor", Role: apikey.RoleEditor},
	"viewer":  {OrgID: 1, Login: "viewer", Role: apikey.RoleViewer},
	"nothing": {OrgID: 1, Login: "nothing"},
	"other":   {OrgID: 2, Login: "other", Role: apikey.RoleAdmin},
}

// server is a real resource API on a real SQLite store, over real HTTP. All
// of its traffic is checked against openapi.yaml.
type server struct {
	url      string
	handler  http.Handler
	service  *apikey.Service
	store    *sqlite.Store
	replica  *verify.Replica
	recorder *verify.Recorder
	log      *servertest.Output
}

// settings are what a test may change before the server starts.
type settings struct {
	service apikey.Options
	http    httpapi.Options
}

func start(tb testing.TB, change ...func(*settings)) *server {
	tb.Helper()
	ctx := tb.Context()
	store, err := sqlite.Open(ctx, filepath.Join(tb.TempDir(), "keys.db"))
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, store.Close()) })
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(tb, err)
	s := &server{store: store, log: &servertest.Output{}}
	s.replica = verify.NewReplica(store, peppers, verify.ReplicaOptions{})
	require.NoError(tb, s.replica.Load(ctx))
	s.recorder = verify.NewRecorder(store, 0, nil)

	set := settings{
		service: apikey.Options{Changed: s.replica.Sync},
		http: httpapi.Options{
			Verifier: verify.New(s.replica),
			Usage:    s.recorder,
			Health:   func(context.Context) api.Health { return healthy },
			Logger:   slog.New(slog.NewJSONHandler(s.log, nil)),
		},
	}
	for _, c := range change {
		c(&set)
	}
	s.service = apikey.NewService(store, peppers, set.service)
	set.http.Service = s.service
	s.handler = identify(httpapi.New(set.http))
	mux := http.NewServeMux()
	mux.Handle(api.BasePath+"/", http.StripPrefix(api.BasePath, s.handler))
	server := httptest.NewServer(mux)
	tb.Cleanup(server.Close)
	s.url = server.URL + api.BasePath
	return s
}

var healthy = api.Health{
	Status:  api.StatusOK,
	Version: "1.2.3",
	Store:   api.StoreHealth{Engine: "SQLite 3", Status: api.StatusOK},
	Replica: api.ReplicaHealth{Ready: true, Keys: 3, LagSeconds: 0.25},
	Gate:    api.GateHealth{Listen: "127.0.0.1:7172", Status: api.StatusOK},
}

// identify is the edge of the tests.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := callers[r.Header.Get("X-Test-Caller")]; ok {
			r = r.WithContext(apikey.WithCaller(r.Context(), c))
		}
		next.ServeHTTP(w, r)
	})
}

// as returns a context as the edge makes it for a caller.
func as(tb testing.TB, caller string) context.Context {
	tb.Helper()
	return apikey.WithCaller(tb.Context(), callers[caller])
}

// reply is an answer that has been read.
type reply struct {
	*http.Response
	body string
}

// do sends a request and checks the exchange against openapi.yaml.
func (s *server) do(tb testing.TB, caller, method, target, body string) reply {
	tb.Helper()
	return s.send(tb, s.request(tb, caller, method, target, body), checked)
}

// doLoosely is do for requests that the description does not allow, but that
// the API takes; the answer is checked all the same.
func (s *server) doLoosely(tb testing.TB, caller, method, target, body string) reply {
	tb.Helper()
	return s.send(tb, s.request(tb, caller, method, target, body), answerChecked)
}

func (s *server) request(tb testing.TB, caller, method, target, body string) *http.Request {
	tb.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(tb.Context(), method, s.url+target, reader)
	require.NoError(tb, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("X-Test-Caller", caller)
	return r
}

func (s *server) send(tb testing.TB, r *http.Request, check *checkedTransport) reply {
	tb.Helper()
	client := http.Client{
		Transport:     check,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	require.NoError(tb, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(tb, err)
	require.NoError(tb, resp.Body.Close())
	return reply{Response: resp, body: string(body)}
}

// create makes a key and returns it with its token.
func (s *server) create(tb testing.TB, caller, body string) api.IssuedKey {
	tb.Helper()
	r := s.do(tb, caller, http.MethodPost, "/v1/keys", body)
	require.Equal(tb, http.StatusCreated, r.StatusCode, r.body)
	return decode[api.IssuedKey](tb, r.body)
}

// decode reads JSON strictly.
func decode[T any](tb testing.TB, text string) T {
	tb.Helper()
	var v T
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	require.NoError(tb, decoder.Decode(&v), text)
	return v
}

// problem reads an error and checks what all errors have in common.
func problem(tb testing.TB, r reply) api.Problem {
	tb.Helper()
	require.Equal(tb, api.ContentType, r.Header.Get("Content-Type"), r.body)
	require.Equal(tb, "no-store", r.Header.Get("Cache-Control"))
	p := decode[api.Problem](tb, r.body)
	require.Equal(tb, r.StatusCode, p.Status)
	require.Equal(tb, "urn:ostiary:error:"+string(p.Code), p.Type)
	require.NotEmpty(tb, p.Title)
	require.NotEmpty(tb, p.Detail)
	requireNoToken(tb, r.body)
	return p
}
