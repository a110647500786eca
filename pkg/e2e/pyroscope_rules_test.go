package e2e

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pyroscopeRoutes are the routes of Pyroscope 0.37, 1.0, 1.10, 1.21 and 2.2 as
// their routers and their Connect services register them, by what they take.
// What takes nothing here is for Pyroscope's own parts, or needs its login.
var pyroscopeRoutes = map[string]string{
	"none": "/ready /healthz",

	"ingest": `/ingest /ingest?name=a&format=folded /pyroscope/ingest /push.v1.PusherService/Push /v1development/profiles
		/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export /opentelemetry.proto.collector.profiles.v1experimental.ProfilesService/Export
		/debuginfo.v1alpha1.DebuginfoService/ShouldInitiateUpload /debuginfo.v1alpha1.DebuginfoService/Upload/abc123 /debuginfo.v1alpha1.DebuginfoService/UploadFinished`,

	"read": `/ /explore /comparison /comparison-diff /ui /assets/app.js /static/pyroscope.css /icons/search.svg /public/build/img/icons/x.svg
		/querier.v1.QuerierService/AnalyzeQuery /querier.v1.QuerierService/Diff /querier.v1.QuerierService/GetProfileStats /querier.v1.QuerierService/LabelNames
		/querier.v1.QuerierService/LabelValues /querier.v1.QuerierService/ProfileTypes /querier.v1.QuerierService/SelectHeatmap /querier.v1.QuerierService/SelectMergeProfile
		/querier.v1.QuerierService/SelectMergeSpanProfile /querier.v1.QuerierService/SelectMergeStacktraces /querier.v1.QuerierService/SelectSeries /querier.v1.QuerierService/Series
		/adhocprofiles.v1.AdHocProfileService/Diff /adhocprofiles.v1.AdHocProfileService/Get /adhocprofiles.v1.AdHocProfileService/List
		/vcs.v1.VCSService/GetCommit /vcs.v1.VCSService/GetCommits /vcs.v1.VCSService/GetFile /vcs.v1.VCSService/GithubApp /vcs.v1.VCSService/GithubLogin /vcs.v1.VCSService/GithubRefresh
		/capabilities.v1.FeatureFlagsService/GetFeatureFlags /debuginfo.v1alpha1.DebuginfoService/ListDebuginfo /version.v1.Version/Version
		/api/v1/status/buildinfo /api/v1/tenant_limits /api/swagger.json /pyroscope/render?query=x /pyroscope/render-diff /pyroscope/label-values /metrics
		/render /render-diff /labels /label-values /export /merge /api/exemplars:merge /api/exemplars:query /api/adhoc/v1/profiles /api/adhoc/v1/profile/0a /api/adhoc/v1/diff/0a/0b
		/exported-metrics /build /targets /tracing /service-discovery /settings /settings/users /settings/api-keys/add /exemplars/merge /exemplars/single
		/adhoc-single /adhoc-comparison /adhoc-comparison-diff`,

	"write": "/adhocprofiles.v1.AdHocProfileService/Upload /api/adhoc/v1/upload /api/annotations",

	"manage": `/settings.v1.SettingsService/Get /settings.v1.SettingsService/Set /settings.v1.SettingsService/Delete
		/settings.v1.RecordingRulesService/GetRecordingRule /settings.v1.RecordingRulesService/ListRecordingRules /settings.v1.RecordingRulesService/UpsertRecordingRule
		/settings.v1.RecordingRulesService/DeleteRecordingRule /debuginfo.v1alpha1.DebuginfoService/DeleteDebuginfo /ingester.v1.IngesterService/Flush
		/admin /ops/object-store/tenants /ops/object-store/tenants/a/blocks /ops/object-store/tenants/a/blocks/b /ops/object-store/tenants/a/blocks/b/datasets/profiles/download
		/ring /ring-segment-writer /distributor/ring /compactor/ring /store-gateway/ring /store-gateway/tenants /store-gateway/tenant/a/blocks /overrides-exporter/ring
		/metastore-nodes /metastore-client-test /query-diagnostics /query-diagnostics/list /query-diagnostics/api/import /memberlist /runtime_config
		/api/v1/status/config /api/v1/status/config/diff /api/v1/status/config/default /debug/fgprof /debug/pprof/ /debug/pprof/profile /debug/storage/export/main
		/config /api/keys /api/keys/1 /api/users /api/users/1/password /api/user`,

	"": `/ingester.v1.IngesterService/Push /ingester.v1.IngesterService/MergeProfilesPprof /storegateway.v1.StoreGatewayService/Series /frontendpb.FrontendForQuerier/QueryResult
		/schedulerpb.SchedulerForFrontend/FrontendLoop /schedulerpb.SchedulerForQuerier/QuerierLoop /httpgrpc.HTTP/Handle /query.v1.QueryBackendService/Invoke /query.v1.QueryFrontendService/Query
		/segmentwriter.v1.SegmentWriterService/Push /metastore.v1.IndexService/AddBlock /metastore.v1.TenantService/DeleteTenant /metastore.v1.OperatorService/Info
		/raft_node.RaftNodeService/RemoveNode /compactor.v1.CompactionPlanner/GetCompactionJobs /compactor.v1.CompactionService/PollCompactionJobs
		/login /logout /signup /auth-of-tomorrow /api /api/ /api/v2/anything /pyroscope /querier.v1.QuerierService /querier.v1.QuerierService/DeleteEverything
		/push.v1.PusherService/Pull /adhocprofiles.v1.AdHocProfileService/Purge /vcs.v1.VCSService/Push /version.v1.Version /v1development /v1/profiles /flush /unknown /readyz /ingester /Admin /RING`,
}

