package gate

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// lateEndpoints take keys that expired a day ago in each way.
func lateEndpoints(t *testing.T) []Endpoint {
	up := echoUpstream(t)
	endpoint := func(name string, o verify.OnExpired) Endpoint {
		return Endpoint{Name: name, Path: "/" + name, Require: apikey.PermissionIngest, Upstream: up, OnExpired: o}
	}
	return []Endpoint{
		endpoint("deny", verify.OnExpired{}),
		endpoint("hold", verify.OnExpired{Hold: 25 * time.Hour}),
		endpoint("held-enough", verify.OnExpired{Hold: 23 * time.Hour}),
		endpoint("grace", verify.OnExpired{Grace: 25 * time.Hour}),
		endpoint("graced-enough", verify.OnExpired{Grace: 23 * time.Hour}),
	}
}

func TestExpiredKeysAreHeldOrLetIn(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: lateEndpoints(t), Failures: verify.NewFailures(0.01, 1)})
	agent, viewer := h.expired(apikey.RoleAgent), h.expired(apikey.RoleViewer)
	fresh := h.key(apikey.RoleAgent)
	for _, c := range []struct {
		endpoint, token string
		status          int
		code            apikey.Code
	}{
		{"deny", agent, 401, apikey.CodeExpired},
		{"hold", agent, 503, apikey.CodeHeld},
		{"held-enough", agent, 401, apikey.CodeExpired},
		{"grace", agent, 200, apikey.CodeGrace},
		{"graced-enough", agent, 401, apikey.CodeExpired},
		{"hold", viewer, 403, apikey.CodeForbidden},
		{"grace", viewer, 403, apikey.CodeForbidden},
		{"hold", fresh, 200, apikey.CodeValid},
		{"grace", fresh, 200, apikey.CodeValid},
	} {
		for _, door := range append(doors, door{"the proxy", func(t *testing.T, gate, _, method, uri string, headers ...string) answer {
			return send(t, method, gate+uri, "data", headers...)
		}}) {
			got := door.ask(t, gate, "?endpoint="+c.endpoint, http.MethodPost, "/"+c.endpoint, bearer(c.token)...)
			require.Equal(t, c.status, got.StatusCode, "%s: %s", door.name, got.body)
			require.Equal(t, c.endpoint+" "+string(c.code), h.seen.last())
			if c.code == apikey.CodeHeld || c.code == apikey.CodeGrace {
				require.Equal(t, c.token[4:16]+" "+string(c.code), h.uses.lastLate())
			}
			require.Equal(t, c.code == apikey.CodeGrace, got.Header.Get("X-Ostiary-Warning") != "", door.name)
			if c.status == http.StatusOK {
				continue
			}
			p := got.problem(t)
			require.Equal(t, c.code, p.Code)
			if c.code == apikey.CodeHeld {
				seconds, err := strconv.Atoi(got.Header.Get("Retry-After"))
				require.NoError(t, err)
				require.Contains(t, []int{1, 2, 3, 4, 5}, seconds)
				require.Contains(t, p.Detail, "Keep the data")
			}
		}
	}
	log := h.log.String()
	require.Contains(t, log, `msg="request denied" code=held status=503 endpoint=hold`)
	require.Contains(t, log, `msg="an expired key was let in" code=grace status=200 endpoint=grace`)
	require.NotContains(t, log, agent)

	// Whoever was held guesses no more than others, and whoever guesses is braked as ever.
	require.Equal(t, 401, send(t, http.MethodPost, gate+"/hold", "", bearer(agent[:20]+agent[21:]+"0")...).StatusCode)
	require.Equal(t, 429, send(t, http.MethodPost, gate+"/hold", "", bearer("wrong")...).StatusCode)
	require.Equal(t, 503, send(t, http.MethodPost, gate+"/hold", "", bearer(agent)...).StatusCode)
}

