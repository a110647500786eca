package state

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// Session is a conversation with one server. Make it with Connect.
type Session struct {
	Connection Connection
	Who        api.Whoami
	Policy     api.Policy
	List       *List
	Refusals   Refusals // which refused requests are shown
	Trends     Trends

	client *client.Client
	pauses []time.Duration // before a safe action is repeated

	mu        sync.Mutex
	unsettled []*Unsettled
}

// requestTimeout is how long one request may take, shorter than on the
// command line, because somebody looks at the window.
const requestTimeout = 15 * time.Second

// Connect opens a session: it asks who the secret belongs to and what that
// caller may do. Transport is nil for the network; the local mode brings its
// own. The error can be explained.
func Connect(ctx context.Context, c Connection, secret string, transport http.RoundTripper) (*Session, error) {
	cl, err := newClient(c, secret, transport)
	if err != nil {
		return nil, err
	}
	pauses := []time.Duration{300 * time.Millisecond, time.Second, 3 * time.Second}
	s := &Session{Connection: c, client: cl, pauses: pauses}
	who, err := cl.Whoami(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(who.Permissions, "manage") {
		return nil, &Problem{
			Kind: KindRole, Err: fmt.Errorf("%s may not manage keys", who.Login),
			Detail: who.Login + " · " + cmp.Or(who.Role.String(), "–"),
		}
	}
	policy, err := cl.Policy(ctx)
	if err != nil {
		return nil, err
	}
	s.Connection = c.In(who.OrgID) // also when somebody chooses another one in Grafana
	s.Who, s.Policy = *who, offering(*policy)
	s.List = NewList(cl)
	return s, nil
}

// offering is a policy with the usual offers, if its server is older and makes
// none.
func offering(p api.Policy) api.Policy {
	if len(p.Offers.Overlaps) == 0 {
		p.Offers = api.FromPolicy(apikey.Policy{DefaultTTL: Seconds(p.DefaultTTL), MaxTTL: Seconds(p.MaxTTL)}).Offers
	}
	return p
}

// Seconds is a length of time as the API writes it.
func Seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

func newClient(c Connection, secret string, transport http.RoundTripper) (*client.Client, error) {
	opts := []client.Option{client.WithUserAgent("ostiary-desktop"), client.WithTimeout(requestTimeout)}
	if c.NeedsSecret() && secret == "" {
		return nil, ErrNoSecret
	}
	switch c.Way {
	case WayPassword:
		opts = append(opts, client.WithBasic(c.User, secret))
		if c.Organization > 0 {
			opts = append(opts, client.WithOrganization(c.Organization))
		}
	case WayKey, WayToken:
		opts = append(opts, client.WithBearer(secret))
	case WayLocal:
	}
	switch {
	case transport != nil:
		opts = append(opts, client.WithHTTPClient(&http.Client{Transport: transport}))
	case !c.Encrypted():
	case c.Trust == TrustPin:
		opts = append(opts, client.WithTLSConfig(pinned(c.Fingerprint)))
	case c.Trust == TrustFile:
		opts = append(opts, client.WithCAFile(c.CAFile))
	}
	address := c.Address
	if c.Way == WayLocal {
		address = "http://local"
	}
	cl, err := client.New(address, opts...)
	if err != nil && c.Trust == TrustFile {
		if _, unreadable := os.Stat(c.CAFile); unreadable != nil || strings.Contains(err.Error(), "CA file") {
			return nil, &Problem{Kind: KindCAFile, Err: err, Detail: err.Error()}
		}
	}
	return cl, err
}

// Verify asks whether a token would be let in, and if not why.
func (s *Session) Verify(ctx context.Context, r api.VerifyRequest) (*api.VerifyResponse, error) {
	return s.client.Verify(ctx, r)
}

// Trail says which entries of the audit trail are asked for. What is empty
// leaves none out.
type Trail struct {
	KeyID  string
	Action string
	Actor  string // the whole login or name
	Search string // words in its texts
	Since  time.Time
}

// Audit returns a page of the audit trail, the newest entries first.
func (s *Session) Audit(ctx context.Context, t Trail, cursor string, limit int) (*api.AuditList, error) {
	return s.client.Audit(ctx, client.AuditQuery{
		KeyID: t.KeyID, Action: t.Action, Actor: t.Actor, Search: t.Search, Since: t.Since,
		Cursor: cursor, Limit: limit,
	})
}

// Pools returns the names of the agent pools, for a choice. A server that has
// none, or does not know of pools, gives none.
func (s *Session) Pools(ctx context.Context) []string {
	pools, err := s.client.Pools(ctx)
	if err != nil {
		return nil // the pool is an extra; what is wrong shows with the list
	}
	names := make([]string, len(pools))
	for i, p := range pools {
		names[i] = p.Name
	}
	return names
}

// UsageDays is how many days of a key's use are shown, today included.
const UsageDays = 30

// Use returns how often a key was used on each of the last UsageDays, which
// are those of UTC.
func (s *Session) Use(ctx context.Context, keyID string) (*api.KeyUsage, error) {
	return s.client.Usage(ctx, keyID, UsageDays)
}

// Refresh reads the list again, and finds out about changes whose outcome is
// unknown. Settled are those that it could clear up.
func (s *Session) Refresh(ctx context.Context) (settled []*Unsettled, err error) {
	if err := s.List.Refresh(ctx); err != nil {
		return nil, err
	}
	return s.settle(ctx), nil
}

// RefreshDue is Refresh as it is done by itself again and again, which spares a list that takes long to read.
func (s *Session) RefreshDue(ctx context.Context) (settled []*Unsettled, err error) {
	if !s.List.Due(time.Now()) {
		return s.settle(ctx), nil
	}
	return s.Refresh(ctx)
}

// Expiring returns the keys that end within the time given, the next first.
// Keys that do not work anyway are left out.
func (s *Session) Expiring(ctx context.Context, within time.Duration) ([]api.Key, error) {
	var soon []api.Key
	limit := time.Now().Add(within)
	for key, err := range s.client.AllKeys(ctx, client.KeyQuery{State: "active", Sort: "expiresAt", Limit: pageSize}) {
		if err != nil {
			return nil, err
		}
		if key.ExpiresAt == nil || key.ExpiresAt.After(limit) {
			break
		}
		soon = append(soon, key)
	}
	return soon, nil
}

// isLost reports whether a change may or may not have been made.
func isLost(err error) bool {
	var connect *client.ConnectError
	return errors.As(err, &connect) && connect.MayBeDone
}

// isDown reports whether nothing was done because the server could not be
// reached or did not want to answer just now.
func isDown(err error) bool {
	switch kindOf(err) {
	case KindUnreachable, KindRefused, KindName, KindUnavailable:
		return true
	}
	return false
}
