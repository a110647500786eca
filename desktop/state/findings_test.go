package state

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
