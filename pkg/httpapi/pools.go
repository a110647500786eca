package httpapi

import (
	"net/http"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func (h *handler) listPools(w http.ResponseWriter, r *http.Request) error {
	pools, err := h.Service.Pools(r.Context())
	if err != nil {
		return err
	}
	api.Write(w, http.StatusOK, api.FromPools(pools))
	return nil
}

func (h *handler) createPool(w http.ResponseWriter, r *http.Request) error {
	var body api.CreatePool
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	pool, err := h.Service.CreatePool(r.Context(), apikey.NewPool{Name: body.Name, Description: body.Description})
	if err != nil {
		return err
	}
	api.Write(w, http.StatusCreated, api.FromPool(*pool))
	return nil
}

func (h *handler) deletePool(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := api.CheckPoolName(name); err != nil {
		return err
	}
	force, err := readFlag(r, "force")
	if err != nil {
		return err
	}
	if err := h.Service.DeletePool(r.Context(), name, force); err != nil {
		return err
	}
	writeNothing(w)
	return nil
}

func (h *handler) revokePool(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := api.CheckPoolName(name); err != nil {
		return err
	}
	if err := readBody(w, r, &struct{}{}, mayBeEmpty); err != nil {
		return err
	}
	n, err := h.Service.RevokePool(r.Context(), name)
	if err != nil {
		return err
	}
	api.Write(w, http.StatusOK, api.RevokedPool{Pool: name, Revoked: n})
	return nil
}

func (h *handler) rotatePool(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := api.CheckPoolName(name); err != nil {
		return err
	}
	var body api.RotatePool
	if err := readBody(w, r, &body, mayBeEmpty); err != nil {
		return err
	}
	rotation, err := body.Domain()
	if err != nil {
		return err
	}
	run, err := readRun(body.Cursor)
	if err != nil {
		return err
	}
	issued, next, err := h.Service.RotatePool(r.Context(), name, run, rotation)
	if err != nil {
		return err
	}
	nextCursor := ""
	if next != nil {
		nextCursor = cursor{Order: rotationOrder, Time: next.Began, Number: next.After}.String()
	}
	api.Write(w, http.StatusCreated, api.FromRotated(issued, nextCursor, h.Service.Now()))
	return nil
}

// rotationOrder is the order of a cursor in the rotation of a pool.
const rotationOrder = "rotation"

// readRun reads how far the rotation of a pool has come.
func readRun(text string) (run apikey.PoolRun, err error) {
	if text == "" {
		return run, nil
	}
	c, err := parseCursor(text, rotationOrder)
	if err != nil {
		return run, apikey.Mistakes{{Field: "cursor", Detail: err.Error()}}.Err()
	}
	return apikey.PoolRun{Began: c.Time, After: c.Number}, nil
}
