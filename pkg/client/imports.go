package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// importTime is how long an import may take at least: the server gives up a little earlier, and says so.
const importTime = time.Minute

// ImportQuery says which keys of another system are meant, and what shall become of them.
type ImportQuery struct {
	From      string   // the system: grafana, pyroscope or uptime-kuma
	Apply     bool     // take them over; otherwise nothing is changed
	Endpoints []string // that the keys shall be limited to; empty = every one that takes their role
	Owner     string   // who shall answer for them; empty = who made them there, or else who takes them over
	Labels    []string // that they shall have, such as team=sre
	Tenants   []string // as which they may act
	Numbers   []string // of the keys that are meant, as ImportedKey has them; empty = all
	TimeZone  string   // in which Uptime Kuma wrote the ends of its keys; empty = as its settings say
}

// Import takes over keys out of the database of another system, at most api.MaxImport bytes, or says what would become
// of them.
func (c *Client) Import(ctx context.Context, q ImportQuery, database []byte) (*api.Import, error) {
	v := url.Values{"endpoint": q.Endpoints, "label": q.Labels, "tenant": q.Tenants, "number": q.Numbers}
	set(v, "from", q.From)
	set(v, "owner", q.Owner)
	set(v, "timezone", q.TimeZone)
	setTrue(v, "apply", q.Apply)
	if database == nil {
		database = []byte{} // the server says that it is empty
	}
	req := request{method: http.MethodPost, path: "/v1/imports", query: v, file: database, least: importTime}
	return call(ctx, c, req, func(i *api.Import) bool { return i.Keys != nil })
}
