package httpapi

import (
	"net/http"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func (h *handler) listKeys(w http.ResponseWriter, r *http.Request) error {
	query, count, err := readKeyQuery(r)
	if err != nil {
		return err
	}
	if accepts(r, jsonLines) {
		return h.streamKeys(w, r, query)
	}
	keys, next, err := h.Service.Keys(r.Context(), query)
	if err != nil {
		return err
	}
	list := api.KeyList{Keys: api.FromKeys(keys, h.Service.Now())}
	if next != nil {
		list.NextCursor = cursorAfter(query, *next).String()
	}
	if count {
		total, err := h.Service.CountKeys(r.Context(), query)
		if err != nil {
			return err
		}
		list.Total = &total
	}
	api.Write(w, http.StatusOK, list)
	return nil
}

func (h *handler) createKey(w http.ResponseWriter, r *http.Request) error {
	var body api.CreateKey
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	wanted, err := body.Domain()
	if err != nil {
		return err
	}
	return h.writeIssued(w)(h.Service.Create(r.Context(), wanted))
}

func (h *handler) getKey(w http.ResponseWriter, r *http.Request) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	k, err := h.Service.Key(r.Context(), id)
	if err != nil {
		return err
	}
	out := api.FromKey(k, h.Service.Now())
	if h.LimitsUsed != nil && !k.Limits.IsZero() {
		out.LimitsUsed = h.LimitsUsed(id)
	}
	api.Write(w, http.StatusOK, out)
	return nil
}

func (h *handler) keyUsage(w http.ResponseWriter, r *http.Request) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	days, err := readDays(r)
	if err != nil {
		return err
	}
	history, err := h.Service.UsageHistory(r.Context(), id, days)
	if err == nil {
		api.Write(w, http.StatusOK, api.FromUsage(history))
	}
	return err
}

func (h *handler) updateKey(w http.ResponseWriter, r *http.Request) error {
	id, force, err := readTarget(r)
	if err != nil {
		return err
	}
	var body api.UpdateKey
	if err := readBody(w, r, &body, refuseNull("expiresAt")); err != nil {
		return err
	}
	change, err := body.Domain()
	if err != nil {
		return err
	}
	return h.writeKey(w)(h.Service.Update(r.Context(), id, change, force))
}

func (h *handler) revokeKey(w http.ResponseWriter, r *http.Request) error {
	id, force, err := readTarget(r)
	if err != nil {
		return err
	}
	if err := readBody(w, r, &struct{}{}, mayBeEmpty); err != nil {
		return err
	}
	return h.writeKey(w)(h.Service.End(r.Context(), id, apikey.End{How: apikey.Revoke, Force: force}))
}

func (h *handler) deleteKey(w http.ResponseWriter, r *http.Request) error {
	id, force, err := readTarget(r)
	if err != nil {
		return err
	}
	if _, err := h.Service.End(r.Context(), id, apikey.End{How: apikey.Delete, Force: force}); err != nil {
		return err
	}
	writeNothing(w)
	return nil
}

func (h *handler) rotateKey(w http.ResponseWriter, r *http.Request) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	var body api.RotateKey
	if err := readBody(w, r, &body, mayBeEmpty); err != nil {
		return err
	}
	rotation, err := body.Domain()
	if err != nil {
		return err
	}
	return h.writeIssued(w)(h.Service.Rotate(r.Context(), id, rotation))
}

// endToken ends one of a key's tokens.
func (h *handler) endToken(w http.ResponseWriter, r *http.Request) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	if _, err := h.Service.EndToken(r.Context(), id, r.PathValue("token")); err != nil {
		return err
	}
	writeNothing(w)
	return nil
}

// writeNothing answers that it is done.
func writeNothing(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
}

// writeKey answers with what the Service returned.
func (h *handler) writeKey(w http.ResponseWriter) func(*apikey.Key, error) error {
	return func(k *apikey.Key, err error) error {
		if err == nil {
			api.Write(w, http.StatusOK, api.FromKey(k, h.Service.Now()))
		}
		return err
	}
}

// writeIssued answers with what the Service returned.
func (h *handler) writeIssued(w http.ResponseWriter) func(*apikey.Issued, error) error {
	return func(issued *apikey.Issued, err error) error {
		if err == nil {
			api.Write(w, http.StatusCreated, api.FromIssued(issued, h.Service.Now()))
		}
		return err
	}
}
