package httpapi

import (
	"net/http"

	"github.com/ostiary/ostiary/pkg/api"
)

func (h *handler) keyClients(w http.ResponseWriter, r *http.Request) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	clients, err := h.Service.Clients(r.Context(), id)
	if err == nil {
		api.Write(w, http.StatusOK, api.FromClients(clients))
	}
	return err
}
