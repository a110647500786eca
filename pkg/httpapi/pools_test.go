package httpapi_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// pools returns the list of pools that a caller gets.
func (s *server) pools(t *testing.T, caller string) []api.Pool {
	t.Helper()
	r := s.do(t, caller, http.MethodGet, "/v1/pools", "")
	require.Equal(t, http.StatusOK, r.StatusCode, r.body)
	return decode[api.PoolList](t, r.body).Pools
}

func TestLifeOfAPool(t *testing.T) {
	s := start(t)
	require.Equal(t, []api.Pool{}, s.pools(t, "admin"))
	r := s.do(t, "admin", http.MethodPost, "/v1/pools", `{"name":"edge","description":"at the edge"}`)
	require.Equal(t, http.StatusCreated, r.StatusCode, r.body)
	edge := decode[api.Pool](t, r.body)
	require.Equal(t, api.Pool{Name: "edge", Description: "at the edge", CreatedAt: edge.CreatedAt, CreatedBy: "admin"}, edge)
	r = s.do(t, "admin", http.MethodPost, "/v1/pools", `{"name":"edge"}`)
	require.Equal(t, http.StatusConflict, r.StatusCode)
	require.Equal(t, apikey.CodeDuplicateName, problem(t, r).Code)
	require.Equal(t, []api.Pool{}, s.pools(t, "other"), "of another organization")

	first := s.create(t, "admin", `{"name":"a","role":"Agent","pool":"edge"}`)
	s.create(t, "admin", `{"name":"b","role":"Agent","pool":"made-by-a-key"}`)
	edge.Keys.Active = 1
	list := s.pools(t, "admin")
	require.Len(t, list, 2)
	require.Equal(t, edge, list[0])
	require.Equal(t, "made-by-a-key", list[1].Name)

	r = s.do(t, "admin", http.MethodDelete, "/v1/pools/edge", "")
	require.Equal(t, http.StatusConflict, r.StatusCode)
	require.Contains(t, problem(t, r).Detail, "force")
	r = s.do(t, "admin", http.MethodPost, "/v1/pools/edge/rotate", `{"overlap":0,"expiresIn":"1d"}`)
	require.Equal(t, http.StatusCreated, r.StatusCode, r.body)
	require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
	rotated := decode[api.RotatedPool](t, r.body).Keys
	require.Len(t, rotated, 1)
	require.Equal(t, first.Key.ID, rotated[0].Key.ID)
	verify := s.do(t, "viewer", http.MethodPost, "/v1/verify", `{"token":"`+rotated[0].Token+`"}`)
	require.True(t, decode[api.VerifyResponse](t, verify.body).Valid)

	r = s.do(t, "admin", http.MethodPost, "/v1/pools/edge/revoke", "")
	require.Equal(t, http.StatusOK, r.StatusCode, r.body)
	require.Equal(t, api.RevokedPool{Pool: "edge", Revoked: 1}, decode[api.RevokedPool](t, r.body))
	verify = s.do(t, "viewer", http.MethodPost, "/v1/verify", `{"token":"`+rotated[0].Token+`"}`)
	require.Equal(t, "revoked", decode[api.VerifyResponse](t, verify.body).Code)

	r = s.do(t, "admin", http.MethodDelete, "/v1/pools/edge", "")
	require.Equal(t, http.StatusNoContent, r.StatusCode, r.body)
	r = s.do(t, "admin", http.MethodDelete, "/v1/pools/made-by-a-key?force=true", "")
	require.Equal(t, http.StatusNoContent, r.StatusCode, r.body)
	require.Equal(t, []api.Pool{}, s.pools(t, "admin"))

	r = s.do(t, "admin", http.MethodGet, "/v1/audit?limit=3", "")
	entries := decode[api.AuditList](t, r.body).Entries
	require.Equal(t, apikey.ActionDeletePool, entries[0].Action)
	require.Equal(t, "made-by-a-key", entries[0].Pool)
	require.Equal(t, apikey.ActionRevoke, entries[1].Action)
	require.Equal(t, "b", entries[1].KeyName)
}

