package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestLifeOfAKey(t *testing.T) {
	s := start(t)
	before := s.service.Now()

	r := s.do(t, "admin", http.MethodPost, "/v1/keys", `{
		"name": " edge agents ", "description": "for the edge", "role": "Agent", "pool": "edge",
		"endpoints": ["pyroscope", "kuma", "kuma"], "allowedCidrs": ["10.1.2.3/8", "2001:db8::1"], "expiresIn": "12h"}`)
	require.Equal(t, http.StatusCreated, r.StatusCode, r.body)
	require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
	issued := decode[api.IssuedKey](t, r.body)
	key := issued.Key
	id, ok := apikey.ParseToken(issued.Token)
	require.True(t, ok, "the token is whole")
	require.WithinRange(t, *key.ExpiresAt, before.Add(12*time.Hour), before.Add(12*time.Hour+time.Minute))
	require.WithinRange(t, key.CreatedAt, before, before.Add(time.Minute))
	want := api.Key{
		ID: id.String(), Number: key.Number, OrgID: 1, Name: "edge agents", Description: "for the edge", Role: apikey.RoleAgent,
		Owner: "admin", Labels: map[string]string{}, Tenants: []string{},
		Pool: "edge", Endpoints: []string{"kuma", "pyroscope"}, AllowedCIDRs: []string{"10.0.0.0/8", "2001:db8::1/128"},
		State: apikey.StateActive, Enabled: true, CreatedAt: key.CreatedAt, CreatedBy: "admin", ExpiresAt: key.ExpiresAt,
		Hint: apikey.Hint(issued.Token), Actions: []string{"edit", "rotate", "disable", "revoke", "delete"},
		Tokens: []api.Token{{
			ID: id.String(), Hint: apikey.Hint(issued.Token), State: apikey.StateActive, CreatedAt: key.CreatedAt, CreatedBy: "admin", ExpiresAt: key.ExpiresAt,
		}},
	}
	require.Empty(t, cmp.Diff(want, key))
	path := "/v1/keys/" + key.ID

	get := func() api.Key {
		t.Helper()
		r := s.do(t, "admin", http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, r.StatusCode, r.body)
		return decode[api.Key](t, r.body)
	}
	patch := func(body string) api.Key {
		t.Helper()
		r := s.do(t, "admin", http.MethodPatch, path, body)
		require.Equal(t, http.StatusOK, r.StatusCode, r.body)
		return decode[api.Key](t, r.body)
	}
	require.Empty(t, cmp.Diff(want, get()))

	want.Name, want.Description, want.Endpoints, want.AllowedCIDRs, want.ExpiresAt = "edge", "", []string{}, []string{"192.0.2.0/24"}, nil
	want.Tokens[0].ExpiresAt = nil
	require.Empty(t, cmp.Diff(want, patch(`{"name":"edge","description":"","endpoints":[],"allowedCidrs":["192.0.2.0/24"],"expiresAt":null}`)))
	want.Enabled, want.State, want.Tokens[0].State, want.Actions[2] = false, apikey.StateDisabled, apikey.StateDisabled, "enable"
	require.Empty(t, cmp.Diff(want, patch(`{"enabled":false}`)))
	require.Empty(t, cmp.Diff(want, patch(`{}`)), "nothing asked, nothing changed")
	want.Enabled, want.State, want.Role, want.Tokens[0].State, want.Actions[2] = true, apikey.StateActive, apikey.RoleViewer, apikey.StateActive, "disable"
	require.Empty(t, cmp.Diff(want, patch(`{"enabled":true,"role":"Viewer"}`)))
	end := time.Date(2090, 2, 1, 0, 0, 0, 0, time.UTC)
	want.ExpiresAt, want.Tokens[0].ExpiresAt = &end, &end
	require.Empty(t, cmp.Diff(want, patch(`{"expiresAt":"2090-01-31"}`)))
	require.Empty(t, cmp.Diff(want, get()))
	want.ExpiresAt, want.Tokens[0].ExpiresAt = nil, nil
	require.Empty(t, cmp.Diff(want, patch(`{"expiresAt":"never"}`)))

	r = s.do(t, "admin", http.MethodPost, path+"/revoke", "")
	require.Equal(t, http.StatusOK, r.StatusCode, r.body)
	revoked := decode[api.Key](t, r.body)
	require.NotNil(t, revoked.RevokedAt)
	want.State, want.RevokedAt = apikey.StateRevoked, revoked.RevokedAt
	want.Tokens[0].State, want.Actions = apikey.StateRevoked, []string{"edit", "delete"}
	require.Empty(t, cmp.Diff(want, revoked))
	r = s.do(t, "admin", http.MethodPost, path+"/revoke", `{}`)
	require.Empty(t, cmp.Diff(want, decode[api.Key](t, r.body)), "revoking again changes nothing")

	r = s.do(t, "admin", http.MethodDelete, path, "")
	require.Equal(t, http.StatusNoContent, r.StatusCode, r.body)
	require.Empty(t, r.body)
	r = s.do(t, "admin", http.MethodGet, path, "")
	require.Equal(t, apikey.CodeNotFound, problem(t, r).Code)
}

