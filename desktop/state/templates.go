package state

import (
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TemplateID names what a new key can begin as. Empty is nothing in particular.
type TemplateID string

// What a key can begin as.
const (
	TemplateAlloy      TemplateID = "alloy"
	TemplateScrape     TemplateID = "prometheus"
	TemplateCollector  TemplateID = "collector"
	TemplateDataSource TemplateID = "grafana"
	TemplateCI         TemplateID = "ci"
)

// Snippet is the use of a token that a key is for which began as a template; empty for none in particular.
func (id TemplateID) Snippet() SnippetID {
	switch id {
	case TemplateAlloy:
		return SnippetAlloy
	case TemplateScrape:
		return SnippetPrometheus
	case TemplateCollector:
		return SnippetCollector
	case TemplateDataSource:
		return SnippetGrafanaForm
	}
	return ""
}

// Template is what a new key can begin as: the fields that a kind of client
// needs.
type Template struct {
	ID        TemplateID
	Role      apikey.Role
	Endpoints []string
	Lifetime  Lifetime
}

// Templates are those whose roles a policy allows, with the endpoints of this
// gate that they are for. The console has the same, which a file that both are
// tested against holds: src/components/key.golden.
func Templates(p api.Policy, endpoints []api.Endpoint) []Template {
	those := func(fit func(api.Endpoint) bool) (names []string) {
		for _, e := range endpoints {
			if fit(e) {
				names = append(names, e.Name)
			}
		}
		return names
	}
	fed := func(e api.Endpoint) bool { return does(apikey.RoleAgent, apikey.PermissionIngest, e) }
	usual := usualLifetime(p)
	all := []Template{
		{TemplateAlloy, apikey.RoleAgent, those(func(e api.Endpoint) bool { return fed(e) && fedByAlloy(e) }), usual},
		{TemplateScrape, apikey.RoleViewer, those(hasMetrics), usual},
		{TemplateCollector, apikey.RoleAgent, those(func(e api.Endpoint) bool {
			return fed(e) && is(otlpAt, e)
		}), usual},
		{TemplateDataSource, apikey.RoleViewer, those(func(e api.Endpoint) bool {
			return does(apikey.RoleViewer, apikey.PermissionRead, e) && is(dataSourceAt, e)
		}), usual},
		{TemplateCI, apikey.RoleEditor, nil, shortLifetime(p)},
	}
	return slices.DeleteFunc(all, func(t Template) bool { return !slices.Contains(p.Roles, t.Role) })
}

// is reports whether an endpoint is of a sort.
func is(at func(api.Endpoint) (string, bool), e api.Endpoint) bool {
	_, ok := at(e)
	return ok
}

// fedByAlloy reports whether an endpoint takes what Alloy sends.
func fedByAlloy(e api.Endpoint) bool {
	return is(logsAt, e) || is(remoteWriteAt, e) || is(profilesAt, e) || is(otlpAt, e)
}

// hasMetrics reports whether an endpoint has some for Prometheus.
func hasMetrics(e api.Endpoint) bool {
	path, ok := scrapedAt(e)
	return ok && strings.HasSuffix(path, "/metrics")
}

// usualLifetime is the one that a policy gives to keys.
func usualLifetime(p api.Policy) Lifetime {
	if p.DefaultTTL == 0 {
		return Lifetime{Kind: LifetimeNever}
	}
	return Lifetime{Preset: Seconds(p.DefaultTTL)}
}

// shortLifetime is the shortest one that a server offers.
func shortLifetime(p api.Policy) Lifetime {
	if len(p.Offers.Lifetimes) == 0 {
		return usualLifetime(p)
	}
	return Lifetime{Preset: Seconds(slices.Min(p.Offers.Lifetimes))}
}
