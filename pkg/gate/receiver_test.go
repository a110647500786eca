package gate

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

const receiverKey = "a-fixed-receiver-key-of-the-agents"

func receiverHouse(t *testing.T) (h *house, address string) {
	h = newHouse(t)
	up := echoUpstream(t)
	address = h.open(Options{
		Sources: verify.Sources{Schemes: []string{"StackState"}},
		Endpoints: []Endpoint{
			{Name: "receiver", Path: "/receiver", Require: apikey.PermissionIngest, Upstream: up, Query: "api_key", ReceiverKey: receiverKey},
			{Name: "other", Path: "/other", Require: apikey.PermissionIngest, Upstream: up},
			{Name: "another", Path: "/another", Require: apikey.PermissionIngest, Upstream: up, ReceiverKey: receiverKey + "-not"},
		},
	})
	return h, address
}

func TestAReceiverKeyOpensItsEndpoint(t *testing.T) {
	h, gate := receiverHouse(t)
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("apikey:"+receiverKey))
	for name, header := range map[string][]string{
		"bearer": bearer(receiverKey), "scheme": {"Authorization", "StackState " + receiverKey},
		"basic": {"Authorization", basic}, "header": {"X-API-Key", receiverKey},
	} {
		e := ask(t, gate+"/receiver/stsAgent/intake", header...).echo(t)
		require.Equal(t, "receiver valid", h.seen.last(), name)
		for field, values := range e.Header {
			require.NotContains(t, strings.Join(values, " "), receiverKey, field)
			require.False(t, strings.HasPrefix(field, "X-Ostiary-"), "it is no identity: %s", field)
		}
		require.NotContains(t, e.Header, "Authorization")
	}
	e := ask(t, gate+"/receiver/x?a=1&api_key="+receiverKey+"&b=2").echo(t)
	require.Equal(t, "/receiver/x?a=1&b=2", e.URI)
	require.Equal(t, http.StatusOK, ask(t, gate+"/auth?endpoint=receiver", bearer(receiverKey)...).StatusCode)
	require.Empty(t, h.uses.list)

	issued := h.key(apikey.RoleAgent)
	require.Equal(t, http.StatusOK, ask(t, gate+"/receiver", bearer(issued)...).StatusCode, "issued keys as well")
	require.Len(t, h.uses.list, 1)
	require.NotContains(t, h.log.String(), receiverKey)
}

func TestAReceiverKeyOpensNothingElse(t *testing.T) {
	h, gate := receiverHouse(t)
	for _, path := range []string{
		"/other", "/another", "/auth", "/auth?require=ingest", "/auth?endpoint=other", "/auth?endpoint=receiver&require=read",
		"/auth?endpoint=receiver&require=manage", "/auth?endpoint=unknown&require=ingest",
	} {
		a := ask(t, gate+path, bearer(receiverKey)...)
		require.Equal(t, http.StatusUnauthorized, a.StatusCode, path)
		require.Equal(t, "invalid_token", string(a.problem(t).Code), path)
	}
	for _, wrong := range []string{receiverKey[1:], receiverKey + "x", strings.ToUpper(receiverKey), "a-fixed"} {
		require.Equal(t, http.StatusUnauthorized, ask(t, gate+"/receiver", bearer(wrong)...).StatusCode)
	}
	require.Equal(t, http.StatusUnauthorized, ask(t, gate+"/receiver").StatusCode)
	require.Equal(t, http.StatusBadRequest, ask(t, gate+"/receiver", append(bearer(receiverKey), "X-API-Key", h.key(apikey.RoleAgent))...).StatusCode)
	require.NotContains(t, h.log.String(), receiverKey)
	require.NotContains(t, h.log.String(), receiverKey[1:])
}

func TestMistakesAboutReceiverKeys(t *testing.T) {
	check := func(require apikey.Permission, key string) string {
		o := Options{Endpoints: []Endpoint{{Name: "a", Path: "/a", Require: require, ReceiverKey: key}}}
		wrong := o.Check()
		if len(wrong) == 0 {
			return ""
		}
		return wrong[0].Field + " " + wrong[0].Detail
	}
	require.Empty(t, check(apikey.PermissionIngest, receiverKey))
	require.Contains(t, check(apikey.PermissionRead, receiverKey), "gate.endpoints[0].receiver_key_file is for endpoints with require: ingest")
	for _, key := range []string{"short", "with space in it and long", "ünïcode and much more of it", "two\nlines of text"} {
		detail := check(apikey.PermissionIngest, key)
		require.Contains(t, detail, "at least 16 characters")
		require.NotContains(t, detail, key)
	}
}
