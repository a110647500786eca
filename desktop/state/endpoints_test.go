package state

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/api"
)

func TestWhatIsTypedOfPathsAndMethods(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"":                             nil,
		"GET: read":                    {"GET": "read"},
		" get=read ,\tPOST write":      {"GET": "read", "POST": "write"},
		"GET : none, DELETE:   manage": {"GET": "none", "DELETE": "manage"},
	} {
		got, good := Methods(text)
		require.True(t, good, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"GET", "GET:", ":read", "GET: read,", "GET: read POST: write", "GET: Read", "GET: read, get: write"} {
		_, good := Methods(text)
		require.False(t, good, text)
	}
	paths, wrong := Paths("\n /ready none\n/api GET: read, POST: write \r\n\n/plain\n/tab\tread\n")
	require.Empty(t, wrong)
	require.Equal(t, []api.EndpointPath{
		{Path: "/ready", Require: "none"}, {Path: "/api", Methods: map[string]string{"GET": "read", "POST": "write"}},
		{Path: "/plain"}, {Path: "/tab", Require: "read"},
	}, paths)
	for _, text := range []string{"ready", "/a\nread /b", "/a GET: read,", "/a read write more"} {
		_, wrong := Paths(text)
		require.NotEmpty(t, wrong, text)
	}
}

// TestWhatIsTypedReadsAsItWas changes nothing in an endpoint whose fields were only looked at.
func TestWhatIsTypedReadsAsItWas(t *testing.T) {
	permission := rapid.SampledFrom([]string{"read", "write", "ingest", "manage", "none"})
	methods := rapid.MapOf(rapid.SampledFrom([]string{"GET", "POST", "PUT", "DELETE", "PROPFIND"}), permission)
	path := rapid.Custom(func(t *rapid.T) api.EndpointPath {
		p := api.EndpointPath{Path: rapid.StringMatching(`/[a-z{}$=:,.]{0,12}`).Draw(t, "path")}
		switch rapid.IntRange(0, 2).Draw(t, "says") {
		case 1:
			p.Require = permission.Draw(t, "require")
		case 2:
			if p.Methods = methods.Draw(t, "methods"); len(p.Methods) == 0 {
				p.Methods = nil
			}
		}
		return p
	})
	rapid.Check(t, func(t *rapid.T) {
		spec := api.EndpointSpec{Paths: rapid.SliceOf(path).Draw(t, "paths"), Methods: methods.Draw(t, "methods")}
		before := EndpointFieldsOf(api.Endpoint{Spec: &spec})
		paths, wrong := Paths(TypedPaths(before.Paths))
		require.Empty(t, wrong)
		methods, good := Methods(TypedMethods(before.Methods))
		require.True(t, good)
		after := before
		after.Paths, after.Methods = paths, methods
		require.Empty(t, after.Changes(before))
	})
}
