package node_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// inStore lets endpoints be made in the store, with this before what a test adds of the gate.
const inStore = "gate: {endpoints_in_store: true, upstreams: [127.0.0.1]"

// admin is the client of a node's first Admin.
func (r *reloaded) admin() *client.Client {
	r.t.Helper()
	c, err := client.New(r.ManagementURL(), client.WithBearer(r.FirstKey().Token))
	require.NoError(r.t, err)
	return c
}

// somebody stands behind the gate, and says what it was asked for.
func somebody(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.URL.Path))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func (r *reloaded) get(path string) int { return get(r.t, r.GateURL()+path, r.key) }

func TestEndpointsAreMadeChangedAndRemoved(t *testing.T) {
	up := somebody(t)
	r := startToReload(t, inStore+", endpoints: [{name: docs, path: /docs, require: none, upstream: '"+up+"'}]}")
	c := r.admin()
	require.Equal(t, http.StatusNotFound, r.get("/things"))

	made, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "things", Path: "/things", Require: "read", Upstream: up})
	require.NoError(t, err)
	require.Equal(t, api.SourceStore, made.Source)
	require.True(t, made.Editable)
	require.Empty(t, made.Shadowed)
	require.Equal(t, int64(1), made.OrgID)
	require.Equal(t, up, made.Upstream)
	require.Equal(t, http.StatusOK, r.get("/things/a"), "it is there when the answer is")

	list, err := c.Endpoints(t.Context())
	require.NoError(t, err)
	require.True(t, list.InStore)
	require.Equal(t, []string{"127.0.0.1"}, list.Upstreams)
	require.Contains(t, list.Kinds, "loki")
	require.Equal(t, []string{"docs", "things"}, []string{list.Endpoints[0].Name, list.Endpoints[1].Name})
	require.False(t, list.Endpoints[0].Editable)

	changed, err := c.UpdateEndpoint(t.Context(), "things", api.EndpointChange{"require": nil, "methods": map[string]string{"POST": "manage"}})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"POST": "manage"}, changed.Spec.Methods)
	require.NotNil(t, changed.Changed)
	require.Equal(t, http.StatusMethodNotAllowed, r.get("/things/a"))

	require.NoError(t, c.DeleteEndpoint(t.Context(), "things"))
	require.Equal(t, http.StatusNotFound, r.get("/things/a"))
	list, err = c.Endpoints(t.Context())
	require.NoError(t, err)
	require.Equal(t, changed.Spec, list.Removed[0].Spec, "as it was, to be made again")

	trail, err := c.Audit(t.Context(), client.AuditQuery{})
	require.NoError(t, err)
	var actions []string
	for _, e := range trail.Entries[:3] {
		require.Equal(t, "things", e.Endpoint)
		require.NotEmpty(t, e.Changes)
		actions = append(actions, string(e.Action))
	}
	require.Equal(t, []string{"deleteEndpoint", "updateEndpoint", "createEndpoint"}, actions)
}

// The file is not changed here, and wins.
func TestTheFilesEndpointsStay(t *testing.T) {
	up := somebody(t)
	file := inStore + ", endpoints: [{name: docs, path: /docs, require: read}"
	r := startToReload(t, file+"]}")
	c := r.admin()
	for name, err := range map[string]error{
		"create": func() error {
			_, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "docs", Path: "/d", Require: "read"})
			return err
		}(),
		"create at its path": func() error {
			_, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "other", Path: "/Docs./a", Require: "read"})
			return err
		}(),
		"create above": func() error {
			_, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "other", Path: "/", Require: "read"})
			return err
		}(),
		"update": func() error {
			_, err := c.UpdateEndpoint(t.Context(), "docs", api.EndpointChange{"require": "none"})
			return err
		}(),
		"delete": c.DeleteEndpoint(t.Context(), "docs"),
	} {
		wrong := new(api.Error)
		require.ErrorAs(t, err, &wrong, name)
		require.Equal(t, http.StatusConflict, wrong.Status, name)
		require.Contains(t, wrong.Error(), "file", name)
	}

	_, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "things", Path: "/things", Require: "read", Upstream: up})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, r.get("/things/a"))
	for _, taken := range []string{"{name: things, path: /x, require: manage}", "{name: x, path: /things/a, require: manage}"} {
		_, err = r.reload(file + ", " + taken + "]}")
		require.NoError(t, err)
		e, err := c.Endpoint(t.Context(), "things")
		require.NoError(t, err)
		if e.Source == api.SourceFile { // of the same name
			list, err := c.Endpoints(t.Context())
			require.NoError(t, err)
			e = &list.Endpoints[len(list.Endpoints)-1]
		}
		require.Contains(t, e.Shadowed, "configuration file")
		require.NotEqual(t, http.StatusOK, r.get("/things/a"))
	}
	_, err = r.reload(file + "]}")
	require.NoError(t, err)
	e, err := c.Endpoint(t.Context(), "things")
	require.NoError(t, err)
	require.Empty(t, e.Shadowed)
	require.Equal(t, http.StatusOK, r.get("/things/a"))

	_, err = r.reload("gate: {endpoints: []}")
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, r.get("/things/a"), "the operator's word counts at once")
	_, err = c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "x", Path: "/x", Require: "read"})
	require.ErrorContains(t, err, "gate.endpoints_in_store: true")
}

