package api_test

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func fromJSON[T any](t *testing.T, text string) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

// badFields are the fields that an error names.
func badFields(t *testing.T, err error) (names []string) {
	t.Helper()
	var e *apikey.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, apikey.CodeInvalid, e.Code)
	for _, f := range e.Fields {
		require.NotEmpty(t, f.Detail)
		names = append(names, f.Field)
	}
	return names
}

func TestSpan(t *testing.T) {
	for text, want := range map[string]api.Span{
		`3600`: "3600", `0`: "0", `-1`: "-1", `3600.0`: "3600", `3.6e3`: "3600", `1.5`: "1.5", `1e400`: "1e400",
		`"90d"`: "90d", `"never"`: api.Never, `null`: "",
	} {
		require.Equal(t, want, fromJSON[api.Span](t, text), text)
	}
	for _, text := range []string{`""`, `true`, `[1]`, `{"s":1}`} {
		var s api.Span
		var mismatch *json.UnmarshalTypeError
		require.ErrorAs(t, json.Unmarshal([]byte(text), &s), &mismatch, text)
	}
	require.Equal(t, api.Span("129600"), api.SpanOf(36*time.Hour))
}

func TestExpiry(t *testing.T) {
	for text, want := range map[string]api.Expiry{`"2027-01-31"`: "2027-01-31", `null`: api.Never, `"never"`: api.Never} {
		require.Equal(t, want, fromJSON[api.Expiry](t, text), text)
	}
	for _, text := range []string{`""`, `1`, `false`, `[]`, `{}`} {
		var e api.Expiry
		var mismatch *json.UnmarshalTypeError
		require.ErrorAs(t, json.Unmarshal([]byte(text), &e), &mismatch, text)
	}
	require.Equal(t, api.Expiry("2026-11-21T09:00:00.12Z"), api.ExpiryOf(created))
}

func TestRequestsSurviveTheWire(t *testing.T) {
	name, enabled, none := "x", false, []string{}
	update := api.UpdateKey{Name: &name, Enabled: &enabled, Endpoints: &none, ExpiresAt: api.Never}
	require.JSONEq(t, `{"name":"x","enabled":false,"endpoints":[],"expiresAt":"never"}`, asJSON(t, update))
	require.Equal(t, update, fromJSON[api.UpdateKey](t, asJSON(t, update)))
	require.JSONEq(t, `{}`, asJSON(t, api.UpdateKey{}))
	require.JSONEq(t, `{}`, asJSON(t, api.RotateKey{}))
	create := api.CreateKey{Name: "x", Role: "Agent", ExpiresIn: "90d", Endpoints: []string{"kuma"}}
	require.JSONEq(t, `{"name":"x","role":"Agent","endpoints":["kuma"],"expiresIn":"90d"}`, asJSON(t, create))
	require.Equal(t, create, fromJSON[api.CreateKey](t, asJSON(t, create)))
}

func TestCreateKeyDomain(t *testing.T) {
	got, err := api.CreateKey{Name: "x", Role: "readonly", AllowedCIDRs: []string{"10.0.0.1"}, ExpiresIn: "never"}.Domain()
	require.NoError(t, err)
	require.Equal(t, apikey.NewKey{
		Name: "x", Role: apikey.RoleViewer, AllowedCIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")},
		Lifetime: apikey.Never(),
	}, got)
	_, err = api.CreateKey{Role: "boss", AllowedCIDRs: []string{"x"}, ExpiresIn: "soon"}.Domain()
	require.Equal(t, []string{"role", "allowedCidrs", "expiresIn", "name"}, badFields(t, err))
	for _, c := range []api.CreateKey{{Name: "x", ExpiresIn: "1h", ExpiresAt: "2027-01-01"}, {Name: "x", ExpiresIn: "1h", ExpiresAt: api.Never}, {Name: "x", ExpiresAt: "soon"}} {
		_, err = c.Domain()
		require.Equal(t, []string{"expiresAt"}, badFields(t, err))
	}
}

func TestUpdateKeyDomain(t *testing.T) {
	got, err := api.UpdateKey{}.Domain()
	require.NoError(t, err)
	require.Equal(t, apikey.Update{}, got)
	role, none := "admin", []string{}
	got, err = api.UpdateKey{Role: &role, AllowedCIDRs: &none, ExpiresAt: "never"}.Domain()
	require.NoError(t, err)
	require.Equal(t, apikey.RoleAdmin, *got.Role)
	require.Equal(t, []netip.Prefix{}, *got.AllowedCIDRs)
	require.Equal(t, apikey.Never(), got.Lifetime)
	role = "boss"
	_, err = api.UpdateKey{Role: &role}.Domain()
	require.Equal(t, []string{"role"}, badFields(t, err))
}

func TestRotateKeyDomain(t *testing.T) {
	for overlap, want := range map[api.Span]time.Duration{"": apikey.DefaultOverlap, "0": 0, "90": 90 * time.Second, "2h": 2 * time.Hour} {
		got, err := api.RotateKey{Overlap: overlap}.Domain()
		require.NoError(t, err)
		require.Equal(t, apikey.Rotation{Overlap: want}, got)
	}
	_, err := api.RotateKey{Overlap: "Never", ExpiresIn: "soon"}.Domain()
	require.Equal(t, []string{"overlap", "expiresIn"}, badFields(t, err), `"never" must not be read as 0`)
	_, err = api.RotateKey{Overlap: "17000w"}.Domain()
	require.ErrorContains(t, err, "overlap: is longer than 100 years; write a shorter one")
}

func TestVerifyRequestDomain(t *testing.T) {
	permission, address, err := api.VerifyRequest{Permission: "Ingest", Address: "::ffff:192.0.2.1"}.Domain()
	require.NoError(t, err)
	require.Equal(t, apikey.PermissionIngest, permission)
	require.Equal(t, netip.MustParseAddr("192.0.2.1"), address)
	permission, address, err = api.VerifyRequest{}.Domain()
	require.NoError(t, err)
	require.Equal(t, apikey.PermissionNone, permission)
	require.False(t, address.IsValid())
	_, _, err = api.VerifyRequest{Permission: "rule", Endpoint: "a b", Address: "10.0.0.0/8"}.Domain()
	require.Equal(t, []string{"permission", "endpoint", "address"}, badFields(t, err))
}

func TestCheckID(t *testing.T) {
	require.NoError(t, api.CheckID("4fjK2n0qPz7a"))
	for _, id := range []string{"", "..", "4fjK2n0qPz7", "4fjK2n0qPz7/", "4fjK2n0qPz7é"} {
		err := api.CheckID(id)
		require.Equal(t, apikey.CodeNotFound, apikey.ErrorCode(err), id)
		require.NotErrorAs(t, err, new(*api.Error), "no server said so")
	}
}
