package client

import (
	"context"
	"net/http"

	"github.com/ostiary/ostiary/pkg/api"
)

// Endpoints returns what the gate protects, and where clients reach it.
func (c *Client) Endpoints(ctx context.Context) (*api.EndpointList, error) {
	return call(ctx, c, request{method: http.MethodGet, path: "/v1/endpoints"},
		func(l *api.EndpointList) bool { return l.Endpoints != nil })
}

// Endpoint returns one endpoint.
func (c *Client) Endpoint(ctx context.Context, name string) (*api.Endpoint, error) {
	return c.endpoint(ctx, http.MethodGet, name, nil)
}

// CreateEndpoint makes an endpoint in the store. The fields are those of an api.EndpointSpec, or one itself.
func (c *Client) CreateEndpoint(ctx context.Context, fields any) (*api.Endpoint, error) {
	return call(ctx, c, request{method: http.MethodPost, path: "/v1/endpoints", body: fields},
		func(e *api.Endpoint) bool { return e.Name != "" })
}

// UpdateEndpoint changes fields of an endpoint in the store.
func (c *Client) UpdateEndpoint(ctx context.Context, name string, change api.EndpointChange) (*api.Endpoint, error) {
	return c.endpoint(ctx, http.MethodPatch, name, change)
}

// DeleteEndpoint removes an endpoint from the store.
func (c *Client) DeleteEndpoint(ctx context.Context, name string) error {
	if err := api.CheckEndpointName(name); err != nil { // it also keeps other paths out of the address
		return err
	}
	return c.do(ctx, request{method: http.MethodDelete, path: "/v1/endpoints/" + name})
}

// CheckEndpoint says what would come of a change, and changes nothing. The fields are those of a creation or, if there
// is an endpoint of their name in the store, of a change to that; with "delete": true, of its removal.
func (c *Client) CheckEndpoint(ctx context.Context, fields any) (*api.CheckedEndpoint, error) {
	return call(ctx, c, request{method: http.MethodPost, path: "/v1/endpoints/check", body: fields},
		func(e *api.CheckedEndpoint) bool { return e.Errors != nil && e.Affected != nil })
}

func (c *Client) endpoint(ctx context.Context, method, name string, body any) (*api.Endpoint, error) {
	if err := api.CheckEndpointName(name); err != nil {
		return nil, err
	}
	return call(ctx, c, request{method: method, path: "/v1/endpoints/" + name, body: body},
		func(e *api.Endpoint) bool { return e.Name == name })
}

// UpdatePolicy changes the limits for new keys, and returns those in force then.
func (c *Client) UpdatePolicy(ctx context.Context, change api.UpdatePolicy) (*api.Policy, error) {
	return call(ctx, c, request{method: http.MethodPatch, path: "/v1/policy", body: change},
		func(p *api.Policy) bool { return p.Roles != nil })
}
