package client_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
)

// TestADatabaseIsSentAsItIs sends a file, and not JSON; no file is an empty one, of which the server says so. An import
// may take longer than other requests.
func TestADatabaseIsSentAsItIs(t *testing.T) {
	var kind, query string
	var sent []byte
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		kind, query = r.Method+" "+r.Header.Get("Content-Type"), r.URL.RawQuery
		sent, _ = io.ReadAll(r.Body)
		time.Sleep(30 * time.Millisecond)
		answer(w, api.Import{From: "grafana", DryRun: true, Keys: []api.ImportedKey{{Number: "7", Taken: true}}})
	})
	c := newClient(t, address, client.WithTimeout(10*time.Millisecond))
	got, err := c.Import(t.Context(), client.ImportQuery{
		From: "grafana", Apply: true, Endpoints: []string{"a", "b"}, Numbers: []string{"7"}, TimeZone: "Europe/Berlin",
		Owner: "ada", Labels: []string{"team=sre", "env=live"}, Tenants: []string{"a", "b"},
	}, []byte("SQLite\x00"))
	require.NoError(t, err)
	require.Equal(t, "7", got.Keys[0].Number)
	require.Equal(t, "POST application/octet-stream", kind)
	require.Equal(t, "SQLite\x00", string(sent))
	require.Equal(t, "apply=true&endpoint=a&endpoint=b&from=grafana&label=team%3Dsre&label=env%3Dlive&number=7&owner=ada&tenant=a&tenant=b&timezone=Europe%2FBerlin", query)

	_, err = c.Import(t.Context(), client.ImportQuery{From: "grafana"}, nil)
	require.NoError(t, err)
	require.Empty(t, sent)
	require.Equal(t, "POST application/octet-stream", kind)
	require.Equal(t, "from=grafana", query)
}

// TestOrganizationsOfAGrafana asks Grafana itself, below its own path, and acts in the one that is chosen.
func TestOrganizationsOfAGrafana(t *testing.T) {
	var paths, organizations []string
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		organizations = append(organizations, r.Header.Get("X-Grafana-Org-Id"))
		if r.URL.Path == "/graph/api/user/orgs" {
			answer(w, []client.Organization{{ID: 7, Name: "Lab", Role: "Admin"}})
			return
		}
		answer(w, whoami)
	})
	c := newClient(t, address+"/graph", client.WithOrganization(7))
	list, err := c.Organizations(t.Context())
	require.NoError(t, err)
	require.Equal(t, []client.Organization{{ID: 7, Name: "Lab", Role: "Admin"}}, list)
	_, err = newClient(t, address+"/graph").Whoami(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"/graph/api/user/orgs", "/graph" + api.BasePath + "/v1/whoami"}, paths)
	require.Equal(t, []string{"7", ""}, organizations)
	_, err = client.New(address, client.WithOrganization(0))
	require.ErrorContains(t, err, "numbered from 1")
}
