package httpapi

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/connlimit"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Callers finds out who calls, by the key that a request brings.
type Callers struct {
	Verifier       Verifier
	Usage          UsageRecorder
	Failures       *verify.Failures
	TrustedProxies []netip.Prefix
	Logger         *slog.Logger
}

// Identify puts the holder of a key into the context as the caller. A request
// without a credential goes on without a caller, and the API says what it
// takes; a bad credential is refused, in the form of the API. Headers are those,
// besides X-Api-Key, that may hold a key.
func (c *Callers) Identify(next http.Handler, headers []string, refuse func(w http.ResponseWriter, d verify.Decision, wait time.Duration)) http.Handler {
	sources := verify.Sources{Headers: append([]string{"X-Api-Key"}, headers...)}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addr := c.clientAddr(r)
		credential, unambiguous := sources.Find(r.Header, r.URL)
		if unambiguous && credential.Token == "" {
			next.ServeHTTP(w, r)
			return
		}
		d := verify.Ambiguous
		if unambiguous {
			d = c.Verifier.Verify(verify.Question{Token: credential.Token, Addr: addr, Brake: c.Failures})
		}
		d, wait := c.Failures.Limit(d, addr)
		if !d.Valid() {
			c.logRefusal(r, d)
			refuse(w, d, wait)
			return
		}
		connlimit.Trust(r.Context())
		c.Usage.Use(d.Key.ID, addr)
		ctx := apikey.WithCaller(r.Context(), apikey.Caller{
			OrgID: d.Key.OrgID, Login: d.Key.Name(), Role: d.Key.Role, KeyID: d.Key.ID.String(), Addr: addr,
		})
		sources.Strip(r.Header, r.URL, credential.Token)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// clientAddr returns the address that a request came from, or the zero Addr.
func (c *Callers) clientAddr(r *http.Request) netip.Addr {
	return verify.ClientAddr(verify.PeerAddr(r.RemoteAddr), r.Header, c.TrustedProxies)
}

func (c *Callers) logRefusal(r *http.Request, d verify.Decision) {
	attrs := []any{"code", d.Code, "method", r.Method, "path", r.URL.Path, "client", c.clientAddr(r)}
	if d.Key != nil {
		attrs = append(attrs, "key", d.Key.ID)
	}
	c.Logger.InfoContext(r.Context(), "management request denied", attrs...)
}

// Refuse is the refusal of the resource API. It challenges with Bearer
// alone: a Basic challenge would make browsers ask for a password over the
// console.
func Refuse(w http.ResponseWriter, d verify.Decision, wait time.Duration) {
	p := api.NewProblem(apikey.Code(d.Code), d.Reason)
	p.RetryAfter = max(p.RetryAfter, wait)
	p.Write(w)
}