func TestPoolErrors(t *testing.T) {
	s := start(t)
	s.create(t, "other", `{"name":"a","role":"Agent","pool":"edge"}`)
	for _, c := range []struct {
		caller, method, target, body string
		status                       int
		wants                        string
	}{
		{"viewer", http.MethodGet, "/v1/pools", "", http.StatusForbidden, "Admin"},
		{"editor", http.MethodPost, "/v1/pools", `{"name":"x"}`, http.StatusForbidden, "Admin"},
		{"admin", http.MethodPost, "/v1/pools", `{"name":"a b"}`, http.StatusBadRequest, "letters"},
		{"admin", http.MethodPost, "/v1/pools", `{"name":""}`, http.StatusBadRequest, "1 to 255"},
		{"admin", http.MethodPost, "/v1/pools", `{"name":"` + strings.Repeat("x", 256) + `"}`, http.StatusBadRequest, "1 to 255"},
		{"admin", http.MethodPost, "/v1/pools", `{"title":"x"}`, http.StatusBadRequest, "name, description"},
		{"admin", http.MethodPost, "/v1/pools", ``, http.StatusBadRequest, "empty"},
		{"admin", http.MethodDelete, "/v1/pools/edge", "", http.StatusNotFound, "List the pools"},
		{"admin", http.MethodDelete, "/v1/pools/-", "", http.StatusNotFound, "no pool"},
		{"admin", http.MethodDelete, "/v1/pools/edge?force=perhaps", "", http.StatusBadRequest, "true or false"},
		{"admin", http.MethodPost, "/v1/pools/edge/revoke", "", http.StatusNotFound, "List the pools"},
		{"admin", http.MethodPost, "/v1/pools/a%2Fb/revoke", "", http.StatusNotFound, "no pool"},
		{"admin", http.MethodPost, "/v1/pools/edge/rotate", "", http.StatusNotFound, "List the pools"},
		{"admin", http.MethodPost, "/v1/pools/edge/rotate", `{"overlap":"never"}`, http.StatusBadRequest, "overlap"},
	} {
		r := s.doLoosely(t, c.caller, c.method, c.target, c.body)
		require.Equal(t, c.status, r.StatusCode, "%s %s %s: %s", c.method, c.target, c.body, r.body)
		problem(t, r)
		require.Contains(t, r.body, c.wants, "%s %s %s", c.method, c.target, c.body)
	}
	require.Len(t, s.pools(t, "other"), 1)
}

// A pool is rotated in steps, each from the cursor of the one before.
func TestPoolIsRotatedInSteps(t *testing.T) {
	s := start(t)
	const n = apikey.PoolStep + 1
	for i := range n {
		s.create(t, "admin", `{"name":"k`+strconv.Itoa(i)+`","role":"Agent","pool":"edge"}`)
	}
	step := func(body string) api.RotatedPool {
		t.Helper()
		r := s.do(t, "admin", http.MethodPost, "/v1/pools/edge/rotate", body)
		require.Equal(t, http.StatusCreated, r.StatusCode, r.body)
		return decode[api.RotatedPool](t, r.body)
	}
	first := step(`{"overlap":"1h"}`)
	require.Len(t, first.Keys, apikey.PoolStep)
	require.NotEmpty(t, first.NextCursor)
	second := step(`{"overlap":"1h","cursor":"` + first.NextCursor + `"}`)
	require.Len(t, second.Keys, 1)
	require.Empty(t, second.NextCursor)
	require.Equal(t, "k"+strconv.Itoa(n-1), second.Keys[0].Key.Name)

	p := problem(t, s.do(t, "admin", http.MethodPost, "/v1/pools/edge/rotate", `{"cursor":"x"}`))
	require.Equal(t, http.StatusBadRequest, p.Status)
	require.Equal(t, "cursor", p.Errors[0].Field)
}
