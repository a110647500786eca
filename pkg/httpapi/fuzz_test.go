package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// aToken is whole, and of no key.
const aToken = "ost_0123456789AB_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg0NPppe"

// common are bodies that no request should be confused by.
var common = []string{
	``, ` `, `{}`, `null`, `[]`, `""`, `0`, `true`, `{`, `{"`, `{"a":`, `{}{}`, `{} x`, "\xff", `{"\ud800":1}`,
	`{"` + aToken + `":1}`, `"` + aToken + `"`, aToken, `{"name":1e999}`, strings.Repeat(`{"a":`, 50),
}

func FuzzCreate(f *testing.F) {
	fuzzBody(f, http.MethodPost, "/v1/keys",
		`{"name":"x","role":"Viewer"}`, `{"name":"x","role":"Viewer","expiresIn":"90d"}`, `{"name":"y","role":"agent","expiresIn":3600}`,
		`{"name":"`+aToken+`","role":"`+aToken+`"}`, `{"name":"x","role":"Admin","expiresAt":"2090-01-31","pool":"p"}`,
		`{"name":"x","role":"Editor","endpoints":["a","b"],"allowedCidrs":["10.0.0.0/8","::1","::ffff:10.0.0.0/104"]}`,
		`{"name":"x","role":"Viewer","expiresIn":null,"expiresAt":null}`, `{"NAME":"x","name":"z","Role":"Viewer"}`,
		`{"name":"x","role":"Viewer","expiresIn":9223372036854775807}`, `{"name":"x","role":"Viewer","expiresIn":-1e18}`,
		`{"name":"x","role":"Viewer","expiresAt":"9999-12-31T23:59:59-23:59"}`, `{"name":"x","role":"Viewer","expiresAt":"0000-01-01"}`)
}

func FuzzUpdate(f *testing.F) {
	fuzzBody(f, http.MethodPatch, "/v1/keys/{id}",
		`{"name":"x"}`, `{"name":null}`, `{"description":"a\nb","enabled":false}`, `{"expiresAt":null}`, `{"expiresAt":"never"}`,
		`{"expiresAt":"2090-01-31T00:00:00Z"}`, `{"expiresIn":"1w"}`, `{"endpoints":[],"allowedCidrs":[]}`, `{"role":"Admin"}`, `{"role":""}`,
		`{"allowedCidrs":["`+aToken+`"]}`, `{"endpoints":["`+aToken+`"]}`, `{"name":"\u0000"}`)
}

func FuzzRotate(f *testing.F) {
	fuzzBody(f, http.MethodPost, "/v1/keys/{id}/rotate",
		`{"overlap":"24h"}`, `{"overlap":0}`, `{"overlap":"never"}`, `{"overlap":"1h","expiresIn":"90d"}`, `{"expiresAt":"2090-01-31"}`,
		`{"overlap":3153600000}`, `{"overlap":"`+aToken+`"}`, `{"overlap":""}`)
}

func FuzzVerify(f *testing.F) {
	fuzzBody(f, http.MethodPost, "/v1/verify",
		`{"token":"`+aToken+`"}`, `{"token":""}`, `{"token":"x","permission":"ingest","endpoint":"kuma","address":"192.0.2.1"}`,
		`{"token":"x","address":"fe80::1%eth0"}`, `{"token":"x","permission":"`+aToken+`"}`, `{"token":"x","endpoint":"`+aToken+`"}`,
		`{"token":"x","address":"`+aToken+`"}`, `{"token":"\u0000"}`)
}

// fuzzBody sends bodies to a route. The API must know an answer to each of them, and no error may hold a token. "{id}"
// in the path is replaced by an existing key.
func fuzzBody(f *testing.F, method, path string, seeds ...string) {
	f.Helper()
	for _, seed := range append(seeds, common...) {
		f.Add([]byte(seed))
	}
	s := start(f)
	key := s.create(f, "admin", `{"name":"the key","role":"Viewer"}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		if strings.HasSuffix(path, "/rotate") { // only the newest key can be rotated
			key = s.newest(t)
		}
		r := httptest.NewRequestWithContext(t.Context(), method, strings.Replace(path, "{id}", key.Key.ID, 1), strings.NewReader(string(body)))
		r.Header.Set("X-Test-Caller", "admin")
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)

		require.Less(t, w.Code, 500, w.Body.String())
		require.True(t, json.Valid(w.Body.Bytes()))
		if w.Code < 400 {
			return
		}
		p := decode[api.Problem](t, w.Body.String())
		require.Equal(t, w.Code, p.Status)
		require.NotEmpty(t, p.Detail)
		requireNoToken(t, w.Body.String())
		if p.Code == apikey.CodeInvalid && len(p.Errors) == 0 {
			require.Contains(t, p.Detail, "body", "what is at fault is named")
		}
	})
}

// newest returns the key that was made last.
func (s *server) newest(tb testing.TB) api.IssuedKey {
	tb.Helper()
	keys, _, err := s.service.Keys(as(tb, "admin"), apikey.Query{Sort: apikey.SortNumber, Descending: true, Limit: 1})
	require.NoError(tb, err)
	return api.IssuedKey{Key: api.FromKey(keys[0], s.service.Now())}
}
