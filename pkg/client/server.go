package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Verify asks whether a token would be let in. A token that would not is no
// error.
func (c *Client) Verify(ctx context.Context, v api.VerifyRequest) (*api.VerifyResponse, error) {
	return call(ctx, c, request{method: http.MethodPost, path: "/v1/verify", body: v},
		func(r *api.VerifyResponse) bool {
			return r.Code != "" && (r.Valid == (r.Key != nil) || r.Valid && r.Permission == api.RequireNone)
		})
}

// ReportLeak ends a token that was found where it does not belong. Where says
// in which place, and may be empty.
func (c *Client) ReportLeak(ctx context.Context, token, where string) (*api.LeakOutcome, error) {
	report := api.LeakReport{Token: token, Where: where}
	return call(ctx, c, request{method: http.MethodPost, path: "/v1/leaks", body: report},
		func(o *api.LeakOutcome) bool { return o.Outcome != "" })
}

// AuditQuery describes a page of the audit trail. Empty fields leave it to
// the server: every key, the newest entries, 50 to a page.
type AuditQuery struct {
	KeyID  string
	Action string    // such as create, rotate or revoke
	Actor  string    // the whole login or name
	Since  time.Time // only entries from then on
	Search string    // words that are in its texts
	Cursor string    // AuditList.NextCursor of the page before
	Limit  int
}

// Audit returns a page of the audit trail, the newest entry first.
func (c *Client) Audit(ctx context.Context, q AuditQuery) (*api.AuditList, error) {
	v := url.Values{}
	set(v, "keyId", q.KeyID)
	set(v, "action", q.Action)
	set(v, "actor", q.Actor)
	if !q.Since.IsZero() {
		v.Set("since", q.Since.UTC().Format(time.RFC3339Nano))
	}
	set(v, "q", apikey.Searched(q.Search))
	set(v, "cursor", q.Cursor)
	setNumber(v, "limit", q.Limit)
	return call(ctx, c, request{method: http.MethodGet, path: "/v1/audit", query: v},
		func(l *api.AuditList) bool { return l.Entries != nil })
}

// AllAudit goes through the entries of q's page and of all that follow, as
// AllKeys does.
func (c *Client) AllAudit(ctx context.Context, q AuditQuery) iter.Seq2[api.AuditEntry, error] {
	return pages(q.Cursor, func(cursor string) ([]api.AuditEntry, string, error) {
		q.Cursor = cursor
		list, err := c.Audit(ctx, q)
		if err != nil {
			return nil, "", err
		}
		return list.Entries, list.NextCursor, nil
	})
}

// DenialQuery describes a page of refused requests. Empty fields leave it to
// the server: all of them, 50 to a page.
type DenialQuery struct {
	KeyID    string    // of a key, or of a token
	Code     string    // such as expired or invalid_token
	Endpoint string    // its name
	Since    time.Time // only those from then on
	Search   string    // words that are in its texts
	Cursor   string    // DenialList.NextCursor of the page before
	Limit    int
}

func (q DenialQuery) values() url.Values {
	v := url.Values{}
	set(v, "keyId", q.KeyID)
	set(v, "code", q.Code)
	set(v, "endpoint", q.Endpoint)
	if !q.Since.IsZero() {
		v.Set("since", q.Since.UTC().Format(time.RFC3339Nano))
	}
	set(v, "q", apikey.Searched(q.Search))
	set(v, "cursor", q.Cursor)
	setNumber(v, "limit", q.Limit)
	return v
}

// Denials returns a page of refused requests, the newest first.
func (c *Client) Denials(ctx context.Context, q DenialQuery) (*api.DenialList, error) {
	return call(ctx, c, request{method: http.MethodGet, path: "/v1/denials", query: q.values()},
		func(l *api.DenialList) bool { return l.Denials != nil })
}

// Policy returns the limits in force for new keys.
func (c *Client) Policy(ctx context.Context) (*api.Policy, error) {
	return call(ctx, c, request{method: http.MethodGet, path: "/v1/policy"},
		func(p *api.Policy) bool { return p.Roles != nil })
}

// Whoami returns who the server takes the caller for.
func (c *Client) Whoami(ctx context.Context) (*api.Whoami, error) {
	return call(ctx, c, request{method: http.MethodGet, path: "/v1/whoami"},
		func(w *api.Whoami) bool { return w.OrgID > 0 })
}

// Health returns the server's state. A server that says that it is
// unavailable is no error.
func (c *Client) Health(ctx context.Context) (*api.Health, error) {
	return call(ctx, c, request{method: http.MethodGet, path: "/v1/health", alsoOK: http.StatusServiceUnavailable},
		func(h *api.Health) bool { return h.Status != "" })
}