// What stands behind an endpoint of the store is what the operator lists, at every request.
func TestUpstreamsOfTheStoreAreTheOperatorsWord(t *testing.T) {
	up := somebody(t)
	r := startToReload(t, inStore+"}")
	c := r.admin()
	_, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "things", Path: "/things", Require: "read", Upstream: up})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, r.get("/things/a"))

	_, err = r.reload("gate: {endpoints_in_store: true, upstreams: [10.0.0.0/8]}")
	require.NoError(t, err)
	require.NotEqual(t, http.StatusOK, r.get("/things/a"), "nor by a connection that is open")
	e, err := c.Endpoint(t.Context(), "things")
	require.NoError(t, err)
	require.Contains(t, e.Shadowed, "gate.upstreams")

	_, err = r.reload(inStore + "}")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, r.get("/things/a"))
	for _, own := range []string{r.GateURL(), r.ManagementURL()} {
		_, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "own", Path: "/own", Require: "read", Upstream: own})
		require.ErrorContains(t, err, "listener of this server")
		u, err := url.Parse(own)
		require.NoError(t, err)
		_, err = c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "own", Path: "/own", Require: "read", Upstream: "http://localhost:" + u.Port()})
		require.Error(t, err)
	}
}

// What the operator's word takes out of force stays closed: its paths do not fall to a wider endpoint of the store, nor
// its name to any good key. The file's own endpoints get what they want.
func TestWhatTheOperatorForbidsStaysClosed(t *testing.T) {
	up, other := somebody(t), somebody(t)
	r := startToReload(t, inStore+"}")
	c := r.admin()
	for _, e := range []api.EndpointSpec{
		{Name: "wide", Path: "/api", Require: "read", Upstream: up},
		{Name: "narrow", Path: "/api/admin", Require: "manage", Upstream: other},
	} {
		_, err := c.CreateEndpoint(t.Context(), e)
		require.NoError(t, err)
	}
	require.Equal(t, http.StatusForbidden, r.get("/api/admin/x"))
	_, err := r.reload("gate: {endpoints_in_store: true, upstreams: ['" + strings.TrimPrefix(up, "http://") + "']}")
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, r.get("/api/admin/x"))
	require.Equal(t, http.StatusForbidden, r.auth("endpoint=narrow"))
	require.Equal(t, http.StatusOK, r.get("/api/x"))
	v, err := c.Verify(t.Context(), api.VerifyRequest{Token: r.key, Endpoint: "narrow"})
	require.NoError(t, err)
	require.Equal(t, string(apikey.CodeForbidden), v.Code)
	require.Contains(t, v.Reason, "not in force")

	file := ", endpoints: [{name: file, path: /api/admin, require: read, upstream: '" + up + "'}]}"
	_, err = r.reload(inStore + file)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, r.get("/api/admin/x"), "the file wins")
	require.Equal(t, http.StatusForbidden, r.auth("endpoint=narrow"))
	require.Equal(t, http.StatusNotFound, r.get("/api/x"), "its path has some in common with the file's")

	_, err = r.reload("gate: {endpoints: [{name: file, path: /file, require: read}]}")
	require.NoError(t, err)
	for _, name := range []string{"wide", "narrow"} {
		require.Equal(t, http.StatusForbidden, r.auth("endpoint="+name), "the store does not count")
	}
	require.Equal(t, http.StatusOK, r.auth("endpoint=of-a-proxy"))
}

// Another process on the same file has it too.
func TestEndpointsReachOtherProcesses(t *testing.T) {
	up := somebody(t)
	r := startToReload(t, inStore+"}")
	other := *r
	other.Node = startNode(t, r.source(inStore+"}"), optionsToLook)
	_, err := r.admin().CreateEndpoint(t.Context(), api.EndpointSpec{Name: "things", Path: "/things", Require: "read", Upstream: up})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return other.get("/things/a") == http.StatusOK }, servertest.Patience, pause)
	require.NoError(t, r.admin().DeleteEndpoint(t.Context(), "things"))
	require.Eventually(t, func() bool { return other.get("/things/a") == http.StatusNotFound }, servertest.Patience, pause)
}

const pause = 5 * time.Millisecond

var optionsToLook = node.Options{LookInterval: pause}
