package client

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// KeyQuery describes a page of keys. Empty fields leave it to the server:
// every key, by name, 50 to a page.
type KeyQuery struct {
	State  string // active, disabled, expired or revoked
	Role   string
	Pool   string // api.NoPool = keys without a pool
	Owner  string
	Labels []string // all of which a key must have: "team=sre", or "team" for any value
	Tenant string   // that the key names; apikey.AnyTenant = keys for any
	// Endpoint is one that the key is limited to, perhaps with others.
	Endpoint string
	Unused   api.Span // neither used nor made for this time, or api.NeverUsed
	Expires  api.Span // active, and ends within this time
	Search   string   // words, each a part of a text of the key, or the beginning of an id
	Sort     string   // name, number, createdAt, expiresAt or lastUsedAt; - before it = descending
	Cursor   string   // KeyList.NextCursor of the page before
	Limit    int
	Count    bool // also count the keys of all pages
}

func (q KeyQuery) values() url.Values {
	v := url.Values{}
	set(v, "state", q.State)
	set(v, "role", q.Role)
	set(v, "pool", q.Pool)
	set(v, "owner", q.Owner)
	for _, l := range q.Labels {
		v.Add("label", l)
	}
	set(v, "tenant", q.Tenant)
	set(v, "endpoint", q.Endpoint)
	set(v, "unused", string(q.Unused))
	set(v, "expires", string(q.Expires))
	set(v, "q", apikey.Searched(q.Search))
	set(v, "sort", q.Sort)
	set(v, "cursor", q.Cursor)
	setNumber(v, "limit", q.Limit)
	setTrue(v, "count", q.Count)
	return v
}

// Keys returns a page of keys.
func (c *Client) Keys(ctx context.Context, q KeyQuery) (*api.KeyList, error) {
	return call(ctx, c, request{method: http.MethodGet, path: "/v1/keys", query: q.values()},
		func(l *api.KeyList) bool { return l.Keys != nil })
}

// AllKeys goes through the keys of q's page and of all that follow, asking
// for a page when it is needed. An error ends it.
func (c *Client) AllKeys(ctx context.Context, q KeyQuery) iter.Seq2[api.Key, error] {
	return pages(q.Cursor, func(cursor string) ([]api.Key, string, error) {
		q.Cursor = cursor
		list, err := c.Keys(ctx, q)
		if err != nil {
			return nil, "", err
		}
		return list.Keys, list.NextCursor, nil
	})
}

// Key returns one key.
func (c *Client) Key(ctx context.Context, id string) (*api.Key, error) {
	return c.key(ctx, http.MethodGet, id, "", nil, nil)
}

// Usage returns a key's use by day, today and the days before it: 1 to
// apikey.UsageRetention in all, 0 = apikey.DefaultUsageDays.
func (c *Client) Usage(ctx context.Context, id string, days int) (*api.KeyUsage, error) {
	if err := api.CheckID(id); err != nil {
		return nil, err
	}
	query := url.Values{}
	setNumber(query, "days", days)
	return call(ctx, c, request{method: http.MethodGet, path: "/v1/keys/" + id + "/usage", query: query},
		func(u *api.KeyUsage) bool { return u.KeyID == id && len(u.Days) > 0 })
}

// Create makes a key. The answer holds its token, which is not shown again.
func (c *Client) Create(ctx context.Context, k api.CreateKey) (*api.IssuedKey, error) {
	return call(ctx, c, request{method: http.MethodPost, path: "/v1/keys", body: k}, isIssued)
}

// Update changes a key. Force allows a change that leaves nobody who could
// manage keys.
func (c *Client) Update(ctx context.Context, id string, u api.UpdateKey, force bool) (*api.Key, error) {
	return c.key(ctx, http.MethodPatch, id, "", forced(force), u)
}

// End ends a key with all of its tokens. It returns the key as it is then; nil if
// it is deleted.
func (c *Client) End(ctx context.Context, id string, end apikey.End) (*api.Key, error) {
	switch end.How {
	case apikey.Disable:
		return c.Update(ctx, id, api.UpdateKey{Enabled: new(bool)}, end.Force)
	case apikey.Revoke:
		return c.key(ctx, http.MethodPost, id, "/revoke", forced(end.Force), nil)
	}
	if err := api.CheckID(id); err != nil {
		return nil, err
	}
	return nil, c.do(ctx, request{method: http.MethodDelete, path: "/v1/keys/" + id, query: forced(end.Force)})
}

// Rotate gives a key another token, which the answer holds.
func (c *Client) Rotate(ctx context.Context, id string, r api.RotateKey) (*api.IssuedKey, error) {
	if err := api.CheckID(id); err != nil {
		return nil, err
	}
	return call(ctx, c, request{method: http.MethodPost, path: "/v1/keys/" + id + "/rotate", body: r}, isIssued)
}

// EndToken ends one of a key's tokens.
func (c *Client) EndToken(ctx context.Context, id, tokenID string) error {
	if err := errors.Join(api.CheckID(id), api.CheckID(tokenID)); err != nil {
		return err
	}
	return c.do(ctx, request{method: http.MethodDelete, path: "/v1/keys/" + id + "/tokens/" + tokenID})
}

// do sends a request whose answer is empty.
func (c *Client) do(ctx context.Context, req request) error {
	a, err := c.send(ctx, req)
	if err == nil && a.status != http.StatusNoContent {
		return c.foreign(req, a)
	}
	return err
}

// key sends a request about one key that is answered with the key.
func (c *Client) key(ctx context.Context, method, id, action string, query url.Values, body any) (*api.Key, error) {
	if err := api.CheckID(id); err != nil { // it also keeps other paths out of the address
		return nil, err
	}
	return call(ctx, c, request{method: method, path: "/v1/keys/" + id + action, query: query, body: body},
		func(k *api.Key) bool { return k.ID == id })
}

func isIssued(i *api.IssuedKey) bool { return i.Key.ID != "" && i.Token != "" }

func forced(force bool) url.Values {
	v := url.Values{}
	setTrue(v, "force", force)
	return v
}

func set(v url.Values, name, value string) {
	if value != "" {
		v.Set(name, value)
	}
}

func setNumber(v url.Values, name string, n int) {
	if n != 0 {
		v.Set(name, strconv.Itoa(n))
	}
}

func setTrue(v url.Values, name string, on bool) {
	if on {
		v.Set(name, "true")
	}
}

// Literally returns a search for the words of a text as they are: none of them
// says what a key must be, as role:agent does. Of a long text some words have to
// do.
func Literally(text string) string {
	words := strings.Fields(strings.ReplaceAll(text, `"`, " "))
	return `"` + strings.Join(words[:min(len(words), 16)], " ") + `"`
}
