package kinds_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/kinds"
)

func TestTablesAreWellFormed(t *testing.T) {
	methods := []string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions,
	}
	require.True(t, slices.IsSorted(kinds.Names()), "by name")
	for _, kind := range kinds.All() {
		require.Same(t, kind, kinds.Find(kind.Name))
		for field, value := range map[string]string{
			"name": kind.Name, "title": kind.Title, "versions": kind.Versions, "source": kind.Source, "closed": kind.Closed,
		} {
			require.NotEmpty(t, value, "%s: %s", kind.Name, field)
		}
		require.True(t, slices.ContainsFunc(kind.Routes, func(r kinds.Route) bool {
			return r.Pattern == kind.Probe && strings.HasPrefix(r.Methods, "GET") && r.Takes == apikey.PermissionRead
		}), "%s: %s", kind.Name, kind.Probe)
		known := map[string]bool{}
		for _, route := range kind.Routes {
			what := kind.Name + ": " + route.Methods + " " + route.Pattern
			require.NotEmpty(t, route.What, what)
			require.Contains(t, apikey.Permissions(), route.Takes, what)
			require.True(t, strings.HasPrefix(route.Pattern, "/"), what)
			require.NotContains(t, strings.TrimSuffix(route.Pattern, kinds.Rest), "...", what)
			for method := range strings.FieldsSeq(route.Methods) {
				require.Contains(t, append(methods, kinds.AnyMethod), method, what)
				require.False(t, known[method+route.Pattern], "%s stands there twice", what)
				known[method+route.Pattern] = true
			}
		}
	}
}

// TestWhatRunsAProgramIsNoReadersBusiness holds the tables against the words by
// which such routes are known.
func TestWhatRunsAProgramIsNoReadersBusiness(t *testing.T) {
	words := []string{
		"ring", "flush", "shutdown", "memberlist", "pprof", "fgprof", "debug", "config", "delete", "quit", "reload", "admin", "downscale",
		"snapshot",
	}
	own := []string{"/config/tenant/v1/limits"} // of the tenant that asks
	for _, kind := range kinds.All() {
		for _, route := range kind.Routes {
			segments := strings.FieldsFunc(route.Pattern, func(c rune) bool { return strings.ContainsRune("/-_", c) })
			found := slices.ContainsFunc(words, func(w string) bool { return slices.Contains(segments, w) })
			if found && !slices.Contains(own, route.Pattern) && !strings.HasPrefix(route.Pattern, "/prometheus/config/v1/rules") {
				require.GreaterOrEqual(t, route.Takes, apikey.PermissionWrite, "%s: %s", kind.Name, route.Pattern)
			}
			asksFirst := strings.Contains(route.What, "senders ask first")
			if route.Takes == apikey.PermissionIngest && !asksFirst {
				require.NotContains(t, route.Methods, http.MethodGet, "%s: %s", kind.Name, route.Pattern)
			}
		}
	}
}
