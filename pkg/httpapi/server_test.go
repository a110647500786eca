package httpapi_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestWhoami(t *testing.T) {
	s := start(t)
	for caller, want := range map[string]string{
		"admin":   `{"login":"admin","orgId":1,"role":"Admin","keyId":"","permissions":["manage","write","read","ingest"]}`,
		"viewer":  `{"login":"viewer","orgId":1,"role":"Viewer","keyId":"","permissions":["read"]}`,
		"nothing": `{"login":"nothing","orgId":1,"role":"","keyId":"","permissions":[]}`,
		"other":   `{"login":"other","orgId":2,"role":"Admin","keyId":"","permissions":["manage","write","read","ingest"]}`,
	} {
		r := s.do(t, caller, http.MethodGet, "/v1/whoami", "")
		require.JSONEq(t, want, r.body)
		require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
	}
}

func TestPolicy(t *testing.T) {
	s := start(t, func(set *settings) {
		set.service.Policy = func(_ context.Context, orgID int64) (apikey.Policy, error) {
			if orgID == 2 {
				return apikey.Policy{DefaultTTL: time.Hour, MaxTTL: 24 * time.Hour, Roles: []apikey.Role{apikey.RoleAgent, apikey.RoleAdmin}}, nil
			}
			return apikey.DefaultPolicy(), nil
		}
	})
	require.JSONEq(t, `{"defaultTtl":7776000,"maxTtl":0,"roles":["Admin","Editor","Viewer","Agent"],"editable":[],
		"offers":{"lifetimes":[2592000,7776000,31536000],"overlaps":[0,3600,86400,604800],"overlap":86400}}`,
		s.do(t, "viewer", http.MethodGet, "/v1/policy", "").body)
	require.JSONEq(t, `{"defaultTtl":3600,"maxTtl":86400,"roles":["Admin","Agent"],"editable":[],
		"offers":{"lifetimes":[3600],"overlaps":[0,3600,86400,604800],"overlap":86400}}`,
		s.do(t, "other", http.MethodGet, "/v1/policy", "").body)
}

func TestHealth(t *testing.T) {
	health := healthy
	s := start(t, func(set *settings) {
		set.http.Health = func(context.Context) api.Health { return health }
	})
	r := s.do(t, "admin", http.MethodGet, "/v1/health", "")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.JSONEq(t, `{"status":"ok","version":"1.2.3","store":{"engine":"SQLite 3","status":"ok"},
		"replica":{"ready":true,"keys":3,"forged":0,"lagSeconds":0.25},"gate":{"listen":"127.0.0.1:7172","status":"ok"}}`, r.body)

	health.Status, health.Store.Status = api.StatusDegraded, api.StatusUnavailable
	health.Store.Error = "failed to connect to user=ostiary host=db.internal"
	r = s.do(t, "admin", http.MethodGet, "/v1/health", "")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Equal(t, health, decode[api.Health](t, r.body))
	for _, user := range []string{"editor", "viewer"} {
		r = s.do(t, user, http.MethodGet, "/v1/health", "")
		require.Equal(t, http.StatusOK, r.StatusCode)
		require.JSONEq(t, `{"status":"degraded","version":"1.2.3","store":{"engine":"SQLite 3","status":"unavailable"},
			"gate":{"listen":"127.0.0.1:7172","status":"ok"}}`, r.body, "no reason, and nothing about other organizations")
	}
	require.JSONEq(t, `{"status":"degraded"}`, s.do(t, "", http.MethodGet, "/v1/health", "").body, "strangers learn no more")

	health.Status = api.StatusUnavailable
	r = s.do(t, "", http.MethodGet, "/v1/health", "")
	require.Equal(t, http.StatusServiceUnavailable, r.StatusCode)
	require.Equal(t, "5", r.Header.Get("Retry-After"))
	require.JSONEq(t, `{"status":"unavailable"}`, r.body)
}
