package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/ostiary/ostiary/pkg/api"
)

// NoticeQuery describes a page of notices. Empty fields leave it to the
// server: all of them, 50 to a page.
type NoticeQuery struct {
	State  string // pending, delivered or failed
	KeyID  string
	Cursor string // NoticeList.NextCursor of the page before
	Limit  int
}

// Notices returns a page of what people were told, or are yet to be told, the
// newest first.
func (c *Client) Notices(ctx context.Context, q NoticeQuery) (*api.NoticeList, error) {
	v := url.Values{}
	set(v, "state", q.State)
	set(v, "keyId", q.KeyID)
	set(v, "cursor", q.Cursor)
	setNumber(v, "limit", q.Limit)
	return call(ctx, c, request{method: http.MethodGet, path: "/v1/notices", query: v},
		func(l *api.NoticeList) bool { return l.Notices != nil })
}

// RetryNotice has a notice sent again.
func (c *Client) RetryNotice(ctx context.Context, id string) (*api.Notice, error) {
	return call(ctx, c, request{method: http.MethodPost, path: "/v1/notices/" + url.PathEscape(id) + "/retry"},
		func(n *api.Notice) bool { return n.ID != "" })
}

// TestNotices sends a notice through every channel that is configured, and
// returns how each of them went.
func (c *Client) TestNotices(ctx context.Context) (*api.NoticeList, error) {
	return call(ctx, c, request{method: http.MethodPost, path: "/v1/notices/test"},
		func(l *api.NoticeList) bool { return l.Notices != nil })
}
