package apikey_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestTenantsOfARequest is the table of what a request may act for.
func TestTenantsOfARequest(t *testing.T) {
	const none = "\x00" // no header
	read, write, ingest, manage := apikey.PermissionRead, apikey.PermissionWrite, apikey.PermissionIngest, apikey.PermissionManage
	for _, test := range []struct {
		tenants []string
		sent    string
		reading string
		writing string
	}{
		{nil, none, "forbidden", "forbidden"},
		{nil, "a", "forbidden", "forbidden"},
		{[]string{"a"}, none, "=a", "=a"},
		{[]string{"a"}, "a", "=a", "=a"},
		{[]string{"a"}, "b", "forbidden", "forbidden"},
		{[]string{"a"}, "", "invalid_request", "invalid_request"},
		{[]string{"b", "a"}, none, "=a|b", "invalid_request"},
		{[]string{"a", "b"}, "b", "=b", "=b"},
		{[]string{"a", "b"}, "b|a", "=b|a", "invalid_request"},
		{[]string{"a", "b"}, "a|c", "forbidden", "forbidden"},
		{[]string{"a", "b"}, "a|", "invalid_request", "invalid_request"},
		{[]string{"a", "b"}, "*", "forbidden", "forbidden"},
		{[]string{"*"}, none, "invalid_request", "invalid_request"},
		{[]string{"*"}, "a", "=a", "=a"},
		{[]string{"*"}, "a|b", "=a|b", "=a|b"},
		{[]string{"*"}, "a/b", "invalid_request", "invalid_request"},
		{[]string{"*"}, "..", "invalid_request", "invalid_request"},
	} {
		names, err := apikey.ParseTenants(test.tenants)
		require.NoError(t, err)
		tenants := apikey.NewTenants(names)
		sent, given := test.sent, test.sent != none
		if !given {
			sent = ""
		}
		for p, want := range map[apikey.Permission]string{read: test.reading, write: test.writing, ingest: test.writing, manage: test.writing} {
			got, err := tenants.Choose(sent, given, p)
			if err != nil {
				got = string(apikey.ErrorCode(err))
			} else {
				got = "=" + got
			}
			require.Equal(t, want, got, "%q asked for %q to %s", test.tenants, test.sent, p)
		}
	}
}

// TestNoRequestActsForAForeignTenant holds for any key and any header.
func TestNoRequestActsForAForeignTenant(t *testing.T) {
	name := rapid.SampledFrom([]string{"a", "b", "c", "team-1", "x(y)", "'"})
	rapid.Check(t, func(t *rapid.T) {
		names, err := apikey.ParseTenants(rapid.SliceOfN(name, 0, 4).Draw(t, "tenants"))
		require.NoError(t, err)
		tenants := apikey.NewTenants(names)
		sent := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(name), func(s []string) string { return strings.Join(s, "|") })).Draw(t, "sent")
		p := rapid.SampledFrom([]apikey.Permission{apikey.PermissionRead, apikey.PermissionWrite, apikey.PermissionIngest}).Draw(t, "permission")
		chosen, err := tenants.Choose(sent, rapid.Bool().Draw(t, "given"), p)
		if err != nil {
			require.Contains(t, []apikey.Code{apikey.CodeForbidden, apikey.CodeInvalid}, apikey.ErrorCode(err))
			return
		}
		for one := range strings.SplitSeq(chosen, "|") {
			require.True(t, slices.Contains(names, one), "%q of %q", one, names)
		}
		if p != apikey.PermissionRead {
			require.NotContains(t, chosen, "|")
		}
	})
}

func TestTenantsOfAKey(t *testing.T) {
	for _, list := range [][]string{{""}, {"."}, {".."}, {"__mimir_cluster"}, {"a/b"}, {"a|b"}, {"a b"}, {"ä"}, {"*", "a"}, {strings.Repeat("a", 151)}, {"a\x00"}} {
		_, err := apikey.ParseTenants(list)
		require.Error(t, err, "%q", list)
	}
	got, err := apikey.ParseTenants([]string{"b", "a", "b", "A!-_.*'()"})
	require.NoError(t, err)
	require.Equal(t, []string{"A!-_.*'()", "a", "b"}, got)
}