// TestPyroscopeRules asks for every route of Pyroscope with every role.
func TestPyroscopeRules(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, nil)
	s := serveDeployed(t, "pyroscope/ostiary.yaml", nil, "127.0.0.1:4041", up.host())
	grants := map[string][]string{"Agent": {"ingest"}, "Viewer": {"read"}, "Editor": {"read", "write"}, "Admin": {"ingest", "read", "write", "manage"}}
	tokens := map[string]string{"": ""}
	for role := range grants {
		tokens[role] = s.token("an "+role, role)
	}
	want := func(takes, role string) int {
		switch {
		case takes == "":
			return http.StatusNotFound
		case takes == "none" || slices.Contains(grants[role], takes):
			return http.StatusOK
		case role == "":
			return http.StatusUnauthorized
		}
		return http.StatusForbidden
	}
	ask := func(method, uri, role string) int {
		t.Helper()
		req, err := http.NewRequest(method, s.gate+uri, nil)
		require.NoError(t, err)
		req.Header.Set("X-Http-Method-Override", "DELETE")
		if role != "" {
			req.SetBasicAuth("any", tokens[role])
		}
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	pyroscopeRoutes["write"] = strings.Replace(pyroscopeRoutes["write"], "/api/annotations", "", 1)
	require.Equal(t, want("read", "Viewer"), ask(http.MethodGet, "/api/annotations", "Viewer"))
	require.Equal(t, want("write", "Viewer"), ask(http.MethodPost, "/api/annotations", "Viewer"))
	require.Equal(t, want("write", "Editor"), ask(http.MethodPost, "/api/annotations", "Editor"))
	for takes, routes := range pyroscopeRoutes {
		for uri := range strings.FieldsSeq(routes) {
			for role := range tokens {
				got := []int{ask(http.MethodGet, uri, role), ask(http.MethodPost, uri, role)}
				require.Contains(t, got, want(takes, role), "%s as %q", uri, role)
				for _, status := range got { // some take one of the two alone
					require.Contains(t, []int{want(takes, role), http.StatusMethodNotAllowed}, status, "%s as %q", uri, role)
				}
			}
		}
	}
	for method, takes := range map[string]string{"GET": "read", "HEAD": "read", "DELETE": "manage", "POST": "manage", "PUT": "manage"} {
		for role := range tokens {
			require.Equal(t, want(takes, role), ask(method, "/api/apps", role), "%s as %q", method, role)
		}
	}
	for _, r := range up.forget() {
		require.Empty(t, r.Header.Values("Authorization"))
		require.Empty(t, r.Header.Values("X-Http-Method-Override"), "which some would take for the method")
	}

	// Spellings of a route that lead to it do not lead past its rule.
	for _, uri := range []string{"/assets/../ring-segment-writer", "/assets/%2e%2e/ring", "//ring", "/ready/../settings.v1.SettingsService/Set", "/./pyroscope/ingest", "/healthz/%2e%2e/distributor/ring"} {
		require.Equal(t, http.StatusForbidden, ask(http.MethodPost, uri, "Viewer"), uri)
	}
	for _, uri := range []string{"/ready;/../ring", "/assets/..%2f..%2fring", "/ready%2f..%2fring", "/icons/..;/ring"} {
		require.Contains(t, []int{http.StatusForbidden, http.StatusBadRequest}, ask(http.MethodPost, uri, "Viewer"), uri)
	}

	// A call of gRPC meets the same rules.
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	h2c := &http.Client{Transport: transport}
	call := func(method, role string) string {
		req, err := http.NewRequest(http.MethodPost, s.gate+method, strings.NewReader(""))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/grpc")
		req.Header.Set("Authorization", "Bearer "+tokens[role])
		resp, err := h2c.Do(req)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		require.NoError(t, resp.Body.Close())
		return resp.Header.Get("Grpc-Status")
	}
	const export = "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export"
	require.Equal(t, "7", call(export, "Viewer"))
	require.Equal(t, "7", call("/settings.v1.SettingsService/Set", "Viewer"))
	require.NotEqual(t, "7", call(export, "Agent"))
}
