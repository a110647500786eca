package httpapi

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

const jsonLines = "application/jsonl"

// accepts reports whether a request asks for a kind of answer, and not for JSON.
func accepts(r *http.Request, wanted string) bool {
	for _, list := range r.Header.Values("Accept") {
		for kind := range strings.SplitSeq(list, ",") {
			switch kind, _, _ := mime.ParseMediaType(kind); kind {
			case wanted:
				return true
			case "application/json":
				return false
			}
		}
	}
	return false
}

// streamAudit writes all entries that q describes, one to a line, page by page
// as they are read. The status is out by the second page: a failure becomes the
// last line.
func (h *handler) streamAudit(w http.ResponseWriter, r *http.Request, q apikey.AuditQuery) error {
	q.Limit = apikey.MaxPageSize
	entries, next, err := h.Service.Audit(r.Context(), q)
	if err != nil {
		return err
	}
	h.Service.SawExport(r.Context(), apikey.ActionExportAudit)
	w.Header().Set("Content-Type", jsonLines)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	flush := http.NewResponseController(w)
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for {
		for _, e := range api.FromAudit(entries) {
			if err := lines.Encode(e); err != nil {
				return nil //nolint:nilerr // nobody reads any more
			}
		}
		_ = flush.Flush() // where there is none, all comes at the end
		if next == 0 {
			return nil
		}
		q.Before = next
		if entries, next, err = h.Service.Audit(r.Context(), q); err != nil {
			return lines.Encode(h.problem(r, err))
		}
	}
}

// streamKeys writes all keys that q describes, one to a line, as streamAudit does.
func (h *handler) streamKeys(w http.ResponseWriter, r *http.Request, q apikey.Query) error {
	q.Limit = apikey.MaxPageSize
	keys, next, err := h.Service.Keys(r.Context(), q)
	if err != nil {
		return err
	}
	h.Service.SawExport(r.Context(), apikey.ActionExportKeys)
	w.Header().Set("Content-Type", jsonLines)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	flush := http.NewResponseController(w)
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for {
		now := h.Service.Now()
		for _, k := range keys {
			if err := lines.Encode(api.FromKey(k, now)); err != nil {
				return nil //nolint:nilerr // nobody reads any more
			}
		}
		_ = flush.Flush() // where there is none, all comes at the end
		if next == nil {
			return nil
		}
		q.After = next
		if keys, next, err = h.Service.Keys(r.Context(), q); err != nil {
			return lines.Encode(h.problem(r, err))
		}
	}
}