func TestLifetimes(t *testing.T) {
	s := start(t)
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		field string
		want  time.Duration // 0 = never
	}{
		"policy":         {``, 90 * day},
		"left out null":  {`,"expiresIn":null`, 90 * day},
		"number":         {`,"expiresIn":3600`, time.Hour},
		"whole exponent": {`,"expiresIn":3.6e3`, time.Hour},
		"number as text": {`,"expiresIn":"3600"`, time.Hour},
		"unit":           {`,"expiresIn":"90d"`, 90 * day},
		"units":          {`,"expiresIn":"1d12h"`, 36 * time.Hour},
		"zero":           {`,"expiresIn":0`, 0},
		"zero as text":   {`,"expiresIn":"0"`, 0},
		"never in":       {`,"expiresIn":"never"`, 0},
		"never at":       {`,"expiresAt":"Never"`, 0},
		"null at":        {`,"expiresAt":null`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.doLoosely(t, "admin", http.MethodPost, "/v1/keys", `{"name":"`+name+`","role":"Viewer"`+c.field+`}`)
			require.Equal(t, http.StatusCreated, r.StatusCode, r.body)
			key := decode[api.IssuedKey](t, r.body).Key
			if c.want == 0 {
				require.Nil(t, key.ExpiresAt)
				return
			}
			require.NotNil(t, key.ExpiresAt)
			require.Equal(t, c.want, key.ExpiresAt.Sub(key.CreatedAt))
		})
	}
}

func TestRotate(t *testing.T) {
	s := start(t)
	for name, c := range map[string]struct {
		body    string
		overlap time.Duration
		ttl     time.Duration // of the key; 0 = never
	}{
		"no body":    {"", 24 * time.Hour, 90 * 24 * time.Hour},
		"no fields":  {"{}", 24 * time.Hour, 90 * 24 * time.Hour},
		"text":       {`{"overlap":"1h"}`, time.Hour, 90 * 24 * time.Hour},
		"number":     {`{"overlap":60,"expiresIn":"7d"}`, time.Minute, 7 * 24 * time.Hour},
		"at once":    {`{"overlap":0,"expiresAt":null}`, 0, 0},
		"white room": {" \n", 24 * time.Hour, 90 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			old := s.create(t, "admin", `{"name":"`+name+`","role":"Editor","endpoints":["kuma"],"expiresIn":0}`)
			path := "/v1/keys/" + old.Key.ID
			r := s.doLoosely(t, "admin", http.MethodPost, path+"/rotate", c.body)
			require.Equal(t, http.StatusCreated, r.StatusCode, r.body)
			require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
			fresh := decode[api.IssuedKey](t, r.body)
			require.NotEqual(t, old.Token, fresh.Token)
			key := decode[api.Key](t, s.do(t, "admin", http.MethodGet, path, "").body)
			require.Equal(t, []string{old.Key.ID, name}, []string{fresh.Key.ID, fresh.Key.Name})
			require.Equal(t, []string{"kuma"}, fresh.Key.Endpoints)
			require.Len(t, key.Tokens, 2)
			first, second := key.Tokens[0], key.Tokens[1]
			if c.ttl == 0 {
				require.Nil(t, key.ExpiresAt)
			} else {
				require.Equal(t, c.ttl, key.ExpiresAt.Sub(second.CreatedAt))
			}
			require.Equal(t, []string{old.Token[4:16], fresh.Token[4:16]}, []string{first.ID, second.ID})
			require.Equal(t, []string{apikey.Hint(fresh.Token), apikey.Hint(fresh.Token)}, []string{key.Hint, second.Hint})
			require.Equal(t, key.ExpiresAt, second.ExpiresAt)
			require.Equal(t, c.overlap, first.ExpiresAt.Sub(second.CreatedAt))
			require.Equal(t, c.overlap == 0, first.State == apikey.StateExpired)
			require.Equal(t, apikey.StateActive, key.State)
		})
	}
}

