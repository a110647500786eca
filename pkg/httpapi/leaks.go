package httpapi

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// reporterOfLeaks is who the trail names for a report without a caller.
const reporterOfLeaks = "leak report"

// reportLeak takes a token from whoever found it. It is no way to ask for more
// than the gate would say: who holds a token can try it there.
func (h *handler) reportLeak(w http.ResponseWriter, r *http.Request) error {
	var body api.LeakReport
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var wrong apikey.Mistakes
	if body.Token == "" {
		wrong.Add("token", "is missing; send the token that was found")
	}
	where, err := apikey.CheckWhere(body.Where)
	wrong.AddError("where", err)
	if err := wrong.Err(); err != nil {
		return err
	}
	leak := apikey.Leak{Where: where, Reporter: reporterOfLeaks, From: h.addr(r)}
	if caller, known := apikey.CallerFrom(r.Context()); known {
		leak.Reporter = caller.Login
	}
	decision, wait := h.Failures.Limit(h.holds(body.Token, leak.From), leak.From)
	if wait > 0 {
		Refuse(w, decision, wait)
		return nil
	}
	outcome, err := h.endLeaked(r.Context(), &decision, leak)
	if err != nil {
		return err
	}
	api.Write(w, http.StatusOK, outcome)
	return nil
}

// addr is the client's address; the zero Addr if it is not known.
func (h *handler) addr(r *http.Request) netip.Addr {
	if caller, known := apikey.CallerFrom(r.Context()); known {
		return caller.Addr
	}
	if h.ClientAddr == nil {
		return netip.Addr{}
	}
	return h.ClientAddr(r)
}

// holds says whose token it is, in any organization, from any address.
func (h *handler) holds(token string, from netip.Addr) verify.Decision {
	return h.Verifier.Verify(verify.Question{Token: token, Addr: from, Brake: h.Failures})
}

// endLeaked ends what a token opens of which the holder is known, or not.
func (h *handler) endLeaked(ctx context.Context, d *verify.Decision, leak apikey.Leak) (api.LeakOutcome, error) {
	switch {
	case d.Key != nil:
	case d.Code == apikey.CodeInvalidToken:
		return api.LeakOutcome{Outcome: api.LeakUnknown}, nil
	default:
		return api.LeakOutcome{}, &apikey.Error{Code: d.Code, Message: d.Reason}
	}
	leak.OrgID, leak.KeyID, leak.TokenID = d.Key.OrgID, d.Key.ID.String(), d.Token.String()
	k, err := h.Service.EndLeaked(ctx, leak)
	switch {
	case apikey.ErrorCode(err) == apikey.CodeNotFound: // gone this moment
		return api.LeakOutcome{Outcome: api.LeakUnknown}, nil
	case err != nil:
		return api.LeakOutcome{}, err
	}
	now := h.Service.Now()
	out := api.LeakOutcome{Outcome: api.LeakRevoked, KeyID: leak.KeyID, TokenID: leak.TokenID}
	if t := k.Token(leak.TokenID); k.RevokedAt.IsZero() {
		state := k.TokenState(t, now)
		if out.Outcome = api.LeakOver; state == apikey.StateActive || state == apikey.StateDisabled {
			out.Outcome, out.ExpiresAt = api.LeakExpires, t.ExpiresAt.UTC().Format(time.RFC3339Nano)
		}
	}
	return out, nil
}
