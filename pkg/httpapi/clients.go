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
	if err != nil {
		return err
	}
	list := api.FromClients(clients)
	if h.Answered != nil {
		for i := range clients {
			list.Clients[i].Fault = h.Answered(&clients[i])
		}
	}
	api.Write(w, http.StatusOK, list)
	return nil
}