func TestLastAdminIsKeptUnlessForced(t *testing.T) {
	s := start(t, func(set *settings) { set.service.KeepLastAdmin = true })
	last := s.create(t, "admin", `{"name":"last","role":"Admin"}`)
	path := "/v1/keys/" + last.Key.ID
	for _, c := range []struct{ method, target, body string }{
		{http.MethodPatch, path, `{"enabled":false}`},
		{http.MethodPatch, path, `{"expiresIn":"1d"}`},
		{http.MethodPatch, path, `{"endpoints":["kuma"]}`},
		{http.MethodPatch, path, `{"allowedCidrs":["10.0.0.0/8"]}`},
		{http.MethodPost, path + "/revoke", ""},
		{http.MethodDelete, path, ""},
		{http.MethodDelete, path + "?force=false", ""},
	} {
		p := problem(t, s.do(t, "admin", c.method, c.target, c.body))
		require.Equal(t, apikey.CodeLastAdmin, p.Code)
		require.Equal(t, http.StatusConflict, p.Status)
	}
	require.Equal(t, http.StatusOK, s.do(t, "admin", http.MethodPatch, path+"?force=true", `{"enabled":false}`).StatusCode)
	require.Equal(t, http.StatusOK, s.do(t, "admin", http.MethodPatch, path, `{"enabled":true}`).StatusCode)
	require.Equal(t, http.StatusOK, s.do(t, "admin", http.MethodPost, path+"/revoke?force=true", "").StatusCode)
	require.Equal(t, http.StatusNoContent, s.do(t, "admin", http.MethodDelete, path+"?force=true", "").StatusCode)
}

// One token ends alone, and every token with its key.
func TestTokensEnd(t *testing.T) {
	s := start(t)
	made := s.create(t, "admin", `{"name":"edge","role":"Agent"}`)
	path := "/v1/keys/" + made.Key.ID
	rotate := func() string {
		return decode[api.IssuedKey](t, s.do(t, "admin", http.MethodPost, path+"/rotate", "").body).Token
	}
	code := func(token string) string {
		v := s.do(t, "viewer", http.MethodPost, "/v1/verify", `{"token":"`+token+`","permission":"ingest"}`)
		return decode[api.VerifyResponse](t, v.body).Code
	}
	end := func(caller, token string) int {
		return s.do(t, caller, http.MethodDelete, path+"/tokens/"+token[4:16], "").StatusCode
	}
	require.Equal(t, http.StatusConflict, end("admin", made.Token), "it is the last")
	second, third := rotate(), rotate()
	require.Equal(t, http.StatusForbidden, end("viewer", second))
	require.Equal(t, http.StatusNotFound, end("other", second))
	require.Equal(t, http.StatusNotFound, end("admin", "ost_aaaaaaaaaaaa"))
	require.Equal(t, []string{"valid", "valid", "valid"}, []string{code(made.Token), code(second), code(third)})
	require.Equal(t, http.StatusNoContent, end("admin", second))
	require.Equal(t, http.StatusNoContent, end("admin", second), "once more changes nothing")
	require.Equal(t, []string{"valid", "revoked", "valid"}, []string{code(made.Token), code(second), code(third)})

	require.Equal(t, http.StatusOK, s.do(t, "admin", http.MethodPatch, path, `{"enabled":false}`).StatusCode)
	require.Equal(t, []string{"disabled", "revoked", "disabled"}, []string{code(made.Token), code(second), code(third)})
	require.Equal(t, http.StatusOK, s.do(t, "admin", http.MethodPatch, path, `{"enabled":true,"role":"Viewer"}`).StatusCode)
	require.Equal(t, []string{"forbidden", "revoked", "forbidden"}, []string{code(made.Token), code(second), code(third)})
	require.Equal(t, http.StatusNoContent, s.do(t, "admin", http.MethodDelete, path, "").StatusCode)
	require.Equal(t, []string{"invalid_token", "invalid_token", "invalid_token"}, []string{code(made.Token), code(second), code(third)})
}

