package notice_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/notice"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

const (
	day    = 24 * time.Hour
	secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
)

// clock is set by the test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// receiver takes webhooks, and checks them as receivers should.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []hook
	status int
	header http.Header
	bodies []string
}

type hook struct {
	ID   string
	Type apikey.Event `json:"type"`
	Data struct {
		Title, Text, KeyID, KeyName, Owner, Where, TokenID, Reason string
		Uses                                                       []notice.Use
		Over                                                       bool
	} `json:"data"`
}

func newReceiver(t testing.TB) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusNoContent}
	wh, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err == nil {
			err = wh.VerifyIgnoringTimestamp(body, req.Header)
		}
		h := hook{ID: req.Header.Get("webhook-id")}
		if err == nil {
			err = json.Unmarshal(body, &h)
		}
		if err != nil || req.Method != http.MethodPost || req.Header.Get("Content-Type") != "application/json" {
			t.Errorf("a webhook that no receiver takes: %v", err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got, r.bodies = append(r.got, h), append(r.bodies, string(body))
		maps.Copy(w.Header(), r.header)
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status int, header ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.header = status, http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		r.header.Set(header[i], header[i+1])
	}
}

// take returns what came since the last call.
func (r *receiver) take() []hook {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

func events(hooks []hook) (list []apikey.Event) {
	for _, h := range hooks {
		list = append(list, h.Type)
	}
	slices.Sort(list)
	return list
}

func (r *receiver) channel(t testing.TB) notice.Channel {
	t.Helper()
	u, err := url.Parse(r.URL + "/hook?token=in-the-address")
	require.NoError(t, err)
	return notice.Channel{Webhook: &notice.Webhook{URL: u, Secret: secret}}
}

// world is a store with a service and notices on it, whose time the test sets.
type world struct {
	*notice.Notices
	clock   *clock
	store   apikey.Store // as the others see it
	inner   apikey.Store
	service *apikey.Service
	log     *servertest.Output
}

func config(to ...notice.Channel) notice.Config {
	return notice.Config{BeforeEnd: []time.Duration{30 * day, 7 * day, day}, Unused: 90 * day, To: to}
}

func newWorld(t testing.TB, cfg notice.Config) *world {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "keys.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return worldOn(t, cfg, store, newClock())
}

func worldOn(t testing.TB, cfg notice.Config, store apikey.Store, c *clock) *world {
	t.Helper()
	w := &world{clock: c, inner: store, log: &servertest.Output{}}
	var err error
	w.Notices, err = notice.New(notice.Options{Config: cfg, Now: c.Now, Server: "gate-1", Logger: slog.New(slog.NewJSONHandler(w.log, nil))})
	require.NoError(t, err)
	w.store = w.Watch(store)
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	w.service = apikey.NewService(w.store, peppers, apikey.Options{Now: c.Now, Notify: w.Tell})
	return w
}

// round lets some time pass, and the server do what it does all the time.
func (w *world) round(t testing.TB, d time.Duration) {
	t.Helper()
	w.clock.pass(d)
	w.Look(t.Context(), "")
	w.Observe(t.Context())
	w.clock.pass(6 * time.Second) // in which is gathered
	w.Observe(t.Context())
	w.Deliver(t.Context())
}

func manager(t testing.TB) context.Context {
	t.Helper()
	return apikey.WithCaller(t.Context(), apikey.Caller{OrgID: 1, Login: "grace@example.com", Role: apikey.RoleAdmin, Addr: netip.MustParseAddr("192.0.2.9")})
}

func (w *world) create(t testing.TB, name string, lifetime time.Duration, change ...func(*apikey.NewKey)) *apikey.Issued {
	t.Helper()
	n := apikey.NewKey{Name: name, Role: apikey.RoleAgent, Owner: "sre@example.com", Lifetime: apikey.ExpiresIn(lifetime)}
	for _, c := range change {
		c(&n)
	}
	issued, err := w.service.Create(manager(t), n)
	require.NoError(t, err)
	return issued
}

func (w *world) use(t testing.TB, k *apikey.Key, token, from string) {
	t.Helper()
	id, ok := apikey.ParseID(k.ID)
	require.True(t, ok)
	u := apikey.KeyUsage{KeyID: id, Usage: apikey.Usage{Count: 1, LastAt: w.clock.Now(), LastFrom: from}}
	if token != "" {
		u.TokenID, ok = apikey.ParseID(token)
		require.True(t, ok)
	}
	client := apikey.ClientUse{KeyID: id, Client: apikey.Client{Address: from, UserAgent: "agent/1", TokenID: u.Token().String(), FirstAt: u.LastAt, LastAt: u.LastAt, Requests: 1}}
	require.NoError(t, w.store.RecordUsage(t.Context(), apikey.UsageBatch{Uses: []apikey.KeyUsage{u}, Clients: []apikey.ClientUse{client}}))
}

func (w *world) deny(t testing.TB, k *apikey.Key, token, from string, code apikey.Code, count int64) {
	t.Helper()
	require.NoError(t, w.store.RecordDenials(t.Context(), []apikey.Denial{{OrgID: 1, At: w.clock.Now(), Count: count, Code: code, KeyID: k.ID, TokenID: token, Address: from, UserAgent: "agent/1"}}))
}

func (w *world) list(t testing.TB) []apikey.Notice {
	t.Helper()
	list, err := w.inner.Notices(t.Context(), apikey.NoticeQuery{Anybody: true, Limit: 1000})
	require.NoError(t, err)
	return list
}
