package node_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/endpoints"
)

// Of the names that stay closed, those make room for new endpoints that nobody names any longer, the oldest first.
func TestRemovedEndpointsMakeRoom(t *testing.T) {
	r := startToReload(t, inStore+"}")
	c := r.admin()
	create := func(name string) error {
		_, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: name, Path: "/" + name, Require: "read"})
		return err
	}
	remove := func(name string) {
		t.Helper()
		require.NoError(t, create(name))
		require.NoError(t, c.DeleteEndpoint(t.Context(), name))
	}
	removed := func() (names []string) {
		list, err := c.Endpoints(t.Context())
		require.NoError(t, err)
		for _, e := range list.Removed {
			names = append(names, e.Name)
		}
		return names
	}
	limit := func(key string, names ...string) {
		_, err := c.Create(t.Context(), api.CreateKey{Name: key, Role: "Viewer", Endpoints: names})
		require.NoError(t, err)
	}
	remove("named")
	limit("limited", "named", "other")
	remove("asked")
	require.Equal(t, http.StatusNotFound, r.get("/asked"))
	require.Eventually(t, func() bool {
		list, err := c.Denials(t.Context(), client.DenialQuery{Endpoint: "asked"})
		return err == nil && len(list.Denials) == 1
	}, 20*time.Second, 20*time.Millisecond)
	var names []string
	for n := len(removed()); n < endpoints.MaxRemoved; n++ {
		names = append(names, fmt.Sprintf("preview-%d", n))
		remove(names[len(names)-1])
	}
	require.Equal(t, http.StatusForbidden, r.get("/auth?endpoint="+names[0]))
	require.Len(t, removed(), endpoints.MaxRemoved)

	checked, err := c.CheckEndpoint(t.Context(), map[string]any{"name": "new", "path": "/new", "require": "read"})
	require.NoError(t, err)
	require.Empty(t, checked.Errors)
	require.NotContains(t, removed(), "new")
	require.Len(t, removed(), endpoints.MaxRemoved, "a check changes nothing")
	require.NoError(t, create("new"))
	left := removed()
	require.Len(t, left, endpoints.MaxRemoved-1)
	require.NotContains(t, left, names[0])
	require.Subset(t, left, append(names[1:], "named", "asked"))
	require.NotEqual(t, http.StatusForbidden, r.get("/auth?endpoint="+names[0]), "it is a name that only a proxy knows again")
	require.Equal(t, http.StatusForbidden, r.get("/auth?endpoint=asked"))
	trail, err := c.Audit(t.Context(), client.AuditQuery{Action: string(apikey.ActionDeleteEndpoint), Limit: 1})
	require.NoError(t, err)
	require.Equal(t, names[0], trail.Entries[0].Endpoint)
	require.Equal(t, []apikey.FieldChange{{Field: "closed", From: true, To: false}}, trail.Entries[0].Changes)
	require.NoError(t, c.DeleteEndpoint(t.Context(), "new"))

	// What was forgotten is made again like any other.
	remove(names[0])
	require.Contains(t, removed(), names[0])
	require.NotContains(t, removed(), names[1])

	for i, some := range [][]string{names[2:60], names[60:120], names[120:180], names[180:]} {
		limit(fmt.Sprint("limited ", i), some...)
	}
	limit("limited again", "new", names[0])
	wrong := new(api.Error)
	require.ErrorAs(t, create("more"), &wrong)
	require.Equal(t, http.StatusConflict, wrong.Status)
	require.Equal(t, apikey.CodeConflict, wrong.Code, "no name is taken")
	require.Equal(t, "This cannot be done as things are", wrong.Title)
	require.Len(t, wrong.Errors, 1)
	require.Contains(t, wrong.Errors[0].Detail, "keys are limited to each")
	require.NoError(t, create(names[5]), "whose place it takes")
}
