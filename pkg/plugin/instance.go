package plugin

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// instance is the plugin for one organization. It owns nothing, so that Grafana can make it again at any time, and does
// not keep the settings that it was made with: Grafana makes another only when the second in which they were saved has
// changed, and so would leave one of two that were saved within a second out of force. Every request brings them.
type instance struct {
	process   *Process
	resources backend.CallResourceHandler
}

// NewInstance makes the instance of an organization. Settings that are wrong are for the health check to report and no
// error here, because keys can still be listed, verified and revoked.
func (p *Process) NewInstance(context.Context, backend.AppInstanceSettings) (instancemgmt.Instance, error) {
	i := &instance{process: p}
	i.resources = httpadapter.New(i)
	return i, nil
}

// settingsIn are the organization's settings as they are at a request.
func settingsIn(pc backend.PluginContext) *settings {
	if pc.AppInstanceSettings == nil {
		return readSettings(nil)
	}
	return readSettings(pc.AppInstanceSettings.JSONData)
}

// CallResource passes a request to the resource API. It escapes the path, because Grafana has unescaped it and the
// adapter will do so again.
func (i *instance) CallResource(
	ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender,
) error {
	escaped := *req
	escaped.Path = (&url.URL{Path: req.Path}).EscapedPath()
	return i.resources.CallResource(ctx, &escaped, sender)
}

// ServeHTTP answers a request to the resource API. What its headers say of
// the caller counts for nothing: a client can send any.
func (i *instance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, err := i.process.open(r.Context())
	if err != nil {
		api.NewProblem(apikey.CodeUnavailable,
			"Ostiary could not start. The health check of the plugin says why; ask an administrator of Grafana to look at it.").Write(w)
		return
	}
	pc := backend.PluginConfigFromContext(r.Context())
	ctx := withSettings(r.Context(), settingsIn(pc))
	if caller, ok := callerOf(pc); ok {
		caller.Addr = clientAddr(r.Header, s.cfg.TrustedProxies)
		ctx = apikey.WithCaller(ctx, caller)
		s.node.Service().SawCaller(ctx, "grafana", r.UserAgent())
	}
	if r.Body == nil { // the adapter's way to say that it is empty
		r.Body = http.NoBody
	}
	s.node.API().ServeHTTP(w, r.WithContext(ctx))
}

// callerOf returns the person or service account that Grafana has signed in.
// It sends none for what it does itself, and one without a name for anonymous
// visitors; neither is a caller.
func callerOf(pc backend.PluginContext) (apikey.Caller, bool) {
	orgID := pc.OrgID //nolint:staticcheck // keys belong to the organization's number; the SDK would have its namespace used instead
	if pc.User == nil || orgID <= 0 {
		return apikey.Caller{}, false
	}
	caller := apikey.Caller{OrgID: orgID, Login: cmp.Or(pc.User.Login, pc.User.Email)}
	switch pc.User.Role {
	case "Admin":
		caller.Role = apikey.RoleAdmin
	case "Editor":
		caller.Role = apikey.RoleEditor
	case "Viewer":
		caller.Role = apikey.RoleViewer
	}
	return caller, caller.Login != ""
}

// clientAddr returns the address that the caller's request came from. Grafana
// puts the one that it sees at the end of X-Forwarded-For; the addresses before
// it are believed only if they came through trusted proxies.
func clientAddr(header http.Header, trusted []netip.Prefix) netip.Addr {
	hops := strings.Join(header["X-Forwarded-For"], ",")
	comma := strings.LastIndexByte(hops, ',')
	seen, err := netip.ParseAddr(strings.TrimSpace(hops[comma+1:]))
	if err != nil {
		return netip.Addr{}
	}
	before := http.Header{}
	if comma >= 0 {
		before["X-Forwarded-For"] = []string{hops[:comma]}
	}
	return verify.ClientAddr(seen.Unmap().WithZone(""), before, trusted)
}
