package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// fewEndpoints notes what it is asked.
type fewEndpoints struct{ asked []string }

func (f *fewEndpoints) ask(ctx context.Context, format string, args ...any) {
	c, _ := apikey.CallerFrom(ctx)
	f.asked = append(f.asked, fmt.Sprintf("%d ", c.OrgID)+fmt.Sprintf(format, args...))
}

var pyroscope = api.Endpoint{
	Name: "pyroscope", Path: "/ingest", Paths: []string{"/ingest"}, Methods: map[string]string{}, Require: "ingest", Takes: []string{"ingest"},
	Rules: []api.EndpointRule{}, Proxied: true, Source: api.SourceStore, Editable: true, Spec: &api.EndpointSpec{Name: "pyroscope"},
	Created: &api.Act{By: "ada"},
}

func (f *fewEndpoints) List(orgID int64) api.EndpointList {
	f.asked = append(f.asked, fmt.Sprintf("%d list", orgID))
	return api.EndpointList{
		Gate: api.GateAddress{URL: "https://gate.example.org"}, InStore: true, Upstreams: []string{"10.0.0.0/8"}, Kinds: []string{"loki"},
		Endpoints: []api.Endpoint{
			pyroscope,
			{Name: "docs", Paths: []string{}, Methods: map[string]string{}, Require: api.RequireNone, Takes: []string{"none"}, Rules: []api.EndpointRule{}, Source: api.SourceFile},
		},
	}
}

func (f *fewEndpoints) Create(ctx context.Context, fields map[string]any) (*api.Endpoint, error) {
	f.ask(ctx, "create %v", fields)
	return &pyroscope, nil
}

func (f *fewEndpoints) Update(ctx context.Context, name string, fields map[string]any) (*api.Endpoint, error) {
	f.ask(ctx, "update %s %v", name, fields)
	return &pyroscope, nil
}

func (f *fewEndpoints) Delete(ctx context.Context, name string) error {
	f.ask(ctx, "delete %s", name)
	return apikey.Errorf(apikey.CodeConflict, "It is of the file.")
}

func (f *fewEndpoints) Check(ctx context.Context, fields map[string]any) (*api.CheckedEndpoint, error) {
	f.ask(ctx, "check %v", fields)
	return &api.CheckedEndpoint{
		Errors: []apikey.FieldError{{Field: "path", Detail: "is taken"}}, Warnings: []apikey.FieldError{}, Upstream: &api.CheckedUpstream{Reachable: true, Status: 401, OwnLogin: true},
		Affected: []api.AffectedKey{{KeyID: "4fjK2n0qPz7a", KeyName: "edge", Requests: 3, Reason: "is of no use there"}},
	}, nil
}

func TestEndpointsAreForTheCallersOrganization(t *testing.T) {
	few := &fewEndpoints{}
	s := start(t, func(set *settings) { set.http.Endpoints = few })
	r := s.do(t, "admin", http.MethodGet, "/v1/endpoints", "")
	require.Equal(t, http.StatusOK, r.StatusCode, r.body)
	list := decode[api.EndpointList](t, r.body)
	require.Equal(t, "https://gate.example.org", list.Gate.URL)
	require.Equal(t, []string{"pyroscope", "docs"}, []string{list.Endpoints[0].Name, list.Endpoints[1].Name})
	require.Contains(t, r.body, `"tenant":null`)

	require.Equal(t, http.StatusOK, s.do(t, "admin", http.MethodGet, "/v1/endpoints/docs", "").StatusCode)
	require.Equal(t, http.StatusNotFound, s.do(t, "admin", http.MethodGet, "/v1/endpoints/none", "").StatusCode)

	body := `{"name": "pyroscope", "paths": ["/a", {"path": "/b"}], "limitPerKey": {"burst": 3}, "onExpired": {"hold": "2h"}}`
	r = s.do(t, "admin", http.MethodPost, "/v1/endpoints", body)
	require.Equal(t, http.StatusCreated, r.StatusCode, r.body)
	require.Equal(t, http.StatusOK, s.do(t, "admin", http.MethodPatch, "/v1/endpoints/pyroscope", `{"pool": null}`).StatusCode)
	require.Equal(t, http.StatusConflict, s.do(t, "admin", http.MethodDelete, "/v1/endpoints/pyroscope", "").StatusCode)
	r = s.do(t, "admin", http.MethodPost, "/v1/endpoints/check", `{"name": "pyroscope", "delete": true}`)
	require.Equal(t, http.StatusOK, r.StatusCode, r.body)
	require.True(t, json.Valid([]byte(r.body)))
	org := callers["admin"].OrgID
	require.Equal(t, []string{
		fmt.Sprintf("%d list", org), fmt.Sprintf("%d list", org), fmt.Sprintf("%d list", org),
		fmt.Sprintf("%d create map[limitPerKey:map[burst:3] name:pyroscope onExpired:map[hold:2h] paths:[/a map[path:/b]]]", org),
		fmt.Sprintf("%d update pyroscope map[pool:<nil>]", org),
		fmt.Sprintf("%d delete pyroscope", org),
		fmt.Sprintf("%d check map[delete:true name:pyroscope]", org),
	}, few.asked)

	few.asked = nil
	for caller, status := range map[string]int{"viewer": http.StatusForbidden, "": http.StatusUnauthorized} {
		require.Equal(t, status, s.do(t, caller, http.MethodGet, "/v1/endpoints", "").StatusCode)
		require.Equal(t, status, s.do(t, caller, http.MethodPost, "/v1/endpoints", "{}").StatusCode)
		require.Equal(t, status, s.do(t, caller, http.MethodPost, "/v1/endpoints/check", "{}").StatusCode)
		require.Equal(t, status, s.do(t, caller, http.MethodPatch, "/v1/endpoints/pyroscope", "{}").StatusCode)
		require.Equal(t, status, s.do(t, caller, http.MethodDelete, "/v1/endpoints/pyroscope", "").StatusCode)
		require.Equal(t, status, s.do(t, caller, http.MethodPatch, "/v1/policy", "{}").StatusCode)
	}
	require.Empty(t, few.asked)
}

// What cannot be read never reaches those who judge it.
func TestBodiesOfEndpointsThatCannotBeRead(t *testing.T) {
	few := &fewEndpoints{}
	s := start(t, func(set *settings) { set.http.Endpoints = few })
	for _, body := range []string{"", "null", "[]", `"x"`, "7", "{", `{"name":"a"} {}`, `{"name":"a","name":"b"}`, `{"tenant":{"label":"a","label":"b"}}`} {
		for _, method := range []string{http.MethodPost, http.MethodPatch} {
			target := map[string]string{http.MethodPost: "/v1/endpoints", http.MethodPatch: "/v1/endpoints/a"}[method]
			r := s.doLoosely(t, "admin", method, target, body)
			require.Equal(t, http.StatusBadRequest, r.StatusCode, body)
			problem(t, r)
		}
	}
	require.Empty(t, few.asked)
}

func TestWithoutAGateThereAreNoEndpoints(t *testing.T) {
	s := start(t)
	r := s.do(t, "admin", http.MethodGet, "/v1/endpoints", "")
	require.Equal(t, api.EndpointList{Endpoints: []api.Endpoint{}, Upstreams: []string{}, Kinds: []string{}}, decode[api.EndpointList](t, r.body))
	require.Equal(t, http.StatusConflict, s.do(t, "admin", http.MethodPost, "/v1/endpoints", `{"name":"a"}`).StatusCode)
	require.Equal(t, http.StatusConflict, s.do(t, "admin", http.MethodPatch, "/v1/policy", `{"maxTtl":"30d"}`).StatusCode)
}
