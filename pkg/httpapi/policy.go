package httpapi

import (
	"net/http"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func (h *handler) policy(w http.ResponseWriter, r *http.Request) error {
	policy, err := h.Service.Policy(r.Context())
	if err != nil {
		return err
	}
	h.writePolicy(w, r, policy)
	return nil
}

func (h *handler) updatePolicy(w http.ResponseWriter, r *http.Request) error {
	var body api.UpdatePolicy
	if err := readBody(w, r, &body, refuseNull()); err != nil {
		return err
	}
	change, err := body.Domain()
	if err != nil {
		return err
	}
	policy, err := h.Service.UpdatePolicy(r.Context(), change)
	if err != nil {
		return err
	}
	h.writePolicy(w, r, policy)
	return nil
}

func (h *handler) writePolicy(w http.ResponseWriter, r *http.Request, policy apikey.Policy) {
	answer := api.FromPolicy(policy)
	answer.Editable = append(answer.Editable, h.Service.EditablePolicy(r.Context())...)
	api.Write(w, http.StatusOK, answer)
}
