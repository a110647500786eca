package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/httpapi"
	"github.com/ostiary/ostiary/pkg/verify"
)

func TestVerify(t *testing.T) {
	s := start(t)
	agent := s.create(t, "admin", `{"name":"agent","role":"Agent"}`)
	limited := s.create(t, "admin", `{"name":"limited","role":"Viewer","endpoints":["kuma"],"allowedCidrs":["192.0.2.0/24"]}`)
	theirs := s.create(t, "other", `{"name":"theirs","role":"Agent"}`)
	revokedTheirs := s.create(t, "other", `{"name":"revoked","role":"Agent"}`)
	s.do(t, "other", http.MethodPost, "/v1/keys/"+revokedTheirs.Key.ID+"/revoke", "")
	disabled := s.create(t, "admin", `{"name":"disabled","role":"Agent"}`)
	s.do(t, "admin", http.MethodPatch, "/v1/keys/"+disabled.Key.ID, `{"enabled":false}`)
	revoked := s.create(t, "admin", `{"name":"revoked","role":"Agent"}`)
	s.do(t, "admin", http.MethodPost, "/v1/keys/"+revoked.Key.ID+"/revoke", "")
	expired := s.create(t, "admin", `{"name":"expired","role":"Agent"}`)
	s.do(t, "admin", http.MethodPost, "/v1/keys/"+expired.Key.ID+"/rotate", `{"overlap":0}`)
	deleted := s.create(t, "admin", `{"name":"deleted","role":"Agent"}`)
	s.do(t, "admin", http.MethodDelete, "/v1/keys/"+deleted.Key.ID, "")
	unknown, _ := apikey.NewToken()

	for name, c := range map[string]struct {
		body string
		want apikey.Code
	}{
		"good":              {`{"token":"` + agent.Token + `"}`, apikey.CodeValid},
		"permission":        {`{"token":"` + agent.Token + `","permission":"ingest"}`, apikey.CodeValid},
		"all empty":         {`{"token":"` + agent.Token + `","permission":"","endpoint":"","address":""}`, apikey.CodeValid},
		"wrong permission":  {`{"token":"` + agent.Token + `","permission":"read"}`, apikey.CodeForbidden},
		"limited, allowed":  {`{"token":"` + limited.Token + `","endpoint":"kuma","address":"192.0.2.9"}`, apikey.CodeValid},
		"mapped address":    {`{"token":"` + limited.Token + `","endpoint":"kuma","address":"::ffff:192.0.2.9"}`, apikey.CodeValid},
		"other address":     {`{"token":"` + limited.Token + `","endpoint":"kuma","address":"198.51.100.1"}`, apikey.CodeForbidden},
		"no address":        {`{"token":"` + limited.Token + `","endpoint":"kuma"}`, apikey.CodeForbidden},
		"other endpoint":    {`{"token":"` + limited.Token + `","endpoint":"pyroscope","address":"192.0.2.9"}`, apikey.CodeForbidden},
		"no endpoint":       {`{"token":"` + limited.Token + `","address":"192.0.2.9"}`, apikey.CodeForbidden},
		"nothing":           {`{"token":""}`, apikey.CodeMissing},
		"malformed":         {`{"token":"secret"}`, apikey.CodeInvalidToken},
		"cut":               {`{"token":"` + agent.Token[:apikey.TokenLength-1] + `"}`, apikey.CodeInvalidToken},
		"unknown":           {`{"token":"` + unknown + `"}`, apikey.CodeInvalidToken},
		"theirs":            {`{"token":"` + theirs.Token + `"}`, apikey.CodeInvalidToken},
		"theirs, revoked":   {`{"token":"` + revokedTheirs.Token + `"}`, apikey.CodeInvalidToken},
		"theirs, forbidden": {`{"token":"` + theirs.Token + `","permission":"manage"}`, apikey.CodeInvalidToken},
		"disabled":          {`{"token":"` + disabled.Token + `"}`, apikey.CodeDisabled},
		"revoked":           {`{"token":"` + revoked.Token + `"}`, apikey.CodeRevoked},
		"expired":           {`{"token":"` + expired.Token + `"}`, apikey.CodeExpired},
		"deleted":           {`{"token":"` + deleted.Token + `"}`, apikey.CodeInvalidToken},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.do(t, "viewer", http.MethodPost, "/v1/verify", c.body)
			require.Equal(t, http.StatusOK, r.StatusCode, r.body)
			requireNoToken(t, r.body)
			if c.want != apikey.CodeValid {
				requireRefusal(t, c.want, r.body)
				return
			}
			got := decode[api.VerifyResponse](t, r.body)
			require.True(t, got.Valid)
			require.Equal(t, "valid", got.Code)
			require.Contains(t, c.body, got.Key.ID)
			require.Equal(t, apikey.StateActive, got.Key.State)
		})
	}
	require.Empty(t, s.log.String())

	// Only good verifications count as uses.
	require.NoError(t, s.recorder.Flush(t.Context()))
	uses := func(id string) api.Key {
		return decode[api.Key](t, s.do(t, "admin", http.MethodGet, "/v1/keys/"+id, "").body)
	}
	used := uses(limited.Key.ID)
	require.EqualValues(t, 2, used.UseCount)
	require.Equal(t, "192.0.2.9", used.LastUsedFrom)
	require.NotNil(t, used.LastUsedAt)
	used = uses(agent.Key.ID)
	require.EqualValues(t, 3, used.UseCount)
	require.Empty(t, used.LastUsedFrom, "the address of who asks is not that of who uses the key")
	require.Zero(t, uses(disabled.Key.ID).UseCount)
}

