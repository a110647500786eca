package endpoints

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/gate"
	"github.com/ostiary/ostiary/pkg/kinds"
	"github.com/ostiary/ostiary/pkg/upstreams"
)

// Check says what would come of a creation, of a change to what is there, or of a removal.
func (c *Catalog) Check(ctx context.Context, fields map[string]any) (*api.CheckedEndpoint, error) {
	caller, err := c.mayChange(ctx)
	if err != nil {
		return nil, err
	}
	fields, remove, wrong := takeDelete(fields)
	name, _ := fields["name"].(string)
	old := c.kept(name, caller.OrgID)
	checked := &api.CheckedEndpoint{
		Errors: []apikey.FieldError{}, Warnings: []apikey.FieldError{}, Affected: []api.AffectedKey{},
	}
	if remove {
		if old == nil {
			wrong.Add("name", "%q is no endpoint of your organization in the store, so it cannot be removed", name)
		}
		checked.Errors = append(checked.Errors, wrong...)
		return checked, c.addAffected(ctx, checked, old, nil, caller.OrgID)
	}
	d := c.draft(fields, old, caller.OrgID)
	c.resolve(ctx, d)
	if old == nil {
		if err := c.makeRoom(ctx, d); err != nil {
			return nil, err
		}
	}
	mine, taken, full := c.mistakes(d, c.genuine(), old, old == nil)
	taken = append(taken, full...)
	if old == nil && !slices.ContainsFunc(slices.Concat(mine, taken), isOfName) {
		if err := c.refuseOfFile(name, caller.OrgID); err != nil {
			wrong.AddError("name", err)
		}
	}
	checked.Errors = append(checked.Errors, slices.Concat(wrong, mine, taken)...)
	checked.Warnings = append(checked.Warnings, c.warnings(d, old, caller.OrgID)...)
	if d.endpoint.Upstream != nil && !slices.ContainsFunc(mine, isOfUpstream) {
		checked.Upstream = c.probe(ctx, &d.endpoint)
		if checked.Upstream.Reachable {
			for _, warning := range c.warnOfTenants(ctx, &d.endpoint) {
				checked.Warnings = append(checked.Warnings, apikey.FieldError{Field: "tenant", Detail: warning})
			}
		}
	}
	if len(mine) > 0 { // what cannot be read refuses nobody
		return checked, nil
	}
	return checked, c.addAffected(ctx, checked, old, &d.endpoint, caller.OrgID)
}

// warnings are those of a draft that what is there does not have.
func (c *Catalog) warnings(d *draft, old *apikey.Setting, orgID int64) (all apikey.Mistakes) {
	was := &draft{}
	if old != nil {
		was = c.draft(nil, old, orgID)
	}
	for _, w := range d.warnings {
		if !slices.Contains(was.warnings, w) {
			all.Add(w.Setting, "%s", w.Text)
		}
	}
	if old == nil {
		return inAPI(all)
	}
	ofKind := slices.ContainsFunc(all, func(e apikey.FieldError) bool { return e.Field == "kind" })
	for _, opened := range openings(&was.endpoint, &d.endpoint) {
		if !ofKind || opened.Field != "tenant" { // which the kind has said, by the name of its header
			all = append(all, opened)
		}
	}
	return inAPI(all)
}

// openings are what a change to an endpoint opens, whatever is behind it.
func openings(was, now *gate.Endpoint) (all apikey.Mistakes) {
	if !was.Tenant.IsZero() && now.Tenant.IsZero() {
		all.Add("tenant", "is taken out: what is behind the endpoint hears nothing of the key's tenants any longer, and "+
			"clients can say whose data they mean")
	}
	if was.Pool != "" && now.Pool == "" {
		all.Add("pool", "is taken out: keys of every pool, and of none, are let in")
	}
	before := openTo(was)
	for _, place := range openTo(now) {
		switch {
		case slices.Contains(before, place):
		case place.where == "":
			all.Add(place.field, "lets anyone in, without a key")
		default:
			all.Add(place.field, "lets anyone in without a key: %s", place.where)
		}
	}
	return all
}

// place is a part of an endpoint, and the field that says what it takes. Where is the whole endpoint if it is empty,
// and else a method, a path or both.
type place struct{ field, where string }

// openTo are the parts of an endpoint that take no key.
func openTo(e *gate.Endpoint) (places []place) {
	of := func(field, where string, need gate.Need, methods gate.Methods) {
		if need.Open {
			places = append(places, place{field, where})
		}
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			if methods[method].Open {
				places = append(places, place{field, strings.TrimSpace(method + " " + where)})
			}
		}
	}
	of("require", "", gate.Need{Require: e.Require, Open: e.Open}, e.Methods)
	for _, rule := range e.Paths {
		of("paths", rule.Path, rule.Need, rule.Methods)
	}
	return places
}

// takeDelete takes out the one field that is not an endpoint's.
func takeDelete(fields map[string]any) (rest map[string]any, remove bool, wrong apikey.Mistakes) {
	rest = map[string]any{}
	for name, value := range fields {
		if name != "delete" {
			rest[name] = value
			continue
		}
		var isTruth bool
		if remove, isTruth = value.(bool); !isTruth && value != nil {
			wrong.Add("delete", "must be true or false")
		}
	}
	return rest, remove, wrong
}

