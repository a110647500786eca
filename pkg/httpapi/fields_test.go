package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNoFieldIsTakenForAnother sends to every route that reads a body each of
// its fields twice, in other letters' case, and one that it does not know.
func TestNoFieldIsTakenForAnother(t *testing.T) {
	s := start(t)
	id := s.create(t, "admin", `{"name":"the key","role":"Viewer"}`).Key.ID
	s.do(t, "admin", http.MethodPost, "/v1/pools", `{"name":"edge"}`)
	for _, route := range []struct {
		method, path string
		fields       []string
	}{
		{http.MethodPost, "/v1/keys", []string{"name", "description", "role", "pool", "endpoints", "allowedCidrs", "expiresIn", "expiresAt"}},
		{http.MethodPatch, "/v1/keys/" + id, []string{"name", "description", "role", "enabled", "endpoints", "allowedCidrs", "expiresIn", "expiresAt"}},
		{http.MethodPost, "/v1/keys/" + id + "/rotate", []string{"overlap", "expiresIn", "expiresAt"}},
		{http.MethodPost, "/v1/keys/" + id + "/revoke", nil},
		{http.MethodPost, "/v1/pools", []string{"name", "description"}},
		{http.MethodPost, "/v1/pools/edge/rotate", []string{"overlap", "expiresIn", "expiresAt"}},
		{http.MethodPost, "/v1/pools/edge/revoke", nil},
		{http.MethodPost, "/v1/verify", []string{"token", "permission", "endpoint", "address"}},
	} {
		refused := func(body, field, detail string) {
			t.Helper()
			p := problem(t, s.doLoosely(t, "admin", route.method, route.path, body))
			require.Equal(t, http.StatusBadRequest, p.Status, body)
			require.Equal(t, field, p.Errors[0].Field, body)
			require.Contains(t, p.Errors[0].Detail, detail, body)
		}
		for _, f := range route.fields {
			other := strings.ToUpper(f[:1]) + f[1:]
			refused(`{"`+f+`":"x","`+f+`":"x"}`, f, "more than once")
			refused(`{"`+other+`":"x"}`, other, "is written "+f+" here")
			refused(`{"`+f+`":null,"`+strings.ToUpper(f)+`":"x"}`, strings.ToUpper(f), "is written "+f+" here")
		}
		refused(`{"surprise":1}`, "surprise", "is not a field of this request")
	}
	require.Len(t, s.list(t, "").Keys, 1, "nothing was done")
}