// TestVerifyForAnEndpointOfTheGate asks as /auth?endpoint=NAME does: what the
// endpoint demands counts, and a permission that is given replaces its own.
func TestVerifyForAnEndpointOfTheGate(t *testing.T) {
	demands := map[string]httpapi.Demand{
		"pyroscope": {AnyOf: []apikey.Permission{apikey.PermissionIngest}},
		"tills":     {AnyOf: []apikey.Permission{apikey.PermissionRead}, Pool: "payments"},
		"elsewhere": {AnyOf: []apikey.Permission{apikey.PermissionRead}, OrgID: 7},
		"loki":      {AnyOf: []apikey.Permission{apikey.PermissionManage, apikey.PermissionIngest}},
	}
	s := start(t, func(set *settings) { set.http.Demand = func(name string) httpapi.Demand { return demands[name] } })
	agent := s.create(t, "admin", `{"name":"agent","role":"Agent"}`)
	viewer := s.create(t, "admin", `{"name":"viewer","role":"Viewer"}`)
	till := s.create(t, "admin", `{"name":"till","role":"Viewer","pool":"payments"}`)
	off := s.create(t, "admin", `{"name":"off","role":"Viewer"}`)
	s.do(t, "admin", http.MethodPatch, "/v1/keys/"+off.Key.ID, `{"enabled":false}`)
	for _, c := range []struct {
		key                  api.IssuedKey
		endpoint, permission string
		want                 apikey.Code
	}{
		{agent, "pyroscope", "", apikey.CodeValid},
		{viewer, "pyroscope", "", apikey.CodeForbidden},
		{viewer, "pyroscope", "read", apikey.CodeValid},
		{agent, "pyroscope", "read", apikey.CodeForbidden},
		{till, "tills", "", apikey.CodeValid},
		{viewer, "tills", "", apikey.CodeForbidden},
		{viewer, "tills", "read", apikey.CodeForbidden},
		{agent, "loki", "", apikey.CodeValid},
		{viewer, "loki", "", apikey.CodeForbidden},
		{agent, "loki", "manage", apikey.CodeForbidden},
		{viewer, "elsewhere", "", apikey.CodeInvalidToken},
		{off, "elsewhere", "", apikey.CodeInvalidToken},
		{viewer, "unknown", "", apikey.CodeValid},
		{viewer, "", "", apikey.CodeValid},
	} {
		body := `{"token":"` + c.key.Token + `","endpoint":"` + c.endpoint + `","permission":"` + c.permission + `"}`
		got := decode[api.VerifyResponse](t, s.do(t, "viewer", http.MethodPost, "/v1/verify", body).body)
		require.Equal(t, string(c.want), got.Code, "%s at %q with %q", c.key.Key.Name, c.endpoint, c.permission)
		require.Equal(t, c.want == apikey.CodeValid, got.Valid)
	}
	got := s.do(t, "viewer", http.MethodPost, "/v1/verify", `{"token":"","endpoint":"elsewhere"}`).body
	requireRefusal(t, apikey.CodeMissing, got)
}

// TestVerifyTrustsTheStoreOverAnOlderReplica changes keys behind the replica's
// back, as another process does.
func TestVerifyTrustsTheStoreOverAnOlderReplica(t *testing.T) {
	s := start(t, func(set *settings) { set.service.Changed = nil })
	body := func(k api.IssuedKey) string { return `{"token":"` + k.Token + `"}` }
	revoked := s.create(t, "admin", `{"name":"revoked","role":"Agent"}`)
	deleted := s.create(t, "admin", `{"name":"deleted","role":"Agent"}`)
	require.NoError(t, s.replica.Sync(t.Context()))
	require.Contains(t, s.do(t, "viewer", http.MethodPost, "/v1/verify", body(revoked)).body, `"valid":true`)

	s.do(t, "admin", http.MethodPost, "/v1/keys/"+revoked.Key.ID+"/revoke", "")
	s.do(t, "admin", http.MethodDelete, "/v1/keys/"+deleted.Key.ID, "")
	requireRefusal(t, apikey.CodeRevoked, s.do(t, "viewer", http.MethodPost, "/v1/verify", body(revoked)).body)
	requireRefusal(t, apikey.CodeInvalidToken, s.do(t, "viewer", http.MethodPost, "/v1/verify", body(deleted)).body)
}

func TestVerifyWithoutDecision(t *testing.T) {
	s := start(t, func(set *settings) { set.http.Verifier = unready{} })
	r := s.do(t, "viewer", http.MethodPost, "/v1/verify", `{"token":"`+strings.Repeat("x", apikey.TokenLength)+`"}`)
	p := problem(t, r)
	require.Equal(t, http.StatusServiceUnavailable, p.Status)
	require.Equal(t, "The keys are being loaded.", p.Detail)
	require.NotEmpty(t, r.Header.Get("Retry-After"))
}

// unready is a Verifier that has not loaded its keys.
type unready struct{}

func (unready) Verify(verify.Question) verify.Decision {
	return verify.Decision{Code: apikey.CodeUnavailable, Reason: "The keys are being loaded."}
}

// requireRefusal expects the answer about a token that would not be let in, which
// says why.
func requireRefusal(t *testing.T, code apikey.Code, body string) {
	t.Helper()
	got := decode[api.VerifyResponse](t, body)
	require.NotEmpty(t, got.Reason)
	require.Equal(t, api.VerifyResponse{Code: string(code), Reason: got.Reason}, got)
}