// What asks at /auth for less than ingest gets no more time.
func TestOnlySendersOfDataGetMoreTime(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: lateEndpoints(t)})
	admin := h.expired(apikey.RoleAdmin)
	for _, query := range []string{"?endpoint=grace&require=read", "?endpoint=grace&require=manage", "?endpoint=hold&require=write", "?require=ingest", ""} {
		require.Equal(t, 401, ask(t, gate+"/auth"+query, bearer(admin)...).StatusCode, query)
	}
	require.Equal(t, 200, ask(t, gate+"/auth?endpoint=grace&require=ingest", bearer(admin)...).StatusCode)
	require.Equal(t, 503, ask(t, gate+"/auth?endpoint=hold&client_errors=403", bearer(admin)...).StatusCode, "nginx gives a 500 for it, and never a yes")
}

// Ends that somebody wants are ends at every endpoint.
func TestNoTimeForWhatWasEnded(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: lateEndpoints(t)})
	off := false
	for name, end := range map[string]func(*apikey.Issued) error{
		"revoked": func(i *apikey.Issued) error {
			_, err := h.service.End(h.admin, i.Key.ID, apikey.End{How: apikey.Revoke})
			return err
		},
		"disabled": func(i *apikey.Issued) error {
			_, err := h.service.Update(h.admin, i.Key.ID, apikey.Update{Enabled: &off}, false)
			return err
		},
		"expired": func(i *apikey.Issued) error { // as its code stays, but without more time
			_, err := h.service.Rotate(h.admin, i.Key.ID, apikey.Rotation{})
			return err
		},
	} {
		issued, err := h.before.Create(h.admin, apikey.NewKey{Name: name, Role: apikey.RoleAgent, Lifetime: apikey.ExpiresIn(24 * time.Hour)})
		require.NoError(t, err)
		require.Equal(t, 200, ask(t, gate+"/auth?endpoint=grace", bearer(issued.Token)...).StatusCode)
		require.NoError(t, end(issued))
		for _, endpoint := range []string{"grace", "hold"} {
			got := ask(t, gate+"/auth?endpoint="+endpoint, bearer(issued.Token)...)
			require.Equal(t, 401, got.StatusCode, name)
			require.Equal(t, name, string(got.problem(t).Code))
		}
	}

	// A token whose overlap has run out has the time of its key, because its sender was not moved yet.
	issued, err := h.before.Create(h.admin, apikey.NewKey{Name: "moving", Role: apikey.RoleAgent, Lifetime: apikey.Never()})
	require.NoError(t, err)
	_, err = h.before.Rotate(h.admin, issued.Key.ID, apikey.Rotation{Overlap: 24 * time.Hour})
	require.NoError(t, err)
	require.Equal(t, 200, ask(t, gate+"/auth?endpoint=grace", bearer(issued.Token)...).StatusCode)
	require.Equal(t, 503, ask(t, gate+"/auth?endpoint=hold", bearer(issued.Token)...).StatusCode)
	_, err = h.service.EndToken(h.admin, issued.Key.ID, issued.Key.ID)
	require.NoError(t, err)
	require.Equal(t, 401, ask(t, gate+"/auth?endpoint=grace", bearer(issued.Token)...).StatusCode)
}

// Nobody is told to come again after the time has ended.
func TestHoldEndsOnTime(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		token := b.key(apikey.RoleAgent, func(n *apikey.NewKey) { n.Lifetime = apikey.ExpiresIn(time.Minute) })
		b.open(Options{Endpoints: []Endpoint{{Name: "in", Path: "/in", Require: apikey.PermissionIngest, OnExpired: verify.OnExpired{Hold: 90 * time.Second}}}})
		client, began := b.client(t, nil), time.Now()
		status := func(after time.Duration) (int, string) {
			time.Sleep(time.Until(began.Add(after)))
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://gate/auth?endpoint=in", nil)
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+token)
			got := exchangeWith(t, client, req)
			return got.StatusCode, got.Header.Get("Retry-After")
		}
		for _, c := range []struct {
			after  time.Duration
			status int
			retry  string
		}{
			{59 * time.Second, 200, ""}, {61 * time.Second, 503, "5"}, {147 * time.Second, 503, "3"}, {149500 * time.Millisecond, 503, "1"}, {150100 * time.Millisecond, 401, ""},
		} {
			got, retry := status(c.after)
			require.Equal(t, []any{c.status, c.retry}, []any{got, retry}, c.after)
		}
	})
}
