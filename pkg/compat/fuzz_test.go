package compat_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// aToken is whole, and of no key.
const aToken = "ost_0123456789AB_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg0NPppe"

// common are bodies that no request should be confused by.
var common = []string{
	``, ` `, `{}`, `null`, `[]`, `""`, `0`, `true`, `{`, `{"`, `{"a":`, `{}{}`, `{} x`, "\xff", `{"\ud800":1}`,
	`{"` + aToken + `":1}`, `"` + aToken + `"`, aToken, `{"name":1e999}`, `{"name":null}`, strings.Repeat(`{"a":`, 50),
}

func FuzzPyroscope(f *testing.F) {
	fuzzBody(f, "pyroscope", "/api/keys",
		`{"name":"x","role":"Agent"}`, `{"name":"y","role":"ADMIN","ttlSeconds":60}`, `{"name":"z","role":"readonly","ttlSeconds":0}`,
		`{"name":"`+aToken+`","role":"`+aToken+`"}`, `{"name":"x","role":"Agent","ttlSeconds":9223372036854775807}`,
		`{"name":"x","role":"Agent","ttlSeconds":-9223372036854775808}`, `{"NAME":"a","Role":"agent","TTLseconds":1}`, `{"name":"\u0000","role":"Agent"}`)
}

func FuzzGrafana(f *testing.F) {
	fuzzBody(f, "grafana", "/api/auth/keys",
		`{"name":"x","role":"Viewer"}`, `{"name":"y","role":"editor","secondsToLive":60}`, `{"name":"z","role":"Admin","secondsToLive":0}`,
		`{"name":"`+aToken+`","role":"`+aToken+`"}`, `{"name":"x","role":"Viewer","secondsToLive":9223372036854775807}`,
		`{"name":"x","role":"Viewer","secondsToLive":-1}`, `{"name":"x","role":"Viewer","secondsToLive":"`+aToken+`"}`)
}

func FuzzStackState(f *testing.F) {
	fuzzBody(f, "stackstate", ingestionKeys,
		`{"name":"x"}`, `{"name":"y","description":"a\nb","expiration":4102444800000}`, `{"name":"z","description":null,"expiration":null}`,
		`{"name":"`+aToken+`","description":"`+aToken+`"}`, `{"name":"x","expiration":9223372036854775807}`,
		`{"name":"x","expiration":-9223372036854775808}`, `{"name":"x","expiration":"`+aToken+`"}`)
}

func FuzzAuthorize(f *testing.F) {
	fuzzBody(f, "stackstate", "/api/security/ingestion/authorize",
		`{"apiKey":"x"}`, `{"apiKey":""}`, `{"apiKey":null}`, `{"apiKey":"`+aToken+`"}`, `{"apiKey":["`+aToken+`"]}`, `{"apiKey":"\u0000"}`)
}

// fuzzBody sends bodies to a route. The API must know an answer to each of them in the system's form, and no error may
// hold a token.
func fuzzBody(f *testing.F, system, path string, seeds ...string) {
	f.Helper()
	for _, seed := range append(seeds, common...) {
		f.Add(seed)
	}
	h := start(f)
	f.Fuzz(func(t *testing.T, body string) {
		r := h.do(t, http.MethodPost, path, body)
		require.Less(t, r.StatusCode, 500, r.body)
		if r.StatusCode >= 400 {
			require.NotEmpty(t, refused(t, system, r.body))
			return
		}
		require.True(t, r.StatusCode == http.StatusNoContent || json.Valid([]byte(r.body)))
	})
}
