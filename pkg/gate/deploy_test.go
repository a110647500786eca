package gate

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/stream/v3"
	extauthzv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_authz/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/verify"
)

// TestTraefikAndEnvoyFiles reads the two files that are not run here: they
// are YAML, ask this gate, pass on its headers, and keep the key back.
func TestTraefikAndEnvoyFiles(t *testing.T) {
	for name, wants := range map[string][]string{
		"traefik/dynamic.yaml": {"http://127.0.0.1:7172/auth?require=read", "^X-Ostiary-", `Authorization: ""`, `X-API-Key: ""`, `X_API_Key: ""`, "middlewares: [believe-nobody, ostiary, without-keys]"},
		"envoy/envoy.yaml":     {"path_prefix: /auth", "prefix: x-ostiary-", "failure_mode_allow: false", "remove: authorization", "remove: x-api-key"},
	} {
		content := servertest.Deployed(t, name)
		var tree map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(content), &tree), name)
		for _, want := range wants {
			require.Contains(t, content, want, name)
		}
		if strings.HasPrefix(name, "envoy") {
			asked, removed := strings.Index(content, "filters.http.ext_authz"), strings.Index(content, "remove: authorization")
			require.Less(t, strings.Index(content, "remove: x-ostiary-role"), asked, "before the gate is asked")
			require.Less(t, asked, removed, "after the gate was asked")
		}
	}
}

// TestEnvoyFilesAreEnvoys reads the two files for Envoy with Envoy's own types,
// which know every field and its bounds.
func TestEnvoyFilesAreEnvoys(t *testing.T) {
	for _, name := range []string{"envoy/envoy.yaml", "envoy/grpc.yaml"} {
		var tree map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(servertest.Deployed(t, name)), &tree), name)
		asJSON, err := json.Marshal(tree)
		require.NoError(t, err)
		var config bootstrapv3.Bootstrap
		require.NoError(t, protojson.Unmarshal(asJSON, &config), name)
		require.NoError(t, config.ValidateAll(), name)
		filter := config.GetStaticResources().GetListeners()[0].GetFilterChains()[0].GetFilters()[0]
		var manager hcmv3.HttpConnectionManager
		require.NoError(t, filter.GetTypedConfig().UnmarshalTo(&manager), name)
		require.NoError(t, manager.ValidateAll(), name)
		asked := 0
		for _, filter := range manager.GetHttpFilters() {
			message, err := filter.GetTypedConfig().UnmarshalNew()
			require.NoError(t, err)
			if checked, ok := message.(interface{ ValidateAll() error }); ok {
				require.NoError(t, checked.ValidateAll(), filter.GetName())
			}
			if authz, ok := message.(*extauthzv3.ExtAuthz); ok {
				asked++
				require.False(t, authz.GetFailureModeAllow(), name)
				require.Equal(t, name == "envoy/grpc.yaml", authz.GetGrpcService() != nil, name)
			}
		}
		require.Equal(t, 1, asked, name)
		for _, route := range manager.GetRouteConfig().GetVirtualHosts()[0].GetRoutes() {
			for _, packed := range route.GetTypedPerFilterConfig() {
				var own extauthzv3.ExtAuthzPerRoute
				require.NoError(t, packed.UnmarshalTo(&own))
				require.NoError(t, own.ValidateAll())
				_, wrong := new(authQuery).takeAll(own.GetCheckSettings().GetContextExtensions())
				require.NoError(t, wrong.Err(), "the gate takes what the file says")
			}
		}
	}
}