// genuine are the endpoints in the store that are as Ostiary wrote them.
func (c *Catalog) genuine() []apikey.Setting {
	return slices.DeleteFunc(slices.Clone(c.current.Load().settings), func(s apikey.Setting) bool {
		return s.Kind != apikey.SettingEndpoint || c.opts.Peppers.TrustSetting(&s) != apikey.Genuine
	})
}

const (
	// probeTime is how long an upstream may take to answer.
	probeTime = 5 * time.Second
	// probeAgent tells the upstream's own log who asked.
	probeAgent = "ostiary"
)

// probe asks the upstream of an endpoint once, without a credential and without going where it redirects to. One of a
// kind is asked for what tells it from others.
func (c *Catalog) probe(ctx context.Context, e *gate.Endpoint) *api.CheckedUpstream {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	u := e.Upstream
	transport, address := prober(u, c.guard().DialContext)
	kind := kinds.Find(e.Kind)
	switch {
	case kind != nil:
		address = *address.JoinPath(kind.Probe)
	case address.Path == "":
		address.Path = "/"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return &api.CheckedUpstream{Detail: "It cannot be asked."}
	}
	r.Header.Set("User-Agent", probeAgent)
	res, err := transport.RoundTrip(r)
	if err != nil {
		return &api.CheckedUpstream{Detail: whyUnreachable(ctx, u, err)}
	}
	defer func() { _ = res.Body.Close() }()
	return answered(res, e, kind)
}

// prober is what asks an upstream, and its address for it. Without dial, the upstream may be anywhere.
func prober(
	upstream *url.URL, dial func(ctx context.Context, network, address string) (net.Conn, error),
) (transport *http.Transport, address url.URL) {
	transport = &http.Transport{
		DialContext: dial, DisableKeepAlives: true, Protocols: new(http.Protocols),
		ResponseHeaderTimeout: probeTime, MaxResponseHeaderBytes: 64 << 10,
	}
	address = *upstream
	transport.Protocols.SetHTTP1(true)
	switch upstream.Scheme {
	case "h2c":
		address.Scheme = "http"
		transport.Protocols.SetHTTP1(false)
		transport.Protocols.SetUnencryptedHTTP2(true)
	case "https":
		transport.Protocols.SetHTTP2(true)
	}
	return transport, address
}

// answered says how an upstream answered a probe; kind may be nil.
func answered(res *http.Response, e *gate.Endpoint, kind *kinds.Kind) *api.CheckedUpstream {
	up := &api.CheckedUpstream{Reachable: true, Status: res.StatusCode}
	up.OwnLogin = res.StatusCode == http.StatusUnauthorized && res.Header.Get("Www-Authenticate") != ""
	if kind != nil && kind.Tenant != "" && res.StatusCode == http.StatusUnauthorized && !up.OwnLogin {
		// These programs say so, in a line, to whoever names no tenant.
		said, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10))
		asksForTenant := strings.Contains(string(said), "no org id")
		up.NoTenant = asksForTenant && e.Tenant.IsZero()
		up.Expected = asksForTenant && !up.NoTenant
	}
	up.Expected = up.Expected || res.StatusCode < http.StatusMultipleChoices ||
		kind == nil && res.StatusCode < http.StatusInternalServerError && !up.OwnLogin
	switch {
	case up.OwnLogin:
		up.Detail = "It answers, and wants a login of its own, which keys do not give it. Let it take requests from the gate " +
			"without one, or have the endpoint made in the configuration file, with upstream_auth_file."
	case up.NoTenant:
		up.Detail = fmt.Sprintf("It keeps tenants apart. It refuses who names none, and believes who names any. Give the "+
			"endpoint a tenant by the header %s, and keys their tenants; or run it for one tenant alone.", kind.Tenant)
	case res.StatusCode >= http.StatusInternalServerError:
		up.Detail = fmt.Sprintf("It answers with %d: something is wrong behind it, or it is not ready yet.", res.StatusCode)
	case res.StatusCode >= 300 && res.StatusCode < 400:
		up.Detail = fmt.Sprintf("It answers with %d, which sends clients elsewhere; the gate passes that on.", res.StatusCode)
	case up.Expected && res.StatusCode == http.StatusUnauthorized && kind != nil:
		up.Detail = "It answers, and keeps tenants apart."
	case !up.Expected:
		up.Detail = fmt.Sprintf("It answers with %d at %s, which %s has: see whether that is its address.",
			res.StatusCode, kind.Probe, kind.Title)
	default:
		up.Detail = fmt.Sprintf("It answers with %d.", res.StatusCode)
	}
	return up
}

// whyUnreachable says why an upstream did not answer, without what only the server's log should have.
func whyUnreachable(ctx context.Context, u *url.URL, err error) string {
	var refused *upstreams.RefusedError
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &refused):
		return fmt.Sprintf("It cannot be there: %v.", refused)
	case errors.As(err, &dns):
		return fmt.Sprintf("The name %s cannot be resolved.", u.Hostname())
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid):
		return "Its certificate is not one that this server trusts for this name."
	case ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("It did not answer within %s.", probeTime)
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return "Nothing can be connected to there: " + op.Err.Error() + "."
	}
	return "It does not speak " + u.Scheme + ", or ended the connection."
}
