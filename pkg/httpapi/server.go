package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func (h *handler) listAudit(w http.ResponseWriter, r *http.Request) error {
	query, err := readAuditQuery(r)
	if err != nil {
		return err
	}
	if accepts(r, jsonLines) {
		return h.streamAudit(w, r, query)
	}
	entries, next, err := h.Service.Audit(r.Context(), query)
	if err != nil {
		return err
	}
	list := api.AuditList{Entries: api.FromAudit(entries)}
	if next != 0 {
		list.NextCursor = cursor{Order: auditOrder, Number: next}.String()
	}
	api.Write(w, http.StatusOK, list)
	return nil
}

func (h *handler) whoami(w http.ResponseWriter, r *http.Request) error {
	caller, err := apikey.SignedIn(r.Context())
	if err != nil {
		return err
	}
	api.Write(w, http.StatusOK, api.FromCaller(caller))
	return nil
}

func (h *handler) health(w http.ResponseWriter, r *http.Request) error {
	health := h.Health(r.Context())
	switch {
	case signedIn(r.Context()) != nil:
		health = health.Public()
	case manages(r.Context()) != nil:
		health = health.Known()
	}
	status := http.StatusOK
	if health.Status == api.StatusUnavailable {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", strconv.Itoa(int(api.RetryAfter.Seconds())))
	}
	api.Write(w, status, health)
	return nil
}

func (h *handler) openAPI(w http.ResponseWriter, _ *http.Request) error {
	doc, err := openAPI()
	if err != nil {
		return err
	}
	api.Write(w, http.StatusOK, doc)
	return nil
}

// openAPI is the description of the API as JSON.
var openAPI = sync.OnceValues(func() (json.RawMessage, error) {
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(api.OpenAPI), &doc); err != nil {
		return nil, err
	}
	return json.Marshal(doc)
})