// TestProxiesBelieveClientsNoMoreThanTheGateDoes holds the files for proxies
// in front of a service against the list of what the gate itself removes.
func TestProxiesBelieveClientsNoMoreThanTheGateDoes(t *testing.T) {
	underscored := func(name string) string { return strings.ReplaceAll(name, "-", "_") }
	// What a proxy takes from clients by itself.
	traefiks := []string{
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Forwarded-Uri", "X-Forwarded-Method",
		"X-Forwarded-Prefix", "X-Real-IP",
	}
	envoys := []string{"X-Forwarded-For", "X-Forwarded-Proto"}
	for file, removes := range map[string]func(content, name string) bool{
		"nginx/auth_request.conf": setByNginx,
		"nginx/grafana.conf":      setByNginx,
		"nginx/uptime-kuma.conf":  setByNginx,
		"nginx/pmm.conf":          setByNginx,
		"caddy/Caddyfile": func(content, name string) bool {
			for _, m := range regexp.MustCompile(`(?m)^\s*request_header -(\S+)`).FindAllStringSubmatch(content, -1) {
				if family, all := strings.CutSuffix(m[1], "*"); strings.EqualFold(m[1], name) || all && strings.HasPrefix(strings.ToLower(name), strings.ToLower(family)) {
					return true
				}
			}
			return false
		},
		"traefik/dynamic.yaml": func(content, name string) bool {
			return slices.Contains(traefiks, name) || strings.Contains(content, "          "+name+`: ""`)
		},
		"envoy/envoy.yaml": func(content, name string) bool {
			return slices.Contains(envoys, name) || strings.Contains(content, "- remove: "+strings.ToLower(name)+"\n") ||
				strings.Contains(name, "_") && strings.Contains(content, "headers_with_underscores_action: DROP_HEADER")
		},
	} {
		content := servertest.Deployed(t, file)
		for _, name := range verify.ForgedHeaders() {
			require.True(t, removes(content, name), "deploy/%s lets %s pass", file, name)
			require.True(t, removes(content, underscored(name)), "deploy/%s lets %s pass", file, underscored(name))
		}
	}
}

// TestEachWayThroughNginxBelievesClientsNoMore looks at every place of the
// files that hands on what the gate has let in.
func TestEachWayThroughNginxBelievesClientsNoMore(t *testing.T) {
	for _, file := range []string{"nginx/auth_request.conf", "nginx/uptime-kuma.conf", "nginx/pmm.conf"} {
		locations := regexp.MustCompile(`(?m)^\s*location `).Split(servertest.Deployed(t, file), -1)
		asked := 0
		for _, location := range locations[1:] {
			name, _, _ := strings.Cut(location, "{")
			if !strings.Contains(location, "auth_request /") || !strings.Contains(location, "_pass ") {
				continue
			}
			asked++
			for _, header := range verify.ForgedHeaders() {
				set := regexp.MustCompile(`(?mi)^\s*(?:proxy|grpc)_set_header ` + header + `\s`)
				require.True(t, set.MatchString(location), "deploy/%s, location %slets %s pass", file, name, header)
			}
		}
		require.Positive(t, asked, file)
	}
}

func setByNginx(content, name string) bool {
	if strings.Contains(name, "_") {
		return strings.Contains(content, "underscores_in_headers off;")
	}
	return regexp.MustCompile(`(?mi)^\s*proxy_set_header ` + name + `\s`).MatchString(content)
}

// forgeAll returns every header that a client could forge, in both spellings.
func forgeAll() (headers []string) {
	for _, name := range verify.ForgedHeaders() {
		headers = append(headers, name, "forged", strings.ReplaceAll(name, "-", "_"), "forged")
	}
	return append(headers, "X-Original-For", "forged", "X_Original_For", "forged")
}

// TestForgedHeadersStopAtProxies sends them all through a real nginx and a
// real Caddy, which ask the gate.
func TestForgedHeadersStopAtProxies(t *testing.T) {
	h := newHouse(t)
	gate := mustURL(t, h.open(Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}))
	viewer := h.issue(apikey.RoleViewer)
	plain, _ := startNginx(t, gate, echoUpstream(t))
	for name, address := range map[string]string{"nginx": plain, "Caddy": startCaddy(t, gate, echoUpstream(t))} {
		e := ask(t, address+"/v1/version", append(append(forgeAll(), "X_API_Key", viewer.Token), bearer(viewer.Token)...)...).echo(t)
		for header, values := range e.Header {
			if strings.HasPrefix(header, "X-Original-For") {
				continue // of a family that nginx cannot remove as a whole
			}
			require.NotContains(t, values, "forged", "%s lets %s pass", name, header)
			require.NotContains(t, strings.Join(values, " "), viewer.Token, "%s lets the key pass in %s", name, header)
		}
		require.Equal(t, []string{viewer.Key.ID}, e.Header["X-Ostiary-Key-Id"])
		require.Equal(t, []string{"127.0.0.1"}, e.Header["X-Forwarded-For"])
	}
	require.Equal(t, netip.MustParseAddr("127.0.0.1"), h.uses.lastFrom())
}