// Use counts for the token and for its key.
func TestUseOfTokens(t *testing.T) {
	s := start(t)
	made := s.create(t, "admin", `{"name":"edge","role":"Agent"}`)
	path := "/v1/keys/" + made.Key.ID
	second := decode[api.IssuedKey](t, s.do(t, "admin", http.MethodPost, path+"/rotate", "").body).Token
	for _, token := range []string{made.Token, second, second} {
		require.Equal(t, http.StatusOK, s.do(t, "viewer", http.MethodPost, "/v1/verify", `{"token":"`+token+`"}`).StatusCode)
	}
	require.NoError(t, s.recorder.Flush(t.Context()))
	key := decode[api.Key](t, s.do(t, "admin", http.MethodGet, path, "").body)
	require.Equal(t, []int64{3, 1, 2}, []int64{key.UseCount, key.Tokens[0].UseCount, key.Tokens[1].UseCount})
	require.Equal(t, key.LastUsedAt, key.Tokens[1].LastUsedAt)
}

// A caller who cannot manage keys gets no actions.
func TestActionsAreThoseOfTheCaller(t *testing.T) {
	s := start(t)
	made := s.create(t, "admin", `{"name":"edge","role":"Agent"}`)
	for caller, want := range map[string][]string{"viewer": {}, "admin": {"edit", "rotate", "disable", "revoke", "delete"}} {
		v := s.do(t, caller, http.MethodPost, "/v1/verify", `{"token":"`+made.Token+`"}`)
		require.Equal(t, want, decode[api.VerifyResponse](t, v.body).Key.Actions)
	}
}

// TestOtherOrganizationsAreInvisible asks for a key of another organization,
// which must look like one that does not exist.
func TestOtherOrganizationsAreInvisible(t *testing.T) {
	s := start(t)
	foreign := s.create(t, "other", `{"name":"theirs","role":"Viewer"}`)
	for _, c := range []struct{ method, action, body string }{
		{http.MethodGet, "", ""},
		{http.MethodPatch, "", `{"name":"mine"}`},
		{http.MethodDelete, "", ""},
		{http.MethodDelete, "?force=true", ""},
		{http.MethodPost, "/revoke", ""},
		{http.MethodPost, "/rotate", ""},
		{http.MethodDelete, "/tokens/" + foreign.Key.ID, ""},
	} {
		theirs := s.do(t, "admin", c.method, "/v1/keys/"+foreign.Key.ID+c.action, c.body)
		require.Equal(t, apikey.CodeNotFound, problem(t, theirs).Code)
		nobodys := s.do(t, "admin", c.method, "/v1/keys/0123456789ab"+c.action, c.body)
		require.Equal(t, nobodys.body, theirs.body)
	}
	list := decode[api.KeyList](t, s.do(t, "admin", http.MethodGet, "/v1/keys?count=true", "").body)
	require.Empty(t, list.Keys)
	require.Zero(t, *list.Total)
	audit := decode[api.AuditList](t, s.do(t, "admin", http.MethodGet, "/v1/audit?keyId="+foreign.Key.ID, "").body)
	require.Empty(t, audit.Entries)
	s.create(t, "admin", `{"name":"theirs","role":"Viewer"}`) // names are an organization's own
}

// What is not UTF-8 is refused: a decoder of JSON would put something else.
func TestTextThatIsNotUTF8IsNotReplaced(t *testing.T) {
	s := start(t)
	for _, name := range []string{"bad\xff", `bad\ud800`} {
		for _, field := range []string{"name", "description"} {
			p := problem(t, s.do(t, "admin", http.MethodPost, "/v1/keys", `{"role":"Viewer","`+field+`":"`+name+`","`+map[string]string{"name": "description", "description": "name"}[field]+`":"n"}`))
			require.Equal(t, http.StatusBadRequest, p.Status)
			require.Equal(t, []apikey.FieldError{{Field: field, Detail: "holds the character U+FFFD at byte 3, which stands for text that was not valid UTF-8"}}, p.Errors)
		}
	}
}
