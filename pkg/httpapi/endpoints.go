package httpapi

import (
	"context"
	"net/http"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Endpoints are those of the gate, as far as the API shows and changes them. Who asks is in the context. Fields are as
// a body of JSON has them, and have not been judged.
type Endpoints interface {
	// List returns what the gate protects for an organization.
	List(orgID int64) api.EndpointList

	// Create makes an endpoint in the store.
	Create(ctx context.Context, fields map[string]any) (*api.Endpoint, error)

	// Update changes fields of an endpoint in the store; nil takes one out.
	Update(ctx context.Context, name string, fields map[string]any) (*api.Endpoint, error)

	// Delete removes an endpoint from the store.
	Delete(ctx context.Context, name string) error

	// Check says what would come of a creation, a change or a removal.
	Check(ctx context.Context, fields map[string]any) (*api.CheckedEndpoint, error)
}

// listEndpoints returns what the gate protects for the caller's organization.
func (h *handler) listEndpoints(w http.ResponseWriter, r *http.Request) error {
	caller, err := apikey.Manager(r.Context())
	if err != nil {
		return err
	}
	api.Write(w, http.StatusOK, h.Endpoints.List(caller.OrgID))
	return nil
}

func (h *handler) getEndpoint(w http.ResponseWriter, r *http.Request) error {
	caller, err := apikey.Manager(r.Context())
	if err != nil {
		return err
	}
	name := r.PathValue("name")
	for _, e := range h.Endpoints.List(caller.OrgID).Endpoints {
		if e.Name == name {
			api.Write(w, http.StatusOK, e)
			return nil
		}
	}
	return apikey.Errorf(apikey.CodeNotFound,
		"There is no such endpoint for this organization. List the endpoints to see their names.")
}

func (h *handler) createEndpoint(w http.ResponseWriter, r *http.Request) error {
	fields, err := readFields(w, r)
	if err != nil {
		return err
	}
	endpoint, err := h.Endpoints.Create(r.Context(), fields)
	if err != nil {
		return err
	}
	api.Write(w, http.StatusCreated, endpoint)
	return nil
}

func (h *handler) updateEndpoint(w http.ResponseWriter, r *http.Request) error {
	fields, err := readFields(w, r)
	if err != nil {
		return err
	}
	endpoint, err := h.Endpoints.Update(r.Context(), r.PathValue("name"), fields)
	if err != nil {
		return err
	}
	api.Write(w, http.StatusOK, endpoint)
	return nil
}

func (h *handler) deleteEndpoint(w http.ResponseWriter, r *http.Request) error {
	if err := h.Endpoints.Delete(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	writeNothing(w)
	return nil
}

func (h *handler) checkEndpoint(w http.ResponseWriter, r *http.Request) error {
	fields, err := readFields(w, r)
	if err != nil {
		return err
	}
	checked, err := h.Endpoints.Check(r.Context(), fields)
	if err != nil {
		return err
	}
	api.Write(w, http.StatusOK, checked)
	return nil
}

// noEndpoints are those where there is no gate.
type noEndpoints struct{}

var errNoGate = apikey.Errorf(apikey.CodeConflict, "There is no gate here, and so no endpoints.")

// List returns an empty list.
func (noEndpoints) List(int64) api.EndpointList {
	return api.EndpointList{Endpoints: []api.Endpoint{}, Upstreams: []string{}, Kinds: []string{}}
}

// Create fails.
func (noEndpoints) Create(context.Context, map[string]any) (*api.Endpoint, error) {
	return nil, errNoGate
}

// Update fails.
func (noEndpoints) Update(context.Context, string, map[string]any) (*api.Endpoint, error) {
	return nil, errNoGate
}

// Delete fails.
func (noEndpoints) Delete(context.Context, string) error { return errNoGate }

// Check fails.
func (noEndpoints) Check(context.Context, map[string]any) (*api.CheckedEndpoint, error) {
	return nil, errNoGate
}
