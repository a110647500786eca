package state

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
)

// TestRequestsAreRead takes what people type, and what stands in logs.
func TestRequestsAreRead(t *testing.T) {
	for text, want := range map[string]TypedRequest{
		"":                                     {},
		" /metrics ":                           {"GET", "/metrics"},
		"POST /loki/api/v1/push":               {"POST", "/loki/api/v1/push"},
		`"GET /api?q=1 HTTP/1.1" 200`:          {"GET", "/api"},
		"https://gate.example.org/a/b?c#d":     {"GET", "/a/b"},
		"PUT https://gate.example.org":         {"PUT", "/"},
		"DELETE http://[::1]:7172/loki?x=http": {"DELETE", "/loki"},
	} {
		got, ok := ReadRequest(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"metrics", "POST", "POST metrics", "?q=1"} {
		_, ok := ReadRequest(text)
		require.False(t, ok, text)
	}
}

// TestWhatARequestTakes finds the endpoint of the longest path, and what it says of a method and a path.
func TestWhatARequestTakes(t *testing.T) {
	endpoints := []api.Endpoint{
		{Name: "all", Paths: []string{"/"}, Methods: map[string]string{"GET": "read", "POST": "write"}},
		{Name: "loki", Path: "/logs/", Paths: []string{"/logs/"}, Kind: "loki", Takes: []string{"ingest", "read"}},
		{Name: "rules", Paths: []string{"/api", "/api/feed"}, Require: "read",
			Rules: []api.EndpointRule{{Path: "/api", Require: "read"}, {Path: "/api/feed", Require: "ingest"}}},
		{Name: "open", Paths: []string{"/health"}, Require: api.RequireNone},
		{Name: "hidden", Paths: []string{"/api/feed/deep"}, Require: "manage", Shadowed: "rules"},
	}
	for _, c := range []struct{ method, path, endpoint, takes string }{
		{"GET", "/x", "all", "read"}, {"HEAD", "/x", "all", "read"}, {"POST", "/x", "all", "write"},
		{"DELETE", "/x", "all", ""},
		{"POST", "/logs/loki/api/v1/push", "loki", "ingest"}, {"GET", "/logs/loki/api/v1/query", "loki", "read"},
		{"DELETE", "/logs/loki/api/v1/delete", "loki", ""}, {"GET", "/logsmore", "all", "read"},
		{"GET", "/api/x", "rules", "read"}, {"POST", "/api/feed/deep/er", "rules", "ingest"},
		{"GET", "/health", "open", ""},
	} {
		e := endpointOf(c.path, endpoints)
		require.NotNil(t, e, c)
		require.Equal(t, c.endpoint, e.Name, c)
		require.Equal(t, c.takes, takenBy(TypedRequest{c.method, c.path}, e), c)
	}
	require.Nil(t, endpointOf("/x", endpoints[1:]))
}

func TestTheTokenInWhatWasPasted(t *testing.T) {
	token := "ost_4fjK2n0qPz7a_" + strings.Repeat("a", 49)
	for text, want := range map[string]string{
		token:                                     token,
		" " + token + "\n":                        token,
		"Authorization: Bearer " + token:          token,
		`bearer_token = "` + token + `",`:         token,
		"https://api_key:" + token + "@gate/loki": token,
		token + "x":                               token + "x", // more than a token is none
		"Bearer uk1_abc":                          "uk1_abc",
		`"glsa_abc"`:                              "glsa_abc",
		"it's":                                    "it's",
		`"`:                                       `"`,
		"":                                        "",
	} {
		require.Equal(t, want, TokenIn(text), text)
	}
}
