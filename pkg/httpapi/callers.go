package httpapi

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Callers finds out who calls, by the key that a request brings.
type Callers struct {
	admission *verify.Admission
	log       *verify.DenialLog
	refused   func(from netip.Addr, code apikey.Code) // nil = nobody wants to know
	service   *apikey.Service                         // which is told who comes and who is refused
}

// NewCallers returns Callers who come in by an admission. Keep, which may be
// nil, is told of those who do not, and so is refused of where they are.
func NewCallers(
	admission *verify.Admission, logger *slog.Logger, keep *verify.DenialRecorder,
	refused func(from netip.Addr, code apikey.Code), service *apikey.Service,
) *Callers {
	return &Callers{admission: admission, log: verify.NewDenialLog(logger, "management request denied", keep),
		refused: refused, service: service}
}

// Identify puts the holder of a key into the context as the caller. A request
// without a credential goes on without a caller, and the API says what it
// takes; a bad credential is refused, in the form of the API. Headers are those,
// besides X-Api-Key, that may hold a key.
func (c *Callers) Identify(
	next http.Handler, headers []string, refuse func(w http.ResponseWriter, d verify.Decision, wait time.Duration),
) http.Handler {
	demand := verify.Demand{
		Sources: verify.Sources{Headers: append([]string{"X-Api-Key"}, headers...)}, Optional: true, Manages: true,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := c.admission.NewRequest(r)
		o := c.admission.Admit(&asked, &demand)
		defer o.End()
		if o.Code == apikey.CodeLimited {
			o.SetRateLimit(w.Header())
		}
		switch {
		case o.Code == apikey.CodeMissing:
			next.ServeHTTP(w, r)
		case !o.Valid():
			c.logRefusal(r, &asked, &o)
			refuse(w, o.Decision, o.Wait)
		default:
			o.Strip(&demand, r.Header, r.URL)
			if metered := o.Meter(r.Context(), r.Body); metered != nil {
				r.Body = metered
			}
			ctx := apikey.WithCaller(r.Context(), callerOf(o.Key, asked.Addr))
			c.service.SawCaller(ctx, "key", r.UserAgent())
			next.ServeHTTP(w, r.WithContext(ctx))
		}
	})
}

func callerOf(key *verify.Identity, addr netip.Addr) apikey.Caller {
	return apikey.Caller{OrgID: key.OrgID, Login: key.Name(), Role: key.Role, KeyID: key.ID.String(), Addr: addr}
}

func (c *Callers) logRefusal(r *http.Request, asked *verify.Request, o *verify.Outcome) {
	d := verify.Denial{Code: o.Code, Method: r.Method, Path: r.URL.Path, Client: asked.Addr, Reason: o.Reason,
		Token: o.TokenID(), UserAgent: r.UserAgent()}
	if o.Key != nil {
		d.Key, d.OrgID = o.Key.ID.String(), o.Key.OrgID
	}
	if c.refused != nil {
		c.refused(asked.Addr, o.Code)
	}
	c.log.Denied(r.Context(), &d)
	c.sawRefusal(r, asked, o)
}

// sawRefusal lets the audit trail have who was refused.
func (c *Callers) sawRefusal(r *http.Request, asked *verify.Request, o *verify.Outcome) {
	if status := api.HTTPStatus(o.Code); status != http.StatusUnauthorized && status != http.StatusForbidden {
		return
	}
	seen := apikey.Refusal{Address: addressText(asked.Addr), Code: o.Code, Method: r.Method, Path: r.URL.Path,
		UserAgent: r.UserAgent()}
	if o.Key != nil {
		seen.OrgID, seen.KeyID, seen.Actor = o.Key.OrgID, o.Key.ID.String(), o.Key.Name()
	}
	c.service.SawRefusal(seen)
}

func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// Refuse is the refusal of the resource API. It challenges with Bearer
// alone: a Basic challenge would make browsers ask for a password over the
// console.
func Refuse(w http.ResponseWriter, d verify.Decision, wait time.Duration) {
	p := api.NewProblem(d.Code, d.Reason)
	if p.RetryAfter = max(p.RetryAfter, wait); d.Code == apikey.CodeLimited {
		p.RetryAfter = wait // which is known
	}
	p.Write(w)
}
