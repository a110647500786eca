package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// codes are all codes with their statuses.
var codes = map[apikey.Code]int{
	apikey.CodeInvalid: 400, apikey.CodeUnauthenticated: 401, apikey.CodeMissing: 401, apikey.CodeInvalidToken: 401,
	apikey.CodeDisabled: 401, apikey.CodeExpired: 401, apikey.CodeRevoked: 401, apikey.CodeForbidden: 403, apikey.CodeNotFound: 404,
	apikey.CodeNoEndpoint: 404, apikey.CodeMethodNotAllowed: 405, apikey.CodeRequestTimeout: 408, apikey.CodeDuplicateName: 409,
	apikey.CodeConflict: 409, apikey.CodeLastAdmin: 409, apikey.CodeTooLarge: 413, apikey.CodeMediaType: 415, apikey.CodeRateLimited: 429,
	apikey.CodeLimited: 429, apikey.CodeHeld: 503,
	apikey.CodeInternal: 500, apikey.CodeUpstream: 502, apikey.CodeUnavailable: 503,
}

func TestAllCodesAreTestedAndDescribed(t *testing.T) {
	require.ElementsMatch(t, slices.Collect(maps.Keys(codes)), api.Codes())

	doc, err := openapi3.NewLoader().LoadFromData([]byte(api.OpenAPI))
	require.NoError(t, err)
	described := doc.Components.Schemas["Problem"].Value.Properties["code"].Value.Enum
	ofTheGate := []apikey.Code{ // never of the resource API
		apikey.CodeNoEndpoint, apikey.CodeRequestTimeout, apikey.CodeUpstream, apikey.CodeLimited, apikey.CodeHeld,
	}
	for code := range codes {
		require.Equal(t, slices.Contains(ofTheGate, code), !slices.Contains(described, any(string(code))), code)
	}
	require.Len(t, described, len(codes)-len(ofTheGate))
}

func TestProblemsThereAndBack(t *testing.T) {
	titles := map[string]bool{}
	for code, status := range codes {
		t.Run(string(code), func(t *testing.T) {
			w := httptest.NewRecorder()
			api.NewProblem(code, "What happened.", apikey.FieldError{Field: "name", Detail: "is wrong"}).Write(w)
			require.Equal(t, status, w.Code)
			require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			require.Equal(t, status == 429 || status == 503, w.Header().Get("Retry-After") != "")
			require.Equal(t, status == 401, w.Header().Get("WWW-Authenticate") != "")

			var p api.Problem
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
			require.Equal(t, "urn:ostiary:error:"+string(code), p.Type)
			require.Equal(t, status, p.Status)
			require.NotContains(t, titles, p.Title, "every code has a title of its own")
			titles[p.Title] = true

			err := fmt.Errorf("create the key: %w", p.Err())
			require.Equal(t, code, apikey.ErrorCode(err))
			require.EqualError(t, p.Err(), "What happened.; name: is wrong")
			var domain *apikey.Error
			require.ErrorAs(t, err, &domain)
			require.Equal(t, p.Errors, domain.Fields)
		})
	}
}

func TestProblemOf(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		code   apikey.Code
		detail string
	}{
		"domain":       {apikey.Errorf(apikey.CodeConflict, "It was revoked."), apikey.CodeConflict, "It was revoked."},
		"wrapped":      {fmt.Errorf("outside: %w", apikey.Errorf(apikey.CodeNotFound, "There is none.")), apikey.CodeNotFound, "There is none."},
		"store":        {apikey.Unavailable("read a key", errors.New("disk on fire")), apikey.CodeUnavailable, "The key store cannot be reached at the moment. Try again shortly."},
		"unknown code": {apikey.Errorf("made_up", "Text."), apikey.CodeInternal, "Text."},
		"unknown":      {errors.New("nil map"), apikey.CodeInternal, "The server met a fault of its own while it handled the request; its log says more."},
		"internal":     {apikey.Errorf(apikey.CodeInternal, "nil map"), apikey.CodeInternal, "The server met a fault of its own while it handled the request; its log says more."},
		"too late":     {fmt.Errorf("read: %w", context.DeadlineExceeded), apikey.CodeUnavailable, "The request took too long. Try again shortly."},
	} {
		t.Run(name, func(t *testing.T) {
			p := api.ProblemOf(c.err)
			require.Equal(t, c.code, p.Code)
			require.Equal(t, c.detail, p.Detail)
		})
	}
}

func TestProblemsHideTokens(t *testing.T) {
	token, id := apikey.NewToken()
	p := api.NewProblem(apikey.CodeInvalid, "See "+token+".", apikey.FieldError{Field: token, Detail: `"` + token[:40] + `…" is not a role`})
	shown := "ost_" + id.String() + "_…"
	require.Equal(t, "See "+shown+".", p.Detail)
	require.Equal(t, []apikey.FieldError{{Field: shown, Detail: `"` + shown + `…" is not a role`}}, p.Errors)
	require.NotContains(t, asJSON(t, p), token[17:25])

	answered := api.Problem{Code: apikey.CodeInvalid, Detail: token}.Err()
	require.EqualError(t, answered, shown, "an answered error reads like a local one")
	require.Equal(t, apikey.Hint(token), apikey.Redact(apikey.Hint(token)), "what may be shown is shown")
}

func TestErrorOfStatus(t *testing.T) {
	for status, code := range map[int]apikey.Code{
		401: apikey.CodeUnauthenticated, 403: apikey.CodeForbidden, 413: apikey.CodeTooLarge, 429: apikey.CodeRateLimited,
		502: apikey.CodeUnavailable, 503: apikey.CodeUnavailable, 504: apikey.CodeUnavailable,
	} {
		err := api.ErrorOfStatus(status, "The proxy says no.")
		require.Equal(t, code, apikey.ErrorCode(err))
		require.Equal(t, status, err.Status)
		require.EqualError(t, err, "The proxy says no.")
	}
	for _, status := range []int{200, 302, 400, 404, 500} {
		require.Nil(t, api.ErrorOfStatus(status, "x"))
	}
}

func TestWrite(t *testing.T) {
	w := httptest.NewRecorder()
	api.Write(w, http.StatusCreated, map[string]string{"name": "a<b>&c"})
	require.Equal(t, http.StatusCreated, w.Code)
	require.Contains(t, w.Body.String(), `"a<b>&c"`)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	require.Equal(t, "18", w.Header().Get("Content-Length"))

	w = httptest.NewRecorder()
	api.Write(w, http.StatusOK, make(chan int))
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Contains(t, w.Body.String(), `"code":"internal"`)

	w = httptest.NewRecorder()
	p := api.NewProblem(apikey.CodeRateLimited, "Slow down.")
	p.RetryAfter = 1500 * time.Millisecond
	p.Write(w)
	require.Equal(t, "2", w.Header().Get("Retry-After"))

	w = httptest.NewRecorder()
	w.Header().Set("WWW-Authenticate", "Basic")
	api.NewProblem(apikey.CodeUnauthenticated, "Who?").Write(w)
	require.Equal(t, []string{"Basic"}, w.Header().Values("WWW-Authenticate"))
}
