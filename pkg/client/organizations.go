package client

import (
	"context"
	"net/http"
)

// Organization is one of a Grafana.
type Organization struct {
	ID   int64  `json:"orgId"`
	Name string `json:"name"`
	Role string `json:"role"` // of the caller there
}

// Organizations asks Grafana in which organizations its user is. A server of Ostiary's own has no such list: a key
// belongs to one organization.
func (c *Client) Organizations(ctx context.Context) ([]Organization, error) {
	list, err := call(ctx, c, request{method: http.MethodGet, path: "/api/user/orgs", grafana: true},
		func(l *[]Organization) bool { return *l != nil })
	if err != nil {
		return nil, err
	}
	return *list, nil
}
