package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// client returns a client of the API that asks as a caller. Its traffic is
// checked like all other.
func (s *server) client(t *testing.T, caller string) *client.Client {
	t.Helper()
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("X-Test-Caller", caller)
		return checked.RoundTrip(r)
	})
	c, err := client.New(strings.TrimSuffix(s.url, api.BasePath), client.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)
	return c
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestClient takes every route with the Go client, as openapi.yaml has it.
func TestClient(t *testing.T) {
	s := start(t)
	c, ctx := s.client(t, "admin"), t.Context()

	issued, err := c.Create(ctx, api.CreateKey{Name: "edge", Role: "Agent", Endpoints: []string{"kuma"}, ExpiresIn: "90d"})
	require.NoError(t, err)
	id := issued.Key.ID
	got, err := c.Key(ctx, id)
	require.NoError(t, err)
	require.Equal(t, issued.Key, *got)

	_, err = c.Create(ctx, api.CreateKey{Name: "edge", Role: "Agent"})
	require.Equal(t, apikey.CodeDuplicateName, apikey.ErrorCode(err))
	_, err = c.Create(ctx, api.CreateKey{Role: "Boss"})
	var problem *api.Error
	require.ErrorAs(t, err, &problem)
	require.Equal(t, "role", problem.Errors[0].Field)

	answer, err := c.Verify(ctx, api.VerifyRequest{Token: issued.Token, Permission: "ingest", Endpoint: "kuma"})
	require.NoError(t, err)
	require.True(t, answer.Valid)
	require.Equal(t, id, answer.Key.ID)
	answer, err = c.Verify(ctx, api.VerifyRequest{Token: issued.Token, Permission: "read"})
	require.NoError(t, err)
	require.Equal(t, "forbidden", answer.Code)
	require.Contains(t, answer.Reason, "the role Agent, which does not grant read")

	for code, permission := range map[string]string{"valid": "ingest", "forbidden": "read"} { // looks, and no use
		answer, err = c.Verify(ctx, api.VerifyRequest{Token: issued.Token, Permission: permission, Endpoint: "kuma", DryRun: true})
		require.NoError(t, err)
		require.Equal(t, code, answer.Code)
	}

	require.NoError(t, s.recorder.Flush(ctx))
	usage, err := c.Usage(ctx, id, 2)
	require.NoError(t, err)
	require.Len(t, usage.Days, 2)
	require.EqualValues(t, 1, usage.Total)
	stats, err := c.Stats(ctx, client.StatsQuery{})
	require.NoError(t, err)
	require.EqualValues(t, 2, stats.Allowed+stats.Denied)
	_, err = c.Usage(ctx, id, 401)
	require.ErrorAs(t, err, &problem)
	require.Equal(t, "days", problem.Errors[0].Field)

	name, off := "edge 2", false
	got, err = c.Update(ctx, id, api.UpdateKey{Name: &name, Enabled: &off, ExpiresAt: api.Never}, false)
	require.NoError(t, err)
	require.Equal(t, "edge 2", got.Name)
	require.Equal(t, apikey.StateDisabled, got.State)
	require.Nil(t, got.ExpiresAt)

	rotated, err := c.Rotate(ctx, id, api.RotateKey{Overlap: "1h", ExpiresAt: "2090-01-31"})
	require.NoError(t, err)
	require.Equal(t, id, rotated.Key.ID)
	require.Equal(t, []string{id, rotated.Token[4:16]}, []string{rotated.Key.Tokens[0].ID, rotated.Key.Tokens[1].ID})
	require.NoError(t, c.EndToken(ctx, id, id))
	err = c.EndToken(ctx, id, rotated.Token[4:16])
	require.Equal(t, apikey.CodeConflict, apikey.ErrorCode(err))
	require.Equal(t, apikey.CodeNotFound, apikey.ErrorCode(c.EndToken(ctx, id, "aaaaaaaaaaaa")))
	got, err = c.Key(ctx, id)
	require.NoError(t, err)
	require.Equal(t, []apikey.State{apikey.StateRevoked, apikey.StateDisabled}, []apikey.State{got.Tokens[0].State, got.Tokens[1].State})
	got, err = c.End(ctx, id, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	require.Equal(t, apikey.StateRevoked, got.State)
	require.Equal(t, []string{"edit", "delete"}, got.Actions)

	list, err := c.Keys(ctx, client.KeyQuery{State: "revoked", Count: true})
	require.NoError(t, err)
	require.Len(t, list.Keys, 1)
	require.EqualValues(t, 1, *list.Total)
	var all []string
	for k, err := range c.AllKeys(ctx, client.KeyQuery{Limit: 1, Sort: "-number"}) {
		require.NoError(t, err)
		all = append(all, k.ID)
	}
	require.Equal(t, []string{id}, all)

	_, err = c.End(ctx, id, apikey.End{How: apikey.Delete})
	require.NoError(t, err)
	_, err = c.Key(ctx, id)
	require.Equal(t, apikey.CodeNotFound, apikey.ErrorCode(err))
	var actions []apikey.Action
	for e, err := range c.AllAudit(ctx, client.AuditQuery{KeyID: id, Limit: 1}) {
		require.NoError(t, err)
		actions = append(actions, e.Action)
	}
	require.Equal(t, []apikey.Action{apikey.ActionDelete, apikey.ActionRevoke, apikey.ActionEndToken, apikey.ActionRotate, apikey.ActionUpdate, apikey.ActionCreate}, actions)

	policy, err := c.Policy(ctx)
	require.NoError(t, err)
	require.Equal(t, api.FromPolicy(apikey.DefaultPolicy()), *policy)
	who, err := c.Whoami(ctx)
	require.NoError(t, err)
	require.Equal(t, api.FromCaller(callers["admin"]), *who)
	health, err := c.Health(ctx)
	require.NoError(t, err)
	require.Equal(t, healthy, *health)

	_, err = s.client(t, "viewer").Keys(ctx, client.KeyQuery{})
	require.Equal(t, apikey.CodeForbidden, apikey.ErrorCode(err))
	_, err = s.client(t, "").Whoami(ctx)
	require.Equal(t, apikey.CodeUnauthenticated, apikey.ErrorCode(err))
}
