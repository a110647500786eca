package httpapi

import (
	"cmp"
	"net/http"
	"net/netip"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

func (h *handler) verify(w http.ResponseWriter, r *http.Request) error {
	caller, err := apikey.SignedIn(r.Context())
	if err != nil {
		return err
	}
	var body api.VerifyRequest
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	permission, address, err := body.Domain()
	if err != nil {
		return err
	}
	write := func(answer api.VerifyResponse) { api.Write(w, http.StatusOK, answer) }
	if body.Path != "" {
		to, err := h.destination(&body)
		if err != nil {
			return err
		}
		isOthers := to.OrgID != 0 && to.OrgID != caller.OrgID // whose endpoints have no name here
		switch {
		case to.Code != "":
			write(api.VerifyResponse{Code: string(to.Code), Reason: to.Reason})
			return nil
		case to.Open:
			answer := api.VerifyResponse{Valid: true, Code: string(apikey.CodeValid), Permission: api.RequireNone}
			if !isOthers {
				answer.Endpoint = to.Endpoint
			}
			write(answer)
			return nil
		}
		body.Endpoint, permission = to.Endpoint, to.Permission
		write = func(answer api.VerifyResponse) {
			if !isOthers {
				answer.Endpoint, answer.Permission = to.Endpoint, to.Permission.String()
			}
			api.Write(w, http.StatusOK, answer)
		}
	}
	demand := h.Demand(body.Endpoint) // as the gate does: a permission that is asked for replaces the endpoint's own
	if permission != apikey.PermissionNone || len(demand.AnyOf) == 0 {
		demand.AnyOf = []apikey.Permission{permission}
	}
	var decision verify.Decision
	for _, permission := range demand.AnyOf {
		decision = h.Verifier.Verify(verify.Question{
			Token: body.Token, Permission: permission, Endpoint: body.Endpoint, Pool: demand.Pool,
			OrgID: caller.OrgID, Addr: address,
		})
		if decision.Code != apikey.CodeForbidden || decision.Key != nil && decision.Key.Role.Grants(permission) {
			break // with another permission it would be refused for the same reason
		}
	}
	if decision.Valid() && demand.ForTenants {
		tenants := apikey.NewTenants(decision.Key.Tenants())
		_, err := tenants.Choose("", false, apikey.PermissionRead)
		if apikey.ErrorCode(err) == apikey.CodeForbidden { // any other is of how the client asks
			decision.Code, decision.Reason = apikey.CodeForbidden, err.Error()
		}
	}
	if decision.Valid() && demand.Closed {
		decision.Code, decision.Reason = apikey.CodeForbidden, reasonClosed
	}
	unknown := verify.Decision{Code: apikey.CodeInvalidToken, Reason: verify.ReasonUnknown}
	if decision.Key != nil && demand.OrgID != 0 && demand.OrgID != caller.OrgID {
		decision = unknown // the endpoint knows only another organization's
	}
	switch {
	case decision.Code == apikey.CodeUnavailable:
		return &apikey.Error{Code: apikey.CodeUnavailable, Message: decision.Reason}
	case !decision.Valid():
		h.count(&decision, decision.Code, &body, address)
		write(refusal(decision))
		return nil
	}

	k, err := h.Service.Lookup(r.Context(), decision.Key.ID)
	if err != nil && apikey.ErrorCode(err) != apikey.CodeNotFound {
		return err
	}
	now := h.Service.Now()
	var token *apikey.Token
	if err == nil {
		token = k.Token(decision.Token.String())
	}
	switch {
	case token == nil: // deleted this moment
		write(refusal(unknown))
	case k.TokenState(token, now) != apikey.StateActive: // changed this moment; states and codes have the same names
		code := apikey.Code(k.TokenState(token, now))
		write(refusal(verify.Decision{Code: code, Reason: reasonChanged}))
	default:
		h.count(&decision, decision.Code, &body, address)
		key := api.FromKey(k, now)
		if _, err := apikey.Manager(r.Context()); err != nil {
			key.Actions = []string{}
		}
		write(api.VerifyResponse{Valid: true, Code: string(apikey.CodeValid), Key: &key})
	}
	return nil
}

// destination says where a request leads that is asked about.
func (h *handler) destination(body *api.VerifyRequest) (to Destination, err error) {
	if h.Destination == nil {
		var wrong apikey.Mistakes
		wrong.Add("path", "leads nowhere, because this server has no gate")
		return to, wrong.Err()
	}
	return h.Destination(cmp.Or(body.Method, http.MethodGet), body.Path), nil
}

// count counts a request that somebody else has a decision about. What program sent it is not known here.
func (h *handler) count(d *verify.Decision, code apikey.Code, body *api.VerifyRequest, address netip.Addr) {
	if d.Key != nil && !body.DryRun {
		h.Usage.Record(verify.Seen{
			Key: d.Key.ID, Token: d.Token, OrgID: d.Key.OrgID, Code: code, Addr: address, Endpoint: body.Endpoint,
		})
	}
}

// reasonChanged is for a key that was good when the decision was made, and is not
// now.
const reasonChanged = "The API key was changed this moment. Ask again."

// reasonClosed is for an endpoint that lets nobody in.
const reasonClosed = "The endpoint is not in force, so nothing is let in there. The list of endpoints says why."

func refusal(d verify.Decision) api.VerifyResponse {
	return api.VerifyResponse{Code: string(d.Code), Reason: d.Reason}
}
